"""What survives a restart."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sora_desktop.api.sora.profile import CAPABILITIES
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobId,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
    phase_name,
)
from sora_desktop.domain.library import ACTIVE_PHASES, Counts, LibraryView, Tab
from sora_desktop.domain.money import Balance
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.store import codec
from sora_desktop.store.database.connection import Database, integrity_of
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.database.schema import STEPS
from sora_desktop.store.errors import StoreError

words = st.text(max_size=30).filter(lambda text: "\ud800" not in text)
remote_ids = words.map(RemoteId)
facts = st.builds(
    VideoFacts,
    seconds=st.floats(0, 20),
    width=st.integers(1, 4000),
    height=st.integers(1, 4000),
    fps=st.floats(1, 60),
    frames=st.integers(1, 900),
    has_audio=st.booleans(),
    video_codec=words,
    container=words,
    sha256=words,
    size=st.integers(0, 10**10),
)
names = st.text("abc é日/._-", min_size=1, max_size=12)
files = names.map(Path)
phase_values: st.SearchStrategy[Phase] = st.one_of(
    st.builds(Waiting, reason=words),
    st.builds(Unconfirmed, reason=words, safe_to_send=st.booleans()),
    st.builds(Rendering, remote_id=remote_ids, percent=st.none() | st.integers(0, 100), warning=words),
    st.builds(Saving, remote_id=remote_ids, received=st.integers(0, 10**9), total=st.none() | st.integers(0, 10**9)),
    st.builds(Unsaved, remote_id=remote_ids, reason=words),
    st.builds(Ready, clip=st.builds(Clip, file=files, facts=facts, warning=words)),
    st.builds(Failed, reason=words, code=words, by_policy=st.booleans(), remote_id=st.none() | remote_ids),
    st.builds(Abandoned, remote_id=remote_ids),
    st.builds(Removed),
)
requests = st.builds(
    VideoRequest,
    prompt=words,
    negative_prompt=words,
    model=st.sampled_from([model.name for model in CAPABILITIES.models]),
    aspect_ratio=st.sampled_from([choice.value for choice in CAPABILITIES.aspect_ratios]),
    duration=st.sampled_from([choice.value for choice in CAPABILITIES.durations]),
    quality=st.sampled_from([choice.value for choice in CAPABILITIES.qualities]),
    image=st.none()
    | st.builds(
        ReferenceImage,
        file=files,
        name=words,
        width=st.integers(1, 9000),
        height=st.integers(1, 9000),
        size=st.integers(1),
        sha256=words,
    ),
)
jobs = st.builds(
    Job,
    id=st.uuids().map(lambda u: JobId(u.hex)),
    request=requests,
    phase=phase_values,
    created_at=st.integers(0, 50).map(float),
    changed_at=st.floats(0, 2e9),
    position=st.integers(0, 50).map(float) | st.floats(0, 2e9),
    starred=st.booleans(),
    on_hold=st.booleans(),
    service=words,
)


def with_store(file: Path, story: Callable[[JobStore], Coroutine[object, object, None]]) -> None:
    async def main() -> None:
        database = Database(file)
        await database.open()
        try:
            await story(JobStore(database, now=lambda: 7.0))
        finally:
            await database.aclose()

    asyncio.run(main())


def a_job(phase: Phase | None = None, prompt: str = "a boat", number: int = 1) -> Job:
    return Job(JobId(f"job{number}"), VideoRequest(prompt), phase or Waiting(), float(number), 2.0, float(number))


@given(jobs)
def test_a_job_as_text_comes_back_as_it_was(job: Job) -> None:
    assert codec.job_from_text(codec.job_to_text(job)) == job


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(jobs, max_size=25, unique_by=lambda job: job.id), st.sampled_from(Tab), words, st.integers(1, 7))
def test_pages_show_what_a_plain_list_would(
    tmp_path_factory: pytest.TempPathFactory, kept: list[Job], tab: Tab, search: str, size: int
) -> None:
    def fits(job: Job) -> bool:
        name = phase_name(job.phase)
        on_tab = {
            Tab.ALL: name != "removed",
            Tab.ACTIVE: name in ACTIVE_PHASES,
            Tab.DONE: name == "ready",
            Tab.FAILED: name == "failed",
            Tab.STARRED: job.starred and name != "removed",
        }[tab]
        return on_tab and all(word in job.request.prompt.lower() for word in search.lower().split())

    async def story(store: JobStore) -> None:
        await store.add(kept)
        expected = sorted((j for j in kept if fits(j)), key=lambda j: (j.position, j.id), reverse=True)
        shown: list[Job] = []
        while page := store.page(LibraryView(tab, search), size, shown[-1] if shown else None):
            assert len(page) <= size
            shown += page
        assert shown == expected

    with_store(tmp_path_factory.mktemp("store") / "l.db", story)


def test_a_page_is_read_in_the_order_of_an_index(tmp_path: Path) -> None:
    """A library of many thousand videos must not be sorted for each page."""
    asked: list[str] = []

    async def story(store: JobStore) -> None:
        rows = store._database.rows
        store._database.rows = lambda sql, values=(): asked.append(sql) or rows(sql, values)  # type: ignore
        await store.add([a_job(number=number) for number in range(3)])
        last = store.page(LibraryView(), 2)[-1]
        store.page(LibraryView(), 2, last)
        for sql in asked:
            plan = " ".join(str(row[-1]) for row in rows(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?")))
            assert "job_place" in plan and "TEMP B-TREE" not in plan, plan

    with_store(tmp_path / "l.db", story)
    assert len(asked) == 2


def test_counts_add_up(tmp_path: Path) -> None:
    clip = Clip(Path("x.mp4"), VideoFacts(5, 1, 1, 24, 120, True, "h264", "mp4", "", 500))
    phases: list[Phase] = [Waiting(), Ready(clip), Ready(clip), Failed("no"), Removed(), Abandoned(RemoteId("r"))]

    async def story(store: JobStore) -> None:
        await store.add([replace(a_job(phase, number=i), starred=i == 1) for i, phase in enumerate(phases)])
        assert store.counts() == Counts(5, 2, 2, 1, 1, 1000)

    with_store(tmp_path / "l.db", story)


def test_an_attempt_and_its_job_are_one_step(tmp_path: Path) -> None:
    async def story(store: JobStore) -> None:
        job = a_job(Unconfirmed())
        number = await store.begin_attempt(job, Decimal("12.5"), Decimal(100))
        assert store.read(job.id) == job
        done = replace(job, phase=Rendering(RemoteId("task_1")))
        await store.end_attempt(number, done, "accepted")
        await store.note_balance_after(number, Balance(Decimal(3), 8.0))
        (attempt,) = store.attempts(job.id)
        assert store.read(job.id) == done
        assert (attempt.answer, attempt.after) == ("accepted", Balance(Decimal(3), 8.0))
        assert attempt.before is not None and attempt.before.amount == Decimal("12.5")

    with_store(tmp_path / "l.db", story)


def test_a_failed_change_changes_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        database = Database(tmp_path / "l.db")
        await database.open()
        store = JobStore(database)
        await store.save(a_job())

        def half(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE job SET phase = 'ready'")
            raise ValueError("in the middle")

        with pytest.raises(ValueError, match="middle"):
            await database.write(half)
        assert store.read(JobId("job1")) == a_job()
        await store.save(a_job(number=2))  # and the next transaction works
        await database.aclose()

    asyncio.run(main())


def test_what_was_saved_outlives_a_kill(tmp_path: Path) -> None:
    script = f"""
