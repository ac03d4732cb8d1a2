"""Checks reference images and keeps copies of them, so that the user may delete the originals."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from sora_desktop.domain.request import ReferenceImage
from sora_desktop.jobs.ports import ImageInspector


async def store_image(file: Path, folder: Path, inspector: ImageInspector, *, name: str = "") -> ReferenceImage:
    """Check an image and copy it into `folder`, named after its checksum. `name`: shown instead of the file's name.

    Raises MediaError or OSError.
    """
    facts = await inspector.image_facts(file)
    extension = "jpg" if facts.format == "jpeg" else facts.format
    stored = folder / f"{facts.sha256}.{extension}"

    def copy() -> None:
        if not stored.exists():
            part = stored.with_suffix(".part")
            shutil.copyfile(file, part)
            part.replace(stored)

    await asyncio.to_thread(copy)
    return ReferenceImage(stored, name or file.name, facts.width, facts.height, facts.size, facts.sha256)
