"""The theme styles the whole application from one set of tokens and changes at run time."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QSlider,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

import sora_desktop.ui
from sora_desktop.ui.app_theme import AppTheme, read_tokens
from sora_desktop.ui.theme import Tokens, set_property


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colors as defined by WCAG 2."""

    def luminance(color: str) -> float:
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(color)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _rgb(color: str) -> tuple[float, float, float]:
    parsed = QColor(color)
    return parsed.redF(), parsed.greenF(), parsed.blueF()


@pytest.mark.parametrize("scheme", ["dark", "light", "contrast-dark", "contrast-light"])
def test_text_has_enough_contrast(resources: Path, scheme: str) -> None:
    """Text on its ground, as WCAG asks: 4.5, and 7 where the user asks for high contrast; borders then have 3."""
    tokens: Tokens = read_tokens(resources / "tokens.json")[scheme]
    high = scheme.startswith("contrast-")
    for token in ("text", "muted", "accent_text", "ok", "warn", "error", "placeholder"):
        on_selected = (tokens.selected,) if token in ("text", "muted") else ()
        for ground in (tokens.bg, tokens.panel, tokens.raised, *on_selected):
            measured = contrast(getattr(tokens, token), ground)
            assert measured >= (7 if high else 4.5), f"{token} on {ground}: {measured:.2f}"
    assert contrast(tokens.on_accent, tokens.button) >= (7 if high else 4.5)
    if high:
        assert contrast(tokens.line, tokens.panel) >= 3
        assert contrast(tokens.line, tokens.accent_text) >= 3, "the focus looks like a border"


def test_a_system_that_prefers_high_contrast_gets_it_in_light_and_in_dark(
    qtbot: QtBot, qapp: QApplication, resources: Path, theme: AppTheme
) -> None:
    preferred = False
    follower = AppTheme(resources, qapp, wants_contrast=lambda: preferred)
    schemes = read_tokens(resources / "tokens.json")
    follower.choose("light")
    assert follower.tokens == schemes["light"]
    preferred = True
    with qtbot.waitSignal(follower.changed):
        follower.follow_system()
    assert follower.tokens == schemes["contrast-light"] and not follower.is_dark
    follower.choose("contrast-dark")
    preferred = False
    follower.follow_system()
    assert follower.tokens == schemes["contrast-dark"] and follower.is_dark
    follower.choose("system")
    follower.deleteLater()


def test_choosing_a_theme_styles_the_application_and_emits_changed(
    qtbot: QtBot, qapp: QApplication, theme: AppTheme
) -> None:
    dark = qapp.palette().color(QPalette.ColorRole.Window).name()
    with qtbot.waitSignal(theme.changed):
        theme.choose("light")
    assert not theme.is_dark
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == theme.tokens.bg != dark
    with qtbot.assertNotEmitted(theme.changed):
        theme.choose("light")
    theme.choose("nonsense")
    assert theme.choice == "system"


def a_tab_bar() -> QTabBar:
    tabs = QTabBar()
    tabs.addTab("All")
    return tabs


def a_link() -> QPushButton:
    button = QPushButton("Restore")
    button.setProperty("kind", "link")
    return button


def a_slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setObjectName("volumeSlider")
    return slider


