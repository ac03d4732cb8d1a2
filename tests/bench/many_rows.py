"""Measure the longest beat of the window's event loop for every command on thousands of selected videos.

The program runs in this process, with its database, its window and a sandbox that renders nothing. A command is what
the user does: a key or the action of a menu. A *beat* is the processor time that the window's thread spends between two
ticks of a timer of 10 ms: as long as that, the window answers nothing. The peer is a plain QTreeView over a plain list
model of the same length, which is told of the same change at once.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import logging
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.figures import verdict
from bench.sample_library import waiting_jobs
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLineEdit, QMenu, QTreeView, QWidget

from sora_desktop.app.event_loop import LastingLoop
from sora_desktop.app.garbage_collection import collect_on_this_thread
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.window import WindowController
from sora_desktop.domain.job import JobId
from sora_desktop.domain.library import Tab
from sora_desktop.domain.marks import MarkFilter
from sora_desktop.domain.queue import Before
from sora_desktop.state.actions import Action
from sora_desktop.state.submit_guard import SAME_CLICK
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.records import Records
from sora_desktop.system.resources import resources
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.library.filter_tabs import FilterTabs
from sora_desktop.ui.library.job_list_view import JobListView
from sora_desktop.ui.library.mark_filter import MarkFilterButton

INTERVAL = 10
#: Milliseconds of the longest beat.
TARGET = 50.0
#: Seconds without a task after which a command counts as done.
QUIET = 0.3
#: Seconds after which a command that is not done has failed.
LONGEST = 120.0

W = TypeVar("W", bound=QWidget)
Index = QModelIndex | QPersistentModelIndex


class Beats:
    """Records the processor time of this thread between two ticks, in milliseconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._profiles = False
        self._current: cProfile.Profile | None = None
        self._of_longest: cProfile.Profile | None = None
        self._last = time.thread_time()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def begin(self, *, profiles: bool) -> None:
        """Forget what was recorded. `profiles`: record what is called in the longest beat, which makes all longer."""
        self.longest, self._profiles = 0.0, profiles
        self._next()

    def print_profile(self) -> None:
        """Stop profiling, and print what was called in the longest beat."""
        self._profiles = False
        self._next()
        if self._of_longest is not None:
            pstats.Stats(self._of_longest).sort_stats("cumulative").print_stats(45)

    def _beat(self) -> None:
        took = (time.thread_time() - self._last) * 1000
        if took > self.longest:
            self.longest, self._of_longest = took, self._current
        self._next()

    def _next(self) -> None:
        if self._current is not None:
            self._current.disable()
        self._current = cProfile.Profile() if self._profiles else None
        self._last = time.thread_time()
        if self._current is not None:
            self._current.enable()


class Measured(NamedTuple):
    """What one command took."""

    name: str
    longest: float  # beat, in milliseconds
    seconds: float  # until it was done


