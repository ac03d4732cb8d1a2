"""The rows of the palette under the headings of their groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sora_desktop.ui.actions.keys import key_texts
from sora_desktop.ui.actions.palette_rows import PaletteRow
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.key_chips import chip_font, paint_chips, width_of_chips

#: Pixels, as all sizes here.
_ROW_HEIGHT, _HEADING_HEIGHT = 36, 28
_INSET = 8  # of the ground of the current row
_LEFT, _RIGHT = 13, 13  # of what stands on it
_ICON, _TEXT_LEFT, _GAP = 16, 28, 12

#: What stands in place of the rows if there are none.
NO_MATCH = "Nothing matches. Try other or fewer letters."

_Index: TypeAlias = QModelIndex | QPersistentModelIndex
#: A row, or the text of a heading.
_Entry: TypeAlias = PaletteRow | str


class _Rows(QAbstractListModel):
    """Rows with a heading before each group."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[_Entry] = []

    def show_rows(self, rows: Sequence[PaletteRow]) -> None:
        self.beginResetModel()
        self.entries = []
        group = ""
        for row in rows:
            if row.group != group:
                group = row.group
                self.entries.append(group)
            self.entries.append(row)
        if not rows:
            self.entries.append(NO_MATCH)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        entry = self.entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry if isinstance(entry, str) else entry.text
            case Qt.ItemDataRole.AccessibleTextRole:
                return entry if isinstance(entry, str) else entry.spoken
            case _:
                return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemNeverHasChildren
        if isinstance(self.entries[index.row()], str):
            return flags
        return flags | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled


class _RowPainter(QStyledItemDelegate):
    def __init__(self, theme: Theme, rows: _Rows) -> None:
        super().__init__()
        self._theme = theme
        self._rows = rows

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        heading = isinstance(self._rows.entries[index.row()], str)
        return QSize(0, _HEADING_HEIGHT if heading else _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        entry, rect = self._rows.entries[index.row()], QRect(option.rect)
        painter.save()
        painter.setFont(option.font)
        if isinstance(entry, str):
            self._paint_heading(painter, rect, entry)
        else:
            current = bool(option.state & QStyle.StateFlag.State_Selected)
            self._paint_row(painter, rect, entry, current=current)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        small = QFont(painter.font())
        small.setPixelSize(12)
        painter.setFont(small)
        painter.setPen(self._theme.color("muted"))
        place = rect.adjusted(_INSET + _LEFT, 4, 0, 0)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), text)

    def _paint_row(self, painter: QPainter, rect: QRect, row: PaletteRow, *, current: bool) -> None:
        theme = self._theme
        ground = QRectF(rect).adjusted(_INSET, 0, -_INSET, 0)
        if current:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            tokens = theme.tokens
            painter.setBrush(theme.color("hover" if tokens.selected == tokens.panel else "selected"))
            painter.drawRoundedRect(ground, 6, 6)
        left, right, middle = int(ground.left()) + _LEFT, int(ground.right()) - _RIGHT, rect.top() + rect.height() / 2
        if row.icon:
            icon = theme.icon(row.icon, "text" if row.enabled else "muted")
            icon.paint(painter, QRect(left - 1, round(middle - _ICON / 2), _ICON, _ICON))
        left += _TEXT_LEFT
        chips = key_texts(row.keys[0]) if row.keys else ()
        if chips:
            paint_chips(painter, theme, chips, right, middle, current=current)
            right -= width_of_chips(chips, chip_font(painter.font())) + _GAP
        elif row.options:
            theme.icon("caret-right").paint(painter, QRect(right - _ICON, round(middle - _ICON / 2), _ICON, _ICON))
            right -= _ICON + _GAP
        left += self._paint_text(painter, row, QRect(left, rect.top(), right - left, rect.height()), current) + _GAP
        detail_tone = "text" if current else "muted"
        self._paint_detail(painter, row, QRect(left, rect.top(), right - left, rect.height()), detail_tone)

    def _paint_text(self, painter: QPainter, row: PaletteRow, room: QRect, current: bool) -> int:
        """Paint the text with the letters that were typed in bold; its width."""
        font = painter.font()
        shown = QFontMetrics(font).elidedText(row.text, Qt.TextElideMode.ElideRight, room.width())
        layout = QTextLayout(shown, font)
        bold = QTextCharFormat()
        bold.setFont(self._theme.weighted(font, "bold"))
        ranges = []
        for place in sorted(row.letters):
            if place < len(shown):
                each = QTextLayout.FormatRange()
                each.start, each.length, each.format = place, 1, bold
                ranges.append(each)
        layout.setFormats(ranges)
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(10_000)
        layout.endLayout()
        painter.setPen(self._theme.color("text" if row.enabled or current else "muted"))
        layout.draw(painter, QPointF(room.left(), room.top() + (room.height() - line.height()) / 2))
        return round(line.naturalTextWidth())

    def _paint_detail(self, painter: QPainter, row: PaletteRow, room: QRect, tone: str) -> None:
        if not row.detail or room.width() < 2 * _ROW_HEIGHT:
            return
        small = QFont(painter.font())
        small.setPixelSize(12)
        painter.setFont(small)
        painter.setPen(self._theme.color(tone))
        text = QFontMetrics(small).elidedText(row.detail, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), text)


