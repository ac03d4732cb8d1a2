"""Reference images: checked, and kept as our own copy so that the original may go."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from sora_desktop.domain.request import ReferenceImage
from sora_desktop.jobs.ports import ImageInspector


async def keep(file: Path, folder: Path, inspector: ImageInspector, *, name: str = "") -> ReferenceImage:
    """The checked image, copied into `folder` under its checksum. Raises MediaTrouble or OSError."""
    facts = await inspector.image_facts(file)
    ending = "jpg" if facts.format == "jpeg" else facts.format
    kept = folder / f"{facts.sha256}.{ending}"

    def copy() -> None:
        if not kept.exists():
            part = kept.with_suffix(".part")
            shutil.copyfile(file, part)
            part.replace(kept)

    await asyncio.to_thread(copy)
    return ReferenceImage(kept, name or file.name, facts.width, facts.height, facts.size, facts.sha256)
