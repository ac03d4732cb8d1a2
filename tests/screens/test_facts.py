"""The checks of `facts.py` find what they are for, and find nothing in the window: a sample here, all of it as slow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QListView,
    QPushButton,
    QScrollArea,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)
from pytestqt.qtbot import QtBot
from screens.facts import Color, Grounds, contrast, faults_in
from screens.sample_jobs import Clips
from screens.states import STATES
from screens.take import SCHEMES, SIZES, ScreenshotTaker, View

from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.compare.difference_rows import DifferenceRows, LetterRow
from sora_desktop.ui.widgets.letter_chip import LetterChip

#: Tests of all states, so that each ends within its time on a slow machine.
_PARTS = 6


@pytest.fixture
def taker(theme: AppTheme, tmp_path: Path) -> ScreenshotTaker:
    return ScreenshotTaker(theme, tmp_path, Clips.NONE)


def pale_text(page: QWidget, theme: AppTheme) -> None:
    label = QLabel("<span style='color:#777777'>Pale</span>", page)
    label.setGeometry(20, 20, 60, 20)


def cut_text(page: QWidget, _: AppTheme) -> None:
    label = QLabel("A label with more words than room", page)
    label.setGeometry(20, 20, 60, 20)


def text_over_text(page: QWidget, _: AppTheme) -> None:
    item = QStandardItem("A row")
    model = QStandardItemModel(page)
    model.appendRow(item)
    view = QListView(page)
    view.setModel(model)
    view.setItemDelegate(_PaintsTwice(view))
    view.setGeometry(20, 20, 200, 100)


class _PaintsTwice(QStyledItemDelegate):
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        painter.drawText(QRect(option.rect).adjusted(20, 0, 0, 0), "Facts")


def covered_part(page: QWidget, _: AppTheme) -> None:
    for left in (20, 60):
        QPushButton("OK", page).setGeometry(left, 20, 60, 30)


def part_outside(page: QWidget, _: AppTheme) -> None:
    QFrame(page).setGeometry(280, 20, 60, 30)


def too_wide_to_scroll(page: QWidget, _: AppTheme) -> None:
    area = QScrollArea(page)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setGeometry(20, 20, 200, 100)
    wide = QFrame()
    wide.resize(260, 300)
    QFrame(wide).resize(260, 20)
    area.setWidget(wide)


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (pale_text, "has a contrast of"),
        (cut_text, "is cut"),
        (text_over_text, "are painted over each other in QWidget"),
        (covered_part, "share 20 ×"),
        (part_outside, "is not within"),
        (too_wide_to_scroll, "scrolls is 260 wide"),
    ],
)
def test_each_check_finds_its_fault(
    plant: Callable[[QWidget, AppTheme], None], fault: str, qtbot: QtBot, theme: AppTheme
) -> None:
    page = QFrame()
    page.setProperty("ground", "panel")
    qtbot.addWidget(page)
    page.resize(300, 200)
    plant(page, theme)
    page.show()
    assert any(fault in found for found in faults_in(page, theme.tokens, high_contrast=False, grounds=Grounds()))


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21)
    assert contrast(Color(0x77, 0x77, 0x77), Color(255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("name", "size", "schemes"),
    [
        ("missing-posters", (720, 560), ("dark", "contrast-light")),
        ("german", (1100, 700), ("light",)),
        ("failed", (1440, 900), ("light", "contrast-dark")),
    ],
)
async def test_nothing_is_pale_cut_covered_or_outside(
    taker: ScreenshotTaker, name: str, size: tuple[int, int], schemes: tuple[str, ...]
) -> None:
    shots = await taker.shots(name, [View(size, scheme) for scheme in schemes])
    assert [shot.faults for shot in shots] == [()] * len(schemes)


async def test_the_measures_are_those_of_the_pictures(taker: ScreenshotTaker) -> None:
    """At 1440 × 900: columns of 344, 692 and 404, header 40, footer 26, rows 76 or 84 with posters of 104 × 58."""
    async with taker.opened("failed") as sample:

        def place(name: str) -> tuple[int, int, int, int]:
            part = sample.window.findChild(QWidget, name)
            assert isinstance(part, QWidget), name
            corner = part.mapTo(sample.window, part.rect().topLeft())
            return corner.x(), corner.y(), part.width(), part.height()

        assert place("headerBar") == (0, 0, 1440, 40)
        assert place("statusBar") == (0, 874, 1440, 26)
        assert place("composePanel") == (0, 40, 343, 834)  # and one pixel for the line
        assert (sample.jobs.mapTo(sample.window, QPoint(0, 0)).x(), sample.jobs.width()) == (1036, 404)
        assert place("promptEdit")[:3] == (16, 79, 311)
        assert place("generateButton")[3] >= 41 and place("takesSpin")[0] == 16
        assert {place(name)[3] for name in ("reuseButton", "extendButton", "exportButton")} == {34}
        assert place("videoView")[0] == 360
        assert sample.list.visualRect(sample.job_list.index(0)).height() in (76, 78, 84)


async def test_letters_stand_above_their_columns_in_each_scheme(taker: ScreenshotTaker) -> None:
    """The names beside the columns are wider in light."""
    async with taker.opened("compare-four") as sample:
        sample.theme.choose("light")
        await sample.idle()
        letters, rows = sample.window.findChild(LetterRow), sample.window.findChild(DifferenceRows)
        assert letters is not None and rows is not None
        values = [part for part in rows.findChildren(QWidget) if part.accessibleName().startswith("Model, ")]
        lefts = [
            [part.mapToGlobal(QPoint(0, 0)).x() for part in parts]
            for parts in (letters.findChildren(LetterChip), values)
        ]
        assert lefts[0] == lefts[1]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(_PARTS))
async def test_every_state_in_every_size(part: int, taker: ScreenshotTaker) -> None:
    """At 1440 × 900 in each color scheme. Texts are widest in light, also after a change from dark."""
    dark, light, *others = (View((1440, 900), scheme) for scheme in SCHEMES)
    sizes = [View(size, "light", measures_contrast=size == SIZES[0]) for size in SIZES]
    faults = []
    for name in list(STATES)[part::_PARTS]:
        views = [dark, light, *(sizes if STATES[name].depends_on_size else ()), *others]
        for shot in await taker.shots(name, views):
            faults += [f"{shot.title}: {fault}" for fault in shot.faults]
    assert faults == []


@pytest.mark.slow
@pytest.mark.parametrize("scale", ["1.5", "2"])
def test_every_state_on_a_screen_with_more_pixels(scale: str, tmp_path: Path) -> None:
    """In a program of its own, since Qt reads the scale once."""
    root = Path(__file__).parents[2]
    command = [sys.executable, str(root / "tests/screens/take.py"), str(tmp_path), "--states", "all"]
    command += ["--sizes", "720x560,1440x900", "--schemes", "light", "--clips", "none"]
    environment = os.environ | {"QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(list(tmp_path.glob("sheet-*.png"))) == 2
