"""Our player in a window, for `own_player.py`.

`places` answers where the picture and the filmstrip are on the screen, each as x, y, width and height. `paints` answers
with the pictures painted since the last time: when (by `time.perf_counter`, which all processes share on Linux), frame,
and whether it was exact.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.window_lines import Lines, job_of, place_of
from listed_jobs import job_actions
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from sora_desktop.controllers.frame_readers import FrameReaders
from sora_desktop.system.resources import resources
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.player.scrub_bar import ScrubBar
from sora_desktop.ui.player.video_view import VideoView

#: Time, frame, and whether it was exact.
Paint = tuple[float, int, bool]


class PlayerWindow(QMainWindow):
    """The player alone."""

    def __init__(self, theme: AppTheme, readers: FrameReaders, paints: list[Paint]) -> None:
        super().__init__()
        self._paints = paints
        self._panel = PlayerPanel(theme, lambda job: (), readers.open, job_actions(self))
        self.setCentralWidget(self._panel)
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.move(0, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._panel.handle_key(event):
            super().keyPressEvent(event)

    def fit(self, width: int, height: int) -> None:
        """Grow until the view has exactly that size."""
        view = self._view
        self.resize(self.width() + width - view.width(), self.height() + height - view.height())

    def run(self, command: str, *arguments: object) -> object:
        """Carry out one command."""
        match command, arguments:
            case "open", (str(file), list(facts)):
                self._panel.open_clip(job_of(file, facts), None)
            case "seek", (int(frame),):
                self._scrub.seek_requested.emit(frame)
            case "paints", ():
                painted = list(self._paints)
                self._paints.clear()
                return painted
            case "places", ():
                return [place_of(self._view), place_of(self._scrub)]
        return None

    @property
    def _view(self) -> VideoView:
        found = self._panel.findChild(VideoView)
        assert found is not None
        return found

    @property
    def _scrub(self) -> ScrubBar:
        found = self._panel.findChild(ScrubBar)
        assert found is not None
        return found


def record_paints() -> list[Paint]:
    """The list that each painted picture is added to from now on."""
    paints, paint = list[Paint](), VideoView.paintEvent

    def paint_and_record(view: VideoView, event: QPaintEvent) -> None:
        paint(view, event)
        if view.picture is not None:
            paints.append((time.perf_counter(), view.picture.frame, view.picture.is_exact))

    VideoView.paintEvent = paint_and_record  # type: ignore[assignment, method-assign]
    return paints


def main() -> int:
    """Show the window until the input ends."""
    app = QApplication(sys.argv[:1])
    paints = record_paints()
    with closing(FrameReaders()) as readers:
        readers.warm_up()
        window = PlayerWindow(AppTheme(resources(), app), readers, paints)
        window.show()
        window.fit(*map(int, sys.argv[1:3]))
        lines = Lines(window.run)
        ended = app.exec()
        del lines
        return ended


if __name__ == "__main__":
    raise SystemExit(main())
