"""Marks the drills, and adds `--long` for their long form (`python tests/drills/long.py`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from drills.program_runs import ProgramRunner


def pytest_addoption(parser: pytest.Parser) -> None:
    """Takes effect where this folder is named on the command line."""
    parser.addoption("--long", action="store_true", default=False, help="run the long form of the drills")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line("markers", "drill: breaks something on purpose, in real processes of the program")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test of this folder as a drill, and as slow."""
    for item in items:
        if "drills" in item.path.parts:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.drill)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuses a test that imports the fast clock, which would be the clock of every test."""
    if "drills.fast_clock" in sys.modules:
        raise pytest.UsageError("a test imports drills.fast_clock; only drills.fork_server may, in its own process")


@pytest.fixture(scope="session")
def long(pytestconfig: pytest.Config) -> bool:
    """True: try everything; False: a sample."""
    return bool(pytestconfig.getoption("long", default=False))


@pytest.fixture(scope="module")
def runner() -> Iterator[ProgramRunner]:
    """Runs the program on data folders; one process for the drills of a file."""
    with ProgramRunner() as runner:
        yield runner
