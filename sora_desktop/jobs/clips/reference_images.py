"""Keeps reference images as they are sent, so that the user may delete the originals."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

from sora_desktop.domain.request import ReferenceImage
from sora_desktop.jobs.ports import ImageCleaner
from sora_desktop.media.errors import MediaError
from sora_desktop.media.pool import ImageFacts


class ReferenceImages:
    """The images that are kept in one folder, each named after its checksum."""

    def __init__(self, folder: Path, cleaner: ImageCleaner) -> None:
        self._folder = folder
        self._cleaner = cleaner

    async def store(self, file: Path, *, name: str = "") -> ReferenceImage:
        """Check an image and keep it as it is sent.

        What is kept is upright and without metadata; size and checksum are those of the kept file, not of `file`.
        `name`: shown instead of the file's name, also in errors. Raises MediaError or OSError.
        """
        name = name or file.name
        part, facts = await self._cleaned(file, name)
        return await self._kept(part, facts, name)

    async def as_sent(self, image: ReferenceImage) -> ReferenceImage:
        """The image itself if it is kept as it is sent; else, as from an older version, a copy that is.

        Raises MediaError, or OSError if its file cannot be opened.
        """
        await asyncio.to_thread(_check_readable, image.file)
        part, facts = await self._cleaned(image.file, image.name)
        if facts.sha256 == image.sha256:
            await asyncio.to_thread(part.unlink, missing_ok=True)
            return image
        return await self._kept(part, facts, image.name)

    async def _cleaned(self, file: Path, name: str) -> tuple[Path, ImageFacts]:
        """The image as it is sent, in a file that is still to be kept. Errors call the image `name`."""
        part = self._folder / f"{uuid4().hex}.part"
        try:
            return part, await self._cleaner.clean_image(file, part)
        except MediaError as error:
            raise type(error)(str(error).replace(file.name, name).replace(part.name, name)) from error

    async def _kept(self, part: Path, facts: ImageFacts, name: str) -> ReferenceImage:
        extension = "jpg" if facts.format == "jpeg" else facts.format
        stored = self._folder / f"{facts.sha256}.{extension}"

        def keep() -> None:
            try:
                if not stored.exists():  # it may be open, and Windows does not replace open files
                    part.replace(stored)
            finally:
                part.unlink(missing_ok=True)

        await asyncio.to_thread(keep)
        return ReferenceImage(stored, name, facts.width, facts.height, facts.size, facts.sha256)


def _check_readable(file: Path) -> None:
    with file.open("rb"):
        pass
