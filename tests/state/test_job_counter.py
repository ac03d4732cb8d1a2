"""Counting without reading the library."""

from __future__ import annotations

from dataclasses import replace

from builders import a_clip, a_job

from sora_desktop.domain.job import Abandoned, Failed, Ready, RemoteId, Removed, Rendering, Waiting
from sora_desktop.domain.library import Counts
from sora_desktop.state.job_counter import JobCounter

TASK = RemoteId("task_1")


class Library:
    """Counts how often it is counted."""

    def __init__(self) -> None:
        self.recounts = 0

    def __call__(self, service: str) -> Counts:
        self.recounts += 1
        return Counts()


def test_a_job_is_counted_from_submit_to_clip_without_reading_the_library() -> None:
    library = Library()
    counter = JobCounter(library)
    seen = []
    for phase in (Waiting(), Rendering(TASK), Ready(a_clip(size=700))):
        counter.update(a_job(phase), None)
        seen.append((counter.counts.all, counter.counts.active, counter.counts.done, counter.counts.clip_bytes))
    assert seen == [(1, 1, 0, 0), (1, 1, 0, 0), (1, 0, 1, 700)]
    assert library.recounts == 0


def test_only_active_jobs_are_remembered() -> None:
    counter = JobCounter(Library())
    counter.update(a_job(Waiting(), 1), None)
    counter.update(a_job(Abandoned(TASK), 2), a_job(Abandoned(TASK), 2))
    counter.update(a_job(Failed("no"), 3), a_job(Failed("no"), 3))
    counted = [counter.counted(a_job(Waiting(), number).id) for number in (1, 2, 3)]
    assert counted == [a_job(Waiting(), 1), a_job(Abandoned(TASK), 2), None]


def test_a_settled_job_that_is_not_loaded_makes_it_count_again() -> None:
    library = Library()
    counter = JobCounter(library)
    counter.update(a_job(Failed("no"), starred=True), None)
    assert library.recounts == 1


def test_the_jobs_of_a_chosen_service_are_counted_too() -> None:
    counter = JobCounter(Library())
    counter.choose("Studio cluster")
    for number, service in enumerate(("Studio cluster", "another", "Studio cluster")):
        counter.update(replace(a_job(Waiting(), number), service=service), None)
    assert (counter.counts.active, counter.chosen_counts.active) == (3, 2)
    counter.update(replace(a_job(Removed(), 0), service="Studio cluster"), None)
    assert (counter.counts.active, counter.chosen_counts.active) == (2, 1)
    counter.choose("")
    assert counter.chosen_counts == counter.counts
