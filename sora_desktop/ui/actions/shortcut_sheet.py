"""The list of keyboard shortcuts, in which they are changed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from sora_desktop.state.action_search import fit_of
from sora_desktop.ui.actions.action_list import ActionList, id_of, lasting_name
from sora_desktop.ui.actions.action_table import FIXED_KEYS, SPECS, ActionGroup
from sora_desktop.ui.actions.key_recorder import KeyRecorder
from sora_desktop.ui.actions.keys import key_texts, sequences_of, spoken_keys
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.announcement import announce
from sora_desktop.ui.widgets.key_chips import KeyChips
from sora_desktop.ui.widgets.tab_order import chain
from sora_desktop.ui.widgets.text_field import TextField

#: Pixels: the dialog, and what is left of the screen's height for its frame.
_WIDTH, _HEIGHT, _FRAME = 620, 720, 40


class ShortcutSheet(QDialog):
    """Lists every action with its keys, by group, and changes them in place. It is deleted when it is closed."""

    def __init__(self, window: QWidget, theme: Theme, actions: ActionList) -> None:
        super().__init__(window)
        self._theme = theme
        self._actions = actions
        self._recorder: KeyRecorder | None = None
        self._before_reset: dict[str, str] | None = None
        self.setObjectName("keysDialog")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._search = TextField()
        self._search.setObjectName("keysSearch")
        self._search.setAccessibleName("Search actions and keys")
        self._search.setPlaceholderText("Search actions and keys")
        self._search.textChanged.connect(lambda _: self._filter())
        self._rows = [_Row(theme, lasting_name(action), SPECS[id_of(action)].group, action) for action in actions]
        self._rows += [_Row(theme, text, group, None, keys) for group, text, keys in FIXED_KEYS]
        self._headings: dict[str, QLabel] = {}
        self._none = QLabel("No action has this name or key.")
        self._none.setObjectName("keysNone")
        set_property(self._none, "tone", "muted")
        self._reset = QPushButton()
        self._reset.setObjectName("keysResetAllButton")
        self._reset.setAutoDefault(False)
        self._reset.clicked.connect(lambda _: self._reset_or_undo())
        self._build_layout()
        actions.keys_changed.connect(self._show_keys)
        self._show_keys()
        self._filter()

    def open(self) -> None:
        room = self.screen().availableSize().height() - _FRAME
        self.resize(_WIDTH, min(_HEIGHT, room))
        super().open()
        self._search.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses the button that has the focus, and nothing from the search field."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif isinstance(focused := self.focusWidget(), QPushButton):
            focused.click()

    def _build_layout(self) -> None:
        table = QWidget()
        table.setObjectName("scrolled")
        self._column = QVBoxLayout(table)
        self._column.setContentsMargins(0, 0, 12, 0)
        self._column.setSpacing(0)
        for group in ActionGroup:
            rows = [row for row in self._rows if row.group == group]
            if not rows:
                continue
            heading = self._headings[group] = QLabel(group)
            heading.setTextFormat(Qt.TextFormat.PlainText)
            heading.setProperty("weight", "bold")
            heading.setContentsMargins(0, 12, 0, 4)
            self._column.addWidget(heading)
            for row in rows:
                row.change_requested.connect(lambda _=False, row=row: self._record(row))
                row.reset_requested.connect(lambda _=False, row=row: self._reset_row(row))
                self._column.addWidget(row)
        self._column.addWidget(self._none)
        self._column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(table)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        note = QLabel("Keys without Ctrl or Alt act while no text field has the focus.")
        note.setProperty("fontSize", "small")
        set_property(note, "tone", "muted")
        close = QPushButton("Close")
        close.setObjectName("keysCloseButton")
        close.setAutoDefault(False)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(self._reset)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 12, 20)
        column.setSpacing(12)
        for part in (self._search, self._scroll, note):
            column.addWidget(part, 1 if part is self._scroll else 0)
        column.addLayout(buttons)

    def _filter(self) -> None:
        """Show the rows that fit what was typed: words of the action, or keys such as "ctrl+e"."""
        typed = self._search.text()
        for row in self._rows:
            row.setVisible(fit_of(typed, row.text, row.group) is not None or row.has_key_like(typed))
        for group, heading in self._headings.items():
            heading.setVisible(any(not row.isHidden() for row in self._rows if row.group == group))
        self._none.setVisible(all(row.isHidden() for row in self._rows))

    def _record(self, row: _Row) -> None:
        self._end_recording()
        assert row.action is not None
        self._recorder = recorder = KeyRecorder(self._actions, row.action)
        recorder.finished.connect(lambda: self._end_recording(row))
        self._column.insertWidget(self._column.indexOf(row) + 1, recorder)
        chain((row.change_button, *recorder.tab_stops))
        recorder.show()
        recorder.setFocus(Qt.FocusReason.OtherFocusReason)
        QTimer.singleShot(0, recorder, lambda: self._scroll.ensureWidgetVisible(recorder))  # once it has its place

    def _reset_row(self, row: _Row) -> None:
        """Give a row its default keys; after a second click those that other actions have."""
        taken = self._actions.takers(row.id)
        if taken and not row.asks:
            row.ask(" ".join(f"{spoken_keys([key])} is the key of “{lasting_name(user)}” now." for key, user in taken))
        else:
            self._actions.reset_keys(row.id)
            row.focus_button()

    def _end_recording(self, row: _Row | None = None) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.setParent(None)  # its parts are found by their names until Qt deletes it
            recorder.deleteLater()
        if row is not None:
            row.focus_button()

    def _show_keys(self) -> None:
        for row in self._rows:
            if row.action is not None:
                keys = row.action.shortcuts() or sequences_of(SPECS[row.id].part_keys)
                row.show_keys(keys, changed=self._actions.has_chosen_keys(row.id))
        changed = bool(self._actions.chosen_keys)
        if changed:
            self._before_reset = None
        self._reset.setText("Reset all" if self._before_reset is None else "Undo reset")
        self._reset.setEnabled(changed or self._before_reset is not None)

    def _reset_or_undo(self) -> None:
        self._end_recording()
        if self._before_reset is None:
            self._before_reset = self._actions.chosen_keys
            self._actions.reset_all_keys()
        else:
            before, self._before_reset = self._before_reset, None
            self._actions.load_keys(before)


class _Row(QFrame):
    """An action, its keys, and the buttons that change them."""

    def __init__(
        self, theme: Theme, text: str, group: ActionGroup, action: QAction | None, keys: Sequence[str] = ()
    ) -> None:
        """`action` is None for keys that are not those of an action."""
        super().__init__()
        self._theme = theme
        self.text, self.group, self.action = text, group, action
        self.id = "" if action is None else id_of(action)
        self._keys: list[QKeySequence] = []
        self._default = spoken_keys(sequences_of(SPECS[self.id].keys)) or "no keys" if self.id else ""
        name = QLabel(text)
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setWordWrap(True)
        self._chips = QHBoxLayout()
        self._chips.setSpacing(6)
        self._reset, self._change = QPushButton("Reset", self), QPushButton("Change", self)
        for button, object_name in ((self._change, f"keyButton:{self.id}"), (self._reset, f"keyReset:{self.id}")):
            button.setObjectName(object_name)
            button.setProperty("kind", "quiet")
            button.setAutoDefault(False)
        self.change_requested, self.reset_requested = self._change.clicked, self._reset.clicked
        self._reset.hide()
        self.asks = False  # whether to take keys from other actions
        self._note = QLabel()  # on the default keys
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setObjectName(f"keyNote:{self.id}")
        self._note.setProperty("fontSize", "small")
        self._note.setWordWrap(True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._note.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        row.addWidget(name, 1)
        row.addWidget(self._note, 1)
        row.addLayout(self._chips)
        if action is None or SPECS[self.id].fixed:
            self._change.hide()
            fixed = QLabel("fixed")
            fixed.setProperty("fontSize", "small")
            set_property(fixed, "tone", "muted")
            row.addWidget(fixed)
        else:
            row.addWidget(self._reset)
            row.addWidget(self._change)
        self.show_keys(sequences_of(keys), changed=False)

    def show_keys(self, keys: Sequence[QKeySequence], *, changed: bool) -> None:
        """Show the keys. `changed`: they are not the default."""
        self._reset.setVisible(changed)
        self._show_note("" if not changed else f"default: {self._default}", asks=False)
        if list(keys) == self._keys:
            return
        self._keys = list(keys)
        while self._chips.count():
            old = self._chips.takeAt(0)
            widget = None if old is None else old.widget()
            if widget is not None:
                widget.deleteLater()
        for place, key in enumerate(keys):
            if place:
                between = QLabel("or")
                set_property(between, "tone", "muted")
                self._chips.addWidget(between)
            self._chips.addWidget(KeyChips(self._theme, key_texts(key)))
        spoken = spoken_keys(keys) or "no keys"
        self._change.setAccessibleName(f"Change keys of {self.text}: {spoken}")
        self._reset.setAccessibleName(f"Reset keys of {self.text}")

    def ask(self, text: str) -> None:
        """Say which actions have the default keys. The next click on the button takes them."""
        self._show_note(text, asks=True)
        announce(self._reset, text)

    def _show_note(self, text: str, *, asks: bool) -> None:
        self.asks = asks
        self._note.setText(text)
        self._note.setVisible(bool(text))
        set_property(self._note, "tone", "warn" if asks else "muted")
        self._reset.setText("Take back" if asks else "Reset")
        self._reset.setAccessibleDescription(text)

    def has_key_like(self, typed: str) -> bool:
        """True if what was typed is part of a key, such as "ctrl+e" or "Space"."""
        wanted = typed.strip().casefold()
        keys = (key.toString(QKeySequence.SequenceFormat.NativeText).casefold() for key in self._keys)
        return bool(wanted) and any(wanted == key or (len(wanted) > 1 and wanted in key) for key in keys)

    @property
    def change_button(self) -> QPushButton:
        return self._change

    def focus_button(self) -> None:
        self._change.setFocus(Qt.FocusReason.OtherFocusReason)
