"""Which clips were not opened yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from builders import a_clip, a_job
from store.opened_store import opened_store

from sora_desktop.domain.job import JobChange, Ready, RemoteId, Saving, Trashed


async def test_a_clip_is_new_from_its_end_until_it_is_opened_also_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    saving = [a_job(Saving(RemoteId(str(number))), number) for number in (1, 2)]
    ready = [replace(job, phase=Ready(a_clip())) for job in saving]
    async with opened_store(file) as store:
        await store.add([*saving, a_job(Ready(a_clip()), 3)])
        assert store.new_clips() == frozenset()
        await store.change([JobChange(*pair) for pair in zip(saving, ready, strict=True)])
        await store.note_clip_opened(ready[0].id)
        await store.change([JobChange(ready[0], replace(ready[0], starred=True))])
    async with opened_store(file) as store:
        assert store.new_clips() == {ready[1].id}


async def test_a_clip_that_comes_back_from_the_trash_is_as_new_as_before(tmp_path: Path) -> None:
    saving = [a_job(Saving(RemoteId(str(number))), number) for number in (1, 2)]
    async with opened_store(tmp_path / "library.db") as store:
        await store.add(saving)
        for job in saving:
            ready = replace(job, phase=Ready(a_clip()))
            trashed = replace(job, phase=Trashed(Ready(a_clip()), 1.0))
            await store.change([JobChange(job, ready)])
            if job is saving[0]:
                await store.note_clip_opened(job.id)
            await store.change([JobChange(ready, trashed)])
            await store.change([JobChange(trashed, ready)])
        assert store.new_clips() == {saving[1].id}
