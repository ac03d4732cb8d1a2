"""Paints a row of the library: poster, prompt, and where the job stands."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sora_desktop.domain.job import Failed, Job, Unconfirmed
from sora_desktop.state.job_list import JOB_ROLE, JobList
from sora_desktop.state.wording import RowWords, Verb, length_words, row_words
from sora_desktop.ui.theme import Theme

ROW_HEIGHT = 82
POSTER = QSize(104, 58)
#: From the row's edge to the poster, and from the poster to the words.
EDGE, GAP = 9, 12
SMALL = 12  # px of the third line


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of one row are."""

    card: QRect
    poster: QRect
    words: QRect


def parts_of(row: QRect) -> Parts:
    """Lay a row out."""
    card = row.adjusted(0, 2, -2, -2)
    poster = QRect(QPoint(card.left() + EDGE, card.top() + (card.height() - POSTER.height()) // 2), POSTER)
    left = poster.right() + 1 + GAP
    return Parts(card, poster, QRect(left, poster.top() - 1, card.right() - EDGE - left, POSTER.height() + 6))


class JobDelegate(QStyledItemDelegate):
    """Knows how a row looks and where its link is; decides nothing."""

    def __init__(
        self,
        theme: Theme,
        model: JobList,
        pictures: Callable[[Job], QPixmap | None],
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._model = model
        self._pictures = pictures
        self._now = now

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def words_of(self, job: Job) -> RowWords:
        """The third line of the job's row, now."""
        return row_words(job, now=self._now(), queue_place=self._model.queue_place(job))

    def action_at(self, job: Job, row: QRect, point: QPoint, font: QFont) -> Verb | None:
        """The link under the pointer, if there is one."""
        words = self.words_of(job)
        if words.action is None:
            return None
        return words.action if self._action_rect(job, words, row, font).contains(point) else None

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        job = index.data(JOB_ROLE)
        if not isinstance(job, Job):
            return
        row, state, font = QRect(option.rect), option.state, QFont(option.font)
        parts = parts_of(row)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            self._paint_selection(painter, parts.card)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.ink("raised"))
            painter.setOpacity(0.5)
            painter.drawRoundedRect(QRectF(parts.card), 8, 8)
            painter.setOpacity(1.0)
        self._paint_poster(painter, job, parts.poster, font)
        self._paint_words(painter, job, row, parts.words, font)
        painter.restore()

    def _paint_selection(self, painter: QPainter, card: QRect) -> None:
        painter.setPen(QPen(self._theme.ink("accent"), 1))
        painter.setBrush(self._theme.ink("raised"))
        painter.drawRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)

    def _paint_poster(self, painter: QPainter, job: Job, frame: QRect, font: QFont) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(frame), 4, 4)
        painter.save()
        painter.setClipPath(shape)
        picture = self._pictures(job)
        sign = "!" if isinstance(job.phase, Failed) else "?" if _is_unknown(job) else ""
        if picture is not None:
            scaled = picture.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
            place = QRect(QPoint(0, 0), scaled)
            place.moveCenter(frame.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(place, picture)
        elif sign:
            tone = "error" if sign == "!" else "warn"
            painter.fillRect(frame, _tinted(self._theme.ink(tone), QColor("#14161c")))
            big = QFont(font)
            big.setPixelSize(20)
            painter.setFont(big)
            painter.setPen(self._theme.ink(tone))
            painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), sign)
        else:
            self._paint_hatching(painter, frame)
        painter.restore()
        if not sign:
            self._paint_length(painter, length_words(job), frame, font)

    def _paint_hatching(self, painter: QPainter, frame: QRect) -> None:
        painter.fillRect(frame, QColor("#1a1e26"))
        painter.setPen(QPen(QColor("#222833"), 8))
        for x in range(frame.left() - frame.height(), frame.right() + frame.height(), 20):
            painter.drawLine(QPointF(x, frame.top() - 4), QPointF(x + frame.height() + 8, frame.bottom() + 4))

    def _paint_length(self, painter: QPainter, text: str, frame: QRect, font: QFont) -> None:
        small = QFont(font)
        small.setPixelSize(11)
        painter.setFont(small)
        width = QFontMetrics(small).horizontalAdvance(text) + 8
        pill = QRectF(frame.right() - width - 3, frame.bottom() - 18, width, 15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(pill, 3, 3)
        painter.setPen(QColor("#f2f4f8"))
        painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), text)

    def _paint_words(self, painter: QPainter, job: Job, row: QRect, place: QRect, font: QFont) -> None:
        words = self.words_of(job)
        lines = wrapped(job.request.prompt or "(from the image alone)", font, place.width(), 2 if not words.long else 1)
        height = QFontMetrics(font).height() + 1
        painter.setFont(font)
        painter.setPen(self._theme.ink("text"))
        y = place.top()
        for line in lines:
            painter.drawText(QRect(place.left(), y, place.width(), height), int(Qt.AlignmentFlag.AlignLeft), line)
            y += height
        small = _small(font)
        metrics = QFontMetrics(small)
        y += 3
        if words.progress is not None:
            y = place.bottom() - metrics.height() - 9
            self._paint_bar(painter, words, QRect(place.left(), y, place.width(), 4))
            y += 8
        painter.setFont(small)
        action = self._action_rect(job, words, row, font) if words.action else QRect()
        room = place.width() - (action.width() + 10 if words.action else 0)
        tone = "muted" if words.tone == "muted" else str(words.tone)
        painter.setPen(self._theme.ink(tone))
        said = wrapped(words.text, small, room, 2 if words.long else 1)
        for line in said:
            painter.drawText(QRect(place.left(), y, room, metrics.height()), int(Qt.AlignmentFlag.AlignLeft), line)
            y += metrics.height()
        if words.aside and said:
            left = place.left() + metrics.horizontalAdvance(said[-1]) + 8
            rest = place.right() - left - (18 if job.starred else 0)
            painter.setPen(self._theme.ink("muted"))
            text = metrics.elidedText(words.aside, Qt.TextElideMode.ElideRight, rest)
            painter.drawText(QRect(left, y - metrics.height(), rest, metrics.height()), 0, text)
        if words.action:
            painter.setPen(self._theme.ink("accent"))
            painter.drawText(action, int(Qt.AlignmentFlag.AlignLeft), words.action.label)
        if job.starred and not words.action:
            painter.setPen(self._theme.ink("warn"))
            corner = QRect(place.right() - 16, place.bottom() - metrics.height() - 3, 16, metrics.height())
            painter.drawText(corner, int(Qt.AlignmentFlag.AlignRight), "★")

    def _paint_bar(self, painter: QPainter, words: RowWords, bar: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.ink("line"))
        painter.drawRoundedRect(QRectF(bar), 2, 2)
        if words.progress:
            painter.setBrush(self._theme.ink(str(words.tone)))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * words.progress, bar.height()), 2, 2)

    def _action_rect(self, job: Job, words: RowWords, row: QRect, font: QFont) -> QRect:
        assert words.action is not None
        place = parts_of(row).words
        small = _small(font)
        metrics = QFontMetrics(small)
        width = metrics.horizontalAdvance(words.action.label)
        lines = wrapped(job.request.prompt or "(from the image alone)", font, place.width(), 2 if not words.long else 1)
        top = place.top() + len(lines) * (QFontMetrics(font).height() + 1) + 3
        whole = metrics.horizontalAdvance(words.text)
        beside = place.left() + whole + 8
        left = beside if beside + width <= place.right() else place.right() - width
        return QRect(left, top, width + 2, metrics.height())


def wrapped(text: str, font: QFont, width: int, lines: int) -> list[str]:
    """The text in at most that many lines; the last one elided."""
    plain = re.sub(r"[\r\n\t\u2028\u2029]+", " ", text).strip()
    layout = QTextLayout(plain, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    found: list[str] = []
    layout.beginLayout()
    while len(found) < lines:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(max(width, 1))
        start, length = line.textStart(), line.textLength()
        last = len(found) == lines - 1
        rest = plain[start:] if last else plain[start : start + length]
        found.append(QFontMetrics(font).elidedText(rest.strip(), Qt.TextElideMode.ElideRight, width) if last else rest)
    layout.endLayout()
    return found


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(SMALL)
    return small


def _is_unknown(job: Job) -> bool:
    return isinstance(job.phase, Unconfirmed) and bool(job.phase.finding)


def _tinted(ink: QColor, ground: QColor, share: float = 0.11) -> QColor:
    return QColor.fromRgbF(
        ink.redF() * share + ground.redF() * (1 - share),
        ink.greenF() * share + ground.greenF() * (1 - share),
        ink.blueF() * share + ground.blueF() * (1 - share),
    )
