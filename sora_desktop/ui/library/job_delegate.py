"""Paints a row of the library: poster, prompt, and where the job stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sora_desktop.domain.job import Failed, Job, Unconfirmed
from sora_desktop.state.job_list import JOB_ROLE, JobList
from sora_desktop.state.row_text import RowAction, RowText, length_text
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import wrapped

ROW_HEIGHT = 78
POSTER = QSize(104, 58)
#: From the row's edge to the poster, and from the poster to the words.
EDGE, GAP = 9, 12
SMALL = 12  # px of the third line
LINE, SMALL_LINE = 18, 16  # pixels from one line to the next
STAR = 18  # pixels that the star takes at the end of the third line
LINK_GAP = 8
NO_PROMPT = "(from the image alone)"


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of one row are."""

    card: QRect
    poster: QRect
    words: QRect


def parts_of(row: QRect) -> Parts:
    """Lay a row out."""
    card = row.adjusted(0, 1, 0, -1)
    poster = QRect(QPoint(card.left() + EDGE, card.top() + (card.height() - POSTER.height()) // 2), POSTER)
    left = poster.right() + 1 + GAP
    return Parts(card, poster, QRect(left, poster.top() - 1, card.right() - EDGE - left + 1, POSTER.height() + 8))


@dataclass(frozen=True, slots=True)
class Lines:
    """The words of one row, broken into lines, and where they stand."""

    prompt: tuple[str, ...]
    bar: QRect | None
    said: tuple[str, ...]
    said_top: int
    link: QRect | None


def lines_of(job: Job, words: RowText, place: QRect, font: QFont) -> Lines:
    """Two lines for the prompt and one for the rest; the prompt gives one up where the rest needs two."""
    small = _small(font)
    metrics = QFontMetrics(small)
    room = place.width() - (STAR if job.starred else 0)
    whole = metrics.horizontalAdvance(words.text)
    link_width = 0 if words.action is None else metrics.horizontalAdvance(words.action.label) + 1
    linked = link_width + LINK_GAP if link_width else 0
    short = whole + linked <= room
    two_for_the_rest = words.long and not short
    prompt = wrapped(job.request.prompt or NO_PROMPT, font, place.width(), 1 if two_for_the_rest else 2)
    top = place.top() + len(prompt) * LINE + 4
    bar = None
    if words.progress is not None:
        bar = QRect(place.left(), top + 1, place.width(), 4)
        top += 10
    said = wrapped(words.text, small, room - linked, 2 if two_for_the_rest else 1)
    link = None
    if link_width:
        left = place.left() + (whole + LINK_GAP if short else room - link_width)
        link = QRect(left, top + (max(len(said), 1) - 1) * SMALL_LINE // 2, link_width, SMALL_LINE)
    return Lines(tuple(prompt), bar, tuple(said), top, link)


class JobDelegate(QStyledItemDelegate):
    """Knows how a row looks and where its link is; decides nothing."""

    def __init__(
        self,
        theme: Theme,
        model: JobList,
        pictures: Callable[[Job], QPixmap | None],
    ) -> None:
        super().__init__()
        self._theme = theme
        self._model = model
        self._pictures = pictures
        self._hatched = QPixmap()  # what stands for a poster that is not there yet

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def action_at(self, job: Job, row: QRect, point: QPoint, font: QFont) -> RowAction | None:
        """The link under the pointer, if there is one."""
        words = self._model.text_of(job)
        if words.action is None:
            return None
        link = lines_of(job, words, parts_of(row).words, font).link
        return words.action if link is not None and link.adjusted(-2, -2, 2, 2).contains(point) else None

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
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus):
            self._paint_selection(painter, parts.card, focused=bool(state & QStyle.StateFlag.State_HasFocus))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("raised"))
            painter.setOpacity(0.5)
            painter.drawRoundedRect(QRectF(parts.card), 8, 8)
            painter.setOpacity(1.0)
        self._paint_poster(painter, job, parts.poster, font)
        self._paint_words(painter, job, parts.words, font)
        painter.restore()

    def _paint_selection(self, painter: QPainter, card: QRect, *, focused: bool) -> None:
        width = 2.0 if focused else 1.0
        painter.setPen(QPen(self._theme.color("accent"), width))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(QRectF(card).adjusted(width / 2, width / 2, -width / 2, -width / 2), 8, 8)

    def _paint_poster(self, painter: QPainter, job: Job, frame: QRect, font: QFont) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(frame), 5, 5)
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
            _fill(painter, frame, _tinted(self._theme.color(tone), QColor("#14161c")))
            big = QFont(font)
            big.setPixelSize(20)
            painter.setFont(big)
            painter.setPen(self._theme.color(tone))
            painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), sign)
        else:
            density = painter.device().devicePixelRatioF()
            if self._hatched.isNull() or self._hatched.devicePixelRatioF() != density:
                self._hatched = _hatched(frame.size(), density)
            painter.drawPixmap(frame.topLeft(), self._hatched)
        painter.restore()
        if not sign:
            self._paint_length(painter, length_text(job), frame, font)

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

    def _paint_words(self, painter: QPainter, job: Job, place: QRect, font: QFont) -> None:
        words = self._model.text_of(job)
        lines = lines_of(job, words, place, font)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(font)
        painter.setPen(self._theme.color("text"))
        for number, line in enumerate(lines.prompt):
            painter.drawText(QRect(place.left(), place.top() + number * LINE, place.width(), LINE), left, line)
        if lines.bar is not None:
            self._paint_bar(painter, words, lines.bar)
        small = _small(font)
        painter.setFont(small)
        painter.setPen(self._theme.color(str(words.tone)))
        for number, line in enumerate(lines.said):
            top = lines.said_top + number * SMALL_LINE
            painter.drawText(QRect(place.left(), top, place.width(), SMALL_LINE), left, line)
        if words.aside and len(lines.said) == 1:
            metrics = QFontMetrics(small)
            begin = place.left() + metrics.horizontalAdvance(lines.said[0]) + LINK_GAP
            end = lines.link.left() - LINK_GAP if lines.link else place.right() - (STAR if job.starred else 0)
            painter.setPen(self._theme.color("muted"))
            text = metrics.elidedText(words.aside, Qt.TextElideMode.ElideRight, end - begin)
            painter.drawText(QRect(begin, lines.said_top, max(end - begin, 0), SMALL_LINE), left, text)
        if words.action is not None and lines.link is not None:
            painter.setPen(self._theme.color("accent"))
            painter.drawText(lines.link, left, words.action.label)
        if job.starred:
            painter.setPen(self._theme.color("warn"))
            corner = QRect(place.right() - STAR + 1, lines.said_top, STAR, SMALL_LINE)
            painter.drawText(corner, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), "★")

    def _paint_bar(self, painter: QPainter, words: RowText, bar: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("line"))
        painter.drawRoundedRect(QRectF(bar), 2, 2)
        if words.progress:
            painter.setBrush(self._theme.color(str(words.tone)))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * words.progress, bar.height()), 2, 2)


def _hatched(size: QSize, density: float) -> QPixmap:
    """Slanted lines, painted once: they are the costliest part of a row."""
    pixmap = QPixmap(size * density)
    pixmap.setDevicePixelRatio(density)
    pixmap.fill(QColor("#1a1e26"))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("#222833"), 8))
    wide, high = size.width(), size.height()
    for x in range(-high, wide + high, 20):
        painter.drawLine(QPointF(x, -4), QPointF(x + high + 8, high + 3))
    painter.end()
    return pixmap


def _fill(painter: QPainter, place: QRect, colour: QColor) -> None:
    """As `fillRect`, for which PySide first makes an enum of every gradient that has a name."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRect(place)


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(SMALL)
    return small


def _is_unknown(job: Job) -> bool:
    return isinstance(job.phase, Unconfirmed) and bool(job.phase.reason)


def _tinted(ink: QColor, ground: QColor, share: float = 0.11) -> QColor:
    return QColor.fromRgbF(
        ink.redF() * share + ground.redF() * (1 - share),
        ink.greenF() * share + ground.greenF() * (1 - share),
        ink.blueF() * share + ground.blueF() * (1 - share),
    )
