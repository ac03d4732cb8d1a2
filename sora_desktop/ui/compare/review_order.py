"""The order that a review has found: the posters of its clips side by side, the best first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.review_view import RankedClip
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE
from sora_desktop.ui.widgets.elided_label import left_flags
from sora_desktop.ui.widgets.letter_chip import CHIP, letter_colors, paint_letter, small_font
from sora_desktop.ui.widgets.mark_buttons import FLAG_ICONS, STARRED_ICON

_Index: TypeAlias = QModelIndex | QPersistentModelIndex
#: Pixels: the poster of a clip, the room around it, its name below, a mark, and what the scroll bar needs.
_POSTER, _AROUND, _NAME, _MARK, _SCROLL_BAR = QSize(104, 58), 5, 20, 14, 12
_LOW_POSTER = QSize(82, 46)


class ReviewOrder(QListView):
    """Shows ranked clips. A click on one, or Return, asks to see it."""

    clip_chosen = Signal(object)  # JobId

    def __init__(self, theme: Theme, poster_of: Callable[[Job], QPixmap | None]) -> None:
        super().__init__()
        self._clips = _Clips()
        self._delegate = _Delegate(theme, poster_of)
        self.setObjectName("reviewOrder")
        self.setProperty(SPOKEN_ROLE, "List")
        self.setAccessibleName("Order of the reviewed clips")
        self.setModel(self._clips)
        self.setItemDelegate(self._delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # no focus by a click: the keys of the clips must go on to work
        self.setMouseTracking(True)
        self._fit()
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)
        theme.changed.connect(self.viewport().update)

    def show_ranking(self, ranking: Sequence[RankedClip], shown: Sequence[JobId]) -> None:
        """`shown`: the clips whose pictures are on screen, which get a ring."""
        self._delegate.shown = frozenset(shown)
        if self._clips.show_ranking(tuple(ranking)):
            self.setCurrentIndex(self._clips.index(0))
            self.scrollToTop()
        self.viewport().update()

    def set_low(self, low: bool) -> None:
        """Use smaller posters, to leave room for what is above."""
        poster = _LOW_POSTER if low else _POSTER
        if poster != self._delegate.poster:
            self._delegate.poster = poster
            self._fit()
            self.doItemsLayout()

    def _fit(self) -> None:
        self.setFixedHeight(self._delegate.cell.height() + _SCROLL_BAR)

    def _choose(self, index: QModelIndex) -> None:
        self.clip_chosen.emit(self._clips.ranking[index.row()].job.id)


class _Clips(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.ranking: tuple[RankedClip, ...] = ()

    def show_ranking(self, ranking: tuple[RankedClip, ...]) -> bool:
        """True if other clips, or the same in another order, are shown from now on."""
        if [clip.job.id for clip in ranking] == [clip.job.id for clip in self.ranking]:
            self.ranking = ranking
            if ranking:
                self.dataChanged.emit(self.index(0), self.index(len(ranking) - 1))
            return False
        self.beginResetModel()
        self.ranking = ranking
        self.endResetModel()
        return True

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.ranking)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        clip = self.ranking[index.row()]
        if role == int(Qt.ItemDataRole.DisplayRole):
            return clip.name
        if role in (int(Qt.ItemDataRole.AccessibleTextRole), int(Qt.ItemDataRole.ToolTipRole)):
            return clip.spoken
        return clip if role == int(Qt.ItemDataRole.UserRole) else None


class _Delegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, poster_of: Callable[[Job], QPixmap | None]) -> None:
        super().__init__()
        self._theme = theme
        self._poster_of = poster_of
        self.shown: frozenset[JobId] = frozenset()
        self.poster = _POSTER

    @property
    def cell(self) -> QSize:
        """The size of a clip with its name."""
        return QSize(self.poster.width() + 2 * _AROUND, self.poster.height() + _NAME + 2 * _AROUND)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return self.cell

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        clip = index.data(int(Qt.ItemDataRole.UserRole))
        assert isinstance(clip, RankedClip)
        rect, state = option.rect, option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRect(rect.topLeft(), self.poster).translated(_AROUND, _AROUND)
        self._paint_poster(painter, clip, frame)
        if clip.rank:
            colors = letter_colors(self._theme, current=clip.rank == "1", over_picture=True)
            width = max(CHIP, QFontMetrics(small_font(painter.font())).horizontalAdvance(clip.rank) + 10)
            paint_letter(
                painter, QRectF(frame.left() + 4, frame.top() + 4, width, CHIP), clip.rank, *colors, self._theme
            )
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        if focused or clip.job.id in self.shown:
            width, out = (3, 3.0) if focused else (1, 2.5)  # so that the focus is seen where a ring is anyway
            painter.setPen(QPen(self._theme.color("accent" if focused else "muted"), width))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(frame).adjusted(-out, -out, out, out), 7, 7)
        self._paint_name(painter, clip, QRect(frame.left(), frame.bottom() + 3, frame.width(), _NAME))
        painter.restore()

    def _paint_poster(self, painter: QPainter, clip: RankedClip, frame: QRect) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(frame), 5, 5)
        painter.fillPath(shape, self._theme.color("raised"))
        poster = self._poster_of(clip.job)
        if poster is None:
            return
        painter.save()
        painter.setClipPath(shape)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(frame, poster)
        painter.restore()

    def _paint_name(self, painter: QPainter, clip: RankedClip, place: QRect) -> None:
        marks = [FLAG_ICONS[clip.job.flag]] if clip.job.flag in FLAG_ICONS else []
        for icon, tone in reversed([*marks, STARRED_ICON] if clip.job.starred else marks):
            mark = QRect(place.right() - _MARK + 1, place.top() + (place.height() - _MARK) // 2, _MARK, _MARK)
            self._theme.icon(icon, tone).paint(painter, mark)
            place.setRight(mark.left() - 3)
        painter.setFont(small_font(painter.font()))
        painter.setPen(self._theme.color("text" if clip.rank else "muted"))
        name = painter.fontMetrics().elidedText(clip.name, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, left_flags(clip.name), name)
