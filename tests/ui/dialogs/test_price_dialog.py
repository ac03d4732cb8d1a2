"""The price table: what is shown is what is kept, and a word is no price."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QTableWidget
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.profile import CAPABILITIES
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.ui.dialogs.price_dialog import PriceDialog
from sora_desktop.ui.theme import Theme

TABLE = PriceTable(
    (
        Price(Decimal("330"), "sora2-pro", None, 10, "high"),
        Price(Decimal("100"), from_image=True),
    ),
    (Price(Decimal("95"), "sora2", False, 5, "standard"),),
)


class Sheet:
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
def sheet(qtbot: QtBot) -> Sheet:
    return Sheet(qtbot)


def test_what_is_shown_is_what_is_kept(sheet: Sheet) -> None:
    sheet.click("priceSaveButton")
    assert sheet.saved == [PriceTable(TABLE.rows)]


def test_a_price_is_changed_added_and_removed(sheet: Sheet) -> None:
    sheet.write(0, "345,5")
    sheet.click("priceAddButton")
    model = sheet.rows.cellWidget(2, 0)
    assert isinstance(model, QComboBox)
    model.setCurrentIndex(1)
    sheet.rows.setCurrentCell(1, 4)
    sheet.click("priceRemoveButton")
    sheet.click("priceSaveButton")
    first = Price(Decimal("345.5"), "sora2-pro", None, 10, "high")
    assert sheet.saved == [PriceTable((first, Price(Decimal(100), "sora2")))]


@pytest.mark.parametrize("text", ["much", "", "-3", "NaN", "1e400000000"])
def test_a_word_is_no_price(sheet: Sheet, text: str) -> None:
    sheet.write(1, text)
    sheet.click("priceSaveButton")
    assert not sheet.saved
    assert sheet.label("priceTrouble").text().startswith("Row 2: ")


def test_learned_prices_are_said(sheet: Sheet) -> None:
    assert "Sora 2, text, 5 s, Standard: 95" in sheet.label("learnedPrices").text()


@pytest.mark.parametrize("look", ["dark", "light"])
def test_the_selected_row_is_calm(theme: Theme, sheet: Sheet, look: str) -> None:
    theme.choose(look)
    picture = sheet.dialog.grab().toImage()
    colours = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(0, picture.height(), 2)}
    assert sheet.rows.selectedItems() and theme.tokens.raised in colours
    assert theme.tokens.accent not in colours  # it is spent on Generate, progress and focus
