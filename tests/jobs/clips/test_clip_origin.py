"""A clip that the user drops leads to its job: by place, content, or name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from builders import a_clip, a_job
from store.opened_store import opened_store

from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Job, Ready, Trashed
from sora_desktop.jobs.clips.clip_files import clip_name
from sora_desktop.jobs.clips.clip_origin import job_of_clip
from sora_desktop.media.files import sha256_of


def a_saved_job(folder: Path, number: int, content: bytes) -> Job:
    job = a_job(Ready(a_clip()), number, id=f"{number:08x}{'0' * 24}", prompt=f"a boat {number}")
    file = folder / f"{clip_name(job)}.mp4"
    file.write_bytes(content)
    facts = replace(a_clip().facts, sha256=sha256_of(file), size=len(content))
    return replace(job, phase=Ready(Clip(file, facts)))


async def test_a_file_leads_to_the_job_that_has_made_it(tmp_path: Path) -> None:
    clips, outside = tmp_path / "clips", tmp_path / "outside"
    clips.mkdir()
    outside.mkdir()
    first, second, twin = (a_saved_job(clips, *made) for made in ((1, b"one"), (2, b"two"), (3, b"two")))
    thrown = a_saved_job(clips, 4, b"four")
    assert isinstance(thrown.phase, Ready)
    thrown = replace(thrown, phase=Trashed(thrown.phase, 0.0))
    async with opened_store(tmp_path / "library.db") as store:
        await store.add([first, second, twin, thrown])

        async def origin(name: str, content: bytes) -> str | None:
            file = outside / name
            file.write_bytes(content)
            job = await job_of_clip(file, store)
            return None if job is None else job.request.prompt

        assert await origin("renamed.mov", b"one") == "a boat 1"
        assert await origin("renamed.mp4", b"four") == "a boat 4", "also in the Trash"
        assert await origin(f"{clip_name(twin)}.mp4", b"two") == "a boat 3", "of two with the same content, by its name"
        assert await origin(f"{clip_name(second)} 2.mp4", b"two") == "a boat 2"
        assert await origin(f"{clip_name(first)} 1.00-2.50 s.mp4", b"a part of one") == "a boat 1"
        assert await origin(f"{clip_name(first)} 1.00-2.50 s 3.mp4", b"a part of one") == "a boat 1"
        assert await origin("elsewhere.mp4", b"any") is None, "as long as another clip, and not it"
        assert await origin(f"{clip_name(first)}, cut.mp4", b"a part of one") is None
        assert isinstance(twin.phase, Ready)
        assert await job_of_clip(twin.phase.clip.file, store) == twin
        assert await job_of_clip(outside / "gone.mp4", store) is None


async def test_the_start_of_an_id_alone_is_not_enough(tmp_path: Path) -> None:
    job = a_saved_job(tmp_path, 1, b"one")
    other = tmp_path / "2026-11-28 101500 a boat 1 00000001.mp4"  # at another time
    other.write_bytes(b"another")
    async with opened_store(tmp_path / "library.db") as store:
        await store.add([job])
        assert await job_of_clip(other, store) is None
