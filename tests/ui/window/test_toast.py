"""Toasts on screen: place, time, keys, pointer, screen readers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAccessible, QColor, QCursor, QEnterEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.state.toasts import Toast, ToastAction, Toasts
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.widgets.elided_label import ElidedLabel
from sora_desktop.ui.window.toast import ToastStack
from sora_desktop.ui.window.toast_card import ToastCard

#: Milliseconds that no test reaches: a test ends the time of a card by hand.
NEVER = 1_000_000_000


class Shown:
    """A window with a field and the stack."""

    def __init__(self, qtbot: QtBot, theme: AppTheme) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.resize(800, 600)
        self.field = QLineEdit(self.window)
        self.stack = ToastStack(theme, self.window, NEVER)
        self.toasts = Toasts()
        self.toasts.changed.connect(self.stack.render_slots)
        self.stack.closed.connect(self.toasts.close)
        self.stack.followed.connect(self.toasts.follow)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()
        self.field.setFocus()

    def card(self, slot: int = 0) -> ToastCard:
        card = self.window.findChild(ToastCard, f"toast:{slot}")
        assert isinstance(card, ToastCard)
        return card

    def timer(self, slot: int = 0) -> QTimer:
        timer = self.card(slot).findChild(QTimer)
        assert isinstance(timer, QTimer)
        return timer

    def link(self) -> QPushButton:
        link = self.card().findChild(QPushButton, "toastLink")
        assert isinstance(link, QPushButton)
        return link


@pytest.fixture
def shown(qtbot: QtBot, theme: AppTheme) -> Shown:
    return Shown(qtbot, theme)


def test_a_toast_stands_in_the_corner_and_later_ones_above_it(shown: Shown) -> None:
    shown.toasts.show(Toast("Video exported"))
    shown.toasts.show(Toast("Frame copied"))
    assert shown.card().geometry().getRect() == (800 - 16 - 372, 600 - 16 - 64, 372, 64)
    assert shown.card(1).geometry().bottom() < shown.card().geometry().top()
    shown.window.resize(900, 700)
    assert shown.card().geometry().getRect() == (900 - 16 - 372, 700 - 16 - 64, 372, 64)
    shown.stack.place(40)
    assert shown.card().geometry().getRect() == (900 - 16 - 372, 40 + 16, 372, 64)


def test_toasts_leave_room_below_them_once_the_pointer_is_elsewhere(
    shown: Shown, theme: AppTheme, qtbot: QtBot, move_pointer: Callable[[QWidget, QPoint], None]
) -> None:
    theme.set_animates(False)
    shown.toasts.show(Toast("One"))
    at = shown.card().pos()
    move_pointer(shown.card(), QPoint(5, 5))
    shown.stack.place(None, lift=60)
    shown.toasts.show(Toast("Two"))
    assert [shown.card(slot).y() for slot in (0, 1)] == [at.y(), at.y() - 64 - 8]
    move_pointer(shown.window, QPoint(5, 5))
    qtbot.waitUntil(lambda: shown.card().pos() == at - QPoint(0, 60))
    assert shown.card(1).y() == at.y() - 60 - 64 - 8
    shown.stack.place(None)
    assert shown.card().pos() == at


def test_a_toast_is_no_wider_than_what_it_stands_over(shown: Shown) -> None:
    shown.stack.place(None, 0, 300)
    shown.toasts.show(Toast("Frame 143 is on the clipboard", action=ToastAction("Show", lambda: None)))
    QApplication.processEvents()
    assert shown.card().geometry().getRect() == (800 - 16 - 268, 600 - 16 - 64, 268, 64)
    assert shown.card().rect().contains(shown.link().geometry())


def test_a_narrow_toast_leaves_out_its_picture_for_its_text(shown: Shown, tmp_path: Path) -> None:
    image = QImage(160, 90, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    assert image.save(str(tmp_path / "poster.png"))
    shown.stack.place(None, 0, 300)
    shown.toasts.show(Toast("Moved to Trash", "waves", ToastAction("Undo", lambda: None), tmp_path / "poster.png"))
    QApplication.processEvents()
    label = shown.card().findChild(ElidedLabel, "toastText")
    assert isinstance(label, ElidedLabel) and label.lines == ["Moved to Trash"]


def test_a_toast_goes_by_itself_and_leaves_the_focus_where_it_is(shown: Shown) -> None:
    shown.toasts.show(Toast("Video exported"))
    assert shown.card().isVisible() and shown.field.hasFocus()
    assert shown.timer().isActive() and shown.timer().interval() == NEVER
    shown.timer().timeout.emit()
    assert shown.card().isHidden() and shown.field.hasFocus()


def test_a_toast_stays_while_the_pointer_is_on_it(shown: Shown) -> None:
    shown.toasts.show(Toast("Video exported"))
    here = QPointF(5, 5)
    QApplication.sendEvent(shown.card(), QEnterEvent(here, here, here))
    assert not shown.timer().isActive()
    QApplication.sendEvent(shown.card(), QEvent(QEvent.Type.Leave))
    assert shown.timer().isActive()


def test_a_toast_stays_while_the_focus_is_on_it(shown: Shown) -> None:
    shown.toasts.show(Toast("Clip is ready", action=ToastAction("Play", lambda: None)))
    QTest.keyClick(shown.field, Qt.Key.Key_Tab)
    assert shown.link().hasFocus()
    assert not shown.timer().isActive()
    shown.field.setFocus()
    assert shown.timer().isActive()


def test_the_link_runs_the_action_of_the_toast_that_was_pressed(shown: Shown) -> None:
    played: list[str] = []
    shown.toasts.show(Toast("Clip is ready", "dunes", ToastAction("Play", lambda: played.append("dunes")), key="clip"))
    place = shown.link().rect().center()
    QTest.mousePress(shown.link(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    shown.toasts.show(Toast("Clip is ready", "waves", ToastAction("Play", lambda: played.append("waves")), key="clip"))
    QTest.mouseRelease(shown.link(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert played == ["dunes"]


def test_escape_and_the_button_close_a_toast(shown: Shown) -> None:
    shown.toasts.show(Toast("Clip is ready", action=ToastAction("Play", lambda: None)))
    shown.link().setFocus()
    QTest.keyClick(shown.link(), Qt.Key.Key_Escape)
    assert shown.card().isHidden()
    shown.toasts.show(Toast("Clip is ready"))
    button = shown.card().findChild(QToolButton, "toastCloseButton")
    assert isinstance(button, QToolButton) and button.accessibleName() == "Close message"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert shown.card().isHidden()


def test_a_toast_is_announced_to_screen_readers(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[QObject, str]] = []
    monkeypatch.setattr(
        QAccessible, "updateAccessibility", lambda event: said.append((event.object(), event.message()))
    )
    toast = Toast("Clip is ready", "waves <b>at</b> dusk", key="clip")
    shown.toasts.show(toast)
    assert said == [(shown.card(), "Clip is ready waves <b>at</b> dusk")]


def test_long_and_foreign_texts_stay_plain_and_inside(shown: Shown) -> None:
    shown.toasts.show(Toast("<b>bold</b>", "<img src='x'> " + "waves " * 60, ToastAction("Play", lambda: None)))
    labels = [label for label in shown.card().findChildren(QLabel) if label.isVisible()]
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels if len(label.text()) > 1)
    assert all(shown.card().rect().contains(label.geometry()) for label in labels)
    assert shown.card().rect().contains(shown.link().geometry())


def test_a_picture_is_shown_if_there_is_one(shown: Shown, tmp_path: Path) -> None:
    image = QImage(90, 160, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    assert image.save(str(tmp_path / "poster.png"))
    shown.toasts.show(Toast("Clip is ready", picture=tmp_path / "poster.png"))
    assert shown.card().grab().toImage().pixelColor(40, 32) == QColor("#336699")


@pytest.mark.parametrize("text", ["Clip is ready", "12 clips are ready now", "Report saved, without the API key"])
def test_a_text_that_fits_beside_its_link_is_not_elided(shown: Shown, text: str) -> None:
    """Also if the font becomes wider, as with another theme."""
    shown.toasts.show(Toast(text, "waves", ToastAction("Play latest", lambda: None)))
    label = shown.card().findChild(ElidedLabel, "toastText")
    assert isinstance(label, ElidedLabel)
    for size in (label.font().pixelSize(), 14):
        font = label.font()
        font.setPixelSize(size)
        label.setFont(font)
        QApplication.processEvents()
        assert label.lines == [text]
        assert 0 < shown.link().x() - label.geometry().right() < 30, "the link follows the text"


def test_a_click_on_a_toast_leaves_the_focus_where_it_is(shown: Shown) -> None:
    followed: list[str] = []
    shown.toasts.show(Toast("Clip is ready", action=ToastAction("Play", lambda: followed.append("played"))))
    QTest.mouseClick(shown.link(), Qt.MouseButton.LeftButton)
    assert followed and shown.field.hasFocus()


def test_toasts_stand_over_what_covers_the_screen(shown: Shown, qtbot: QtBot) -> None:
    shown.toasts.show(Toast("Frame copied"))
    cover = QWidget()
    qtbot.addWidget(cover)
    cover.resize(1000, 700)
    cover.show()
    shown.stack.stand_over(cover)
    card = cover.findChild(ToastCard, "toast:0")
    assert isinstance(card, ToastCard) and card.isVisible()
    shown.toasts.show(Toast("Video exported"))
    later = cover.findChild(ToastCard, "toast:1")
    assert isinstance(later, ToastCard) and later.isVisible()
    assert card.geometry().getRect() == (1000 - 16 - 372, 16, 372, 64), "away from the controls"
    shown.stack.stand_over(None)
    assert shown.card().isVisible() and shown.card(1).isVisible()
    assert shown.card().geometry().bottomRight().toTuple() == (800 - 16 - 1, 600 - 16 - 1)


@pytest.mark.parametrize("animates", [True, False])
def test_later_toasts_close_up_once_the_pointer_has_left_them(
    shown: Shown, theme: AppTheme, qtbot: QtBot, animates: bool
) -> None:
    theme.set_animates(animates)
    corner, second = 600 - 16 - 64, 600 - 16 - 64 - 72
    QCursor.setPos(shown.window.mapToGlobal(QPoint(700, corner + 10)))
    for text in ("first", "second"):
        shown.toasts.show(Toast(text))
    shown.timer().timeout.emit()
    assert shown.card().isHidden() and shown.card(1).y() == second, "a click at the pointer must hit nothing"
    shown.toasts.show(Toast("third"))
    assert shown.card().y() == second - 72, "above the others"
    QCursor.setPos(shown.window.mapToGlobal(QPoint(10, 10)))
    qtbot.waitUntil(lambda: (shown.card(1).y(), shown.card().y()) == (corner, second))
    assert shown.toasts.close_latest() and shown.card().isHidden() and shown.card(1).isVisible()
