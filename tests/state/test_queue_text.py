"""The texts about the queue and money."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.money import Balance, Money
from sora_desktop.domain.queue import QueueState
from sora_desktop.state.queue_text import QueueText, footer_text, money_text, pause_text, queue_text


@pytest.mark.parametrize(
    ("state", "waiting", "text", "button"),
    [
        (QueueState(), 5, "", ""),
        (QueueState(paused=True), 0, "The queue is paused. Nothing is sent until you resume it.", "Resume"),
        (QueueState(paused=True), 1, "The queue is paused. One video in line.", "Resume"),
        (QueueState(paused=True, reason="The key is wrong."), 3, "The queue is paused. 3 videos in line.", "Resume"),
        (QueueState(reason="The key is wrong."), 2, "The key is wrong.", "Try now"),
        (QueueState(reason="The key is wrong."), 0, "", ""),
        (QueueState(warning="The key is wrong."), 0, "The key is wrong.", "Try now"),
        (QueueState(reason="Too few credits.", warning="The key is wrong."), 1, "Too few credits.", "Try now"),
    ],
)
def test_the_line_over_the_library(state: QueueState, waiting: int, text: str, button: str) -> None:
    assert queue_text(state, waiting) == QueueText(text, button)


@pytest.mark.parametrize(
    ("waiting", "text"),
    [
        (1, "Too few credits. Topping up is free and sends the video in line (100 credits)."),
        (3, "Too few credits. Topping up is free and sends the 3 videos in line (100 credits)."),
    ],
)
def test_a_balance_that_costs_nothing_is_topped_up_with_the_price_in_sight(waiting: int, text: str) -> None:
    state = QueueState(reason="Too few credits.", tops_up=True)
    assert queue_text(state, waiting, "100 credits") == QueueText(text, "Top up (free)")


@pytest.mark.parametrize(
    ("state", "waiting", "button"),
    [
        (QueueState(paused=True), 3, "Resume (300 credits)"),
        (QueueState(paused=True), 0, "Resume"),
        (QueueState(reason="Too few credits."), 3, "Try now (300 credits)"),
        (QueueState(warning="The key is wrong."), 3, "Try now (300 credits)"),
    ],
)
def test_a_button_that_sends_what_waits_names_its_cost(state: QueueState, waiting: int, button: str) -> None:
    assert queue_text(state, waiting, "300 credits").button == button


@pytest.mark.parametrize(
    ("paused", "waiting", "text"),
    [
        (False, 3, "Pause queue"),
        (True, 3, "Resume queue (300 credits)"),
        (True, 0, "Resume queue"),
    ],
)
def test_the_menu_item_of_the_queue_names_what_resuming_costs(paused: bool, waiting: int, text: str) -> None:
    assert pause_text(QueueState(paused=paused), waiting, "300 credits") == text


def test_the_tool_tip_has_every_amount() -> None:
    money = Money(Balance(Decimal(1240), 0.0), Decimal(200), Decimal(300), Decimal(1000), 1)
    assert money_text(money, CAPABILITIES.unit).splitlines() == [
        "Balance: 1\u202f240 credits",
        "Reserved for the queue: 200 credits",
        "Not included: one video of unknown price",
        "Spent today: 300 credits",
        "Daily spending limit: 1\u202f000 credits, 700 left",
    ]
    assert footer_text(money) == "Reserved 200 · Spent today 300 of 1\u202f000"


def test_the_status_bar_leaves_out_amounts_of_zero() -> None:
    assert footer_text(Money()) == ""
    assert footer_text(Money(spent_today=Decimal(5))) == "Spent today 5"
