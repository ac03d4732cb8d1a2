"""The other services that a request can be sent to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import get_args

import pytest
from builders import a_clip, a_job
from engine_models import ENGINE

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.capabilities import problems_in
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.retry_on import retry_details, retry_question, retry_targets, retry_title

TASK = RemoteId("task_1")
LIVE = JobService("Sora 2 Video API (live)", CAPABILITIES, PriceTable((Price(Decimal(100)),)))
STUDIO = JobService("Studio cluster", ENGINE)
SERVICES = JobServices(LIVE, {"live": LIVE, "studio": STUDIO}, "live")
OFFERED: list[tuple[Phase, bool]] = [
    (Waiting(), True),
    (Unconfirmed("Outcome unknown."), False),
    (Rendering(TASK), False),
    (Saving(TASK), False),
    (Unsaved(TASK, "cut"), False),
    (Ready(a_clip()), True),
    (Failed("no"), True),
    (Abandoned(TASK), True),
    (Cancelled(TASK), True),
    (Trashed(Failed("no"), 1.0), False),
    (Removed(), False),
]


def test_the_table_has_every_phase() -> None:
    assert {type(phase) for phase, _ in OFFERED} == set(get_args(Phase))


@pytest.mark.parametrize(("phase", "offered"), OFFERED)
def test_a_request_that_may_still_be_answered_is_not_sent_elsewhere(phase: Phase, offered: bool) -> None:
    assert bool(retry_targets(a_job(phase, service="live"), SERVICES)) is offered


def test_a_target_says_what_is_lost_and_what_it_costs() -> None:
    job = a_job(Failed("no"), service="live", duration=15, quality="high")
    (target,) = retry_targets(job, SERVICES)
    assert (target.service, target.text, target.price) == ("studio", "Studio cluster (free)", None)
    assert not problems_in(target.request, ENGINE) and not target.problem
    assert any("15 s" in sentence for sentence in target.lost)
    assert all(sentence in retry_details(target) for sentence in target.lost)
    assert (retry_title(job), retry_question(job, target)) == ("Retry on", "Retry on Studio cluster?")
    back = replace(job, service="studio", request=target.request)
    (paid,) = retry_targets(back, SERVICES)
    assert (paid.text, paid.price) == ("Sora 2 Video API (live) (costs 100 credits)", Decimal(100))
    waiting = a_job(Waiting(), service="live")
    assert retry_title(waiting) == "Move to service"


def test_a_service_that_is_not_at_work_is_no_target() -> None:
    job = a_job(Failed("no"), service="live")
    closed = replace(SERVICES, known={"live": LIVE, "studio": replace(STUDIO, is_open=False)})
    assert retry_targets(job, closed) == ()
    assert retry_targets(job, replace(SERVICES, known={"live": LIVE})) == ()


def test_a_service_that_cannot_take_the_request_says_why() -> None:
    animate = replace(ENGINE, models=(ENGINE.models[2],))
    services = replace(SERVICES, known={"live": LIVE, "studio": replace(STUDIO, capabilities=animate)})
    (target,) = retry_targets(a_job(Failed("no"), service="live"), services)
    assert "image" in target.problem


def test_an_unknown_price_is_called_unknown() -> None:
    services = replace(SERVICES, known={"live": replace(LIVE, prices=PriceTable()), "studio": STUDIO})
    (target,) = retry_targets(a_job(Failed("no"), service="studio"), services)
    assert target.text.endswith("(price unknown)")


def test_a_service_that_cannot_be_used_says_that_the_video_waits() -> None:
    job = a_job(Failed("no"), service="live", duration=15)
    (target,) = retry_targets(job, replace(SERVICES, known={"live": LIVE, "studio": replace(STUDIO, is_offline=True)}))
    assert target.text == "Studio cluster (cannot be used now; free)"
    assert target.lost and target.tip == (*target.lost, target.waiting_text)
    assert "waits until it can" in target.waiting_text and target.waiting_text in retry_details(target)
