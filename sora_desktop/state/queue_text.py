"""What is said of the queue as a whole, and of the money in it."""

from __future__ import annotations

from dataclasses import dataclass

from sora_desktop.domain.money import Money, written
from sora_desktop.domain.queue import QueueState


@dataclass(frozen=True, slots=True)
class QueueWords:
    """The line over the library while nothing is sent; empty `text`: no line."""

    text: str = ""
    button: str = ""


def queue_words(state: QueueState, waiting: int) -> QueueWords:
    """Why nothing is sent and what can be done about it; while nobody waits, only what would stop the next one."""
    if state.paused:
        still = f"{_videos(waiting)} in line." if waiting else "Nothing is sent until you resume it."
        return QueueWords(f"The queue is paused. {still}", "Resume")
    if state.reason and waiting:
        return QueueWords(state.reason, "Try now")
    return QueueWords(state.warning, "Try now") if state.warning else QueueWords()


def money_words(money: Money) -> str:
    """Every sum, a line each, for the balance's tool tip."""
    lines = [f"Balance: {written(money.balance.credits)} credits"] if money.balance is not None else []
    lines.append(f"Reserved for the queue: {written(money.reserved)} credits")
    if money.unpriced:
        lines.append(f"{_videos(money.unpriced)} of unknown price besides")
    lines.append(f"Spent today: {written(money.spent_today)} credits")
    if money.cap is not None and money.left_under_cap is not None:
        lines.append(f"Daily cap: {written(money.cap)} credits, {written(money.left_under_cap)} left")
    return "\n".join(lines)


def foot_words(money: Money) -> str:
    """The sums worth a place in the bottom line: those that are not nothing."""
    parts = [f"Reserved {written(money.reserved)}"] if money.reserved else []
    if money.cap is not None:
        parts.append(f"Spent today {written(money.spent_today)} of {written(money.cap)}")
    elif money.spent_today:
        parts.append(f"Spent today {written(money.spent_today)}")
    return " · ".join(parts)


def _videos(number: int) -> str:
    return "One video" if number == 1 else f"{number} videos"
