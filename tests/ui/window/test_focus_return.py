"""Where the focus goes when the part that has it disappears."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QStackedLayout, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.ui.widgets.spend_button import SpendButton
from sora_desktop.ui.window.focus_return import FocusReturn


class Shown:
    """A window with three fields, one below the other, the second in a part of its own."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.first, self.part, self.last = QLineEdit(), QWidget(), QLineEdit()
        self.view = QWidget(self.part)
        self.second = QLineEdit(self.view)
        column = QVBoxLayout(self.window)
        for widget in (self.first, self.part, self.last):
            column.addWidget(widget)
        self.focus_return = FocusReturn(self.window)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def test_a_part_that_disappears_gives_the_focus_back(shown: Shown) -> None:
    shown.first.setFocus()
    shown.second.setFocus()
    shown.part.hide()
    assert shown.first.hasFocus(), "and not the field that comes next"


def test_a_view_gives_the_focus_back_to_what_had_it_when_it_was_opened(shown: Shown) -> None:
    other_page = QLineEdit()
    stack = QStackedLayout(shown.part)
    for page in (other_page, shown.view):
        stack.addWidget(page)
    shown.first.setFocus()
    shown.focus_return.note_opener(shown.view)
    stack.setCurrentWidget(shown.view)
    for part in (shown.second, shown.last, shown.second):
        part.setFocus()
    with shown.focus_return.leaving(shown.view):
        stack.setCurrentWidget(other_page)
    assert shown.first.hasFocus(), "and not the other page, nor what the user has looked at since"


def test_parts_that_are_gone_disabled_or_hidden_are_passed_over(shown: Shown) -> None:
    gone = QLineEdit(shown.window)
    gone.show()
    shown.last.setFocus()
    shown.first.setFocus()
    gone.setFocus()
    shown.second.setFocus()
    shown.first.setEnabled(False)
    gone.deleteLater()
    QApplication.sendPostedEvents(gone, QEvent.Type.DeferredDelete)
    shown.part.hide()
    assert shown.last.hasFocus()


def test_the_focus_moves_freely_between_parts_that_stay(shown: Shown) -> None:
    shown.first.setFocus()
    shown.second.setFocus()
    shown.last.setFocus()
    assert shown.last.hasFocus()
    shown.part.hide()
    assert shown.last.hasFocus()


@pytest.mark.parametrize("has_other", [True, False])
def test_a_button_that_spends_is_given_no_focus(shown: Shown, has_other: bool) -> None:
    spends = SpendButton("Generate", shown.window)
    spends.show()
    QWidget.setTabOrder(shown.second, spends)
    shown.first.setFocus()
    shown.first.setVisible(has_other)
    spends.setFocus()
    shown.second.setFocus()
    shown.part.hide()
    assert not spends.hasFocus(), "neither since it had the focus before, nor since it comes next"
    assert shown.first.hasFocus() is has_other
