"""Files and version of the installed program."""

from __future__ import annotations

import sys
from pathlib import Path


def resources() -> Path:
    """The folder with icons, colors and default data: of a frozen build, an installed package or a checkout."""
    frozen: str | None = getattr(sys, "_MEIPASS", None)
    package = Path(__file__).parents[1]
    installed = package / "resources"
    if frozen:
        return Path(frozen) / "resources"
    return installed if installed.exists() else package.parent / "resources"


def version() -> str:
    """The program's version, such as "0.1.0"."""
    from importlib import metadata  # late: it imports large parts of the email package

    try:
        return metadata.version("sora-desktop")
    except metadata.PackageNotFoundError:
        return "unknown"
