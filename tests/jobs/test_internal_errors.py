"""Errors of the program itself, and two programs at once, cost no video and do not stop the queue."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import an_image
from fakes import exchange_of
from waiting import until
from workbench import REQUEST, Bench, ChargingService, WrappedStore

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
from sora_desktop.store.errors import StoreError

OTHER = VideoRequest("a lighthouse at dawn")


async def test_two_programs_on_one_folder_buy_each_video_once(tmp_path: Path) -> None:
    """The lock does not work on every network drive; the database decides."""
    service = ChargingService()
    async with Bench(service, tmp_path) as first:
        first.runner.commands.pause(True)
        (job,) = await first.runner.commands.submit(OTHER)
        async with Bench(service, tmp_path) as second:
            await second.runner.until_idle()
            assert isinstance(second.saved(job).phase, Ready)
        first.runner.commands.pause(False)
        await until(lambda: "Only one program" in first.runner.queue_state.reason)
        assert service.creates_of(OTHER.prompt) == 1
        assert isinstance(first.saved(job).phase, Ready)


async def test_an_internal_error_does_not_stop_the_polling_of_a_paid_video(tmp_path: Path) -> None:
    service = ChargingService()
    poll, failing = service.poll, 3

    async def stumbling(remote_id: RemoteId) -> Any:
        nonlocal failing
        if failing:
            failing -= 1
            raise RuntimeError("this was not foreseen")
        return await poll(remote_id)

    service.poll = stumbling  # type: ignore[method-assign]

    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Ready)
        warnings = [shown.phase.warning for shown in bench.shown if isinstance(shown.phase, Rendering)]
        assert any("Something went wrong in the program. Trying again." in warning for warning in warnings)


async def test_an_expired_image_link_is_replaced_and_fails_nothing(tmp_path: Path) -> None:
    service = ChargingService()
    uploads = 0

    async def upload(image: ReferenceImage) -> Uploaded:
        nonlocal uploads
        uploads += 1
        return Uploaded(f"https://cdn.example/{uploads}.png", exchange_of("POST /upload", uploads))

    create = service.create

    async def picky(request: VideoRequest, image_url: str | None) -> Created:
        if image_url in expired:
            raise Refused("The image cannot be fetched.", code="4001")
        return await create(request, image_url)

    expired: set[str] = set()
    service.upload, service.create = upload, picky  # type: ignore[method-assign]
    file = tmp_path / "i.png"
    file.write_bytes(b"i")
    request = VideoRequest("it moves", image=an_image(file))
    async with Bench(service, tmp_path) as bench:
        assert isinstance((await bench.finished(request)).phase, Ready)
        expired.add("https://cdn.example/1.png")
        assert isinstance((await bench.finished(request)).phase, Ready)
        assert uploads == 2 and len(service.prompts) == 2
        expired.update({"https://cdn.example/2.png", "https://cdn.example/3.png"})
        assert isinstance((await bench.finished(request)).phase, Failed)
        assert uploads == 3


@pytest.mark.parametrize("error", [StoreError("The library could not be used."), ValueError("a row is odd")])
async def test_an_outcome_that_cannot_be_determined_does_not_block_other_jobs(tmp_path: Path, error: Exception) -> None:
    service = ChargingService()
    async with Bench(service, tmp_path) as bench:
        bench.runner.commands.pause(True)
        jobs = await bench.runner.commands.submit(OTHER, 2)
        for job in jobs:
            await bench.store.begin_attempt(replace(job, phase=Unconfirmed()), Decimal(1000), Decimal(100))
        await bench.runner.commands.submit(REQUEST)

    class DamagedStore(WrappedStore):
        def attempts(self, id: JobId) -> Any:
            if id == jobs[0].id:
                raise error
            return self.store.attempts(id)

    async with Bench(service, tmp_path, wrap=DamagedStore) as bench:
        await bench.runner.until_idle()
        first, second, third = sorted(bench.store.everything(), key=lambda job: job.position)
        assert isinstance(third.phase, Ready)
        assert isinstance(second.phase, Unconfirmed)
        assert "an earlier request may have been charged" in second.phase.reason
        shown = bench.last_shown(first).phase
        assert isinstance(shown, Unconfirmed) and "could not be determined" in shown.reason
        assert bench.store.attempts(first.id)[0].outcome is Outcome.OPEN  # the next start tries again
