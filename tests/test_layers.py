"""Doors open downward only, and each library stays in its room."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sora_desktop"

#: What each room may import of the program's other rooms.
DOORS = {
    "domain": set[str](),
    "api": {"domain"},
    "media": {"domain"},
    "store": {"domain"},
    "jobs": {"api", "media", "store", "domain"},
    "state": {"jobs", "domain"},
    "ui": {"state", "domain"},
    "sandbox": set[str](),
    "app": {"ui", "state", "jobs", "api", "media", "store", "domain"},
    "cli": {"app", "state", "jobs", "api", "media", "store", "domain", "sandbox"},
}

#: The rooms in which each library may be imported.
LIBRARIES = {
    "httpx": {"api"},
    "truststore": {"api"},
    "msgspec": {"api", "store", "media"},
    "sqlite3": {"store"},
    "keyring": {"store"},
    "appdirs": {"store"},
    "filelock": {"store"},
    "av": {"media", "sandbox"},
    "starlette": {"sandbox"},
    "uvicorn": {"sandbox"},
    "click": {"cli", "sandbox"},
    "PySide6.QtCore": {"state", "ui", "app"},
    "PySide6.QtGui": {"ui", "app"},
    "PySide6.QtWidgets": {"ui", "app"},
    "PySide6.QtMultimedia": {"ui"},
    "PySide6.QtSvg": {"ui"},
    "qtawesome": {"ui"},
    "qasync": {"app"},
}


#: What `app.py` and `cli.py` were cut into; each part belongs to the same room.
PARTS = {
    "app": (
        "app",
        "opening",
        "session",
        "bundle",
        "desk",
        "engine",
        "connection",
        "neighbours",
        "child",
        "logs",
        "collector",
    ),
    "cli": ("cli", "__main__", "console", "headless", "queue_line", "report", "screen", "window_line"),
}


def room_of(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return next((room for room, parts in PARTS.items() if first in parts), first)


def imports_of(source: str) -> Iterator[str]:
    """Every module named by an import anywhere in the file, lazily imported ones included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            base = node.module or ""
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def trespasses(room: str, source: str) -> list[str]:
    """The imports in `source` that a file of this room may not have."""
    found = []
    for name in imports_of(source):
        parts = name.split(".")
        if parts[0] == "sora_desktop" and len(parts) > 1:
            target = next((r for r, files in PARTS.items() if parts[1] in files), parts[1])
            if target != room and target not in DOORS[room]:
                found.append(f"{room} may not import {name}")
        elif parts[0] not in sys.stdlib_module_names or parts[0] == "sqlite3":
            keys = [key for key in LIBRARIES if name == key or name.startswith(key + ".")]
            if keys and room not in LIBRARIES[keys[0]]:
                found.append(f"{name} does not belong in {room}")
            elif not keys and room == "domain":
                found.append(f"domain is standard library only, not {name}")
    return found


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: str(f.relative_to(PACKAGE)))
def test_doors_open_downward(file: Path) -> None:
    if file.parent == PACKAGE and file.name == "__init__.py":
        assert len(ast.parse(file.read_text("utf-8")).body) == 1
        return
    assert trespasses(room_of(file), file.read_text("utf-8")) == []


@pytest.mark.parametrize("init", sorted(PACKAGE.rglob("__init__.py")), ids=lambda f: f.parent.name)
def test_a_room_opens_with_one_sentence_and_no_imports(init: Path) -> None:
    tree = ast.parse(init.read_text("utf-8"))
    assert len(tree.body) == 1 and ast.get_docstring(tree)


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("domain", "import msgspec"),
        ("api", "from sora_desktop.store import places"),
        ("ui", "from sora_desktop.jobs.runner import JobRunner"),
        ("jobs", "from PySide6.QtCore import QObject"),
        ("jobs", "import httpx"),
        ("state", "from PySide6.QtWidgets import QWidget"),
        ("sandbox", "from sora_desktop.domain.job import Job"),
        ("jobs", "def late():\n    import sqlite3"),
        ("store", "from sora_desktop import app"),
    ],
)
def test_a_wrong_door_is_noticed(room: str, source: str) -> None:
    assert trespasses(room, source)
