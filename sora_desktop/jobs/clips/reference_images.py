"""Keeps reference images as they are sent, so that the user may delete the originals."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

from sora_desktop.domain.request import ReferenceImage
from sora_desktop.jobs.ports import ImageCleaner


async def store_image(file: Path, folder: Path, cleaner: ImageCleaner, *, name: str = "") -> ReferenceImage:
    """Check an image and keep it in `folder` as it is sent, named after its checksum.

    What is kept is upright and without metadata; size and checksum are those of the kept file, not of `file`. `name`:
    shown instead of the file's name. Raises MediaError or OSError.
    """
    part = folder / f"{uuid4().hex}.part"
    facts = await cleaner.clean_image(file, part)
    extension = "jpg" if facts.format == "jpeg" else facts.format
    stored = folder / f"{facts.sha256}.{extension}"

    def keep() -> None:
        try:
            if not stored.exists():  # it may be open, and Windows does not replace open files
                part.replace(stored)
        finally:
            part.unlink(missing_ok=True)

    await asyncio.to_thread(keep)
    return ReferenceImage(stored, name or file.name, facts.width, facts.height, facts.size, facts.sha256)
