"""Measures once a second what the engine is doing, for the status bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QTimer

from sora_desktop.domain.job import JobId, Saving
from sora_desktop.engine.engine import Engine
from sora_desktop.state.window_view import Activity, WindowState

INTERVAL = 1000  # milliseconds


class ActivityMonitor:
    """Counts running and queued jobs and the bytes that all downloads receive in a second."""

    def __init__(self, engine: Engine, window_state: WindowState, tick: Callable[[], None]) -> None:
        """`tick` is called once a second too."""
        self._engine = engine
        self._window_state = window_state
        self._received: dict[JobId, int] = {}
        self._timer = QTimer()
        self._timer.setInterval(INTERVAL)
        self._timer.timeout.connect(self._measure)
        self._timer.timeout.connect(tick)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _measure(self) -> None:
        runners = [lane.runner for lane in self._engine.lanes.values()]
        if not runners:
            return
        # Not each job is looked at: thousands may wait.
        at_work = [job for runner in runners for job in runner.jobs_at_work]
        running, queued = len(at_work), sum(runner.queued_count for runner in runners)
        received = {job.id: job.phase.received for job in at_work if isinstance(job.phase, Saving)}
        new_bytes = sum(max(so_far - self._received.get(id, so_far), 0) for id, so_far in received.items())
        self._received = received
        facts = self._window_state.facts
        activity = Activity(running, queued, new_bytes * 1000 // INTERVAL, facts.counts.active)
        if activity != facts.activity:
            self._window_state.set_facts(replace(facts, activity=activity))
