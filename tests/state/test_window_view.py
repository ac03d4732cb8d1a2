"""The texts of the window's frame, as a table."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.library import Counts
from sora_desktop.domain.money import Balance, Money
from sora_desktop.domain.overrides import Override
from sora_desktop.domain.queue import QueueState
from sora_desktop.state.notices import Notice
from sora_desktop.state.queue_text import QueueText
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import (
    Activity,
    ServiceBadge,
    WindowFacts,
    WindowState,
    WindowView,
    activity_text,
    totals_text,
    window_view,
)


def test_without_facts_everything_is_hidden() -> None:
    assert window_view(WindowFacts()) == WindowView()


@pytest.mark.parametrize(
    ("service", "badge", "tone"),
    [
        (ServiceBadge.STARTING_SANDBOX, "Starting the sandbox…", Tone.MUTED),
        (ServiceBadge.CONNECTING, "Connecting…", Tone.MUTED),
        (ServiceBadge.FAILED, "Not connected", Tone.ERROR),
        (ServiceBadge.SANDBOX, "Sandbox · offline demo", Tone.OK),
        (ServiceBadge.LIVE_UNVERIFIED, "Live", Tone.MUTED),
        (ServiceBadge.LIVE, "Live", Tone.OK),
    ],
)
def test_the_badge(service: ServiceBadge, badge: str, tone: Tone) -> None:
    view = window_view(WindowFacts(service=service))
    assert (view.badge, view.badge_tone) == (badge, tone)


def test_balance_and_money() -> None:
    balance = Balance(Decimal(1240), 0.0)
    view = window_view(WindowFacts(unit=CAPABILITIES.unit, balance=balance, money=Money(balance, Decimal(200))))
    assert (view.balance, view.money) == ("1\u202f240 credits", "Reserved 200")
    assert view.money_tip.startswith("Balance: 1\u202f240 credits")
    assert view.limit == "no limit" and window_view(WindowFacts()).limit == "", "it is not known yet"


def test_a_paused_queue() -> None:
    view = window_view(WindowFacts(queue=QueueState(paused=True), waiting=3))
    assert view.paused and view.queue_line == QueueText("The queue is paused. 3 videos in line.", "Resume")


def test_the_most_serious_notice_comes_first_and_each_ends_by_itself() -> None:
    state, dismissed = WindowState(), list[Notice]()
    state.notice_dismissed.connect(dismissed.append)

    def texts() -> list[str]:
        return [notice.text for notice in state.view.notices]

    state.show_notice("The sandbox is used.", Tone.MUTED)
    state.show_notice("The disk is full.", Tone.ERROR, "disk")
    state.show_notice("Dead cannot be used.", Tone.WARN)
    state.show_notice("Garage cannot be used.", Tone.WARN)
    warnings = ["Garage cannot be used.", "Dead cannot be used."]
    assert texts() == ["The disk is full.", *warnings, "The sandbox is used."]
    state.show_notice("The folder is full.", Tone.ERROR, "disk")
    assert texts() == ["The folder is full.", *warnings, "The sandbox is used."], "it is about the same"
    state.end_notice("Dead cannot be used.")
    state.end_notice("never shown")
    state.dismiss_notice(state.view.notices[0].subject)
    assert texts() == ["Garage cannot be used.", "The sandbox is used."]
    assert [notice.text for notice in dismissed] == ["The folder is full."], "the other one has ended by itself"


def test_advice_about_settings_names_the_variable_that_counts_instead() -> None:
    advice = "The service does not accept the API key. Enter a valid one in Settings."
    queue = QueueState(reason=advice, paused=False)
    facts = WindowFacts(notices=(Notice(advice),), queue=queue, waiting=1)
    assert window_view(facts).notices[0].text == window_view(facts).queue_line.text == advice
    key, url = Override("SORA_API_KEY", "API key"), Override("SORA_BASE_URL", "base URL")
    view = window_view(replace(facts, overrides=(key, url)))
    note = "SORA_API_KEY is set in the environment, and counts instead of Settings."
    assert view.notices[0].text == view.queue_line.text == f"{advice} {note}"


@pytest.mark.parametrize(
    ("activity", "active", "text"),
    [
        (Activity(), 0, "Nothing is active"),
        (Activity(2, 1), 3, "3 active · 1 queued"),
        (Activity(0, 2), 2, "2 active · 2 queued"),
        (Activity(1, 0, 8_200_000), 1, "1 active     ↓ 8.2 MB/s"),
        (Activity(active=2), 2, "2 active · none running"),  # on hold, stopped, or of unknown outcome
        (Activity(), 2, "2 active"),  # not measured since they came
    ],
)
def test_the_activity(activity: Activity, active: int, text: str) -> None:
    assert activity_text(activity, active) == text


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        (Counts(all=3), ""),
        (Counts(done=1, clip_bytes=6_400_000), "Library 1 video · 6.4 MB"),
        (Counts(done=128, clip_bytes=1_100_000_000), "Library 128 videos · 1.1 GB"),
    ],
)
def test_the_totals(counts: Counts, text: str) -> None:
    assert totals_text(counts) == text


def test_each_change_of_the_facts_emits_the_whole_view() -> None:
    state, views = WindowState(), list[WindowView]()
    state.view_changed.connect(views.append)
    state.set_facts(replace(state.facts, service=ServiceBadge.LIVE))
    state.show_notice("Exported.", Tone.OK)
    state.dismiss_notice("Exported.")
    assert [(view.badge, len(view.notices)) for view in views] == [("Live", 0), ("Live", 1), ("Live", 0)]
    assert state.view == views[-1]
