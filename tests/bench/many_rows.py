"""Measure the longest beat of the window's event loop for every command on thousands of selected videos.

The program runs in this process, with its database, its window and a sandbox that renders nothing. A command is what
the user does: a key or the action of a menu. A *beat* is the processor time that the window's thread spends between two
ticks of a timer of 10 ms: as long as that, the window answers nothing. The peer is a plain QTreeView over a plain list
model of the same length, which is told of the same change at once.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
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
from sora_desktop.domain.library import Tab
from sora_desktop.domain.marks import MarkFilter
from sora_desktop.state.actions import Action
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

W = TypeVar("W", bound=QWidget)
Index = QModelIndex | QPersistentModelIndex


class Beats:
    """Records the processor time of this thread between two ticks, in milliseconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._last = time.thread_time()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def begin(self) -> None:
        """Forget what was recorded."""
        self.longest, self._last = 0.0, time.thread_time()

    def _beat(self) -> None:
        now = time.thread_time()
        self.longest, self._last = max(self.longest, (now - self._last) * 1000), now


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

    async def do(self, name: str, command: Callable[[], object]) -> None:
        """Measure a command. A question that it asks is answered with yes, which is part of it."""
        others = asyncio.all_tasks()
        profile = None
        if self._only and self._only in name:
            import cProfile

            profile = cProfile.Profile()
        self._beats.begin()
        began = time.perf_counter()
        if profile is not None:
            profile.enable()
        command()
        quiet_since = time.perf_counter()
        while time.perf_counter() - quiet_since < QUIET:
            await asyncio.sleep(INTERVAL / 1000)
            if asyncio.all_tasks() - others or self.is_loading:
                quiet_since = time.perf_counter()
            self._answer()
        if profile is not None:
            import pstats

            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(22)
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

    def act(self, action: Action) -> None:
        """Choose an action in the menu of the selected rows."""
        assert self.list is not None
        actions, menu = self.list.job_actions, QWidget()
        jobs = self.list.selection()
        shown = QMenu(menu)
        offered = actions.name_in(shown, jobs)
        assert action in {one.action for one in offered}, (action, [one.action for one in offered])
        actions[action].trigger()
        shown.aboutToHide.emit()

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
    await user.do("clear", lambda: user.act(Action.CLEAR_MARKS))
    await user.do("Home", lambda: user.press(Qt.Key.Key_Home, ctrl))
    await user.do("reload", controller.job_list.reload)
    await user.do("End", lambda: user.press(Qt.Key.Key_End, ctrl))
    await user.do("Home after End", lambda: user.press(Qt.Key.Key_Home, ctrl))
    await user.do("search", lambda: part(panel, QLineEdit, "searchEdit").setText("lisbon"))
    await user.do("end of search", lambda: part(panel, QLineEdit, "searchEdit").setText(""))
    await user.do("filter by mark", lambda: part(panel, MarkFilterButton).choose(MarkFilter.UNMARKED))
    await user.do("end of filter", lambda: part(panel, MarkFilterButton).choose(MarkFilter.ANY))
    await user.do("select all again", user.select_all)
    await user.do("remove", lambda: user.act(Action.TRASH))
    await user.do("undo remove", undoable.undo)
    await user.do("redo remove", undoable.redo)
    await user.do("Trash", panel.show_trash)
    await user.do("select all in Trash", user.select_all)
    await user.do("restore", lambda: user.act(Action.RESTORE))
    await user.do("undo restore", undoable.undo)
    await user.do("select all in Trash", user.select_all)
    await user.do("delete permanently", lambda: user.act(Action.DELETE_PERMANENTLY))


async def queue(user: User, controller: WindowController) -> None:
    """Commands on waiting videos. The queue is paused."""
    panel, undoable = controller.panels.library, controller.job_controller.undoable
    jobs = controller.job_list
    await user.do("All", lambda: part(panel, FilterTabs).choose(Tab.ALL))
    await user.do("add waiting", controller.job_list.reload)
    await user.do("select all waiting", user.select_all)
    await user.do("hold", lambda: user.act(Action.HOLD))
    await user.do("release", lambda: user.act(Action.RELEASE))
    await user.do("undo release", undoable.undo)
    await user.do("release again", lambda: user.act(Action.RELEASE))
    lower = [job.id for rows in (range(jobs.rowCount() // 2, jobs.rowCount()),) for job in jobs.jobs_of(rows)]
    await user.do("select the lower half", lambda: user.list.select(lower, opens=False))  # type: ignore[union-attr]
    await user.do("send next", lambda: user.act(Action.MOVE_TO_FRONT))
    await user.do("undo send next", undoable.undo)
    await user.do("redo send next", undoable.redo)
    run = controller.job_controller.run
    await user.do("send last", lambda: run(Action.MOVE_TO_END, lower))
    await user.do("send sooner", lambda: run(Action.MOVE_UP, lower))
    await user.do("send later", lambda: run(Action.MOVE_DOWN, lower))
    await user.do("select all waiting again", user.select_all)
    await user.do("remove waiting", lambda: user.act(Action.TRASH))
    await user.do("undo remove waiting", undoable.undo)


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


async def measure(app: QApplication, data_folder: DataFolder, count: int, only: str) -> list[Measured]:
    """Measure all commands."""
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
        await clips(user, controller)
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
    parser.add_argument("--profile", default="", help="profile the commands whose names have this in them")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ["SORA_DESKTOP_STATE"] = folder
        from bench.sample_library import fill_library

        data_folder = fill_library(Path(folder) / "data", arguments.jobs, posters=False)
        records = Records(data_folder, resources() / "prices.json")
        records.change_settings(paused=True)
        print(f"A plain list of {arguments.jobs} rows")
        for one in peer(arguments.jobs):
            print(f"{one.name:<40}{one.longest:9.1f} ms")
        print(f"\n{arguments.jobs} videos")
        with asyncio.Runner(loop_factory=lambda: LastingLoop(app)) as runner:
            measured = runner.run(measure(app, data_folder, arguments.jobs, arguments.profile))
    worst = max(measured, key=lambda one: one.longest)
    return 0 if verdict(f"longest beat ({worst.name}), ms", worst.longest, TARGET, at_most=True) else 1


if __name__ == "__main__":
    raise SystemExit(main())
