"""The layout of a row of the library: where its parts stand, and how its texts break into lines."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QFont, QFontMetrics

from sora_desktop.domain.job import Job, Ready, Trashed
from sora_desktop.domain.marks import Flag
from sora_desktop.domain.request import is_blank
from sora_desktop.state.row_text import RowText
from sora_desktop.ui.widgets.elided_label import wrapped
from sora_desktop.ui.widgets.letter_chip import small_font

ROW_HEIGHT = 78
POSTER = QSize(104, 58)
#: From the edge of the row to the poster, and from the poster to the text. Pixels, as all sizes here.
EDGE, GAP = 9, 12
LINE_HEIGHT, SMALL_LINE_HEIGHT = 18, 16  # from one line to the next
MARK = 18  # width of each mark at the end of the third line
LINK_GAP = 8
NARROW = 200  # width of the texts below which no line is shared with a service where an age grows
WHOLE_SERVICE = 110  # width up to which its name rather gets a line of its own than is elided
SERVICE_ROOM = 64  # width that is enough for it where it cannot have a line of its own
MOST_LINK = 0.45  # share of a line that a link may take from a long reason before it gets a line of its own
LEAST_SERVICE = 40  # width below which a name of a service is left out rather than elided
MOVING_ROOM = 220  # kept for texts that change all the time, so that the service does not jump
FINISHED_ROOM = 150  # kept for what a finished row says, whatever its age
NO_PROMPT = "(from the image only)"


class Parts(NamedTuple):
    """The places of the parts of one row."""

    card: QRect
    poster: QRect
    text: QRect


def parts_of(row: QRect) -> Parts:
    """The layout of a row."""
    card = row.adjusted(0, 1, 0, -1)
    poster = QRect(QPoint(card.left() + EDGE, card.top() + (card.height() - POSTER.height()) // 2), POSTER)
    left = poster.right() + 1 + GAP
    return Parts(card, poster, QRect(left, poster.top() - 1, card.right() - EDGE - left + 1, POSTER.height() + 8))


class Lines(NamedTuple):
    """The texts of one row, broken into lines, and their places."""

    prompt: tuple[str, ...]
    bar: QRect | None
    state: tuple[str, ...]
    state_top: int
    note: QRect | None  # what it has cost
    link: QRect | None
    service: QRect | None = None

    @property
    def link_below(self) -> bool:
        """True if the link has a line of its own."""
        return self.note is None and self.link is not None and self.link.top() == self.state_top + SMALL_LINE_HEIGHT


def lines_of(job: Job, text: RowText, place: QRect, font: QFont) -> Lines:
    """Two lines for the prompt and one for the state; if the state needs two, the prompt gets one.

    The service stands at the end of the state or the note. If there is no room, it gets a line of the prompt. That
    does not depend on how far the job has got, nor on its marks. Where the state tells an age, which grows, the width
    alone decides: a wide row keeps the lines of its prompt, and the service takes what is left beside the state, or is
    left to the tool tip. Below a prompt of one line, a line is free for it.
    """
    lines = _without_service(job, text, place, font, most_prompt=2)
    if not text.service:
        return lines
    metrics = QFontMetrics(small_font(font))
    ends = _free_ends(job, text, lines, place, metrics)
    wanted, enough, least = (
        min(metrics.horizontalAdvance(text.service), room) for room in (WHOLE_SERVICE, SERVICE_ROOM, LEAST_SERVICE)
    )

    def end_of(width: int) -> QRect | None:
        return next((end for end in ends if end.width() + marks_width(job) >= width), None)

    if isinstance(job.phase, Ready | Trashed):
        shared_from = FINISHED_ROOM + 2 * MARK + wanted if len(lines.prompt) == 1 else NARROW
        end = ends[-1] if place.width() >= shared_from else None
    else:
        end = end_of(wanted)
    if end is not None:
        return lines._replace(service=end) if end.width() >= least else lines
    if lines.note is not None or len(lines.state) > 1 or lines.link_below:
        return lines._replace(service=end_of(enough))
    lines = _without_service(job, text, place, font, most_prompt=1)
    own = QRect(place.left(), lines.state_top + SMALL_LINE_HEIGHT, place.width(), SMALL_LINE_HEIGHT)
    return lines._replace(service=own)


def _free_ends(job: Job, text: RowText, lines: Lines, place: QRect, metrics: QFontMetrics) -> list[QRect]:
    """What is left at the end of the last line of the state, and of the note."""
    last = len(lines.state) - 1
    tops = [lines.state_top + last * SMALL_LINE_HEIGHT]
    begins = [place.left() + metrics.horizontalAdvance(lines.state[-1] if lines.state else "") + LINK_GAP]
    if text.aside:
        begins[0] += metrics.horizontalAdvance(text.aside) + LINK_GAP
    if text.progress is not None:
        begins[0] = place.left() + MOVING_ROOM
    if lines.link_below and lines.link is not None:
        tops.append(lines.link.top())
        begins.append(lines.link.right() + 1 + LINK_GAP)
    if lines.note is not None:
        tops.append(lines.note.top())
        begins.append(place.left() + metrics.horizontalAdvance(text.note) + LINK_GAP)
    ends = []
    for top, begin in zip(tops, begins, strict=True):
        link = lines.link
        beside_link = link is not None and abs(link.top() - top) < SMALL_LINE_HEIGHT
        left = max(begin, link.right() + 1 + LINK_GAP) if link is not None and beside_link else begin
        ends.append(QRect(left, top, place.right() + 1 - marks_width(job) - left, SMALL_LINE_HEIGHT))
    return ends


def _without_service(job: Job, text: RowText, place: QRect, font: QFont, *, most_prompt: int) -> Lines:
    """The same for a row without a service. `most_prompt`: lines for the prompt."""
    small = small_font(font)
    metrics = QFontMetrics(small)
    room = place.width() - marks_width(job)
    text_width = metrics.horizontalAdvance(text.text)
    link_width = 0 if text.link is None else metrics.horizontalAdvance(text.link.label) + 1
    link_room = link_width + LINK_GAP if link_width else 0
    link_below = text.long and link_room > room * MOST_LINK and text_width > room - link_room and not text.note
    note_width = metrics.horizontalAdvance(text.note)
    beside_note = bool(text.note) and note_width + link_room <= room  # there the link takes no room from the reason
    room_of_text = room if beside_note or link_below else room - link_room
    fits = text_width <= room_of_text and not link_below
    two_lines = text.long and not fits and not text.note
    shown = NO_PROMPT if is_blank(job.request.prompt) else job.request.prompt
    prompt = wrapped(shown, font, place.width(), 1 if two_lines or text.note else most_prompt)
    top = place.top() + len(prompt) * LINE_HEIGHT + 4
    bar = None
    if text.progress is not None:
        bar = QRect(place.left(), top + 1, place.width(), 4)
        top += 10
    state = wrapped(text.text, small, room_of_text, 2 if two_lines and not link_below else 1)
    note = QRect(place.left(), top + SMALL_LINE_HEIGHT, room, SMALL_LINE_HEIGHT) if text.note else None
    link = None
    if link_width and beside_note and note is not None:
        link = QRect(note.left() + note_width + LINK_GAP, note.top(), link_width, SMALL_LINE_HEIGHT)
    elif link_below:
        link = QRect(place.left(), top + SMALL_LINE_HEIGHT, link_width, SMALL_LINE_HEIGHT)
    elif link_width:
        left = place.left() + (text_width + LINK_GAP if fits else room - link_width)
        link = QRect(left, top + (max(len(state), 1) - 1) * SMALL_LINE_HEIGHT // 2, link_width, SMALL_LINE_HEIGHT)
    return Lines(tuple(prompt), bar, tuple(state), top, note, link)


def mark_count(job: Job) -> int:
    """How many marks stand at the end of the third line."""
    return (job.flag is not Flag.NONE) + job.starred


def marks_width(job: Job) -> int:
    """Pixels that they take."""
    return MARK * mark_count(job)
