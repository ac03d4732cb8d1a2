"""What a verb does at once, before any errand is run."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, cast

from sora_desktop.controllers.jobs import JobController
from sora_desktop.domain.job import Failed, Job, new_job
from sora_desktop.domain.request import VideoRequest


class Noted:
    """Errands that are noted and never run."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        self.started.append(name)
        work.close()


def failed() -> Job:
    job = new_job(VideoRequest("a boat"), "test")
    return Job(job.id, job.request, Failed("It did not work out."), 1.0, 1.0, 1.0, service="test")


def test_a_retry_by_keys_that_are_held_down_buys_once() -> None:
    tasks, now = Noted(), 100.0
    nobody = cast(Any, None)
    controller = JobController(nobody, nobody, nobody, nobody, nobody, cast(Any, tasks), now=lambda: now)
    first, other = failed(), failed()
    controller.obey(first, "retry")
    now += 0.66
    for _ in range(50):
        controller.obey(first, "retry")
        now += 0.04
    assert tasks.started == ["retry"]
    controller.obey(other, "retry")
    assert tasks.started == ["retry"] * 2, "another job is another wish"
    now += 1.0
    controller.obey(other, "retry")
    assert tasks.started == ["retry"] * 3
