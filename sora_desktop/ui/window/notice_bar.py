"""The message over the player."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.announcement import announce


class NoticeBar(QFrame):
    """Shows one message and a button that dismisses it. Hidden while there is no message."""

    dismissed = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        """Stands over the other parts of `parent`, so that it moves none of them."""
        super().__init__(parent)
        self._place = QRect()
        self._theme = theme
        self.setObjectName("noticeBar")
        self._label = QLabel()
        self._label.setObjectName("noticeLabel")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.dismiss_button = QToolButton()  # the window gives it its place in the tab order
        self.dismiss_button.setObjectName("noticeDismissButton")
        self.dismiss_button.setAccessibleName("Dismiss notice")
        self.dismiss_button.setToolTip("Dismiss")
        self.dismiss_button.setIconSize(QSize(16, 16))
        self.dismiss_button.clicked.connect(lambda _: self.dismissed.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 5, 8, 5)
        row.addWidget(self._label, 1)
        row.addWidget(self.dismiss_button)
        self.hide()
        theme.changed.connect(self._update_icon)
        self._update_icon()

    def show_notice(self, text: str, tone: str) -> None:
        """Show a message; an empty one hides the bar."""
        self._label.setText(text)
        self._label.setAccessibleName(f"Notice: {text}")
        set_property(self._label, "tone", tone)
        self.setVisible(bool(text))
        if text:
            self.stand_at(self._place)
            announce(self, text)

    def stand_at(self, place: QRect) -> None:
        """Stand at the top of this place in the parent, as wide as it and as high as the message needs."""
        self._place = place
        self.setGeometry(place.left(), place.top(), place.width(), self.heightForWidth(place.width()))
        self.raise_()

    def _update_icon(self) -> None:
        self.dismiss_button.setIcon(self._theme.icon("x", "muted"))
