"""Copies clips to places outside the clips folder. The original is never changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def copy_to(clip: Path, target: Path) -> Path:
    """Copy a clip to exactly this file, completely or not at all, and return it. Raises OSError."""
    if target.exists() and target.samefile(clip):
        return target
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(clip, part)
        with part.open("rb+") as opened:
            os.fsync(opened.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def copy_into(clip: Path, folder: Path) -> Path:
    """Copy a clip into a folder, with a number in its name if the name is taken; return the copy. Raises OSError."""
    target, number = folder / clip.name, 2
    while target.exists():
        target, number = folder / f"{clip.stem} {number}{clip.suffix}", number + 1
    return copy_to(clip, target)
