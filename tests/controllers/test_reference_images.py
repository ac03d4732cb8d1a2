"""Which image of an offer gets into the form, and what is said if none does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_clip, a_job
from PySide6.QtGui import QImage

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.controllers.reference_images import ReferenceImageController
from sora_desktop.domain.job import Job, Ready
from sora_desktop.media.errors import MediaError
from sora_desktop.media.pool import ImageFacts, MediaPool
from sora_desktop.state.composer import Composer
from sora_desktop.state.toasts import Toasts
from sora_desktop.ui.compose.image_offer import ImageOffer

IMAGE = b"\x89PNG an image"


class FakeMedia(MediaPool):
    """Takes what begins as a PNG for an image."""

    async def clean_image(self, file: Path, to: Path) -> ImageFacts:
        if not file.exists():
            raise MediaError(f"“{file.name}” cannot be found.")
        content = file.read_bytes()
        if not content.startswith(b"\x89PNG"):
            raise MediaError(f"“{file.name}” is not an image.")
        to.write_bytes(content)
        return ImageFacts(4, 3, "png", len(content), f"sum-of-{len(content)}")


class Bench:
    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self.images = folder / "images"
        for each in (self.files, self.images):
            each.mkdir()
        self.composer = Composer(CAPABILITIES)
        self.jobs: list[Job] = []
        self.filled: list[Job] = []
        self.toasts = Toasts()
        library = SimpleNamespace(jobs_with_clip_of=lambda _: self.jobs, jobs_starting=lambda _: [])
        form = SimpleNamespace(fill=self.filled.append)
        self.controller = ReferenceImageController(
            self.images, FakeMedia(), self.composer, cast(Any, library), cast(Any, form), self.toasts
        )

    def file(self, name: str, content: bytes = b"other") -> Path:
        file = self.files / name
        file.write_bytes(content)
        return file

    async def take(self, offer: ImageOffer) -> str:
        """The name of the image in the form, or the reason why there is none."""
        self.composer.begin_image()
        await self.controller.take(offer)
        image = self.composer.request.image
        assert [file for file in self.images.iterdir() if image is None or file != image.file] == []
        return image.name if image is not None else self.composer.view.image_error


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_the_first_image_of_several_files_is_used(bench: Bench) -> None:
    files = (bench.file("a.mp4"), bench.files / "gone.png", bench.file("b.png", IMAGE), bench.file("c.png", IMAGE))
    assert await bench.take(ImageOffer(files)) == "b.png"
    assert bench.composer.view.image_error == ""
    toast = bench.toasts.find("left out")
    assert toast is not None and toast[:2] == ("Only “b.png” is used", "The other 3 files were left out")


async def test_nothing_is_said_of_files_that_were_not_there(bench: Bench) -> None:
    assert await bench.take(ImageOffer((bench.file("b.png", IMAGE),), IMAGE)) == "b.png"
    assert bench.toasts.find("left out") is None


@pytest.mark.parametrize("picture", [IMAGE, QImage(4, 3, QImage.Format.Format_RGB32)], ids=["bytes", "picture"])
async def test_the_picture_is_used_if_no_file_is_an_image(bench: Bench, picture: QImage | bytes) -> None:
    files = (bench.file("x.bmp"), bench.files / "gone.png")
    assert await bench.take(ImageOffer(files, picture, "cat.png")) == "cat.png"


async def test_a_picture_without_a_name_is_called_pasted(bench: Bench) -> None:
    assert await bench.take(ImageOffer((), IMAGE)) == "Pasted image.png"


async def test_a_file_is_preferred_to_the_picture_beside_it(bench: Bench) -> None:
    assert await bench.take(ImageOffer((bench.file("b.png", IMAGE),), IMAGE, "cat.png")) == "b.png"


async def test_the_reason_is_that_of_the_first_file(bench: Bench) -> None:
    files = (bench.file("notes.txt"), bench.files / "gone.png")
    assert await bench.take(ImageOffer(files, b"broken")) == "“notes.txt” is not an image."


async def test_the_reason_for_a_picture_names_it_as_the_user_knows_it(bench: Bench) -> None:
    assert await bench.take(ImageOffer((), b"broken", "cat.png")) == "“cat.png” is not an image."


async def test_a_clip_of_the_library_fills_the_form(bench: Bench) -> None:
    clip = bench.file("cat.mp4")
    bench.jobs = [job] = [a_job(Ready(a_clip(clip)))]
    assert await bench.take(ImageOffer((bench.file("notes.txt"), clip, bench.file("b.png", IMAGE)))) == ""
    assert bench.filled == [job]


async def test_another_video_is_refused_with_what_to_do(bench: Bench) -> None:
    clip = bench.file("2026-11-28 101500 a boat 01234567.MP4")
    assert (await bench.take(ImageOffer((clip,)))).endswith("Drop a video from the list, or an image to start from.")
    clip.unlink()
    assert "cannot be found" in await bench.take(ImageOffer((clip,)))
    assert bench.filled == []
