"""What the middle column says and does while rows are dragged over it."""

from __future__ import annotations

from builders import a_clip, a_job
from drag_and_drop import drag_and_drop, drag_enter_event
from PySide6.QtCore import QPoint
from PySide6.QtGui import QDragLeaveEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.domain.job import Failed, Ready
from sora_desktop.state.dragged_jobs import dragged_jobs
from sora_desktop.ui.window.stage_ground import StageGround


def test_the_ground_says_what_a_drop_does_while_rows_are_dragged_over_it(qtbot: QtBot) -> None:
    ground = StageGround(QWidget())
    qtbot.addWidget(ground)
    ground.show()

    def says_so() -> bool:
        hint = ground.findChild(QWidget, "dropHint")
        return hint is not None and hint.isVisible()

    failed = dragged_jobs([a_job(Failed("It broke."))])
    QApplication.sendEvent(ground, drag_enter_event(QPoint(20, 20), failed))
    assert not says_so(), "there is nothing to compare"
    rows = dragged_jobs([a_job(Ready(a_clip()))])
    QApplication.sendEvent(ground, drag_enter_event(QPoint(20, 20), rows))
    assert says_so()
    QApplication.sendEvent(ground, QDragLeaveEvent())
    assert not says_so()
    with qtbot.waitSignal(ground.jobs_dropped):
        drag_and_drop(ground, rows)
    assert not says_so()
