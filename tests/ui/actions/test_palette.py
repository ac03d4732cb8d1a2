"""The palette: what it offers, and what runs by which key."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.ui.actions.action_list import ActionList, Extra, new_action
from sora_desktop.ui.actions.action_table import ACTION_TABLE, ActionGroup
from sora_desktop.ui.actions.palette import Palette
from sora_desktop.ui.actions.palette_list import PaletteList
from sora_desktop.ui.actions.palette_rows import all_rows, fitting_rows
from sora_desktop.ui.theme import Theme

NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class Window(QMainWindow):
    """A window with every action and a text field."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.ran: list[str] = []
        self.keys_behind: list[int] = []
        self.listed = ActionList(self)
        for spec in ACTION_TABLE:
            action = new_action(spec.id, self)
            action.triggered.connect(lambda _, id=spec.id: self.ran.append(id))
            self.listed.add(action)
            self.addAction(action)
        self.themes = [QAction(text, self) for text in ("Light", "Dark")]
        for option in self.themes:
            option.triggered.connect(lambda _, option=option: self.ran.append(option.text()))
        self.listed["form.generate"].setText("Generate 2 (200 credits)")
        self.listed.describe("form.generate", Extra(spends=lambda: True))
        self.listed.describe("window.theme", Extra(lambda: "Dark", options=lambda: self.themes))
        self.listed.describe("service.choose", Extra(reason=lambda: "there is one service", options=list))
        self.listed.describe("player.clear_range", Extra(reason=lambda: "no range is set"))
        self.listed["player.clear_range"].setEnabled(False)
        self.field = QLineEdit("text")
        self.setCentralWidget(self.field)

    def open(self, *last_used: str) -> Palette:
        palette = Palette(self, self._theme, self.listed, last_used)
        palette.ran.connect(lambda id: self.ran.append(f"palette: {id}"))
        palette.open()
        return palette

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.keys_behind.append(event.key())


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> Iterator[Window]:
    window = Window(theme)
    qtbot.addWidget(window)
    window.resize(900, 640)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    window.field.setFocus()
    yield window


def field_of(window: Window) -> QLineEdit:
    field = window.findChild(QLineEdit, "paletteField")
    assert isinstance(field, QLineEdit)
    return field


def list_of(window: Window) -> PaletteList:
    found = window.findChild(PaletteList)
    assert isinstance(found, PaletteList)
    return found


def label(window: Window, name: str) -> str:
    found = window.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text()


def is_open(window: Window) -> bool:
    return window.findChild(QWidget, "palette") is not None


def test_each_action_is_offered_once_under_its_group(window: Window) -> None:
    rows = all_rows(window.listed)
    ids = [row.action.data() for row in rows]
    assert sorted(ids) == sorted({spec.id for spec in ACTION_TABLE} - {"window.palette"})
    groups = list(dict.fromkeys(row.group for row in rows))
    assert groups == list(ActionGroup), "each group stands together"
    assert len({(row.group, row.text) for row in rows}) == len(rows), "no two rows look the same"


def test_what_is_typed_is_found_and_run_and_the_focus_comes_back(window: Window) -> None:
    window.open()
    assert field_of(window).hasFocus()
    QTest.keyClicks(field_of(window), "set end of")
    assert [row.text for row in list_of(window).rows] == ["Set end of range"]
    assert label(window, "paletteCount") == f"1 of {len(ACTION_TABLE) - 1} actions"
    QTest.keyClick(field_of(window), Qt.Key.Key_Return)
    assert window.ran == ["palette: player.range_end", "player.range_end"]
    assert not is_open(window) and window.field.hasFocus() and window.field.text() == "text"


def test_what_is_not_found_is_said_and_nothing_runs(window: Window) -> None:
    window.open()
    QTest.keyClicks(field_of(window), "zzzz")
    model = list_of(window).model()
    assert list_of(window).rows == [] and model.rowCount() == 1 and "Nothing matches" in model.index(0, 0).data()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Tab, Qt.Key.Key_Return):
        QTest.keyClick(field_of(window), key)
    assert window.ran == [] and is_open(window)
    field_of(window).setText("high contrast")
    assert [row.text for row in list_of(window).rows] == ["Theme"]


