"""What an action does at once, before any task runs."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, cast

from builders import a_job

from sora_desktop.controllers.jobs import JobController
from sora_desktop.domain.job import Failed
from sora_desktop.state.actions import Action
from sora_desktop.state.submit_guard import SubmitGuard


class RecordedTasks:
    """Tasks that are recorded and never run."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        self.started.append(name)
        work.close()


def test_a_retry_by_a_key_that_is_held_down_spends_once() -> None:
    tasks, now = RecordedTasks(), 100.0
    nothing = cast(Any, None)
    controller = JobController(nothing, nothing, cast(Any, tasks), SubmitGuard(lambda: now))
    first, other = a_job(Failed("It broke."), 1), a_job(Failed("It broke."), 2)
    controller.run(Action.RETRY, [first.id])
    now += 0.66
    for _ in range(50):
        controller.run(Action.RETRY, [first.id])
        now += 0.04
    assert tasks.started == ["retry"]
    controller.run(Action.RETRY, [other.id])
    assert tasks.started == ["retry"] * 2, "another job is another request"
    now += 1.0
    controller.run(Action.RETRY, [other.id])
    assert tasks.started == ["retry"] * 3
