"""The sandbox inside the test's own process, on a clock that the test sets, and a plain HTTP client."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from waiting import PATIENCE, PAUSE, wait_until

from sora_desktop.sandbox.fault_injection import call_name
from sora_desktop.sandbox.fault_script import FaultScript
from sora_desktop.sandbox.openai.fleet import EngineFleet, FleetOptions
from sora_desktop.sandbox.openai.profiles import SANDBOX_PROFILES
from sora_desktop.sandbox.server import create_app
from sora_desktop.sandbox.service_state import SandboxOptions, ServiceState

KEY = "sk_sandbox"


class Clock:
    """Only moves when it is set."""

    def __init__(self, time: float = 1_800_000_000.0) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time


@dataclass(frozen=True)
class Reply:
    """An answer. `ended` says how: "whole", "cut" (fewer bytes than announced), "reset" or "silence" (a timeout)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ended: str = "whole"

    @property
    def json_body(self) -> Any:
        """The answer's JSON."""
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """The `data` of the envelope."""
        return self.json_body["data"]


def send_request(
    url: str,
    body: object = None,
    *,
    method: str = "",
    headers: Mapping[str, str] | None = None,
    key: str | None = KEY,
    first_patience: float = PATIENCE,
    patience: float = PATIENCE,
) -> Reply:
    """One request on its own connection. A body that is not bytes is sent as JSON; any body makes it a POST."""
    parts = urlsplit(url)
    sent = {} if key is None else {"Authorization": f"Bearer {key}"}
    content = body if isinstance(body, bytes) else None
    if body is not None and content is None:
        content = json.dumps(body).encode()
        sent["Content-Type"] = "application/json"
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    with closing(http.client.HTTPConnection(parts.netloc, timeout=first_patience)) as connection:
        try:
            connection.request(
                method or ("GET" if body is None else "POST"), target, content, {**sent, **(headers or {})}
            )
            opened = connection.sock  # the connection forgets it if the answer is its last one
            assert opened is not None
            answer = connection.getresponse()
        except TimeoutError:
            return Reply(0, {}, b"", "silence")
        except (ConnectionError, http.client.BadStatusLine):
            return Reply(0, {}, b"", "reset")
        with closing(answer):
            return _read_reply(answer, opened, patience)


def _read_reply(answer: http.client.HTTPResponse, connection: socket.socket, patience: float) -> Reply:
    body = bytearray()
    ended = "whole"
    connection.settimeout(patience)
    deadline = time.monotonic() + PATIENCE
    try:
        while chunk := answer.read1(65536):
            body += chunk
            if time.monotonic() > deadline:
                raise TimeoutError("it sends for ever")
        if answer.length:
            ended = "cut"
    except TimeoutError:
        ended = "silence"
    except ConnectionError:
        ended = "reset"
    except http.client.IncompleteRead as error:
        body += error.partial
        ended = "cut"
    return Reply(answer.status, dict(answer.headers), bytes(body), ended)


class HeldAnswers:
    """Wraps the app of the service. A test holds answers back until it has done what must come before them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._held = ""

    @contextmanager
    def to(self, call: str) -> Iterator[None]:
        """Within the block, the service handles requests of this call, and charges for them, but answers none."""
        self._held = call
        try:
            yield
        finally:
            self._held = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_later(message: Message) -> None:
            while call == self._held:
                await asyncio.sleep(PAUSE)
            await send(message)

        call = call_name(scope["method"], scope["path"]) if scope["type"] == "http" else ""
        is_held = bool(call) and call == self._held
        await self._app(scope, receive, send_later if is_held else send)  # faults need uvicorn's own `send`


@dataclass(frozen=True)
class InProcessSandbox:
    """A running sandbox whose parts a test can read and change."""

    origin: str
    state: ServiceState
    faults: FaultScript
    clock: Clock
    held_answers: HeldAnswers
    fleet: EngineFleet
    #: One for each engine that has an address of its own.
    origins: Sequence[str]

    def api(self, path: str, body: object = None, **how: Any) -> Reply:
        """One request below the base URL."""
        return send_request(f"{self.origin}/api/v1/{path}", body, **how)

    def create(self, prompt: str = "A cat", model: str = "sora2", **fields: object) -> str:
        """The id of a new task."""
        task_id = self.api(f"{model}/text-to-video", {"prompt": prompt, **fields}).data["task_id"]
        assert isinstance(task_id, str)
        return task_id

    def finish(self, task_id: str) -> Reply:
        """Let time pass until the task has ended, and return the poll that says so."""
        self.clock.time += 60
        task = self.state.tasks[task_id]
        self.state.advance()
        wait_until(lambda: task.rendered_at is not None or task.status == "failed")
        poll = self.api(f"tasks/{task_id}")
        assert poll.data["status"] in ("completed", "failed")
        return poll


@contextmanager
def in_process_sandbox(
    folder: Path,
    options: SandboxOptions | None = None,
    credits: int = 100_000,
    *,
    like: str = "omni",
    fleet_options: FleetOptions | None = None,
    clock: Clock | None = None,
) -> Iterator[InProcessSandbox]:
    """Serve on a free port within the block, on a clock that only moves when it is set, unless another one is given."""
    clock, faults = clock or Clock(), FaultScript()
    state = ServiceState(options or SandboxOptions(tiny=True), clock, credits)
    fleet = EngineFleet(SANDBOX_PROFILES[like], fleet_options or FleetOptions(), clock)
    app = HeldAnswers(create_app(state, folder, faults, fleet))
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="critical",
        timeout_graceful_shutdown=1,
        ws="none",
        date_header=False,
    )
    server = uvicorn.Server(config)
    with ExitStack() as stack:
        listeners = [stack.enter_context(_listener()) for _ in range(fleet.addresses)]
        ports = [int(listener.getsockname()[1]) for listener in listeners]
        fleet.replica_of_port = {port: number for number, port in enumerate(ports)}
        thread = threading.Thread(target=server.run, args=(listeners,))
        thread.start()
        try:
            origins = [f"http://127.0.0.1:{port}" for port in ports]
            yield InProcessSandbox(origins[0], state, faults, clock, app, fleet, origins)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    return listener
