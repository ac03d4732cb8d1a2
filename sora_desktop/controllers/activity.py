"""What goes on, once a second, for the bottom line of the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer

from sora_desktop.domain.job import JobId, Ready, Saving
from sora_desktop.domain.library import Counts
from sora_desktop.engine.engine import Engine
from sora_desktop.ui.window.main_window import MainWindow

EVERY = 1000  # milliseconds


class Activity:
    """Looks at the runner's jobs and says how many are under way and how fast bytes come."""

    def __init__(self, engine: Engine, window: MainWindow, tick: Callable[[], None]) -> None:
        """`tick` is called once a second too."""
        self._engine = engine
        self._window = window
        self._received: dict[JobId, int] = {}
        self._timer = QTimer()
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self._look)
        self._timer.timeout.connect(tick)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def show_counts(self, counts: Counts) -> None:
        """Say how much the library holds."""
        size = counts.clip_bytes
        shown = f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
        videos = "1 video" if counts.done == 1 else f"{counts.done} videos"
        self._window.set_totals(f"Library {videos} · {shown}" if counts.done else "")

    def _look(self) -> None:
        if not self._engine.connected:
            return
        active = queued = 0
        received: dict[JobId, int] = {}
        for job in self._engine.runner.jobs():
            match job.phase:
                case Saving(received=done):
                    received[job.id] = done
                    active += 1
                case Ready():
                    pass
                case _:
                    active += self._engine.runner.is_at_work(job)
                    queued += self._engine.runner.is_queued(job)
        came = sum(max(done - self._received.get(id, done), 0) for id, done in received.items())
        self._received = received
        self._window.set_activity(activity_text(active, queued, came))


def activity_text(active: int, queued: int, bytes_a_second: int) -> str:
    """Such as "3 active · 1 queued     ↓ 8.2 MB/s"."""
    parts = [f"{active} active"] if active else []
    parts += [f"{queued} queued"] if queued else []
    text = " · ".join(parts) or "Nothing is running"
    return f"{text}     ↓ {bytes_a_second / 1e6:.1f} MB/s" if bytes_a_second else text
