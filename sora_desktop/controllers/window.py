"""The window and the engine, joined: who listens to whom, and who is told of what."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial

from PySide6.QtCore import QTimer

from sora_desktop.api.errors import BadUrl
from sora_desktop.controllers.activity import Activity
from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.file_manager import show_in_folder
from sora_desktop.controllers.jobs import NOT_CONNECTED, JobController
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.queue import QueueController
from sora_desktop.controllers.reference_images import ReferenceImageController
from sora_desktop.controllers.settings import SettingsController
from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.money import Balance
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.engine.sandbox_process import SandboxStartError
from sora_desktop.store import disk
from sora_desktop.store.errors import StoreError
from sora_desktop.ui.library.posters import image_at

log = logging.getLogger(__name__)

#: Milliseconds without a keystroke after which the draft is kept.
DRAFT_AFTER = 400

_IN_THE_SANDBOX = (
    "You are in the sandbox: clips are rendered on this machine and cost nothing. "
    "To go live, enter your API key in File › Settings."
)

_SOON = "It is queued as soon as the service is there."


class WindowController:
    """Owns the engine behind the window, and every task started by a wish."""

    def __init__(self, panels: Panels, *, closed: Callable[[], None], sandbox: bool) -> None:
        """`closed` is called when a person wants to leave; `sandbox` forces it upon whoever has a key."""
        self.window, self.compose, self.player, self.jobs = panels.window, panels.compose, panels.player, panels.jobs
        self.composer, self.job_list = panels.composer, panels.job_list
        self._panels = panels
        self._closed = closed
        self._forced_sandbox = sandbox
        self.engine = Engine(
            panels.records,
            Listeners(
                self._job_changed,
                balance=self._balance_told,
                preview_ready=self._preview_made,
                raise_window=self._raise,
                money=lambda money: self.queue.show_money(money),
                prices=lambda prices: self.queue.show_prices(prices),
                queue=lambda state: self.queue.show_queue(state),
            ),
        )
        self._connecting = asyncio.Lock()
        self._early_wishes: set[tuple[VideoRequest, int]] = set()
        self._badge = ""  # which service answers; empty while none is connected
        self._draft_timer = QTimer()
        self._draft_timer.setSingleShot(True)
        self._draft_timer.setInterval(DRAFT_AFTER)
        self._draft_timer.timeout.connect(self._keep_draft)
        engine = self.engine
        self.tasks = BackgroundTasks(self.window.show_notice)
        self.activity = Activity(engine, self.window, lambda: self.row_actions.refresh())
        self.images = ReferenceImageController(engine.data_folder.images, engine.media, self.composer)
        self.row_actions = JobController(engine, self.window, self.player, self.composer, self.job_list, self.tasks)
        self.queue = QueueController(
            engine,
            self.window,
            self.jobs.queue_bar,
            self.composer,
            self.job_list,
            self.tasks,
            self._closed,
        )
        self.preferences = SettingsController(engine, panels.theme, self.window, self.tasks, self._reconnect)
        self.composer.view_changed.connect(lambda _: self._draft_timer.start())
        self.job_list.counts_changed.connect(self.activity.show_counts)
        self.activity.show_counts(self.job_list.counts())

    async def open(self) -> None:
        """Set to work behind the window; what takes longer goes on in errands. Raises StoreProblem.

        May be cancelled: whoever wants to leave need not wait for a library that is being rebuilt.
        """
        self._draft_timer.start()  # what was typed until now counts too
        self._panels.grant_close()
        if self.engine.database.was_damaged:
            self.window.show_notice("The library's database was damaged. Its clips are being looked for…", "warn")
        await self.engine.open()
        if self.engine.clips_found:
            self.job_list.reload()
        self._panels.posters.ask(self.engine.previews.poster)
        self.jobs.repaint_rows()
        self._show_remarks()
        self.activity.start()
        self.tasks.start(self._connect(), "connect")
        self._join_compose()  # not before: what is wished meanwhile would be heard twice
        self._join_jobs()
        self._join_player()
        self._join_window()
        self.queue.join()
        self._panels.grant()  # after connecting has begun: what is sent waits for it

    async def aclose(self) -> None:
        """Keep the draft and put everything away."""
        self._draft_timer.stop()
        self.activity.stop()
        await self.tasks.aclose()
        self.player.close_clip()
        self._keep_draft()
        self._keep(window=self.window.save_geometry())
        self.window.hide()
        await self.engine.aclose()

    # -- joining -------------------------------------------------------------------------------------------------

    def _join_compose(self) -> None:
        panel, composer, start = self.compose, self.composer, self.tasks.start
        panel.image_offered.connect(lambda file: self._take_image(self.images.take_file(file)))
        panel.image_data_offered.connect(lambda image: self._take_image(self.images.take_picture(image)))
        composer.edit_submitted.connect(
            lambda id, request: start(self.row_actions.save_edit(JobId(id), request), "edit")
        )
        composer.request_submitted.connect(lambda request, takes: start(self._submit(request, takes), "submit"))

    def _join_jobs(self) -> None:
        jobs, obey = self.jobs, self.row_actions.obey
        jobs.opened.connect(self.row_actions.show)
        jobs.play_requested.connect(lambda job: obey(job, "open"))
        jobs.action_requested.connect(obey)
        jobs.star_requested.connect(lambda job: obey(job, "star"))

    def _join_player(self) -> None:
        player, obey, start = self.player, self.row_actions.obey, self.tasks.start
        for signal, action in (
            (player.reuse_requested, "reuse"),
            (player.show_in_folder_requested, "show_in_folder"),
            (player.export_requested, "export"),
            (player.star_requested, "star"),
        ):
            signal.connect(partial(_obeyed, obey, action))
        player.extend_requested.connect(lambda job: start(self._extend(job), "extend"))
        player.continue_requested.connect(lambda job, image: start(self.images.go_on_from(job, image), "continue"))
        player.continue_requested.connect(lambda *_: self.window.show_compose())
        player.message_raised.connect(lambda message: self.window.show_notice(message, "ok"))
        player.set_volume(self.engine.settings.volume)
        player.set_loop(self.engine.settings.loop)
        player.volume_changed.connect(lambda volume: self._keep(volume=volume))
        player.loop_changed.connect(lambda loop: self._keep(loop=loop))

    def _join_window(self) -> None:
        window = self.window
        window.settings_requested.connect(self.preferences.show)
        window.theme_requested.connect(self.preferences.choose_theme)
        window.open_clips_folder_requested.connect(self._open_library)

    # -- the service ---------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        engine, window = self.engine, self.window
        async with self._connecting:
            key = await engine.load_key()
            sandbox = self._forced_sandbox or not key
            window.set_service("Starting the sandbox…" if sandbox else "Connecting…", "muted")
            self.queue.forget_balance()  # it was another service's, or another key's
            try:
                await engine.connect(sandbox=sandbox)
            except (BadUrl, SandboxStartError):
                window.set_service("Not connected", "error")
                raise
            self.job_list.set_service(engine.service_name)
            self._badge = "Sandbox · offline demo" if sandbox else "Live"
            window.set_service(self._badge, "ok" if sandbox or engine.runner.balance is not None else "muted")
            if sandbox and not key and window.notice in ("", _SOON):  # what was damaged is said for longer
                window.show_notice(_IN_THE_SANDBOX, "muted")

    async def _reconnect(self) -> None:
        """After new settings; a key that was just entered is meant to be used."""
        self._forced_sandbox = self._forced_sandbox and not self.engine.keys.was_entered
        self._badge = ""
        await self.engine.disconnect()
        await self._connect()

    async def _submit(self, request: VideoRequest, takes: int) -> None:
        if self._connecting.locked() and not self._is_first_early_wish(request, takes):
            return
        async with self._connecting:  # a click in the first second waits for the service to be there
            self._early_wishes.discard((request, takes))
        if self.window.notice == _SOON:
            self.window.show_notice("")
        if not self.engine.connected:
            self.window.show_notice(NOT_CONNECTED, "warn")
            return
        disk.require_space(
            self.engine.clips_folder if self.engine.clips_folder.exists() else self.engine.data_folder.root
        )
        jobs = await self.engine.runner.submit(request, takes)
        self.jobs.reveal(jobs[-1].id)

    def _is_first_early_wish(self, request: VideoRequest, takes: int) -> bool:
        """While nothing can be seen of it yet, the same wish again must not buy again."""
        first = (request, takes) not in self._early_wishes
        self._early_wishes.add((request, takes))
        if not self.window.notice:
            self.window.show_notice(_SOON, "muted")
        return first

    def _show_remarks(self) -> None:
        """Say which files were damaged and what holds instead."""
        records = self.engine.records
        warnings = records.warnings
        if records.settings_file.warning:
            self.queue.pause(True)  # it may have been paused, or a cap have held: a person decides anew
            warnings.append("The queue is paused: look through File › Settings, then resume it.")
        for warning in warnings:
            log.warning(warning)  # it was met before there was a log
        self.window.show_notice("\n".join(warnings), "warn")

    # -- what the engine says ------------------------------------------------------------------------------------

    def _job_changed(self, job: Job) -> None:
        self.job_list.upsert(job)
        self.queue.show_line()
        shown = self.player.job
        if shown is not None and shown.id == job.id:
            self.row_actions.show(job)

    def _balance_told(self, balance: Balance) -> None:
        self.queue.show_balance(balance)
        if self._badge:
            self.window.set_service(self._badge, "ok")  # it has answered, and takes the key

    def _preview_made(self, id: JobId) -> None:
        self.jobs.refresh_previews(id)
        shown = self.player.job
        if shown is not None and shown.id == id:
            self.player.set_filmstrip(image_at(self.engine.previews.filmstrip(shown)))

    def _raise(self) -> None:
        self.window.showNormal() if self.window.isMinimized() else self.window.show()
        self.window.raise_()
        self.window.activateWindow()

    # -- small wishes --------------------------------------------------------------------------------------------

    def _take_image(self, taking: Coroutine[object, object, None]) -> None:
        self.composer.begin_image()  # at once: what is asked for in the next moment would lack it
        self.tasks.start(taking, "reference image")

    async def _extend(self, job: Job) -> None:
        await self.images.extend(job)
        self.window.show_compose()

    def _open_library(self) -> None:
        try:
            self.engine.clips_folder.mkdir(parents=True, exist_ok=True)
        except OSError as trouble:
            self.window.show_notice(
                f"{self.engine.clips_folder} cannot be opened: {trouble.strerror or trouble}.", "error"
            )
        else:
            show_in_folder(self.engine.clips_folder)

    def _keep_draft(self) -> None:
        try:
            self.engine.records.draft_file.save(*self.composer.draft)
        except (StoreError, OSError) as trouble:
            log.warning("the draft could not be kept: %s", trouble)

    def _keep(self, **settings: object) -> None:
        try:
            self.engine.change_settings(**settings)
        except OSError as trouble:
            log.warning("the settings could not be kept: %s", trouble)


def _obeyed(obey: Callable[[Job, str], None], action: str, job: Job) -> None:
    obey(job, action)
