"""The page of Settings that lists the services."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.state.plain_text import plain_tip
from sora_desktop.state.service_form import ExaminationLine
from sora_desktop.state.service_lines import ServiceLine
from sora_desktop.ui.dialogs.examination_view import ExaminationView
from sora_desktop.ui.dialogs.fields import button, note
from sora_desktop.ui.theme import Theme, set_property

_ROW_HEIGHT = 48  # pixels, as all sizes here
_USUAL_HEIGHT = 340  # of the page; the list gives way to what a test has found
_EDGE = 12  # from the edge of the row to the dot and to the mark at the end
_TEXT = 28  # from the edge of the row to the texts
_SMALL = 12  # font size of the second line
_LINE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_DEFAULT = "Default"


class _RowPainter(QStyledItemDelegate):
    """Paints dot, label, addresses, and which service is the default."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, _ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        line = index.data(_LINE_ROLE)
        if not isinstance(line, ServiceLine):
            return
        row, state, theme = QRect(option.rect), option.state, self._theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(row).adjusted(1.5, 1.5, -1.5, -1.5)
        if state & QStyle.StateFlag.State_Selected:
            focused = bool(state & QStyle.StateFlag.State_HasFocus)
            painter.setPen(theme.color("accent" if focused else "line"))
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(card, 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(str(line.tone)))
        painter.drawEllipse(QPointF(row.left() + _EDGE + 3.5, row.top() + 16.5), 3.5, 3.5)
        font, small = QFont(option.font), QFont(option.font)
        small.setPixelSize(_SMALL)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        end = row.right() - _EDGE
        if line.is_default:
            width = QFontMetrics(small).horizontalAdvance(_DEFAULT)
            painter.setFont(small)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRect(end - width, row.top() + 7, width + 1, 18), left, _DEFAULT)
            end -= width + _EDGE
        room = end - row.left() - _TEXT
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        label = QFontMetrics(font).elidedText(line.label, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(row.left() + _TEXT, row.top() + 6, room, 18), left, label)
        painter.setFont(small)
        painter.setPen(theme.color("muted"))
        room = row.right() - _EDGE - row.left() - _TEXT
        detail = QFontMetrics(small).elidedText(line.detail, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRect(row.left() + _TEXT, row.top() + 25, room, 16), left, detail)
        painter.restore()


class _ServiceList(QListWidget):
    """Return opens an item, as a double click does. Else it would press the button that saves the dialog."""

    opened = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.itemDoubleClicked.connect(lambda _: self.opened.emit())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        else:
            super().keyPressEvent(event)


