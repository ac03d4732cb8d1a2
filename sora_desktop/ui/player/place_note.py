"""Time and number of the frame on the full screen, while the controls that show them are hidden."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, SignalInstance
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QWidget

#: Milliseconds after the last move for which it is seen.
_SEEN_FOR = 2000
_GAP = 24  # pixels to the edges of the screen


class PlaceNote(QLabel):
    """Seen for a while after the playhead was moved, and not while it moves by itself."""

    def __init__(self, controls: QWidget, stood_at: SignalInstance, view: QWidget) -> None:
        """`stood_at`: of the transport in `controls`. `view` fills the screen."""
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
        stood_at.connect(self._show_place)
        self.hide()

    def _show_place(self, text: str) -> None:
        if text == self.text():
            return
        self.setText(text)
        self.setVisible(bool(text) and self._controls.isHidden())
        if self.isVisible():
            self.adjustSize()
            self.move(_GAP, self._view.height() - self.height() - _GAP)
            self.raise_()
            self._timer.start()
