"""The bar of a review below the compared clips: which one is better, and at the end the order."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QWidget

from sora_desktop.state.knockout import Preference
from sora_desktop.state.review_view import ReviewView
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.announcement import announce
from sora_desktop.ui.widgets.elided_label import ElidedLabel
from sora_desktop.ui.widgets.tool_tip import set_tip

_KEYS = {
    Qt.Key.Key_1: Preference.FIRST,
    Qt.Key.Key_Left: Preference.FIRST,
    Qt.Key.Key_2: Preference.SECOND,
    Qt.Key.Key_Right: Preference.SECOND,
    Qt.Key.Key_0: Preference.TIE,
}
_ICON = QSize(16, 16)
_NARROW = 620  # pixels; below this width the buttons are short


class ReviewBar(QFrame):
    """Shows a ReviewView and emits the user's decisions. Its keys work wherever the focus is in the compared clips."""

    decided = Signal(Preference)
    undo_requested = Signal()
    pick_requested = Signal()  # the first of the order
    reject_requested = Signal()  # all others
    ended = Signal()  # by its button, or since the compared clips were left

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("reviewBar")
        self.setAccessibleName("Review takes")
        self._theme = theme
        self._view = ReviewView()
        self._text = ElidedLabel()
        self._text.setObjectName("reviewText")
        self._first = _button("reviewFirst", "A is better", "1 or ←")
        self._second = _button("reviewSecond", "B is better", "2 or →")
        self._tie = _button("reviewTie", "Can't decide", "0; they keep their order")
        self._pick = _button("reviewPick", "Pick the first", "")
        self._reject = _button("reviewReject", "Reject the rest", "")
        self._undo = _tool("reviewUndo", "Back to the last decision", "Backspace")
        self._end = _tool("reviewEnd", "End the review", "")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        for button in self.buttons():
            row.addWidget(button)
        for button, verdict in (
            (self._first, Preference.FIRST),
            (self._second, Preference.SECOND),
            (self._tie, Preference.TIE),
        ):
            button.clicked.connect(lambda _=False, verdict=verdict: self.decided.emit(verdict))
        self._pick.clicked.connect(self.pick_requested)
        self._reject.clicked.connect(self.reject_requested)
        self._undo.clicked.connect(self.undo_requested)
        self._end.clicked.connect(self.ended)
        theme.changed.connect(self._update_icons)
        self._update_icons()
        self.hide()

    def watch_keys(self, panel: QWidget) -> None:
        """Take the keys that no part of the panel wants."""
        panel.installEventFilter(self)

    def render_view(self, view: ReviewView) -> None:
        """Show the bar with this view."""
        self._view = view
        self._text.show_text(view.text)
        set_tip(self._text, view.tip)
        for button in (self._first, self._second, self._tie):
            button.setVisible(not view.is_done)
        self._pick.setVisible(view.is_done)
        self._reject.setVisible(view.is_done)
        self._undo.setEnabled(view.can_undo)
        self.show()
        announce(self, view.text)

    def buttons(self) -> tuple[QPushButton | QToolButton, ...]:
        """The buttons from left to right, for the tab order."""
        return self._first, self._second, self._tie, self._pick, self._reject, self._undo, self._end

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress or self.isHidden():
            return False
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        verdict = _KEYS.get(Qt.Key(event.key()))
        if verdict is not None and not self._view.is_done:
            if not event.isAutoRepeat():
                self.decided.emit(verdict)
            return True
        if event.key() == Qt.Key.Key_Backspace and self._view.can_undo:
            if not event.isAutoRepeat():
                self.undo_requested.emit()
            return True
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous() and not self.isHidden():  # the panel around it was hidden
            self.ended.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < _NARROW
        self._first.setText("A" if narrow else "A is better")
        self._second.setText("B" if narrow else "B is better")

    def _update_icons(self) -> None:
        self._first.setIcon(self._theme.icon("arrow-left", "text"))
        self._second.setIcon(self._theme.icon("arrow-right", "text"))
        self._pick.setIcon(self._theme.icon("flag-fill", "ok"))
        self._reject.setIcon(self._theme.icon("x-circle-fill", "error"))
        self._undo.setIcon(self._theme.icon("arrow-u-up-left", "muted"))
        self._end.setIcon(self._theme.icon("x", "muted"))


def _button(name: str, text: str, keys: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    set_tip(button, f"{text} ({keys})" if keys else text)
    button.setAutoDefault(False)
    button.setIconSize(_ICON)
    button.setFixedHeight(34)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # no focus by a click: the keys of the clips must go on to work
    return button


def _tool(name: str, text: str, keys: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setAccessibleName(text)
    set_tip(button, f"{text} ({keys})" if keys else text)
    button.setIconSize(_ICON)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
