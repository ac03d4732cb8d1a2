"""One sentence over the whole window, until it is dismissed."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton

from sora_desktop.ui.theme import Theme, set_property


class NoticeBar(QFrame):
    """Shows the latest notice. Hidden while there is none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("noticeBar")
        self._words = QLabel()
        self._words.setObjectName("noticeLabel")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._dismiss = QToolButton()
        self._dismiss.setObjectName("noticeDismissButton")
        self._dismiss.setAccessibleName("Dismiss this notice")
        self._dismiss.setToolTip("Dismiss")
        self._dismiss.setIconSize(QSize(16, 16))
        self._dismiss.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 5, 8, 5)
        row.addWidget(self._words, 1)
        row.addWidget(self._dismiss)
        self.hide()
        theme.changed.connect(self._tint)
        self._tint()

    @property
    def text(self) -> str:
        return self._words.text()

    def show_notice(self, text: str, tone: str) -> None:
        """Show this sentence; an empty one hides the bar."""
        self._words.setText(text)
        self._words.setAccessibleName(f"Notice: {text}")
        set_property(self._words, "tone", tone)
        self.setVisible(bool(text))

    def _tint(self) -> None:
        self._dismiss.setIcon(self._theme.icon("x", "muted"))
