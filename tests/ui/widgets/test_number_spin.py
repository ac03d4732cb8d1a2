"""Fields for numbers that may be left to the service."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.number_spin import NumberSpin


class Field:
    """A number field and what it emitted."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.spin = NumberSpin(theme, "stepsSpin", "Steps")
        self.spin.setLocale(QLocale.c())
        qtbot.addWidget(self.spin)
        self.entered: list[object] = []
        self.spin.entered.connect(self.entered.append)
        self.spin.show()

    def type(self, text: str) -> None:
        self.spin.setFocus()
        self.spin.selectAll()
        QTest.keyClicks(self.spin, text)

    def press(self, *keys: Qt.Key) -> float | None:
        for key in keys:
            QTest.keyClick(self.spin, key)
        return self.spin.number()


UP, DOWN = Qt.Key.Key_Up, Qt.Key.Key_Down


@pytest.fixture
def field(qtbot: QtBot, theme: Theme) -> Field:
    return Field(qtbot, theme)


def test_showing_a_number_emits_nothing(field: Field) -> None:
    field.spin.show_number(40, 1, 200)
    field.spin.show_number(None, 1, 200, may_be_empty=True)
    assert field.entered == [] and field.spin.text() == "Auto" and field.spin.number() is None


@pytest.mark.parametrize("typed", ["0", "201", "9999", "2147483648", "999999999999999"])
def test_a_number_outside_the_range_can_be_typed_and_is_reported(field: Field, typed: str) -> None:
    for may_be_empty in (False, True):
        field.spin.show_number(40, 1, 200, may_be_empty=may_be_empty)
        field.type(typed)
        assert field.entered[-1] == float(typed)
        QTest.keyClick(field.spin, Qt.Key.Key_Return)
        assert field.spin.number() == field.entered[-1], "it stays, with the sentence of the form"


def test_steps_stay_within_the_range(field: Field) -> None:
    field.spin.show_number(199, 1, 200)
    assert field.press(UP, UP, UP) == 200
    field.spin.show_number(2, 1, 200)
    assert field.press(DOWN, DOWN, DOWN) == 1
    field.type("5000")
    assert field.press(DOWN) == 200
    field.type("0")
    assert field.press(UP) == 1


def test_down_from_the_lowest_number_leaves_it_to_the_service_and_up_begins_there(field: Field) -> None:
    field.spin.show_number(6, 5, 200, may_be_empty=True)
    assert field.press(DOWN) == 5
    assert field.press(DOWN) is None and field.spin.text() == "Auto"
    assert field.press(DOWN) is None
    assert field.press(UP) == 5
    assert field.entered == [5.0, None, 5.0]


def test_zero_is_a_number_where_a_range_begins_with_it(field: Field) -> None:
    field.spin.show_number(None, 0, 20, decimals=1, may_be_empty=True)
    assert field.press(UP) == 0.0 and field.press(UP) == 0.5
    field.type("0")
    assert field.spin.number() == 0.0


def test_a_rule_is_followed_by_steps_and_at_the_end_of_typing(field: Field) -> None:
    field.spin.show_number(81, 5, 121, nearest=lambda number: max((number - 1 + 2) // 4, 0) * 4 + 1)
    assert field.press(UP) == 85 and field.press(DOWN, DOWN) == 77
    field.type("100")
    assert field.press(Qt.Key.Key_Return) == 101
    field.spin.show_number(121, 5, 121, nearest=lambda number: max((number - 1 + 2) // 4, 0) * 4 + 1)
    assert field.press(UP) == 121


def test_the_cursor_stays_while_the_same_number_is_shown_again(field: Field) -> None:
    field.spin.show_number(1, 1, 200)
    field.spin.entered.connect(lambda number: field.spin.show_number(number, 1, 200))
    field.type("123")
    assert field.entered[-2:] == [12.0, 123.0]
    assert field.spin.lineEdit().cursorPosition() == 3
