"""The command line of someone who opens the window, read without the tools of the other commands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def parse_window_arguments(arguments: Sequence[str]) -> tuple[Path | None, bool] | None:
    """Data folder and whether the sandbox is wanted; None for all else, which `cli` reads and answers."""
    data, sandbox = None, False
    words = iter(arguments)
    for word in words:
        if word == "--sandbox":
            sandbox = True
        elif word == "--data":
            folder = next(words, "")
            if not folder or folder.startswith("-") or Path(folder).is_file():
                return None
            data = Path(folder)
        else:
            return None
    return data, sandbox
