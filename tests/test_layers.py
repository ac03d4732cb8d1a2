"""Imports point downward, each library stays in its rooms, and no module imports itself in a circle."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sora_desktop"

#: What each room may import of the program's other rooms.
ROOMS: Mapping[str, frozenset[str]] = {
    "domain": frozenset(),
    "system": frozenset(),
    "sandbox": frozenset(),
    "api": frozenset({"domain"}),
    "store": frozenset({"domain", "system"}),
    "media": frozenset({"domain", "system"}),
    "jobs": frozenset({"api", "store", "media", "domain"}),
    "engine": frozenset({"jobs", "api", "store", "media", "domain", "system"}),
    "state": frozenset({"domain"}),
    "ui": frozenset({"state", "domain"}),
    "controllers": frozenset({"ui", "state", "engine", "jobs", "api", "store", "media", "domain", "system"}),
    "app": frozenset({"controllers", "ui", "state", "engine", "jobs", "api", "store", "media", "domain", "system"}),
    "cli": frozenset({"engine", "jobs", "api", "store", "media", "domain", "system", "sandbox"}),
    "__main__": frozenset({"app", "cli", "store", "media", "system"}),
}

#: The rooms in which each library may be imported. A library that is not listed belongs nowhere.
LIBRARIES: Mapping[str, frozenset[str]] = {
    "httpx": frozenset({"api"}),
    "truststore": frozenset({"api"}),
    "msgspec": frozenset({"store", "media"}),
    "sqlite3": frozenset({"store"}),
    "keyring": frozenset({"store"}),
    "appdirs": frozenset({"store"}),
    "filelock": frozenset({"store"}),
    "av": frozenset({"media", "sandbox"}),
    "starlette": frozenset({"sandbox"}),
    "uvicorn": frozenset({"sandbox"}),
    "click": frozenset({"cli"}),
    "PySide6.QtCore": frozenset({"state", "ui", "controllers", "app"}),
    "PySide6.QtGui": frozenset({"ui", "controllers"}),
    "PySide6.QtWidgets": frozenset({"ui", "controllers", "app"}),
    "PySide6.QtMultimedia": frozenset({"ui"}),
    "qtawesome": frozenset({"ui"}),
    "qasync": frozenset({"app"}),
}

#: Parts of the standard library that belong to one room, as a library would.
RESERVED = ("sqlite3",)


def room_of(module: str) -> str:
    """The room of a module such as "sora_desktop.jobs.money.prices"; "" for the package itself."""
    return module.split(".")[1] if "." in module else ""


def module_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def imports_of(source: str) -> Iterator[str]:
    """Every module named by an import anywhere in the file, late and type-checking imports included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            base = node.module or ""
            yield from (f"{base}.{alias.name}" for alias in node.names)


def violations(room: str, source: str) -> list[str]:
    """The imports in `source` that a file of this room may not have."""
    found = []
    for name in imports_of(source):
        top = name.split(".")[0]
        if top == "sora_desktop":
            target = room_of(name)
            if target != room and target not in ROOMS[room]:
                found.append(f"{room} may not import {name}")
        elif top not in sys.stdlib_module_names or top in RESERVED:
            library = next((key for key in LIBRARIES if name == key or name.startswith(f"{key}.")), None)
            if library is None or room not in LIBRARIES[library]:
                found.append(f"{name} does not belong in {room}")
    return found


def module_named(name: str) -> str | None:
    """The module that an import of `name` loads: itself, or the one that defines the name."""
    return name if name in MODULES else next((m for m in (name.rpartition(".")[0],) if m in MODULES), None)


def circle_in(imports: Mapping[str, frozenset[str]]) -> list[str]:
    """The modules of one circle, or none."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> list[str]:
        if module in path:
            return path[path.index(module) :]
        if module not in done:
            for target in sorted(imports.get(module, ())):
                if circle := walk(target, [*path, module]):
                    return circle
            done.add(module)
        return []

    return next((circle for module in sorted(imports) if (circle := walk(module, []))), [])


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downward(module: str) -> None:
    if module != "sora_desktop":
        assert violations(room_of(module), MODULES[module].read_text("utf-8")) == []


def test_no_module_imports_itself_in_a_circle() -> None:
    imports = {
        module: frozenset(
            target
            for name in imports_of(file.read_text("utf-8"))
            if (target := module_named(name)) is not None and target != module
        )
        for module, file in MODULES.items()
    }
    assert circle_in(imports) == []


@pytest.mark.parametrize("init", sorted(PACKAGE.rglob("__init__.py")), ids=lambda f: f.parent.name)
def test_a_room_opens_with_one_sentence_and_no_imports(init: Path) -> None:
    tree = ast.parse(init.read_text("utf-8"))
    assert len(tree.body) == 1 and ast.get_docstring(tree)


def test_every_folder_is_a_listed_room() -> None:
    assert {room_of(module) for module in MODULES} - {""} == set(ROOMS)


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("domain", "import msgspec"),
        ("api", "from sora_desktop.store import places"),
        ("ui", "from sora_desktop.jobs.runner import JobRunner"),
        ("ui", "from sora_desktop.engine.engine import Engine"),
        ("state", "from sora_desktop.jobs.runner import JobRunner"),
        ("jobs", "from PySide6.QtCore import QObject"),
        ("jobs", "from sora_desktop.engine.engine import Engine"),
        ("jobs", "import httpx"),
        ("state", "from PySide6.QtWidgets import QWidget"),
        ("sandbox", "from sora_desktop.domain.job import Job"),
        ("cli", "from sora_desktop.controllers.window import WindowController"),
        ("cli", "from PySide6 import QtCore"),
        ("jobs", "def late():\n    import sqlite3"),
        ("store", "from sora_desktop import app"),
        ("api", "import requests"),
    ],
)
def test_a_wrong_import_is_noticed(room: str, source: str) -> None:
    assert violations(room, source)


def test_a_circle_is_noticed() -> None:
    imports = {"a": frozenset({"b"}), "b": frozenset({"c"}), "c": frozenset({"b"})}
    assert circle_in(imports) == ["b", "c"]
    assert circle_in({"a": frozenset({"b", "c"}), "b": frozenset({"c"})}) == []
