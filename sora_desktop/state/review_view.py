"""What the bar of a review shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sora_desktop.domain.job import JobId
from sora_desktop.state.knockout import Knockout


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One moment of a review."""

    text: str = ""  # what is asked, or the order
    tip: str = ""  # more about it
    is_done: bool = False  # all clips have a place
    can_undo: bool = False
    others: int = 0  # clips after the first of the order


def review_view(review: Knockout, names: Mapping[JobId, str]) -> ReviewView:
    """`names`: what each clip is called."""
    can_undo, others = bool(review.verdicts), len(review.clips) - 1
    if review.pair is None:
        places = [f"{place}. {names[id]}" for place, id in enumerate(review.order, 1)]
        return ReviewView(f"Your order: {' · '.join(places)}", "\n".join(places), True, can_undo, others)
    first, second = (names[id] for id in review.pair)
    text = f"{review.number} of at most {review.at_most} · Which is better?"
    return ReviewView(text, f"A is {first}, B is {second}", False, can_undo, others)
