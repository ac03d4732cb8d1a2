"""The whole window in this process, with a real sandbox in another process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from drag_and_drop import drag_and_drop
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QTreeView, QWidget
from sandbox_server import SandboxServer, sandbox
from waiting import Condition, until

from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.window import WindowController
from sora_desktop.domain.job import Job
from sora_desktop.jobs.polling import schedule
from sora_desktop.state.dragged_jobs import dragged_jobs
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.records import Records
from sora_desktop.system.resources import resources
from sora_desktop.ui.app_theme import AppTheme

CTRL = Qt.KeyboardModifier.ControlModifier


class Hand:
    """The user of the window: finds controls by object name, clicks, types, waits."""

    def __init__(self, controller: WindowController) -> None:
        self.controller = controller

    def part(self, name: str) -> QWidget:
        for window in (self.controller.window, *QApplication.topLevelWidgets()):
            found = window if window.objectName() == name else window.findChild(QWidget, name)
            if isinstance(found, QWidget):
                return found
        raise AssertionError(f"there is no widget named {name}")

    def click(self, name: str) -> None:
        part = self.part(name)
        assert isinstance(part, QAbstractButton) and part.isEnabled(), name
        QTest.mouseClick(part, Qt.MouseButton.LeftButton)

    def type(self, name: str, text: str) -> None:
        part = self.part(name)
        part.setFocus()
        QTest.keyClicks(part, text)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.controller.window.focusWidget() or self.controller.window, key, modifier)

    def drop(self, name: str, *files: Path) -> None:
        part = self.part(name)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
        assert drag_and_drop(part, mime), "the drop area accepts no files"

    def drop_rows(self, name: str, *jobs: Job) -> None:
        assert drag_and_drop(self.part(name), dragged_jobs(jobs)), f"{name} accepts no rows"

    def text(self, name: str) -> str:
        part = self.part(name)
        assert isinstance(part, QLabel | QAbstractButton), name
        return part.text()

    @property
    def notices(self) -> str:
        """The texts of all notices, the most serious first, one a line."""
        return "\n".join(notice.text for notice in self.controller.panels.window_state.view.notices)

    @property
    def toasts(self) -> str:
        """The texts of all toasts, one a line."""
        shown = [toast for toast in self.controller.panels.toasts.slots if toast is not None]
        return "\n".join(f"{toast.text} {toast.detail}" for toast in shown)

    def jobs(self) -> list[Job]:
        """The jobs of the list, from the top."""
        model = self.controller.job_list
        return [job for row in range(model.rowCount()) if (job := model.job_at(model.index(row))) is not None]

    def choose_row(self, row: int) -> None:
        view = self.part("jobList")
        assert isinstance(view, QTreeView)
        place = view.visualRect(self.controller.job_list.index(row))
        spot = QPoint(place.left() + 40, place.center().y())
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)

    async def until(self, condition: Condition) -> None:
        """Return once the condition is true. When the time limit of the test ends it, it says what the user saw."""
        try:
            await until(condition, 0.02)
        except asyncio.CancelledError as error:
            error.add_note(f"jobs: {[job.phase for job in self.jobs()]}; notices: {self.notices!r}")
            raise


@pytest.fixture
def service() -> Iterator[SandboxServer]:
    """A sandbox whose clips are small and rendered quickly."""
    with sandbox("--tiny", "--frame-strip", "--speed", "40") as there:
        yield there


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: SandboxServer) -> DataFolder:
    """A data folder, and the environment that leads to the sandbox. Renderings are polled more often than usual."""
    monkeypatch.setattr(schedule, "LONGEST_UNLIMITED_PAUSE", 0.1)
    monkeypatch.setenv("SORA_BASE_URL", service.base_url)
    monkeypatch.setenv("SORA_API_KEY", service.key)
    data_folder = DataFolder.at(tmp_path / "data")
    data_folder.make()
    return data_folder


class Opened:
    """`async with Opened(...) as hand` opens a window and closes it at the end."""

    def __init__(self, app: QApplication, theme: AppTheme, data_folder: DataFolder) -> None:
        self.closed: list[bool] = []
        self._panels = Panels(
            theme, Records(data_folder, resources() / "prices.json"), app.primaryScreen().availableSize()
        )
        self._controller = WindowController(self._panels, closed=lambda: self.closed.append(True), sandbox=False)

    async def __aenter__(self) -> Hand:
        self._panels.show()
        await self._controller.open()
        hand = Hand(self._controller)
        self._controller.window.resize(1440, 900)  # independent of the screen of the test
        await hand.until(lambda: hand.controller.engine.connected)
        return hand

    async def __aexit__(self, *_: object) -> None:
        await self._controller.aclose()
        self._controller.window.deleteLater()


@pytest.fixture
def open_program(qapp: QApplication, late_theme: AppTheme, data_folder: DataFolder) -> Callable[[], Opened]:
    """Opens the window on the same data, any number of times."""
    return lambda: Opened(qapp, late_theme, data_folder)
