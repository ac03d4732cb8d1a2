"""Puts reference images into the form: files, pictures from the clipboard, frames of clips."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtGui import QImage

from sora_desktop.domain.job import Job, Ready
from sora_desktop.jobs.clips import reference_images
from sora_desktop.media.errors import MediaError
from sora_desktop.media.pool import MediaPool
from sora_desktop.state.composer import Composer


class ReferenceImageController:
    """Checks an image, copies it into the data folder, and puts it into the form, or shows there why not.

    `Composer.begin_image` must have been called before `take_file` and `take_picture`; each ends it.
    """

    def __init__(self, folder: Path, media: MediaPool, composer: Composer) -> None:
        self._folder = folder
        self._media = media
        self._composer = composer

    async def take_file(self, file: Path) -> None:
        """Use a file that was dropped or chosen."""
        with self._loading():
            await self._take(file, file.name)

    async def take_picture(self, image: QImage, name: str = "Pasted image.png") -> None:
        """Use a picture from the clipboard or the player."""
        with self._loading():
            file = self._folder / f"pasted-{time.time_ns()}.png"
            if await asyncio.to_thread(image.save, str(file)):
                await self._take(file, name)
                await asyncio.to_thread(file.unlink, missing_ok=True)
            else:
                self._composer.set_image_error("The image could not be saved. Free some disk space and try again.")

    async def extend(self, job: Job) -> None:
        """Start a new request like that of `job`, from the last frame of its clip. Raises MediaError."""
        if not isinstance(job.phase, Ready):
            return
        self._composer.begin_image()
        with self._loading():
            file = self._folder / f"frame-{time.time_ns()}.png"
            await self._media.last_frame(job.phase.clip.file, file)
            self._composer.load_request(job.request, 1)
            await self._take(file, "Last frame.png")
            await asyncio.to_thread(file.unlink, missing_ok=True)

    async def continue_from(self, job: Job, image: QImage) -> None:
        """Start a new request like that of `job`, from the frame in the player."""
        self._composer.load_request(job.request, 1)
        self._composer.begin_image()
        await self.take_picture(image, "Frame.png")

    @contextmanager
    def _loading(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._composer.end_image()

    async def _take(self, file: Path, name: str) -> None:
        try:
            image = await reference_images.store_image(file, self._folder, self._media, name=name)
        except MediaError as error:
            self._composer.set_image_error(str(error))
        except OSError as error:
            self._composer.set_image_error(f"“{name}” cannot be read: {error.strerror or error}.")
        else:
            self._composer.set_image(image)