class ServicesPage(QWidget):
    """Shows the services, and emits what the user wants to do with one of them. Nothing here waits for Save."""

    add_requested = Signal()
    edit_requested = Signal(str)  # the name of the service, as in the signals below
    remove_requested = Signal(str)
    default_requested = Signal(str)
    test_requested = Signal(str)
    grown = Signal()  # there is more to show than before

    def __init__(self, theme: Theme, lines: Sequence[ServiceLine] = ()) -> None:
        super().__init__()
        self._lines: tuple[ServiceLine, ...] = ()
        self._tested = ""
        self._refused = ("", "")  # the name of the service for which something could not be done, and why
        self.setObjectName("servicesPage")
        self._list = _ServiceList()
        self._list.setObjectName("serviceList")
        self._list.setAccessibleName("Services")
        self._list.setItemDelegate(_RowPainter(theme))
        self._list.setUniformItemSizes(True)
        self._list.setVerticalScrollMode(
            QAbstractItemView.ScrollMode.ScrollPerPixel
        )  # else the end is followed by a gap
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._list.setMinimumHeight(2 * _ROW_HEIGHT)
        self._reason = note("serviceReason", "")
        self._result = ExaminationView(theme)
        self._add = button("serviceAddButton", "Add…")
        self._edit = button("serviceEditButton", "Edit…")
        self._test = button("servicePageTestButton", "Test")
        self._make_default = button("serviceDefaultButton", "Make default")
        self._remove = button("serviceRemoveButton", "Remove…")
        tools = QHBoxLayout()
        tools.setSpacing(8)
        for part in (self._add, self._edit, self._test, self._make_default):
            tools.addWidget(part)
        tools.addStretch(1)
        tools.addWidget(self._remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(
            note(
                "servicesNote",
                "Services work beside each other. Each video is rendered by the service that is chosen above the "
                "prompt when you press Generate. Changes here take effect at once.",
            )
        )
        column.addWidget(self._list, 1)
        column.addLayout(tools)
        column.addWidget(self._reason)
        column.addWidget(self._result)
        self._list.currentRowChanged.connect(lambda _: self._show_choice())
        self._list.opened.connect(self._edit.click)
        self._add.clicked.connect(lambda _: self.add_requested.emit())
        for part, signal in (
            (self._edit, self.edit_requested),
            (self._remove, self.remove_requested),
            (self._make_default, self.default_requested),
            (self._test, self.test_requested),
        ):
            part.clicked.connect(lambda _, signal=signal: signal.emit(self.chosen))
        theme.changed.connect(self._list.viewport().update)
        self.show_lines(lines)

    @property
    def chosen(self) -> str:
        """The name of the selected service; empty if none is."""
        row = self._list.currentRow()
        return self._lines[row].name if 0 <= row < len(self._lines) else ""

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width(), max(hint.height(), _USUAL_HEIGHT))

    def choose(self, name: str) -> None:
        """Select a service."""
        row = next((number for number, line in enumerate(self._lines) if line.name == name), None)
        if row is not None:
            self._list.setCurrentRow(row)

    def show_lines(self, lines: Sequence[ServiceLine]) -> None:
        """Show these services. The selected one stays selected."""
        chosen, self._lines = self.chosen, tuple(lines)
        self._list.blockSignals(True)
        if [line.name for line in lines] != [self._list.item(row).text() for row in range(self._list.count())]:
            self._list.clear()
            self._list.addItems([line.name for line in lines])
        for row, line in enumerate(lines):
            self._fill(self._list.item(row), line)
        names = [line.name for line in lines]
        self._list.setCurrentRow(names.index(chosen) if chosen in names else 0)
        self._list.blockSignals(False)
        self._show_choice()

    def show_reason(self, sentence: str) -> None:
        """Show why something could not be done, until another service is selected."""
        self._refused = (self.chosen, sentence)
        self._show_choice()

    def show_result(self, name: str, lines: Sequence[ExaminationLine]) -> None:
        """Show the result of the test of a service, as long as that one is selected."""
        self._tested = name
        self._result.show_lines(lines if name == self.chosen else ())
        self._show_choice()

    def _fill(self, item: QListWidgetItem, line: ServiceLine) -> None:
        item.setData(_LINE_ROLE, line)
        default = (_DEFAULT,) if line.is_default else ()
        spoken = ". ".join(filter(None, (line.label, line.state, *default, line.detail, line.reason)))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        item.setToolTip(plain_tip(f"{line.label}: {line.state.lower()}", line.detail, line.reason))

    def _show_choice(self) -> None:
        row = self._list.currentRow()
        line = self._lines[row] if 0 <= row < len(self._lines) else None
        self._edit.setEnabled(line is not None and line.can_edit)
        self._remove.setEnabled(line is not None and line.can_edit)
        self._make_default.setEnabled(line is not None and line.can_be_default)
        self._test.setEnabled(line is not None and line.can_test)
        if self.chosen != self._refused[0]:
            self._refused = ("", "")
        refusal = self._refused[1]
        if self.chosen != self._tested:
            self._result.show_lines(())
        found = [found.text for found in self._result.lines]
        reason = refusal or ("" if line is None or line.reason in found else line.reason)
        self._reason.setText(reason)
        set_property(self._reason, "tone", "error" if refusal else "warn")
        self._reason.setVisible(bool(reason))
        self.grown.emit()
