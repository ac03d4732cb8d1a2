"""Brings reference images into the form, wherever they come from."""

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
    """Checks an image, keeps our own copy, and puts it into the form or says there why not.

    Each ends what the form has been told to expect.
    """

    def __init__(self, folder: Path, media: MediaPool, composer: Composer) -> None:
        self._folder = folder
        self._media = media
        self._composer = composer

    async def take_file(self, file: Path) -> None:
        """A file that was dropped or chosen."""
        with self._expected():
            await self._keep(file, file.name)

    async def take_picture(self, image: QImage, name: str = "Pasted image.png") -> None:
        """A picture from the clipboard or the screen."""
        with self._expected():
            await self._take_picture(image, name)

    async def _take_picture(self, image: QImage, name: str) -> None:
        file = self._folder / f"pasted-{time.time_ns()}.png"
        if await asyncio.to_thread(image.save, str(file)):
            await self._keep(file, name)
            await asyncio.to_thread(file.unlink, missing_ok=True)
        else:
            self._composer.set_image_error("The image could not be stored. Make room on the disk and try again.")

    async def extend(self, job: Job) -> None:
        """A new request like this one, from its clip's last frame. Raises MediaTrouble."""
        if not isinstance(job.phase, Ready):
            return
        self._composer.begin_image()
        with self._expected():
            file = self._folder / f"frame-{time.time_ns()}.png"
            await self._media.last_frame(job.phase.clip.file, file)
            self._composer.load_request(job.request, 1)
            await self._keep(file, "Last frame.png")
            await asyncio.to_thread(file.unlink, missing_ok=True)

    async def go_on_from(self, job: Job, image: QImage) -> None:
        """A new request like this one, from the frame on the screen."""
        self._composer.load_request(job.request, 1)
        self._composer.begin_image()
        await self.take_picture(image, "Frame.png")

    @contextmanager
    def _expected(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._composer.end_image()

    async def _keep(self, file: Path, name: str) -> None:
        try:
            image = await reference_images.store_image(file, self._folder, self._media, name=name)
        except MediaError as trouble:
            self._composer.set_image_error(str(trouble))
        except OSError as trouble:
            self._composer.set_image_error(f"“{name}” cannot be read: {trouble.strerror or trouble}.")
        else:
            self._composer.set_image(image)
