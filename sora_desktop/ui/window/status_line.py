"""The bar at the bottom of the window: what is going on, the money, and the totals."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStatusBar

from sora_desktop.state.window_view import WindowView

_HEIGHT = 26  # pixels


class StatusLine(QStatusBar):
    """Shows a WindowView."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusBar")
        self.setAccessibleName("Activity and totals")
        self.setSizeGripEnabled(False)
        self.setFixedHeight(_HEIGHT)
        self.setContentsMargins(12, 0, 12, 0)
        self._activity, self._money, self._totals = map(_label, ("activityLabel", "moneyLabel", "totalsLabel"))
        self._totals.setContentsMargins(16, 0, 0, 0)
        self.addWidget(self._activity)
        self.addPermanentWidget(self._money)
        self.addPermanentWidget(self._totals)

    def render_view(self, view: WindowView) -> None:
        """Show this view."""
        self._money.setText(view.money)
        self._activity.setText(view.activity)
        self._totals.setText(view.totals)


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setObjectName(name)
    return label
