"""The guard against a submission that is made twice by mistake."""

from __future__ import annotations

from sora_desktop.state.submit_guard import SAME_CLICK, SubmitGuard


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


def test_a_double_click_is_one_submission_and_a_later_click_is_another() -> None:
    clock = Clock()
    guard = SubmitGuard(clock)
    assert guard.admits("a")
    clock.time = SAME_CLICK - 0.01
    assert not guard.admits("a")
    clock.time = 2 * SAME_CLICK
    assert guard.admits("a")


def test_a_key_that_is_held_down_is_one_submission() -> None:
    clock = Clock()
    guard = SubmitGuard(clock)
    assert guard.admits("a")
    for _ in range(100):
        clock.time += 0.04
        assert not guard.admits("a")


def test_another_submission_between_does_not_make_a_repeat_a_new_one() -> None:
    clock = Clock()
    guard = SubmitGuard(clock)
    assert [guard.admits(value) for value in "abab"] == [True, True, False, False]
    clock.time = 2 * SAME_CLICK
    assert [guard.admits(value) for value in "ba"] == [True, True]


def test_presses_nearly_a_second_apart_are_one_submission() -> None:
    clock = Clock()
    guard = SubmitGuard(clock)
    admitted = []
    for press in range(10):
        clock.time = 0.9 * press
        admitted.append(guard.admits("a"))
    assert admitted == [True] + [False] * 9


def test_a_pending_submission_is_not_admitted_again_however_late() -> None:
    clock = Clock()
    guard = SubmitGuard(clock)
    assert guard.admits("a")
    with guard.pending("a"):
        clock.time += 100.0
        assert not guard.admits("a")
        assert guard.admits("b")
        assert not guard.admits("a")
    clock.time += 100.0
    assert guard.admits("a")


def test_an_error_ends_a_pending_submission() -> None:
    clock = Clock()
    guard = SubmitGuard(clock)
    try:
        with guard.pending("a"):
            raise ValueError
    except ValueError:
        clock.time += 100.0
    assert guard.admits("a")
