"""The bar of a review below the compared clips: which one is the best, and at the end the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QFrame, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.differences import LETTERS
from sora_desktop.state.knockout import TWO_AT_ONCE
from sora_desktop.state.review_view import ReviewView
from sora_desktop.ui.actions.action_list import id_of
from sora_desktop.ui.actions.action_table import SPECS
from sora_desktop.ui.actions.keys import key_texts, sequences_of, spoken_keys
from sora_desktop.ui.compare.review_actions import AT_ONCE, ReviewActions
from sora_desktop.ui.compare.review_order import ReviewOrder
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.announcement import announce
from sora_desktop.ui.widgets.choice_row import ChoiceRow
from sora_desktop.ui.widgets.elided_label import ElidedLabel
from sora_desktop.ui.widgets.key_button import KeyButton
from sora_desktop.ui.widgets.round_corners import round_menu
from sora_desktop.ui.widgets.tool_tip import set_tip

_ICON = QSize(16, 16)
_EDGE, _GAP = 16, 8  # pixels, as all sizes here
_TEXT = 220  # what the text needs beside the buttons, if it is so long
_LOW = 520  # below this height of the panel, the pictures need the room of a second row


class ReviewBar(QFrame):
    """Shows a ReviewView. Its buttons trigger actions; their keys act wherever the focus is in the compared clips."""

    clip_chosen = Signal(object)  # JobId, of the order
    left = Signal()  # the compared clips were left, or others are compared

    def __init__(self, theme: Theme, actions: ReviewActions, poster_of: Callable[[Job], QPixmap | None]) -> None:
        super().__init__()
        self.setObjectName("reviewBar")
        self.setAccessibleName("Review takes")
        self._theme = theme
        self._actions = actions
        self._view = ReviewView()
        self._panel: QWidget = self
        self._order = ReviewOrder(theme, poster_of)
        self._text = _label("reviewText")
        self._text.setProperty("weight", "medium")
        self._progress = _label("reviewProgress")
        self._progress.setProperty("tone", "muted")
        self._progress.setProperty("fontSize", "small")
        self._choose = tuple(self._button(f"reviewBest{letter}", action) for letter, action in self._choices())
        self._equal = self._button(
            "reviewEqual", actions.equal, "Equal", "They share a rank, and are not asked about again"
        )
        options = [(str(number), text) for number, text in AT_ONCE.items()]
        self._at_once = ChoiceRow("reviewAtOnce", "Clips at once", options, click_focuses=False)
        self._at_once.setFixedSize(112, 34)
        set_tip(self._at_once, "Clips in one question: four need fewer questions, two are easier to judge")
        self._back = self._tool("reviewBack", actions.back)
        self._finish = self._button("reviewFinish", actions.finish, "Finish", "Show the order as far as it is known")
        self._go_on = self._button("reviewGoOn", actions.go_on, "Go on", "Go on with the questions")
        self._pick = self._button("reviewPick", actions.pick)
        self._more = self._tool("reviewPickMore", None, "Pick more")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._more)
        self._menu.setObjectName("reviewPickMenu")
        round_menu(self._menu)
        self._more.setMenu(self._menu)
        self._reject = self._button("reviewReject", actions.reject)
        self._export = self._button(
            "reviewExport", actions.export, "Export picks…", "Copy the picked clips into a folder"
        )
        self._again = self._tool("reviewAgain", actions.again)
        self._end = self._tool("reviewEnd", actions.end, "End the review. The answers are kept")
        self._build_layout()
        self._order.clip_chosen.connect(self.clip_chosen)
        for button, action in zip(self._at_once.buttons(), actions.numbers.values(), strict=True):
            bind_button(button, action)
        theme.changed.connect(self._update_icons)
        self._update_icons()
        self.hide()

    def watch_keys(self, panel: QWidget) -> None:
        """Take the keys that no part of the panel wants, and less room in a low one."""
        self._panel = panel
        panel.installEventFilter(self)

    def render_view(self, view: ReviewView, shown: Sequence[JobId]) -> None:
        """Show the bar with this view. `shown`: the clips whose pictures are on screen."""
        before, self._view = self._view, view
        asks, actions = bool(view.choices), self._actions
        self._text.show_text(view.text)
        self._progress.show_text(view.progress)
        for number, (button, action) in enumerate(zip(self._choose, actions.choose, strict=True)):
            action.setEnabled(number < len(view.choices))
            button.setVisible(number < len(view.choices))
        for action, enabled in (
            (actions.equal, asks),
            (actions.back, view.can_undo),
            (actions.finish, asks and view.can_undo),
            (actions.go_on, view.can_go_on),
            (actions.pick, view.can_pick),
            (actions.reject, bool(view.reject)),
            (actions.export, view.can_export),
            (actions.again, not asks),
            (actions.end, True),
        ):
            action.setEnabled(enabled)
        actions.show_at_once(view.at_once, can_change=view.can_change_at_once)
        actions.show_picks(view.more_picks)
        for part, is_shown in (
            (self._order, not asks),
            (self._equal, asks),
            (self._at_once, view.can_change_at_once),
            (self._finish, asks),
            (self._go_on, view.can_go_on),
            (self._pick, not asks),
            (self._more, bool(view.more_picks)),
            (self._reject, not asks),
            (self._export, not asks),
            (self._again, not asks),
        ):
            part.setVisible(is_shown)
        self._pick.show_text(view.pick)
        self._reject.show_text(view.reject or "Reject the rest")
        self._order.show_ranking(view.ranking, shown)
        self._menu.clear()
        self._menu.addActions(actions.picks)
        self._arrange()
        self.show()
        if (view.text, view.progress) != (before.text, before.progress):
            announce(self, f"{view.text} {view.progress}")

    def buttons(self) -> list[QWidget]:
        """What can have the focus, for the tab order."""
        asking = (*self._choose, self._equal, *self._at_once.buttons(), self._back, self._finish, self._go_on)
        return [self._order, *asking, self._pick, self._more, self._reject, self._export, self._again, self._end]

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._arrange()
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress or self.isHidden():
            return False
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        action = self._action_of(Qt.Key(event.key()))
        if action is None or not action.isEnabled():
            return False
        if not event.isAutoRepeat():
            action.trigger()
        return True

    def _action_of(self, key: Qt.Key) -> QAction | None:
        """The action of a key. Arrows choose while two clips at a time are asked about, and else step."""
        actions = self._actions
        by_key = {Qt.Key.Key_0: actions.equal, Qt.Key.Key_Backspace: actions.back}
        by_key |= {Qt.Key(Qt.Key.Key_1 + number): action for number, action in enumerate(actions.choose)}
        if self._view.choices and self._view.at_once == TWO_AT_ONCE:
            by_key |= {Qt.Key.Key_Left: actions.choose[0], Qt.Key.Key_Right: actions.choose[1]}
        return by_key.get(key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _choices(self) -> list[tuple[str, QAction]]:
        return list(zip(LETTERS, self._actions.choose, strict=True))

    def _build_layout(self) -> None:
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addStretch(1)
        text.addWidget(self._text)
        text.addWidget(self._progress)
        text.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(_GAP)
        buttons.addStretch(1)
        for part in (*self._choose, self._equal, self._at_once, self._back, self._finish, self._go_on):
            buttons.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        for part in (self._pick, self._more, self._reject, self._export, self._again, self._end):
            buttons.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        self._buttons = buttons
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(_GAP)
        self._row.addLayout(text, 1)
        self._row.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(_EDGE, 10, _EDGE, 10)
        column.setSpacing(_GAP)
        column.addWidget(self._order)
        column.addLayout(self._row)

    def _arrange(self) -> None:
        """Use the room: the text beside the buttons or above them, keys and words on the buttons as far as they fit."""
        room = self.width() - 2 * _EDGE
        is_low = self._is_low()
        self._order.set_low(is_low)
        tries = [(True, True, True), (True, False, True)]
        tries += [(True, False, False)] if is_low else []
        tries += [(False, True, True), (False, False, True), (False, False, False)]
        for beside, with_keys, with_words in tries:
            self._show_words(with_keys=with_keys, with_words=with_words)
            if self._needed() + (self._text_width() if beside else 0) <= room:
                break
        directions = QBoxLayout.Direction
        self._row.setDirection(directions.LeftToRight if beside else directions.TopToBottom)

    def _is_low(self) -> bool:
        """True if the pictures need the room; on the full screen, they have it."""
        return self.parentWidget() is self._panel and self._panel.height() < _LOW

    def _text_width(self) -> int:
        """What the text needs beside the buttons."""
        widest = max(label.fontMetrics().horizontalAdvance(label.text()) for label in (self._text, self._progress))
        return min(widest + 1, _TEXT) + _GAP

    def _needed(self) -> int:
        """The width of the buttons."""
        self._buttons.invalidate()
        return self._buttons.minimumSize().width()

    def _show_words(self, *, with_keys: bool, with_words: bool) -> None:
        pair = len(self._view.choices) == TWO_AT_ONCE and with_words
        for letter, button in zip(LETTERS, self._choose, strict=True):
            button.setText(f"{letter} is better" if pair else letter)
        self._export.setText("Export picks…" if with_words else "Export…")
        self._reject.setText((self._view.reject or "Reject the rest") if with_words else "Reject")
        self._pick.setText(self._view.pick if with_words else "Pick")
        for button in self._key_buttons():
            button.set_keys_visible(with_keys)

    def _key_buttons(self) -> tuple[KeyButton, ...]:
        return (*self._choose, self._equal, self._finish, self._go_on, self._pick, self._reject, self._export)

    def _button(self, name: str, action: QAction, text: str = "", tip: str = "") -> KeyButton:
        keys = sequences_of(SPECS[id_of(action)].part_keys)
        tip = _with_keys(tip or action.text(), spoken_keys(keys))
        caps = [key_texts(key)[0] for key in keys[:1]]
        button = KeyButton(self._theme, name, text or action.text(), tip, fixed_keys=caps)
        button.setAccessibleName(action.text().rstrip("…"))
        set_tip(button, tip)
        bind_button(button, action)
        return button

    def _tool(self, name: str, action: QAction | None, tip: str = "") -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        text = action.text() if action is not None else tip
        keys = "" if action is None else spoken_keys(sequences_of(SPECS[id_of(action)].part_keys))
        button.setAccessibleName(text)
        set_tip(button, _with_keys(tip or text, keys))
        button.setIconSize(_ICON)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if action is not None:
            bind_button(button, action)
        return button

    def _update_icons(self) -> None:
        icons: list[tuple[QAbstractButton, str, str]] = [
            (self._back, "arrow-u-up-left", "text"),
            (self._go_on, "play", "text"),
            (self._pick, "flag-fill", "ok"),
            (self._more, "caret-down", "text"),
            (self._reject, "x-circle-fill", "error"),
            (self._export, "export", "text"),
            (self._again, "arrow-clockwise", "text"),
            (self._end, "x", "text"),
        ]
        for button, icon, tone in icons:
            button.setIcon(self._theme.icon(icon, tone))
        self._arrange()


def _with_keys(text: str, keys: str) -> str:
    return f"{text} ({keys})" if keys else text


def _label(name: str) -> ElidedLabel:
    label = ElidedLabel()
    label.setObjectName(name)
    return label
