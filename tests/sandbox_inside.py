"""The sandbox inside the test's own process, on a clock that the test sets, and a client that hides nothing."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from sora_desktop.sandbox.faults import Faults
from sora_desktop.sandbox.server import make_app
from sora_desktop.sandbox.world import Rules, World

KEY = "sk_sandbox"
#: An answer that is later than this has hung. Seconds.
PATIENCE = 60.0


class Clock:
    """Stands still until it is set."""

    def __init__(self, time: float = 1_800_000_000.0) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time


@dataclass(frozen=True)
class Reply:
    """What came, and how it ended: whole, or by a reset, a cut, or silence."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ended: str = "whole"

    @property
    def told(self) -> Any:
        """The answer's JSON."""
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """What the envelope holds."""
        return self.told["data"]


def ask(
    url: str,
    body: object = None,
    *,
    method: str = "",
    headers: Mapping[str, str] | None = None,
    key: str | None = KEY,
    first_patience: float = PATIENCE,
    patience: float = PATIENCE,
) -> Reply:
    """One request on a connection of its own; a body that is not bytes goes as JSON, and makes it a POST."""
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
            assert connection.sock is not None
            answer = connection.getresponse()
        except TimeoutError:
            return Reply(0, {}, b"", "silence")
        except (ConnectionError, http.client.BadStatusLine):
            return Reply(0, {}, b"", "reset")
        with closing(answer):
            return _whole(answer, connection.sock, patience)


def _whole(answer: http.client.HTTPResponse, connection: socket.socket | None, patience: float) -> Reply:
    came = bytearray()
    ended = "whole"
    if connection is not None:
        connection.settimeout(patience)
    try:
        while piece := answer.read1(65536):
            came += piece
        if answer.length:
            ended = "cut"
    except TimeoutError:
        ended = "silence"
    except ConnectionError:
        ended = "reset"
    except http.client.IncompleteRead as error:
        came += error.partial
        ended = "cut"
    return Reply(answer.status, dict(answer.headers), bytes(came), ended)


@dataclass(frozen=True)
class Inside:
    """A running service whose parts a test may reach into."""

    origin: str
    world: World
    faults: Faults
    clock: Clock

    def api(self, path: str, body: object = None, **how: Any) -> Reply:
        """One call below the base URL."""
        return ask(f"{self.origin}/api/v1/{path}", body, **how)

    def create(self, prompt: str = "A cat", model: str = "sora2", **fields: object) -> str:
        """The id of a new task."""
        task_id = self.api(f"{model}/text-to-video", {"prompt": prompt, **fields}).data["task_id"]
        assert isinstance(task_id, str)
        return task_id

    def finish(self, task_id: str) -> Reply:
        """Let time pass until the task has ended; the look that saw it."""
        self.clock.time += 60
        task = self.world.tasks[task_id]
        self.world.advance()
        wait_until(lambda: task.rendered_at is not None or task.status == "failed")
        poll = self.api(f"tasks/{task_id}")
        assert poll.data["status"] in ("completed", "failed")
        return poll


def wait_until(true: Callable[[], bool]) -> None:
    """Let other threads go on until it is true."""
    for _ in range(int(PATIENCE * 100)):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came true")


@contextmanager
def inside(folder: Path, rules: Rules | None = None, credits: int = 100_000) -> Iterator[Inside]:
    """Serve on a free port for as long as the block lasts."""
    clock, faults = Clock(), Faults()
    world = World(rules or Rules(tiny=True), clock, credits)
    config = uvicorn.Config(
        make_app(world, folder, faults), access_log=False, log_level="critical", timeout_graceful_shutdown=1, ws="none"
    )
    server = uvicorn.Server(config)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield Inside(f"http://127.0.0.1:{listening.getsockname()[1]}", world, faults, clock)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
