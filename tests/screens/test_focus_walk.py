"""Tab reaches everything that can be used, in reading order and back again, and one sees where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit, QPushButton, QSlider, QTabBar, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from screens.focus_walk import faults_of_walk, unseen_focus
from screens.sample_jobs import Clips
from screens.take import ScreenshotTaker

from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.compare.compare_panel import ComparePanel


@pytest.fixture
def taker(theme: AppTheme, tmp_path: Path) -> ScreenshotTaker:
    return ScreenshotTaker(theme, tmp_path, Clips.NONE)


@pytest.fixture
def rule_of_macos(qapp: QGuiApplication) -> Iterator[None]:
    """Tab stops at text fields and lists alone, as on macOS while "Keyboard navigation" is off."""
    qapp.styleHints().setTabFocusBehavior(Qt.TabFocusBehavior.TabFocusListControls)
    yield
    qapp.styleHints().setTabFocusBehavior(Qt.TabFocusBehavior.TabFocusAllControls)


def test_a_focus_that_cannot_be_seen_is_found(qtbot: QtBot, theme: AppTheme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    seen, unseen = QLineEdit(), QFrame()
    unseen.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    unseen.setObjectName("unseen")
    for part in (seen, unseen):
        part.setMinimumSize(100, 30)
        column.addWidget(part)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    seen.setFocus()
    (fault,) = unseen_focus(window, [])
    assert "unseen" in fault


def test_parts_that_are_missed_and_leaps_are_found(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    grid = QGridLayout(window)
    for place, name in enumerate(("first", "second", "third", "fourth")):
        button = QPushButton(name)
        button.setObjectName(name)
        grid.addWidget(button, place // 2, place % 2)
    missed = QSlider(Qt.Orientation.Horizontal)
    missed.setObjectName("missed")
    missed.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    grid.addWidget(missed, 2, 0)
    first, second, third, fourth = window.findChildren(QPushButton)
    for one, other in ((first, third), (third, fourth), (fourth, second)):
        QWidget.setTabOrder(one, other)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    third.setFocus()
    leap, miss = sorted(faults_of_walk(window, [], looks=False), reverse=True)
    assert (leap, miss) == (
        "Tab goes back from QPushButton fourth “fourth” to QPushButton second “second”",
        "Tab does not reach QSlider missed",
    )


@pytest.mark.usefixtures("rule_of_macos")
@pytest.mark.parametrize("size", [(720, 560), (1000, 700), (1440, 900)])
async def test_tab_reaches_everything_in_every_fold_and_shows_where_it_is(
    taker: ScreenshotTaker, theme: AppTheme, size: tuple[int, int]
) -> None:
    theme.choose("light" if size[0] == 1000 else "dark")
    async with taker.opened("typing", size) as sample:
        tabs = sample.window.findChild(QTabBar, "narrowTabs")
        assert isinstance(tabs, QTabBar)
        stops: list[QWidget] = []
        faults = faults_of_walk(sample.window, stops)
        if tabs.isVisible():
            sample.select("sailboat")
            sample.window.show_player()
            sample.list.setFocus()
            await sample.idle()
            faults += faults_of_walk(sample.window, stops)
            assert stops.count(tabs) == 2
        assert faults == []
        reached = {part.objectName() for part in stops}
        assert {"promptEdit", "takesSpin", "generateButton", "filterTabs", "searchEdit", "jobList"} <= reached


@pytest.mark.parametrize(
    ("name", "scheme", "reached"),
    [
        pytest.param(
            "compare-three",
            "light",
            {"keepButton", "exportPicksButton", "scrubBar", "jobList", "searchEdit"},
            marks=pytest.mark.slow,
        ),
        ("compare-wipe", "contrast-dark", {"wipeLine", "against:B", "jobList"}),
        pytest.param("compare-difference", "contrast-light", {"against:B", "gainButton"}, marks=pytest.mark.slow),
        ("full-screen", "dark", {"fullScreenView", "playButton", "scrubBar", "fullscreenButton"}),
        ("settings", "contrast-light", {"apiKeyEdit"}),
    ],
)
async def test_tab_shows_where_it_is_and_escape_leads_out_everywhere(
    taker: ScreenshotTaker, theme: AppTheme, name: str, scheme: str, reached: set[str]
) -> None:
    theme.choose(scheme)
    async with taker.opened(name) as sample:
        window = (sample.overlays or [sample.window])[-1]
        window.activateWindow()
        await sample.wait_until(window.isActiveWindow)
        if not sample.overlays:
            sample.list.setFocus()
        stops: list[QWidget] = []
        assert faults_of_walk(window, stops) == []
        assert reached <= {part.objectName() for part in stops}
        left: list[None] = []
        if (panel := sample.window.findChild(ComparePanel)) is not None:
            panel.close_requested.connect(lambda: left.append(None))
        for part in stops if panel is not None else ():
            part.setFocus()
            QTest.keyClick(part, Qt.Key.Key_Escape)
            if part.objectName() == "searchEdit":  # the first one leaves the field
                QTest.keyClick(sample.window.focusWidget() or part, Qt.Key.Key_Escape)
            assert left, part.objectName()
            left.clear()
        if sample.overlays:
            QTest.keyClick(stops[-1], Qt.Key.Key_Escape)
            assert not window.isVisible()


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("range", (1440, 900)),
        ("notice", (1440, 900)),
        ("prices", (1440, 900)),
        ("recording", (1440, 900)),
        ("compare-four", (720, 560)),
        ("compare-flip", (1440, 900)),
        ("compare-review-four", (1440, 900)),
        ("compare-order", (1000, 700)),
        ("compare-full-screen", (1440, 900)),
    ],
)
async def test_tab_reaches_everything_in_reading_order_and_back(
    taker: ScreenshotTaker, name: str, size: tuple[int, int]
) -> None:
    async with taker.opened(name, size) as sample:
        window = (sample.overlays or [sample.window])[-1]
        window.activateWindow()
        await sample.wait_until(window.isActiveWindow)
        if name in ("range", "notice"):
            sample.list.setFocus(Qt.FocusReason.TabFocusReason)  # which selects a row and enables its buttons
            await sample.idle()
        if name == "recording":  # few rows are enough, with the question beneath one of them
            search = window.findChild(QLineEdit, "keysSearch")
            assert search is not None
            search.setText("continue")
        assert faults_of_walk(window, [], looks=False) == []
