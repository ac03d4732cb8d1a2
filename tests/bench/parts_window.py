"""The second peer of the start bench: the kinds of parts that our window is made of, with nothing behind them, no
colours and no icons. Says when its rows were painted, and what it had computed until then."""

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
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QSplitter,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTabBar,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class Prompts(QAbstractListModel):
    """The newest hundred."""

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
    """One line for each."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if not option.state & QStyle.StateFlag.State_Selected:
            painter.drawText(option.rect, int(Qt.AlignmentFlag.AlignLeft), str(index.data()))


class Rows(QTreeView):
    """Ends the program in the turn after it was painted."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QTimer.singleShot(0, painted)


def painted() -> None:
    """Say when, and end."""
    print(time.time_ns(), time.process_time_ns(), flush=True)
    window.close()


def column(*parts: QWidget) -> QWidget:
    """Parts from top to bottom."""
    whole = QWidget()
    layout = QVBoxLayout(whole)
    for part in parts:
        layout.addWidget(part)
    return whole


app = QApplication(sys.argv[:1])
rows, painter, prompts = Rows(), Painter(), Prompts(Path(sys.argv[1]) / "library.db")
rows.setItemDelegate(painter)
rows.setModel(prompts)
splitter = QSplitter()
splitter.addWidget(column(QPlainTextEdit(), QPushButton("One"), QPushButton("Two"), QSpinBox()))
splitter.addWidget(QLabel("Picture"))
splitter.addWidget(column(QTabBar(), QLineEdit(), rows))
window = QMainWindow()
window.setCentralWidget(splitter)
window.resize(1440, 900)
window.show()
raise SystemExit(app.exec())
