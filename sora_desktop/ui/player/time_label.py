"""The time and the number of the frame shown; a double click lets the user type another."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRegularExpression, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegularExpressionValidator,
    QResizeEvent,
    QStaticText,
)
from PySide6.QtWidgets import QLabel, QLineEdit

from sora_desktop.state.clip_text import timecode
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.tool_tip import KeyTip

#: Pixels of the second line's letters.
_SMALL = 12


class Position(NamedTuple):
    """Where the playhead stands."""

    frame: int = 0
    frames: int = 0  # of the clip; 0 if none is open
    seconds: float = 0.0
    length: float = 0.0  # seconds
    fps: float = 0.0  # 0: not shown
    place: int = 0  # of the playhead in the filmstrip, which has more frames if a longer clip is compared
    places: int = 0
    nudge: int = 0  # frames by which the frame shown is later than the time


class _Letters(NamedTuple):
    """The fonts of both lines, and how large their texts are."""

    small: QFont
    large_metrics: QFontMetrics
    small_metrics: QFontMetrics
    ascent: float  # of the larger one, not rounded: where a text that is laid out once has its line


class TimeLabel(QLabel):
    """Two lines: time and length, frame and frames.

    It paints them itself: the text of a QLabel would lay out the whole row again at each frame.
    """

    place_typed = Signal(str)  # a time or a frame number
    typing_ended = Signal()  # by Return or Esc; the focus is to be given to another widget

    def __init__(self, theme: Theme, go_to: QAction) -> None:
        """`go_to`: its key lets the user type a place, as a double click does."""
        super().__init__()
        self._theme = theme
        self._position = Position()
        self._letters: _Letters | None = None  # None: the font has changed
        self._measured: object = None  # what the size hint was measured for
        self._size = QSize()
        self._now_width = 0
        self._whole = QStaticText()  # the length, which is laid out once
        self._whole.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName("timeLabel")
        KeyTip(self, "Double-click to go to a time or a frame", {"{}": go_to})
        self.setTextFormat(Qt.TextFormat.PlainText)
        font = self.font()
        font.setFeature(QFont.Tag("tnum"), 1)  # digits of equal width keep the row from shifting
        self.setFont(font)
        self._field = _PlaceField(self)
        self._field.typed.connect(self.place_typed)
        self._field.ended.connect(self.typing_ended)
        theme.changed.connect(self.update)

    @property
    def times(self) -> str:
        """For screen readers, such as "0:03.82 of 0:10.00"."""
        return f"{timecode(self._position.seconds)} of {timecode(self._position.length)}"

    @property
    def lines(self) -> tuple[str, str]:
        """What is shown."""
        position = self._position
        now, whole = timecode(position.seconds), timecode(position.length)
        return f"{now} / {whole}", _frames_text(position, position.frame)

    def show_position(self, position: Position) -> None:
        self._position = position
        self.setAccessibleName(self.times)
        self.setAccessibleDescription(_spoken_frame(position) if position.frames else "no video is open")
        before = self._size
        if self.sizeHint() != before:
            self.updateGeometry()
        self.update()

    def type_place(self) -> None:
        """Let the user type a time or a frame number, if a clip is open."""
        if self._position.frames:
            self._field.open(timecode(self._position.seconds))

    def sizeHint(self) -> QSize:
        """Wide enough for the last frame, so that the row does not shift."""
        letters, position, now = self._fonts(), self._position, timecode(self._position.seconds)
        key = position.frames, position.fps, position.nudge, position.length, len(now)
        if key != self._measured:
            self._measured, large, small = key, letters.large_metrics, letters.small_metrics
            widest = _frames_text(position, position.frames)
            width = max(large.horizontalAdvance(self.lines[0]), small.horizontalAdvance(widest))
            self._size = QSize(width, large.height() + small.height())
            self._now_width = large.horizontalAdvance(now)  # the same for all times with as many digits
            self._whole.setText(f" / {timecode(position.length)}")
            self._whole.prepare(font=self.font())
        return self._size

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        self.sizeHint()  # measures, if anything but the digits has changed
        painter, position, letters = QPainter(self), self._position, self._fonts()
        now, frames = timecode(position.seconds), _frames_text(position, position.frame)
        large, small = letters.large_metrics, letters.small_metrics
        text, muted = self._theme.color("text"), self._theme.color("muted")
        below = small.height() if frames else 0
        top = (self.height() - large.height() - below) // 2
        base = top + large.ascent()
        painter.setPen(muted)
        painter.drawStaticText(QPointF(self._now_width, base - letters.ascent), self._whole)
        painter.setPen(text if position.frames else muted)
        painter.drawText(0, base, now)
        if frames:
            painter.setFont(letters.small)
            painter.setPen(muted)
            painter.drawText(0, base + large.descent() + small.ascent(), frames)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.type_place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._field.fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._letters = self._measured = None

    def _fonts(self) -> _Letters:
        if self._letters is None:
            small = QFont(self.font())
            small.setPixelSize(_SMALL)
            self._letters = _Letters(
                small, self.fontMetrics(), QFontMetrics(small), QFontMetricsF(self.font()).ascent()
            )
        return self._letters


def _frames_text(position: Position, frame: int) -> str:
    """Such as "frame 93 (+2) / 240 · 24 fps"; empty if no clip is open."""
    if not position.frames:
        return ""
    nudge = f" ({position.nudge:+d})".replace("-", "\N{MINUS SIGN}") if position.nudge else ""
    rate = f" · {position.fps:.4g} fps" if position.fps else ""
    return f"frame {frame}{nudge} / {position.frames}{rate}"


def _spoken_frame(position: Position) -> str:
    """Such as "frame 93 of 240, 2 later than the clock"."""
    frame = f"frame {position.frame} of {position.frames}"
    if not position.nudge:
        return frame
    return f"{frame}, {abs(position.nudge)} {'later' if position.nudge > 0 else 'earlier'} than the clock"


class _PlaceField(QLineEdit):
    """Stands over the label while the user types. Return goes there, Esc or a click elsewhere ends it.

    It takes no character with which the text could not become a place, and stays open at Return until it is one.
    """

    typed = Signal(str)
    ended = Signal()

    def __init__(self, label: TimeLabel) -> None:
        super().__init__(label)
        self._label = label
        self.setObjectName("placeEdit")
        self.setAccessibleName("Go to time or frame")
        self.setMaxLength(16)
        self.hide()
        self.returnPressed.connect(self._go)

    def open(self, text: str) -> None:
        if self.validator() is None:
            from sora_desktop.state.places_in_clip import PLACE  # not before the first paint

            self.setValidator(QRegularExpressionValidator(QRegularExpression(PLACE), self))
        self.fit()
        self.setText(text)
        self.show()
        self.selectAll()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def fit(self) -> None:
        """Cover the label."""
        self.setGeometry(self._label.rect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        return super().event(event)

    def _go(self) -> None:
        text = self.text()
        self._close()
        self.typed.emit(text)

    def _close(self) -> None:
        self.ended.emit()
        self.hide()
