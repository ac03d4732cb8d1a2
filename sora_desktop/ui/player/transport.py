"""The row under the picture: play, time, filmstrip, loop, speed, sound, full screen."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSlider, QToolButton, QWidget

from sora_desktop.state.clip_text import speed_text, timecode
from sora_desktop.ui.player.scrub_bar import ScrubBar
from sora_desktop.ui.theme import Theme

SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0)


class Transport(QWidget):
    """Shows where playing stands and says what a person wants. It plays nothing."""

    play_toggled = Signal()
    sought = Signal(float)  # share of the length, 0-1
    stepped = Signal(int)  # frames
    loop_chosen = Signal(bool)
    speed_chosen = Signal(float)
    volume_chosen = Signal(float)  # 0-1
    mute_chosen = Signal(bool)
    full_screen_toggled = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._playing = False
        self._length = 0.0
        self._play = _button("playButton", "Play", "Play or pause (Space)")
        self._play.setProperty("kind", "round")
        self._play.setFixedSize(34, 34)
        self._play.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._time = QLabel()
        self._time.setObjectName("timeLabel")
        font = self._time.font()
        font.setFeature(QFont.Tag("tnum"), 1)  # the digits must not make the row tremble
        self._time.setFont(font)
        self._time.setTextFormat(Qt.TextFormat.RichText)
        self.scrub = ScrubBar(theme)
        self._loop = _button("loopButton", "Loop", "Begin again at the end (Shift+L)")
        self._loop.setText("Loop")
        self._loop.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._loop.setCheckable(True)
        self._speed = _button("speedButton", "Speed", "Speed ([ slower, ] faster, Backspace resets)")
        self._speed.setFixedWidth(38)
        self._speed.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._mute = _button("muteButton", "Mute", "Sound on or off (M)")
        self._mute.setCheckable(True)
        self._volume = QSlider(Qt.Orientation.Horizontal)
        self._volume.setObjectName("volumeSlider")
        self._volume.setAccessibleName("Volume in percent")
        self._volume.setToolTip("Volume")
        self._volume.setRange(0, 100)
        self._volume.setFixedWidth(48)
        self._volume.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._full = _button("fullscreenButton", "Full screen", "Full screen (F)")
        menu = QMenu(self._speed)
        for speed in SPEEDS:
            menu.addAction(speed_text(speed)).triggered.connect(
                lambda _=False, speed=speed: self.speed_chosen.emit(speed)
            )
        self._speed.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._play)
        row.addSpacing(8)
        row.addWidget(self._time)
        row.addSpacing(10)
        row.addWidget(self.scrub, 1)
        row.addSpacing(6)
        for part in (self._loop, self._speed, self._mute, self._volume, self._full):
            row.addWidget(part)
        self._play.clicked.connect(lambda _: self.play_toggled.emit())
        self.scrub.sought.connect(self.sought)
        self.scrub.stepped.connect(self.stepped)
        self._loop.clicked.connect(self.loop_chosen)
        self._mute.clicked.connect(self._choose_mute)
        self._volume.valueChanged.connect(self._choose_volume)
        self._full.clicked.connect(lambda _: self.full_screen_toggled.emit())
        theme.changed.connect(self._tint)
        self.show_speed(1.0)
        self.show_time(0.0, 0.0)
        self._tint()

    def show_playing(self, playing: bool) -> None:
        """Turn the button's sign."""
        self._playing = playing
        self._play.setAccessibleName("Pause" if playing else "Play")
        self._tint_play()

    def show_time(self, seconds: float, length: float) -> None:
        """Put label and playhead there; both in seconds, `length` 0 while nothing is open."""
        self._length = length
        now, whole = timecode(seconds), timecode(length)
        faint = self._theme.tokens.muted
        ink = self._theme.tokens.text if length else faint
        self._time.setText(f"<span style='color:{ink}'>{now}</span> <span style='color:{faint}'>/ {whole}</span>")
        self._time.setAccessibleName(f"{now} of {whole}")
        self.scrub.show_share(seconds / length if length else 0.0, f"{now} of {whole}")

    def show_strip(self, strip: QImage | None) -> None:
        """The filmstrip behind the playhead."""
        self.scrub.show_strip(strip)

    def show_loop(self, loop: bool) -> None:
        self._loop.setChecked(loop)
        self._tint()

    def show_speed(self, speed: float) -> None:
        self._speed.setText(speed_text(speed))
        self._speed.setAccessibleName(f"Speed {speed_text(speed)}")

    def show_volume(self, volume: float, muted: bool) -> None:
        """`volume` from 0 to 1."""
        with QSignalBlocker(self._volume):
            self._volume.setValue(round(volume * 100))
        self._mute.setChecked(muted)
        self._tint()

    def be_brief(self, brief: bool) -> None:
        """Leave words out where the filmstrip needs their room."""
        style = Qt.ToolButtonStyle
        self._loop.setToolButtonStyle(style.ToolButtonIconOnly if brief else style.ToolButtonTextBesideIcon)

    def enable(self, able: bool) -> None:
        """Whether there is a clip to play."""
        for part in (self._play, self.scrub, self._loop, self._speed, self._full):
            part.setEnabled(able)

    def take_focus(self) -> None:
        """Have keys go to the player."""
        self._play.setFocus(Qt.FocusReason.MouseFocusReason)

    def tab_order(self) -> list[QWidget]:
        """The parts from left to right."""
        return [self._play, self.scrub, self._loop, self._speed, self._mute, self._volume, self._full]

    def _choose_mute(self, muted: bool) -> None:
        self._tint()
        self.mute_chosen.emit(muted)

    def _choose_volume(self, percent: int) -> None:
        if self._mute.isChecked():
            self._mute.setChecked(False)
            self.mute_chosen.emit(False)
        self._tint()
        self.volume_chosen.emit(percent / 100)

    def _tint(self) -> None:
        silent = self._mute.isChecked() or self._volume.value() == 0
        self._loop.setIcon(self._theme.icon("repeat", "text" if self._loop.isChecked() else "muted"))
        self._mute.setIcon(self._theme.icon("speaker-slash" if silent else "speaker-high"))
        self._full.setIcon(self._theme.icon("corners-out"))
        self._tint_play()
        self.show_time(self.scrub.share * self._length, self._length)

    def _tint_play(self) -> None:
        self._play.setIcon(self._theme.icon("pause-fill" if self._playing else "play-fill", "text"))


def _button(name: str, said: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setAccessibleName(said)
    button.setToolTip(tip)
    button.setIconSize(QSize(16, 16))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click, Space is to play, not to click again
    return button
