"""A review asks about a few clips at a time, by keys and buttons, and ends in an order that is acted on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_clip, a_job
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.controllers.review import ReviewController
from sora_desktop.domain.job import Job, JobId, Ready, Trashed
from sora_desktop.domain.marks import Flag
from sora_desktop.state.actions import Action, JobAction
from sora_desktop.state.toasts import Toasts
from sora_desktop.state.undo_history import UndoHistory
from sora_desktop.state.undo_steps import ReviewStep, TrashStep
from sora_desktop.ui.compare.review_actions import ReviewActions
from sora_desktop.ui.compare.review_bar import ReviewBar
from sora_desktop.ui.compare.review_order import ReviewOrder
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import ElidedLabel

ONE, TWO, THREE, FOUR = (a_job(Ready(a_clip()), number, prompt="A cat") for number in (1, 2, 3, 4))
one, two, three, four = (job.id for job in (ONE, TWO, THREE, FOUR))


class Window:
    """Clips that are compared, as a panel that shows nothing but the bar."""

    def __init__(self, qtbot: QtBot, theme: Theme, *jobs: Job) -> None:
        self.jobs = {job.id: job for job in jobs}
        self.looks: list[tuple[JobId, ...]] = []
        self.shown: tuple[JobId, ...] = ()
        self.names: list[str] = []
        self.done: list[tuple[JobAction, tuple[JobId, ...]]] = []
        self.exported: list[JobId] = []
        self.toasts, self.history = Toasts(), UndoHistory()
        self.is_playing, self.plays = False, 0
        self.is_full_screen = True
        self.panel = QWidget()
        self.panel.resize(1600, 60)
        qtbot.addWidget(self.panel)
        self.column = QVBoxLayout(self.panel)
        self.actions = ReviewActions(self.panel)
        window = SimpleNamespace(compare_actions=SimpleNamespace(review=self.actions))
        panels = SimpleNamespace(
            toasts=self.toasts, theme=theme, undo_history=self.history, window=window, posters=lambda _: None
        )
        self.controller = ReviewController(
            cast(Any, panels),
            cast(Any, self),
            self.jobs.get,
            lambda action, ids: self.done.append((action, tuple(ids))),
            lambda jobs: self.exported.extend(job.id for job in jobs),
        )

    def takes_of(self, job: Job, most: int) -> list[Job]:
        return [*self.jobs.values()] or [job]

    def take_numbers(self, jobs: Sequence[Job]) -> dict[JobId, int]:
        return {job.id: number for number, job in enumerate(self.jobs.values(), 1) if job in jobs}

    def add_bar(self, bar: ReviewBar) -> None:
        self.column.addWidget(bar)
        bar.watch_keys(self.panel)

    def compare(self, jobs: Sequence[Job], names: Mapping[JobId, str], *, of_review: bool) -> None:
        assert of_review
        self.panel.show()
        self.shown = tuple(job.id for job in jobs)
        self.looks.append(self.shown)
        self.names = [names[job.id] for job in jobs]

    def play(self) -> None:
        self.plays += 1

    def leave_full_screen(self) -> None:
        self.is_full_screen = False

    def start(self) -> None:
        self.controller.start([*self.jobs.values()])

    def keys(self, keys: str) -> None:
        """Press keys: "<" and ">" are arrows, "⌫" is Backspace."""
        named = {"<": Qt.Key.Key_Left, ">": Qt.Key.Key_Right, "⌫": Qt.Key.Key_Backspace}
        for key in keys:
            QTest.keyClick(self.panel, named.get(key) or Qt.Key(ord(key)))

    def change(self, job: Job) -> None:
        self.jobs[job.id] = job
        self.controller.job_changed(job)

    def undo(self) -> None:
        """As `UndoableController` does it."""
        step = self.history.next_undo
        assert isinstance(step, ReviewStep)
        step.show(step.undoing.after)
        self.history.note_undone(step)

    def part(self, name: str) -> QWidget:
        found = self.panel.findChild(QWidget, name)
        assert found is not None, name
        return found

    def text(self, name: str = "reviewText") -> str:
        label = self.part(name)
        assert isinstance(label, ElidedLabel)
        return "".join(label.lines)

    @property
    def order(self) -> list[str]:
        """What the strip shows of each clip, spoken."""
        view = self.part("reviewOrder")
        assert isinstance(view, ReviewOrder)
        model, role = view.model(), int(Qt.ItemDataRole.AccessibleTextRole)
        return [str(model.index(row, 0).data(role)) for row in range(model.rowCount())]

    def click(self, name: str) -> None:
        button = self.part(name)
        assert isinstance(button, QAbstractButton) and button.isVisible() and button.isEnabled()
        assert button.accessibleName()
        button.click()

    def toast_action(self, text: str) -> Callable[[], object]:
        toast = self.toasts.find("review")
        assert toast is not None and toast.text == text and toast.action is not None
        return toast.action.run


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> Window:
    return Window(qtbot, theme, ONE, TWO, THREE)


def test_a_review_by_keys_ends_in_an_order(window: Window) -> None:
    window.start()
    assert (window.text(), window.text("reviewProgress")) == ("Which is better?", "Question 1 of 2")
    assert window.plays == 1, "the clips play at once"
    window.keys("1")
    assert window.is_full_screen
    window.keys(">")
    assert window.text() == "Take 3 is the best of 3" and window.shown == (three, one)
    assert not window.is_full_screen, "the order is in the window"
    window.keys("⌫<")
    assert window.looks == [(one, two), (one, three), (three, one), (one, three), (two, three)]
    assert window.text("reviewProgress") == "Question 3 of 3 for rank 2 · Take 1 is the best"
    window.keys("0")
    assert window.text() == "Take 1 is the best of 3" and window.shown == (one, two)
    assert window.order == ["Rank 1: Take 1", "Rank 2: Take 2", "Rank 2: Take 3"]
    assert window.names == ["Take 1", "Take 2"], "the panes name the takes as the order does"
    looks = len(window.looks)
    window.keys("1<0")
    assert len(window.looks) == looks, "there is nothing left to answer"


def test_the_order_is_acted_on(window: Window) -> None:
    window.start()
    window.keys("121")
    assert window.order == ["Rank 1: Take 3", "Rank 2: Take 1", "Rank 3: Take 2"]
    assert [window.part(name).accessibleName() for name in ("reviewPick", "reviewReject")] == [
        "Pick Take 3",
        "Reject the other 2",
    ]
    assert not window.part("reviewExport").isEnabled()
    window.click("reviewPick")
    window.change(replace(THREE, flag=Flag.PICKED))
    menu = window.part("reviewPickMore").findChild(QMenu)
    assert menu is not None and [action.text() for action in menu.actions()] == ["Pick the first 2"]
    menu.actions()[0].trigger()
    window.change(replace(ONE, flag=Flag.PICKED))
    window.click("reviewExport")
    assert window.exported == [three, one]
    assert window.order[0] == "Rank 1: Take 3, Picked" and not window.actions.pick.isEnabled()
    assert window.part("reviewReject").accessibleName() == "Reject Take 2", "what is picked is not rejected"
    window.click("reviewReject")
    assert window.done == [(Action.PICK, (three,)), (Action.PICK, (three, one)), (Action.REJECT, (two,))]
    window.change(replace(TWO, flag=Flag.REJECTED))
    assert len(window.order) == 3, "a clip that is rejected at the end stays in the order"
    assert not window.part("reviewReject").isEnabled()


def test_the_clips_of_the_order_are_looked_at_beside_the_first(window: Window) -> None:
    window.start()
    window.keys("111")
    view = window.part("reviewOrder")
    assert isinstance(view, ReviewOrder)
    for row, shown in ((2, (one, three)), (0, (one, two))):
        view.clicked.emit(view.model().index(row, 0))
        assert window.shown == shown
    window.click("reviewAgain")
    assert window.text("reviewProgress") == "Question 1 of 2"
    window.undo()
    assert window.text() == "Take 1 is the best of 3", "undo brings the answers back"


def test_undo_takes_back_the_last_answer_and_backspace_the_last_answer_also_after_a_mark(window: Window) -> None:
    window.start()
    window.keys("11")
    window.undo()
    assert window.shown == (one, three)
    redo = window.history.next_redo
    assert isinstance(redo, ReviewStep)
    window.keys("1")
    later = TrashStep(Action.TRASH, (four,))
    window.history.record(later)
    window.keys("⌫")
    assert window.shown == (one, three)
    answer = window.history.last_answer
    assert window.history.next_undo is later and answer is not None and len(answer.after) == 1, "it is undone once"
    window.click("reviewEnd")
    assert window.history.next_undo is later and window.history.next_redo is None, "answers end with their review"


def test_the_user_may_finish_before_all_ranks_are_certain_and_go_on(window: Window) -> None:
    window.start()
    assert not window.part("reviewFinish").isEnabled(), "nothing is known yet"
    window.keys("2")
    window.click("reviewFinish")
    assert window.text() == "Nothing is ranked yet"
    assert window.order == [f"Not ranked yet: Take {number}" for number in (2, 3, 1)]
    assert not window.actions.pick.isEnabled() and not window.actions.reject.isEnabled(), "nothing is certain"
    window.click("reviewGoOn")
    window.keys("1")
    window.click("reviewFinish")
    assert window.text("reviewProgress") == "1 of 3 ranked after 2 questions"
    assert window.order[0] == "Rank 1: Take 2"


def test_a_clip_that_goes_keeps_the_answers_and_comes_back_with_undo(window: Window) -> None:
    window.start()
    window.keys("2")
    window.change(replace(TWO, phase=Trashed(TWO.phase, 1.0)))  # type: ignore[arg-type]
    assert window.shown == (one, three)
    window.keys("1")
    assert window.text() == "Take 1 is the best of 2"
    window.change(TWO)
    assert window.text() == "Take 2 is the best of 3" and len(window.order) == 3


def test_a_clip_that_is_rejected_is_not_asked_about_again(window: Window) -> None:
    window.start()
    window.change(replace(TWO, flag=Flag.REJECTED))
    assert window.shown == (one, three)
    window.change(TWO)
    assert window.shown == (one, two)
    window.change(replace(ONE, flag=Flag.REJECTED))
    window.change(replace(TWO, flag=Flag.REJECTED))
    assert not window.part("reviewBar").isVisible(), "one clip is left"


def test_four_at_once_and_panes_that_were_swapped(qtbot: QtBot, theme: Theme) -> None:
    window = Window(qtbot, theme, ONE, TWO, THREE, FOUR)
    window.start()
    for number, shown in (("4", (one, two, three, four)), ("2", (one, two)), ("4", (one, two, three, four))):
        window.click(f"reviewAtOnce:{number}")
        assert window.shown == shown
    assert window.text() == "Which is the best?"
    window.keys(">")
    assert window.shown == (one, two, three, four), "arrows step through the frames"
    window.shown = (four, two, three, one)
    window.keys("1")
    assert window.text("reviewProgress") == "Question 2 of 2 for rank 2 · Take 4 is the best"
    window.shown = (one, two)
    window.keys("1")
    assert window.text("reviewProgress").startswith("Question 2"), "other clips are on screen than are asked about"


def test_leaving_in_the_middle_keeps_the_answers(window: Window) -> None:
    window.start()
    window.keys("2")
    bar = window.part("reviewBar")
    assert isinstance(bar, ReviewBar)
    bar.left.emit()
    assert bar.isHidden() and not any(action.isEnabled() for action in window.actions.all)
    window.jobs[four] = FOUR  # has come since
    go_on = window.toast_action("Review stopped after 1 answer")
    go_on()
    assert window.shown == (two, three) and window.text("reviewProgress") == "Question 2 of 2"
    window.click("reviewEnd")
    window.start()
    assert window.text("reviewProgress") == "Question 2 of 3" and window.shown == (three, four)
    window.toast_action("The review goes on after 1 answer")()
    assert window.text("reviewProgress") == "Question 1 of 3"


def test_answers_about_a_clip_that_was_deleted_since_are_left_out(window: Window) -> None:
    window.start()
    window.keys("12")
    window.change(replace(THREE, phase=Trashed(THREE.phase, 1.0)))  # type: ignore[arg-type]
    window.controller.start([FOUR, a_job(Ready(a_clip()), 5, prompt="A dog")])
    del window.jobs[three]
    window.controller.start([ONE, TWO])
    assert window.text() == "Take 1 is the best of 2"


def test_takes_that_are_rejected_are_left_out_and_other_clips_have_their_titles(qtbot: QtBot, theme: Theme) -> None:
    dog = a_job(Ready(a_clip()), 5, prompt="A dog")
    window = Window(qtbot, theme, ONE, replace(TWO, flag=Flag.REJECTED), THREE)
    window.controller.start([ONE])
    assert window.shown == (one, three)
    window.controller.start([ONE, dog, TWO])
    assert window.shown == (one, dog.id) and window.names == ["A cat", "A dog"]
    window.keys("1")
    assert window.names == ["A cat", "A cat (2)"]


@pytest.mark.parametrize(
    ("number", "text"), [(1, "There is no other take"), (101, "101 videos are too many to review.")]
)
def test_too_few_and_too_many_clips_are_said(number: int, text: str, qtbot: QtBot, theme: Theme) -> None:
    window = Window(qtbot, theme)
    window.controller.start([ONE] * number)
    toast = window.toasts.find("review")
    assert toast is not None and toast.text.startswith(text) and not window.looks


@pytest.mark.parametrize("width", [640, 900, 1600])
def test_the_bar_fits_its_width(width: int, window: Window) -> None:
    window.start()
    window.panel.resize(width, 200)
    for keys in ("", "121"):
        window.keys(keys)
        QApplication.sendPostedEvents()  # lays everything out
        bar = window.part("reviewBar")
        for button in bar.findChildren(QAbstractButton):
            if button.isVisible():
                assert button.width() >= button.sizeHint().width(), button.objectName()
                right = button.mapTo(bar, button.rect().topRight()).x()
                assert right <= bar.width(), button.objectName()
    assert isinstance(window.actions.pick, QAction)
