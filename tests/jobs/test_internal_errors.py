"""What goes wrong on our side, or twice at once, costs no video and stops no queue."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fakes import exchanged
from workbench import REQUEST, Bench, World, until

from sora_desktop.api.errors import Refused
from sora_desktop.api.service import Created, Uploaded
from sora_desktop.domain.job import (
    Failed,
    JobId,
    Ready,
    RemoteId,
    Rendering,
    Unconfirmed,
)
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError

OTHER = VideoRequest("a lighthouse at dawn")


async def test_two_programs_on_one_folder_buy_each_video_once(tmp_path: Path) -> None:
    """The lock keeps them apart, but not on every network drive; the database has the last word."""
    world = World()
    async with Bench(world, tmp_path) as first:
        first.runner.commands.pause(True)
        (job,) = await first.runner.commands.submit(OTHER)
        async with Bench(world, tmp_path) as second:
            await second.runner.settled()
            assert isinstance(second.saved(job).phase, Ready)
        first.runner.commands.pause(False)
        await until(lambda: "Only one program" in first.runner.queue_state.reason)
        assert world.creates_of(OTHER.prompt) == 1
        assert isinstance(first.saved(job).phase, Ready)


async def test_an_error_of_our_own_does_not_leave_a_paid_video_unwatched(tmp_path: Path) -> None:
    world = World()
    poll, failing = world.poll, 3

    async def stumbling(remote_id: RemoteId) -> Any:
        nonlocal failing
        if failing:
            failing -= 1
            raise RuntimeError("this was not foreseen")
        return await poll(remote_id)

    world.poll = stumbling  # type: ignore[method-assign]

    async with Bench(world, tmp_path) as bench:
        job = await bench.carried()
        assert isinstance(job.phase, Ready)
        troubles = [shown.phase.warning for shown in bench.shown if isinstance(shown.phase, Rendering)]
        assert any("Something went wrong in the program. Trying again." in trouble for trouble in troubles)


async def test_an_expired_link_of_an_image_is_replaced_and_fails_nothing(tmp_path: Path) -> None:
    world = World()
    uploads = 0

    async def upload(image: ReferenceImage) -> Uploaded:
        nonlocal uploads
        uploads += 1
        return Uploaded(f"https://cdn.example/{uploads}.png", exchanged("POST /upload", uploads))

    create = world.create

    async def picky(request: VideoRequest, image_url: str | None) -> Created:
        if image_url in expired:
            raise Refused("The image cannot be fetched.", code="4001")
        return await create(request, image_url)

    expired: set[str] = set()
    world.upload, world.create = upload, picky  # type: ignore[method-assign]
    file = tmp_path / "i.png"
    file.write_bytes(b"i")
    request = VideoRequest("it moves", image=ReferenceImage(file, "i.png", 1, 1, 1, "abc"))
    async with Bench(world, tmp_path) as bench:
        assert isinstance((await bench.carried(request)).phase, Ready)
        expired.add("https://cdn.example/1.png")
        assert isinstance((await bench.carried(request)).phase, Ready)
        assert uploads == 2 and len(world.prompts) == 2
        expired.update({"https://cdn.example/2.png", "https://cdn.example/3.png"})
        assert isinstance((await bench.carried(request)).phase, Failed)
        assert uploads == 3


@pytest.mark.parametrize("trouble", [StoreError("The library could not be used."), ValueError("a row is odd")])
async def test_what_cannot_be_looked_into_holds_up_nothing_else(tmp_path: Path, trouble: Exception) -> None:
    world = World()
    async with Bench(world, tmp_path) as bench:
        bench.runner.commands.pause(True)
        jobs = await bench.runner.commands.submit(OTHER, 2)
        for job in jobs:
            await bench.store.begin_attempt(replace(job, phase=Unconfirmed()), Decimal(1000), Decimal(100))
        await bench.runner.commands.submit(REQUEST)
    odd: list[JobId] = []

    class Odd:
        def __init__(self, store: JobStore) -> None:
            self._store = store
            odd[:] = [job.id for job in store.unfinished()[:1]]

        def __getattr__(self, name: str) -> Any:
            return getattr(self._store, name)

        def attempts(self, id: JobId) -> Any:
            if id in odd:
                raise trouble
            return self._store.attempts(id)

    async with Bench(world, tmp_path, wrap=Odd) as bench:
        await bench.runner.settled()
        first, second, third = sorted(bench.store.everything(), key=lambda job: job.position)
        assert isinstance(third.phase, Ready)
        assert isinstance(second.phase, Unconfirmed) and second.phase.safe_to_send
        shown = next(job for job in reversed(bench.shown) if job.id == first.id)
        assert isinstance(shown.phase, Unconfirmed) and "could not be determined" in shown.phase.reason
        assert bench.store.attempts(first.id)[0].outcome is Outcome.OPEN  # the next start asks again
