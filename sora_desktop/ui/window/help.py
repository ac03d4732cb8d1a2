"""The list of keyboard shortcuts."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

#: Pixels of the screen's height that are left for the frame of the dialog.
_FRAME = 40

SHORTCUTS = (
    ("Generate", "Ctrl+Return"),
    ("Play the selected video, or show its state", "Return"),
    ("Menu of the selected video", "Shift+F10"),
    ("Play or pause", "Space or K"),
    ("Previous frame, next frame", ", and . (← and → when paused)"),
    ("Play backward, stop, play forward (press again: faster)", "J, K, L"),
    ("Set start of range, set end, clear", "I, O, Alt+X"),
    ("Loop", "Shift+L"),
    ("Slower, faster; half speed, double speed; normal speed", "[ and ]; { and }; Backspace"),
    ("Mute", "M"),
    ("Copy this frame", "Ctrl+Shift+C"),
    ("Continue from this frame", "Ctrl+Right"),
    ("Star, pick, reject (again: remove); clear marks", "S, P, X; U"),
    ("Move to Trash; in the Trash, delete permanently", "Delete"),
    ("Undo, redo", "Ctrl+Z, Ctrl+Shift+Z"),
    ("Full screen picture", "F (Esc leaves)"),
    ("Full screen window", "F11"),
    ("Search prompts", "Ctrl+F"),
    ("Choose a reference image", "Ctrl+O"),
    ("Export", "Ctrl+E"),
    ("Pause queue", "Ctrl+Shift+P"),
    ("Refresh balance", "F5"),
    ("Go to prompt", "Ctrl+P"),
    ("Go to the list", "Ctrl+L"),
    ("Settings", "Ctrl+,"),
    ("Quit", "Ctrl+Q"),
)


def open_shortcuts(parent: QWidget) -> QDialog:
    """Open the list of keyboard shortcuts. Does not block."""
    dialog = QDialog(parent)
    dialog.setObjectName("keysDialog")
    dialog.setWindowTitle("Keyboard shortcuts")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    table = QWidget()
    table.setObjectName("scrolled")
    grid = QGridLayout(table)
    grid.setContentsMargins(0, 0, 16, 0)
    grid.setHorizontalSpacing(32)
    grid.setVerticalSpacing(8)
    for row, (action, keys) in enumerate(SHORTCUTS):
        what = QLabel(action)
        what.setTextFormat(Qt.TextFormat.PlainText)
        what.setProperty("tone", "muted")
        grid.addWidget(what, row, 0)
        grid.addWidget(QLabel(keys), row, 1)
    scroll = QScrollArea()
    scroll.setWidget(table)
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setMinimumWidth(table.sizeHint().width())
    note = QLabel("Single letters work while no text field has the focus.")
    note.setProperty("tone", "muted")
    note.setProperty("fontSize", "small")
    close = QPushButton("Close")
    close.clicked.connect(dialog.accept)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(24, 20, 24, 20)
    column.setSpacing(16)
    column.addWidget(scroll, 1)
    column.addWidget(note)
    column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    beside_table = dialog.sizeHint().height() - scroll.sizeHint().height()
    room = dialog.screen().availableSize().height() - _FRAME
    dialog.resize(dialog.sizeHint().width(), min(table.sizeHint().height() + beside_table, room))
    dialog.open()
    return dialog
