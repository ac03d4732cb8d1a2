"""What the desktop shows of the program beside its window: notifications, and a count on the taskbar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.jobs import JobController
from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.queue import QueueState
from sora_desktop.engine.engine import Engine
from sora_desktop.state.desktop_text import desktop_text, is_worth_telling
from sora_desktop.system.desktop_notifications import DesktopNotification, DesktopNotifications

#: Milliseconds in which several things become one notification.
GATHERED_FOR = 2_000


def window_is_in_front() -> bool:
    """True if a window of this program has the focus."""
    return QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive


class DesktopController:
    """Tells the user what has happened while the window was not in front, and withdraws that once the window is.

    Only changes are told that this run has seen: a restart repeats nothing.
    """

    def __init__(
        self,
        engine: Engine,
        panels: Panels,
        tasks: BackgroundTasks,
        jobs: JobController,
        desktop: DesktopNotifications | None,
        is_in_front: Callable[[], bool] = window_is_in_front,
    ) -> None:
        """`desktop`: None tells nothing."""
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._job_controller = jobs
        self._desktop = desktop
        self._is_in_front = is_in_front
        self._jobs: dict[JobId, Job] = {}  # to be told, the latest last
        self._block: str | None = None  # why the queue needs the user; None: not known yet
        self._untold_block = ""
        self._is_told = False  # something may stand on the desktop
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(GATHERED_FOR)
        self._timer.timeout.connect(self._tell)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        self._watching = application.applicationStateChanged.connect(self._withdraw_seen)
        panels.job_list.new_clips.count_changed.connect(self._show_count)
        if panels.job_list.new_clips.count:
            self._show_count(panels.job_list.new_clips.count)

    def job_changed(self, before: Job | None, job: Job) -> None:
        """Tell if the clip is ready or the job needs the user. `before`: the job as it was shown until now."""
        if self._is_quiet or not is_worth_telling(before, job):
            return
        self._jobs.pop(job.id, None)
        self._jobs[job.id] = job
        self._gather()

    def queue_changed(self, state: QueueState) -> None:
        """Tell if the queue has begun to wait for something that only the user can do."""
        before, self._block = self._block, state.reason if state.until is None and not state.paused else ""
        if before == "" and self._block and not self._is_quiet:
            self._untold_block = self._block
            self._gather()

    def close(self) -> None:
        """Tell nothing more, and take the count off the taskbar. May be called again."""
        self._timer.stop()
        QObject.disconnect(self._watching)
        if self._panels.job_list.new_clips.count:
            self._show_count(0)
        if self._desktop is not None:
            self._desktop.close()

    @property
    def _is_quiet(self) -> bool:
        return self._desktop is None or not self._engine.settings.notify or self._is_in_front()

    def _gather(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _tell(self) -> None:
        jobs, block = list(self._jobs.values()), self._untold_block
        self._jobs.clear()
        self._untold_block = ""
        if self._desktop is None or self._is_quiet:  # by now, the user has come to see
            return
        title, message, button, job = desktop_text(jobs, block)
        picture = None if job is None else self._engine.previews.poster(job)
        notification = DesktopNotification(title, message, lambda: self._open(job), button, picture)
        self._tasks.start(self._send(self._desktop, notification), "notify")

    async def _send(self, desktop: DesktopNotifications, notification: DesktopNotification) -> None:
        if await desktop.send(notification):
            self._is_told = True
            self._withdraw_seen()  # the desktop took its time

    def _withdraw_seen(self) -> None:
        """Nobody has to read on the desktop what the window shows in front of them."""
        if self._desktop is not None and self._is_told and self._is_in_front():
            self._is_told = False
            self._tasks.start(self._desktop.withdraw(), "withdraw notifications")

    def _open(self, job: Job | None) -> None:
        """Raise the window, and show the job as it is now."""
        self._panels.window.bring_to_front()
        now = None if job is None else self._panels.job_list.find(job.id) or self._engine.store.read(job.id)
        if now is None:
            return
        self._panels.window.show_player()
        if isinstance(now.phase, Ready):
            self._job_controller.play(now)
        else:
            self._panels.library.mark_opened(now.id)
            self._job_controller.show(now)

    def _show_count(self, count: int) -> None:
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            name = application.applicationName()
            application.setApplicationName(
                name.replace("-", "_")
            )  # Qt makes a D-Bus path of it, which may have no hyphen
            application.setBadgeNumber(count)
            application.setApplicationName(name)
