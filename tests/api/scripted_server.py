"""A real HTTP server on this machine that gives one scripted answer per request and records the requests."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

#: Certificates for tests, each with its key; `authority.pem` has issued those that are not self-signed.
CERTIFICATES = Path(__file__).parent / "http" / "certificates"


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request as received."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    port: int = 0  # of the client


#: Sends what answers one request.
Answer: TypeAlias = "Callable[[Connection], None]"


class Connection:
    """The connection on which a request came and is answered."""

    def __init__(self, socket: socket.socket, asked: ReceivedRequest, test_ended: threading.Event) -> None:
        self.socket = socket
        self.asked = asked
        self.test_ended = test_ended

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        # the connection closes after each answer; without this header, a client might use it again
        sent = {"Connection": "close", **headers}
        lines = [f"HTTP/1.1 {status} So", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))


def say(status: int = 200, body: object = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """A complete answer. A body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"

    def answer(connection: Connection) -> None:
        connection.head(status, {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})})
        connection.send(content)

    return answer


def good(data: object, headers: Mapping[str, str] | None = None) -> Answer:
    """A good answer: the service's envelope with `data`."""
    return say(200, {"code": 200, "msg": "success", "data": data}, headers)


def reset(connection: Connection) -> None:
    """Reset the connection."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(_: Connection) -> None:
    """Close the connection without an answer."""


def stall(connection: Connection) -> None:
    """Send nothing until the test has ended."""
    connection.test_ended.wait()


def raw(content: bytes) -> Answer:
    """Send these bytes, then close the connection."""
    return lambda connection: connection.send(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Ignore clients that have closed their connection."""


class ScriptedServer:
    """Gives the answers in order and repeats the last one. With the name of a certificate, it speaks TLS."""

    def __init__(self, *answers: Answer, certificate: str = "") -> None:
        self.answers = deque(answers)
        self.asked: list[ReceivedRequest] = []
        self._test_ended = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if "chunked" in self.headers.get("Transfer-Encoding", ""):
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                headers = {k.lower(): v for k, v in self.headers.items()}
                asked = ReceivedRequest(self.command, self.path, headers, body, self.client_address[1])
                server.asked.append(asked)
                answer = server.answers[0] if len(server.answers) == 1 else server.answers.popleft()
                with suppress(OSError):
                    answer(Connection(self.connection, asked, server._test_ended))
                self.close_connection = True

            do_GET = do_POST = do_DELETE = do_CONNECT = _answer

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._http = _Server(("127.0.0.1", 0), Handler)
        self._scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.port = int(self._http.server_address[1])
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The base URL for the client."""
        return f"{self._scheme}://127.0.0.1:{self.port}/api/v1"

    def close(self) -> None:
        self._test_ended.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextmanager
def serving(*answers: Answer, certificate: str = "") -> Iterator[ScriptedServer]:
    """A server that runs during a `with` block."""
    server = ScriptedServer(*answers, certificate=certificate)
    try:
        yield server
    finally:
        server.close()


def closed_port() -> int:
    """A port on which no server listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