import asyncio, os
from pathlib import Path
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.domain.job import *
from sora_desktop.domain.request import VideoRequest
async def main():
    database = Database(Path({str(tmp_path / "l.db")!r}))
    await database.open()
    await JobStore(database).save(Job(JobId("k"), VideoRequest("kept"), Waiting(), 1.0, 1.0, 1.0))
    os._exit(9)
asyncio.run(main())
"""
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 9

    async def story(store: JobStore) -> None:
        assert [job.request.prompt for job in store.unfinished()] == ["kept"]

    with_store(tmp_path / "l.db", story)
    assert integrity_of(tmp_path / "l.db") == "ok"


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "l.db"
    with_store(file, lambda store: store.save(a_job()))
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA user_version={len(STEPS) + 1}")
    connection.close()
    with pytest.raises(StoreError, match="newer version"):
        with_store(file, lambda store: store.save(a_job(number=2)))
    assert not list(tmp_path.glob("*damaged*"))


def test_a_damaged_database_is_kept_aside(tmp_path: Path) -> None:
    file = tmp_path / "l.db"
    file.write_bytes(b"this is no database at all " * 100)

    async def main() -> None:
        database = Database(file)
        await database.open()
        assert "damaged" in database.warning
        await JobStore(database).save(a_job())
        await database.aclose()

    asyncio.run(main())
    assert [aside.read_bytes()[:10] for aside in tmp_path.glob("*damaged*")] == [b"this is no"]


def test_an_older_database_is_copied_before_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "l.db"
    with_store(file, lambda store: store.save(a_job()))
    cut_off = tmp_path / f"l-before-{len(STEPS) + 1}.db.part"  # as an earlier start that was killed leaves it
    cut_off.write_bytes(b"half a copy")

    async def main() -> None:
        database = Database(file, (*STEPS, "ALTER TABLE job ADD COLUMN mood TEXT"))
        await database.open()
        assert JobStore(database).read(JobId("job1")) == a_job()
        await database.aclose()

    asyncio.run(main())
    (copy,) = tmp_path.glob("l-before-*")
    with_store(copy, lambda store: store.save(a_job(number=2)))


def test_a_file_where_the_folder_should_be_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        with_store(tmp_path / "folder" / "l.db", lambda store: store.save(a_job()))
