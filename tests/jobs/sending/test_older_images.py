"""Images that older versions kept as they were are sent upright and without metadata, or not at all."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from builders import an_image
from fakes import FakeService, exchange_of
from media.image_files import CORNERS, SECRETS, a_jpeg, corners_of, exif, jpeg_with, segment
from workbench import REQUEST, Bench

from sora_desktop.api.errors import Unreachable
from sora_desktop.api.service import Uploaded
from sora_desktop.domain.job import Failed, Job, Ready, Trashed, Waiting
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.jobs.clips.reference_images import ReferenceImages
from sora_desktop.media.errors import MediaError, PassingMediaError
from sora_desktop.media.images import write_clean_image
from sora_desktop.media.protocol import ImageFacts


class Cleaner:
    """Cleans images without a process of its own."""

    async def clean_image(self, file: Path, to: Path) -> ImageFacts:
        return await asyncio.to_thread(write_clean_image, file, to)


class ReceivingService(FakeService):
    """Keeps the files that are uploaded."""

    received: list[bytes]

    async def upload(self, image: ReferenceImage) -> Uploaded:
        self.received = [*getattr(self, "received", []), image.file.read_bytes()]
        url = f"https://cdn.example/{image.sha256}"
        return Uploaded(url, exchange_of("POST /upload", url))


def photo_kept_before(folder: Path, content: bytes) -> ReferenceImage:
    """A photo in the form in which version 0.1.0 kept it: byte for byte, with the sides as they are stored."""
    sha256 = hashlib.sha256(content).hexdigest()
    file = folder / f"{sha256}.jpg"
    file.write_bytes(content)
    return ReferenceImage(file, "harbor.jpg", 64, 40, len(content), sha256)


def turned_photo() -> bytes:
    return jpeg_with(a_jpeg(), segment(0xE1, b"Exif\0\0" + exif(6)))


async def test_a_photo_that_an_older_version_kept_is_sent_upright_and_without_its_place(tmp_path: Path) -> None:
    old = photo_kept_before(tmp_path, turned_photo())
    service = ReceivingService()
    async with Bench(service, tmp_path, images=ReferenceImages(tmp_path, Cleaner())) as bench:
        jobs = await bench.runner.commands.submit(replace(REQUEST, image=old), takes=2)
        await bench.runner.until_idle()
        jobs = [bench.saved(job) for job in jobs]
        attempts = [attempt for job in jobs for attempt in bench.store.attempts(job.id)]
        assert all(isinstance(job.phase, Ready) for job in jobs)
        (sent,) = {job.request.image for job in jobs}
        assert sent is not None and sent != old
        assert service.received == [sent.file.read_bytes()], "once for both takes"
        assert not any(secret in service.received[0] for secret in SECRETS)
        assert (sent.name, sent.width, sent.height) == ("harbor.jpg", 40, 64)
        assert corners_of(sent.file) == (CORNERS[3], *CORNERS[:3])
        assert (sent.size, sent.sha256) == (len(service.received[0]), hashlib.sha256(service.received[0]).hexdigest())
        assert [bench.store.request_of(attempt) for attempt in attempts] == [job.request for job in jobs]
        assert {url for _, url in service.created} == {f"https://cdn.example/{sent.sha256}"}


async def failed_job(bench: Bench, image: ReferenceImage) -> Job:
    job = await bench.finished(replace(REQUEST, image=image))
    assert isinstance(bench.service, FakeService)
    assert not bench.service.created and not bench.service.uploaded
    assert not bench.store.attempts(job.id), "nothing is bought"
    return job


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (Path.unlink, "The reference image cannot be read (No such file or directory). Choose it again."),
        (lambda file: file.write_bytes(b""), "“harbor.jpg” is empty (0 bytes). Choose another reference image."),
        (
            lambda file: file.write_bytes(turned_photo()[:-50]),
            "“harbor.jpg” is incomplete: its end is missing. Choose another reference image.",
        ),
    ],
    ids=["missing", "empty", "cut"],
)
async def test_a_kept_photo_that_cannot_be_used_fails_its_job_and_buys_nothing(
    damage: Callable[[Path], object], reason: str, tmp_path: Path
) -> None:
    old = photo_kept_before(tmp_path, turned_photo())
    damage(old.file)
    async with Bench(FakeService(), tmp_path, images=ReferenceImages(tmp_path, Cleaner())) as bench:
        assert (await failed_job(bench, old)).phase == Failed(reason)
        assert isinstance((await bench.finished(VideoRequest("next"))).phase, Ready), "the queue goes on"


async def test_a_reason_that_passes_keeps_the_job_waiting(tmp_path: Path) -> None:
    service = FakeService()
    async with Bench(service, tmp_path) as bench:
        bench.images.copies["00"] = PassingMediaError("“i.png” cannot be written: No space left on device.")
        job = await bench.finished(replace(REQUEST, image=an_image()))
        assert job.phase == Waiting("“i.png” cannot be written: No space left on device.")
        assert not service.created and not bench.store.attempts(job.id)
        del bench.images.copies["00"]
        bench.runner.commands.go_on()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


class SlowKeeper:
    """Calls `meanwhile` while an image is cleaned."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], Awaitable[object]] = asyncio.Event().wait

    async def as_sent(self, image: ReferenceImage) -> ReferenceImage:
        await self.meanwhile()
        return replace(image, sha256="clean")


