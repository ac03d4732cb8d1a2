"""Time and number of the frame on the full screen, while the controls that show them are hidden."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, SignalInstance
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QWidget

#: Milliseconds after the last move for which it is seen.
_SEEN_FOR = 2000
_GAP = 24  # pixels to the edges of the screen


class PlaceNote(QLabel):
    """Seen for a while after the playhead was moved, and not while it moves by itself."""

    def __init__(self, controls: QWidget, stands_at: SignalInstance, view: QWidget) -> None:
        """`stands_at`: of the transport in `controls`. `view` fills the screen."""
        super().__init__(view)
        self._controls, self._view = controls, view
        self.setObjectName("placeNote")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        font = self.font()
        font.setFeature(QFont.Tag("tnum"), 1)  # digits of equal width keep it from shifting
        self.setFont(font)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SEEN_FOR)
        self._timer.timeout.connect(self.hide)
        stands_at.connect(self._show_place)
        for watched in (controls, view):
            watched.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Hide, QEvent.Type.Show) and watched is self._controls:
            self._update()
        elif event.type() == QEvent.Type.Resize and watched is self._view:
            self._place()
        return super().eventFilter(watched, event)

    def _show_place(self, text: str) -> None:
        self.setText(text)
        self._timer.start()
        self._update()

    def _update(self) -> None:
        self.setVisible(bool(self.text()) and self._timer.isActive() and self._controls.isHidden())
        self._place()

    def _place(self) -> None:
        self.adjustSize()
        self.move(_GAP, self._view.height() - self.height() - _GAP)
        self.raise_()
