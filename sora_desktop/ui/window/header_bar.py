"""The top of the window: name, menus, service and balance."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenuBar, QSizePolicy, QStyle, QStyleOptionFrame, QWidget

from sora_desktop.ui.theme import Theme

_LEAST_WIDTH = 72  # pixels of a pill
_BEFORE_TEXT, _AFTER_TEXT = 25, 11  # pixels: padding and border, as in the stylesheet, and the indent of a label


class Pill(QLabel):
    """A short text in a pill, after a mark: a dot in the color of a tone, or a diamond for money.

    A text that does not fit is elided in its middle: at the end may stand what is wrong. An amount is never cut.
    """

    def __init__(self, theme: Theme, name: str, title: str, *, diamond: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self._title = title
        self._tone = "muted"
        self._diamond = diamond
        self.setObjectName(name)
        self.setProperty("kind", "pill")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.hide()
        theme.changed.connect(self.update)

    @property
    def tone(self) -> str:
        """The tone of the mark."""
        return self._tone

    def show_text(self, text: str, tone: str) -> None:
        """Show this text; an empty one hides the pill."""
        if (text, tone) == (self.text(), self._tone):
            return
        self._tone = tone
        self.setText(text)
        self.setAccessibleName(f"{self._title}: {text}")
        self.setVisible(bool(text))
        self.update()

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return hint if self._diamond else QSize(_LEAST_WIDTH, hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        frame = QStyleOptionFrame()
        self.initStyleOption(frame)
        self.style().drawControl(QStyle.ControlElement.CE_ShapedFrame, frame, painter, self)
        place = self.rect().adjusted(_BEFORE_TEXT, 0, -_AFTER_TEXT, 0)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, place.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), shown)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self._theme.color(self._tone)
        middle = QPointF(14.5, self.height() / 2)
        if self._diamond:
            painter.setPen(QPen(ink, 1.1))
            for reach in (4.6, 1.8):
                tips = (QPointF(0, -reach), QPointF(reach, 0), QPointF(0, reach), QPointF(-reach, 0))
                painter.drawPolygon(QPolygonF([middle + tip for tip in tips]))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(middle, 3.5, 3.5)
        painter.end()


class HeaderBar(QFrame):
    """Holds the menu bar beside the name of the program."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("headerBar")
        self.setFixedHeight(40)
        title = QLabel("Sora Desktop")
        title.setObjectName("windowTitle")
        self.menus = QMenuBar()
        self.menus.setAccessibleName("Menus")
        self.menus.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Minimum)  # the pills give way
        self.service = Pill(theme, "serviceBadge", "Service")
        self.balance = Pill(theme, "balanceLabel", "Balance", diamond=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(6)
        row.addWidget(title)
        row.addWidget(self.menus, 1, Qt.AlignmentFlag.AlignVCenter)
        pills = QHBoxLayout()
        pills.setSpacing(14)
        for pill in (self.service, self.balance):
            pills.addWidget(pill, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(pills)
