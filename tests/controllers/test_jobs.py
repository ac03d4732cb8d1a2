"""What an action does at once, before any task runs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from builders import a_clip, a_job
from fakes import do_nothing
from PySide6.QtCore import QPoint

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.controllers.jobs import JobController
from sora_desktop.domain.job import Failed, Job, JobId, Ready, Trashed, Waiting
from sora_desktop.engine.early_commands import EarlyCommands
from sora_desktop.state.actions import Action, actions_for
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.row_text import RowLink
from sora_desktop.state.submit_guard import REPEATED, REPEATED_KEY, SubmitGuard
from sora_desktop.state.toasts import Toasts
from sora_desktop.state.undo_history import UndoHistory
from sora_desktop.ui.actions.job_actions import CHANGED


class RecordedTasks:
    """Tasks that are recorded and never run."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        self.started.append(name)
        work.close()


class RunTasks:
    """Tasks that run at once, in a loop of their own."""

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        asyncio.run(work)


class RecordingCommands:
    """Stands for a runner and its commands."""

    def __init__(self) -> None:
        self.on_hold: list[JobId] = []
        self.transactions = 0

    @property
    def commands(self) -> RecordingCommands:
        return self

    async def hold(self, ids: Sequence[JobId]) -> None:
        self.transactions += 1
        self.on_hold.extend(ids)


def test_a_command_goes_to_the_runner_of_each_job() -> None:
    current, other = RecordingCommands(), RecordingCommands()
    jobs = [a_job(Waiting(), number) for number in (1, 2, 3)]
    runner_of = {jobs[0].id: current, jobs[1].id: other, jobs[2].id: current}.get
    services = JobServices(JobService("", CAPABILITIES))
    known = {job.id: job for job in jobs}
    library = SimpleNamespace(find=known.get, find_all=lambda _: known, actions_for=actions_for, services=services)
    controller = JobController(
        cast(Any, SimpleNamespace(early_commands=EarlyCommands(), runner_of=runner_of, connected=True)),
        cast(Any, SimpleNamespace(job_list=library, undo_history=UndoHistory())),
        cast(Any, RunTasks()),
        SubmitGuard(),
        do_nothing,
        do_nothing,
        do_nothing,
    )
    controller.run(Action.HOLD, [job.id for job in jobs])
    assert (current.on_hold, other.on_hold) == ([jobs[0].id, jobs[2].id], [jobs[1].id])
    assert (current.transactions, other.transactions) == (1, 1)


def test_a_retry_by_a_key_that_is_held_down_spends_once() -> None:
    tasks, now = RecordedTasks(), 100.0
    toasts = Toasts()
    first, other = a_job(Failed("It broke."), 1), a_job(Failed("It broke."), 2)
    known = {first.id: first, other.id: other}
    services = JobServices(JobService("", CAPABILITIES))
    rows = SimpleNamespace(services=services, find=known.get, find_all=lambda _: known)
    panels = cast(Any, SimpleNamespace(toasts=toasts, job_list=rows))
    controller = JobController(
        cast(Any, None), panels, cast(Any, tasks), SubmitGuard(lambda: now), do_nothing, do_nothing, do_nothing
    )
    controller.run(Action.RETRY, [first.id])
    now += 0.66
    for _ in range(50):
        controller.run(Action.RETRY, [first.id])
        now += 0.04
    assert tasks.started == ["retry"]
    assert toasts.find(REPEATED_KEY) == REPEATED
    controller.run(Action.RETRY, [other.id])
    assert tasks.started == ["retry"] * 2, "another job is another request"
    for _ in range(3):
        now += 0.9
        controller.run(Action.RETRY, [other.id])
    assert tasks.started == ["retry"] * 2
    now += 3.1
    controller.run(Action.RETRY, [other.id])
    assert tasks.started == ["retry"] * 3


