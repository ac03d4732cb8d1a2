"""What can be done to one or more jobs, as a table."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import get_args

import pytest
from builders import a_clip, a_job

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
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
from sora_desktop.domain.marks import Flag
from sora_desktop.state.actions import PAID, Action, OfferedAction, actions_for

TASK = RemoteId("task_1")
QUEUED = [Action.EDIT_QUEUED, Action.MOVE_TO_FRONT, Action.MOVE_UP, Action.MOVE_DOWN]
MARKS = [Action.STAR, Action.PICK, Action.REJECT]
LAST = [Action.STAR, Action.REPORT, Action.TRASH]
MENUS: list[tuple[Job, list[Action]]] = [
    (a_job(Waiting()), [*QUEUED, Action.HOLD, Action.EDIT_AS_NEW, *LAST]),
    (a_job(Waiting(), on_hold=True), [*QUEUED, Action.RELEASE, Action.EDIT_AS_NEW, *LAST]),
    (a_job(Unconfirmed()), [Action.RECONCILE, Action.SEND_AGAIN, Action.EDIT_AS_NEW, *LAST]),
    (a_job(Rendering(TASK)), [Action.EDIT_AS_NEW, Action.STAR, Action.REPORT, Action.ABANDON]),
    (a_job(Saving(TASK)), [Action.EDIT_AS_NEW, Action.STAR, Action.REPORT, Action.ABANDON]),
    (a_job(Unsaved(TASK, "cut")), [Action.FETCH, Action.EDIT_AS_NEW, Action.STAR, Action.REPORT, Action.ABANDON]),
    (
        a_job(Ready(a_clip())),
        [
            *(
                Action.PLAY,
                Action.COMPARE,
                Action.REVIEW,
                Action.EXPORT,
                Action.SHOW_IN_FOLDER,
                Action.REUSE,
                Action.RETRY,
            ),
            *MARKS,
            *LAST[1:],
        ],
    ),
    (a_job(Failed("no")), [Action.EDIT_AS_NEW, Action.RETRY, *LAST]),
    (a_job(Failed("no", remote_id=TASK)), [Action.EDIT_AS_NEW, Action.RETRY, Action.RESUME, *LAST]),
    (a_job(Abandoned(TASK)), [Action.RESUME, Action.EDIT_AS_NEW, *LAST]),
    (a_job(Cancelled(TASK)), [Action.EDIT_AS_NEW, Action.RETRY, *LAST]),
    (a_job(Trashed(Ready(a_clip()), 1.0)), [Action.RESTORE, Action.PLAY, Action.REPORT, Action.DELETE_PERMANENTLY]),
    (a_job(Trashed(Failed("no"), 1.0)), [Action.RESTORE, Action.REPORT, Action.DELETE_PERMANENTLY]),
    (a_job(Removed()), []),
]


def offered(*jobs: Job) -> list[Action]:
    return [one.action for one in actions_for(jobs)]


def one_of(action: Action, *jobs: Job, price: int | None = None) -> OfferedAction:
    credits = None if price is None else Decimal(price)
    return next(one for one in actions_for(jobs, lambda _: credits, CAPABILITIES.unit) if one.action is action)


def test_the_table_has_every_phase() -> None:
    assert {type(menu[0].phase) for menu in MENUS} == set(get_args(Phase))


@pytest.mark.parametrize(("job", "actions"), MENUS)
def test_one_job(job: Job, actions: list[Action]) -> None:
    assert offered(job) == actions
    starred = replace(job, starred=True)
    assert offered(starred) == [Action.UNSTAR if action is Action.STAR else action for action in actions]


def test_the_order_of_several_jobs_makes_no_difference() -> None:
    """It does if jobs that allow different things count as of one kind: only the last one is asked then."""
    can_be_cancelled = a_job(Rendering(TASK), 2)
    jobs = [
        replace(job, starred=starred, flag=flag)
        for job in (*(menu[0] for menu in MENUS), can_be_cancelled)
        for starred in (False, True)
        for flag in Flag
    ]
    for one, other in combinations(jobs, 2):
        there, back = (
            {offer.action for offer in actions_for(pair, cancels=lambda job: job.id == can_be_cancelled.id)}
            for pair in ((one, other), (other, one))
        )
        assert there == back, (one, other)


@pytest.mark.parametrize("job", [menu[0] for menu in MENUS])
def test_labels_say_what_is_spent_and_what_stays_billed(job: Job) -> None:
    labels = {one.action: one.label for one in actions_for([job], unit=CAPABILITIES.unit)}
    if Action.RETRY in labels:
        assert "price unknown" in labels[Action.RETRY]
    if Action.ABANDON in labels:
        assert "billed" in labels[Action.ABANDON]
    if Action.RESTORE in labels:
        assert not PAID & labels.keys(), "nothing in the Trash spends"


@pytest.mark.parametrize(
    ("phase", "price", "action", "label"),
    [
        (
            Unconfirmed("found", True),
            100,
            Action.SEND_AGAIN,
            "Send again (100 credits; the first attempt was not charged)",
        ),
        (
            Unconfirmed("found", True),
            None,
            Action.SEND_AGAIN,
            "Send again (price unknown; the first attempt was not charged)",
        ),
        (Unconfirmed("found"), 100, Action.SEND_AGAIN, "Send again (may cost another 100 credits)"),
        (Unconfirmed("found"), None, Action.SEND_AGAIN, "Send again (may cost again; price unknown)"),
        (Unconfirmed("found", billed=True), 100, Action.SEND_AGAIN, "Send again (costs another 100 credits)"),
        (Unconfirmed("found", billed=True), None, Action.SEND_AGAIN, "Send again (costs again; price unknown)"),
        (Failed("no"), 100, Action.RETRY, "Retry (costs 100 credits)"),
        (Failed("no"), None, Action.RETRY, "Retry (price unknown)"),
        (Ready(a_clip()), 200, Action.RETRY, "Make another take (costs 200 credits)"),
    ],
)
def test_an_action_that_spends_names_its_price(phase: Phase, price: int | None, action: Action, label: str) -> None:
    assert one_of(action, a_job(phase), price=price).label == label


def test_several_jobs_that_are_sent_name_the_sum() -> None:
    safe = a_job(Unconfirmed("found", True), 6), a_job(Unconfirmed("found", True), 7)
    billed = a_job(Unconfirmed("found", billed=True), 8), a_job(Unconfirmed("found", billed=True), 9)
    labels = (
        one_of(Action.SEND_AGAIN, *safe, price=100).label,
        one_of(Action.SEND_AGAIN, safe[0], a_job(Unconfirmed("found"), 8), price=100).label,
        one_of(Action.SEND_AGAIN, *billed, price=100).label,
        one_of(Action.SEND_AGAIN, billed[0], safe[0], price=100).label,
        one_of(Action.RELEASE, HELD, HELD, price=100).label,
        one_of(Action.RELEASE, HELD).label,
    )
    assert labels == (
        "Send 2 again (200 credits; the first attempts were not charged)",
        "Send 2 again (may cost another 200 credits)",
        "Send 2 again (costs another 200 credits)",
        "Send 2 again (may cost another 200 credits)",
        "Release 2 videos (costs 200 credits)",
        "Release (price unknown)",
    )
    assert one_of(Action.RELEASE, HELD, HELD, price=100).needs_confirmation


def test_a_service_that_does_not_charge_has_no_prices_in_labels() -> None:
    assert next(one.label for one in actions_for([FAILED]) if one.action is Action.RETRY) == "Retry"


def test_an_action_that_spends_nothing_has_no_price() -> None:
    assert one_of(Action.STAR, a_job(Failed("no")), price=100).price is None
    assert one_of(Action.SEND_AGAIN, a_job(Unconfirmed("found", True)), price=100).price == 100
    assert one_of(Action.RETRY, a_job(Failed("no")), price=100).price == 100


def test_the_ids_of_actions_are_unique_and_stay() -> None:
    assert Action("settle") is Action.RECONCILE and Action("stop_watching") is Action.ABANDON
    assert len({action.value for action in Action}) == len(Action)


WAITING, HELD = a_job(Waiting(), 1), a_job(Waiting(), 2, on_hold=True)
FAILED, READY, STARRED = a_job(Failed("no"), 3), a_job(Ready(a_clip()), 4), a_job(Failed("no"), 5, starred=True)
PICKED = a_job(Ready(a_clip()), 6, flag=Flag.PICKED)
SEVERAL: list[tuple[tuple[Job, ...], list[Action]]] = [
    ((), []),
    ((FAILED, READY), [Action.RETRY, Action.STAR, Action.TRASH]),
    ((READY, READY), [Action.COMPARE, Action.REVIEW, Action.RETRY, *MARKS, Action.KEEP_THIS, Action.TRASH]),
    (
        (READY, PICKED),
        [Action.COMPARE, Action.REVIEW, Action.RETRY, *MARKS, Action.KEEP_THIS, Action.CLEAR_MARKS, Action.TRASH],
    ),
    ((READY,) * 5, [Action.REVIEW, Action.RETRY, *MARKS, Action.KEEP_THIS, Action.TRASH]),
    ((FAILED, STARRED), [Action.RETRY, Action.STAR, Action.CLEAR_MARKS, Action.TRASH]),
    ((STARRED, STARRED), [Action.RETRY, Action.UNSTAR, Action.CLEAR_MARKS, Action.TRASH]),
    ((WAITING, HELD), [Action.MOVE_TO_FRONT, Action.HOLD, Action.STAR, Action.TRASH]),
    ((HELD, HELD), [Action.MOVE_TO_FRONT, Action.RELEASE, Action.STAR, Action.TRASH]),
    ((WAITING, a_job(Rendering(TASK))), [Action.STAR]),
    ((a_job(Rendering(TASK)), a_job(Unsaved(TASK, "cut"))), [Action.STAR, Action.ABANDON]),
    ((FAILED, a_job(Removed())), []),
    ((a_job(Abandoned(TASK)), a_job(Failed("no", remote_id=TASK))), [Action.RESUME, Action.STAR, Action.TRASH]),
]


@pytest.mark.parametrize(("jobs", "actions"), SEVERAL)
def test_several_jobs_get_what_can_be_done_to_all_of_them(jobs: tuple[Job, ...], actions: list[Action]) -> None:
    assert offered(*jobs) == actions
    assert offered(*reversed(jobs)) == actions


def test_several_jobs_cost_the_sum_which_is_unknown_as_soon_as_one_price_is() -> None:
    retry = one_of(Action.RETRY, FAILED, READY, price=100)
    assert (retry.price, retry.label) == (Decimal(200), "Make 2 more takes (costs 200 credits)")
    prices = {FAILED.id: Decimal(100)}
    unknown = actions_for([FAILED, READY], lambda job: prices.get(job.id))
    assert next(one for one in unknown if one.action is Action.RETRY).price is None


def test_what_spends_for_several_jobs_needs_a_confirmation() -> None:
    confirmed = {one.action for one in actions_for([FAILED, READY]) if one.needs_confirmation}
    assert confirmed == {Action.RETRY}
    assert not any(one.needs_confirmation for one in actions_for([FAILED]))


def test_stopping_to_wait_for_several_jobs_asks_nothing_since_it_can_be_undone() -> None:
    rendering = a_job(Rendering(TASK))
    assert not one_of(Action.ABANDON, rendering, rendering).needs_confirmation


@pytest.mark.parametrize("phase", [Waiting(), READY.phase, Failed("crashed", remote_id=TASK), Unconfirmed("Lost.")])
def test_a_move_to_the_trash_asks_nothing_since_it_can_be_undone(phase: Phase) -> None:
    several = one_of(Action.TRASH, a_job(phase, 6), READY)
    assert not one_of(Action.TRASH, a_job(phase)).needs_confirmation and not several.needs_confirmation
    assert several.label == "Move 2 videos to Trash"


def test_a_waiting_job_says_that_it_is_restored_on_hold() -> None:
    assert one_of(Action.RESTORE, a_job(Trashed(Waiting(), 1.0))).label == "Restore on hold"
    assert one_of(Action.RESTORE, a_job(Trashed(READY.phase, 1.0))).label == "Restore"  # type: ignore[arg-type]
