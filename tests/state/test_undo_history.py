"""What can be undone, in which order, and what the menu calls it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest
from builders import a_clip, a_job
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.controllers.undoable import UNDOABLE
from sora_desktop.domain.job import JobId, Ready
from sora_desktop.domain.marks import Flag, MarkEdit, Marks
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.actions import PAID, Action
from sora_desktop.state.marks import Mark, mark_action, mark_edits
from sora_desktop.state.queue_steps import EditStep, HoldStep, OrderStep, order_step
from sora_desktop.state.undo_history import MAX_STEPS, UndoHistory
from sora_desktop.state.undo_steps import MarkChange, MarkStep, Step, TrashStep, WaitStep

ONE, TWO = JobId("job1"), JobId("job2")


def marked(action: Action, *ids: JobId) -> MarkStep:
    edits = mark_edits(action, ids)
    return MarkStep(action, tuple(MarkChange(id, edit, edit.undoing(Marks())) for id, edit in edits.items()))


A_STAR, ANOTHER_STAR = marked(Action.STAR, ONE), marked(Action.STAR, TWO)


def test_steps_are_undone_and_done_again_in_turn() -> None:
    history = UndoHistory()
    first, second = A_STAR, TrashStep(Action.TRASH, (ONE, TWO))
    history.record(first)
    history.record(second)
    assert history.next_undo == second and history.next_redo is None
    history.note_undone(second)
    history.note_undone(first)
    assert history.next_undo is None and history.next_redo == first
    history.note_redone(first)
    assert history.next_undo == first and history.next_redo == second


FOUR = tuple(a_job(Ready(a_clip()), number) for number in range(4))
MARKED_BY = st.tuples(st.sampled_from(Mark), st.sets(st.integers(0, 3), min_size=1))
#: What the user does: a mark by its key on some of four jobs, "keep this" on some of them, undo, redo.
DONE = st.one_of(MARKED_BY, st.lists(st.integers(0, 3), min_size=2, unique=True), st.sampled_from(["undo", "redo"]))


@given(st.lists(DONE, max_size=16))
def test_undo_and_redo_go_through_the_very_marks_that_were_there(done: list[object]) -> None:
    jobs = list(FOUR)
    history = UndoHistory()
    states, at = [[job.marks for job in jobs]], 0

    def apply(edits: Mapping[JobId, MarkEdit]) -> None:
        for place, job in enumerate(jobs):
            starred, flag = edits.get(job.id, MarkEdit()).applied(job.marks)
            jobs[place] = replace(job, starred=starred, flag=flag)

    for each in done:
        if each == "undo":
            if (step := history.next_undo) is not None:
                assert isinstance(step, MarkStep)
                apply(step.undoing.edits)
                history.note_undone(step)
                at -= 1
        elif each == "redo":
            if (step := history.next_redo) is not None:
                assert isinstance(step, MarkStep)
                apply(step.edits)
                history.note_redone(step)
                at += 1
        else:
            if isinstance(each, list):
                found: tuple[Action, tuple[JobId, ...]] | None = (
                    Action.KEEP_THIS,
                    tuple(jobs[number].id for number in each),
                )
            else:
                mark, numbers = cast("tuple[Mark, set[int]]", each)
                found = mark_action(mark, [jobs[number] for number in sorted(numbers)])
            if found is None:
                continue
            edits, before = mark_edits(*found), {job.id: job.marks for job in jobs}
            changed = [id for id in edits if edits[id].applied(before[id]) != before[id]]  # as `Commands.mark` finds
            apply(edits)
            changes = tuple(MarkChange(id, edits[id], edits[id].undoing(before[id])) for id in changed)
            history.record(MarkStep(found[0], changes))
            if changes:
                states, at = [*states[: at + 1], [job.marks for job in jobs]], at + 1
        assert [job.marks for job in jobs] == states[at]
        assert (history.next_undo is None) == (at == 0) and (history.next_redo is None) == (at == len(states) - 1)


def test_an_earlier_step_can_be_undone_by_itself() -> None:
    """The toast about it is still on screen."""
    history = UndoHistory()
    first, second = TrashStep(Action.TRASH, (ONE,)), ANOTHER_STAR
    history.record(first)
    history.record(second)
    history.note_undone(first)
    assert history.next_undo == second and history.next_redo == first


def test_of_two_equal_steps_the_later_one_is_undone() -> None:
    """A video was moved to the Trash, restored, and moved to the Trash again."""
    history = UndoHistory()
    moved, restored = TrashStep(Action.TRASH, (ONE,)), TrashStep(Action.RESTORE, (ONE,))
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
    history.record(A_STAR)
    history.note_undone(A_STAR)
    history.record(ANOTHER_STAR)
    assert history.next_redo is None


def test_a_step_that_has_changed_nothing_is_not_noted() -> None:
    history = UndoHistory()
    history.record(TrashStep(Action.TRASH, ()))
    assert history.next_undo is None


def test_only_the_last_steps_are_remembered() -> None:
    history = UndoHistory()
    for number in range(MAX_STEPS + 1):
        history.record(TrashStep(Action.TRASH, (JobId(f"job{number}"),)))
    undone = 0
    while (step := history.next_undo) is not None:
        history.note_undone(step)
        undone += 1
    assert undone == MAX_STEPS and history.next_redo == TrashStep(Action.TRASH, (ONE,))


def test_jobs_that_were_deleted_cannot_be_restored() -> None:
    history = UndoHistory()
    history.record(TrashStep(Action.TRASH, (ONE,)))
    history.record(TrashStep(Action.TRASH, (ONE, TWO)))
    history.forget([ONE])
    assert history.next_undo == TrashStep(Action.TRASH, (TWO,))
    history.note_undone(TrashStep(Action.TRASH, (TWO,)))
    assert history.next_undo is None


def test_no_step_spends() -> None:
    assert {Action.RELEASE} == PAID & UNDOABLE, "which is undone by holding"
    edited = EditStep(ONE, VideoRequest("a"), VideoRequest("b"))
    moved, released = OrderStep((ONE,), (ONE, TWO), (TWO, ONE)), HoldStep(Action.RELEASE, (ONE,))
    assert released.undoing.action is Action.HOLD
    for step in (TrashStep(Action.TRASH, (ONE,)), WaitStep(Action.ABANDON, (ONE,)), A_STAR, edited, moved, released):
        assert step.without({TWO, ONE}) is None
        assert step.undoing.undoing == step


def test_each_clip_gets_its_own_former_marks_back() -> None:
    edits = mark_edits(Action.KEEP_THIS, (TWO, ONE))
    before = {ONE: Marks(True, Flag.PICKED), TWO: Marks(False, Flag.REJECTED)}
    changes = tuple(MarkChange(id, edit, edit.undoing(before[id])) for id, edit in edits.items())
    after = {id: edit.applied(before[id]) for id, edit in edits.items()}
    assert after == {ONE: Marks(True, Flag.REJECTED), TWO: Marks(False, Flag.PICKED)}
    undoing = MarkStep(Action.KEEP_THIS, changes).undoing
    starred = after | {TWO: Marks(True, Flag.PICKED)}  # meanwhile
    assert {id: edit.applied(starred[id]) for id, edit in undoing.edits.items()} == before | {
        TWO: Marks(True, Flag.REJECTED)
    }


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (TrashStep(Action.TRASH, (ONE,)), "Move video to Trash"),
        (TrashStep(Action.TRASH, (ONE, TWO)), "Move 2 videos to Trash"),
        (TrashStep(Action.RESTORE, (ONE, TWO)), "Restore 2 videos"),
        (WaitStep(Action.ABANDON, (ONE,)), "Stop waiting for video"),
        (WaitStep(Action.RESUME, (ONE, TWO)), "Resume waiting for 2 videos"),
        (A_STAR, "Star video"),
        (marked(Action.UNSTAR, ONE), "Remove star"),
        (marked(Action.UNSTAR, ONE, TWO), "Remove stars of 2 videos"),
        (marked(Action.PICK, ONE, TWO), "Pick 2 videos"),
        (marked(Action.UNREJECT, ONE), "Remove reject"),
        (marked(Action.KEEP_THIS, ONE, TWO), "Keep this, reject the others"),
        (marked(Action.CLEAR_MARKS, ONE), "Clear marks"),
        (marked(Action.CLEAR_MARKS, ONE, TWO), "Clear marks of 2 videos"),
    ],
)
def test_a_step_has_the_words_of_the_menu(step: Step, text: str) -> None:
    assert step.text == text


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("abcd", "abcd", None),
        ("abcd", "acbd", ("bc", "cb")),
        ("abcd", "bcda", ("abcd", "bcda")),
        ("abcd", "cbd", ("bc", "cb")),  # a was sent meanwhile
        ("abc", "bacx", ("ab", "ba")),  # x was submitted meanwhile
    ],
)
def test_a_move_remembers_the_part_of_the_queue_that_has_changed(
    before: str, after: str, kept: tuple[str, str] | None
) -> None:
    step = order_step([JobId("a")], [*map(JobId, before)], [*map(JobId, after)])
    assert (step and ("".join(step.before), "".join(step.after))) == kept
