"""Takes new keys for an action from the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from sora_desktop.ui.actions.action_list import ActionList, id_of, lasting_name
from sora_desktop.ui.actions.action_table import FIXED_KEYS, SPECS
from sora_desktop.ui.actions.keys import is_usable, recorded, sequences_of, spoken_keys
from sora_desktop.ui.theme import set_property
from sora_desktop.ui.widgets.announcement import announce
from sora_desktop.ui.widgets.check_box import CheckBox


class KeyRecorder(QFrame):
    """Waits for a key, and gives it to the action; a key that another action has only after a second click.

    Escape leaves. Tab goes to the buttons.
    """

    finished = Signal()

    def __init__(self, actions: ActionList, action: QAction) -> None:
        super().__init__()
        self._actions = actions
        self._action = action
        self._id = id_of(action)
        self._wanted: QKeySequence | None = None  # the key of another action
        self.setObjectName("keyRecorder")
        self.setProperty("kind", "recorder")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._text = QLabel()
        self._text.setObjectName("keyRecorderText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._add = CheckBox("Keep its other keys as well")
        self._add.setObjectName("keyAddCheck")
        self._add.setVisible(bool(action.shortcuts()))
        self._take = _button("Take it", "keyTakeButton")
        self._take.clicked.connect(lambda _: self._take_wanted())
        none = _button("No keys", "keyNoneButton")
        none.clicked.connect(lambda _: self._choose([]))
        none.setVisible(bool(action.shortcuts()))
        cancel = _button("Cancel", "keyCancelButton")
        cancel.clicked.connect(lambda _: self.finished.emit())
        #: The focusable widgets, for the tab order.
        self.tab_stops: tuple[QWidget, ...] = (self, self._add, self._take, none, cancel)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._add)
        buttons.addStretch(1)
        for button in (self._take, none, cancel):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(10)
        column.addWidget(self._text)
        column.addLayout(buttons)
        self._ask("Press the new keys. Esc leaves them as they are.")

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # whatever the key does otherwise
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.finished.emit()
            return
        key = recorded(event)
        if key is None:
            return
        user = self._actions.user_of(key, self._id)
        if not is_usable(key):
            self._ask(f"{spoken_keys([key])} moves the focus or closes windows. Press other keys.")
        elif key in _unchangeable() or (user is not None and SPECS[id_of(user)].fixed):
            self._ask(f"{spoken_keys([key])} always does the same, everywhere. Press other keys.")
        elif user is not None:
            self._wanted = key
            name = lasting_name(user)
            self._take.setText(f"Take it from “{name}”")
            self._ask(f"{spoken_keys([key])} is the key of “{name}”. Take it from there, or press other keys.")
        else:
            self._choose([key])

    def _ask(self, text: str) -> None:
        self._text.setText(text)
        self._take.setVisible(self._wanted is not None)
        set_property(self._text, "tone", "warn" if self._wanted is not None else "text")
        self.setAccessibleName(f"New keys for {lasting_name(self._action)}. {text}")
        if self.isVisible():
            announce(self, text)

    def _take_wanted(self) -> None:
        if self._wanted is not None:
            self._choose([self._wanted])

    def _choose(self, keys: list[QKeySequence]) -> None:
        others = [key for key in self._action.shortcuts() if key not in keys] if self._add.isChecked() and keys else []
        self._actions.choose_keys(self._id, [*keys, *others])
        self.finished.emit()


def _unchangeable() -> list[QKeySequence]:
    return sequences_of([key for *_, keys in FIXED_KEYS for key in keys])


def _button(text: str, name: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAutoDefault(True)  # Return presses the one that has the focus
    return button
