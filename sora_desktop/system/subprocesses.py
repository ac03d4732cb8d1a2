"""Child processes of this program: their command, environment and creation flags on each platform."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

#: `subprocess.CREATE_NO_WINDOW`, which exists on Windows only.
_CREATE_NO_WINDOW = 0x08000000
#: The folder that holds this package.
_ROOT = Path(__file__).resolve().parents[2]


def own_command(*arguments: str, frozen: bool | None = None, executable: str = sys.executable) -> list[str]:
    """The command line that starts this program once more: a frozen build itself, else Python with the package."""
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        return [executable, *arguments]
    return [executable, "-P", "-m", "sora_desktop", *arguments]  # -P: never import from the working directory


def child_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, in which a child finds the package from any working directory."""
    environ = os.environ if environ is None else environ
    paths = [str(_ROOT), *filter(None, [environ.get("PYTHONPATH")])]
    return {**environ, "PYTHONPATH": os.pathsep.join(paths)}


def creation_flags(platform: str = sys.platform) -> int:
    """`creationflags` of a child without a console window, which Windows would show for a moment. Elsewhere 0."""
    return _CREATE_NO_WINDOW if platform == "win32" else 0
