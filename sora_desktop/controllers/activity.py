"""Measures once a second what the engine is doing, for the status bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QTimer

from sora_desktop.domain.job import JobId, Ready, Saving
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
        jobs = [(lane.runner, job) for lane in self._engine.lanes.values() for job in lane.runner.jobs()]
        if not self._engine.lanes:
            return
        running = queued = 0
        received: dict[JobId, int] = {}
        for runner, job in jobs:
            match job.phase:
                case Saving(received=so_far):
                    received[job.id] = so_far
                    running += 1
                case Ready():
                    pass
                case _:
                    running += runner.is_at_work(job)
                    queued += runner.is_queued(job)
        new_bytes = sum(max(so_far - self._received.get(id, so_far), 0) for id, so_far in received.items())
        self._received = received
        facts = self._window_state.facts
        activity = Activity(running, queued, new_bytes * 1000 // INTERVAL, facts.counts.active)
        if activity != facts.activity:
            self._window_state.set_facts(replace(facts, activity=activity))
