"""The texts about the queue as a whole and about money."""

from __future__ import annotations

from typing import NamedTuple

from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.money import Money, format_amount
from sora_desktop.domain.queue import QueueState


class QueueText(NamedTuple):
    """The line under the library while the queue is not sending; an empty `text` hides the line."""

    text: str = ""
    button: str = ""


def queue_text(state: QueueState, waiting: int, cost: str = "") -> QueueText:
    """Why nothing is sent, and the button that helps. It shows `cost`, since it sends the `waiting` jobs.

    While no job waits, only a pause and a warning are shown.
    """
    price = f" ({cost})" if cost and waiting else ""
    if state.paused:
        rest = f"{_videos(waiting)} in line." if waiting else "Nothing is sent until you resume it."
        return QueueText(f"The queue is paused. {rest}", f"Resume{price}")
    if state.tops_up and waiting:
        sends = f"sends the {_videos(waiting)} in line" if waiting > 1 else "sends the video in line"
        return QueueText(f"{state.reason} Topping up is free and {sends}{price}.", "Top up (free)")
    if state.reason and waiting:
        return QueueText(state.reason, f"Try now{price}")
    return QueueText(state.warning, f"Try now{price}") if state.warning else QueueText()


def pause_text(state: QueueState, waiting: int, cost: str = "") -> str:
    """The menu item that pauses and resumes the queue."""
    if not state.paused:
        return "Pause queue"
    return f"Resume queue ({cost})" if cost and waiting else "Resume queue"


def money_text(money: Money, unit: Unit | None) -> str:
    """All amounts, one a line, for the tool tip of the balance. `unit`: what the service charges in."""
    lines = [f"Balance: {format_amount(money.balance.amount, unit)}"] if money.balance is not None else []
    lines.append(f"Reserved for the queue: {format_amount(money.reserved, unit)}")
    if money.unpriced:
        lines.append(f"Not included: {_videos(money.unpriced).lower()} of unknown price")
    lines.append(f"Spent today: {format_amount(money.spent_today, unit)}")
    if money.limit is not None and money.left_under_limit is not None:
        lines.append(f"Daily spending limit: {limit_text(money, unit)}")
    return "\n".join(lines)


def limit_text(money: Money, unit: Unit | None) -> str:
    """The daily spending limit, such as "200 credits, 50 left"."""
    if money.limit is None or money.left_under_limit is None:
        return "no limit"
    return f"{format_amount(money.limit, unit)}, {format_amount(money.left_under_limit)} left"


def footer_text(money: Money) -> str:
    """The amounts for the status bar: those that are not zero."""
    parts = [f"Reserved {format_amount(money.reserved)}"] if money.reserved else []
    if money.limit is not None:
        parts.append(f"Spent today {format_amount(money.spent_today)} of {format_amount(money.limit)}")
    elif money.spent_today:
        parts.append(f"Spent today {format_amount(money.spent_today)}")
    return " · ".join(parts)


def _videos(number: int) -> str:
    return "One video" if number == 1 else f"{number} videos"
