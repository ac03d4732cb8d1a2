"""Joins the window's panels to what they are about: every wish of a person ends here in one line."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog

from sora_desktop.api.client import checked_base_url
from sora_desktop.api.errors import BadUrl
from sora_desktop.child import SandboxWouldNotStart
from sora_desktop.domain.job import Job, JobId, Ready, Saving
from sora_desktop.domain.library import Counts
from sora_desktop.domain.money import Balance, written
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine import SANDBOX, Engine, Listeners
from sora_desktop.jobs import exports, references
from sora_desktop.media.trouble import MediaTrouble
from sora_desktop.state.composer import Composer
from sora_desktop.state.job_list import JobList
from sora_desktop.state.settings_form import SettingsForm
from sora_desktop.state.wording import row_words
from sora_desktop.store import disk
from sora_desktop.store.places import Places
from sora_desktop.store.problems import StoreProblem
from sora_desktop.ui.compose_panel import ComposePanel
from sora_desktop.ui.file_manager import show_in_folder
from sora_desktop.ui.job_panel import JobPanel
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.pictures import Posters, image_at
from sora_desktop.ui.player_panel import PlayerPanel
from sora_desktop.ui.settings_dialog import SettingsDialog
from sora_desktop.ui.theme import Theme

log = logging.getLogger(__name__)

#: Milliseconds without a keystroke after which the draft is kept.
DRAFT_AFTER = 400
#: Milliseconds between two readings of what goes on, for the status bar.
ACTIVITY_EVERY = 1000


class Desk:
    """Owns the window, the engine below it, and every task started by a wish."""

    def __init__(
        self, app: QApplication, theme: Theme, places: Places, *, closed: Callable[[], None], sandbox: bool
    ) -> None:
        self._app = app
        self._theme = theme
        self._closed = closed
        self._forced_sandbox = sandbox
        self._errands: set[asyncio.Task[object]] = set()
        listeners = Listeners(self._job_changed, self._balance_changed, self._picture_made, self._raise)
        self.engine = Engine(places, listeners)
        self._received: dict[JobId, int] = {}
        self._settings_dialog: SettingsDialog | None = None
        self._activity = QTimer()
        self._activity.setInterval(ACTIVITY_EVERY)
        self._activity.timeout.connect(self._show_activity)
        self._draft_timer = QTimer()
        self._draft_timer.setSingleShot(True)
        self._draft_timer.setInterval(DRAFT_AFTER)
        self._draft_timer.timeout.connect(self._keep_draft)

    async def open(self) -> None:
        """Show the window; what takes longer goes on behind it. Raises StoreProblem."""
        await self.engine.open()
        self._build()
        self.window.show()
        if self.engine.database.remark:
            self.window.show_notice(self.engine.database.remark, "warn")
        self._activity.start()
        self._start(self._connect(), "connect")

    async def aclose(self) -> None:
        """Keep the draft and put everything away."""
        self._activity.stop()
        self._draft_timer.stop()
        for task in list(self._errands):
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        if hasattr(self, "window"):
            self.player.close_clip()
            self._keep_draft()
            self.engine.change_settings(window=self.window.save_geometry())
            self.window.hide()
        await self.engine.aclose()

    # -- building ------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme, settings = self._theme, self.engine.settings
        theme.choose(settings.theme)
        request, takes = self.engine.draft_file.load()
        self.composer = Composer(request, takes, prices=self.engine.prices)
        self.job_list = JobList(self.engine.store)
        self.compose = ComposePanel(theme)
        self.player = PlayerPanel(theme)
        self._posters = Posters(self.engine.pictures.poster)
        self.jobs = JobPanel(theme, self.job_list, self._posters)
        self.window = MainWindow(theme, self.compose, self.player, self.jobs, take_key=self.player.take_key)
        self.window.restore_geometry(settings.window)
        self._join_compose()
        self._join_jobs()
        self._join_window()
        self.compose.render_view(self.composer.view)
        self._show_counts(self.job_list.counts())

    def _join_compose(self) -> None:
        panel, composer = self.compose, self.composer
        panel.prompt_edited.connect(composer.set_prompt)
        panel.negative_prompt_edited.connect(composer.set_negative_prompt)
        panel.model_chosen.connect(composer.set_model)
        panel.aspect_ratio_chosen.connect(composer.set_aspect_ratio)
        panel.duration_chosen.connect(composer.set_duration)
        panel.quality_chosen.connect(composer.set_quality)
        panel.takes_chosen.connect(composer.set_takes)
        panel.image_offered.connect(lambda file: self._start(self._take_image(file), "reference image"))
        panel.image_data_offered.connect(lambda image: self._start(self._take_image_data(image), "pasted image"))
        panel.image_removed.connect(lambda: composer.set_image(None))
        panel.submitted.connect(composer.submit)
        composer.view_changed.connect(panel.render_view)
        composer.view_changed.connect(lambda _: self._draft_timer.start())
        composer.submitted_request.connect(lambda request, takes: self._start(self._submit(request, takes), "submit"))

    def _join_jobs(self) -> None:
        jobs, player = self.jobs, self.player
        jobs.opened.connect(self._open)
        jobs.play_asked.connect(self._play)
        jobs.verb_asked.connect(self._obey)
        jobs.star_asked.connect(lambda job: self._start(self._star(job), "star"))
        jobs.view_chosen.connect(self.job_list.set_view)
        self.job_list.counts_changed.connect(self._show_counts)
        player.reuse_asked.connect(lambda job: self._obey(job, "reuse"))
        player.extend_asked.connect(lambda job: self._start(self._extend(job), "extend"))
        player.continue_asked.connect(lambda job, image: self._start(self._continue(job, image), "continue"))
        player.star_asked.connect(lambda job: self._start(self._star(job), "star"))
        player.said.connect(lambda words: self.window.show_notice(words, "ok"))
        player.show_in_folder_asked.connect(self._show_in_folder)
        player.export_asked.connect(self._ask_where_to_export)
        player.volume_changed.connect(lambda volume: self.engine.change_settings(volume=volume))
        player.set_volume(self.engine.settings.volume)
        player.loop_changed.connect(lambda loop: self.engine.change_settings(loop=loop))
        player.set_loop(self.engine.settings.loop)

    def _join_window(self) -> None:
        window = self.window
        window.settings_asked.connect(self._show_settings)
        window.theme_asked.connect(self._choose_theme)
        window.open_library_asked.connect(self._open_library)
        window.quit_asked.connect(self._closed)
        window.closing.connect(self._closed)

    def _start(self, work: Coroutine[object, object, object], name: str) -> None:
        """Run it as a task of the desk; what goes wrong is said in the window."""
        task = asyncio.get_event_loop().create_task(work, name=name)
        self._errands.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._errands.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, StoreProblem | BadUrl | SandboxWouldNotStart | MediaTrouble):
            self.window.show_notice(str(error), "error")
        elif error is not None:
            log.error("%s failed", task.get_name(), exc_info=error)
            self.window.show_notice(f"That did not work ({error}). Nothing is lost; the log has the details.", "error")

    # -- the service ---------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        engine, window = self.engine, self.window
        key = await engine.load_key()
        sandbox = self._forced_sandbox or not key
        window.set_service("Starting the sandbox…" if sandbox else "Connecting…", "muted")
        try:
            await engine.connect(sandbox=sandbox)
        except (BadUrl, SandboxWouldNotStart) as trouble:
            window.set_service("Not connected", "error")
            window.show_notice(str(trouble), "error")
            return
        if sandbox:
            window.set_service("Sandbox · offline demo", "ok")
            if not key:
                window.show_notice(
                    "You are in the sandbox: clips are rendered on this machine and cost nothing. "
                    "To go live, enter your API key in File › Settings.",
                    "muted",
                )
        else:
            window.set_service("Live", "ok")

    def _balance_changed(self, balance: Balance) -> None:
        self.window.set_balance(f"{written(balance.credits)} credits")
        self.composer.set_balance(balance)

    # -- compose -------------------------------------------------------------------------------------------------

    async def _submit(self, request: VideoRequest, takes: int) -> None:
        if not self.engine.connected:
            self.window.show_notice(
                "The service is not connected yet; your form is kept. Try again in a moment.", "warn"
            )
            return
        disk.need_room(self.engine.library if self.engine.library.exists() else self.engine.places.root)
        jobs = await self.engine.runner.submit(request, takes)
        self.jobs.reveal(jobs[-1].id)

    async def _take_image(self, file: Path) -> None:
        try:
            image = await references.keep(file, self.engine.places.images, self.engine.media)
        except MediaTrouble as trouble:
            self.composer.set_image_trouble(str(trouble))
        except OSError as trouble:
            self.composer.set_image_trouble(f"“{file.name}” cannot be read: {trouble.strerror or trouble}.")
        else:
            self.composer.set_image(image)

    async def _take_image_data(self, image: QImage, name: str = "Pasted image.png") -> bool:
        """Put a picture from the clipboard or the screen into the form; True when it is there."""
        file = self.engine.places.images / f"pasted-{time.time_ns()}.png"
        if not await asyncio.to_thread(image.save, str(file)):
            self.composer.set_image_trouble("The image could not be stored. Make room on the disk and try again.")
            return False
        return await self._take_made_image(file, name)

    async def _take_made_image(self, file: Path, name: str) -> bool:
        """Put an image that we wrote ourselves into the form, and tidy it away."""
        try:
            kept = await references.keep(file, self.engine.places.images, self.engine.media, name=name)
        except (MediaTrouble, OSError) as trouble:
            self.composer.set_image_trouble(str(trouble))
            return False
        finally:
            await asyncio.to_thread(file.unlink, missing_ok=True)
        self.composer.set_image(kept)
        return True

    async def _extend(self, job: Job) -> None:
        """The form for a video that begins with this one's last frame."""
        if not isinstance(job.phase, Ready):
            return
        file = self.engine.places.images / f"frame-{time.time_ns()}.png"
        await self.engine.media.last_frame(job.phase.clip.file, file)
        self.composer.load_request(job.request, 1)
        await self._take_made_image(file, "Last frame.png")
        self.window.show_compose()

    async def _continue(self, job: Job, image: QImage) -> None:
        """The form for a video that begins with the frame on the screen."""
        self.composer.load_request(job.request, 1)
        await self._take_image_data(image, "Frame.png")
        self.window.show_compose()

    def _keep_draft(self) -> None:
        try:
            self.engine.draft_file.save(self.composer.request, self.composer.takes)
        except (StoreProblem, OSError) as trouble:
            log.warning("the draft could not be kept: %s", trouble)

    # -- jobs ----------------------------------------------------------------------------------------------------

    def _job_changed(self, job: Job) -> None:
        self.job_list.upsert(job)
        open_job = self.player.job
        if open_job is not None and open_job.id == job.id:
            self._open(job)

    def _picture_made(self, id: JobId) -> None:
        self.jobs.refresh_pictures(id)
        open_job = self.player.job
        if open_job is not None and open_job.id == id:
            self.player.set_filmstrip(image_at(self.engine.pictures.filmstrip(open_job)))

    def _open(self, job: Job) -> None:
        if isinstance(job.phase, Ready):
            if not job.phase.clip.file.exists():
                self.window.show_notice(f"{job.phase.clip.file} is no longer there. Was it moved?", "warn")
                return
            self.player.open_clip(job, image_at(self.engine.pictures.filmstrip(job)))
        else:
            words = row_words(job, now=time.time(), queue_place=self.job_list.queue_place(job))
            self.player.show_job(job, "\n".join(filter(None, (words.text, words.aside))))

    def _play(self, job: Job) -> None:
        self._open(job)
        self.player.play()

    def _obey(self, job: Job, verb: str) -> None:
        match verb:
            case "open":
                self._play(job)
            case "reuse" | "edit":
                self.composer.load_request(job.request, 1)
                self.compose.focus_prompt()
            case "export":
                self._ask_where_to_export(job)
            case "show_in_folder":
                self._show_in_folder(job)
            case _:
                self._start(self._act(job, verb), verb)

    async def _act(self, job: Job, verb: str) -> None:
        if not self.engine.connected:
            self.window.show_notice("The service is not connected yet. Try again in a moment.", "warn")
            return
        runner = self.engine.runner
        match verb:
            case "remove":
                if self.player.job is not None and self.player.job.id == job.id:
                    self.player.close_clip()
                await runner.remove(job.id)
            case "stop_watching":
                await runner.stop_watching(job.id)
            case "resume" | "fetch":
                await runner.resume(job.id)
            case "retry":
                await runner.retry(job.id)
            case "send_again":
                await runner.send_again(job.id)
            case "star" | "unstar":
                await self._star(job)
            case _:
                raise AssertionError(f"no such verb: {verb}")

    async def _star(self, job: Job) -> None:
        if self.engine.connected:
            await self.engine.runner.star(job.id, not job.starred)

    def _show_in_folder(self, job: Job) -> None:
        if isinstance(job.phase, Ready):
            show_in_folder(job.phase.clip.file)

    def _ask_where_to_export(self, job: Job) -> None:
        if not isinstance(job.phase, Ready):
            return
        clip = job.phase.clip.file
        dialog = QFileDialog(self.window, "Export video", str(Path.home() / clip.name), "MP4 video (*.mp4)")
        dialog.setObjectName("exportDialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("mp4")
        dialog.fileSelected.connect(lambda to: self._start(self._export(clip, Path(to)), "export"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _export(self, clip: Path, to: Path) -> None:
        try:
            await asyncio.to_thread(exports.copy_to, clip, to)
        except OSError as trouble:
            self.window.show_notice(
                f"The video could not be written to {to}: {trouble.strerror or trouble}. Choose another place.", "error"
            )
        else:
            self.window.show_notice(f"Exported to {to}", "ok")

    # -- window --------------------------------------------------------------------------------------------------

    def _show_counts(self, counts: Counts) -> None:
        size = counts.clip_bytes
        shown = f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
        videos = "1 video" if counts.done == 1 else f"{counts.done} videos"
        self.window.set_totals(f"Library {videos} · {shown}" if counts.done else "")

    def _show_activity(self) -> None:
        if not self.engine.connected:
            return
        active = queued = 0
        received: dict[JobId, int] = {}
        for job in self.engine.runner.jobs():
            match job.phase:
                case Saving(received=done):
                    received[job.id] = done
                    active += 1
                case Ready():
                    pass
                case _:
                    active += self.engine.runner.is_at_work(job)
                    queued += self.engine.runner.is_queued(job)
        came = sum(max(done - self._received.get(id, done), 0) for id, done in received.items())
        self._received = received
        parts = [f"{active} active"] if active else []
        parts += [f"{queued} queued"] if queued else []
        text = " · ".join(parts) or "Nothing is running"
        self.window.set_activity(f"{text}     ↓ {came / 1e6:.1f} MB/s" if came else text)

    def _raise(self) -> None:
        self.window.showNormal() if self.window.isMinimized() else self.window.show()
        self.window.raise_()
        self.window.activateWindow()

    def _choose_theme(self, name: str) -> None:
        self._theme.choose(name)
        self.engine.change_settings(theme=name)

    def _open_library(self) -> None:
        library = self.engine.library
        library.mkdir(parents=True, exist_ok=True)
        show_in_folder(library)

    def _show_settings(self) -> None:
        settings = self.engine.settings
        form = SettingsForm(
            base_url=settings.base_url,
            library_folder=str(self.engine.library),
            jobs_at_once=settings.jobs_at_once,
            theme=settings.theme,
            has_key=bool(self.engine.key),
        )
        dialog = SettingsDialog(self._theme, form, self.window)
        dialog.saved.connect(lambda form, key: self._start(self._apply(dialog, form, key), "settings"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _apply(self, dialog: SettingsDialog, form: SettingsForm, key: str) -> None:
        engine = self.engine
        folder = Path(form.library_folder).expanduser()
        try:
            base_url = checked_base_url(form.base_url)
            await asyncio.to_thread(disk.check_library, folder)
        except (BadUrl, StoreProblem) as trouble:
            dialog.show_trouble(str(trouble))
            return
        before = engine.settings
        library = None if folder == engine.places.library else folder
        changed = replace(
            before, base_url=base_url, library_folder=library, jobs_at_once=form.jobs_at_once, theme=form.theme
        )
        engine.settings = changed
        engine.settings_file.save(changed)
        self._theme.choose(form.theme)
        where = await engine.keys.save(key) if key else ""
        dialog.accept()
        if where:
            self.window.show_notice(f"The key is kept {where}.", "ok")
        if key or replace(changed, theme=before.theme) != before:
            if key:
                self._forced_sandbox = False
            await engine.disconnect()
            await self._connect()

    @property
    def is_sandbox(self) -> bool:
        """True while the offline service answers."""
        return self.engine.service_name == SANDBOX
