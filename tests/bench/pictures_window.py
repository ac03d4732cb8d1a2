"""A window that does nothing but show pictures, 30 a second, with the heartbeat of `heartbeat_window.py`.

Usage: pictures_window.py CLIP. The pictures are decoded before the first one is shown, and files are downloaded by
other programs: what is late here, is late because of Qt, the X server and the machine.
"""

import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import av
from bench.heartbeat_window import HeartbeatApplication
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

PICTURES, RATE = 60, 30
SIZE = QSize(960, 540)  # about as large as the player paints them


class PicturesWindow(QWidget):
    """Paints the pictures in turn."""

    def __init__(self, pictures: list[QImage]) -> None:
        super().__init__()
        self._pictures = itertools.cycle(pictures)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1000 // RATE)
        self._timer.timeout.connect(lambda: self.update(self.rect()))
        self._timer.start()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.resize(SIZE)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).drawImage(0, 0, next(self._pictures))


def pictures_of(clip: str) -> list[QImage]:
    """The first pictures of a clip, as large as they are painted."""
    with av.open(clip) as container:
        frames = itertools.islice(container.decode(video=0), PICTURES)
        planes = [frame.reformat(SIZE.width(), SIZE.height(), "bgra").planes[0] for frame in frames]
    format = QImage.Format.Format_RGB32
    return [QImage(bytes(each), SIZE.width(), SIZE.height(), each.line_size, format).copy() for each in planes]


if __name__ == "__main__":
    app = HeartbeatApplication(sys.argv[:1])
    window = PicturesWindow(pictures_of(sys.argv[1]))
    window.show()
    raise SystemExit(app.exec())