@pytest.mark.parametrize(
    "make",
    [lambda: QPushButton("Save"), a_link, QToolButton, lambda: QCheckBox("Ask again"), QComboBox, a_slider, a_tab_bar],
)
def test_a_part_has_one_focus_ring_also_if_it_was_reached_by_a_key(
    make: Callable[[], QWidget], qtbot: QtBot, theme: AppTheme
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    before, part = QPushButton("Before"), make()
    part.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    column.addWidget(before)
    column.addWidget(part)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    part.setFocus(Qt.FocusReason.MouseFocusReason)
    clicked = part.grab().toImage()
    before.setFocus(Qt.FocusReason.MouseFocusReason)
    QTest.keyClick(before, Qt.Key.Key_Tab)
    assert part.hasFocus() and part.grab().toImage() == clicked


def test_the_stylesheet_can_be_set_after_the_window_is_built(
    qapp: QApplication, resources: Path, theme: AppTheme
) -> None:
    stylesheet = qapp.styleSheet()
    qapp.setStyleSheet("")
    deferred = AppTheme(resources, qapp, styled=False)
    deferred.choose("light")
    assert qapp.styleSheet() == "" and qapp.palette().color(QPalette.ColorRole.Window).name() == deferred.tokens.bg
    deferred.choose(theme.choice)
    deferred.apply_stylesheet()
    assert qapp.styleSheet() == stylesheet != ""


def test_an_icon_has_the_color_of_its_tone(theme: AppTheme) -> None:
    image = theme.icon("ph.play", "error").pixmap(32, 32).toImage()
    colors = {
        image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() == 255
    }
    assert theme.tokens.error in colors
    with pytest.raises(KeyError):
        theme.icon("no-such-icon")


@pytest.mark.parametrize("scale", [1.0, 1.25, 2.0])
def test_an_icon_is_painted_in_the_pixels_of_the_screen(theme: AppTheme, scale: float) -> None:
    icon = theme.icon("ph.play", "error")
    pixmap = icon.pixmap(QSize(15, 15), scale)
    assert pixmap.size() == QSize(15, 15) * scale and pixmap.devicePixelRatio() == scale
    picture = QPixmap(QSize(20, 20) * scale)
    picture.setDevicePixelRatio(scale)
    picture.fill("white")
    painter = QPainter(picture)
    icon.paint(painter, QRect(0, 0, 20, 20))
    painter.end()
    expected = QPixmap(QSize(20, 20) * scale)
    expected.setDevicePixelRatio(scale)
    expected.fill("white")
    painter = QPainter(expected)
    painter.drawPixmap(0, 0, icon.pixmap(QSize(20, 20), scale))
    painter.end()
    assert picture.toImage() == expected.toImage()


def test_a_disabled_icon_has_another_color(theme: AppTheme) -> None:
    icon = theme.icon("ph.play-fill", "error")
    normal, disabled = (icon.pixmap(QSize(32, 32), mode) for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled))
    assert normal.toImage() != disabled.toImage()
    assert disabled.toImage().pixelColor(16, 16).name() == theme.tokens.faint


def test_a_label_has_the_color_of_its_tone(qtbot: QtBot, theme: AppTheme) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    set_property(label, "tone", "error")
    label.ensurePolished()
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == theme.tokens.error


def test_every_kind_of_part_has_a_rule(resources: Path) -> None:
    """A part whose kind has lost its rule is painted without ground and border."""
    rules = set(re.findall(r'\[(\w+)="(\w+)"]', (resources / "window.qss").read_text()))
    styled = {name for name, _ in rules}
    call = re.compile(r'(?:setProperty|set_property)\((?:[\w.]+, )?"(\w+)", "(\w+)"')
    for source in Path(sora_desktop.ui.__file__).parent.rglob("*.py"):
        for name, kind in call.findall(source.read_text()):
            assert name not in styled or (name, kind) in rules, f"{source.name}: {name} {kind}"


def test_setters_and_signals_do_not_lose_references_to_none(theme: AppTheme) -> None:
    """On Python 3.11, PySide6 6.12 loses a reference to None with each such call, until the process aborts."""
    before = sys.getrefcount(None)
    for _ in range(3000):
        theme.changed.emit()
        theme.setObjectName("theme")
    assert sys.getrefcount(None) > before - 500


async def test_coroutine_tests_run_on_the_qt_event_loop(theme: AppTheme) -> None:
    emitted: list[bool] = []
    theme.changed.connect(lambda: emitted.append(True))
    await asyncio.sleep(0.01)
    theme.choose("light")
    assert emitted == [True]
    assert type(asyncio.get_running_loop()).__module__.startswith("qasync")
