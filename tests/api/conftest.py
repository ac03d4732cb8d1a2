"""Servers of these tests run in threads of this process, where Python must not throw away Qt's objects."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="package")
def set_aside() -> Iterator[None]:
    """What is there before these tests is not looked through after each of them."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def collect_on_the_main_thread(set_aside: None) -> Iterator[None]:
    """The cycle collector runs in whichever thread happens to allocate; a loop of Qt's that dies there crashes."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()