def test_the_row_of_a_clip_that_is_played_is_selected() -> None:
    selected: list[JobId] = []
    played: list[str] = []
    player = SimpleNamespace(show_job=lambda *_: None, play=lambda: played.append("played"))
    texts = SimpleNamespace(text_of=lambda job: SimpleNamespace(all=("It broke.",), link=None))
    library = SimpleNamespace(mark_opened=selected.append)
    panels = cast(Any, SimpleNamespace(player=player, job_list=texts, library=library))
    controller = JobController(
        cast(Any, None), panels, cast(Any, RecordedTasks()), SubmitGuard(), do_nothing, do_nothing, do_nothing
    )
    job = a_job(Failed("It broke."))
    controller.play(job)
    assert (selected, played) == ([job.id], ["played"])


def test_a_video_that_is_moved_to_the_trash_closes_the_player_and_one_that_is_played_there_does_not() -> None:
    """Compared clips go one after the other: the last one is in the player when its turn comes."""
    shown: list[str] = []
    player = SimpleNamespace(
        close_clip=lambda: shown.append("closed"), show_job=lambda job, text, link=None: shown.append(text)
    )
    panels = cast(Any, SimpleNamespace(player=player, job_list=SimpleNamespace(mark_opened=do_nothing)))
    controller = JobController(
        cast(Any, None), panels, cast(Any, None), SubmitGuard(), do_nothing, do_nothing, do_nothing
    )
    clip = Ready(a_clip())
    ready = a_job(clip, 1)
    trashed = replace(ready, phase=Trashed(clip, 1.0))
    for before, job in ((ready, trashed), (None, trashed), (trashed, trashed), (trashed, ready)):
        controller.shown_job_changed(before, job)
    assert shown[:2] == ["closed", "closed"] and all("missing" in text for text in shown[2:]) and len(shown) == 4


def test_a_refund_that_comes_while_the_failed_video_is_open_is_shown() -> None:
    shown: list[str] = []
    player = SimpleNamespace(job=a_job(Failed("It broke.")), show_job=lambda job, text, link=None: shown.append(text))
    notes = iter(("Refund not seen yet", "refunded"))
    texts = SimpleNamespace(text_of=lambda job: SimpleNamespace(all=(next(notes),), link=None))
    panels = cast(Any, SimpleNamespace(player=player, job_list=texts, window=SimpleNamespace(is_comparing=False)))
    controller = JobController(
        cast(Any, None), panels, cast(Any, None), SubmitGuard(), do_nothing, do_nothing, do_nothing
    )
    controller.show(player.job)
    controller.refresh_shown_job()
    assert shown == ["Refund not seen yet", "refunded"]


def test_the_button_in_the_player_does_nothing_if_another_price_is_offered_by_now() -> None:
    shown: list[RowLink] = []
    player = SimpleNamespace(show_job=lambda job, text, link: shown.append(link))
    now, seen = RowLink("Retry (200 credits)", Action.RETRY), RowLink("Retry (100 credits)", Action.RETRY)
    job, tasks, toasts = a_job(Failed("It broke.")), RecordedTasks(), Toasts()
    texts = SimpleNamespace(
        find=lambda id: job, text_of=lambda job: SimpleNamespace(all=("It broke.",), link=now), services=None
    )
    menus: list[Job] = []
    library = SimpleNamespace(open_menu=lambda job, place: menus.append(job))
    panels = cast(Any, SimpleNamespace(player=player, job_list=texts, toasts=toasts, library=library))
    controller = JobController(
        cast(Any, None), panels, cast(Any, tasks), SubmitGuard(), do_nothing, do_nothing, do_nothing
    )
    controller.follow(job, seen, QPoint())
    toast = toasts.find("changed")
    assert toast is not None and toast.text == CHANGED and shown == [now] and not tasks.started
    controller.follow(job, now, QPoint())
    controller.follow(job, RowLink("Resume waiting", Action.RESUME), QPoint())
    assert tasks.started == ["retry", "resume"] and not menus
    controller.follow(job, RowLink("Resolve", None), QPoint())
    assert menus == [job]
