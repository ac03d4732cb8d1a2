"""The commands go on beside a job that cannot be read, and say so."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from builders import a_clip, a_job
from command_line import run

from sora_desktop.domain.job import Job, Ready, RemoteId, Rendering
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore

BAD = "b" * 32


def save(folder: Path, jobs: Sequence[Job], wrong: str) -> None:
    async def save_jobs() -> None:
        database = Database(DataFolder.at(folder).database)
        await database.open()
        await JobStore(database).add(jobs)
        await database.aclose()

    asyncio.run(save_jobs())
    with closing(sqlite3.connect(folder / "library.db")) as connection:
        connection.execute(f"UPDATE job SET {wrong} WHERE id = ?", (BAD,))
        connection.commit()


@pytest.mark.parametrize("wrong", ["phase = 'polishing'", "request = json_set(request, '$.duration', '20')"])
def test_list_and_queue_show_the_others_and_name_the_job(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    good = a_job(Ready(a_clip()), id="a" * 32)
    save(tmp_path, [good, a_job(Rendering(RemoteId("t")), id=BAD, service="sandbox")], wrong)
    for command in (["list"], ["queue"], ["queue", "pause"], ["queue", "resume"]):
        assert run([*command, "--json", "--data", str(tmp_path)]) == 0, command
        printed = capsys.readouterr()
        assert BAD in printed.err and "set aside" in printed.err, command
        for line in printed.out.splitlines():
            assert json.loads(line).get("job") in (None, good.id)
        assert command != ["list"] or good.id in printed.out


def test_resume_says_that_a_job_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path, [a_job(Rendering(RemoteId("t")), id=BAD, service="sandbox")], "phase = 'polishing'")
    assert run(["resume", "--sandbox", "--data", str(tmp_path)]) == 3
    assert BAD in capsys.readouterr().err


def test_resume_ends_well_beside_a_finished_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path, [a_job(Ready(a_clip()), id=BAD)], "details = '{}'")
    assert run(["resume", "--sandbox", "--data", str(tmp_path)]) == 0
    assert BAD in capsys.readouterr().err
