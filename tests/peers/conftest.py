"""Marks the tests with programs that others wrote, and starts those programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from peers.fastvideo_server import installed_fastvideo
from peers.litellm_proxy import installed_litellm
from peers.processes import PeerMissing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test of this folder."""
    for item in items:
        if "peers" in item.path.parts:
            item.add_marker(pytest.mark.peers)


@pytest.fixture(scope="session")
def litellm() -> Path:
    """The program `litellm`, with its proxy, in an environment of its own. Skips the tests if PyPI is out of reach."""
    try:
        return installed_litellm()
    except PeerMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def fastvideo() -> Path:
    """An environment with FastVideo's code. Skips the tests if PyPI is out of reach."""
    try:
        return installed_fastvideo()
    except PeerMissing as error:
        pytest.skip(str(error))
