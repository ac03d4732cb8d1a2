"""A reference image is kept as it is sent, and its original may be changed or deleted."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sora_desktop.jobs.clips.reference_images import store_image
from sora_desktop.media.errors import MediaError
from sora_desktop.media.pool import ImageFacts


class FakeImageCleaner:
    """Takes every file for a JPEG image, unless it is empty, and leaves out the word "place" of it."""

    async def clean_image(self, file: Path, to: Path) -> ImageFacts:
        content = file.read_bytes().replace(b" place", b"")
        if not content:
            raise MediaError("This is not an image.")
        to.write_bytes(content)
        return ImageFacts(640, 360, "jpeg", len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


async def test_what_is_kept_is_what_is_sent_and_outlives_the_original(folder: Path, tmp_path: Path) -> None:
    original = tmp_path / "my cat.JPEG"
    original.write_bytes(b"pixels place")
    image = await store_image(original, folder, FakeImageCleaner())
    original.unlink()
    assert image.file.read_bytes() == b"pixels"
    assert image.file == folder / f"{image.sha256}.jpg"
    assert (image.name, image.width, image.height, image.size) == ("my cat.JPEG", 640, 360, 6)


async def test_the_same_image_is_stored_once_under_any_name(folder: Path, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"pixels")
    first = await store_image(tmp_path / "a.jpg", folder, FakeImageCleaner())
    second = await store_image(tmp_path / "b.jpg", folder, FakeImageCleaner(), name="Pasted image")
    assert first.file == second.file and second.name == "Pasted image"
    assert list(folder.iterdir()) == [first.file]


async def test_a_file_that_is_no_image_is_not_stored(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    with pytest.raises(MediaError, match="not an image"):
        await store_image(tmp_path / "empty.png", folder, FakeImageCleaner())
    assert list(folder.iterdir()) == []
