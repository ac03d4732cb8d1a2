"""A real HTTP server on this machine that plays one act per request and records the requests."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request as received."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    port: int = 0  # of the client


Act: TypeAlias = "Callable[[Stage], None]"


class Stage:
    """The connection that an act answers on."""

    def __init__(self, connection: socket.socket, asked: ReceivedRequest, curtain: threading.Event) -> None:
        self.connection = connection
        self.asked = asked
        self.curtain = curtain  # set when the test has ended

    def send(self, raw: bytes) -> None:
        self.connection.sendall(raw)

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        # the connection closes after each act; without this header, a client might use it again
        sent = {"Connection": "close", **headers}
        lines = [f"HTTP/1.1 {status} So", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))


def say(status: int = 200, body: object = b"", headers: Mapping[str, str] | None = None) -> Act:
    """A complete answer. A body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"

    def act(stage: Stage) -> None:
        stage.head(status, {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})})
        stage.send(content)

    return act


def good(data: object, headers: Mapping[str, str] | None = None) -> Act:
    """A good answer: the service's envelope with `data`."""
    return say(200, {"code": 200, "msg": "success", "data": data}, headers)


def reset(stage: Stage) -> None:
    """Reset the connection."""
    stage.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(_: Stage) -> None:
    """Close the connection without an answer."""


def stall(stage: Stage) -> None:
    """Send nothing until the test has ended."""
    stage.curtain.wait()


def raw(content: bytes) -> Act:
    """Send these bytes, then close the connection."""
    return lambda stage: stage.send(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Ignore clients that have closed their connection."""


class ScriptedServer:
    """Plays the acts in order and repeats the last one."""

    def __init__(self, *acts: Act) -> None:
        self.acts = deque(acts)
        self.asked: list[ReceivedRequest] = []
        self._curtain = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _play(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if "chunked" in self.headers.get("Transfer-Encoding", ""):
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                headers = {k.lower(): v for k, v in self.headers.items()}
                asked = ReceivedRequest(self.command, self.path, headers, body, self.client_address[1])
                server.asked.append(asked)
                act = server.acts[0] if len(server.acts) == 1 else server.acts.popleft()
                with suppress(OSError):
                    act(Stage(self.connection, asked, server._curtain))
                self.close_connection = True

            do_GET = do_POST = _play

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._http = _Server(("127.0.0.1", 0), Handler)
        self.port = int(self._http.server_address[1])
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The base URL for the client."""
        return f"http://127.0.0.1:{self.port}/api/v1"

    def close(self) -> None:
        self._curtain.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextmanager
def serving(*acts: Act) -> Iterator[ScriptedServer]:
    """A server that runs during a `with` block."""
    server = ScriptedServer(*acts)
    try:
        yield server
    finally:
        server.close()


def closed_port() -> int:
    """A port on which no server listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
