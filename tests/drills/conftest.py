"""The long form is asked for by name: `python tests/drills/long.py`."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known where this folder is named on the command line."""
    parser.addoption("--long", action="store_true", default=False, help="run the long form of the drills")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    config.addinivalue_line("markers", "drill: something is broken on purpose, in real processes of the program")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every drill is slow, and bears the name."""
    for item in items:
        if "drills" in item.path.parts:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.drill)


@pytest.fixture(scope="session")
def long(pytestconfig: pytest.Config) -> bool:
    """Whether all is to be tried, or a sample."""
    return bool(pytestconfig.getoption("long", default=False))
