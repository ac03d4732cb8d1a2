"""The map of the code names files, functions and imports that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import test_layers

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sora_desktop"
MAP = PACKAGE / "README.md"


def rows(heading: str) -> list[list[str]]:
    """The rows of the table below a heading, without its header, as cells."""
    section = MAP.read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def code_in(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def names_in(source: str) -> set[str]:
    """Functions, classes and their members ("Class.member") that a module defines."""
    found: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                    found.add(f"{node.name}.{member.name}")
                elif isinstance(member, ast.Assign):
                    found |= {f"{node.name}.{target.id}" for target in member.targets if isinstance(target, ast.Name)}
    return found


@pytest.mark.parametrize("heading", ["Where the program starts and ends", "The way of one prompt"])
def test_every_step_names_files_and_functions_that_exist(heading: str) -> None:
    wrong = []
    for step, files, names in rows(heading):
        missing = [file for file in code_in(files) if not (PACKAGE / file).is_file()]
        defined = {
            name
            for file in code_in(files)
            if file not in missing
            for name in names_in((PACKAGE / file).read_text("utf-8"))
        }
        wrong += [(step, name) for name in [*missing, *code_in(names)] if name in missing or name not in defined]
    assert wrong == []


def test_every_path_in_the_map_exists() -> None:
    paths = {text for text in code_in(MAP.read_text("utf-8")) if "/" in text or text.endswith((".py", ".md"))}
    missing = {path for path in paths if not (PACKAGE / path).exists() and not (ROOT / path).exists()}
    missing = {path for path in missing if not (PACKAGE / "api" / path).exists()}  # said in the row of its room
    assert missing == set()


def test_the_rooms_and_what_they_import_are_those_of_the_layers() -> None:
    listed = {code_in(row[0])[0].rstrip("/"): row[2] for row in rows("Rooms")}
    assert set(listed) == set(test_layers.ROOMS) - {"__main__"}
    for room, imports in listed.items():
        named = set(code_in(imports))
        assert named <= test_layers.ROOMS[room], room
        if "may import" not in imports:
            assert named == test_layers.ROOMS[room], room
