"""What came with the program."""

from __future__ import annotations

import sys
from pathlib import Path


def resources() -> Path:
    """The folder with icons, colours and default data: in a frozen program, in an installed one, in a checkout."""
    frozen: str | None = getattr(sys, "_MEIPASS", None)
    package = Path(__file__).parents[1]
    installed = package / "resources"
    if frozen:
        return Path(frozen) / "resources"
    return installed if installed.exists() else package.parent / "resources"


def version() -> str:
    """The program's version, such as "0.1.0"."""
    from importlib import metadata  # late: it brings half of the mail libraries

    try:
        return metadata.version("sora-desktop")
    except metadata.PackageNotFoundError:
        return "unknown"