class User:
    """Gives commands to the window, and waits until each is done."""

    def __init__(self, controller: WindowController, beats: Beats, only: str) -> None:
        self._controller = controller
        self._beats = beats
        self._only = only
        self.measured: list[Measured] = []
        self.list = controller.window.findChild(JobListView)

    async def do(self, name: str, *commands: Callable[[], object], done: Callable[[], bool] = lambda: True) -> None:
        """Measure what the user does, one event after the other. A question is answered with yes, which is part of it.

        `done`: whether all of it was done, so that no figure is of nothing.
        """
        others = asyncio.all_tasks()
        profiles = bool(self._only) and self._only in name
        self._beats.begin(profiles=profiles)
        began = time.perf_counter()
        for command in commands:
            await asyncio.sleep(INTERVAL / 1000)
            command()
        quiet_since = time.perf_counter()
        while time.perf_counter() - quiet_since < QUIET:
            await asyncio.sleep(INTERVAL / 1000)
            if asyncio.all_tasks() - others or self.is_loading or not done():
                assert time.perf_counter() - began < LONGEST, f"{name}: nothing was measured"
                quiet_since = time.perf_counter()
            self._answer()
        if profiles:
            self._beats.print_profile()
        one = Measured(name, self._beats.longest, quiet_since - began)
        self.measured.append(one)
        print(f"{one.name:<40}{one.longest:9.1f} ms{one.seconds:9.2f} s", flush=True)

    @property
    def is_loading(self) -> bool:
        """True while rows are loaded to be selected or gone to."""
        assert self.list is not None
        return self.list.is_loading

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key in the list."""
        assert self.list is not None
        QTest.keyClick(self.list, key, modifier)

    def select_all(self) -> None:
        """Select all rows of the view, as Ctrl+A does."""
        assert self.list is not None
        self.list.selectAll()

    def act(self, action: Action) -> tuple[Callable[[], object], Callable[[], object]]:
        """Open the menu of the selected rows, and choose an action in it."""
        assert self.list is not None
        rows, menu = self.list, QMenu()

        def open_menu() -> None:
            offered = rows.job_actions.name_in(menu, rows.selection())
            assert action in {one.action for one in offered}, (action, [one.action for one in offered])

        def choose() -> None:
            rows.job_actions[action].trigger()
            menu.aboutToHide.emit()

        return open_menu, choose

    def _answer(self) -> None:
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, QDialog) and dialog.isVisible():
                yes = next(
                    button
                    for button in dialog.findChildren(QAbstractButton)
                    if button.text().replace("&", "") in ("Continue", "Empty Trash", "Delete permanently")
                )
                yes.click()


def part(of: QWidget, kind: type[W], name: str = "") -> W:
    """The part of a widget with that type and object name."""
    found = of.findChild(kind, name) if name else of.findChild(kind)
    assert isinstance(found, kind)
    return found


async def clips(user: User, controller: WindowController) -> None:
    """Commands on finished and failed videos."""
    ctrl = Qt.KeyboardModifier.ControlModifier
    panel, undoable = controller.panels.library, controller.job_controller.undoable
    await user.do("select all", user.select_all)
    for name, key in (("star", Qt.Key.Key_S), ("pick", Qt.Key.Key_P)):
        await user.do(name, partial(user.press, key))
        await user.do(f"undo {name}", undoable.undo)
        await user.do(f"redo {name}", undoable.redo)
    await user.do("reject", lambda: user.press(Qt.Key.Key_X))
    await user.do("clear", *user.act(Action.CLEAR_MARKS))
    await user.do("Home", lambda: user.press(Qt.Key.Key_Home, ctrl))
    await user.do("reload", controller.job_list.reload)
    await user.do("End", lambda: user.press(Qt.Key.Key_End, ctrl))
    await user.do("Home after End", lambda: user.press(Qt.Key.Key_Home, ctrl))
    await user.do("search", lambda: part(panel, QLineEdit, "searchEdit").setText("lisbon"))
    await user.do("end of search", lambda: part(panel, QLineEdit, "searchEdit").setText(""))
    await user.do("filter by mark", lambda: part(panel, MarkFilterButton).choose(MarkFilter.UNMARKED))
    await user.do("end of filter", lambda: part(panel, MarkFilterButton).choose(MarkFilter.ANY))
    await user.do("select all again", user.select_all)
    await user.do("remove", *user.act(Action.TRASH))
    await user.do("undo remove", undoable.undo)
    await user.do("redo remove", undoable.redo)
    await user.do("Trash", panel.show_trash)
    await user.do("select all in Trash", user.select_all)
    await user.do("restore", *user.act(Action.RESTORE))
    await user.do("undo restore", undoable.undo)
    await user.do("select all in Trash", user.select_all)
    await user.do("delete permanently", *user.act(Action.DELETE_PERMANENTLY))


async def queue(user: User, controller: WindowController) -> None:
    """Commands on waiting videos. The queue is paused."""
    panel, undoable = controller.panels.library, controller.job_controller.undoable
    jobs, run = controller.job_list, controller.job_controller.run

    def waiting(share: float) -> Callable[[], bool]:
        return lambda: jobs.queue[0] == round(share * jobs.counts().active) and jobs.counts().active > 0

    def first_is(id: JobId) -> Callable[[], bool]:
        return lambda: jobs.jobs_of(range(1))[0].id == id

    await user.do("All", lambda: part(panel, FilterTabs).choose(Tab.ALL))
    await user.do("add waiting", jobs.reload, done=waiting(1))
    await user.do("select all waiting", user.select_all)
    await user.do("hold", *user.act(Action.HOLD), done=waiting(0))
    await user.do("release", *user.act(Action.RELEASE), done=waiting(1))
    await user.do("undo release", undoable.undo, done=waiting(0))
    await asyncio.sleep(SAME_CLICK)  # a release that comes sooner is taken for a double click
    await user.do("release again", *user.act(Action.RELEASE), done=waiting(1))
    listed = [job.id for job in jobs.jobs_of(range(jobs.rowCount()))]
    first, lower = listed[0], listed[len(listed) // 2 :]
    await user.do("select the lower half", lambda: user.list.select(lower, opens=False))  # type: ignore[union-attr]
    await user.do("send next", *user.act(Action.MOVE_TO_FRONT), done=first_is(lower[0]))
    await user.do("undo send next", undoable.undo, done=first_is(first))
    await user.do("redo send next", undoable.redo, done=first_is(lower[0]))
    await user.do("one sooner", lambda: run(Action.MOVE_UP, lower[1:2]), done=first_is(lower[1]))
    await user.do("one later", lambda: run(Action.MOVE_DOWN, lower[1:2]), done=first_is(lower[0]))
    await user.do("drag one up", lambda: run(Before(lower[0]), listed[:1]), done=first_is(first))
    await user.do("select all waiting again", user.select_all)
    await user.do("remove waiting", *user.act(Action.TRASH), done=lambda: jobs.queue[0] == 0)
    await user.do("undo remove waiting", undoable.undo, done=waiting(0))  # on hold


class PlainRows(QAbstractListModel):
    """Numbers as texts."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self.count

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        return str(index.row()) if role == int(Qt.ItemDataRole.DisplayRole) else None

    def change(self) -> None:
        """Tell that every row has changed."""
        self.dataChanged.emit(self.index(0), self.index(self.count - 1))

    def remove(self) -> None:
        """Remove every row."""
        self.beginRemoveRows(QModelIndex(), 0, self.count - 1)
        self.count = 0
        self.endRemoveRows()


