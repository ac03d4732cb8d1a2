"""The window and the engine, joined: who listens to whom, and who is told of what."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from sora_desktop.api.errors import BadUrl
from sora_desktop.child import SandboxWouldNotStart
from sora_desktop.desk.activity import Activity
from sora_desktop.desk.errands import Errands
from sora_desktop.desk.images import ReferenceImages
from sora_desktop.desk.preferences import Preferences
from sora_desktop.desk.queue import QueueDesk
from sora_desktop.desk.verbs import NOT_CONNECTED, JobVerbs
from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.money import Balance
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine import Engine, Listeners
from sora_desktop.state.composer import Composer
from sora_desktop.state.job_list import JobList
from sora_desktop.store import disk
from sora_desktop.store.places import Places
from sora_desktop.store.problems import StoreProblem
from sora_desktop.ui.compose_panel import ComposePanel
from sora_desktop.ui.file_manager import show_in_folder
from sora_desktop.ui.job_panel import JobPanel
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.pictures import Posters, image_at
from sora_desktop.ui.player_panel import PlayerPanel
from sora_desktop.ui.theme import Theme

log = logging.getLogger(__name__)

#: Seconds for which connecting waits for the window to be painted; one that starts out of sight may never be.
PAINT_LIMIT = 1.0
#: Milliseconds without a keystroke after which the draft is kept.
DRAFT_AFTER = 400

_IN_THE_SANDBOX = (
    "You are in the sandbox: clips are rendered on this machine and cost nothing. "
    "To go live, enter your API key in File › Settings."
)


class Desk:
    """Owns the window, the engine below it, and every task started by a wish."""

    def __init__(
        self, app: QApplication, theme: Theme, places: Places, *, closed: Callable[[], None], sandbox: bool
    ) -> None:
        self._app = app
        self._theme = theme
        self._closed = closed
        self._forced_sandbox = sandbox
        self.engine = Engine(
            places,
            Listeners(
                self._job_changed,
                balance=self._balance_told,
                picture=self._picture_made,
                raised=self._raise,
                money=lambda money: self.queue.show_money(money),
                prices=lambda prices: self.queue.show_prices(prices),
                queue=lambda state: self.queue.show_queue(state),
            ),
        )
        self._connecting = asyncio.Lock()
        self._open = False
        self._badge = ""  # which service answers; empty while none is connected
        self._draft_timer = QTimer()
        self._draft_timer.setSingleShot(True)
        self._draft_timer.setInterval(DRAFT_AFTER)
        self._draft_timer.timeout.connect(self._keep_draft)

    async def open(self) -> None:
        """Show the window; what takes longer goes on behind it. Raises StoreProblem."""
        await self.engine.open()
        self._build()
        self._theme.dress()
        self._open = True
        self.window.show()
        self.compose.focus_prompt()
        self._show_remarks()
        self.activity.start()
        self.errands.start(self._connect(), "connect")

    async def aclose(self) -> None:
        """Keep the draft and put everything away."""
        self._draft_timer.stop()
        if self._open:
            self.activity.stop()
            await self.errands.aclose()
            self.player.close_clip()
            self._keep_draft()
            self._keep(window=self.window.save_geometry())
            self.window.hide()
        await self.engine.aclose()

    # -- building ------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme, engine = self._theme, self.engine
        theme.choose(engine.settings.theme)
        self.composer = Composer(*engine.draft_file.load(), prices=engine.prices)
        self.job_list = JobList(engine.store)
        self.compose = ComposePanel(theme)
        self.player = PlayerPanel(theme)
        self.jobs = JobPanel(theme, self.job_list, Posters(engine.pictures.poster))
        self.window = MainWindow(theme, self.compose, self.player, self.jobs, take_key=self.player.take_key)
        self.window.restore_geometry(engine.settings.window)
        self.window.fit_into(self._app.primaryScreen().availableSize())
        self.errands = Errands(self.window.show_notice)
        self.activity = Activity(engine, self.window, lambda: self.verbs.refresh())
        self.images = ReferenceImages(engine.places.images, engine.media, self.composer)
        self.verbs = JobVerbs(engine, self.window, self.player, self.composer, self.job_list, self.errands)
        self.queue = QueueDesk(
            engine,
            self.window,
            self.jobs.queue_bar,
            self.composer,
            self.job_list,
            self.errands,
            self._closed,
        )
        self.preferences = Preferences(engine, theme, self.window, self.errands, self._reconnect)
        self._join_compose()
        self._join_jobs()
        self._join_player()
        self._join_window()
        self.compose.render_view(self.composer.view)
        self.activity.show_counts(self.job_list.counts())

    def _join_compose(self) -> None:
        panel, composer, start = self.compose, self.composer, self.errands.start
        panel.prompt_edited.connect(composer.set_prompt)
        panel.negative_prompt_edited.connect(composer.set_negative_prompt)
        panel.model_chosen.connect(composer.set_model)
        panel.aspect_ratio_chosen.connect(composer.set_aspect_ratio)
        panel.duration_chosen.connect(composer.set_duration)
        panel.quality_chosen.connect(composer.set_quality)
        panel.takes_chosen.connect(composer.set_takes)
        panel.image_offered.connect(lambda file: start(self.images.take_file(file), "reference image"))
        panel.image_data_offered.connect(lambda image: start(self.images.take_picture(image), "pasted image"))
        panel.image_removed.connect(lambda: composer.set_image(None))
        panel.submitted.connect(composer.submit)
        composer.view_changed.connect(panel.render_view)
        composer.view_changed.connect(lambda _: self._draft_timer.start())
        panel.edit_left.connect(composer.leave_edit)
        composer.submitted_edit.connect(lambda id, request: start(self.verbs.save_edit(JobId(id), request), "edit"))
        composer.submitted_request.connect(lambda request, takes: start(self._submit(request, takes), "submit"))

    def _join_jobs(self) -> None:
        jobs, obey = self.jobs, self.verbs.obey
        jobs.opened.connect(self.verbs.show)
        jobs.play_asked.connect(lambda job: obey(job, "open"))
        jobs.verb_asked.connect(obey)
        jobs.star_asked.connect(lambda job: obey(job, "star"))
        jobs.view_chosen.connect(self.job_list.set_view)
        self.job_list.counts_changed.connect(self.activity.show_counts)

    def _join_player(self) -> None:
        player, obey, start = self.player, self.verbs.obey, self.errands.start
        for signal, verb in (
            (player.reuse_asked, "reuse"),
            (player.show_in_folder_asked, "show_in_folder"),
            (player.export_asked, "export"),
            (player.star_asked, "star"),
        ):
            signal.connect(partial(_obeyed, obey, verb))
        player.extend_asked.connect(lambda job: start(self._extend(job), "extend"))
        player.continue_asked.connect(lambda job, image: start(self.images.go_on_from(job, image), "continue"))
        player.continue_asked.connect(lambda *_: self.window.show_compose())
        player.said.connect(lambda words: self.window.show_notice(words, "ok"))
        player.set_volume(self.engine.settings.volume)
        player.set_loop(self.engine.settings.loop)
        player.volume_changed.connect(lambda volume: self._keep(volume=volume))
        player.loop_changed.connect(lambda loop: self._keep(loop=loop))

    def _join_window(self) -> None:
        window = self.window
        window.settings_asked.connect(self.preferences.show)
        window.theme_asked.connect(self.preferences.choose_theme)
        window.open_library_asked.connect(self._open_library)

    # -- the service ---------------------------------------------------------------------------------------------

    async def _painted(self) -> None:
        """Return when the window is on the screen: what is loaded meanwhile would keep a person waiting for it."""
        seen = asyncio.Event()
        self.window.painted.connect(seen.set)
        if not self.window.was_painted:
            with suppress(TimeoutError):
                await asyncio.wait_for(seen.wait(), PAINT_LIMIT)

    async def _connect(self) -> None:
        engine, window = self.engine, self.window
        async with self._connecting:
            await self._painted()
            key = await engine.load_key()
            sandbox = self._forced_sandbox or not key
            window.set_service("Starting the sandbox…" if sandbox else "Connecting…", "muted")
            self.queue.forget_balance()  # it was another service's, or another key's
            try:
                await engine.connect(sandbox=sandbox)
            except (BadUrl, SandboxWouldNotStart):
                window.set_service("Not connected", "error")
                raise
            self._badge = "Sandbox · offline demo" if sandbox else "Live"
            window.set_service(self._badge, "ok" if sandbox or engine.runner.balance is not None else "muted")
            if sandbox and not key and not window.notice:  # what was damaged is said for longer
                window.show_notice(_IN_THE_SANDBOX, "muted")

    async def _reconnect(self) -> None:
        """After new settings; a key that was just entered is meant to be used."""
        self._forced_sandbox = self._forced_sandbox and not self.engine.keys.was_entered
        self._badge = ""
        await self.engine.disconnect()
        await self._connect()

    async def _submit(self, request: VideoRequest, takes: int) -> None:
        async with self._connecting:  # a click in the first second waits for the service to be there
            pass
        if not self.engine.connected:
            self.window.show_notice(NOT_CONNECTED, "warn")
            return
        disk.need_room(self.engine.library if self.engine.library.exists() else self.engine.places.root)
        jobs = await self.engine.runner.submit(request, takes)
        self.jobs.reveal(jobs[-1].id)

    def _show_remarks(self) -> None:
        """Say which files were damaged and what holds instead."""
        engine = self.engine
        files = (engine.database, engine.settings_file, engine.price_file, engine.draft_file)
        remarks = [file.remark for file in files if file.remark]
        if engine.settings_file.remark:
            self.queue.pause(True)  # it may have been paused, or a cap have held: a person decides anew
            remarks.append("The queue is paused: look through File › Settings, then resume it.")
        self.window.show_notice("\n".join(remarks), "warn")

    # -- what the engine says ------------------------------------------------------------------------------------

    def _job_changed(self, job: Job) -> None:
        self.job_list.upsert(job)
        self.queue.show_line()
        shown = self.player.job
        if shown is not None and shown.id == job.id:
            self.verbs.show(job)

    def _balance_told(self, balance: Balance) -> None:
        self.queue.show_balance(balance)
        if self._badge:
            self.window.set_service(self._badge, "ok")  # it has answered, and takes the key

    def _picture_made(self, id: JobId) -> None:
        self.jobs.refresh_pictures(id)
        shown = self.player.job
        if shown is not None and shown.id == id:
            self.player.set_filmstrip(image_at(self.engine.pictures.filmstrip(shown)))

    def _raise(self) -> None:
        self.window.showNormal() if self.window.isMinimized() else self.window.show()
        self.window.raise_()
        self.window.activateWindow()

    # -- small wishes --------------------------------------------------------------------------------------------

    async def _extend(self, job: Job) -> None:
        await self.images.extend(job)
        self.window.show_compose()

    def _open_library(self) -> None:
        try:
            self.engine.library.mkdir(parents=True, exist_ok=True)
        except OSError as trouble:
            self.window.show_notice(f"{self.engine.library} cannot be opened: {trouble.strerror or trouble}.", "error")
        else:
            show_in_folder(self.engine.library)

    def _keep_draft(self) -> None:
        try:
            self.engine.draft_file.save(*self.composer.draft)
        except (StoreProblem, OSError) as trouble:
            log.warning("the draft could not be kept: %s", trouble)

    def _keep(self, **settings: object) -> None:
        try:
            self.engine.change_settings(**settings)
        except OSError as trouble:
            log.warning("the settings could not be kept: %s", trouble)


def _obeyed(obey: Callable[[Job, str], None], verb: str, job: Job) -> None:
    obey(job, verb)
