"""Which actions fit what is typed, and in which order."""

from __future__ import annotations

import pytest

from sora_desktop.state.action_search import fit_of


@pytest.mark.parametrize(
    ("typed", "text", "letters"),
    [
        ("co", "Copy this frame", {0, 1}),
        ("FRA", "Copy this frame", {10, 11, 12}),
        ("ctf", "Copy this frame", {0, 5, 10}),
        ("cothi", "Copy this frame", {0, 1, 5, 6, 7}),
        ("frame co", "Copy this frame", {0, 1, *range(10, 15)}),
        ("rame", "Copy this frame", {11, 12, 13, 14}),
        ("ra", "Copy this frame", None),
        ("copy x", "Copy this frame", None),
        ("cofr x", "Copy this frame", None),
        ("uber", "Über uns", {0, 1, 2, 3}),
        ("é", "Etwas", {0}),
        ("再生", "再生 / 一時停止", {0, 1}),
        ("", "Copy this frame", set()),
        ("   ", "", set()),
    ],
)
def test_what_fits_and_which_letters_are_marked(typed: str, text: str, letters: set[int] | None) -> None:
    fit = fit_of(typed, text)
    assert (None if fit is None else set(fit.letters)) == letters


def test_beginnings_come_before_words_and_words_before_letters() -> None:
    texts = ("Mute", "Full screen picture", "Show in folder", "Stop frame in summer", "Speed of frames")
    order = sorted(
        (text for text in texts if fit_of("s", text)),
        key=lambda text: -(fit.score if (fit := fit_of("s", text)) else 0),
    )
    assert order == ["Show in folder", "Stop frame in summer", "Speed of frames", "Full screen picture"]
    scores = [
        fit.score if (fit := fit_of("sof", text)) else 0 for text in ("Sofa", "A sofa", "Xsofa", "Speed of Frames")
    ]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) == 4


def test_words_that_are_not_shown_count_from_three_letters_on() -> None:
    assert fit_of("cl", "Copy this frame", "picture clipboard") is None
    fit = fit_of("clip", "Copy this frame", "picture clipboard")
    assert fit is not None and fit.letters == frozenset()
