"""Paints a row of the library: poster, prompt, and the state of the job."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap, QRegion
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from sora_desktop.domain.job import Failed, Job, JobId, Unconfirmed
from sora_desktop.domain.trash import before_trash
from sora_desktop.state.job_list import JobList
from sora_desktop.state.row_text import RowLink, RowText, length_text
from sora_desktop.ui.library.painted_texts import PaintedTexts
from sora_desktop.ui.library.row_lines import (
    LINE_HEIGHT,
    LINK_GAP,
    MARK,
    ROW_HEIGHT,
    SMALL_LINE_HEIGHT,
    Lines,
    lines_of,
    marks_width,
    parts_of,
)
from sora_desktop.ui.library.row_pictures import RowPictures, covers_ground
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import left_flags
from sora_desktop.ui.widgets.letter_chip import CHIP, letter_colors, paint_letter, small_font
from sora_desktop.ui.widgets.mark_buttons import FLAG_ICONS, STARRED_ICON

MARK_ICON = 13  # pixels, as all sizes here
ASIDE_ROOM = 40  # least width of what stands beside the state
_INSET = QPointF(4, 4)  # of a mark in the corner of the poster
#: States of a row that it is painted differently in.
_LOOKS = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_MouseOver


class JobDelegate(QStyledItemDelegate):
    """Paints rows and finds their links. It takes no decisions."""

    def __init__(
        self,
        theme: Theme,
        model: JobList,
        poster_of: Callable[[Job], QPixmap | None],
    ) -> None:
        super().__init__()
        self._theme = theme
        self._model = model
        self._poster_of = poster_of
        #: What the rows were painted with.
        self.texts = PaintedTexts(model)
        self._letters: dict[JobId, str] = {}
        self._current: JobId | None = None
        self._placeholder = QPixmap()  # shown until there is a poster
        self._pictures = RowPictures(theme, lambda: self._ground)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint_ground(self, viewport: QWidget, region: QRegion, rows: QRect) -> None:
        """Paint what is behind the rows. `rows`: their place, all together."""
        if covers_ground(viewport.devicePixelRatioF()):
            region = region.subtracted(rows)
        if region.isEmpty():
            return
        painter = QPainter(viewport)
        painter.setClipRegion(region)
        _fill(painter, viewport.rect(), self._ground)

    @property
    def _ground(self) -> QColor:
        return self._theme.color("panel")

    def show_letters(self, letters: Mapping[JobId, str], current: JobId | None) -> None:
        """Paint these letters on the posters of compared clips, that of the current one in the accent color."""
        self._letters, self._current = dict(letters), current

    def link_at(self, job: Job, row: QRect, point: QPoint, font: QFont) -> RowLink | None:
        """The link under the pointer, or None."""
        text = self._model.text_of(job)
        if text.link is None:
            return None
        place = lines_of(job, text, parts_of(row).text, font).link
        return text.link if place is not None and place.adjusted(-2, -2, 2, 2).contains(point) else None

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        job = self._model.job_at(index)
        if job is None:
            return
        text, font, looks = self.texts.latest(job), QFont(option.font), option.state & _LOOKS
        shown, letter = before_trash(job), self._letters.get(job.id)
        poster = self._poster_of(shown)
        seen = (job.request.prompt, job.flag, job.starred, _sign_of(shown), length_text(shown), type(job.phase))
        content = (seen, text, font, looks, letter, job.id == self._current, poster and poster.cacheKey())

        def paint(painter: QPainter, row: QRect) -> None:
            parts = parts_of(row)
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_card(painter, parts.card, looks)
            self._paint_poster(painter, shown, poster, text.mark, parts.poster, font)
            self._paint_text(painter, job, text, parts.text, font)
            painter.restore()

        self._pictures.paint(painter, QRect(option.rect), job.id, content, paint)

    def _paint_card(self, painter: QPainter, card: QRect, looks: QStyle.StateFlag) -> None:
        """The ground of a row that is selected or has the focus or the pointer."""
        if looks & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus):
            self._paint_selection(painter, card, focused=bool(looks & QStyle.StateFlag.State_HasFocus))
        elif looks & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("raised"))
            painter.setOpacity(0.5)
            painter.drawRoundedRect(QRectF(card), 8, 8)
            painter.setOpacity(1.0)

    def _paint_selection(self, painter: QPainter, card: QRect, *, focused: bool) -> None:
        width = 2 if focused else 1  # the focus is seen without its color, too
        painter.setPen(QPen(self._theme.color("accent" if focused else "faint"), width))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(QRectF(card).adjusted(width / 2, width / 2, -width / 2, -width / 2), 8, 8)

    def _paint_poster(
        self, painter: QPainter, job: Job, picture: QPixmap | None, mark: str, frame: QRect, font: QFont
    ) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(frame), 5, 5)
        painter.save()
        painter.setClipPath(shape)
        sign = _sign_of(job)
        if picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(frame, picture)
        elif sign:
            sign_ink = self._theme.color_on_picture("error" if sign == "!" else "warn")
            _fill(painter, frame, _tinted(sign_ink, QColor("#14161c")))
            big = QFont(font)
            big.setPixelSize(20)
            painter.setFont(big)
            painter.setPen(sign_ink)
            painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), sign)
        else:
            density = painter.device().devicePixelRatioF()
            if self._placeholder.isNull() or self._placeholder.devicePixelRatioF() != density:
                self._placeholder = _hatched(frame.size(), density)
            painter.drawPixmap(frame.topLeft(), self._placeholder)
        painter.restore()
        if not sign:
            black, white = QColor(0, 0, 0, 190), QColor("#f2f4f8")
            _paint_pill(painter, length_text(job), frame, font, (black, white), at_end=True)
        if letter := self._letters.get(job.id):
            colors = letter_colors(self._theme, current=job.id == self._current, over_picture=True)
            place = QRectF(QPointF(frame.topLeft()) + _INSET, QSizeF(CHIP, CHIP))
            painter.setFont(font)
            paint_letter(painter, place, letter, *colors, self._theme)
        elif mark:
            ground, ink = self._theme.tokens.button, self._theme.tokens.on_accent
            _paint_pill(painter, mark, frame, font, (QColor(ground), QColor(ink)), at_end=False)

    def _paint_text(self, painter: QPainter, job: Job, text: RowText, place: QRect, font: QFont) -> None:
        lines = lines_of(job, text, place, font)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(font)
        painter.setPen(self._theme.color("text"))
        prompt_flags = left_flags(job.request.prompt)
        for number, line in enumerate(lines.prompt):
            line_place = QRect(place.left(), place.top() + number * LINE_HEIGHT, place.width(), LINE_HEIGHT)
            painter.drawText(line_place, prompt_flags, line)
        if lines.bar is not None:
            self._paint_bar(painter, text, lines.bar)
        small = small_font(font)
        painter.setFont(small)
        painter.setPen(self._theme.color(str(text.tone)))
        state_flags = left_flags(text.text) | int(Qt.AlignmentFlag.AlignAbsolute)  # the link stands to the right of it
        for number, line in enumerate(lines.state):
            top = lines.state_top + number * SMALL_LINE_HEIGHT
            painter.drawText(QRect(place.left(), top, place.width(), SMALL_LINE_HEIGHT), state_flags, line)
        if text.aside and len(lines.state) == 1:
            self._paint_aside(painter, job, text, lines, place)
        if lines.service is not None:
            self._paint_service(painter, text, lines.service, place)
        if lines.note is not None:
            painter.setPen(self._theme.color("muted"))
            note = QFontMetrics(small).elidedText(text.note, Qt.TextElideMode.ElideRight, lines.note.width())
            painter.drawText(lines.note, left, note)
        if text.link is not None and lines.link is not None:
            painter.setPen(self._theme.color("accent"))
            painter.drawText(lines.link, left, text.link.label)
        for number, (icon, tone) in enumerate(reversed(_marks_of(job))):
            left_edge = place.right() + 1 - MARK_ICON - number * MARK
            top = lines.state_top + (SMALL_LINE_HEIGHT - MARK_ICON) // 2
            self._theme.icon(icon, tone).paint(painter, QRect(left_edge, top, MARK_ICON, MARK_ICON))

    def _paint_aside(self, painter: QPainter, job: Job, text: RowText, lines: Lines, place: QRect) -> None:
        """What stands beside a state in one line, as far as there is room."""
        metrics = QFontMetrics(painter.font())
        end = place.right() - marks_width(job)
        if lines.service is not None and lines.service.top() == lines.state_top:
            end = lines.service.left() - LINK_GAP
        begin = place.left() + metrics.horizontalAdvance(lines.state[0]) + LINK_GAP
        room = (lines.link.left() - LINK_GAP if lines.link else end) - begin
        if room < min(metrics.horizontalAdvance(text.aside), ASIDE_ROOM):
            return  # three dots say nothing
        aside = metrics.elidedText(text.aside, Qt.TextElideMode.ElideRight, room)
        painter.setPen(self._theme.color("muted"))
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRect(begin, lines.state_top, room, SMALL_LINE_HEIGHT), left, aside)

    def _paint_service(self, painter: QPainter, text: RowText, room: QRect, place: QRect) -> None:
        """At the right end of a line, or in a line of its own."""
        side = Qt.AlignmentFlag.AlignLeft if room.left() == place.left() else Qt.AlignmentFlag.AlignRight
        flags = int(side | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute)
        painter.setPen(self._theme.color("faint"))  # the tool tip says it, too
        painter.drawText(
            room, flags, painter.fontMetrics().elidedText(text.service, Qt.TextElideMode.ElideRight, room.width())
        )

    def _paint_bar(self, painter: QPainter, text: RowText, bar: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("line"))
        painter.drawRoundedRect(QRectF(bar), 2, 2)
        if text.progress:
            painter.setBrush(self._theme.color(str(text.tone)))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * text.progress, bar.height()), 2, 2)


def _paint_pill(
    painter: QPainter, text: str, frame: QRect, font: QFont, colors: tuple[QColor, QColor], *, at_end: bool
) -> None:
    """A short text at the bottom right of the frame, or at its top left. `colors`: ground and ink."""
    small = QFont(font)
    small.setPixelSize(11)
    painter.setFont(small)
    width = QFontMetrics(small).horizontalAdvance(text) + 8
    place = QPointF(frame.right() - width - 3, frame.bottom() - 18) if at_end else QPointF(frame.topLeft()) + _INSET
    pill = QRectF(place, QSizeF(width, 15))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colors[0])
    painter.drawRoundedRect(pill, 3, 3)
    painter.setPen(colors[1])
    painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), text)


def _hatched(size: QSize, density: float) -> QPixmap:
    """A picture of slanted lines. Painted once, since drawing the lines is the slowest part of a row."""
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


def _fill(painter: QPainter, place: QRect, color: QColor) -> None:
    """Like `fillRect`, for which PySide would build an enum of every named gradient first."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRect(place)


def _marks_of(job: Job) -> list[tuple[str, str]]:
    """Icon and tone of each mark, from the left."""
    flag = [FLAG_ICONS[job.flag]] if job.flag in FLAG_ICONS else []
    return [*flag, STARRED_ICON] if job.starred else flag


def _sign_of(job: Job) -> str:
    """What stands in place of a poster that is not to be expected: "!" if the job has failed."""
    if isinstance(job.phase, Failed):
        return "!"
    return "?" if isinstance(job.phase, Unconfirmed) and job.phase.reason else ""


def _tinted(color: QColor, ground: QColor, share: float = 0.11) -> QColor:
    return QColor.fromRgbF(
        color.redF() * share + ground.redF() * (1 - share),
        color.greenF() * share + ground.greenF() * (1 - share),
        color.blueF() * share + ground.blueF() * (1 - share),
    )
