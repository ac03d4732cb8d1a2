"""A review ends in the order that the user's answers stand for, after few decisions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.domain.job import JobId
from sora_desktop.state.knockout import Knockout, Pair, Preference


def judged(scores: dict[JobId, int]) -> Knockout:
    """A review whose user likes clips by their scores, and cannot decide between equal ones."""
    review = Knockout(tuple(scores))
    most = review.at_most
    while (pair := review.pair) is not None:
        first, second = scores[pair.first], scores[pair.second]
        before = review
        verdict = Preference.FIRST if first > second else Preference.SECOND if second > first else Preference.TIE
        review = review.decided(verdict)
        assert review.undone() == before
        assert review.at_most <= most and before.number <= before.at_most
        most = review.at_most
    assert len(review.verdicts) == review.at_most
    return review


@given(st.lists(st.integers(0, 30), min_size=2, max_size=16))
def test_the_order_is_that_of_the_users_taste(values: list[int]) -> None:
    scores = {JobId(f"clip{number}"): value for number, value in enumerate(values)}
    review = judged(scores)
    assert sorted(review.order) == sorted(scores)
    assert [scores[id] for id in review.order] == sorted(values, reverse=True)


@pytest.mark.parametrize(("clips", "decisions"), [(2, 1), (3, 3), (4, 5), (8, 17), (16, 49)])
def test_it_takes_few_decisions(clips: int, decisions: int) -> None:
    assert Knockout(tuple(JobId(str(number)) for number in range(clips))).at_most == decisions


def test_a_tie_keeps_the_order_and_the_clip_that_is_inserted_stays() -> None:
    one, two, three = (JobId(name) for name in ("one", "two", "three"))
    review = Knockout((one, two, three))
    assert review.pair == Pair(one, two)
    review = review.decided(Preference.TIE)
    assert review.order == (one, two) and review.pair == Pair(two, three)
    review = review.decided(Preference.SECOND)
    assert review.pair == Pair(one, three), "three stays on screen"
    assert review.decided(Preference.TIE).order == (one, three, two)
    assert review.without(two).pair == Pair(one, three)


def test_a_tie_is_the_last_question_about_a_clip() -> None:
    clips = tuple(JobId(name) for name in ("one", "two", "three", "four"))
    review = Knockout(clips)
    for _ in range(3):
        review = review.decided(Preference.TIE)
    assert review.pair is None and review.order == ("one", "two", "four", "three")
