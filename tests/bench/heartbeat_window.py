"""The program with a heartbeat every 10 ms on its event loop.

Each line of standard input names a section and starts it; `play` with a file and its facts as JSON plays that clip
instead. At the end of the input, one line of JSON is printed: for each section and each beat, the milliseconds since
the previous beat and the processor time of the loop's thread in between, in milliseconds.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from PySide6 import QtWidgets
from PySide6.QtCore import Qt, QTimer, Signal

INTERVAL = 10


class HeartbeatApplication(QtWidgets.QApplication):
    """The application with a timer that records its own delays."""

    _play_requested = Signal(str)

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self._sections: dict[str, list[tuple[float, float]]] = {}
        self._section: list[tuple[float, float]] = []
        self._last, self._last_computed = time.perf_counter(), time.thread_time()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        self._play_requested.connect(self._play)
        threading.Thread(target=self._listen, daemon=True).start()

    def _beat(self) -> None:
        now, computed = time.perf_counter(), time.thread_time()
        self._section.append(((now - self._last) * 1000, (computed - self._last_computed) * 1000))
        self._last, self._last_computed = now, computed

    def _play(self, content: str) -> None:
        """Open a clip in the player, and play it in a loop."""
        from bench.window_lines import job_of

        from sora_desktop.ui.player.player_panel import PlayerPanel

        panels = [panel for top in self.topLevelWidgets() for panel in top.findChildren(PlayerPanel)]
        panels[0].open_clip(job_of(*json.loads(content)), None)
        panels[0].play()

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.startswith("play "):
                self._play_requested.emit(line.removeprefix("play "))
                continue
            self._section = self._sections.setdefault(line.strip(), [])
        print(json.dumps(self._sections), flush=True)
        os._exit(0)


if __name__ == "__main__":
    QtWidgets.QApplication = HeartbeatApplication  # type: ignore[assignment, misc]
    from sora_desktop.__main__ import main

    raise SystemExit(main())
