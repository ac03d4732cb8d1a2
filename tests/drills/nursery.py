"""Gives birth to real processes of the program that hurry, and that die, or have something done to them, at one step.

It imports the program once; each life is a fork that runs one command line. It reads one JSON object a line and
answers with {"pid"}; after one more line it waits for the end and answers with {"status"} (negative: the number of
the signal that killed it).

{"arguments": [...]      of `sora-desktop`, or ["person", "send-again", DATA], which is what the window's button does
 "environ": {...}, "out": FILE, "complaints": FILE
 "step": n, "act": ACT}  what happens at the n-th step, if anything does

The steps are the moments around whatever leaves a trace: around each transaction and inside it before COMMIT, around
each call of the service, around each file that gets its name. Acts: `kill`; `fill PLACE`, until not one byte is left
there; `back` and `forth`, the clock by a day; `tell FILE`, which makes the file; `count`, which lets all happen.
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

from drills import hurry  # before the program

from sora_desktop.api.http import clients
from sora_desktop.api.sora.client import SoraService
from sora_desktop.cli import commands, program
from sora_desktop.domain.job import Unconfirmed
from sora_desktop.engine import engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.jobs.clips import downloads
from sora_desktop.media import pool
from sora_desktop.store import disk
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database import connection
from sora_desktop.store.database.connection import Database

assert commands and pool

#: Seconds of silence after which bytes are given up, and that a locked database is waited for. Real ones.
SILENCE, LOCKED = 1.0, 0.3
#: Bytes that must be free for clips of this size.
ROOM = 1024 * 1024


def main() -> None:
    """Serve until the input ends."""
    for line in sys.stdin:
        life = json.loads(line)
        born = os.fork()
        if not born:
            _live(life)
        _say({"pid": born})
        sys.stdin.readline()  # until then its number is no other process's
        _, status = os.waitpid(born, 0)
        _say({"status": os.waitstatus_to_exitcode(status)})


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)


def _live(life: dict[str, Any]) -> None:
    """Never returns."""
    status = 99  # as no command ends
    try:
        for number, file in ((1, life["out"]), (2, life["complaints"])):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        os.environ.update(life["environ"])
        signal.signal(signal.SIGUSR1, _say_what_hangs)
        _make_small()
        _guard(_Steps(life.get("step", 0), life.get("act", "count")))
        arguments = life["arguments"]
        status = _send_again(Path(arguments[2])) if arguments[0] == "person" else program.run(arguments, _no_window)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _say_what_hangs(*_: object) -> None:
    for task in asyncio.all_tasks(asyncio.get_event_loop_policy().get_event_loop()):
        task.print_stack(file=sys.stderr)


def _no_window(data: Path | None, sandbox: bool) -> int:
    raise AssertionError("no life opens the window here")


def _make_small() -> None:
    """What fits on a disk of a few megabytes, and waits no longer than a test should."""
    clients.Patience.__init__.__defaults__ = (10.0, 30.0, 120.0, SILENCE)
    disk.need_room.__defaults__ = (ROOM,)
    downloads.ROOM_FOR_A_CLIP = ROOM
    connection.BUSY = LOCKED


class _Steps:
    def __init__(self, wanted: int, act: str) -> None:
        self._wanted = wanted
        self._act, _, self._place = act.partition(" ")
        self._taken = 0
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        with self._lock:
            self._taken += 1
            if self._taken != self._wanted:
                return
        match self._act:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "fill":
                fill(Path(self._place))
            case "back":
                hurry.set_clock(-86400.0)
            case "forth":
                hurry.set_clock(86400.0)
            case "tell":
                Path(self._place).write_text(name, "utf-8")


def fill(place: Path) -> None:
    """Leave not one byte free there."""
    with (place / "filler").open("ab", buffering=0) as filler:
        size = 1 << 20
        while size:
            try:
                filler.write(b"\0" * size)
            except OSError:
                size //= 2


def _guard(steps: _Steps) -> None:
    for name in ("create", "poll", "balance", "upload", "download"):
        setattr(SoraService, name, _around(getattr(SoraService, name), steps, name))
    write = Database.write

    @functools.wraps(write)
    async def guarded_write(self: Database, change: Callable[[Any], Any]) -> Any:
        def and_then(connection: Any) -> Any:
            result = change(connection)
            steps.take("before COMMIT")
            return result

        steps.take("before a transaction")
        result = await write(self, and_then)
        steps.take("after a transaction")
        return result

    Database.write = guarded_write  # type: ignore[method-assign]
    replace = Path.replace

    @functools.wraps(replace)
    def replaced(self: Path, target: Any) -> Path:
        steps.take("before a file gets its name")
        there = replace(self, target)
        steps.take("after a file got its name")
        return there

    Path.replace = replaced  # type: ignore[method-assign, assignment]


def _around(call: Callable[..., Any], steps: _Steps, name: str) -> Callable[..., Any]:
    @functools.wraps(call)
    async def stepped(*arguments: Any, **named: Any) -> Any:
        steps.take(f"before {name}")
        result = await call(*arguments, **named)
        steps.take(f"after {name}")
        return result

    return stepped


def _send_again(data: Path) -> int:
    """Send again whatever the window calls safe to send; says the jobs' ids."""

    async def sent() -> int:
        works = engine.Engine.at(DataFolder.at(data), Listeners())
        await works.open()
        try:
            await works.load_key()
            await works.connect(sandbox=False)
            await works.runner.settled()
            again = [
                job.id
                for job in works.store.unfinished()
                if isinstance(job.phase, Unconfirmed) and job.phase.safe_to_send
            ]
            for id in again:
                await works.runner.send_again(id)
            await works.runner.settled()
            print(json.dumps(again))
        finally:
            await works.aclose()
        return 0

    return asyncio.run(sent())


if __name__ == "__main__":
    main()