def test_return_alone_never_spends(window: Window) -> None:
    window.open()
    QTest.keyClicks(field_of(window), "generate")
    row = list_of(window).current
    assert row is not None and (row.text, row.detail, row.spends) == ("Generate 2", "200 credits", True)
    QTest.keyClick(field_of(window), Qt.Key.Key_Return)
    assert window.ran == [] and is_open(window) and "never spends" in label(window, "paletteRunText")
    QTest.keyClick(field_of(window), Qt.Key.Key_Return, CTRL)
    assert window.ran == ["palette: form.generate", "form.generate"] and not is_open(window)


def test_a_click_on_a_row_runs_it_and_one_beside_the_palette_closes_it(window: Window) -> None:
    window.open()
    QTest.keyClicks(field_of(window), "generate")
    rows = list_of(window)
    place = rows.visualRect(rows.currentIndex()).center()
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, NONE, place)
    assert window.ran == ["palette: form.generate", "form.generate"]
    palette = window.open()
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, NONE, QPoint(5, 5))
    assert not is_open(window) and len(window.ran) == 2


def test_no_key_reaches_the_window_behind(window: Window) -> None:
    window.open()
    for key, modifier in ((Qt.Key.Key_Return, CTRL), (Qt.Key.Key_E, CTRL), (Qt.Key.Key_F5, NONE), (Qt.Key.Key_S, NONE)):
        QTest.keyClicks(field_of(window), "nothing like this")
        QTest.keyClick(field_of(window), key, modifier)
    assert window.ran == [] and window.keys_behind == [] and is_open(window)
    QTest.keyClick(field_of(window), Qt.Key.Key_K, CTRL)
    assert not is_open(window) and window.ran == [], "the key that opened it closes it"


def test_up_and_down_go_around_and_skip_headings(window: Window) -> None:
    window.open()
    rows = list_of(window).rows
    QTest.keyClick(field_of(window), Qt.Key.Key_Up)
    assert list_of(window).current == rows[-1]
    QTest.keyClick(field_of(window), Qt.Key.Key_Down)
    assert list_of(window).current == rows[0]
    QTest.keyClick(field_of(window), Qt.Key.Key_PageDown)
    assert list_of(window).current == rows[8]


def test_options_are_chosen_in_a_second_step(window: Window) -> None:
    window.themes[1].setCheckable(True)
    window.themes[1].setChecked(True)
    window.open()
    QTest.keyClicks(field_of(window), "theme")
    QTest.keyClick(field_of(window), Qt.Key.Key_Tab)
    assert list_of(window).current == list_of(window).rows[1], "the one that is chosen now"
    assert label(window, "paletteTitle") == "Theme ›"
    assert [row.text for row in list_of(window).rows] == ["Light", "Dark"]
    QTest.keyClick(field_of(window), Qt.Key.Key_Escape)
    assert is_open(window) and field_of(window).text() == "Theme"
    QTest.keyClick(field_of(window), Qt.Key.Key_Return)
    QTest.keyClicks(field_of(window), "da")
    QTest.keyClick(field_of(window), Qt.Key.Key_Return)
    assert window.ran == ["palette: window.theme", "Dark"]


def test_the_option_that_fits_best_is_current_once_something_is_typed(window: Window) -> None:
    window.themes[1].setText("High contrast, light")
    window.themes[1].setCheckable(True)
    window.themes[1].setChecked(True)
    window.open().open(options_of="window.theme")
    assert list_of(window).current == list_of(window).rows[1]
    QTest.keyClicks(field_of(window), "light")
    assert len(list_of(window).rows) == 2 and list_of(window).current == list_of(window).rows[0]


