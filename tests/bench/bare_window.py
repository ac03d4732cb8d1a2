"""The peer of the start bench: a program that is nothing but an empty window. Says when it was painted, and
what it had computed until then."""

import sys
import time

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow


class Watch(QObject):
    """Ends the program in the turn after its window was painted."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and watched is window:
            app.removeEventFilter(self)
            QTimer.singleShot(0, painted)
        return False


def painted() -> None:
    """Say when, and end."""
    print(time.time_ns(), time.process_time_ns(), flush=True)
    window.close()


app = QApplication(sys.argv[:1])
watch = Watch()
app.installEventFilter(watch)
window = QMainWindow()
window.resize(1440, 900)
window.show()
raise SystemExit(app.exec())
