"""Copies clips to places outside the clips folder. The original is never changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from sora_desktop.jobs.clips.clip_files import name_of_length
from sora_desktop.system.replaced_file import NAME_LIMIT, is_name_too_long, replaced_file


def copy_to(clip: Path, target: Path) -> Path:
    """Copy a clip to exactly this file, completely or not at all, and return it. Raises OSError."""
    if target.exists() and target.samefile(clip):
        return target
    with replaced_file(target, is_flushed=True) as part:
        shutil.copyfile(clip, part)
    return target


def copy_into(clip: Path, folder: Path) -> Path:
    """Copy a clip into a folder, with a number in its name if the name is taken; return the copy. Raises OSError."""
    target, number = folder / clip.name, 2
    while target.exists():
        ending = f" {number}{clip.suffix}"
        stem = name_of_length(clip.stem, bytes_=NAME_LIMIT - len(ending.encode()))
        target, number = folder / f"{stem}{ending}", number + 1
    return copy_to(clip, target)


def why_not_written(error: OSError) -> str:
    """Why a file could not be written, and what to do, for the user; without the period at the end."""
    if is_name_too_long(error):
        return "its name is too long for this disk. Choose a shorter one"
    return f"{error.strerror or error}. Choose another place"