async def test_a_job_that_is_edited_while_its_image_is_cleaned_is_sent_as_edited(tmp_path: Path) -> None:
    service, images = FakeService(), SlowKeeper()
    async with Bench(service, tmp_path, images=images) as bench:
        images.meanwhile = lambda: bench.runner.commands.edit(job.id, VideoRequest("edited"))
        (job,) = await bench.runner.commands.submit(replace(REQUEST, image=an_image()))
        await bench.runner.until_idle()
        assert [request for request, _ in service.created] == [VideoRequest("edited")]


async def test_a_job_that_goes_to_the_trash_while_its_image_is_cleaned_is_not_sent(tmp_path: Path) -> None:
    service, images = FakeService(), SlowKeeper()
    async with Bench(service, tmp_path, images=images) as bench:
        images.meanwhile = lambda: bench.runner.commands.trash([job.id])
        (job,) = await bench.runner.commands.submit(replace(REQUEST, image=an_image()))
        await bench.finished(VideoRequest("next"))  # its turn comes when the first one's is over
        job = bench.saved(job)
        assert isinstance(job.phase, Trashed) and job.request.image == an_image()
        assert not service.uploaded and [request.prompt for request, _ in service.created] == ["next"]


async def test_closing_the_program_does_not_wait_for_an_image(tmp_path: Path) -> None:
    service = FakeService()
    async with Bench(service, tmp_path, images=SlowKeeper()) as bench:
        (job,) = await bench.runner.commands.submit(replace(REQUEST, image=an_image()))
        await asyncio.sleep(0)
        await bench.runner.aclose()
        assert bench.saved(job).phase == Waiting() and not service.created


async def test_an_image_is_looked_at_again_until_it_is_uploaded(tmp_path: Path) -> None:
    """The file may have been changed since; once it is uploaded, the service has its own."""
    service = FakeService(on_upload=[Unreachable("no network"), "https://cdn.example/i.png"])
    async with Bench(service, tmp_path) as bench:
        bench.images.copies["00"] = an_image(sha256="clean")
        await bench.runner.commands.submit(replace(REQUEST, image=an_image()))
        await bench.runner.until_idle()
        await bench.runner.commands.submit(replace(REQUEST, image=an_image(sha256="clean")))
        await bench.runner.until_idle()
        assert [image.sha256 for image in bench.images.asked] == ["00", "clean"]
        assert service.uploaded == ["clean", "clean"]


async def test_an_unusable_image_does_not_name_the_kept_file(tmp_path: Path) -> None:
    async with Bench(FakeService(), tmp_path) as bench:
        bench.images.copies["00"] = MediaError("“i.png” is damaged: it cannot be decoded.")
        job = await failed_job(bench, an_image())
        assert job.phase == Failed("“i.png” is damaged: it cannot be decoded. Choose another reference image.")
