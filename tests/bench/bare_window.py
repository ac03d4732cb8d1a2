"""The peer of the start bench: a program that is nothing but an empty window. Says when it was painted, and
what it had computed until then."""

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class Window(QMainWindow):
    """Ends the program in the turn after it was painted. (An event filter would load every kind of event.)"""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QTimer.singleShot(0, self.painted)

    def painted(self) -> None:
        """Say when, and end."""
        print(time.time_ns(), time.process_time_ns(), flush=True)
        self.close()


app = QApplication(sys.argv[:1])
window = Window()
window.resize(1440, 900)
window.show()
raise SystemExit(app.exec())
