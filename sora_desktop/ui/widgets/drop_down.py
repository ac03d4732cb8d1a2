"""A button that opens a list of options, of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHideEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.round_corners import RADIUS, RoundCorners
from sora_desktop.ui.widgets.shape_icon import SHAPE_SIZE, shape_pixmap
from sora_desktop.ui.widgets.tool_tip import set_tip

_HIGH_ROW, _EXTRA_ROW, _ROW = 44, 36, 32  # pixels; rows with a second line are high
_LINE, _MARGIN = 9, 5  # pixels: the separator with its margins, the margin around the rows
_FRAME = 1  # pixels: the border
_GAP = 4  # pixels between the button and the list
_MOST_HEIGHT = 404  # pixels of the list
_DOT = 6  # pixels
_MARK = 16  # pixels of an icon


class DropDownOption(NamedTuple):
    """One option of a drop-down."""

    value: str
    label: str
    detail: str = ""  # a second line in the list
    tone: str = ""  # of a dot before the label; empty: no dot
    shape: str = ""  # such as "16:9", drawn before the label


class DropDown(QPushButton):
    """Shows the chosen option. A click, Space, Return, F4 or Alt+Down opens the list; Esc closes it.

    Up and Down choose the neighbor without opening the list, unless `opens_always`. Each row of the list is a button
    named `<objectName>:<value>`. The list exists only while it is open.
    """

    chosen = Signal(str)  # value of the option that the user chose
    extra_chosen = Signal()

    def __init__(
        self, theme: Theme, name: str, title: str, *, height: int = 36, extra: str = "", opens_always: bool = False
    ) -> None:
        """`title` is the accessible name. `extra` is the label of a last row that is no option, such as "Add…"."""
        super().__init__()
        self._theme = theme
        self._title = title
        self._extra = extra
        self._opens_always = opens_always
        self._options: tuple[DropDownOption, ...] = ()
        self._value = ""
        self._list: _OptionList | None = None
        self.setObjectName(name)
        self.setProperty("kind", "dropDown")
        self.setAutoDefault(False)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda _: self.open_list())
        theme.changed.connect(self.update)
        self._describe()

    def show_options(self, options: Sequence[DropDownOption], value: str) -> None:
        """Set the options and the chosen one, without emitting a signal. An open list is updated."""
        if (tuple(options), value) == (self._options, self._value):
            return
        self._options, self._value = tuple(options), value
        self._describe()
        if self._list is not None:
            self.open_list()

    def show_choices(self, choices: Sequence[tuple[str, str]], value: str, *, has_shapes: bool) -> None:
        """As `show_options`, with pairs of value and label. `has_shapes`: values are shapes, such as "16:9"."""
        options = [DropDownOption(each, label, shape=each if has_shapes else "") for each, label in choices]
        self.show_options(options, value)

    def open_list(self) -> None:
        """Open the list below the button, or above it where there is more room."""
        if self._list is not None:
            self._list.close()
        self._list = options = _OptionList(self, self._theme, self._options, self._value, self._extra)
        options.chosen.connect(self._choose)
        options.extra_chosen.connect(self.extra_chosen)
        options.closed.connect(self._list_closed)
        options.show_at(self)
        set_property(self, "open", True)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(80, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(key), 0)
        opens = by and (self._opens_always or modifiers == Qt.KeyboardModifier.AltModifier)
        if opens or key == Qt.Key.Key_F4 or (key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not modifiers):
            self.open_list()
        elif by:
            self._step(by)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter = QPainter(self)
        self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
        arrow = self._theme.icon("caret-down" if self._list is None else "caret-up", "muted")
        arrow.paint(painter, QRect(self.width() - 13 - 14, (self.height() - 14) // 2, 14, 14))
        chosen = self._chosen_option
        if chosen is not None:
            _paint_option(painter, self._theme, chosen._replace(detail=""), self.rect().adjusted(0, 0, -36, 0))
        painter.end()

    @property
    def _chosen_option(self) -> DropDownOption | None:
        return next((option for option in self._options if option.value == self._value), None)

    def _choose(self, value: str) -> None:
        if value != self._value:
            self.chosen.emit(value)

    def _step(self, by: int) -> None:
        values = [option.value for option in self._options]
        at = values.index(self._value) + by if self._value in values else 0
        if 0 <= at < len(values):
            self.chosen.emit(values[at])

    def _list_closed(self) -> None:
        self._list = None
        set_property(self, "open", False)
        self.update()

    def _describe(self) -> None:
        chosen = self._chosen_option
        label = chosen.label if chosen is not None else ""
        self.setAccessibleName(f"{self._title}: {label}" if label else self._title)
        set_tip(self, label)
        self.update()


class _OptionList(QFrame):
    """The open list. It is deleted when it closes."""

    chosen = Signal(str)
    extra_chosen = Signal()
    closed = Signal()

    def __init__(
        self, parent: DropDown, theme: Theme, options: Sequence[DropDownOption], value: str, extra: str
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._corners = RoundCorners(self)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)  # a click on the button closes the list for good
        self.setObjectName(f"{parent.objectName()}List")
        self.setAccessibleName(parent.accessibleName())
        self._rows: list[_Row] = []
        rows = QWidget()
        rows.setObjectName("scrolled")
        column = QVBoxLayout(rows)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(0)
        for option in options:
            row = _Row(theme, option, f"{parent.objectName()}:{option.value}", checked=option.value == value)
            row.clicked.connect(lambda _, value=option.value: self._finish(value))
            self._add(row, column)
        if extra:
            line = QFrame()
            line.setProperty("kind", "separator")
            line.setFixedHeight(_LINE)
            column.addWidget(line)
            row = _Row(theme, DropDownOption("", extra), f"{parent.objectName()}Extra", checked=False, mark="plus")
            row.clicked.connect(lambda _: self._finish(None))
            self._add(row, column)
        self._scroll = QScrollArea()
        self._scroll.setWidget(rows)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_FRAME, _FRAME, _FRAME, _FRAME)
        layout.addWidget(self._scroll)
        #: Not the size hint, which is not known before the stylesheet is applied.
        self._height = sum(row.height() for row in self._rows) + (_LINE if extra else 0) + 2 * _MARGIN + 2 * _FRAME

    def show_at(self, button: QWidget) -> None:
        """Show the list below the button, as wide as it, with the focus on the chosen row."""
        screen = button.screen().availableGeometry()
        below = button.mapToGlobal(QPoint(0, button.height() + _GAP))
        above = button.mapToGlobal(QPoint(0, -_GAP)).y() - screen.top()
        room = screen.bottom() + 1 - below.y()
        height = min(self._height, _MOST_HEIGHT)
        if room < height and above > room:
            height = min(height, above)
            below.setY(button.mapToGlobal(QPoint(0, -_GAP)).y() - height)
        else:
            height = min(height, max(room, _HIGH_ROW))
        self.setGeometry(QRect(below, QSize(button.width(), height)))
        self.show()
        row = next((row for row in self._rows if row.isChecked()), self._rows[0] if self._rows else None)
        if row is not None:
            self._focus(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = next((number for number, row in enumerate(self._rows) if row.hasFocus()), 0)
        match event.key():
            case Qt.Key.Key_Escape | Qt.Key.Key_F4:
                self.close()
            case Qt.Key.Key_Up:
                self._focus(self._rows[max(focused - 1, 0)])
            case Qt.Key.Key_Down:
                self._focus(self._rows[min(focused + 1, len(self._rows) - 1)])
            case Qt.Key.Key_Home:
                self._focus(self._rows[0])
            case Qt.Key.Key_End:
                self._focus(self._rows[-1])
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._rows[focused].click()
            case _ if event.text().strip():
                self._focus_text(event.text(), focused)
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)  # a stylesheet does not paint the ground of a window with transparent parts
        if self._corners.cut:
            painter.setPen(self._theme.color("line"))
            painter.setBrush(self._theme.color("line"))
            painter.drawRect(self.rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.color("line"))
        painter.setBrush(self._theme.color("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.end()

    def hideEvent(self, event: QHideEvent) -> None:
        for part in (self, *self._rows):
            part.setObjectName("")  # it is found by its name until Qt deletes it
        self.closed.emit()
        self.deleteLater()

    def _add(self, row: _Row, column: QVBoxLayout) -> None:
        row.key_pressed.connect(self.keyPressEvent)
        self._rows.append(row)
        column.addWidget(row)

    def _focus(self, row: _Row) -> None:
        row.setFocus(Qt.FocusReason.PopupFocusReason)
        self._scroll.ensureWidgetVisible(row, 0, 5)

    def _focus_text(self, text: str, focused: int) -> None:
        """Move to the next row that begins with the text."""
        for row in self._rows[focused + 1 :] + self._rows[: focused + 1]:
            if row.option.label.casefold().startswith(text.casefold()):
                self._focus(row)
                return

    def _finish(self, value: str | None) -> None:
        """Close, then report, so that what follows finds the focus where it was."""
        self.close()
        if value is None:
            self.extra_chosen.emit()
        else:
            self.chosen.emit(value)


class _Row(QPushButton):
    """One option. Emits the keys other than Space, since the scroll area around the rows would take some of them."""

    key_pressed = Signal(QKeyEvent)

    def __init__(self, theme: Theme, option: DropDownOption, name: str, *, checked: bool, mark: str = "") -> None:
        """`mark` is an icon before the label."""
        super().__init__()
        self.option = option
        self._theme = theme
        self._mark = mark
        self.setObjectName(name)
        self.setProperty("kind", "option")
        self.setAccessibleName(f"{option.label}, {option.detail}" if option.detail else option.label)
        set_tip(self, option.detail)
        self.setAutoDefault(False)
        self.setCheckable(not mark)
        self.setAutoExclusive(not mark)  # screen readers then call it a radio button
        self.setChecked(checked)
        self.setProperty("high", bool(option.detail))
        self.setFixedHeight(_EXTRA_ROW if mark else _HIGH_ROW if option.detail else _ROW)
        self.setMinimumWidth(40)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            super().keyPressEvent(event)
        else:
            self.key_pressed.emit(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        style_option = QStyleOptionButton()
        self.initStyleOption(style_option)
        style_option.text = ""
        painter = QPainter(self)
        self.style().drawControl(QStyle.ControlElement.CE_PushButton, style_option, painter, self)
        if self._mark:
            self._theme.icon(self._mark).paint(painter, QRect(5, (self.height() - 14) // 2, 14, 14))
        if self.isChecked():
            check = QRect(self.width() - 10 - _MARK, (self.height() - _MARK) // 2, _MARK, _MARK)
            self._theme.icon("check", "text").paint(painter, check)
        room = self.rect().adjusted(-6, 0, -34 if self.isChecked() else -8, 0)
        _paint_option(painter, self._theme, self.option, room, has_mark=bool(self._mark))
        painter.end()


def _paint_option(
    painter: QPainter, theme: Theme, option: DropDownOption, room: QRect, *, has_mark: bool = False
) -> None:
    """Paint dot or shape, label and detail. The label stands at the same place with and without the second line.

    `has_mark`: something else stands where the dot would.
    """
    left = room.left() + 13
    middle = room.top() + room.height() / 2
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if option.tone or has_mark:
        if option.tone:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(option.tone))
            painter.drawEllipse(QRectF(left, middle - _DOT / 2, _DOT, _DOT))
        left += _DOT + 10
    elif (pixmap := shape_pixmap(option.shape, theme.color("text"))) is not None:
        painter.drawPixmap(QPoint(left - 5, round(middle - SHAPE_SIZE.height() / 2)), pixmap)
        left += SHAPE_SIZE.width() - 3
    width = room.right() - left
    lines = [(option.label, painter.font(), theme.color("text"))]
    if option.detail:
        small = painter.font()
        small.setPixelSize(12)
        lines.append((option.detail, small, theme.color("muted")))
    height = 18 if len(lines) == 1 else 17
    top = middle - height * len(lines) / 2
    for text, font, color in lines:
        painter.setFont(font)
        painter.setPen(QColor(color))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(left, top, width, height), int(Qt.AlignmentFlag.AlignVCenter), shown)
        top += height
