"""A review ends in the order that the user's answers stand for, after few questions."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.domain.job import JobId
from sora_desktop.state.knockout import FOUR_AT_ONCE, TWO_AT_ONCE, Knockout, Rank, ReviewAnswer, at_once_for

ONE, TWO, THREE, FOUR = CLIPS = tuple(map(JobId, ("one", "two", "three", "four")))


def answered_by(scores: dict[JobId, int], review: Knockout) -> Knockout:
    """The review after one more answer of a user who likes clips by their scores, and finds those alike equal."""
    standing = review.standing
    values = [scores[clip] for clip in standing.question]
    best = None if len(set(values)) == 1 else standing.question[values.index(max(values))]
    after = review.answered(best)
    assert after.undone() == review
    if len(after.standing.ranks) == len(standing.ranks):
        assert after.standing.questions_left == standing.questions_left - 1, "the number that was promised holds"
    return after


def judged(scores: dict[JobId, int], at_once: int) -> Knockout:
    review = Knockout(tuple(scores), at_once)
    while review.standing.question:
        review = answered_by(scores, review)
    return review


def scores_of(values: list[int]) -> dict[JobId, int]:
    return {JobId(f"clip{number}"): value for number, value in enumerate(values)}


@given(st.lists(st.integers(0, 12), min_size=2, max_size=12), st.sampled_from([TWO_AT_ONCE, FOUR_AT_ONCE]))
def test_the_order_is_that_of_the_users_taste(values: list[int], at_once: int) -> None:
    scores = scores_of(values)
    if at_once > TWO_AT_ONCE:  # of four, one must be the best: only all together can be equal
        scores = {clip: len(values) * value + number for number, (clip, value) in enumerate(scores.items())}
    standing = judged(scores, at_once).standing
    assert sorted(standing.order) == sorted(scores) and not standing.others
    assert [scores[clip] for clip in standing.order] == sorted(scores.values(), reverse=True)
    for rank in standing.ranks:
        assert len({scores[clip] for clip in rank.clips}) == 1
        assert rank.number == 1 + sum(score > scores[rank.clips[0]] for score in scores.values())


@given(st.permutations(range(7)), st.sets(st.integers(0, 6), max_size=4), st.integers(0, 14), st.booleans())
def test_a_clip_that_goes_takes_no_answer_with_it(values: list[int], gone: set[int], after: int, back: bool) -> None:
    scores = scores_of(values)
    review = Knockout(tuple(scores))
    for _ in range(after):
        review = answered_by(scores, review) if review.standing.question else review
    better = {
        (answer.best, other)
        for answer in review.answers
        for other in answer.asked
        if answer.best is not None and other != answer.best
    }
    known = len(review.answers)
    out = frozenset(review.clips[number] for number in gone)
    review = Knockout(review.clips, review.at_once, review.answers, out)
    place_of = {clip: place for place, clip in enumerate(review.standing.order)}
    assert set(place_of) == set(review.left)
    assert all(place_of[one] < place_of[other] for one, other in better if out.isdisjoint((one, other)))
    if back:
        review = Knockout(review.clips, review.at_once, review.answers)
    while review.standing.question:
        assert out.isdisjoint(review.standing.question) or back
        review = answered_by(scores, review)
    left = [clip for clip in scores if clip in review.left]
    assert list(review.standing.order) == sorted(left, key=scores.__getitem__, reverse=True)
    asked = [frozenset(answer.asked) for answer in review.answers]
    assert len(set(asked)) == len(asked) >= known, "nothing is asked twice"


#: Clips, how many at once, and questions until the first rank, the third and all are certain, at most. No method that
#: asks about two is sure to need fewer than 1, 3, 5, 7, 16 and 46 for all ranks, nor than n - 1 for the first.
FEW = [
    (2, 2, (1, 1, 1)),
    (3, 2, (2, 3, 3)),
    (4, 2, (3, 5, 5)),
    (5, 2, (4, 7, 8)),
    (8, 2, (7, 11, 17)),
    (16, 2, (15, 21, 49)),
    (16, 4, (5, 10, 30)),
    (60, 2, (59, 69, None)),
    (60, 4, (20, 28, None)),
]


@pytest.mark.parametrize(("clips", "at_once", "most"), FEW)
def test_it_takes_few_questions(clips: int, at_once: int, most: tuple[int, int, int | None]) -> None:
    scores = scores_of([number * 7919 % 61 for number in range(clips)])  # no two alike, in no order
    review = Knockout(tuple(scores), at_once)
    after: dict[int, int] = {}
    while (standing := review.standing).question and (most[2] is not None or len(standing.ranks) < 3):
        assert len(standing.question) <= at_once
        review = answered_by(scores, review)
        for place in range(1, len(review.standing.ranks) + 1):
            after.setdefault(place, len(review.answers))
    assert after[1] == most[0], "the best is found by the fewest questions there can be"
    assert after[min(3, clips)] <= most[1] and (most[2] is None or after[clips] <= most[2])


def test_equal_clips_share_a_rank_and_are_not_asked_about_again() -> None:
    review = Knockout(CLIPS).answered(None)
    assert review.standing.question == (THREE, FOUR)
    review = review.answered(FOUR)
    assert review.standing.question == (ONE, FOUR), "one of the two stands for both"
    standing = review.answered(FOUR).standing
    assert standing.question == (ONE, THREE) and standing.questions_left == 1
    places = review.answered(FOUR).answered(ONE).standing.ranks
    assert places == (Rank(1, (FOUR,)), Rank(2, (ONE, TWO)), Rank(4, (THREE,)))


def test_the_order_so_far_contradicts_no_answer() -> None:
    review = Knockout(CLIPS).answered(TWO)
    standing = review.standing
    assert standing.ranks == () and standing.others == (TWO, THREE, FOUR, ONE)
    assert review.undone().standing.others == CLIPS


def test_of_four_clips_at_once_the_best_one_is_better_than_the_others_alone() -> None:
    review = Knockout(CLIPS, FOUR_AT_ONCE)
    assert review.standing.question == CLIPS
    review = review.answered(THREE)
    assert review.standing.ranks == (Rank(1, (THREE,)),) and review.standing.question == (ONE, TWO, FOUR)
    two = Knockout(CLIPS, TWO_AT_ONCE, review.answers).standing
    assert two.question == (ONE, TWO) and two.questions_left == 2, "the user may change to pairs at any time"
    assert [at_once_for(clips) for clips in (4, 8, 16)] == [TWO_AT_ONCE, TWO_AT_ONCE, FOUR_AT_ONCE]


def test_what_follows_from_answers_about_a_clip_stays_when_it_leaves() -> None:
    """One is better than two and two better than three: without two, one and three need no question."""
    answers = (ReviewAnswer((ONE, TWO), ONE), ReviewAnswer((TWO, THREE), TWO))
    for given_in in (answers, answers[::-1]):
        standing = Knockout((ONE, TWO, THREE), TWO_AT_ONCE, given_in, frozenset({TWO})).standing
        assert standing.order == (ONE, THREE) and not standing.question


@pytest.mark.parametrize("out", [(TWO,), (THREE,), (TWO, THREE)], ids="-".join)
def test_what_follows_from_equal_clips_stays_when_they_leave(out: tuple[JobId, ...]) -> None:
    """One is better than two, two is equal to three, and three better than four: one is better than four."""
    answers = (ReviewAnswer((ONE, TWO), ONE), ReviewAnswer((TWO, THREE), None), ReviewAnswer((THREE, FOUR), THREE))
    for given_in in permutations(answers):
        standing = Knockout(CLIPS, TWO_AT_ONCE, given_in, frozenset(out)).standing
        assert standing.order == tuple(clip for clip in CLIPS if clip not in out) and not standing.question
