"""A review shows two clips at a time, by keys and buttons, and ends in an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_clip, a_job
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.controllers.review import ReviewController
from sora_desktop.domain.job import Job, JobId, Ready, Trashed
from sora_desktop.state.actions import Action, JobAction
from sora_desktop.state.toasts import Toasts
from sora_desktop.ui.compare.review_bar import ReviewBar
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import ElidedLabel


class Window:
    """Clips that are compared, as a panel that shows nothing but the bar."""

    def __init__(self, qtbot: QtBot, theme: Theme, *jobs: Job) -> None:
        self.jobs = {job.id: job for job in jobs}
        self.shown: list[tuple[JobId, ...]] = []
        self.names: list[str] = []
        self.done: list[tuple[JobAction, tuple[JobId, ...]]] = []
        self.toasts = Toasts()
        self.panel = QWidget()
        self.panel.resize(1600, 60)
        qtbot.addWidget(self.panel)
        self.column = QVBoxLayout(self.panel)
        self.controller = ReviewController(
            cast(Any, SimpleNamespace(toasts=self.toasts, theme=theme)),
            cast(Any, self),
            self.jobs.get,
            lambda action, ids: self.done.append((action, tuple(ids))),
        )

    def takes_of(self, job: Job, most: int) -> list[Job]:
        return [job]

    def add_bar(self, bar: ReviewBar) -> None:
        self.column.addWidget(bar)
        bar.watch_keys(self.panel)

    def compare(self, jobs: Sequence[Job], names: Mapping[JobId, str]) -> None:
        self.panel.show()
        self.shown.append(tuple(job.id for job in jobs))
        self.names = [names[job.id] for job in jobs]

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.panel, key)

    @property
    def bar(self) -> ReviewBar:
        found = self.panel.findChild(ReviewBar, "reviewBar")
        assert found is not None
        return found

    @property
    def text(self) -> str:
        label = self.panel.findChild(ElidedLabel, "reviewText")
        assert label is not None
        return "".join(label.lines)

    def click(self, name: str) -> None:
        button = self.panel.findChild(QAbstractButton, name)
        assert button is not None and button.isVisible() and button.isEnabled() and button.accessibleName()
        button.click()


ONE, TWO, THREE = (a_job(Ready(a_clip()), number, prompt="A cat") for number in (1, 2, 3))


def test_a_review_by_keys_ends_in_an_order(qtbot: QtBot, theme: Theme) -> None:
    window = Window(qtbot, theme, ONE, TWO, THREE)
    window.controller.start([ONE, TWO, THREE])
    assert window.text == "1 of at most 3 · Which is better?"
    for key in (Qt.Key.Key_1, Qt.Key.Key_Right, Qt.Key.Key_Backspace, Qt.Key.Key_2, Qt.Key.Key_0):
        window.key(key)
    one, two, three = ONE.id, TWO.id, THREE.id
    assert window.shown == [(one, two), (two, three), (one, three), (two, three), (one, three), (one, three)]
    assert window.text == "Your order: 1. Take 1 · 2. Take 3 · 3. Take 2"
    assert window.names == ["Take 1", "Take 3"], "the panes name the takes as the order does"
    window.key(Qt.Key.Key_1)
    assert len(window.shown) == 6, "there is nothing left to decide"
    window.click("reviewPick")
    window.click("reviewReject")
    assert window.done == [(Action.PICK, (one,)), (Action.REJECT, (three, two))]
    window.click("reviewUndo")
    assert window.shown[-1] == (one, three)
    window.click("reviewEnd")
    assert not window.bar.isVisible()


def test_a_clip_that_is_gone_leaves_the_review_and_leaving_the_clips_ends_it(qtbot: QtBot, theme: Theme) -> None:
    window = Window(qtbot, theme, ONE, TWO, THREE)
    window.controller.start([ONE, TWO, THREE])
    window.click("reviewSecond")
    window.controller.job_changed(a_job(Trashed(Ready(a_clip()), 1.0), 2))
    assert window.shown[-1] == (ONE.id, THREE.id)
    window.panel.hide()
    assert window.bar.isHidden()
    window.panel.show()
    window.key(Qt.Key.Key_1)
    assert window.shown[-1] == (ONE.id, THREE.id) and not window.bar.isVisible()


@pytest.mark.parametrize(("number", "text"), [(1, "There is no other take"), (17, "17 videos are too many to review.")])
def test_too_few_and_too_many_clips_are_said(number: int, text: str, qtbot: QtBot, theme: Theme) -> None:
    window = Window(qtbot, theme)
    window.controller.start([ONE] * number)
    toast = window.toasts.find("review")
    assert toast is not None and toast.text.startswith(text) and not window.shown
