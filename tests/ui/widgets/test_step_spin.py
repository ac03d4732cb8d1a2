"""The arrows of a number field."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.ui.dialogs.price_dialog import PriceDialog
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.amount_spin import AmountSpin
from sora_desktop.ui.widgets.number_spin import NumberSpin
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


def turn_wheel(over: QWidget) -> bool:
    """Turn the wheel over the middle of a part. True if it has taken the turn for itself."""
    middle, down = QPointF(over.rect().center()), QPoint(0, -120)
    event = QWheelEvent(
        middle,
        over.mapToGlobal(middle),
        QPoint(),
        down,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(over, event)
    return event.isAccepted()


def test_the_wheel_scrolls_past_a_field_that_is_not_in_use(qtbot: QtBot, theme: Theme) -> None:
    seconds = NumberSpin(theme, "secondsSpin", "Seconds")
    seconds.show_number(5, 1, 10)
    takes = StepSpin(theme, "takesSpin", "Number of takes", 1, 9)
    takes.setValue(5)
    limit = AmountSpin(theme, "limitSpin", "Limit", "No limit", 100)
    limit.set_value(Decimal(500))
    for spin in (seconds, takes, limit):
        qtbot.addWidget(spin)
        with qtbot.waitActive(spin):
            spin.show()
            spin.activateWindow()
        spin.clearFocus()
        before = spin.text()
        assert not turn_wheel(spin) and not spin.hasFocus() and spin.text() == before, spin.objectName()
        spin.setFocus()
        assert turn_wheel(spin) and spin.text() != before, spin.objectName()


def test_the_wheel_changes_no_price_that_it_passes(qtbot: QtBot) -> None:
    dialog = PriceDialog(PriceTable((Price(Decimal(100)),)), CAPABILITIES)
    qtbot.addWidget(dialog)
    dialog.show()
    model = dialog.findChild(QComboBox)
    assert model is not None
    turn_wheel(model)
    assert model.currentIndex() == 0 and not model.hasFocus()
