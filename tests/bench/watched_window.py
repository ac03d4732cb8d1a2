"""The program itself, started as a person starts it; says when its window could be used, what it had computed
until then and how many rows it showed, and closes it.

Usable is: the library's rows are painted, and a key that was pressed after that stands in the prompt.
"""

import time

# first, so that all is loaded in the program's own order
import sora_desktop.app as program

# isort: split
from PySide6 import QtWidgets
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent


class Watched(QtWidgets.QApplication):
    """The application, with an eye on its first paint."""

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self._watch = _Watch()
        self.installEventFilter(self._watch)


class _Watch(QObject):
    def __init__(self) -> None:
        super().__init__()
        self._rows = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            rows = watched.parent()
            if rows is not None and rows.objectName() == "jobList":
                app = QtWidgets.QApplication.instance()
                assert app is not None and isinstance(rows, QtWidgets.QTreeView)
                app.removeEventFilter(self)
                self._rows = rows.model().rowCount()
                QTimer.singleShot(0, self._press)
        return False

    def _press(self) -> None:
        window = next(w for w in QtWidgets.QApplication.topLevelWidgets() if w.objectName() == "mainWindow")
        prompt = window.findChild(QtWidgets.QPlainTextEdit, "promptEdit")
        assert prompt is not None, "the prompt has another name now"
        prompt.textChanged.connect(self._usable, Qt.ConnectionType.SingleShotConnection)
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            key = QKeyEvent(kind, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a")
            QCoreApplication.postEvent(prompt, key)

    def _usable(self) -> None:
        now = time.time_ns()
        print(now, time.process_time_ns(), self._rows, flush=True)
        QTimer.singleShot(0, QtWidgets.QApplication.closeAllWindows)


if __name__ == "__main__":
    program.QApplication = Watched  # type: ignore[assignment, attr-defined]
    from sora_desktop.__main__ import main

    raise SystemExit(main())
