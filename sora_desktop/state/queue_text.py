"""What is said of the queue as a whole, and of the money in it."""

from __future__ import annotations

from dataclasses import dataclass

from sora_desktop.domain.money import Money, format_amount
from sora_desktop.domain.queue import QueueState


@dataclass(frozen=True, slots=True)
class QueueText:
    """The line over the library while nothing is sent; empty `text`: no line."""

    text: str = ""
    button: str = ""


def queue_text(state: QueueState, waiting: int) -> QueueText:
    """Why nothing is sent and what can be done about it; while nobody waits, only what would stop the next one."""
    if state.paused:
        still = f"{_videos(waiting)} in line." if waiting else "Nothing is sent until you resume it."
        return QueueText(f"The queue is paused. {still}", "Resume")
    if state.reason and waiting:
        return QueueText(state.reason, "Try now")
    return QueueText(state.warning, "Try now") if state.warning else QueueText()


def money_text(money: Money) -> str:
    """Every sum, a line each, for the balance's tool tip."""
    lines = [f"Balance: {format_amount(money.balance.amount)} credits"] if money.balance is not None else []
    lines.append(f"Reserved for the queue: {format_amount(money.reserved)} credits")
    if money.unpriced:
        lines.append(f"{_videos(money.unpriced)} of unknown price besides")
    lines.append(f"Spent today: {format_amount(money.spent_today)} credits")
    if money.limit is not None and money.left_under_limit is not None:
        lines.append(f"Daily cap: {format_amount(money.limit)} credits, {format_amount(money.left_under_limit)} left")
    return "\n".join(lines)


def footer_text(money: Money) -> str:
    """The sums worth a place in the bottom line: those that are not nothing."""
    parts = [f"Reserved {format_amount(money.reserved)}"] if money.reserved else []
    if money.limit is not None:
        parts.append(f"Spent today {format_amount(money.spent_today)} of {format_amount(money.limit)}")
    elif money.spent_today:
        parts.append(f"Spent today {format_amount(money.spent_today)}")
    return " · ".join(parts)


def _videos(number: int) -> str:
    return "One video" if number == 1 else f"{number} videos"
