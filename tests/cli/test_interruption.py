"""A command that the user interrupts ends once, in order, and claims only what is on disk."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from builders import a_job
from command_line import run

from sora_desktop.cli import commands
from sora_desktop.cli.errors import Interrupted
from sora_desktop.cli.interruption import Interruption, interrupted_text
from sora_desktop.cli.owner import follow
from sora_desktop.cli.progress import JobProgress
from sora_desktop.domain.job import Phase, RemoteId, Rendering, Saving, Unconfirmed, Unsaved, Waiting
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.lock import lock_for

ID = RemoteId("task_1")


@pytest.mark.parametrize(
    ("phases", "text"),
    [
        ([], "Interrupted."),
        ([Unconfirmed("It was not charged.", safe_to_send=True)], "Interrupted."),
        (
            [Waiting()],
            "Interrupted. 1 video is queued and not sent. Run `sora-desktop resume` to continue.",
        ),
        (
            [Waiting(), Waiting(), Rendering(ID), Saving(ID), Unsaved(ID, "The disk is full.")],
            "Interrupted. 2 videos are queued and not sent. 3 videos are paid for and kept. "
            "Run `sora-desktop resume` to continue.",
        ),
        (
            [Unconfirmed()],
            "Interrupted. 1 request without an answer on disk: its outcome is unknown. "
            "Run `sora-desktop resume` to continue.",
        ),
        (
            [Unconfirmed(), Unconfirmed(), Rendering(ID)],
            "Interrupted. 1 video is paid for and kept. 2 requests without an answer on disk: their outcome is "
            "unknown. Run `sora-desktop resume` to continue.",
        ),
    ],
)
def test_the_message_claims_what_is_on_disk(phases: list[Phase], text: str) -> None:
    assert interrupted_text(map(a_job, phases)) == text


async def test_only_the_first_request_to_end_counts() -> None:
    interruption, is_cleaning, may_end = Interruption(), asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def command() -> int:
        try:
            await asyncio.Event().wait()
            return 0
        finally:
            is_cleaning.set()
            await may_end.wait()
            done.append("answer saved")

    supervised = asyncio.create_task(interruption.supervise(command()))
    await asyncio.sleep(0)
    interruption.ask()
    await is_cleaning.wait()
    for _ in range(3):
        interruption.ask()
        await asyncio.sleep(0.01)
    assert not supervised.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await supervised
    assert done == ["answer saved"]
    interruption.ask()  # too late: nothing happens


async def test_a_request_to_end_that_comes_before_the_command_is_kept() -> None:
    async def command() -> int:
        raise AssertionError("it has started")

    interruption = Interruption()
    interruption.ask()
    with pytest.raises(asyncio.CancelledError):
        await interruption.supervise(command())


async def test_a_command_that_follows_another_program_says_who_goes_on(tmp_path: Path) -> None:
    data_folder = DataFolder.at(tmp_path / "data")
    data_folder.make()
    await (database := Database(data_folder.database)).open()
    await database.aclose()
    owner, own = lock_for(data_folder), lock_for(data_folder)
    assert owner.acquire()

    async def interrupted(*, owner_goes_on: bool) -> str:
        progress, message = JobProgress(as_json=True), tmp_path / "message.json"
        task = asyncio.create_task(follow(data_folder, [a_job(Waiting()).id], progress, own, message))
        await asyncio.sleep(0.05)
        if not owner_goes_on:
            owner.release()
        task.cancel()
        with pytest.raises(Interrupted) as raised:
            await task
        return str(raised.value)

    assert "The running program goes on" in await interrupted(owner_goes_on=True)
    assert "has ended. Run `sora-desktop resume`" in await interrupted(owner_goes_on=False)
    assert own.acquire(), "the lock is free again"
    own.release()


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_has_done_nothing_says_so(
    number: signal.Signals, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wait_for_owner(*_: object) -> None:
        os.kill(os.getpid(), number)
        await asyncio.Event().wait()

    monkeypatch.setattr(commands, "owner_of", wait_for_owner)
    assert run(["resume", "--data", str(tmp_path)]) == 3
    assert capsys.readouterr().err == "sora-desktop: Interrupted. This command sent nothing.\n"
