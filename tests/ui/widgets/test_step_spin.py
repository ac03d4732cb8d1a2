"""The arrows of a number field."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from pytestqt.qtbot import QtBot

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.step_spin import StepSpin


@pytest.mark.parametrize("height", [44, 45, 46])
def test_both_arrows_have_the_same_size(qtbot: QtBot, theme: Theme, height: int) -> None:
    spin = StepSpin(theme, "takesSpin", "Number of takes", 1, 3)
    spin.setValue(2)
    qtbot.addWidget(spin)
    spin.resize(96, height)
    picture = spin.grab().toImage()
    assert picture.height() == height
    upper = picture.copy(QRect(96 - 26, height // 2 - 10, 12, 10))
    lower = picture.copy(QRect(96 - 26, height - height // 2, 12, 10))
    assert upper == lower.flipped(Qt.Orientation.Vertical)
    assert len({upper.pixel(x, y) for x in range(12) for y in range(10)}) > 1
