"""Runs command lines of the program as forked processes on a fast clock, and interferes with each at one step.

It imports the program once; each run is a fork. It reads one JSON object a line and answers with {"pid"}; after one
more line it waits for the end of that process and answers with {"status"} (negative: the number of the signal that
killed it).

{"arguments": [...]      of `sora-desktop`, or ["user", "send-again", DATA], which does what the window's button does
 "environ": {...}, "out": FILE, "errors": FILE
 "step": n, "act": ACT}  what happens at the n-th step, if anything does

The steps are the moments around everything that leaves a trace: around each transaction and inside it before COMMIT,
around each call of the service, around each rename of a file. Acts: `kill`; `kill NAME` at the first step of that
name, such as "after naming a clip"; `fill PLACE` leaves not one byte free there; `back` and `forth` move the clock by a
day, `forth N` by N days; `jump N` moves it by N hours for a moment; `tell FILE` writes the step's name to the file;
`count` does nothing.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drills import fast_clock  # before the program

from sora_desktop.api.http import connections
from sora_desktop.api.openai import abilities
from sora_desktop.api.openai.service import OpenAIService
from sora_desktop.api.sora.service import SoraService
from sora_desktop.cli import commands, program
from sora_desktop.domain.job import Unconfirmed
from sora_desktop.engine import engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.jobs.clips import downloads
from sora_desktop.media import pool
from sora_desktop.store import disk
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database import database
from sora_desktop.store.database.database import Database

assert commands and pool

#: Real seconds without a byte after which a transfer is given up, and real seconds to wait for a locked database.
SILENCE, LOCKED = 1.0, 0.3
#: Seconds on the fast clock that the answer to a create of an engine may take: one and a half real seconds.
ENGINE_CREATE = 30.0
#: Real seconds for which a clock that jumps is wrong: twenty on the fast clock.
JUMP = 1.0
#: Bytes that must be free before a clip of the sandbox's size is bought.
ROOM = 1024 * 1024
#: An exit status that no command has.
CRASHED = 99


def main() -> None:
    """Serves until the input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            _run_and_exit(order)
        _answer({"pid": pid})
        sys.stdin.readline()  # the process is not reaped before this line, so its pid is not given to another
        _, status = os.waitpid(pid, 0)
        _answer({"status": os.waitstatus_to_exitcode(status)})


def _answer(value: object) -> None:
    print(json.dumps(value), flush=True)


def _run_and_exit(order: dict[str, Any]) -> None:
    """Never returns."""
    status = CRASHED
    try:
        for number, file in ((1, order["out"]), (2, order["errors"])):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        os.environ.update(order["environ"])
        signal.signal(signal.SIGUSR1, _print_tasks)
        _shrink_limits()
        _instrument(_Steps(order.get("step", 0), order.get("act", "count")))
        arguments = order["arguments"]
        status = _send_again(Path(arguments[2])) if arguments[0] == "user" else program.run(arguments, _no_window)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _print_tasks(*_: object) -> None:
    for task in asyncio.all_tasks(asyncio.get_event_loop_policy().get_event_loop()):
        task.print_stack(file=sys.stderr)


def _no_window(data: Path | None, sandbox: bool) -> int:
    raise AssertionError("no run opens the window here")


def _shrink_limits() -> None:
    """Sets sizes that fit on a disk of a few megabytes, and time limits that a test can wait for."""
    connections.Timeouts.__init__.__defaults__ = (10.0, 30.0, 120.0, SILENCE)
    keywords = abilities.connect_engine.__kwdefaults__
    assert keywords is not None
    keywords["timeouts"] = connections.Timeouts(create=ENGINE_CREATE)
    disk.require_space.__defaults__ = (ROOM,)
    downloads.ROOM_FOR_A_CLIP = ROOM
    database.BUSY_TIMEOUT = LOCKED


class _Steps:
    """Counts the steps of a run and acts at one of them."""

    def __init__(self, act_at: int, act: str) -> None:
        self._act_at = act_at
        self._act, _, self._place = act.partition(" ")
        self._count = 0
        self._lock = threading.Lock()

    def reach(self, name: str) -> None:
        with self._lock:
            self._count += 1
            if self._count != self._act_at and not (self._place == name and self._act == "kill"):
                return
        match self._act:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "fill":
                fill(Path(self._place))
            case "back":
                fast_clock.move_clock(-86400.0)
            case "forth":
                fast_clock.move_clock(86400.0 * int(self._place or 1))
            case "jump":
                fast_clock.move_clock(3600.0 * float(self._place))
                back = threading.Timer(JUMP, fast_clock.move_clock, [-3600.0 * float(self._place)])
                back.daemon = True
                back.start()
            case "tell":
                Path(self._place).write_text(name, "utf-8")


def fill(place: Path) -> None:
    """Leaves not one byte free there."""
    with (place / "filler").open("ab", buffering=0) as filler:
        size = 1 << 20
        while size:
            try:
                filler.write(b"\0" * size)
            except OSError:
                size //= 2


def _instrument(steps: _Steps) -> None:
    for name in ("create", "poll", "balance", "upload", "download"):
        setattr(SoraService, name, _with_steps(getattr(SoraService, name), steps, name))
    for cls, method, name in (
        (OpenAIService, "create_at", "create"),
        (OpenAIService, "poll", "poll"),
        (OpenAIService, "download", "download"),
        (abilities.ListingService, "tasks", "tasks"),
    ):
        setattr(cls, method, _with_steps(getattr(cls, method), steps, name))
    write = Database.write

    @functools.wraps(write)
    async def write_with_steps(self: Database, change: Callable[[Any], Any]) -> Any:
        def change_and_step(connection: Any) -> Any:
            result = change(connection)
            steps.reach("before COMMIT")
            return result

        steps.reach("before a transaction")
        result = await write(self, change_and_step)
        steps.reach("after a transaction")
        return result

    Database.write = write_with_steps  # type: ignore[method-assign]
    replace = Path.replace

    @functools.wraps(replace)
    def replace_with_steps(self: Path, target: Any) -> Path:
        steps.reach("before a rename")
        replaced = replace(self, target)
        steps.reach("after naming a clip" if Path(target).parent.name == "clips" else "after a rename")
        return replaced

    Path.replace = replace_with_steps  # type: ignore[method-assign, assignment]


def _with_steps(call: Callable[..., Any], steps: _Steps, name: str) -> Callable[..., Any]:
    @functools.wraps(call)
    async def call_with_steps(*arguments: Any, **named: Any) -> Any:
        steps.reach(f"before {name}")
        result = await call(*arguments, **named)
        steps.reach(f"after {name}")
        return result

    return call_with_steps


def _send_again(data: Path) -> int:
    """Sends again every job that the window calls safe to send, and prints the jobs' ids."""

    async def send_all() -> int:
        opened = engine.Engine.at(DataFolder.at(data), Listeners())
        await opened.open()
        try:
            await opened.load_key()
            runner = (await opened.services.connect(sandbox=False)).runner
            await runner.until_idle()
            again = [
                job.id
                for job in opened.store.unfinished()
                if isinstance(job.phase, Unconfirmed) and job.phase.safe_to_send
            ]
            for id in again:
                await runner.commands.send_again(id)
            await runner.until_idle()
            print(json.dumps(again))
        finally:
            await opened.aclose()
        return 0

    return asyncio.run(send_all())


if __name__ == "__main__":
    main()
