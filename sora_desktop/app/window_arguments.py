"""Reads the arguments that open the window, without importing click."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def parse_window_arguments(arguments: Sequence[str]) -> tuple[Path | None, bool] | None:
    """The data folder and whether to use the sandbox; None for all other arguments, which `cli` parses."""
    data, sandbox = None, False
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--sandbox":
            sandbox = True
        elif argument == "--data":
            folder = next(remaining, "")
            if not folder or folder.startswith("-"):
                return None
            data = Path(folder)
        else:
            return None
    return data, sandbox
