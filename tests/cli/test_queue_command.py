"""`sora-desktop queue` while no other program is running."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from builders import a_job
from command_line import run

from sora_desktop.cli import owner
from sora_desktop.domain.job import Job, JobId, Phase, RemoteId, Rendering, Waiting
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.lock import OwnerFile, OwnerNote, lock_for

WAITING = Waiting()


def save_jobs(folder: Path, jobs: Sequence[Job]) -> None:
    async def save() -> None:
        database = Database(DataFolder.at(folder).database)
        await database.open()
        await JobStore(database).add(jobs)
        await database.aclose()

    asyncio.run(save())


def job(id: str, phase: Phase = WAITING, *, on_hold: bool = False) -> Job:
    return a_job(phase, id=id.ljust(32, "0"), on_hold=on_hold, service="sandbox")


def queue_json(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[dict[str, object]]:
    assert run(["queue", *map(str, arguments), "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return [json.loads(line) for line in printed.out.splitlines()]


def test_the_queue_is_paused_and_resumed_without_a_window(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", tmp_path)
    assert queue_json(capsys, *data) == [{"queue": "open", "waiting": 0, "on_hold": 0}]
    save_jobs(tmp_path, [job("a"), job("b", on_hold=True)])
    assert queue_json(capsys, "pause", *data) == [{"queue": "paused", "waiting": 1, "on_hold": 1}]
    assert queue_json(capsys, *data)[0]["queue"] == "paused"
    assert run(["resume", "--sandbox", "--data", str(tmp_path)]) == 3
    cost, *rest = capsys.readouterr().err.splitlines()
    assert cost == "sora-desktop: 1 video to send: 100 credits, in the sandbox at no cost."
    assert "`sora-desktop queue resume`" in "".join(rest)
    assert queue_json(capsys, "resume", *data)[0]["queue"] == "open"
    assert run(["queue", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "The queue is open: 1 waiting, 1 on hold.\n"
    assert lock_for(DataFolder.at(tmp_path)).acquire(), "the lock was not released"


def test_the_price_includes_the_jobs_that_are_sent_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path))
    sandbox_job = replace(job("a"), service=SANDBOX)
    others = [replace(job("c"), service="https://other.example/api/v1"), replace(job("d", on_hold=True))]
    save_jobs(tmp_path, [sandbox_job, replace(sandbox_job, id=JobId("b" * 32)), *others])
    assert run(["queue", "pause", *data]) == 0
    capsys.readouterr()
    assert run(["generate", "kite", "--sandbox", "--json", *data]) == 3
    cost, summary = capsys.readouterr().err.splitlines()
    assert cost == ("sora-desktop: 3 videos to send, 2 of them queued earlier: 300 credits, in the sandbox at no cost.")
    assert summary == (
        "sora-desktop: 1 video not sent yet: The queue is paused. "
        "Run `sora-desktop queue resume`, then `sora-desktop resume` to continue."
    )


def test_damaged_settings_leave_the_queue_paused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_jobs(tmp_path, [job("a")])
    data, settings = ("--data", str(tmp_path)), DataFolder.at(tmp_path).settings_file
    settings.write_bytes(b'{"paused": tru')
    assert queue_json(capsys, *data)[0]["queue"] == "paused"
    assert settings.read_bytes() == b'{"paused": tru', "reading the queue must not set the file aside"
    assert run(["resume", "--sandbox", *data]) == 3
    errors = capsys.readouterr().err
    assert "without a daily spending limit" in errors and "Check the settings" in errors
    assert run(["resume", "--sandbox", *data]) == 3
    assert "settings" not in capsys.readouterr().err
    settings.write_bytes(b"{")
    assert run(["queue", "resume", *data]) == 0
    assert capsys.readouterr().out == "The queue is open: 1 waiting, 0 on hold.\n"


def test_a_job_is_held_and_released_by_the_beginning_of_its_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_jobs(tmp_path, [job("ab"), job("ac"), job("ad")])
    data = ("--data", tmp_path)
    first, second, queue = queue_json(capsys, "hold", "AB", "ad", *data)
    assert (first["job"], first["phase"], first["reason"]) == (
        job("ab").id,
        "waiting",
        "On hold: not sent until released.",
    )
    assert second["job"] == job("ad").id and queue == {"queue": "open", "waiting": 1, "on_hold": 2}
    assert run(["list", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("On hold") == 2
    assert queue_json(capsys, "release", "ab", *data)[-1] == {"queue": "open", "waiting": 2, "on_hold": 1}
    assert queue_json(capsys, "release", *data)[-1] == {"queue": "open", "waiting": 3, "on_hold": 0}
    assert queue_json(capsys, "release", *data) == [{"queue": "open", "waiting": 3, "on_hold": 0}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["hold"], "Specify which jobs"),
        (["hold", "f"], "No unfinished job id begins with f"),
        (["release", ""], "No unfinished job id begins with an empty string"),
        (["hold", "a"], "More than one job id begins with a"),
        (["hold", "ab", "c"], "has already been sent"),
        (["pause", "ab"], "Only `queue hold` and `queue release`"),
        (["stop"], "'pause', 'resume', 'hold', 'release'"),
    ],
)
def test_invalid_arguments_change_nothing(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_jobs(tmp_path, [job("ab"), job("ac"), job("c", Rendering(RemoteId("task_1")))])
    assert run(["queue", *arguments, "--data", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and message in printed.err and printed.err.count("\n") == 1
    assert queue_json(capsys, "--data", tmp_path) == [{"queue": "open", "waiting": 2, "on_hold": 0}]


def test_a_program_that_does_not_respond_is_not_awaited_forever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    monkeypatch.setattr(owner, "OWNER_TIMEOUT", 0.0)
    lock = lock_for(data_folder)
    assert lock.acquire()
    OwnerFile(data_folder.owner_file).write(OwnerNote("sandbox", True))
    assert run(["queue", "pause", "--data", str(tmp_path)]) == 3
    printed = capsys.readouterr()
    assert printed.out == "" and "has not responded yet" in printed.err
    assert [message.content for message in Inbox(data_folder.inbox).read()] == [{"paused": True}]
    lock.release()
