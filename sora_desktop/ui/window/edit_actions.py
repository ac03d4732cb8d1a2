"""Undo, redo, cut, copy, paste and select all, for the Edit menu."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QMenu, QMenuBar, QTextEdit, QWidget

from sora_desktop.ui.actions.action_list import new_action
from sora_desktop.ui.actions.keys import is_pressed

_Key = QKeySequence.StandardKey


class EditActions(QObject):
    """Act on the text field that has the focus; without one, Undo and Redo act on the library.

    They also do if something was done to the library since the text was last edited. A text field handles the keys
    itself, so that they also work in dialogs. An action is enabled while it applies: its key then reaches nothing else.
    """

    library_undo_requested = Signal()
    library_redo_requested = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._field: QLineEdit | QTextEdit | None = None
        self._of_library: frozenset[QAction] = frozenset()  # what acts on the library though a text field has the focus
        self._library_undo, self._library_redo = "", ""
        self._revision = 0  # of the undo history
        self.undo = self._action("edit.undo", _Key.Undo)
        self.redo = self._action("edit.redo", _Key.Redo)
        self.cut = self._action("edit.cut", _Key.Cut)
        self.copy = self._action("edit.copy", _Key.Copy)
        self.paste = self._action("edit.paste", _Key.Paste)
        self.select_all = self._action("edit.select_all", _Key.SelectAll)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._note_focus)
        self.update()

    def show_library_undo(self, undo: str, redo: str, revision: int = 0) -> None:
        """Name what Undo and Redo would do to the library, such as "Delete"; empty for nothing.

        `revision`: another one if something was done since, which may have the same name as what was done before.
        """
        if (undo, redo, revision) != (self._library_undo, self._library_redo, self._revision):
            self._library_undo, self._library_redo, self._revision = undo, redo, revision
            self._of_library = frozenset({self.redo} if redo else {self.undo} if undo else ())
            self.update()

    def update(self) -> None:
        """Enable and name the actions for the present focus, selection and clipboard."""
        field = self._field
        if field is None:
            self._show_step(self.undo, "Undo", self._library_undo)
            self._show_step(self.redo, "Redo", self._library_redo)
            for action in (self.cut, self.copy, self.paste, self.select_all):
                action.setEnabled(False)
            return
        editable = not field.isReadOnly()
        if isinstance(field, QLineEdit):
            undo, redo = field.isUndoAvailable(), field.isRedoAvailable()
            selected = field.hasSelectedText() and field.echoMode() == QLineEdit.EchoMode.Normal
            paste, text = bool(QGuiApplication.clipboard().text()), field.text()
        else:
            undo, redo = field.document().isUndoAvailable(), field.document().isRedoAvailable()
            selected = field.textCursor().hasSelection()
            paste, text = field.canPaste(), "" if field.document().isEmpty() else "some"
        for action, text, enabled, of_library in (
            (self.undo, "Undo", undo, self._library_undo),
            (self.redo, "Redo", redo, self._library_redo),
        ):
            if action in self._of_library:
                self._show_step(action, text, of_library)
            else:
                action.setText(text)
                action.setEnabled(enabled)
        self.cut.setEnabled(selected and editable)
        self.copy.setEnabled(selected)
        self.paste.setEnabled(paste and editable)
        self.select_all.setEnabled(bool(text))

    @property
    def all(self) -> list[QAction]:
        return [self.undo, self.redo, self.cut, self.copy, self.paste, self.select_all]

    def _action(self, id: str, key: _Key) -> QAction:
        """An action with the system's keys, and that of the table."""
        action = new_action(id, self)
        of_system = QKeySequence.keyBindings(key)
        action.setShortcuts([*of_system, *(own for own in action.shortcuts() if own not in of_system)])
        action.setAutoRepeat(False)  # one press is one step of the library; text fields repeat by themselves
        action.triggered.connect(lambda _: self._run(action))
        return action

    def _show_step(self, action: QAction, text: str, of_library: str) -> None:
        action.setText(f"{text} {of_library}".rstrip())
        action.setEnabled(bool(of_library))

    def _run(self, action: QAction) -> None:
        field = self._field
        if field is None or action in self._of_library:
            (self.library_undo_requested if action is self.undo else self.library_redo_requested).emit()
        elif action is self.undo:
            field.undo()
        elif action is self.redo:
            field.redo()
        elif action is self.cut:
            field.cut()
        elif action is self.copy:
            field.copy()
        elif action is self.paste:
            field.paste()
        else:
            field.selectAll()

    def _note_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        """Remember the text field of the window. A menu or the palette that takes the focus does not count."""
        if now is None or isinstance(now, QMenu | QMenuBar) or now.window() is not self._window:
            return
        if now.property("passing"):
            return
        field = now.findChild(QLineEdit) if isinstance(now, QAbstractSpinBox) else now
        before, self._field = self._field, field if isinstance(field, QLineEdit | QTextEdit) else None
        if before is not self._field:
            if before is not None:
                before.removeEventFilter(self)
                before.textChanged.disconnect(self._note_edit)
            if self._field is not None:
                self._field.installEventFilter(self)
                self._field.textChanged.connect(self._note_edit)
            self._of_library = frozenset()
        self.update()

    def _note_edit(self) -> None:
        """From now on, the text is what was changed last."""
        if self._of_library:
            self._of_library = frozenset()
            self.update()

    def eventFilter(self, field: QObject, event: QEvent) -> bool:
        """Keep a key of the library from the text field, which would take it for its own."""
        if event.type() is not QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if any(is_pressed(key, event) for action in self._of_library for key in action.shortcuts()):
            event.ignore()
            return True
        return False
