"""The program itself with a heart that beats every 10 ms on its event loop; each line it reads begins a new count.

A line on standard input is the name of what begins. Its end prints one line of JSON: for each name and each beat, the
milliseconds since the beat before, and how many of those the loop's thread itself was computing.
"""

import json
import os
import sys
import threading
import time

from PySide6 import QtWidgets
from PySide6.QtCore import Qt, QTimer

BEAT = 10


class Beating(QtWidgets.QApplication):
    """The application, with a pulse."""

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self._gaps: dict[str, list[tuple[float, float]]] = {}
        self._now: list[tuple[float, float]] = []
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._pulse = QTimer()
        self._pulse.setTimerType(Qt.TimerType.PreciseTimer)
        self._pulse.setInterval(BEAT)
        self._pulse.timeout.connect(self._beat)
        self._pulse.start()
        threading.Thread(target=self._listen, daemon=True).start()

    def _beat(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self._now.append(((now - self._last) * 1000, (worked - self._worked) * 1000))
        self._last, self._worked = now, worked

    def _listen(self) -> None:
        for line in sys.stdin:
            self._now = self._gaps.setdefault(line.strip(), [])
        print(json.dumps(self._gaps), flush=True)
        os._exit(0)


if __name__ == "__main__":
    QtWidgets.QApplication = Beating  # type: ignore[assignment, misc]
    from sora_desktop.__main__ import main

    raise SystemExit(main())
