"""Imports point downward, each library is imported in its rooms only, and no module takes part in an import cycle."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sora_desktop"

#: The other rooms that each room may import.
ROOMS: Mapping[str, frozenset[str]] = {
    "domain": frozenset(),
    "system": frozenset(),
    "sandbox": frozenset(),
    "api": frozenset({"domain", "system"}),
    "store": frozenset({"domain", "system"}),
    "media": frozenset({"domain", "system"}),
    "jobs": frozenset({"api", "store", "media", "domain", "system"}),
    "engine": frozenset({"jobs", "api", "store", "media", "domain", "system"}),
    "state": frozenset({"domain"}),
    "ui": frozenset({"state", "domain"}),
    "controllers": frozenset({"ui", "state", "engine", "jobs", "api", "store", "media", "domain", "system"}),
    "app": frozenset({"controllers", "ui", "engine", "store", "api", "domain", "system"}),
    "cli": frozenset({"engine", "jobs", "api", "store", "media", "domain", "system", "sandbox"}),
    "__main__": frozenset({"app", "cli", "api", "store", "media", "system"}),
}

#: The rooms that may import each library. A library that is not listed may not be imported anywhere.
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
    "PySide6.QtCore": frozenset({"state", "ui", "controllers", "app", "sandbox", "media"}),
    "PySide6.QtGui": frozenset({"ui", "controllers", "sandbox", "media"}),
    "PySide6.QtWidgets": frozenset({"ui", "controllers", "app"}),
    "PySide6.QtMultimedia": frozenset({"ui"}),
    "shiboken6": frozenset({"ui"}),  # comes with PySide6: whether a widget still exists
    "qtawesome": frozenset({"ui"}),
    "desktop_notifier": frozenset({"system"}),
    "dbus_fast": frozenset({"system"}),  # comes with desktop_notifier on Linux
    "qasync": frozenset({"app"}),
}

#: Packages of one protocol each. Only their own room imports them: nothing above knows which protocol is spoken.
DIALECTS = ("sora_desktop.api.sora", "sora_desktop.api.openai")

#: Parts of the standard library that are treated like libraries.
RESERVED = ("sqlite3",)


def room_of(module: str) -> str:
    """The room of a module such as "sora_desktop.jobs.money.prices"; "" for the package itself."""
    return module.split(".")[1] if "." in module else ""


def module_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}


@cache
def imports_of(source: str) -> tuple[str, ...]:
    """Every module that is imported anywhere in the file, also late, for type checking, or by `import_module`."""
    return tuple(_imports_in(ast.parse(source)))


def _imports_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name_of_called(node.func).endswith("import_module"):
            yield from (str(name.value) for name in node.args if isinstance(name, ast.Constant))
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            base = node.module or ""
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _name_of_called(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def violations(room: str, source: str) -> list[str]:
    """The imports in `source` that a file of this room may not have."""
    found = []
    for name in imports_of(source):
        top = name.split(".")[0]
        if top == "sora_desktop":
            target = room_of(name)
            if target != room and (target not in ROOMS[room] or name.startswith(DIALECTS)):
                found.append(f"{room} may not import {name}")
        elif top not in sys.stdlib_module_names or top in RESERVED:
            library = next((key for key in LIBRARIES if name == key or name.startswith(f"{key}.")), None)
            if library is None or room not in LIBRARIES[library]:
                found.append(f"{name} does not belong in {room}")
    return found


def module_named(name: str) -> str | None:
    """The module that an import of `name` loads: itself, or the one that defines the name."""
    return name if name in MODULES else next((m for m in (name.rpartition(".")[0],) if m in MODULES), None)


def cycle_in(imports: Mapping[str, frozenset[str]]) -> list[str]:
    """The modules of one import cycle, in order; an empty list if there is none."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> list[str]:
        if module in path:
            return path[path.index(module) :]
        if module not in done:
            for target in sorted(imports.get(module, ())):
                if cycle := walk(target, [*path, module]):
                    return cycle
            done.add(module)
        return []

    return next((cycle for module in sorted(imports) if (cycle := walk(module, []))), [])


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downward(module: str) -> None:
    if module != "sora_desktop":
        assert violations(room_of(module), MODULES[module].read_text("utf-8")) == []


def test_there_are_no_import_cycles() -> None:
    imports = {
        module: frozenset(
            target
            for name in imports_of(file.read_text("utf-8"))
            if (target := module_named(name)) is not None and target != module
        )
        for module, file in MODULES.items()
    }
    assert cycle_in(imports) == []


def imports_between_packages(modules: Mapping[str, Path]) -> dict[str, frozenset[str]]:
    """The packages that the modules of each package import; its own parent and children do not count."""
    found: dict[str, set[str]] = {}
    for module, file in modules.items():
        package = module.rpartition(".")[0]
        for name in imports_of(file.read_text("utf-8")):
            target = (module_named(name) or "").rpartition(".")[0]
            if target and not f"{target}.".startswith(f"{package}.") and not f"{package}.".startswith(f"{target}."):
                found.setdefault(package, set()).add(target)
    return {package: frozenset(targets) for package, targets in found.items()}


def test_there_are_no_cycles_between_packages() -> None:
    assert cycle_in(imports_between_packages(MODULES)) == []


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
        ("engine", "from sora_desktop.api.sora.service import SoraService"),
        ("api", "from importlib import import_module\nimport_module('keyring')"),
        ("app", "from sora_desktop.jobs.runner import JobRunner"),
    ],
)
def test_a_wrong_import_is_found(room: str, source: str) -> None:
    assert violations(room, source)


def test_a_cycle_is_found() -> None:
    imports = {"a": frozenset({"b"}), "b": frozenset({"c"}), "c": frozenset({"b"})}
    assert cycle_in(imports) == ["b", "c"]
    assert cycle_in({"a": frozenset({"b", "c"}), "b": frozenset({"c"})}) == []
