"""A reference image is kept as it is sent, and its original may be changed or deleted."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sora_desktop.domain.request import ReferenceImage
from sora_desktop.jobs.clips.reference_images import ReferenceImages
from sora_desktop.media.errors import MediaError, PassingMediaError
from sora_desktop.media.pool import ImageFacts


class FakeImageCleaner:
    """Takes every file for a JPEG image, unless it is empty, and leaves out the word "place" of it."""

    async def clean_image(self, file: Path, to: Path) -> ImageFacts:
        content = file.read_bytes().replace(b" place", b"")
        if not content:
            raise MediaError(f"“{file.name}” is not an image.")
        if content == b"huge":
            raise PassingMediaError(f"“{to.name}” cannot be written: No space left on device.")
        to.write_bytes(content)
        return ImageFacts(640, 360, "jpeg", len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


@pytest.fixture
def images(folder: Path) -> ReferenceImages:
    return ReferenceImages(folder, FakeImageCleaner())


def kept_before(file: Path, content: bytes) -> ReferenceImage:
    """An image as version 0.1.0 kept it."""
    file.write_bytes(content)
    return ReferenceImage(file, "harbor.jpg", 360, 640, len(content), hashlib.sha256(content).hexdigest())


async def test_what_is_kept_is_what_is_sent_and_outlives_the_original(
    images: ReferenceImages, folder: Path, tmp_path: Path
) -> None:
    original = tmp_path / "my cat.JPEG"
    original.write_bytes(b"pixels place")
    image = await images.store(original)
    original.unlink()
    assert image.file.read_bytes() == b"pixels"
    assert image.file == folder / f"{image.sha256}.jpg"
    assert (image.name, image.width, image.height, image.size) == ("my cat.JPEG", 640, 360, 6)


async def test_the_same_image_is_stored_once_under_any_name(
    images: ReferenceImages, folder: Path, tmp_path: Path
) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"pixels")
    first = await images.store(tmp_path / "a.jpg")
    second = await images.store(tmp_path / "b.jpg", name="Pasted image")
    assert first.file == second.file and second.name == "Pasted image"
    assert list(folder.iterdir()) == [first.file]


async def test_a_file_that_is_no_image_is_not_stored(images: ReferenceImages, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    with pytest.raises(MediaError, match="“Pasted image” is not an image"):
        await images.store(tmp_path / "empty.png", name="Pasted image")
    assert list(folder.iterdir()) == []


async def test_an_image_that_is_kept_as_it_is_sent_stays_as_it_is(images: ReferenceImages, folder: Path) -> None:
    image = kept_before(folder / "abc.jpg", b"pixels")
    assert await images.as_sent(image) == image
    assert list(folder.iterdir()) == [image.file]


async def test_of_an_image_of_an_older_version_a_clean_copy_is_sent(images: ReferenceImages, folder: Path) -> None:
    image = kept_before(folder / "abc.jpg", b"pixels place")
    sent = await images.as_sent(image)
    assert sent.file.read_bytes() == b"pixels"
    assert (sent.name, sent.width, sent.height, sent.size) == ("harbor.jpg", 640, 360, 6)
    assert sent.sha256 == sent.file.stem == hashlib.sha256(b"pixels").hexdigest()
    assert image.file.exists(), "other jobs refer to it"
    assert await images.as_sent(sent) == sent


async def test_a_kept_file_that_was_changed_is_sent_with_its_own_facts(images: ReferenceImages, folder: Path) -> None:
    image = kept_before(folder / "abc.jpg", b"pixels")
    image.file.write_bytes(b"other pixels")
    assert (await images.as_sent(image)).sha256 == hashlib.sha256(b"other pixels").hexdigest()


async def test_a_kept_file_that_is_missing_cannot_be_opened(images: ReferenceImages, folder: Path) -> None:
    image = kept_before(folder / "abc.jpg", b"pixels")
    image.file.unlink()
    with pytest.raises(FileNotFoundError):
        await images.as_sent(image)


async def test_errors_name_the_image_as_the_user_does(images: ReferenceImages, folder: Path) -> None:
    with pytest.raises(MediaError, match=r"“harbor\.jpg” is not an image"):
        await images.as_sent(kept_before(folder / "abc.jpg", b""))
    with pytest.raises(PassingMediaError, match=r"“harbor\.jpg” cannot be written"):
        await images.as_sent(kept_before(folder / "abc.jpg", b"huge"))
