"""An empty window, to compare `start.py` with. Prints when it was painted and the processor time until then."""

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class Window(QMainWindow):
    """Ends the program after the first paint. An event filter instead would load every event class."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QTimer.singleShot(0, self.painted)

    def painted(self) -> None:
        """Print the time and close."""
        print(time.time_ns(), time.process_time_ns(), flush=True)
        self.close()


app = QApplication(sys.argv[:1])
window = Window()
window.resize(1440, 900)
window.show()
raise SystemExit(app.exec())
