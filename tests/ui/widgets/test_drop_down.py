"""Lists of options behind a button."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.widgets.drop_down import DropDown, DropDownOption

OPTIONS = tuple(
    DropDownOption(name, name.title(), detail) for name, detail in (("wan", "free"), ("ltx", ""), ("x", ""))
)


class Choice:
    """A drop-down and what it emitted."""

    def __init__(self, qtbot: QtBot, theme: AppTheme, *, extra: str = "", opens_always: bool = False) -> None:
        self.button = DropDown(theme, "modelChoice", "Model", extra=extra, opens_always=opens_always)
        qtbot.addWidget(self.button)
        self.chosen: list[str] = []
        self.extras: list[bool] = []
        self.button.chosen.connect(self.chosen.append)
        self.button.extra_chosen.connect(lambda: self.extras.append(True))
        self.button.show_options(OPTIONS, "ltx")
        self.button.resize(280, 36)
        self.button.show()

    @property
    def list(self) -> QWidget | None:
        return self.button.findChild(QWidget, "modelChoiceList")

    def row(self, name: str) -> QAbstractButton:
        found = self.button.findChild(QAbstractButton, name)
        assert found is not None, name
        return found

    def focused(self) -> str:
        rows = [self.row(f"modelChoice:{option.value}") for option in OPTIONS]
        return next((row.objectName() for row in rows if row.hasFocus()), "")


@pytest.fixture
def choice(qtbot: QtBot, theme: AppTheme) -> Choice:
    return Choice(qtbot, theme)


def test_a_row_is_chosen_by_mouse_and_the_list_closes(choice: Choice) -> None:
    QTest.mouseClick(choice.button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(choice.row("modelChoice:wan"), Qt.MouseButton.LeftButton)
    assert choice.chosen == ["wan"] and choice.list is None


def test_the_chosen_row_emits_nothing(choice: Choice) -> None:
    QTest.mouseClick(choice.button, Qt.MouseButton.LeftButton)
    assert choice.row("modelChoice:ltx").isChecked()
    QTest.mouseClick(choice.row("modelChoice:ltx"), Qt.MouseButton.LeftButton)
    assert choice.chosen == [] and choice.list is None


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_F4, Qt.Key.Key_Space])
def test_keys_open_the_list_at_the_chosen_row_and_move_in_it(choice: Choice, qtbot: QtBot, key: Qt.Key) -> None:
    choice.button.setFocus()
    QTest.keyClick(choice.button, key)
    assert choice.list is not None
    qtbot.waitUntil(lambda: choice.focused() == "modelChoice:ltx")
    for pressed, expected in (
        (Qt.Key.Key_Down, "x"),
        (Qt.Key.Key_Down, "x"),
        (Qt.Key.Key_Home, "wan"),
        (Qt.Key.Key_Up, "wan"),
        (Qt.Key.Key_End, "x"),
        (Qt.Key.Key_L, "ltx"),
    ):
        QTest.keyClick(choice.list, pressed)
        assert choice.focused() == f"modelChoice:{expected}"
    QTest.keyClick(choice.list, Qt.Key.Key_Up)
    QTest.keyClick(choice.list, Qt.Key.Key_Return)
    assert choice.chosen == ["wan"] and choice.list is None


def test_escape_closes_the_list_and_chooses_nothing(choice: Choice) -> None:
    choice.button.open_list()
    assert choice.list is not None
    QTest.keyClick(choice.list, Qt.Key.Key_Escape)
    assert choice.list is None and choice.chosen == []


def test_up_and_down_choose_the_neighbor_unless_the_list_opens_always(
    choice: Choice, qtbot: QtBot, theme: AppTheme
) -> None:
    QTest.keyClick(choice.button, Qt.Key.Key_Down)
    QTest.keyClick(choice.button, Qt.Key.Key_Up)
    assert choice.chosen == ["x", "wan"] and choice.list is None
    choice.button.show_options(OPTIONS, "x")
    QTest.keyClick(choice.button, Qt.Key.Key_Down)
    assert choice.chosen == ["x", "wan"], "there is none below"
    services = Choice(qtbot, theme, opens_always=True)
    QTest.keyClick(services.button, Qt.Key.Key_Down)
    assert services.list is not None and services.chosen == []


def test_the_last_row_may_be_no_option(qtbot: QtBot, theme: AppTheme) -> None:
    choice = Choice(qtbot, theme, extra="Add a service…")
    choice.button.open_list()
    QTest.mouseClick(choice.row("modelChoiceExtra"), Qt.MouseButton.LeftButton)
    assert choice.extras == [True] and choice.chosen == [] and choice.list is None


def test_an_open_list_follows_new_options(choice: Choice) -> None:
    choice.button.open_list()
    choice.button.show_options(OPTIONS[:2], "wan")
    assert choice.list is not None and choice.row("modelChoice:wan").isChecked()
    assert choice.button.findChild(QAbstractButton, "modelChoice:x") is None


def test_screen_readers_hear_the_option_and_its_detail(choice: Choice) -> None:
    assert choice.button.accessibleName() == "Model: Ltx"
    choice.button.open_list()
    assert choice.row("modelChoice:wan").accessibleName() == "Wan, free"


def test_the_row_with_the_keyboard_looks_other_than_the_one_under_the_mouse(
    qapp: QApplication, qtbot: QtBot, theme: AppTheme
) -> None:
    theme.apply_stylesheet()
    choice = Choice(qtbot, theme)
    choice.button.open_list()
    row = choice.row("modelChoice:x")

    def has_ring() -> bool:
        picture, accent = row.grab().toImage(), theme.color("accent_text")
        return picture.pixelColor(picture.width() // 2, 0) == accent

    assert not has_ring()
    QTest.mouseMove(row)
    assert not has_ring()
    row.setFocus()
    qtbot.waitUntil(row.hasFocus)
    assert has_ring()


def test_the_list_has_round_corners(choice: Choice) -> None:
    choice.button.open_list()
    assert choice.list is not None
    picture = choice.list.grab().toImage()
    assert picture.pixelColor(0, 0).alpha() == 0 and picture.pixelColor(picture.width() // 2, 1).alpha() == 255
