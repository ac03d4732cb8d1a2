"""The window's own panels, set up for a picture: a real list over a real store, a real clip in the player."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QThreadPool
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget
from screens.library import NOW, Library

from sora_desktop.api.sora.profile import CAPABILITIES
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.money import Balance, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.composer import Composer
from sora_desktop.state.job_list import JobList
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.library.posters import Posters, image_at
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.player.scrub_bar import ScrubBar
from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.window.main_window import MainWindow

PATIENCE = 15.0  # seconds


class Stage:
    """`async with Stage(...) as stage`: one window from its start to its end."""

    def __init__(
        self, theme: Theme, library: Library, prices: PriceTable, database: Path, size: tuple[int, int] = (1440, 900)
    ) -> None:
        """`database` is a file that is not there yet; the library's jobs are written into it."""
        self._theme = theme
        self._library = library
        self._prices = prices
        self._database = Database(database)
        self._size = size

    async def __aenter__(self) -> Stage:
        await self._database.open()
        store = JobStore(self._database)
        await store.add(self._library.jobs)
        self.composer = Composer(CAPABILITIES, prices=self._prices)
        self.compose = ComposePanel(self._theme, CAPABILITIES)
        self.player = PlayerPanel(self._theme, CAPABILITIES)
        self.job_list = JobList(store, CAPABILITIES, now=lambda: NOW)
        self.jobs = LibraryPanel(self._theme, self.job_list, Posters(self._library.poster))
        self.window = MainWindow(self._theme, self.compose, self.player, self.jobs, handle_key=self.player.handle_key)
        self.composer.view_changed.connect(self.compose.render_view)
        self.compose.request_edited.connect(self.composer.set_request)
        self.jobs.opened.connect(self._open)
        self.composer.load_request(VideoRequest())
        self.player.set_volume(0.8)
        self.window.resize(*self._size)
        self.window.show()
        self.window.activateWindow()
        await self.until(self.window.isActiveWindow)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.player.close_clip()
        self.window.hide()
        self.window.deleteLater()
        await self._database.aclose()
        await asyncio.sleep(0)

    def say_where_it_stands(self) -> None:
        """The badges and the bottom line, as with the sandbox at work."""
        counts = self.job_list.counts()
        balance = Balance(Decimal(1240), NOW)
        self.composer.set_balance(balance)
        self.window.set_service("Sandbox · offline demo", "ok")
        self.window.set_balance("1 240 credits")
        if counts.active:
            self.window.set_activity("3 active · 1 queued     ↓ 8.2 MB/s")
            self.window.set_totals(f"Library {counts.done} videos · {counts.clip_bytes / 1e9:.1f} GB")
        else:
            self.window.set_activity("Nothing is running")

    def choose(self, id: str) -> None:
        """Select the job's row, as a click does."""
        row = self.job_list.row_of(JobId(id))
        assert row is not None, id
        self.list.setCurrentIndex(self.job_list.index(row))

    @property
    def list(self) -> QAbstractItemView:
        found = self.window.findChild(QAbstractItemView, "jobList")
        assert isinstance(found, QAbstractItemView)
        return found

    async def play_from(self, frame: int) -> None:
        """Play the open clip from that frame on, until a picture of it has been shown."""
        job = self.player.job
        assert job is not None and isinstance(job.phase, Ready)
        view, bar = self.window.findChild(VideoView, "videoView"), self.window.findChild(ScrubBar, "scrubBar")
        assert isinstance(view, VideoView) and isinstance(bar, ScrubBar)
        await self.until(lambda: not view.image().isNull())
        bar.seek_requested.emit((frame + 0.5) / job.phase.clip.facts.frames)
        await self.until(lambda: self.player.frame == frame)
        self.player.play()
        await self.until(lambda: self.player.is_playing and self.player.frame > frame)

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until it is true."""
        for _ in range(int(PATIENCE * 100)):
            if true():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the window does not come to what the picture shows")

    async def idle(self) -> None:
        """Let what is due happen: thumbnails that are being read, layouts, paintings."""
        QThreadPool.globalInstance().waitForDone()
        for _ in range(5):
            await asyncio.sleep(0)
            QApplication.sendPostedEvents()

    async def picture(self, over: QWidget | None = None) -> QPixmap:
        """The window as it is now, with a dialog over it if one is given."""
        await self.idle()
        picture = self.window.grab()
        if over is not None:
            sheet = over.grab()
            place = QPoint((picture.width() - sheet.width()) // 2, (picture.height() - sheet.height()) // 2)
            painter = QPainter(picture)
            painter.fillRect(picture.rect(), QColor(0, 0, 0, 90))
            painter.drawPixmap(place, sheet)
            painter.setPen(self._theme.color("line"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(place.x(), place.y(), sheet.width() - 1, sheet.height() - 1)
            painter.end()
        return picture

    def _open(self, job: Job) -> None:
        if isinstance(job.phase, Ready):
            self.player.open_clip(job, image_at(self._library.filmstrip(job)))
        else:
            self.player.show_job(job, "\n".join(self.job_list.text_of(job).all))
