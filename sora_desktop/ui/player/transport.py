"""The row below the picture: play, time, filmstrip, loop, speed, sound, full screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFont, QImage, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from sora_desktop.state.clip_text import speed_text
from sora_desktop.ui.player.play_range import PlayRange
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import PlayerCommand
from sora_desktop.ui.player.scrub_bar import ScrubBar
from sora_desktop.ui.player.time_label import Position, TimeLabel
from sora_desktop.ui.player.volume_button import VolumeButton
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.icons import size_beside_text
from sora_desktop.ui.widgets.tool_tip import KeyTip

if TYPE_CHECKING:  # the first paint needs no frames
    from sora_desktop.domain.frames import FrameTimes

_ICON = 16  # pixels, width and height
_PLAY_TIP = "Play or pause"


class Transport(QWidget):
    """Shows the state of the playback and emits what the user asks for. It plays nothing."""

    seek_requested = Signal(int)  # number of the frame
    scrub_requested = Signal(int)  # the same, while the mouse moves
    range_chosen = Signal(object)  # PlayRange
    place_typed = Signal(str)  # a time or a frame number
    step_requested = Signal(int)  # frames
    stands_at = Signal(str)  # time and frame of the picture in sight; empty if there is none, or it plays
    volume_chosen = Signal(float)  # 0-1
    volume_pressed = Signal()
    key_pressed = Signal(QKeyEvent)  # beside the volume slider

    def __init__(self, theme: Theme, actions: PlayerActions, strip_height: int = 38) -> None:
        """`strip_height`: pixels of the filmstrip."""
        super().__init__()
        self._theme = theme
        self._loop_action = actions[PlayerCommand.LOOP]
        self._playing = False
        digits_of_equal_width = self.font()  # they keep the row from shifting
        digits_of_equal_width.setFeature(QFont.Tag("tnum"), 1)
        self._play = QToolButton()
        self._play_tip = _prepare(
            self._play, "playButton", "Play", _PLAY_TIP, {"{}": actions[PlayerCommand.PLAY_PAUSE]}
        )
        self._play.setProperty("kind", "round")
        self._play.setFixedSize(34, 34)
        self._play.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._time = TimeLabel(theme, actions[PlayerCommand.GO_TO])
        self.scrub = ScrubBar(theme, strip_height)
        self._loop = _prepared(_TextButton(), "loopButton", "Loop", "Repeat the clip", {"{}": self._loop_action})
        self._loop.setText("Loop")
        self._speed = _prepared(
            _TextButton("0.00×"),
            "speedButton",
            "Speed",
            "Speed",
            {
                "{} slower": actions[PlayerCommand.SLOWER],
                "{} faster": actions[PlayerCommand.FASTER],
                "{} resets": actions[PlayerCommand.NORMAL_SPEED],
            },
        )
        self._speed.setFont(digits_of_equal_width)
        self._speed.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._volume = VolumeButton(theme, actions[PlayerCommand.MUTE])
        self._fullscreen = _button(
            "fullscreenButton", "Full screen", "Full screen", {"{}": actions[PlayerCommand.FULL_SCREEN]}
        )
        self._speed.setMenu(actions.speed_menu)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._play)
        row.addSpacing(10)
        row.addWidget(self._time)
        row.addSpacing(12)
        row.addWidget(self.scrub, 1)
        row.addSpacing(4)
        for widget in (self._loop, self._speed, self._volume, self._fullscreen):
            row.addWidget(widget)
        bind_button(self._play, actions[PlayerCommand.PLAY_PAUSE])
        bind_button(self._loop, self._loop_action)
        bind_button(self._fullscreen, actions[PlayerCommand.FULL_SCREEN])
        self.scrub.seek_requested.connect(self.seek_requested)
        self.scrub.scrub_requested.connect(self.scrub_requested)
        self.scrub.step_requested.connect(self.step_requested)
        self.scrub.range_chosen.connect(self.range_chosen)
        self._time.place_typed.connect(self.place_typed)
        self._time.typing_ended.connect(self.focus_play_button)  # where keys act on the clip
        self._volume.pressed.connect(self.volume_pressed)
        self._volume.volume_chosen.connect(self.volume_chosen)
        self._volume.key_pressed.connect(self.key_pressed)
        self._loop_action.toggled.connect(self._update_icons)
        theme.changed.connect(self._update_icons)
        self.set_compact(False)
        self.show_speed(1.0)
        self._update_icons()

    def show_playing(self, playing: bool) -> None:
        """Turn the play button into a pause button and back."""
        self._playing = playing
        if playing:
            self.stands_at.emit("")
        self._play.setAccessibleName("Pause" if playing else "Play")
        self._update_play_icon()

    def show_position(self, position: Position, *, is_in_sight: bool = False) -> None:
        """Set the time label and the playhead. `is_in_sight`: the picture of that position is."""
        self._time.show_position(position)
        self.scrub.show_frame(position.place, position.places, self._time.times)
        if not self._playing:
            self.stands_at.emit(self._place_text if is_in_sight else "")

    @property
    def _place_text(self) -> str:
        return "\n".join(self._time.lines)

    def show_times(self, times: FrameTimes | None, own_end: int | None = None) -> None:
        """Set when the frames are shown; None: no clip is open. `own_end`: see ScrubBar."""
        self.scrub.show_times(times, own_end)

    def show_range(self, play_range: PlayRange) -> None:
        """Set the brackets on the filmstrip."""
        self.scrub.show_range(play_range)

    def type_place(self) -> None:
        """Let the user type a time or a frame number."""
        self._time.type_place()

    def add_chips(self, before_strip: QWidget, before_volume: QWidget) -> None:
        """Show which of several clips the filmstrip and the sound belong to."""
        for chip, widget, gap in ((before_strip, self.scrub, 0), (before_volume, self._volume, 8)):
            place = self._row.indexOf(widget)
            self._row.insertSpacing(place, gap)
            self._row.insertWidget(place + 1, chip)
            self._row.insertSpacing(place + 2, 8)
        for button in (self._loop, self._speed):
            self._row.insertSpacing(self._row.indexOf(button), 8)

    def show_strip(self, strip: QImage | None) -> None:
        """Set the filmstrip behind the playhead."""
        self.scrub.show_strip(strip)

    def show_speed(self, speed: float) -> None:
        """Name the speed."""
        self._speed.setText(speed_text(speed))
        self._speed.setAccessibleName(f"Speed {speed_text(speed)}")

    def show_volume(self, volume: float) -> None:
        """`volume` is 0 to 1."""
        self._volume.show_volume(volume)

    def set_compact(self, compact: bool) -> None:
        """Hide button texts to leave room for the filmstrip."""
        style = Qt.ToolButtonStyle
        self._loop.setToolButtonStyle(style.ToolButtonIconOnly if compact else style.ToolButtonTextBesideIcon)
        self._loop.setIconSize(QSize(_ICON, _ICON) if compact else size_beside_text(_ICON))

    def set_clip_open(self, is_open: bool, why: str = "") -> None:
        """Enable what needs a clip and has no action of its own. `why` nothing can be played of a clip."""
        self._play_tip.show_text(why or _PLAY_TIP)
        self.scrub.setEnabled(is_open)
        self._speed.setEnabled(is_open)

    def focus_play_button(self) -> None:
        self._play.setFocus(Qt.FocusReason.MouseFocusReason)

    def tab_order(self) -> list[QWidget]:
        """The focusable widgets from left to right."""
        return [self._play, self.scrub, self._loop, self._speed, self._volume, self._fullscreen]

    def _update_icons(self) -> None:
        self._loop.setIcon(self._theme.icon("repeat", "text" if self._loop_action.isChecked() else "muted"))
        self._fullscreen.setIcon(self._theme.icon("corners-out"))
        self._update_play_icon()

    def _update_play_icon(self) -> None:
        self._play.setIcon(self._theme.icon("pause-fill" if self._playing else "play-fill", "text"))


class _TextButton(QToolButton):
    """As wide as its icon and text: Qt adds the width of two spaces, which the filmstrip can use."""

    def __init__(self, widest: str = "") -> None:
        """`widest`: a longer text with room for it, too, so that the filmstrip keeps its width."""
        super().__init__()
        self._widest = widest

    def sizeHint(self) -> QSize:
        size, style, metrics = super().sizeHint(), Qt.ToolButtonStyle, self.fontMetrics()
        if self.toolButtonStyle() in (style.ToolButtonTextOnly, style.ToolButtonTextBesideIcon):
            shown, widest = (metrics.size(Qt.TextFlag.TextShowMnemonic, text) for text in (self.text(), self._widest))
            to_widest = max(widest.width() - shown.width(), 0)
            size.setWidth(size.width() - 2 * metrics.horizontalAdvance(" ") + to_widest)
        return size

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def _button(name: str, accessible_name: str, tip: str, actions: dict[str, QAction]) -> QToolButton:
    return _prepared(QToolButton(), name, accessible_name, tip, actions)


def _prepared(
    button: QToolButton, name: str, accessible_name: str, tip: str, actions: dict[str, QAction]
) -> QToolButton:
    """Name a button. `actions` as for KeyTip."""
    _prepare(button, name, accessible_name, tip, actions)
    return button


def _prepare(button: QToolButton, name: str, accessible_name: str, tip: str, actions: dict[str, QAction]) -> KeyTip:
    button.setObjectName(name)
    button.setAccessibleName(accessible_name)
    button.setIconSize(QSize(_ICON, _ICON))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # no focus by a click: Space must play, not click again
    return KeyTip(button, tip, actions)
