"""What the Help menu opens."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

KEYS = (
    ("Generate", "Ctrl+Return"),
    ("Play, pause", "Space or K"),
    ("One frame back, forward", ", and . (← and → when paused)"),
    ("Shuttle back, stop, forward (again: faster)", "J, K, L"),
    ("Play from here, to here, all", "I, O, Alt+X"),
    ("Loop", "Shift+L"),
    ("Slower, faster; half, double; own speed", "[ and ]; { and }; Backspace"),
    ("Sound off", "M"),
    ("Copy this frame", "Ctrl+Shift+C"),
    ("Continue from this frame", "Ctrl+Right"),
    ("Star", "S"),
    ("Full screen", "F, Esc leaves"),
    ("Search", "Ctrl+F"),
    ("Choose a reference image", "Ctrl+O"),
    ("Export", "Ctrl+E"),
    ("Pause the queue", "Ctrl+Shift+P"),
    ("Go to the prompt", "Ctrl+L"),
    ("Settings", "Ctrl+,"),
    ("Quit", "Ctrl+Q"),
)


def open_keys(parent: QWidget) -> QDialog:
    """Show the keys, without holding up anything else."""
    dialog = QDialog(parent)
    dialog.setObjectName("keysDialog")
    dialog.setWindowTitle("Keys")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    grid = QGridLayout()
    grid.setHorizontalSpacing(32)
    grid.setVerticalSpacing(8)
    for row, (action, keys) in enumerate(KEYS):
        what = QLabel(action)
        what.setProperty("tone", "muted")
        grid.addWidget(what, row, 0)
        grid.addWidget(QLabel(keys), row, 1)
    note = QLabel("Single letters act only when no text field has the focus.")
    note.setProperty("tone", "muted")
    note.setProperty("fontSize", "small")
    close = QPushButton("Close")
    close.clicked.connect(dialog.accept)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(24, 20, 24, 20)
    column.setSpacing(16)
    column.addLayout(grid)
    column.addWidget(note)
    column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    dialog.open()
    return dialog


def open_about(parent: QWidget, version: str) -> QMessageBox:
    """Say what this program is."""
    box = QMessageBox(parent)
    box.setObjectName("aboutDialog")
    box.setWindowTitle("About Sora Desktop")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setText(f"Sora Desktop {version}".rstrip())
    box.setInformativeText("Make AI videos from a prompt, watch them arrive, keep every one that was paid for.")
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.open()
    return box