def peer(count: int) -> Iterator[Measured]:
    """What a plain list of the same length takes for the same changes, each at once."""
    view, rows = QTreeView(), PlainRows(count)
    view.setUniformRowHeights(True)
    view.setModel(rows)
    view.resize(400, 800)
    view.show()
    QApplication.processEvents()
    steps: Sequence[tuple[str, Callable[[], object]]] = (
        ("select all", view.selectAll),
        ("all rows changed", rows.change),
        ("End", view.scrollToBottom),
        ("all rows removed", rows.remove),
    )
    for name, step in steps:
        began = time.thread_time()
        step()
        QApplication.processEvents()
        took = time.thread_time() - began
        yield Measured(name, took * 1000, took)
    view.close()
    view.deleteLater()


async def measure(app: QApplication, data_folder: DataFolder, count: int, only: str, chosen: str) -> list[Measured]:
    """Measure all commands, or a chosen part of them."""
    panels = Panels(
        AppTheme(resources(), app),
        Records(data_folder, resources() / "prices.json"),
        app.primaryScreen().availableSize(),
    )
    panels.show()
    controller = WindowController(panels, closed=lambda: None, sandbox=True)
    await controller.open()
    panels.window.resize(1440, 900)
    while not controller.engine.connected:
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    beats = Beats()
    user = User(controller, beats, only)
    assert user.list is not None
    user.list.setFocus()
    with collect_on_this_thread(lambda: False):
        if chosen != "queue":
            await clips(user, controller)
        if chosen != "clips":
            (lane,) = controller.engine.lanes.values()
            await lane.runner.commands.accept(waiting_jobs(count))
            await queue(user, controller)
    await controller.aclose()
    panels.window.deleteLater()
    return user.measured


def main() -> int:
    """Print the figures and the verdict; 1 when the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--part", choices=("clips", "queue"), default="", help="measure these commands alone")
    parser.add_argument(
        "--profile",
        default="",
        help="print what is called in the longest beat of the commands whose names have this in them",
    )
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ["SORA_DESKTOP_STATE"] = folder
        from bench.sample_library import fill_library

        data_folder = fill_library(
            Path(folder) / "data", 0 if arguments.part == "queue" else arguments.jobs, posters=False
        )
        records = Records(data_folder, resources() / "prices.json")
        records.change_settings(paused=True)
        print(f"A plain list of {arguments.jobs} rows")
        for one in peer(arguments.jobs):
            print(f"{one.name:<40}{one.longest:9.1f} ms")
        print(f"\n{arguments.jobs} videos")
        with asyncio.Runner(loop_factory=lambda: LastingLoop(app)) as runner:
            measured = runner.run(measure(app, data_folder, arguments.jobs, arguments.profile, arguments.part))
    worst = max(measured, key=lambda one: one.longest)
    return 0 if verdict(f"longest beat ({worst.name}), ms", worst.longest, TARGET, at_most=True) else 1


if __name__ == "__main__":
    raise SystemExit(main())
