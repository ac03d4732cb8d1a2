"""The prices as a table that a person can edit."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TypeAlias, TypeVar

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.domain.capabilities import Capabilities, Choice, label_of
from sora_desktop.domain.money import Price, PriceTable, format_amount
from sora_desktop.ui.theme import set_property

T = TypeVar("T")

_ANY = "any"
#: Pairs of label and value.
_Options: TypeAlias = tuple[tuple[str, T], ...]
_COLUMNS = ("Model", "From", "Length", "Quality", "Credits")
_SOURCES: _Options[bool | None] = ((_ANY, None), ("text", False), ("image", True))
_CREDITS = 4  # the column
_MOST = Decimal(10) ** 9
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class PriceDialog(QDialog):
    """Rows are tried from the top; the first that fits a request is its price. Save announces the table."""

    saved = Signal(object)  # PriceTable
    reset_requested = Signal()

    def __init__(self, table: PriceTable, capabilities: Capabilities, parent: QWidget | None = None) -> None:
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
        self.setObjectName("priceDialog")
        self.setWindowTitle("Prices")
        self.resize(600, 460)
        said = QLabel(
            "The service's own pages contradict each other, so correct these as you learn them. "
            "The first row that fits a request decides."
        )
        said.setWordWrap(True)
        said.setProperty("tone", "muted")
        self._rows = QTableWidget(0, len(_COLUMNS))
        self._rows.setObjectName("priceRows")
        self._rows.setAccessibleName("Prices")
        self._rows.setHorizontalHeaderLabels(_COLUMNS)
        self._rows.verticalHeader().hide()
        self._rows.setShowGrid(False)
        header = self._rows.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        credits = QTableWidgetItem(_COLUMNS[_CREDITS])
        credits.setTextAlignment(_RIGHT)
        self._rows.setHorizontalHeaderItem(_CREDITS, credits)
        self._rows.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.show_rows(table)
        learned = QLabel(_learned_words(table, capabilities))
        learned.setObjectName("learnedPrices")
        learned.setWordWrap(True)
        learned.setProperty("tone", "muted")
        learned.setProperty("fontSize", "small")
        learned.setVisible(bool(table.learned))
        self._trouble = QLabel()
        self._trouble.setObjectName("priceTrouble")
        self._trouble.setWordWrap(True)
        set_property(self._trouble, "tone", "error")
        self._trouble.hide()
        add = _button("priceAddButton", "Add a row")
        remove = _button("priceRemoveButton", "Remove the row")
        reset = _button("priceResetButton", "Those that came with the program")
        cancel = _button("priceCancelButton", "Cancel")
        save = _button("priceSaveButton", "Save")
        save.setProperty("kind", "outline")
        save.setDefault(True)
        add.clicked.connect(lambda _: self._add_row(Price(Decimal(100))))
        remove.clicked.connect(lambda _: self._rows.removeRow(self._rows.currentRow()))
        reset.clicked.connect(lambda _: self.reset_requested.emit())
        cancel.clicked.connect(self.reject)
        save.clicked.connect(lambda _: self._save())
        tools = QHBoxLayout()
        for button in (add, remove):
            tools.addWidget(button)
        tools.addStretch(1)
        tools.addWidget(reset)
        ends = QHBoxLayout()
        ends.addStretch(1)
        ends.addWidget(cancel)
        ends.addWidget(save)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        for part in (said, self._rows, learned, self._trouble):
            column.addWidget(part)
        column.insertLayout(2, tools)
        column.addLayout(ends)

    def show_rows(self, table: PriceTable) -> None:
        """Put these rows into the sheet; nothing is kept before Save."""
        self._rows.setRowCount(0)
        for price in table.rows:
            self._add_row(price)

    def show_error(self, sentence: str) -> None:
        """Say why the table was not saved."""
        self._trouble.setText(sentence)
        self._trouble.setVisible(bool(sentence))

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
        credits = QTableWidgetItem(f"{price.amount.normalize():f}")
        credits.setTextAlignment(_RIGHT)
        self._rows.setItem(row, _CREDITS, credits)
        self._rows.setRowHeight(row, 34)
        self._rows.setCurrentCell(row, _CREDITS)

    def _save(self) -> None:
        rows: list[Price] = []
        for row in range(self._rows.rowCount()):
            item = self._rows.item(row, _CREDITS)
            text = "" if item is None else item.text().strip().replace(",", ".")
            try:
                credits = Decimal(text)
            except InvalidOperation:
                credits = Decimal("NaN")
            if not credits.is_finite() or not 0 <= credits <= _MOST:
                self.show_error(f"Row {row + 1}: “{text}” is not a number of credits. Write one, such as 150.")
                return
            rows.append(
                Price(
                    credits,
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
    """Draws its own arrow, as StepSpin does: a stylesheet's would stand on a ground of one colour."""

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
    for label, _ in options:
        choice.addItem(label)
    choice.setCurrentIndex(next(number for number, (_, value) in enumerate(options) if value == chosen))
    return choice


def _button(name: str, text: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAutoDefault(False)
    return button


def _learned_words(table: PriceTable, capabilities: Capabilities) -> str:
    models = [Choice(model.name, model.label) for model in capabilities.models]
    kinds = [
        f"{label_of(models, price.model) if price.model else _ANY}, {'image' if price.from_image else 'text'}, "
        f"{label_of(capabilities.durations, price.duration or 0)}, "
        f"{label_of(capabilities.qualities, price.quality) if price.quality else _ANY}: "
        f"{format_amount(price.amount)}"
        for price in table.learned
    ]
    return "Seen in your balance, and used before the rows above until you change these: " + "; ".join(kinds) + "."
