"""One term for each concept: GLOSSARY.md decides, and this test keeps the other words out."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sora_desktop"
GLOSSARY = PACKAGE / "GLOSSARY.md"

#: Words on disk and in `--json`, which stay as they are; allowed where the word alone is a string.
STORED_WORDS: Mapping[str, str] = {
    "unwatched": "the phase Abandoned",
    "finding": "the field Unconfirmed.reason",
    "trouble": "the field Rendering.warning",
    "remark": "the field Clip.warning",
}

#: Object names of widgets and menu items, which stay as they are for style sheets, tests and screen readers.
OBJECT_NAMES = ("priceTrouble", "settingsTrouble", "verb:")

#: Public names that several modules define, and why each is the same thing everywhere.
SHARED_NAMES: Mapping[str, str] = {
    "ServiceState": "the state of a service: as the sandbox has it, and as the program knows it",
    "main": "the entry point of a program",
    "log": "the logger of its module",
    "T": "a type variable",
}

#: Files that are not checked: written by an earlier version, or about the words themselves.
NOT_CHECKED = ("tests/store/older/", "tests/test_vocabulary.py", "sora_desktop/GLOSSARY.md")


def refused_words() -> list[str]:
    """The words in backticks in the last column of the glossary's table."""
    rows = [line for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("| ")]
    return sorted({word for row in rows for word in re.findall(r"`([a-z]+)`", row.rstrip("| ").rpartition("|")[2])})


def forms_of(word: str) -> frozenset[str]:
    """The word, its plural and its verb forms."""
    forms = {word, f"{word}s", f"{word}es", f"{word}ed", f"{word}ing"}
    if word.endswith("e"):
        forms |= {f"{word}d", f"{word[:-1]}ing"}
    if word.endswith("y"):
        forms.add(f"{word[:-1]}ies")
    if word.endswith("f"):
        forms.add(f"{word[:-1]}ves")
    return frozenset(forms)


FORMS: Mapping[str, str] = {form: word for word in refused_words() for form in forms_of(word)}


def split_words(text: str) -> list[str]:
    """The words of a text in lower case; identifiers are split at underscores and capitals."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)]


def checked_files() -> list[Path]:
    """The Python and Markdown files of the project."""
    folders = [ROOT / "sora_desktop", ROOT / "tests", ROOT / "packaging"]
    files = [*ROOT.glob("*.md"), *ROOT.glob("*.py")]
    files += [file for folder in folders for end in ("py", "md") for file in folder.rglob(f"*.{end}")]
    return sorted(file for file in files if not name_of(file).startswith(NOT_CHECKED))


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def refused_in(name: str, text: str) -> list[str]:
    """Each refused word as "file:line: word"."""
    text = re.sub(rf"""(["'])({"|".join(STORED_WORDS)})\1""", "", text)
    text = re.sub(rf"""["']({"|".join(OBJECT_NAMES)})""", "", text)
    lines = enumerate(text.splitlines(), 1)
    return [f"{name}:{number}: {word}" for number, line in lines for word in split_words(line) if word in FORMS]


def public_names(source: str) -> Iterator[str]:
    """The classes, functions and constants that a module defines at its top level."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


def names_with_several_meanings(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """The public names that more than one module defines, with those modules."""
    homes: dict[str, list[str]] = defaultdict(list)
    for module, source in sources.items():
        for name in set(public_names(source)):
            homes[name].append(module)
    return {name: sorted(found) for name, found in homes.items() if len(found) > 1 and name not in SHARED_NAMES}


def files_named_after_something_else() -> list[str]:
    """Modules with exactly one public class whose name shares no word with the file's."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        nodes = ast.parse(file.read_text("utf-8")).body
        classes = [node.name for node in nodes if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
        functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        if file.stem != "errors" and len(classes) == 1 and all(name.startswith("_") for name in functions):
            pairs = product(split_words(file.stem), split_words(classes[0]))
            if not any(part[:5] == word[:5] or part == f"{word}s" for part, word in pairs):
                found.append(f"{name_of(file)}: {classes[0]}")
    return found


def test_no_refused_word_is_used() -> None:
    found = [word for file in checked_files() for word in refused_in(name_of(file), file.read_text("utf-8"))]
    assert found == []
    assert [name_of(file) for file in checked_files() if set(split_words(name_of(file))) & set(FORMS)] == []


def test_no_two_public_things_share_a_name() -> None:
    sources = {name_of(file): file.read_text("utf-8") for file in PACKAGE.rglob("*.py")}
    assert names_with_several_meanings(sources) == {}


def test_a_file_with_one_class_is_named_after_it() -> None:
    assert files_named_after_something_else() == []


def test_a_refused_word_is_found_wherever_it_stands() -> None:
    source = "class LibraryShelf:\n    def wished_for(self): ...\n# whoever\nuntil, indeed, verbose\n"
    assert refused_in("a.py", source) == ["a.py:1: shelf", "a.py:2: wished", "a.py:3: whoever"]
    assert refused_in("a.py", "two shelves, HTTPErrand, _treasury2") == [
        "a.py:1: shelves",
        "a.py:1: errand",
        "a.py:1: treasury",
    ]


def test_a_name_with_two_homes_is_found() -> None:
    sources = {"a.py": "LIMIT = 1\ndef main(): ...", "b.py": "class LIMIT: ...\ndef main(): ...", "c.py": "_LIMIT = 1"}
    assert names_with_several_meanings(sources) == {"LIMIT": ["a.py", "b.py"]}