class PaletteList(QListView):
    """Shows rows. One of them is the current one, by keys or by the pointer; it never takes the focus."""

    chosen = Signal(object)  # PaletteRow that was clicked
    current_changed = Signal(object)  # PaletteRow or None

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._rows = _Rows()
        self._painter = _RowPainter(theme, self._rows)  # kept: the view does not own it
        self.setObjectName("paletteList")
        self.setAccessibleName("Actions")
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setItemDelegate(self._painter)
        self.setModel(self._rows)
        self.entered.connect(self._follow_pointer)
        self.clicked.connect(self._click)
        theme.changed.connect(self.viewport().update)

    @property
    def rows(self) -> list[PaletteRow]:
        """What is shown, from the top, without headings."""
        return [entry for entry in self._rows.entries if isinstance(entry, PaletteRow)]

    @property
    def current(self) -> PaletteRow | None:
        """The row that Return chooses."""
        index = self.currentIndex()
        entry = self._rows.entries[index.row()] if index.isValid() else None
        return entry if isinstance(entry, PaletteRow) else None

    @property
    def height_of_all(self) -> int:
        """Pixels that show all rows."""
        return sum(_HEADING_HEIGHT if isinstance(each, str) else _ROW_HEIGHT for each in self._rows.entries)

    def show_rows(self, rows: Sequence[PaletteRow], current: PaletteRow | None = None) -> None:
        """Show other rows. One of them becomes the current one: the first one unless another is given."""
        self._rows.show_rows(rows)
        self.scrollToTop()
        wanted = current or (rows[0] if rows else None)
        self._set_current(-1 if wanted is None else self._rows.entries.index(wanted))

    def step(self, rows: int) -> None:
        """Make the row that many rows below the current one. Beyond one end it goes on at the other."""
        places = [at for at, each in enumerate(self._rows.entries) if isinstance(each, PaletteRow)]
        if places:
            now = self.currentIndex().row()
            at = places.index(now) if now in places else 0
            to = (at + rows) % len(places) if abs(rows) == 1 else min(max(at + rows, 0), len(places) - 1)
            self._set_current(places[to])

    def _set_current(self, place: int) -> None:
        index = self._rows.index(place) if place >= 0 else QModelIndex()
        if index.isValid():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            if place == 1:
                self.scrollToTop()  # with the heading
            else:
                self.scrollTo(index)
        self.current_changed.emit(self.current)

    def _follow_pointer(self, index: QModelIndex) -> None:
        if isinstance(self._rows.entries[index.row()], PaletteRow) and index != self.currentIndex():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.current_changed.emit(self.current)

    def _click(self, index: QModelIndex) -> None:
        entry = self._rows.entries[index.row()]
        if isinstance(entry, PaletteRow):
            self.chosen.emit(entry)
