"""The queue from a command line, where no other program is open: told, paused, resumed, held and released."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import run

from sora_desktop.cli import queue_command
from sora_desktop.domain.job import Job, RemoteId, Rendering, new_job
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.jobs import JobStore
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.lock import OwnerFile, OwnerNote, lock_for


def a_queue(folder: Path, jobs: Sequence[Job]) -> None:
    async def put() -> None:
        database = Database(DataFolder.at(folder).database)
        await database.open()
        await JobStore(database).add(jobs)
        await database.aclose()

    asyncio.run(put())


def a_job(id: str, **more: object) -> Job:
    job = replace(new_job(VideoRequest(f"boat {id}"), "sandbox", 1.0), id=id.ljust(32, "0"))  # type: ignore[arg-type]
    return replace(job, **more)  # type: ignore[arg-type]


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[dict[str, object]]:
    assert run(["queue", *map(str, arguments), "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return [json.loads(line) for line in said.out.splitlines()]


def test_it_is_paused_and_resumed_without_a_window(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", tmp_path)
    assert told(capsys, *data) == [{"queue": "open", "waiting": 0, "on_hold": 0}]
    a_queue(tmp_path, [a_job("a"), a_job("b", on_hold=True)])
    assert told(capsys, "pause", *data) == [{"queue": "paused", "waiting": 1, "on_hold": 1}]
    assert told(capsys, *data)[0]["queue"] == "paused"
    assert run(["resume", "--sandbox", "--data", str(tmp_path)]) == 3
    assert "`sora-desktop queue resume` opens it again" in capsys.readouterr().err
    assert told(capsys, "resume", *data)[0]["queue"] == "open"
    assert run(["queue", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "The queue is open; 1 waiting, 1 on hold.\n"
    assert lock_for(DataFolder.at(tmp_path)).acquire(), "the folder is given back"


def test_settings_that_are_damaged_open_no_queue_that_may_have_been_paused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_queue(tmp_path, [a_job("a")])
    data, settings = ("--data", str(tmp_path)), DataFolder.at(tmp_path).settings_file
    settings.write_bytes(b'{"paused": tru')
    assert told(capsys, *data)[0]["queue"] == "paused"
    assert settings.read_bytes() == b'{"paused": tru', "who only looks sets nothing aside"
    assert run(["resume", "--sandbox", *data]) == 3
    said = capsys.readouterr().err
    assert "without a daily spending limit" in said and "look through the settings" in said
    assert run(["resume", "--sandbox", *data]) == 3
    assert "settings" not in capsys.readouterr().err
    settings.write_bytes(b"{")
    assert run(["queue", "resume", *data]) == 0
    assert capsys.readouterr().out == "The queue is open; 1 waiting, 0 on hold.\n"


def test_a_job_is_held_and_released_by_the_beginning_of_its_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_queue(tmp_path, [a_job("ab"), a_job("ac"), a_job("ad")])
    data = ("--data", tmp_path)
    first, second, queue = told(capsys, "hold", "AB", "ad", *data)
    assert (first["job"], first["phase"], first["reason"]) == (
        a_job("ab").id,
        "waiting",
        "On hold: not sent until it is released.",
    )
    assert second["job"] == a_job("ad").id and queue == {"queue": "open", "waiting": 1, "on_hold": 2}
    assert run(["list", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("On hold") == 2
    assert told(capsys, "release", "ab", *data)[-1] == {"queue": "open", "waiting": 2, "on_hold": 1}
    assert told(capsys, "release", *data)[-1] == {"queue": "open", "waiting": 3, "on_hold": 0}
    assert told(capsys, "release", *data) == [{"queue": "open", "waiting": 3, "on_hold": 0}]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["hold"], "Say which jobs"),
        (["hold", "f"], "No unfinished job begins with f"),
        (["release", ""], "No unfinished job begins with nothing"),
        (["hold", "a"], "Several jobs begin with a"),
        (["hold", "ab", "c"], "has been sent already"),
        (["pause", "ab"], "`queue hold` and `queue release` only"),
        (["stop"], "'pause', 'resume', 'hold', 'release'"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_queue(tmp_path, [a_job("ab"), a_job("ac"), a_job("c", phase=Rendering(RemoteId("task_1")))])
    assert run(["queue", *arguments, "--data", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and sentence in said.err and said.err.count("\n") == 1
    assert told(capsys, "--data", tmp_path) == [{"queue": "open", "waiting": 2, "on_hold": 0}]


def test_a_program_that_does_not_do_it_is_not_waited_for_for_ever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    monkeypatch.setattr(queue_command, "OWNER_PATIENCE", 0.0)
    lock = lock_for(data_folder)
    assert lock.acquire()
    OwnerFile(data_folder.owner_file).write(OwnerNote("sandbox", True))
    assert run(["queue", "pause", "--data", str(tmp_path)]) == 3
    said = capsys.readouterr()
    assert said.out == "" and "has not done it yet" in said.err
    assert [message.content for message in Inbox(data_folder.inbox).read()] == [{"paused": True}]
    lock.release()
