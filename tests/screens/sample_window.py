"""The main window with sample jobs in a real database, for the screenshots."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt, QThreadPool
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QApplication, QDialog, QWidget
from screens.film_frames import FilmFrames
from screens.sample_jobs import NOW, SampleJobs
from waiting import PATIENCE, Condition, until

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.controllers.frame_readers import FrameReaders
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.money import Balance
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.state.clip_text import facts_shown
from sora_desktop.state.compare_view import CompareView, compare_view
from sora_desktop.state.composer import Composer
from sora_desktop.state.differences import ComparedJob
from sora_desktop.state.job_list import JobList
from sora_desktop.state.job_services import JobService
from sora_desktop.state.window_view import Activity, ServiceBadge, WindowFacts, WindowState
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.prices import PriceFile
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.compare.compare_panel import ComparePanel
from sora_desktop.ui.compare.compare_stage import CompareStage
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.library.posters import Posters, image_at
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.player.scrub_bar import ScrubBar
from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.window.main_window import MainWindow

#: Of `checked_parts`.
OVERLAYS = "overlays"


class SampleWindow:
    """`async with SampleWindow(...) as sample`: a window that is closed at the end."""

    def __init__(
        self,
        theme: AppTheme,
        samples: SampleJobs,
        folder: Path,
        image: ReferenceImage,
        size: tuple[int, int] = (1440, 900),
        *,
        decodes: bool = False,
    ) -> None:
        """`folder` is a new one, for a database to which the jobs are written. `decodes`: the clips are real ones."""
        self.theme = theme
        self.samples = samples
        self.folder = folder
        self.image = image
        self.resources = Path(__file__).parents[2] / "resources"
        #: Popups and dialogs over the window.
        self.overlays: list[QWidget] = []
        #: Those that are as large as the window.
        self.covers: list[QWidget] = []
        self._prices = PriceFile(folder / "prices.json", self.resources / "prices.json").load()
        self._database = Database(folder / "library.db")
        self._size = size
        self._compare: ComparePanel | None = None
        self._frame_readers = FrameReaders() if decodes else None

    async def __aenter__(self) -> SampleWindow:
        await self._database.open()
        store = JobStore(self._database)
        await store.add(self.samples.jobs)
        self.composer = Composer(CAPABILITIES, prices=self._prices)
        self.compose = ComposePanel(self.theme, CAPABILITIES)
        films = {job.phase.clip.file.name: job for job in self.samples.jobs if isinstance(job.phase, Ready)}
        self._open_frames = FilmFrames(films) if self._frame_readers is None else self._frame_readers.open
        self.job_list = JobList(store, CAPABILITIES, now=lambda: NOW)
        self.jobs = LibraryPanel(self.theme, self.job_list, Posters(self.samples.poster))
        self.player = PlayerPanel(self.theme, _facts_of, self._open_frames, self.jobs.job_actions)
        self.window_state = WindowState()
        self.window = MainWindow(self.theme, self.compose, self.player, self.jobs)
        self.window_state.view_changed.connect(self.window.render_view)
        self.composer.view_changed.connect(self.compose.render_view)
        self.compose.request_edited.connect(self.composer.set_request)
        self.jobs.opened.connect(self._open)
        self.jobs.view_chosen.connect(self.job_list.set_view)
        self.composer.load_request(VideoRequest())
        self.player.set_volume(0.8)
        self.window.resize(*self._size)
        self.window.show()
        await self.wait_until(self._activated)
        return self

    def _activated(self) -> bool:
        """Ask again until it is: a dialog of the window before may take the activity when it closes."""
        if not self.window.isActiveWindow():
            self.window.activateWindow()
        return self.window.isActiveWindow()

    async def __aexit__(self, *_: object) -> None:
        for overlay in self.overlays:
            overlay.close()
        self.player.close_clip()
        if self._compare is not None:
            self._compare.close_clips()
        if self._frame_readers is not None:
            self._frame_readers.close()
        self.window.hide()
        self.window.deleteLater()
        await self._database.aclose()
        await asyncio.sleep(0)

    def show_status(self) -> None:
        """Fill the header and the status bar as if the sandbox were running."""
        counts = self.job_list.counts()
        balance = Balance(Decimal(1240), NOW)
        self.composer.set_balance(balance)
        self.window_state.set_facts(
            WindowFacts(
                service=ServiceBadge.SANDBOX,
                unit=CAPABILITIES.unit,
                balance=balance,
                activity=Activity(3, 1, 8_200_000) if counts.active else Activity(),
                counts=counts,
            )
        )

    def show_chosen_service(self, name: str, capabilities: Capabilities) -> None:
        """Fill the header as if this service of the user's own were the current one."""
        state = ServiceState(
            name,
            name,
            "openai",
            profile="",
            urls=("http://127.0.0.1:8091/v1",),
            availability=Availability.ONLINE,
            reason="",
            capabilities=capabilities,
            bills=False,
            balance=None,
            is_default=True,
            is_current=True,
        )
        self.composer.set_balance(None)
        facts = replace(self.window_state.facts, current=state, unit=capabilities.unit, balance=None)
        self.window_state.set_facts(facts)

    def select(self, id: str) -> None:
        """Select the row of the job, as a click does."""
        row = self.job_list.row_of(JobId(id))
        assert row is not None, id
        self.list.setCurrentIndex(self.job_list.index(row))

    async def compare(self, *ids: str, frame: int = 91) -> ComparePanel:
        """Compare the clips of these jobs, as the controller does, until their pictures are shown."""
        player, actions = self.player, self.window.compare_actions
        panel = self._compare = ComparePanel(
            self.theme,
            _facts_of,
            lambda job: image_at(self.samples.filmstrip(job)),
            self._open_frames,
            player.actions_of_playback,
            actions,
        )
        panel.set_volume(0.8)
        player.stand_aside()
        player.actions_of_playback.show_state(is_open=True)
        self.window.show_compare(panel)
        panel.show_view(self._compared(ids), frame=frame)
        panel.focus_stage()
        self.select(ids[0])
        self.jobs.show_letters(panel.view.letters, panel.current_job.id)
        stage = panel.findChild(CompareStage)
        assert stage is not None
        clips = [pane for pane in panel.view.panes if not pane.message]
        await self.wait_until(lambda: sum(image.picture is not None for image in stage.images) == len(clips))
        return panel

    def _compared(self, ids: Sequence[str]) -> CompareView:
        by_id = {str(job.id): job for job in self.samples.jobs}
        service = JobService("Sora 2 Video API", CAPABILITIES)
        jobs = [by_id[id] for id in ids]
        messages = ["" if _file_of(job).exists() else f"{_file_of(job).name} is missing." for job in jobs]
        compared = [
            ComparedJob(job, service, self._prices.price_of(job.request), 76.0 - 4 * take, take)
            for take, job in enumerate(jobs, 1)
        ]
        return compare_view(compared, messages)

    @property
    def list(self) -> QAbstractItemView:
        found = self.window.findChild(QAbstractItemView, "jobList")
        assert isinstance(found, QAbstractItemView)
        return found

    async def go_to(self, frame: int) -> None:
        """Show a frame of the open clip."""
        view, bar = self.window.findChild(VideoView, "videoView"), self.window.findChild(ScrubBar, "scrubBar")
        assert isinstance(view, VideoView) and isinstance(bar, ScrubBar)
        await self.wait_until(lambda: not view.image().isNull())
        bar.seek_requested.emit(frame)
        await self.wait_until(lambda: self.player.frame == frame)

    async def play_from(self, frame: int) -> None:
        """Play the open clip from a frame until a later frame is shown."""
        await self.go_to(frame)
        self.player.play()
        await self.wait_until(lambda: self.player.is_playing and self.player.frame > frame)

    async def wait_until(self, condition: Condition) -> None:
        """Return once the condition is true."""
        await asyncio.wait_for(until(condition), PATIENCE)

    def resize(self, size: tuple[int, int]) -> None:
        """Give the window another size."""
        self.window.resize(*size)
        for cover in self.covers:
            cover.resize(*size)

    def checked_parts(self, name: str) -> Iterator[QWidget]:
        """What faults are looked for in: the part with this object name, or the window and what is over it.

        `OVERLAYS`: only what is over it.
        """
        if name == OVERLAYS:
            yield from self.overlays
        elif not name:
            yield from (self.window, *self.overlays)
        else:
            found = [part for part in (*self.overlays, self.window.findChild(QWidget, name)) if part is not None]
            yield next(part for part in found if part.objectName() == name)

    async def idle(self) -> None:
        """Finish pending work: thumbnails, layouts, repaints."""
        QThreadPool.globalInstance().waitForDone()
        for _ in range(5):
            await asyncio.sleep(0)
            QApplication.sendPostedEvents()

    def open_dialog(self, dialog: QDialog) -> None:
        """Open a dialog over the window."""
        dialog.open()
        self.overlays.append(dialog)

    def dialog(self) -> QDialog:
        """The dialog that the window has opened by itself."""
        return next(dialog for dialog in self.window.findChildren(QDialog) if dialog.isVisible())

    async def screenshot(self) -> QPixmap:
        """The window with what stands over it."""
        await self.idle()
        screenshot = self.window.grab()
        painter = QPainter(screenshot)
        for overlay in self.overlays:
            if isinstance(overlay, QDialog):
                self._paint_dialog(painter, overlay)
            else:
                painter.drawPixmap(self.window.mapFromGlobal(overlay.geometry().topLeft()), overlay.grab())
        painter.end()
        return screenshot

    def _paint_dialog(self, painter: QPainter, dialog: QDialog) -> None:
        """In the middle of the window, since nothing places it without a window manager."""
        place = QRect(QPoint(0, 0), dialog.size())
        place.moveCenter(self.window.rect().center())
        painter.fillRect(self.window.rect(), QColor(0, 0, 0, 90))
        painter.drawPixmap(place.topLeft(), dialog.grab())
        painter.setPen(self.theme.color("line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place.adjusted(0, 0, -1, -1))

    def _open(self, job: Job) -> None:
        if isinstance(job.phase, Ready):
            self.player.open_clip(job, image_at(self.samples.filmstrip(job)))
        else:
            text = self.job_list.text_of(job)
            self.player.show_job(job, "\n".join(text.all), text.link)


def _facts_of(job: Job) -> tuple[str, ...]:
    return facts_shown(job, CAPABILITIES)


def _file_of(job: Job) -> Path:
    assert isinstance(job.phase, Ready), job.id
    return job.phase.clip.file
