"""Constructors stay small, and private members are used only by their own module and its test."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_PARAMETERS = 7
#: Private members of libraries that have the name of one of ours: file and name.
OF_LIBRARIES = frozenset({("tests/conftest.py", "_request")})  # pytest's


def python_files(folder: str) -> Iterator[tuple[str, ast.Module]]:
    """The files below a folder of the project, each with its path in it."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text("utf-8"))


def large_constructors(name: str, tree: ast.Module) -> Iterator[str]:
    """Each class whose `__init__` takes more parameters than it should. Value classes write none, and are exempt."""
    for node in ast.walk(tree):
        for member in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(member, ast.FunctionDef) and member.name == "__init__":
                count = len(member.args.posonlyargs + member.args.args + member.args.kwonlyargs) - 1
                if count > MOST_PARAMETERS:
                    yield f"{name}:{member.lineno}: {count} parameters"


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


@dataclass
class PrivateNames:
    """The private names of a file."""

    #: Functions, classes, constants, and attributes of `self`.
    defined: set[str] = field(default_factory=set)
    #: Attributes of anything but `self` and `cls`, and imported names, each with its line.
    used: list[tuple[int, str]] = field(default_factory=list)


def private_names(tree: ast.Module) -> PrivateNames:
    found = PrivateNames()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if is_private(name):
                found.defined.add(name)
            case ast.Attribute(attr=name) if is_private(name):
                if isinstance(node.ctx, ast.Store):
                    found.defined.add(name)
                if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                    found.used.append((node.lineno, name))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if is_private(name):
                    found.defined.add(name)
            case ast.ImportFrom():
                found.used += [(node.lineno, alias.name) for alias in node.names if is_private(alias.name)]
    return found


def foreign_uses(files: Iterable[tuple[str, ast.Module]]) -> list[str]:
    """Uses of private names that are defined in other files, but not in the file itself or the module that it tests."""
    names = {file: private_names(tree) for file, tree in files}
    homes: dict[str, set[str]] = defaultdict(set)
    for file, private in names.items():
        for name in private.defined:
            homes[name].add(file)
    found = []
    for file, private in names.items():
        subject = Path(file).stem.removeprefix("test_")
        for line, name in private.used:
            own = any(home == file or Path(home).stem == subject for home in homes[name])
            if homes[name] and not own and (file, name) not in OF_LIBRARIES:
                found.append(f"{file}:{line}: {name}")
    return found


def test_no_constructor_has_too_many_parameters() -> None:
    assert [large for name, tree in python_files("sora_desktop") for large in large_constructors(name, tree)] == []


def test_private_members_are_used_at_home_only() -> None:
    assert foreign_uses(chain(python_files("sora_desktop"), python_files("tests"))) == []


def test_a_large_constructor_and_a_foreign_use_are_found() -> None:
    parameters = ", ".join(f"p{number}" for number in range(8))
    queue = ast.parse(f"class Queue:\n    def __init__(self, {parameters}):\n        self._jobs = []")
    assert list(large_constructors("queue.py", queue)) == ["queue.py:2: 8 parameters"]
    uses = ast.parse("from queue import Queue\nprint(Queue()._jobs, other._unknown)")
    assert foreign_uses([("queue.py", queue), ("test_queue.py", uses)]) == []
    assert foreign_uses([("queue.py", queue), ("test_window.py", uses)]) == ["test_window.py:2: _jobs"]
