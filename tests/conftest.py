"""Common setup of all tests: Qt without a screen, a theme, an event loop for coroutine tests, and checks for leaks."""

from __future__ import annotations

import asyncio
import gc
import inspect
import itertools
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")

import pytest
from bench.virtual_loop import VirtualLoop
from hypothesis import HealthCheck, settings
from PySide6.QtCore import QCoreApplication, QEvent, QThread
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from waiting import PATIENCE, Condition, wait_until

from sora_desktop.store.database import database
from sora_desktop.ui.app_theme import AppTheme

RESOURCES = Path(__file__).parents[1] / "resources"

# Qt takes the first thread that asks for it for the main thread. That would be one of a sandbox if its tests ran first.
QThread.currentThread()

# The programs that tests start inherit this, and ignore SIGHUP where the tests were started with `nohup`.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

#: Sent marks of the tests: never in the user's own folder.
_STATE = tempfile.TemporaryDirectory(prefix="sora-desktop-state-")
os.environ["SORA_DESKTOP_STATE"] = os.environ["XDG_STATE_HOME"] = _STATE.name  # the latter for tests without the former
_state_folders = (f"{_STATE.name}/{number}" for number in itertools.count())

#: Seconds after which a coroutine test fails, and one that is marked `slow`.
TIMEOUT, LONG_TIMEOUT = 60.0, 240.0

# No deadline, since the machine may be busy; the same examples in each run. For random examples:
# --hypothesis-profile=default --hypothesis-seed=random
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Processes of `-n auto`: one more than there are cores, since many tests wait for other processes or for time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def no_automatic_collection() -> Iterator[None]:
    """Disable automatic collection: it runs in any thread, and a Qt object deleted outside the main thread crashes."""
    gc.disable()
    yield
    gc.unfreeze()
    gc.collect()
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def frozen_heap(no_automatic_collection: None) -> None:
    """Exclude objects that exist before a module's tests from the collection after each test.

    They stay excluded until the last test: visiting all of them for each module would take a fifth of the run.
    """
    gc.disable()  # a test of the program's own collection has enabled it
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def synchronous_mode() -> Iterator[str]:
    """The program's mode of SQLite. Tests do not wait until what they write is on disk: none survives a power failure.

    The processes that tests start do wait.
    """
    with pytest.MonkeyPatch.context() as patch:
        usual = database.SYNCHRONOUS
        patch.setattr(database, "SYNCHRONOUS", "OFF")
        patch.setattr(os, "fsync", lambda _: None)
        yield usual


@pytest.fixture(autouse=True)
def no_leaked_objects(frozen_heap: None) -> Iterator[None]:
    """Delete what each test left to delete, on the main thread, and fail a test that leaves top-level widgets behind.

    What a test has copied is deleted too: Ctrl+V in another test would paste it.

    A warning about an object that was not closed is raised in the test that made the object.
    """
    before = _top_level_widgets()
    yield
    if QApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        clipboard = QGuiApplication.clipboard()
        if (copied := clipboard.mimeData()) is not None and copied.formats():
            clipboard.clear()
    gc.collect(1)  # visits what this test has made; the rest is visited after the last test of the module
    leaked = [widget for widget in _top_level_widgets() if widget not in before]
    names = [f"{type(widget).__name__} {widget.objectName()!r}" for widget in leaked]
    for widget in leaked:
        widget.deleteLater()  # the next test must not find them
    assert not leaked, f"top-level widgets left behind: {names}"


@pytest.fixture(autouse=True)
def no_realtime_priority() -> Iterator[None]:
    """Fail a test that leaves realtime priority behind. Two processes with it hold up all others on two cores."""
    yield
    if sys.platform == "linux" and os.sched_getscheduler(0) != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        pytest.fail("this thread has realtime priority")


@pytest.fixture(autouse=True)
def own_sent_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a folder of its own for sent marks: they would take the library of another test for a copy."""
    folder = next(_state_folders)
    for name in ("SORA_DESKTOP_STATE", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, folder)


@pytest.fixture(autouse=True)
def no_leaked_tasks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves tasks running when its event loop ends. `asyncio.run` would cancel them silently."""
    leaked: list[str] = []
    cancel_all_tasks = asyncio.runners._cancel_all_tasks  # type: ignore[attr-defined]

    def record_and_cancel(loop: asyncio.AbstractEventLoop) -> None:
        leaked.extend(task.get_name() for task in asyncio.all_tasks(loop))
        cancel_all_tasks(loop)

    monkeypatch.setattr(asyncio.runners, "_cancel_all_tasks", record_and_cancel)
    yield
    assert not leaked, f"tasks left running: {leaked}"


def _top_level_widgets() -> list[QWidget]:
    return [] if QApplication.instance() is None else QApplication.topLevelWidgets()


@pytest.fixture(scope="session")
def resources() -> Path:
    """Directory of tokens, stylesheet and prices."""
    return RESOURCES


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """As in the program, closing the last window does not quit; it would end the event loop of the next test."""
    qapp.setQuitOnLastWindowClosed(False)
    return qapp


class PatientQtBot(QtBot):
    """Waits longer than pytest-qt does by default, for a busy machine, and says what it saw."""

    def waitUntil(self, callback: Condition, *, timeout: int = int(PATIENCE * 1000)) -> None:
        """Return once the condition is true. `timeout` in milliseconds. Raises AssertionError."""
        __tracebackhide__ = True
        wait_until(callback, timeout / 1000, lambda seconds: self.wait(int(seconds * 1000)))


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """The robot of pytest-qt, with patience."""
    return PatientQtBot(request)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[AppTheme]:
    """A theme, dark at first; reset after the test."""
    yield from _dark_theme(AppTheme(RESOURCES, qapp))


@pytest.fixture
def late_theme(qapp: QApplication) -> Iterator[AppTheme]:
    """As `theme`, but `apply_stylesheet()` sets the stylesheet: a whole window is built in half the time without it."""
    qapp.setStyleSheet("")  # that of the test before
    yield from _dark_theme(AppTheme(RESOURCES, qapp, styled=False))


def _dark_theme(theme: AppTheme) -> Iterator[AppTheme]:
    theme.choose("dark")
    yield theme
    theme.choose("system")
    theme.deleteLater()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test on its own event loop: Qt's or, marked `virtual_time`, one whose time passes when idle."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    is_virtual = pyfuncitem.get_closest_marker("virtual_time") is not None
    timeout = LONG_TIMEOUT if pyfuncitem.get_closest_marker("slow") else TIMEOUT
    loop_factory = VirtualLoop if is_virtual else _qt_loop(pyfuncitem)
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def run() -> None:
        await asyncio.wait_for(pyfuncitem.obj(**arguments), None if is_virtual else timeout)
        await asyncio.sleep(0)  # lets tasks end that were cancelled last

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run())
    return True


def _qt_loop(pyfuncitem: pytest.Function) -> Callable[[], asyncio.AbstractEventLoop]:
    import qasync  # after PySide6, and only for tests that need it

    app = pyfuncitem._request.getfixturevalue("qapp")

    def loop() -> asyncio.AbstractEventLoop:
        made = qasync.QEventLoop(app)
        made.set_default_executor(ThreadPoolExecutor(10, "worker"))  # as in the program
        return made  # type: ignore[no-any-return]

    return loop
