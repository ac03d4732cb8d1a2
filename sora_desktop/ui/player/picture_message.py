"""A message in place of the picture, with one button below it or none."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QMargins, QObject, QPoint, QRect, QRectF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QPushButton, QWidget

from sora_desktop.ui.player.message_link import JobLink, MessageLink
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import centered_flags, wrapped

#: Around a message, and where there is little room for it. Pixels.
_MARGINS = QMargins(32, 24, 32, 24)
_NARROW_MARGINS = QMargins(12, 4, 12, 4)
#: From the button to the edge. Pixels.
_BELOW_BUTTON = 8
_RADIUS = 8.0  # pixels


class PlacedMessage(NamedTuple):
    """A message as it is painted."""

    frame: QRect
    lines: list[str]


class PictureMessage(QObject):
    """Belongs to a view, in which it is painted. `picture` is always the area of the picture to come, in the view."""

    open_requested = Signal()  # by another program
    link_followed = Signal(object, object, QPoint)  # see `MessageLink.followed`

    def __init__(self, view: QWidget, theme: Theme) -> None:
        super().__init__(view)
        self._view = view
        self._theme = theme
        self._text = ""
        self._other = QPushButton("Open in system player", view)
        self._other.setObjectName("openInSystemButton")
        self._other.setProperty("action", "clip.open_in_system")
        self._other.setAutoDefault(False)
        self._other.hide()
        self._other.clicked.connect(lambda _: self.open_requested.emit())
        self._link = MessageLink(view)
        self._link.followed.connect(self.link_followed)
        self._button: QPushButton | None = None  # of these two, the one below the message

    def show_text(self, text: str, picture: QRect, *, offers_other: bool, link: JobLink | None) -> None:
        """Show another message. `offers_other`: with a button that opens the clip in another program."""
        self._text = text
        self._link.offer(link)
        self._show_button(self._other if offers_other else None if link is None else self._link)
        self.place_button(picture)

    def remove_button(self) -> None:
        """Let nothing be done any more."""
        self._link.offer(None)
        self._show_button(None)

    def place_button(self, picture: QRect) -> None:
        """Below the message, within the view. A price that does not fit is not cut off: the row offers the same."""
        button, room = self._button, self._view.size()
        if button is None:
            return
        size, placed = button.sizeHint(), self.placed(picture)
        below = placed.frame.center().y() + self._view.fontMetrics().height() * (len(placed.lines) + 2) // 2
        top = min(below, room.height() - size.height() - _BELOW_BUTTON)
        button.setGeometry((room.width() - size.width()) // 2, top, size.width(), size.height())
        button.setVisible(button is not self._link or size.width() <= room.width())

    def placed(self, picture: QRect) -> PlacedMessage:
        """The message in the area of the picture or, if it does not fit there, in the whole view.

        Above the button, if there is one. What does not fit is elided.
        """
        whole, font, height = self._view.rect(), self._view.font(), self._view.fontMetrics().height()
        paragraphs, bottom = self._text.split("\n"), whole.height()  # bottom of the lines
        if self._button is not None:
            bottom -= self._button.sizeHint().height() + _BELOW_BUTTON
        above_button = QRect(0, 0, whole.width(), bottom)
        for frame, margins in (
            (picture, _MARGINS),
            (whole, _MARGINS),
            (whole, _NARROW_MARGINS),
            (above_button, _NARROW_MARGINS),
        ):
            room = frame.marginsRemoved(margins)
            most = room.height() // height
            lines = [line for each in paragraphs for line in wrapped(each, font, room.width(), most + 1)]
            if len(lines) <= most and frame.center().y() + len(lines) * height // 2 < bottom:
                return PlacedMessage(frame, lines)
        return PlacedMessage(frame, wrapped(" ".join(paragraphs), font, room.width(), max(most, 1)))

    def paint(self, painter: QPainter, picture: QRect) -> None:
        """Paint the message on a card."""
        placed = self.placed(picture)
        painter.setPen(self._theme.color("line"))
        painter.setBrush(self._theme.color("panel"))
        painter.drawRoundedRect(QRectF(placed.frame).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        painter.setPen(self._theme.color("muted"))
        height = self._view.fontMetrics().height()
        top = placed.frame.center().y() + 1 - height * len(placed.lines) // 2
        for number, line in enumerate(placed.lines):
            place = QRect(placed.frame.left(), top + number * height, placed.frame.width(), height)
            painter.drawText(place, centered_flags(line), line)

    def _show_button(self, shown: QPushButton | None) -> None:
        self._button = shown
        for button in (self._other, self._link):
            button.setVisible(button is shown)
