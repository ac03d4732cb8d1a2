"""Puts reference images into the form: files, pictures from the clipboard, frames of clips. A clip fills the form."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from PySide6.QtGui import QImage

from sora_desktop.controllers.form_filler import FormFiller
from sora_desktop.domain.job import Job, Ready
from sora_desktop.domain.request import ReferenceImage
from sora_desktop.jobs.clips.clip_files import EXTENSIONS
from sora_desktop.jobs.clips.clip_origin import job_of_clip
from sora_desktop.jobs.clips.reference_images import ReferenceImages
from sora_desktop.jobs.ports import ClipOrigins
from sora_desktop.media.errors import MediaError
from sora_desktop.media.pool import MediaPool
from sora_desktop.state.composer import Composer
from sora_desktop.state.toasts import Toast, Toasts
from sora_desktop.ui.compose.image_offer import ImageOffer

#: Most files of one offer that are looked at.
_FILE_LIMIT = 100
#: The key of the toast about what was dropped and is not used.
LEFT_OUT_KEY = "left out"


class ReferenceImageController:
    """Checks an image, keeps it in the data folder as it is sent, and puts it into the form, or shows there why not.

    A file that is a clip of the library fills the form with the request that it was made with.
    `Composer.begin_image` must have been called before `take`, which ends it.
    """

    def __init__(
        self,
        folder: Path,
        media: MediaPool,
        composer: Composer,
        library: ClipOrigins,
        form: FormFiller,
        toasts: Toasts,
    ) -> None:
        self._folder = folder
        self._media = media
        self._images = ReferenceImages(folder, media)
        self._composer = composer
        self._library = library
        self._form = form
        self._toasts = toasts

    async def take(self, offer: ImageOffer) -> None:
        """Use the first file that is an image or a clip of the library, or else the picture.

        The reason shown is that of the first file. Other files are left out, which is said. Raises StoreError.
        """
        with self._loading():
            reason = ""
            for file in offer.files[:_FILE_LIMIT]:
                if (job := await job_of_clip(file, self._library)) is not None:
                    self._form.fill(job)
                    self._say_left_out(file, offer)
                    return
                result = await self._stored(file, file.name)
                if isinstance(result, ReferenceImage):
                    self._composer.set_image(result)
                    self._say_left_out(file, offer)
                    return
                reason = reason or result
            if offer.picture is not None:
                result = await self._stored_picture(offer.picture, offer.name or "Pasted image.png")
                if isinstance(result, ReferenceImage):
                    self._composer.set_image(result)
                    return
                reason = reason or result
            self._composer.set_image_error(reason)

    def _say_left_out(self, used: Path, offer: ImageOffer) -> None:
        others = len(offer.files) - 1
        if others:
            files = "The other file was" if others == 1 else f"The other {others} files were"
            self._toasts.show(Toast(f"Only “{used.name}” is used", f"{files} left out", key=LEFT_OUT_KEY))

    async def extend(self, job: Job) -> None:
        """Start a new request like that of `job`, from the last frame of its clip. Raises MediaError."""
        if not isinstance(job.phase, Ready):
            return
        self._composer.begin_image()
        with self._loading():
            file = self._temporary_file()
            try:
                await self._media.last_frame(job.phase.clip.file, file)
                stored = await self._stored(file, "Last frame.png")
                with self._form.filling(job):
                    self._composer.load_request(job.request, 1)
                    self._show(stored)
            finally:
                await asyncio.to_thread(file.unlink, missing_ok=True)

    async def continue_from(self, job: Job, frame: int) -> None:
        """Start a new request like that of `job`, from a frame of its clip. Raises MediaError."""
        if not isinstance(job.phase, Ready):
            return
        self._composer.begin_image()
        with self._loading():
            picture = await self._media.still(job.phase.clip.file, frame)
            stored = await self._stored_picture(picture, "Frame.png")
            with self._form.filling(job):
                self._composer.load_request(job.request, 1)
                self._show(stored)

    @contextmanager
    def _loading(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._composer.end_image()

    def _show(self, result: ReferenceImage | str) -> None:
        if isinstance(result, ReferenceImage):
            self._composer.set_image(result)
        else:
            self._composer.set_image_error(result)

    async def _stored_picture(self, picture: QImage | bytes, name: str) -> ReferenceImage | str:
        """The picture as it is kept, or why it is not used."""
        file = self._temporary_file()

        def is_written() -> bool:
            try:
                return picture.save(str(file)) if isinstance(picture, QImage) else file.write_bytes(picture) > 0
            except OSError:
                return False

        try:
            if await asyncio.to_thread(is_written):
                return await self._stored(file, name)
            return "The image could not be saved. Free some disk space and try again."
        finally:
            await asyncio.to_thread(file.unlink, missing_ok=True)

    async def _stored(self, file: Path, name: str) -> ReferenceImage | str:
        """The image as it is kept, or why it is not used."""
        try:
            return await self._images.store(file, name=name)
        except MediaError as error:
            if file.suffix.lower() in EXTENSIONS.values() and await asyncio.to_thread(file.is_file):
                return (
                    f"“{name}” is no clip of this library, so its request is not known. "
                    "Drop a video from the list, or an image to start from."
                )
            return str(error)
        except OSError as error:
            return f"“{name}” cannot be read: {error.strerror or error}."

    def _temporary_file(self) -> Path:
        return self._folder / f"{uuid4().hex}.taken.png"
