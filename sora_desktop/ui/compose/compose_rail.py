"""What is left of the form while clips are compared: a rail that brings the form back, and folds it again."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.tool_tip import set_tip

_WIDTH = 48  # pixels


class ComposeRail(QFrame):
    """Two buttons that do the same: an arrow, and the name of the form from bottom to top.

    What is dropped on it is meant for the form.
    """

    def __init__(self, theme: Theme, fold_form: QAction, form: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._fold_form = fold_form
        self._form = form
        self.setAcceptDrops(True)
        self.setObjectName("composeRail")
        self.setProperty("ground", "panel")
        self.setFixedWidth(_WIDTH)
        self._expand = QToolButton()
        self._expand.setObjectName("expandComposeButton")
        self._expand.setIconSize(QSize(18, 18))
        self._expand.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._name = _UprightButton(theme)
        line = QFrame()
        line.setObjectName("barDivider")
        line.setFixedSize(24, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(10)
        for part in (self._expand, line, self._name):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self._is_unfolded = False
        self.tab_stops = (self._expand, self._name)
        for button in self.tab_stops:
            bind_button(button, fold_form)
        theme.changed.connect(self._update_icons)
        self.show_form(unfolded=False)

    def show_form(self, *, unfolded: bool) -> None:
        """Say what the buttons do: bring the form back, or fold it again."""
        self._is_unfolded = unfolded
        self._expand.setAccessibleName("Fold the form" if unfolded else "Show the form")
        tip = "Fold the form: the clips get its room" if unfolded else "Show the form beside the clips"
        for button in (self._expand, self._name):
            set_tip(button, tip)
        self._update_icons()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._form.dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._form.dragMoveEvent(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._form.dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._form.dropEvent(event)
        if event.isAccepted() and not self._is_unfolded:
            self._fold_form.trigger()  # what becomes of it is seen there

    def _update_icons(self) -> None:
        self._expand.setIcon(self._theme.icon("caret-double-left" if self._is_unfolded else "caret-double-right"))


class _UprightButton(QToolButton):
    """An icon, and below it a text from bottom to top."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("composeButton")
        self.setText("Compose")
        self.setAccessibleName("Compose")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(32, 36 + self.fontMetrics().horizontalAdvance(self.text()) + 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        high = self.underMouse() or self.hasFocus()
        tone = "text" if high else "muted"
        if self.hasFocus():
            painter.setPen(self._theme.color("accent"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        self._theme.icon("note-pencil", tone).paint(painter, QRect((self.width() - 18) // 2, 8, 18, 18))
        painter.setPen(self._theme.color(tone))
        painter.translate(0, self.height() - 6)
        painter.rotate(-90)
        painter.drawText(QRect(0, 0, self.height() - 36, self.width()), int(Qt.AlignmentFlag.AlignCenter), self.text())
