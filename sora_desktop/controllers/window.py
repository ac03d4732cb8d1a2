"""Connects the panels to the engine: what the user asks for goes down, what has changed comes up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace

from PySide6.QtCore import QTimer

from sora_desktop.api.http.download_process import DownloadProcess
from sora_desktop.controllers.about import open_about
from sora_desktop.controllers.activity import ActivityMonitor
from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.clip_commands import ClipCommands
from sora_desktop.controllers.compare import CompareController
from sora_desktop.controllers.connection import ConnectionController
from sora_desktop.controllers.desktop import DesktopController
from sora_desktop.controllers.file_manager import FileManager
from sora_desktop.controllers.finished_clips import FinishedClips
from sora_desktop.controllers.jobs import JobController
from sora_desktop.controllers.open_clip import OpenClipController
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.queue import QueueController
from sora_desktop.controllers.reference_images import LEFT_OUT_KEY, ReferenceImageController
from sora_desktop.controllers.review import ReviewController
from sora_desktop.controllers.service_settings import ServiceSettingsController
from sora_desktop.controllers.services import ServicesController
from sora_desktop.controllers.settings import SettingsController
from sora_desktop.controllers.spoken_ends import SpokenEnds
from sora_desktop.domain.job import ChangedJobs, Job, JobId
from sora_desktop.domain.library import Counts, poster_name
from sora_desktop.domain.money import Balance
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.connection import Connected, Disconnected
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.last_answers import waiting_text
from sora_desktop.engine.listeners import Listeners
from sora_desktop.state.actions import Action
from sora_desktop.state.notices import Notice
from sora_desktop.state.toasts import Toast
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import (
    CONNECTION,
    NOT_CONNECTED,
    PAUSED_AFTER_LOSS,
    SANDBOX_GREETING,
    WAITING_FOR_SERVICE,
)
from sora_desktop.store import disk
from sora_desktop.store.errors import StoreError
from sora_desktop.system.desktop_notifications import DesktopNotifications
from sora_desktop.ui.library.posters import cell_at, image_at

log = logging.getLogger(__name__)

#: Milliseconds without a keystroke after which the draft is saved.
SAVE_DRAFT_AFTER = 400
#: Shown until the clips of a damaged library have been found.
SEARCHING = "The library database was damaged. Searching for its clips…"
#: The subject of the notice about a request that was not queued.
_SUBMIT = "submit"


class WindowController:
    """Owns the engine of the window, the controllers, and every task that a user request starts."""

    def __init__(
        self,
        panels: Panels,
        *,
        closed: Callable[[], None],
        sandbox: bool,
        desktop: DesktopNotifications | None = None,
        download_process: DownloadProcess | None = None,
    ) -> None:
        """`closed` is called when the user closes the program. `sandbox`: use the sandbox even if a key is stored.

        `desktop` shows notifications; None: there are none. `download_process`: see Engine.
        """
        self.panels = panels
        self.window, self.composer, self.job_list = panels.window, panels.composer, panels.job_list
        self._window_state = panels.window_state
        self.engine = engine = Engine(
            panels.records,
            Listeners(
                self._jobs_changed,
                balance=self._balance_changed,
                preview_ready=self._preview_ready,
                raise_window=self.window.bring_to_front,
                money=lambda money: self.queue_controller.show_money(money),
                prices=lambda prices: self.queue_controller.show_prices(prices),
                queue=self._queue_changed,
                warning=self._warn,
                services=lambda states: self.services_controller.show_states(states),
            ),
            download_process=download_process,
        )
        #: Held while the service is being connected. Requests wait for it.
        self._connecting = engine.services.openings.connecting
        self.job_list.set_overrides(engine.overrides)
        self._window_state.set_facts(replace(self._window_state.facts, overrides=engine.overrides))
        self._late_warnings: list[str] = []  # also those that come while the engine is being opened
        self._tasks = tasks = BackgroundTasks(self._window_state.show_notice, self._window_state.end_notice)
        self._file_manager = FileManager(tasks, self._window_state.show_notice)
        self.job_controller = JobController(
            engine,
            panels,
            tasks,
            panels.submit_guard,
            lambda jobs: self.compare_controller.compare(jobs),
            lambda: self.compare_controller.leave(),
            lambda jobs: self._review.start(jobs),
        )
        self._open_clip_controller = OpenClipController(engine, panels, tasks, self._file_manager)
        jobs = self.job_controller
        self.compare_controller = CompareController(
            engine,
            panels,
            jobs.run,
            jobs.clip_exporter.export,
            lambda panel: self._clip_commands.connect_compared(panel),
        )
        self._review = ReviewController(
            panels, self.compare_controller, engine.store.read, jobs.run, jobs.clip_exporter.export
        )
        self.queue_controller = QueueController(engine, panels, tasks, closed)
        service_settings = ServiceSettingsController(engine, panels, tasks)
        self.services_controller = ServicesController(engine, panels, tasks, self.queue_controller, service_settings)
        #: Connects the first service, or the sandbox.
        self.connection = ConnectionController(
            engine, panels, self.queue_controller, self.services_controller, sandbox=sandbox
        )
        self.settings_controller = SettingsController(
            engine, panels, tasks, service_settings, self.connection.reconnect
        )
        self.image_controller = ReferenceImageController(
            engine.data_folder.images,
            engine.media,
            self.composer,
            engine.store,
            self.job_controller.form,
            panels.toasts,
        )
        self._clip_commands = ClipCommands(
            panels, tasks, self._open_clip_controller, self.image_controller, self.compare_controller
        )
        self._clip_commands.settings_chosen.connect(lambda settings: self._save_settings(**settings))
        self._finished_clips = FinishedClips(panels, engine.previews.poster, self.job_controller.play)
        self._spoken_ends = SpokenEnds(panels)
        self._desktop = DesktopController(engine, panels, tasks, self.job_controller, desktop)
        self._activity = ActivityMonitor(engine, self._window_state, self.job_controller.refresh_shown_job)
        self._draft_timer = QTimer()
        self._draft_timer.setSingleShot(True)
        self._draft_timer.setInterval(SAVE_DRAFT_AFTER)
        self._draft_timer.timeout.connect(self._save_draft)
        self.composer.view_changed.connect(lambda _: self._draft_timer.start())
        self.job_list.new_clip_opened.connect(self._clip_opened)
        self.job_list.counts_changed.connect(self._counts_changed)
        self.job_list.queue_read.connect(self.queue_controller.show_waiting)

    async def open(self) -> None:
        """Open the engine, then connect the service in the background. Raises StoreError.

        May be cancelled: the user can close the window while a damaged library is being rebuilt.
        """
        self._draft_timer.start()  # what was typed before counts too
        self.panels.release_close()
        if self.engine.database.was_damaged:
            self._window_state.show_notice(SEARCHING, Tone.WARN)
        await self.engine.open()
        self._window_state.end_notice(SEARCHING)
        if self.engine.clips_found:
            self.job_list.reload()
        self.panels.posters.set_source(self.engine.previews.poster)
        self.panels.library.repaint_rows()
        self._show_warnings()
        self._activity.start()
        self._tasks.start(self.connection.connect(), "connect", notice_key=CONNECTION)
        self._connect_signals()  # not before: requests made meanwhile are held, and would arrive twice
        self.queue_controller.connect_signals()
        self.services_controller.connect_signals()
        self.panels.release()  # after `connect` was started: requests wait for it
        self._open_clip_controller.reopen()
        self.panels.frame_readers.warm_up()

    async def aclose(self) -> None:
        """Save the draft and close everything. The window stays in sight while an answer to a create is awaited."""
        self._draft_timer.stop()
        self._activity.stop()
        self._desktop.close()
        await self._tasks.aclose()
        self.compare_controller.close()
        open_clip = self._open_clip_controller.settings
        self.panels.close()
        self._save_draft()
        keys = self.window.actions_listed.chosen_keys
        last_actions = self.window.last_used
        self._save_settings(window=self.window.save_geometry(), keys=keys, last_actions=last_actions, **open_clip)
        seconds = self.engine.seconds_to_answer
        if seconds is None:
            self.window.hide()
        else:
            closing = Notice(f"{waiting_text(seconds)} Then the window closes.", Tone.WARN)
            self._window_state.set_facts(replace(self._window_state.facts, notices=(closing,)))  # the others are over
            self.window.setEnabled(False)
        await self.engine.aclose()
        self.window.hide()

    def _connect_signals(self) -> None:
        """Each request of the user, and the one method that answers it. The queue's are in `QueueController`."""
        compose, library, window = self.panels.compose, self.panels.library, self.window
        start = self._tasks.start

        self.composer.request_submitted.connect(
            lambda request, takes, price: start(self._submit(request, takes, price), "submit", notice_key=_SUBMIT)
        )
        self.composer.edit_submitted.connect(
            lambda id, request: start(self.job_controller.save_edit(JobId(id), request), "edit")
        )
        compose.image_offered.connect(lambda offer: self._take_image(self.image_controller.take(offer)))
        compose.jobs_dropped.connect(self._reuse_dropped)

        library.opened.connect(lambda job: self.compare_controller.open_row(job, self.job_controller.show))
        library.action_requested.connect(self.job_controller.run)
        self.panels.player.link_followed.connect(self.job_controller.follow)
        library.empty_trash_requested.connect(self.job_controller.trash.empty)
        library.export_picks_requested.connect(self.job_controller.export_picks)
        library.trash_rejects_requested.connect(self.job_controller.trash_rejects)
        window.undo_requested.connect(self.job_controller.undoable.undo)
        window.redo_requested.connect(self.job_controller.undoable.redo)

        window.jobs_dropped.connect(self.compare_controller.drop)
        self._clip_commands.connect_player()
        listed = window.actions_listed
        listed.keys_changed.connect(lambda: self._save_settings(keys=listed.chosen_keys))

        self._window_state.notice_dismissed.connect(self._notice_dismissed)
        window.settings_requested.connect(self.settings_controller.open_dialog)
        window.services_requested.connect(lambda: self.settings_controller.open_dialog(services=True))
        window.limit_requested.connect(self.settings_controller.open_limit)
        window.theme_requested.connect(self.settings_controller.choose_theme)
        window.open_clips_folder_requested.connect(lambda: self._file_manager.show_folder(self.engine.clips_folder))
        window.about_requested.connect(lambda: open_about(self.engine, window, self._file_manager.show_folder))

    async def _submit(self, request: VideoRequest, takes: int, price: str) -> None:
        """Queue the request, as soon as the service is connected. Until then, a repeat of it is not queued.

        `price` is what the button showed. If the service has another price, the user is asked to submit again.
        """
        submission = (request, takes, None)
        if self._connecting.locked() and self.panels.submit_guard.is_pending(submission):
            return
        with self.panels.submit_guard.pending(submission):
            if self._connecting.locked():
                self._window_state.add_notice(WAITING_FOR_SERVICE)
            async with self._connecting:
                pass
            await self.services_controller.wait_for_current()
            self._window_state.end_notice(WAITING_FOR_SERVICE.subject)
            match self.engine.connection:
                case Disconnected():
                    self._window_state.show_notice(NOT_CONNECTED, Tone.WARN)
                case Connected() if (known := self.composer.price_text_of(request, takes)) != price:
                    shown = f"the price is {known}, and the button showed {price or 'none'}"
                    text = f"Not queued: {shown}. Submit again to accept it."
                    self._window_state.show_notice(text, Tone.WARN, _SUBMIT)
                case Connected(runner=runner):
                    folder = self.engine.clips_folder
                    disk.require_space(folder if folder.exists() else self.engine.data_folder.root)
                    self.job_controller.show_queued(await runner.commands.submit(request, takes))
                    self._window_state.end_notice(_SUBMIT)

    def _reuse_dropped(self, ids: Sequence[JobId]) -> None:
        self.job_controller.run(Action.REUSE, ids)
        if len(ids) > 1:
            text = f"Only the first of {len(ids)} videos is used"
            self.panels.toasts.show(Toast(text, "The form holds one request", key=LEFT_OUT_KEY))

    def _take_image(self, work: Coroutine[object, object, None]) -> None:
        self.composer.begin_image()  # at once: a request submitted before the task runs would lack the image
        self._tasks.start(work, "reference image")

    def _clip_opened(self, id: str) -> None:
        self._finished_clips.clip_opened(JobId(id))
        self._tasks.start(self.engine.store.note_clip_opened(JobId(id)), "note that the clip was opened")

    def _notice_dismissed(self, notice: Notice) -> None:
        if notice.subject == SANDBOX_GREETING.subject:
            self._save_settings(greet_in_sandbox=False)

    def _jobs_changed(self, changed: ChangedJobs) -> None:
        """Show changed jobs. Those that were changed together are no news: the user has done that."""
        if len(changed.jobs) == 1 and changed.is_last:
            self._show_job(changed.jobs[0])
        else:
            shown = self.panels.player.job
            before = None if shown is None else self.job_list.find(shown.id)
            self.job_list.upsert_many(changed)
            for job in {job.service: job for job in changed.jobs}.values():
                self.services_controller.job_changed(job)
            for job in changed.jobs:
                self._show_opened(before, job)
        self.queue_controller.show_waiting()

    def _show_job(self, job: Job) -> None:
        before = self.job_list.find(job.id)
        has_toast = self._finished_clips.job_changed(before, job)
        self._desktop.job_changed(before, job)
        self.job_list.upsert(job)
        if not has_toast:
            self._spoken_ends.job_changed(before, job)
        self.services_controller.job_changed(job)
        self._show_opened(before, job)

    def _show_opened(self, before: Job | None, job: Job) -> None:
        """Show a changed job where it is compared or played."""
        shown = self.panels.player.job
        if self.compare_controller.is_open:
            self._review.job_changed(job)  # first: it shows other clips in place of one that is gone
            self.compare_controller.job_changed(job)
        elif shown is not None and shown.id == job.id:
            self.job_controller.shown_job_changed(before, job)

    def _queue_changed(self, state: QueueState) -> None:
        self.queue_controller.show_queue(state)
        self._desktop.queue_changed(state)

    def _balance_changed(self, balance: Balance) -> None:
        self.queue_controller.show_balance(balance)
        self.connection.note_answer()

    def _preview_ready(self, id: JobId) -> None:
        if id not in self.panels.posters:
            self._tasks.start(self._show_poster(id), f"poster of {id}")
        self._finished_clips.refresh_picture(id)
        self.compare_controller.preview_ready(id)
        shown = self.panels.player.job
        if shown is not None and shown.id == id:
            self.panels.player.set_filmstrip(image_at(self.engine.previews.filmstrip(shown)))

    async def _show_poster(self, id: JobId) -> None:
        """Read a new poster outside the window's thread, then paint its row."""
        cell = await asyncio.to_thread(cell_at, self.engine.data_folder.posters / poster_name(id))
        self.panels.posters.add(id, cell)
        self.panels.library.refresh_previews(id)

    def _counts_changed(self, counts: Counts, _of_service: Counts) -> None:
        self._window_state.set_facts(replace(self._window_state.facts, counts=counts))

    def _warn(self, warning: str) -> None:
        self._late_warnings.append(warning)
        self._window_state.show_notice(warning, Tone.WARN)

    def _show_warnings(self) -> None:
        """Tell the user which files were damaged and what applies instead."""
        records = self.engine.records
        warnings = [*records.warnings, *self._late_warnings]
        if records.settings_file.warning:
            # The lost settings may have paused the queue or set a spending limit: the user has to decide again.
            self.queue_controller.pause(True)
            warnings.append(PAUSED_AFTER_LOSS)
        if ignored := self.panels.ignored_keys:  # said once: they are not saved again
            warnings.append(f"These keyboard shortcuts of the settings cannot be used: {ignored}.")
        for warning in warnings:
            log.warning(warning)  # again: there was no log when it was found
            self._window_state.show_notice(warning, Tone.WARN)

    def _save_draft(self) -> None:
        try:
            self.engine.records.draft_file.save(*self.composer.draft)
        except (StoreError, OSError) as error:
            log.warning("the draft could not be saved: %s", error)

    def _save_settings(self, **settings: object) -> None:
        try:
            self.engine.change_settings(**settings)
        except OSError as error:
            log.warning("the settings could not be saved: %s", error)
