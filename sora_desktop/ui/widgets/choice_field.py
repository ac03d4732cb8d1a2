"""A choice of one among several options, as a row of buttons or as a drop-down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.choice_row import ChoiceRow
from sora_desktop.ui.widgets.shape_icon import SHAPE_SIZE

if TYPE_CHECKING:
    from sora_desktop.ui.widgets.drop_down import DropDown

_MOST_BUTTONS = 4
_PADDING = 12  # pixels of a button beside its label and its shape, at least


class ChoiceField(QWidget):
    """A row of buttons while their labels fit into its width, else a drop-down.

    Both have the field's name, and their buttons are named `<name>:<value>`.
    """

    chosen = Signal(str)  # value of the option that the user chose
    parts_changed = Signal()  # the tab stops are other ones now

    def __init__(self, theme: Theme, name: str, title: str, *, has_shapes: bool = False) -> None:
        """`title` is the accessible name. `has_shapes`: each value, such as "16:9", is drawn beside its label."""
        super().__init__()
        self._theme = theme
        self._name = name
        self._title = title
        self._has_shapes = has_shapes
        self._options: tuple[tuple[str, str], ...] = ()
        self._value = ""
        self._is_placed = False  # until then the width says nothing
        self._row = ChoiceRow(name, title, ())
        self._list: DropDown | None = None
        self._row.chosen.connect(self.chosen)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self._row)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self._row)
        if has_shapes:
            theme.changed.connect(self._update_shapes)

    def _update_shapes(self) -> None:
        self._row.show_shapes(self._theme)

    def show_options(self, options: Sequence[tuple[str, str]], value: str) -> None:
        """Set the options, pairs of value and label, and the chosen one, without emitting `chosen`."""
        self._value = value
        if tuple(options) != self._options:
            self._options = tuple(options)
            self._fit()
        self._show()

    @property
    def tab_stops(self) -> list[QPushButton]:
        return self._row.buttons() if self._list is None else [self._list]

    def minimumSizeHint(self) -> QSize:
        return QSize(40, super().minimumSizeHint().height())  # not the row's width: the drop-down needs less

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._is_placed = True
        self._fit()

    def _fit(self) -> None:
        """Change between row and drop-down, and show the options in it."""
        fits = self._fits
        if fits and self._list is not None:
            self._list.setObjectName("")
            self._list.hide()
            self._list.deleteLater()
            self._list = None
        elif not fits and self._list is None:
            from sora_desktop.ui.widgets.drop_down import DropDown  # late: most starts need none

            self._list = DropDown(self._theme, self._name, self._title)
            self._list.chosen.connect(self.chosen)
            self._column.addWidget(self._list)
        self._row.setObjectName(self._name if fits else "")
        self._row.setVisible(fits)
        if self._row.set_options(self._options if fits else ()) and self._has_shapes:
            self._row.show_shapes(self._theme)
        self._show()
        self.parts_changed.emit()

    def _show(self) -> None:
        if self._list is None:
            self._row.select(self._value)
        else:
            self._list.show_choices(self._options, self._value, has_shapes=self._has_shapes)

    @property
    def _fits(self) -> bool:
        if len(self._options) > _MOST_BUTTONS or not self._is_placed:
            return len(self._options) <= _MOST_BUTTONS
        font = self._theme.weighted(self.font(), "medium")
        metrics = QFontMetrics(font)
        beside = _PADDING + (SHAPE_SIZE.width() if self._has_shapes else 0)
        return sum(metrics.horizontalAdvance(label) + beside for _, label in self._options) + 4 <= self.width()
