"""The price table, for editing."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias, TypeVar

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.domain.amounts import NotAnAmount, parse_amount
from sora_desktop.domain.capabilities import Capabilities, Choice, label_of
from sora_desktop.domain.money import Price, PriceTable, format_amount
from sora_desktop.ui.dialogs.fields import button
from sora_desktop.ui.theme import set_property

T = TypeVar("T")

_ANY = "any"
#: Pairs of label and value.
_Options: TypeAlias = tuple[tuple[str, T], ...]
_COLUMNS = ("Model", "From", "Length", "Quality")
_SOURCES: _Options[bool | None] = ((_ANY, None), ("text", False), ("image", True))
_AMOUNT = len(_COLUMNS)  # the column of the price
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class PriceDialog(QDialog):
    """Edits the price table. Save emits it; the dialog stays open until its owner calls `accept` or `show_error`."""

    saved = Signal(object)  # PriceTable
    reset_requested = Signal()

    def __init__(
        self, table: PriceTable, capabilities: Capabilities, parent: QWidget | None = None, *, service: str = ""
    ) -> None:
        """`service`: the label of the service, where there are several."""
        super().__init__(parent)
        self._models: _Options[str | None] = (
            (_ANY, None),
            *((model.label, model.name) for model in capabilities.models),
        )
        self._lengths: _Options[int | None] = (
            (_ANY, None),
            *((choice.label, choice.value) for choice in capabilities.durations),
        )
        self._qualities: _Options[str | None] = (
            (_ANY, None),
            *((choice.label, choice.value) for choice in capabilities.qualities),
        )
        self._unit = capabilities.unit
        self.setObjectName("priceDialog")
        self.setWindowTitle(f"Prices of {service}" if service else "Prices")
        self.resize(600, 460)
        intro = QLabel(
            "The service does not report its prices. Correct the table as you learn them. "
            "The first row that matches a request is its price."
        )
        intro.setWordWrap(True)
        intro.setProperty("tone", "muted")
        amount_title = "Price" if capabilities.unit is None else capabilities.unit.many.capitalize()
        self._rows = QTableWidget(0, len(_COLUMNS) + 1)
        self._rows.setObjectName("priceRows")
        self._rows.setAccessibleName("Prices")
        self._rows.setHorizontalHeaderLabels([*_COLUMNS, amount_title])
        self._rows.verticalHeader().hide()
        self._rows.setShowGrid(False)
        self._rows.setTabKeyNavigation(False)  # Tab would never leave it
        header = self._rows.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        amount_header = QTableWidgetItem(amount_title)
        amount_header.setTextAlignment(_RIGHT)
        self._rows.setHorizontalHeaderItem(_AMOUNT, amount_header)
        self._rows.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.show_rows(table)
        learned = QLabel(_learned_text(table, capabilities))
        learned.setTextFormat(Qt.TextFormat.PlainText)
        learned.setObjectName("learnedPrices")
        learned.setWordWrap(True)
        learned.setProperty("tone", "muted")
        learned.setProperty("fontSize", "small")
        learned.setVisible(bool(table.learned))
        self._error = QLabel()
        self._error.setTextFormat(Qt.TextFormat.PlainText)
        self._error.setObjectName("priceTrouble")
        self._error.setWordWrap(True)
        set_property(self._error, "tone", "error")
        self._error.hide()
        add = button("priceAddButton", "Add row")
        remove = button("priceRemoveButton", "Remove row")
        reset = button("priceResetButton", "Restore defaults")
        cancel = button("priceCancelButton", "Cancel")
        save = button("priceSaveButton", "Save")
        save.setProperty("kind", "strong")
        save.setDefault(True)
        add.clicked.connect(lambda _: self._add_row(Price(Decimal(100))))
        remove.clicked.connect(lambda _: self._rows.removeRow(self._rows.currentRow()))
        reset.clicked.connect(lambda _: self.reset_requested.emit())
        cancel.clicked.connect(self.reject)
        save.clicked.connect(lambda _: self._save())
        tools = QHBoxLayout()
        for tool in (add, remove):
            tools.addWidget(tool)
        tools.addStretch(1)
        tools.addWidget(reset)
        ends = QHBoxLayout()
        ends.addStretch(1)
        ends.addWidget(cancel)
        ends.addWidget(save)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        for part in (intro, self._rows, learned, self._error):
            column.addWidget(part)
        column.insertLayout(2, tools)
        column.addLayout(ends)

    def show_rows(self, table: PriceTable) -> None:
        """Replace the rows of the dialog. Nothing is saved before Save."""
        self._rows.setRowCount(0)
        for price in table.rows:
            self._add_row(price)

    def show_error(self, sentence: str) -> None:
        """Show why the table was not saved."""
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))

    def _add_row(self, price: Price) -> None:
        row = self._rows.rowCount()
        self._rows.insertRow(row)
        for column, (title, choice) in enumerate(
            (
                ("Model", _combo(self._models, price.model)),
                ("From", _combo(_SOURCES, price.from_image)),
                ("Length", _combo(self._lengths, price.duration)),
                ("Quality", _combo(self._qualities, price.quality)),
            )
        ):
            choice.setAccessibleName(f"{title} in row {row + 1}")
            self._rows.setCellWidget(row, column, choice)
        amount = QTableWidgetItem(format_amount(price.amount))
        amount.setTextAlignment(_RIGHT)
        self._rows.setItem(row, _AMOUNT, amount)
        self._rows.setRowHeight(row, 34)
        self._rows.setCurrentCell(row, _AMOUNT)

    def _save(self) -> None:
        rows: list[Price] = []
        for row in range(self._rows.rowCount()):
            item = self._rows.item(row, _AMOUNT)
            try:
                amount = parse_amount("" if item is None else item.text(), self._unit)
            except NotAnAmount as error:
                self.show_error(f"Row {row + 1}: {error}")
                return
            rows.append(
                Price(
                    amount,
                    self._chosen(row, 0, self._models),
                    self._chosen(row, 1, _SOURCES),
                    self._chosen(row, 2, self._lengths),
                    self._chosen(row, 3, self._qualities),
                )
            )
        self.show_error("")
        self.saved.emit(PriceTable(tuple(rows)))

    def _chosen(self, row: int, column: int, options: _Options[T]) -> T:
        choice = self._rows.cellWidget(row, column)
        assert isinstance(choice, QComboBox)
        return options[choice.currentIndex()][1]


class _Choice(QComboBox):
    """Draws its own arrow, as StepSpin does. An arrow from the stylesheet would need a background of one color."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # it scrolls what is around the field

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().placeholderText())
        x, y = self.width() - 14.0, self.height() / 2
        painter.drawPolygon(QPolygonF([QPointF(x - 4, y - 2), QPointF(x + 4, y - 2), QPointF(x, y + 3)]))
        painter.end()


def _combo(options: _Options[T], chosen: T) -> QComboBox:
    choice = _Choice()
    choice.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel
    for label, _ in options:
        choice.addItem(label)
    choice.setCurrentIndex(next(number for number, (_, value) in enumerate(options) if value == chosen))
    return choice


def _learned_text(table: PriceTable, capabilities: Capabilities) -> str:
    models = [Choice(model.name, model.label) for model in capabilities.models]
    kinds = [
        f"{label_of(models, price.model) if price.model else _ANY}, {'image' if price.from_image else 'text'}, "
        f"{label_of(capabilities.durations, price.duration or 0)}, "
        f"{label_of(capabilities.qualities, price.quality) if price.quality else _ANY}: "
        f"{format_amount(price.amount)}"
        for price in table.learned
    ]
    return f"Learned from your balance, and used instead of the rows above until you edit them: {'; '.join(kinds)}."
