"""What every test of the window stands on: no screen, one look, one event loop for a coroutine."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtWidgets import QApplication

from sora_desktop.ui.theme import Theme

RESOURCES = Path(__file__).parents[1] / "resources"

#: A coroutine test that takes longer has hung. Seconds.
LIMIT = 60.0

# No example is late because the machine was busy, and the same ones are tried in each run.
# To try others: --hypothesis-profile=default --hypothesis-seed=random
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session", autouse=True)
def collect_nothing_in_threads() -> Iterator[None]:
    """Python collects cycles in whichever thread allocates; an object of Qt's that dies there crashes the process."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def set_aside(collect_nothing_in_threads: None) -> Iterator[None]:
    """What is there before a module's tests is not looked through after each of them."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def collect_here(set_aside: None) -> Iterator[None]:
    """Each test's cycles die on the main thread, and complain in the test that made them."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def resources() -> Path:
    """The folder of tokens, stylesheet and prices."""
    return RESOURCES


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """As in the program: the last window's closing ends no loop, least of all that of the next test."""
    qapp.setQuitOnLastWindowClosed(False)
    return qapp


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The window's look, dark to begin with; it is taken off again afterwards."""
    theme = Theme(RESOURCES, qapp)
    theme.choose("dark")
    yield theme
    theme.choose("system")
    theme.deleteLater()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test on a Qt event loop of its own; a task that it leaves behind fails it."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    import qasync  # after PySide6; only where a test needs it

    pyfuncitem._request.getfixturevalue("qapp")
    wanted = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def run() -> list[str]:
        before = asyncio.all_tasks()
        await asyncio.wait_for(pyfuncitem.obj(**wanted), LIMIT)
        await asyncio.sleep(0)  # tasks cancelled last may end
        return [task.get_name() for task in asyncio.all_tasks() - before if not task.done()]

    app = QApplication.instance()
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
        leaked = runner.run(run())
    assert not leaked, f"tasks left running: {leaked}"
    return True
