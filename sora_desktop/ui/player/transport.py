"""The row below the picture: play, time, filmstrip, loop, speed, sound, full screen."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFont, QImage, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSlider, QToolButton, QWidget

from sora_desktop.state.clip_text import speed_text, timecode
from sora_desktop.ui.player.scrub_bar import ScrubBar
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.action_button import bind_button

SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0)


class Transport(QWidget):
    """Shows the state of the playback and emits what the user asks for. It plays nothing."""

    seek_requested = Signal(float)  # share of the length, 0-1
    step_requested = Signal(int)  # frames
    speed_chosen = Signal(float)
    volume_chosen = Signal(float)  # 0-1
    volume_pressed = Signal()
    mute_chosen = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._playing = False
        self._length = 0.0
        # Menus show the key after the tab; the panel's `handle_key` handles it.
        self.play_action = QAction("Play or pause\tSpace", self)
        self.loop_action = QAction("Loop\tShift+L", self)
        self.loop_action.setCheckable(True)
        self.fullscreen_action = QAction("Full screen picture\tF", self)
        self._play = _button("playButton", "Play", "Play or pause (Space)")
        self._play.setProperty("kind", "round")
        self._play.setFixedSize(34, 34)
        self._play.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._time = QLabel()
        self._time.setObjectName("timeLabel")
        font = self._time.font()
        font.setFeature(QFont.Tag("tnum"), 1)  # digits of equal width keep the row from shifting
        self._time.setFont(font)
        self._time.setTextFormat(Qt.TextFormat.RichText)
        self.scrub = ScrubBar(theme)
        self._loop = _button("loopButton", "Loop", "Repeat the clip (Shift+L)")
        self._loop.setText("Loop")
        self._loop.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._speed = _button("speedButton", "Speed", "Speed ([ slower, ] faster, Backspace resets)")
        self._speed.setFixedWidth(38)
        self._speed.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._mute = _button("muteButton", "Mute", "Sound on or off (M)")
        self._mute.setCheckable(True)
        self._volume = _VolumeSlider(Qt.Orientation.Horizontal)
        self._volume.setObjectName("volumeSlider")
        self._volume.setAccessibleName("Volume in percent")
        self._volume.setToolTip("Volume")
        self._volume.setRange(0, 100)
        self._volume.setFixedWidth(48)
        self._volume.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._fullscreen = _button("fullscreenButton", "Full screen", "Full screen (F)")
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
        for widget in (self._loop, self._speed, self._mute, self._volume, self._fullscreen):
            row.addWidget(widget)
        bind_button(self._play, self.play_action)
        bind_button(self._loop, self.loop_action)
        bind_button(self._fullscreen, self.fullscreen_action)
        self.scrub.seek_requested.connect(self.seek_requested)
        self.scrub.step_requested.connect(self.step_requested)
        self._mute.clicked.connect(self._choose_mute)
        self._volume.valueChanged.connect(self._choose_volume)
        self._volume.pressed.connect(self.volume_pressed)
        self.loop_action.toggled.connect(self._update_icons)
        theme.changed.connect(self._update_icons)
        self.show_speed(1.0)
        self.show_time(0.0, 0.0)
        self._update_icons()

    def show_playing(self, playing: bool) -> None:
        """Turn the play button into a pause button and back."""
        self._playing = playing
        self._play.setAccessibleName("Pause" if playing else "Play")
        self._update_play_icon()

    def show_time(self, seconds: float, length: float) -> None:
        """Set the time label and the playhead. `length` is in seconds, 0 if nothing is open."""
        self._length = length
        now, whole = timecode(seconds), timecode(length)
        muted = self._theme.tokens.muted
        color = self._theme.tokens.text if length else muted
        self._time.setText(f"<span style='color:{color}'>{now}</span> <span style='color:{muted}'>/ {whole}</span>")
        self._time.setAccessibleName(f"{now} of {whole}")
        self.scrub.show_share(seconds / length if length else 0.0, f"{now} of {whole}")

    def show_strip(self, strip: QImage | None) -> None:
        """Set the filmstrip behind the playhead."""
        self.scrub.show_strip(strip)

    def show_loop(self, loop: bool) -> None:
        self.loop_action.setChecked(loop)

    def show_speed(self, speed: float) -> None:
        self._speed.setText(speed_text(speed))
        self._speed.setAccessibleName(f"Speed {speed_text(speed)}")

    def show_volume(self, volume: float, muted: bool) -> None:
        """`volume` is 0 to 1."""
        with QSignalBlocker(self._volume):
            self._volume.setValue(round(volume * 100))
        self._mute.setChecked(muted)
        self._update_icons()

    def set_compact(self, compact: bool) -> None:
        """Hide button texts to leave room for the filmstrip."""
        style = Qt.ToolButtonStyle
        self._loop.setToolButtonStyle(style.ToolButtonIconOnly if compact else style.ToolButtonTextBesideIcon)

    def set_clip_open(self, is_open: bool) -> None:
        """Enable everything that needs a clip."""
        for action in (self.play_action, self.loop_action, self.fullscreen_action):
            action.setEnabled(is_open)
        self.scrub.setEnabled(is_open)
        self._speed.setEnabled(is_open)

    def focus_play_button(self) -> None:
        self._play.setFocus(Qt.FocusReason.MouseFocusReason)

    def tab_order(self) -> list[QWidget]:
        """The focusable widgets from left to right."""
        return [self._play, self.scrub, self._loop, self._speed, self._mute, self._volume, self._fullscreen]

    def _choose_mute(self, muted: bool) -> None:
        self._update_icons()
        self.mute_chosen.emit(muted)

    def _choose_volume(self, percent: int) -> None:
        if self._mute.isChecked():
            self._mute.setChecked(False)
            self.mute_chosen.emit(False)
        self._update_icons()
        self.volume_chosen.emit(percent / 100)

    def _update_icons(self) -> None:
        silent = self._mute.isChecked() or self._volume.value() == 0
        self._loop.setIcon(self._theme.icon("repeat", "text" if self.loop_action.isChecked() else "muted"))
        self._mute.setIcon(self._theme.icon("speaker-slash" if silent else "speaker-high"))
        self._fullscreen.setIcon(self._theme.icon("corners-out"))
        self._update_play_icon()
        self.show_time(self.scrub.share * self._length, self._length)

    def _update_play_icon(self) -> None:
        self._play.setIcon(self._theme.icon("pause-fill" if self._playing else "play-fill", "text"))


class _VolumeSlider(QSlider):
    """A slider that reports each press, also one that changes nothing, such as one on its handle."""

    pressed = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.pressed.emit()


def _button(name: str, accessible_name: str, tool_tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setAccessibleName(accessible_name)
    button.setToolTip(tool_tip)
    button.setIconSize(QSize(16, 16))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # no focus by a click: Space must play, not click again
    return button
