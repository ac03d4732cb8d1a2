"""Constructors stay small, and private members are used only by their own module and its test."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_PARAMETERS = 7
#: Private members of libraries that have the name of one of ours: file and name.
OF_LIBRARIES = frozenset({("tests/conftest.py", "_request")})  # pytest's


def python_files(folder: str) -> dict[str, ast.Module]:
    """The files below a folder of the project, by their path in it."""
    files = sorted((ROOT / folder).rglob("*.py"))
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text("utf-8")) for file in files}


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


def private_definitions(tree: ast.Module) -> set[str]:
    """The private names that a file defines: functions, classes, constants, and attributes of `self`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return set(filter(is_private, found))


def private_uses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Private attributes of anything but `self` and `cls`, and private names that are imported, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                yield node.lineno, node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, alias.name) for alias in node.names if is_private(alias.name))


def foreign_uses(files: Mapping[str, ast.Module]) -> list[str]:
    """Uses of private names that are defined in other files, but not in the file itself or the module that it tests."""
    homes: dict[str, set[str]] = defaultdict(set)
    for name, tree in files.items():
        for private in private_definitions(tree):
            homes[private].add(name)
    found = []
    for name, tree in files.items():
        subject = Path(name).stem.removeprefix("test_")
        for line, private in private_uses(tree):
            own = any(home == name or Path(home).stem == subject for home in homes[private])
            if homes[private] and not own and (name, private) not in OF_LIBRARIES:
                found.append(f"{name}:{line}: {private}")
    return found


def test_no_constructor_has_too_many_parameters() -> None:
    assert [
        large for name, tree in python_files("sora_desktop").items() for large in large_constructors(name, tree)
    ] == []


def test_private_members_are_used_at_home_only() -> None:
    assert foreign_uses(python_files("sora_desktop") | python_files("tests")) == []


def test_a_large_constructor_and_a_foreign_use_are_found() -> None:
    parameters = ", ".join(f"p{number}" for number in range(8))
    queue = ast.parse(f"class Queue:\n    def __init__(self, {parameters}):\n        self._jobs = []")
    assert list(large_constructors("queue.py", queue)) == ["queue.py:2: 8 parameters"]
    uses = ast.parse("from queue import Queue\nprint(Queue()._jobs, other._unknown)")
    assert foreign_uses({"queue.py": queue, "test_queue.py": uses}) == []
    assert foreign_uses({"queue.py": queue, "test_window.py": uses}) == ["test_window.py:2: _jobs"]
