"""The map in `sora_desktop/README.md` and the other documents name files and functions that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_layers import ROOMS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sora_desktop"
MAP = PACKAGE / "README.md"

#: Documents whose paths are checked.
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *PACKAGE.glob("*.md"),
    *(file for folder in ("tests", "packaging") for file in (ROOT / folder).rglob("*.md")),
]

#: A row of a table: what it is about, files in backticks, names in backticks.
_ROW = re.compile(r"^\|(?P<about>.+?)\|(?P<files>[^|]*`[^|]*)\|(?P<names>[^|]*`[^|]*)\|$")


def rows() -> Iterator[tuple[list[str], list[str]]]:
    """The files and the names of each row of the tables with the columns "file" and "name"."""
    in_table = False
    for line in MAP.read_text("utf-8").splitlines():
        in_table = line.endswith("| file | name |") or (in_table and line.startswith("|"))
        found = _ROW.match(line)
        if in_table and found:
            yield re.findall(r"`([\w/]+\.py)`", found["files"]), re.findall(r"`([\w.]+)`", found["names"])


def defined_in(source: str) -> set[str]:
    """The names that a module defines, such as "Journal", "Journal.change" and "next_poll"."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
            for member in node.body:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                    found.add(f"{node.name}.{member.name}")
                else:
                    found |= {f"{node.name}.{name}" for name in _assigned(member)}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        else:
            found |= set(_assigned(node))
    return found


def _assigned(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


@pytest.mark.parametrize(("files", "names"), list(rows()), ids=lambda value: ",".join(value))
def test_a_row_of_the_map_is_true(files: list[str], names: list[str]) -> None:
    missing = [file for file in files if not (PACKAGE / file).is_file()]
    assert missing == []
    defined = set[str]().union(*(defined_in((PACKAGE / file).read_text("utf-8")) for file in files))
    assert [name for name in names if name not in defined] == []


def test_the_map_has_rows_and_every_room() -> None:
    assert len(list(rows())) > 20
    text = MAP.read_text("utf-8")
    rooms = [folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()]
    assert [room for room in rooms if f"`{room}/`" not in text] == []


def test_the_rooms_may_import_what_the_map_says() -> None:
    table = re.findall(r"^\| `(\w+)/` \|[^|]*\|([^|]*)\|$", MAP.read_text("utf-8"), re.MULTILINE)
    on_map = {room: frozenset(re.findall(r"`(\w+)`", imports)) for room, imports in table}
    assert on_map == {room: imports for room, imports in ROOMS.items() if room != "__main__"}


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_path_in_a_document_exists(text: Path) -> None:
    paths = re.findall(r"`((?:[a-z_]+/)*[a-z_]+\.(?:py|md|json|txt))`", text.read_text("utf-8"))
    places = (text.parent, PACKAGE, ROOT)
    assert [path for path in paths if not any((place / path).exists() for place in places)] == []