def test_what_cannot_be_done_now_is_found_with_the_reason_and_is_not_run(window: Window) -> None:
    rows = all_rows(window.listed)
    assert "Clear range" not in [row.text for row in fitting_rows(rows, "")]
    by_text = {row.text: row for row in fitting_rows(rows, "c")}
    assert (by_text["Clear range"].detail, by_text["Clear range"].enabled) == ("no range is set", False)
    assert by_text["Choose service"].detail == "there is one service"
    window.open()
    QTest.keyClicks(field_of(window), "clear range")
    QTest.keyClick(field_of(window), Qt.Key.Key_Return)
    assert is_open(window) and window.ran == []
    assert label(window, "paletteRunText") == "cannot be done now"


def test_what_was_used_last_comes_first(window: Window) -> None:
    rows = all_rows(window.listed)
    first = fitting_rows(rows, "", ("player.mute", "of.another.version", "player.clear_range", "clip.star"))
    assert [(row.text, row.group) for row in first[:3]] == [
        ("Mute", "Last used"),
        ("Star", "Last used"),
        ("Reuse this request", "This clip"),
    ]
    assert sum(row.text == "Mute" for row in first) == 1


def test_what_is_for_selected_videos_stands_under_their_heading(window: Window) -> None:
    window.listed.describe("clip.star", Extra(group=lambda: ActionGroup.SELECTION))
    for typed in ("", "star"):
        rows = fitting_rows(all_rows(window.listed), typed)
        headings = [group for group, _ in groupby(row.group for row in rows)]
        assert len(headings) == len(set(headings))
        assert {row.text: row.group for row in rows}["Star"] == "Selected videos"


def test_the_palette_fits_into_a_small_window_and_follows_its_size(window: Window) -> None:
    palette = window.open()
    box = window.findChild(QWidget, "palette")
    assert isinstance(box, QWidget)
    for width, height in ((720, 560), (1440, 900)):
        window.resize(width, height)
        QApplication.sendPostedEvents()
        assert palette.geometry() == window.rect()
        assert palette.rect().contains(box.geometry()) and box.width() == 640
    assert box.geometry().top() == 112


def test_all_keys_are_the_palettes_whatever_the_window_does_meanwhile(window: Window) -> None:
    other = QLineEdit(window)
    other.show()
    palette = window.open()
    other.setFocus()
    assert field_of(window).hasFocus()
    other.clearFocus()
    window.field.hide()
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClicks(focused, "sx")
    assert field_of(window).text() == "sx" and (window.ran, window.keys_behind) == ([], [])
    palette.close_palette()
    assert other.hasFocus(), "it is given what the window wanted it to have"


def test_the_palette_closes_when_another_window_becomes_active(window: Window, qtbot: QtBot) -> None:
    window.open()
    QDialog(window).open()
    qtbot.waitUntil(lambda: not is_open(window))


def test_rows_are_spoken_with_detail_and_key(window: Window) -> None:
    rows = {row.text: row.spoken for row in all_rows(window.listed)}
    assert rows["Generate 2"] == "Generate 2, 200 credits, Ctrl+Return"
    assert rows["Clear range"] == "Clear range, not available, no range is set, Alt+X"


@pytest.mark.parametrize("typed", ["review takes", "takes review", "Review Takes"])
def test_the_action_of_that_name_comes_before_those_of_a_group_of_that_name(window: Window, typed: str) -> None:
    for spec in ACTION_TABLE:
        if spec.group is ActionGroup.REVIEW:
            window.listed[spec.id].setEnabled(False)
    rows = fitting_rows(all_rows(window.listed), typed)
    assert rows[0].text == "Review takes", [row.text for row in rows]
    rows[0].action.setEnabled(False)
    assert fitting_rows(all_rows(window.listed), typed)[0].text == "Review takes", "also while it is disabled"


def test_a_second_palette_takes_the_place_of_the_first(window: Window) -> None:
    first, second = window.open(), window.open()
    assert first.isHidden() and field_of(window).hasFocus()
    second.close_palette()
    assert window.field.hasFocus()
