"""The price dialog."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QTableWidget
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.dialogs.price_dialog import PriceDialog

TABLE = PriceTable(
    (
        Price(Decimal("330"), "sora2-pro", None, 10, "high"),
        Price(Decimal("100"), from_image=True),
    ),
    (Price(Decimal("95"), "sora2", False, 5, "standard"),),
)


class ShownDialog:
    def __init__(self, qtbot: QtBot) -> None:
        self.dialog = PriceDialog(TABLE, CAPABILITIES)
        qtbot.addWidget(self.dialog)
        self.dialog.open()
        self.saved: list[PriceTable] = []
        self.dialog.saved.connect(self.saved.append)
        found = self.dialog.findChild(QTableWidget, "priceRows")
        assert found is not None
        self.rows = found

    def click(self, name: str) -> None:
        button = self.dialog.findChild(QAbstractButton, name)
        assert button is not None, name
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def write(self, row: int, text: str) -> None:
        item = self.rows.item(row, 4)
        assert item is not None
        item.setText(text)

    def label(self, name: str) -> QLabel:
        label = self.dialog.findChild(QLabel, name)
        assert label is not None, name
        return label


@pytest.fixture
def shown(qtbot: QtBot) -> ShownDialog:
    return ShownDialog(qtbot)


def test_saving_without_a_change_keeps_the_table(shown: ShownDialog) -> None:
    shown.click("priceSaveButton")
    assert shown.saved == [PriceTable(TABLE.rows)]


def test_a_price_is_changed_added_and_removed(shown: ShownDialog) -> None:
    shown.write(0, "345,5")
    shown.click("priceAddButton")
    model = shown.rows.cellWidget(2, 0)
    assert isinstance(model, QComboBox)
    model.setCurrentIndex(1)
    shown.rows.setCurrentCell(1, 4)
    shown.click("priceRemoveButton")
    shown.click("priceSaveButton")
    first = Price(Decimal("345.5"), "sora2-pro", None, 10, "high")
    assert shown.saved == [PriceTable((first, Price(Decimal(100), "sora2")))]


@pytest.mark.parametrize("text", ["much", "", "-3", "NaN", "1e400000000", "1,200", "1.200", "1e3", "∞", "1_000"])
def test_a_text_that_is_no_amount_is_rejected(shown: ShownDialog, text: str) -> None:
    shown.write(1, text)
    shown.click("priceSaveButton")
    assert not shown.saved
    assert shown.label("priceTrouble").text().startswith("Row 2: ")


def test_a_price_that_can_be_misread_is_asked_about(shown: ShownDialog) -> None:
    shown.write(0, "1,200")
    shown.click("priceSaveButton")
    assert not shown.saved
    sentence = "Row 1: “1,200” can be read as 1200 or as 1.2000. Enter one of these instead."
    assert shown.label("priceTrouble").text() == sentence


@pytest.mark.parametrize("amount", ["1200", "1234567.5", "1.234", "0.125", "100.0625", "0"])
def test_a_price_that_is_shown_is_saved_again(qtbot: QtBot, amount: str) -> None:
    table = PriceTable((Price(Decimal(amount)),))
    dialog = PriceDialog(table, CAPABILITIES)
    qtbot.addWidget(dialog)
    saved: list[PriceTable] = []
    dialog.saved.connect(saved.append)
    button = dialog.findChild(QAbstractButton, "priceSaveButton")
    assert button is not None
    button.click()
    assert saved == [table]


def test_learned_prices_are_listed(shown: ShownDialog) -> None:
    assert "Sora 2, text, 5 s, Standard: 95" in shown.label("learnedPrices").text()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_selected_row_does_not_use_the_accent_color(theme: AppTheme, shown: ShownDialog, name: str) -> None:
    theme.choose(name)
    picture = shown.dialog.grab().toImage()
    colors = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(0, picture.height(), 2)}
    assert shown.rows.selectedItems() and theme.tokens.raised in colors
    assert theme.tokens.accent not in colors  # reserved for Generate, progress and focus
