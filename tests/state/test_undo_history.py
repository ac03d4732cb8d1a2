"""What can be undone, in which order, and what the menu calls it."""

from __future__ import annotations

import pytest

from sora_desktop.domain.job import JobId
from sora_desktop.state.actions import PAID, Action
from sora_desktop.state.undo_history import MAX_STEPS, UNDONE_BY, Step, UndoHistory

ONE, TWO = JobId("job1"), JobId("job2")


def test_steps_are_undone_and_done_again_in_turn() -> None:
    history = UndoHistory()
    first, second = Step(Action.STAR, (ONE,)), Step(Action.TRASH, (ONE, TWO))
    history.record(first)
    history.record(second)
    assert history.next_undo == second and history.next_redo is None
    history.note_undone(second)
    history.note_undone(first)
    assert history.next_undo is None and history.next_redo == first
    history.note_redone(first)
    assert history.next_undo == first and history.next_redo == second


def test_an_earlier_step_can_be_undone_by_itself() -> None:
    """The toast about it is still on screen."""
    history = UndoHistory()
    first, second = Step(Action.TRASH, (ONE,)), Step(Action.STAR, (TWO,))
    history.record(first)
    history.record(second)
    history.note_undone(first)
    assert history.next_undo == second and history.next_redo == first


def test_of_two_equal_steps_the_later_one_is_undone() -> None:
    """A video was moved to the Trash, restored, and moved to the Trash again."""
    history = UndoHistory()
    moved, restored = Step(Action.TRASH, (ONE,)), Step(Action.RESTORE, (ONE,))
    for step in (moved, restored, moved):
        history.record(step)
    history.note_undone(moved)
    assert history.next_undo == restored
    history.note_undone(restored)
    history.note_undone(moved)
    history.note_redone(moved)
    assert history.next_redo == restored


def test_a_new_step_ends_what_could_be_done_again() -> None:
    history = UndoHistory()
    history.record(Step(Action.STAR, (ONE,)))
    history.note_undone(Step(Action.STAR, (ONE,)))
    history.record(Step(Action.STAR, (TWO,)))
    assert history.next_redo is None


def test_a_step_that_has_changed_nothing_is_not_noted() -> None:
    history = UndoHistory()
    history.record(Step(Action.TRASH, ()))
    assert history.next_undo is None


def test_only_the_last_steps_are_remembered() -> None:
    history = UndoHistory()
    for number in range(MAX_STEPS + 1):
        history.record(Step(Action.TRASH, (JobId(f"job{number}"),)))
    undone = 0
    while (step := history.next_undo) is not None:
        history.note_undone(step)
        undone += 1
    assert undone == MAX_STEPS and history.next_redo == Step(Action.TRASH, (ONE,))


def test_jobs_that_were_deleted_cannot_be_restored() -> None:
    history = UndoHistory()
    history.record(Step(Action.TRASH, (ONE,)))
    history.record(Step(Action.TRASH, (ONE, TWO)))
    history.forget([ONE])
    assert history.next_undo == Step(Action.TRASH, (TWO,))
    history.note_undone(Step(Action.TRASH, (TWO,)))
    assert history.next_undo is None


def test_no_step_spends() -> None:
    assert not PAID & UNDONE_BY.keys()
    assert all(UNDONE_BY[undoing] is action for action, undoing in UNDONE_BY.items())


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Step(Action.TRASH, (ONE,)), "Move video to Trash"),
        (Step(Action.TRASH, (ONE, TWO)), "Move 2 videos to Trash"),
        (Step(Action.RESTORE, (ONE, TWO)), "Restore 2 videos"),
        (Step(Action.STAR, (ONE,)), "Star video"),
        (Step(Action.UNSTAR, (ONE,)), "Remove star of video"),
        (Step(Action.UNSTAR, (ONE, TWO)), "Remove stars of 2 videos"),
    ],
)
def test_a_step_has_the_words_of_the_menu(step: Step, text: str) -> None:
    assert step.text == text
