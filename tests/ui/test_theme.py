"""One set of tokens dresses everything, and the look changes live."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from sora_desktop.ui.theme import Theme, Tokens, read_tokens, set_property


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio of two colours."""

    def light(colour: str) -> float:
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def _rgb(colour: str) -> tuple[float, float, float]:
    made = QColor(colour)
    return made.redF(), made.greenF(), made.blueF()


@pytest.mark.parametrize("look", ["dark", "light"])
@pytest.mark.parametrize("ink", ["text", "muted", "accent_text", "error"])
def test_text_can_be_read_on_its_ground(resources: Path, look: str, ink: str) -> None:
    tokens: Tokens = read_tokens(resources / "tokens.json")[look]
    assert contrast(getattr(tokens, ink), tokens.panel) >= 4.5


def test_choosing_a_look_dresses_the_application_and_tells_it(qtbot: QtBot, qapp: QApplication, theme: Theme) -> None:
    dark = qapp.palette().color(QPalette.ColorRole.Window).name()
    with qtbot.waitSignal(theme.changed):
        theme.choose("light")
    assert not theme.is_dark
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == theme.tokens.bg != dark
    with qtbot.assertNotEmitted(theme.changed):
        theme.choose("light")
    theme.choose("nonsense")
    assert theme.choice == "system"


def test_the_stylesheet_can_wait_for_the_window_to_be_built(qapp: QApplication, resources: Path, theme: Theme) -> None:
    worn = qapp.styleSheet()
    qapp.setStyleSheet("")
    late = Theme(resources, qapp, styled=False)
    late.choose("light")
    assert qapp.styleSheet() == "" and qapp.palette().color(QPalette.ColorRole.Window).name() == late.tokens.bg
    late.choose(theme.choice)
    late.apply_stylesheet()
    assert qapp.styleSheet() == worn != ""


def test_an_icon_takes_the_colour_of_its_tone(theme: Theme) -> None:
    image = theme.icon("ph.play", "error").pixmap(32, 32).toImage()
    colours = {
        image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() == 255
    }
    assert theme.tokens.error in colours
    with pytest.raises(KeyError):
        theme.icon("no-such-icon")


def test_a_tone_colours_a_label(qtbot: QtBot, theme: Theme) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    set_property(label, "tone", "error")
    label.ensurePolished()
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == theme.tokens.error


def test_setters_and_signals_do_not_eat_none(theme: Theme) -> None:
    """PySide6 6.12 loses one reference of None with each such call on Python 3.11, until the process aborts."""
    before = sys.getrefcount(None)
    for _ in range(3000):
        theme.changed.emit()
        theme.setObjectName("theme")
    assert sys.getrefcount(None) > before - 500


async def test_a_coroutine_test_runs_on_qt_s_loop(theme: Theme) -> None:
    heard: list[bool] = []
    theme.changed.connect(lambda: heard.append(True))
    await asyncio.sleep(0.01)
    theme.choose("light")
    assert heard == [True]
    assert type(asyncio.get_running_loop()).__module__.startswith("qasync")
