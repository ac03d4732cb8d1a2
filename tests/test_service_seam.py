"""Above api/ nothing depends on one service: no paths, status codes, JSON fields, models or currency."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sora_desktop"
FILES = [
    file
    for file in sorted(PACKAGE.rglob("*.py"))
    if file.relative_to(PACKAGE).parts[0] not in ("api", "sandbox")  # the sandbox is a service itself
]

#: What no identifier and no text may contain. Docstrings and comments may.
FORBIDDEN = re.compile(
    r"""
      (?i: credit )                                 # the unit is in Capabilities
    | task_id | \bdata\.\w
    | ^(GET|POST|PUT|PATCH|DELETE)(\ /|$) | \bHTTP\b | http_status
    | (^|art)/(tasks|upload|api)\b | text-to-video | image-to-video
    | (?i: sora2 | soravideo ) | midnight\ UTC
    | ^[45]\d\d$                                    # a status code as text
    """,
    re.VERBOSE,
)

#: Exceptions by file, each with its reason.
ALLOWED = {
    # columns and keys of files keep the names that they were written with
    "store/database/learned_prices.py": {"credits"},
    "store/database/schema.py": {"credits"},
    "store/prices.py": {"credits"},
    # what files of older versions leave out
    "domain/request.py": {"sora2"},
    "store/settings.py": {"soravideo", "art/api"},
}


def docstrings(nodes: Sequence[ast.AST]) -> set[int]:
    """The ids of the nodes that are docstrings."""
    found = set()
    for node in nodes:
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add(id(first.value))
    return found


def words_of(nodes: Sequence[ast.AST]) -> Iterator[tuple[int, str]]:
    """Line and text of every identifier and every text that is not a docstring."""
    skipped = docstrings(nodes)
    for node in nodes:
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Constant(value=str() as text) if id(node) not in skipped:
                yield line, text
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield line, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield line, name
            case ast.keyword(arg=str() as name):
                yield line, name


def violations(source: str, allowed: set[str]) -> list[str]:
    """Words that tie the source to one service."""
    found = []
    nodes = list(ast.walk(ast.parse(source)))
    for line, text in words_of(nodes):
        rest = text
        for word in allowed:
            rest = rest.replace(word, "")
        if match := FORBIDDEN.search(rest):
            found.append(f"line {line}: {match[0]!r} in {text!r}")
    for node in nodes:
        if isinstance(node, ast.Compare) and any(
            isinstance(side, ast.Attribute) and side.attr in ("status", "status_code")
            for side in (node.left, *node.comparators)
        ):
            found.append(f"line {node.lineno}: a status code is compared")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_no_module_above_api_depends_on_one_service(file: Path) -> None:
    allowed = ALLOWED.get(file.relative_to(PACKAGE).as_posix(), set())
    assert violations(file.read_text("utf-8"), allowed) == []


@pytest.mark.parametrize(
    "source",
    [
        "text = 'This costs 5 credits.'",
        "text = f'This costs {price} credits.'",
        "class OutOfCredits: ...",
        "answer['data']['task_id']",
        "call.method == 'POST'",
        "url = base + '/tasks/' + id",
        "path = f'/{model}/text-to-video'",
        "if exchange.status == 429: ...",
        "code = '404'",
        "model = 'sora2-pro'",
        "reason = 'The queue continues after midnight UTC.'",
    ],
)
def test_a_dependency_on_one_service_is_found(source: str) -> None:
    assert violations(source, set())


def test_every_exception_is_needed() -> None:
    for name, words in ALLOWED.items():
        source = (PACKAGE / name).read_text("utf-8")
        for word in words:
            assert violations(source, words - {word}), f"{name} does not need {word!r}"
