"""A sandbox in its own process, for tests of the whole: `with sandbox("--tiny", "--speed", "50") as server: …`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypedDict
from urllib.parse import urlsplit

from forked_sandboxes import CAN_FORK, ForkedSandbox, fork_sandbox

ROOT = Path(__file__).parents[1]

SandboxProcess = subprocess.Popen[str] | ForkedSandbox


class Create(TypedDict):
    """A create that the sandbox accepted, as it is now. Amounts in credits."""

    prompt: str
    task_id: str
    model: str
    status: str
    charged: int
    refunded: int


class EngineCreate(TypedDict):
    """A create that an engine accepted, as it is now, also if the engine has forgotten it or deleted it."""

    id: str
    prompt: str
    model: str
    size: str
    frames: int
    fps: float
    seed: int | None
    steps: int | None
    guidance: float | None
    negative_prompt: str
    has_image: bool
    user: str
    replica: int
    status: str
    deleted: bool
    forgotten: bool
    #: "", "running", "finished", "stopped" or "failed".
    rendering: str
    frames_rendered: int  # pictures of the clip so far
    #: Unix seconds.
    accepted_at: float
    started_at: float | None
    ended_at: float | None


class EngineDelete(TypedDict):
    """A delete that was carried out, with the status that the job had."""

    id: str
    replica: int
    status: str


class EngineAtWork(TypedDict):
    """What one engine is busy with, by ids, also of jobs whose records were deleted."""

    running: str | None
    waiting: list[str]


class EnginesSeen(TypedDict):
    """Requests of each call of the OpenAI dialect, failed ones included, and what became of the accepted ones."""

    like: str
    counts: dict[str, int]
    creates: list[EngineCreate]
    deletes: list[EngineDelete]
    restarts: int
    engines: list[EngineAtWork]


@dataclass(frozen=True, slots=True)
class Seen:
    """What reached the sandbox: requests of each call, failed ones included, and each accepted create."""

    counts: dict[str, int]
    creates: list[Create]
    #: The hosts, such as `127.0.0.1:4711`, to which requests with an Authorization header were sent.
    hosts_with_key: list[str]
    #: What reached the engines.
    engines: EnginesSeen


@dataclass(frozen=True, slots=True)
class SandboxServer:
    """Where the sandbox listens, the key that it accepts, and its process."""

    base_url: str
    origin: str
    key: str
    process: SandboxProcess
    #: Base URLs of the engines, which speak the OpenAI dialect.
    engine_urls: tuple[str, ...]

    def seen(self) -> Seen:
        """Read `/sandbox/seen`, which needs no key and counts against no limit."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.origin}/sandbox/seen", timeout=10) as answer:
            report = json.load(answer)
        return Seen(report["counts"], report["creates"], report["key_came_to"], report["openai"])


@contextmanager
def sandbox(
    *options: str, script: Sequence[dict[str, object]] = (), forked: bool = CAN_FORK
) -> Iterator[SandboxServer]:
    """Start a sandbox with these options, on a free port by default, and these faults. It ends with the block.

    If it is not `forked`, it is started as a command, which takes half a second.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-test-")))
        arguments = ["--port", "0", "--with-parent", *options]
        if script:
            faults = folder / "faults.json"
            faults.write_text(json.dumps(list(script)), "utf-8")
            arguments += ["--script", str(faults)]
        environ = {**os.environ, "TMPDIR": str(folder)}  # it is killed, and would leave its own folder behind
        errors = stack.enter_context((folder / "stderr").open("w+", encoding="utf-8"))
        start: Callable[..., AbstractContextManager[SandboxProcess]] = fork_sandbox if forked else _start_sandbox
        process = stack.enter_context(start(arguments, environ, errors))
        stack.callback(process.kill)  # an end in order takes a tenth of a second and more
        assert process.stdout is not None
        line = process.stdout.readline()
        errors.seek(0)
        assert line, f"the sandbox did not start: {errors.read()}"
        ready = json.loads(line)
        parts = urlsplit(ready["listening"])
        origin = f"{parts.scheme}://{parts.netloc}"
        engine_urls = tuple(ready["openai"]["base_urls"]) if "openai" in ready else ()
        yield SandboxServer(ready["listening"], origin, ready["key"], process, engine_urls)


def _start_sandbox(arguments: Sequence[str], environ: Mapping[str, str], stderr: IO[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sora_desktop.sandbox", *arguments],
        cwd=ROOT,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
