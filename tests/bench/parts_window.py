"""A window of the same widgets as ours, without program, colors and icons, to compare `start.py` with.

Prints when its rows were painted and the processor time until then.
"""

import json
import sqlite3
import sys
import time
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QSpinBox,
    QSplitter,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTabBar,
    QTextEdit,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class Prompts(QAbstractListModel):
    """The prompts of the newest 100 jobs."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        connection = sqlite3.connect(file)
        rows = connection.execute("SELECT request FROM job ORDER BY created_at DESC LIMIT 100")
        self._prompts = [json.loads(request)["prompt"] for (request,) in rows]
        connection.close()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return len(self._prompts)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return self._prompts[index.row()] if role == Qt.ItemDataRole.DisplayRole else None


class Painter(QStyledItemDelegate):
    """Paints one line of text for each row."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if not option.state & QStyle.StateFlag.State_Selected:
            painter.drawText(option.rect, int(Qt.AlignmentFlag.AlignLeft), str(index.data()))


class Rows(QTreeView):
    """Ends the program after the first paint."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QTimer.singleShot(0, painted)


def painted() -> None:
    """Print the time and close."""
    print(time.time_ns(), time.process_time_ns(), flush=True)
    window.close()


def column(*parts: QWidget) -> QWidget:
    """Widgets from top to bottom."""
    container = QWidget()
    layout = QVBoxLayout(container)
    for part in parts:
        layout.addWidget(part)
    return container


app = QApplication(sys.argv[:1])
rows, painter, prompts = Rows(), Painter(), Prompts(Path(sys.argv[1]) / "library.db")
rows.setItemDelegate(painter)
rows.setModel(prompts)
splitter = QSplitter()
splitter.addWidget(column(QTextEdit(), QPushButton("One"), QPushButton("Two"), QSpinBox()))
splitter.addWidget(QLabel("Picture"))
splitter.addWidget(column(QTabBar(), QLineEdit(), rows))
window = QMainWindow()
window.setCentralWidget(splitter)
window.resize(1440, 900)
window.show()
raise SystemExit(app.exec())
