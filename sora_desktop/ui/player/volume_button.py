"""The speaker: opens the volume slider, and changes the volume by the wheel and the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSlider, QToolButton

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.round_corners import RoundCorners
from sora_desktop.ui.widgets.tool_tip import KeyTip

_STEP = 5  # percent
_GAP = 6  # pixels between the button and the slider's frame


class VolumeButton(QToolButton):
    """Shows whether there is sound. A click, Space or Return opens a frame with the slider and the mute button."""

    volume_chosen = Signal(float)  # 0-1
    key_pressed = Signal(QKeyEvent)  # in the frame, which has no use for it

    def __init__(self, theme: Theme, mute_action: QAction) -> None:
        super().__init__()
        self._theme = theme
        self._mute_action = mute_action
        self.setObjectName("volumeButton")
        KeyTip(self, "Volume: click, or turn the wheel", {"{} mutes": mute_action})
        self.setIconSize(QSize(16, 16))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # no focus by a click: Space must play, not click again
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("volumeSlider")
        self._slider.setAccessibleName("Volume in percent")
        self._slider.setRange(0, 100)
        self._slider.setSingleStep(_STEP)
        self._slider.setFixedWidth(120)
        self._mute = QToolButton()
        self._mute.setObjectName("muteButton")
        self._mute.setAccessibleName("Mute")
        KeyTip(self._mute, "Sound on or off", {"{}": mute_action})
        self._mute.setIconSize(QSize(16, 16))
        bind_button(self._mute, mute_action)
        self._frame = _PopupFrame(self)
        self._corners: RoundCorners | None = None  # made when the frame is first opened
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(6, 6, 12, 6)
        row.setSpacing(6)
        row.addWidget(self._mute)
        row.addWidget(self._slider)
        self.clicked.connect(lambda _: self._open())
        self._slider.valueChanged.connect(self._choose)
        self._frame.key_pressed.connect(self.key_pressed)
        mute_action.toggled.connect(self._update_icons)
        theme.changed.connect(self._update_icons)
        self._update_icons()

    def show_volume(self, volume: float) -> None:
        """`volume` is 0 to 1. Emits no signal."""
        with QSignalBlocker(self._slider):
            self._slider.setValue(round(volume * 100))
        self._update_icons()

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y()
        if delta:
            self._step(_STEP if delta > 0 else -_STEP)
            event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Up:
                self._step(_STEP)
            case Qt.Key.Key_Down:
                self._step(-_STEP)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._open()
            case _:
                super().keyPressEvent(event)

    def _step(self, percent: int) -> None:
        self._slider.setValue(self._slider.value() + percent)

    def _open(self) -> None:
        """Show the frame above the button, within the screen."""
        frame = self._frame
        if self._corners is None:
            self._corners = RoundCorners(frame)
        frame.adjustSize()
        corner = self.mapToGlobal(QPoint((self.width() - frame.width()) // 2, -frame.height() - _GAP))
        area = QRect(corner, frame.size())
        screen = self.screen().availableGeometry()
        if area.top() < screen.top():
            area.moveTop(self.mapToGlobal(QPoint(0, self.height() + _GAP)).y())
        area.moveLeft(max(screen.left(), min(area.left(), screen.right() - area.width())))
        frame.move(area.topLeft())
        frame.show()
        self._slider.setFocus(Qt.FocusReason.PopupFocusReason)

    def _choose(self, percent: int) -> None:
        if self._mute_action.isChecked():
            self._mute_action.trigger()
        self._update_icons()
        self.volume_chosen.emit(percent / 100)

    def _update_icons(self) -> None:
        percent, muted = self._slider.value(), self._mute_action.isChecked()
        self.setIcon(self._theme.icon("speaker-slash" if muted or not percent else "speaker-high"))
        self._mute.setIcon(self._theme.icon("speaker-slash" if muted else "speaker-high"))
        self.setAccessibleName("Volume, muted" if muted else f"Volume {percent} %")


class _PopupFrame(QFrame):
    """Closes by Esc or a click outside it. Emits the keys that its parts have no use for."""

    key_pressed = Signal(QKeyEvent)

    def __init__(self, button: QToolButton) -> None:
        super().__init__(button, Qt.WindowType.Popup)
        self.setObjectName("volumeFrame")
        self.setAccessibleName("Volume")
        self.setProperty("ground", "popup")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            self.key_pressed.emit(event)
