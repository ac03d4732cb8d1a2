"""How this program was installed, and what the user types to start or to repair it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from enum import Enum, auto
from functools import cache
from itertools import pairwise
from pathlib import Path

#: The program's command, if it is in the search path.
COMMAND = "sora-desktop"


class Installation(Enum):
    """What put the program where it is."""

    CHECKOUT = auto()  # packaging/bootstrap.py, or nothing yet
    PIPX = auto()
    UV = auto()  # uv tool
    PIP = auto()
    FROZEN = auto()  # a build that contains Python


@cache
def checkout() -> Path | None:
    """The checkout that this program belongs to, also if it was copied from there; else None."""
    near = Path(__file__).resolve().parents[2]
    if (near / "packaging" / "bootstrap.py").is_file():
        return near
    copied_from = _source()
    return copied_from if (copied_from / "packaging" / "bootstrap.py").is_file() else None


def _source() -> Path:
    """The folder that pip installed the program from; one that does not exist if it was another place."""
    import json
    from importlib import metadata  # late: it imports large parts of the email package
    from urllib.request import url2pathname

    try:
        url = json.loads(metadata.distribution(COMMAND).read_text("direct_url.json") or "{}")["url"]
    except (metadata.PackageNotFoundError, OSError, ValueError, KeyError):
        return Path("?")
    return Path(url2pathname(url.removeprefix("file://")))


def installation(
    *, frozen: bool | None = None, prefix: str = sys.prefix, root: Callable[[], Path | None] = checkout
) -> Installation:
    """How this program was installed. `prefix`: the folder of the Python environment."""
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        return Installation.FROZEN
    folders = Path(prefix).parts
    if "pipx" in folders:
        return Installation.PIPX
    if any(pair == ("uv", "tools") for pair in pairwise(folders)):
        return Installation.UV
    return Installation.PIP if root() is None else Installation.CHECKOUT


def repair_text(
    how: Installation, *, root: Path | None, current: Path | None = None, platform: str = sys.platform
) -> str:
    """What to do if a Python package is missing or damaged, as a sentence. `root`: the checkout, if there is one."""
    match how:
        case Installation.CHECKOUT if root is not None:
            return f"Run `{_bootstrap(root, current, platform)} run` to set everything up and start the program."
        case Installation.PIPX:
            return f"Run `pipx reinstall {COMMAND}`."
        case Installation.UV:
            return f"Run `uv tool upgrade --reinstall {COMMAND}`."
        case _:
            return "Install Sora Desktop again."


def missing_library_text(
    how: Installation, *, root: Path | None, current: Path | None = None, platform: str = sys.platform
) -> str:
    """What to do if Qt cannot be loaded since a library of the system is missing, as a sentence."""
    if how is Installation.CHECKOUT and root is not None:
        return f"Run `{_bootstrap(root, current, platform)} setup` to install what is missing."
    if platform == "linux":
        return "Install the missing system library; the README lists the packages for Debian and Ubuntu."
    return repair_text(how, root=root, current=current, platform=platform)


def _bootstrap(root: Path, current: Path | None, platform: str) -> str:
    file = _shortest(root / "packaging" / "bootstrap.py", current or _working_folder())
    return f"{'py' if platform == 'win32' else 'python3'} {file}"


def command_name(
    started_as: str | None = None,
    *,
    executable: str = sys.executable,
    current: Path | None = None,
    find: Callable[[str], str | None] = shutil.which,
) -> str:
    """What the user types to start this program: its name if the shell finds it, else its path.

    `started_as`: the path of the script that runs, `sys.argv[0]`.
    """
    started, current = Path(sys.argv[0] if started_as is None else started_as), current or _working_folder()
    python = Path(executable)
    if started.parent.name == "sora_desktop" and started.name == "__main__.py":
        script = python.with_name(f"{COMMAND}{python.suffix if python.suffix == '.exe' else ''}")
        if not script.exists():
            return f"{_shortest(python, current)} -m sora_desktop"
    elif started.name == "main.py":
        return f"{_shortest(python, current)} {_shortest(started, current)}"
    elif started.stem == COMMAND:
        script = started
    else:
        return COMMAND
    found = find(COMMAND)
    if found is not None and Path(found).absolute() == current.joinpath(script):
        return COMMAND
    return _shortest(current / script, current)


def as_typed(message: str) -> str:
    """The message with each command in it named as this user can type it (see `command_name`)."""
    return message.replace(f"`{COMMAND} ", f"`{command_name()} ") if f"`{COMMAND} " in message else message


def _working_folder() -> Path:
    """The working directory; a folder that does not exist if it was deleted."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("?")


def _shortest(file: Path, current: Path) -> str:
    """The path as a user in `current` types it."""
    if file.is_absolute() and file.is_relative_to(current):
        file = file.relative_to(current)
        if len(file.parts) == 1 and os.sep == "/":
            return shlex.quote(f"./{file}")
    return shlex.quote(str(file)) if os.sep == "/" else f'"{file}"' if " " in str(file) else str(file)
