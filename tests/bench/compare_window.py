"""Our compare panel in a window, for `compare.py`.

`places` answers where the pictures are on the screen, each as x, y, width and height. `ticks` answers with the moments
of playing whose pictures were shown in time and those that were missed, and with the pictures painted since the last
time: when (by `time.perf_counter`), and the frames of all clips.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.window_lines import Lines, job_of
from listed_jobs import job_actions
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.controllers.frame_readers import FrameReaders
from sora_desktop.state.compare_view import compare_view
from sora_desktop.state.differences import ComparedJob
from sora_desktop.state.job_services import JobService
from sora_desktop.system.resources import resources
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compare.compare_panel import ComparePanel
from sora_desktop.ui.compare.compare_stage import CompareStage
from sora_desktop.ui.compare.stage_places import Mode
from sora_desktop.ui.player.playback import Playback
from sora_desktop.ui.player.player_actions import PlayerActions

_SERVICE = JobService("Bench", CAPABILITIES)
#: Of the panel, as in a window of 1440 × 900.
_SIZE = (988, 834)
#: Time, and the frame of each clip.
Paint = tuple[float, list[int]]


class CompareWindow(QMainWindow):
    """The compare panel alone."""

    def __init__(self, theme: AppTheme, readers: FrameReaders, paints: list[Paint]) -> None:
        super().__init__()
        self._paints = paints
        self._actions = CompareActions(self)
        player_actions = PlayerActions(self, job_actions(self))
        player_actions.show_state(is_open=True)
        self._player_actions = player_actions
        self._panel = ComparePanel(theme, lambda job: (), lambda job: None, readers.open, player_actions, self._actions)
        self.setCentralWidget(self._panel)
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.resize(*_SIZE)
        self.move(0, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = self._player_actions.command_for(event, paused=not self._panel.is_playing)
        if command is not None:
            self._player_actions[command].trigger()
        elif not self._panel.handle_key(event):
            super().keyPressEvent(event)

    def run(self, command: str, *arguments: object) -> object:
        """Carry out one command."""
        match command, arguments:
            case "open", (list(files), list(facts)):
                jobs = [job_of(file, each) for file, each in zip(files, facts, strict=True)]
                self._panel.close_clips()
                self._panel.show_view(compare_view([ComparedJob(job, _SERVICE) for job in jobs], [""] * len(jobs)))
                self._panel.focus_stage()
            case "close", ():
                self._panel.close_clips()
            case "mode", (str(mode),):
                self._actions.modes[Mode(mode)].trigger()
            case "ticks", ():
                return self._ticks()
            case "places", ():
                return self._places()
        return None

    def _ticks(self) -> list[object]:
        playback, painted = self.findChild(Playback), list(self._paints)
        self._paints.clear()
        return [playback.ticks_shown, playback.ticks_missed, painted] if playback is not None else [0, 0, painted]

    def _places(self) -> list[tuple[int, int, int, int]]:
        """Each picture in the middle of its pane."""
        places, stage = [], self.findChild(CompareStage)
        assert stage is not None
        for pane, size in enumerate(stage.sizes):
            area = stage.area_of(pane)
            corner = QPoint(
                area.x() + (area.width() - size.width()) // 2, area.y() + (area.height() - size.height()) // 2
            )
            at = stage.mapToGlobal(corner)
            places.append((at.x(), at.y(), size.width(), size.height()))
        return places


def record_paints() -> list[Paint]:
    """The list that each paint of the pictures is added to from now on."""
    paints, paint = list[Paint](), CompareStage.paintEvent

    def paint_and_record(stage: CompareStage, event: QPaintEvent) -> None:
        paint(stage, event)
        pictures = [shown.picture for shown in stage.images]
        paints.append((time.perf_counter(), [-1 if picture is None else picture.frame for picture in pictures]))

    CompareStage.paintEvent = paint_and_record  # type: ignore[assignment, method-assign]
    return paints


def main() -> int:
    """Show the window until the input ends."""
    app = QApplication(sys.argv[:1])
    paints = record_paints()
    with closing(FrameReaders()) as readers:
        readers.warm_up()
        window = CompareWindow(AppTheme(resources(), app), readers, paints)
        window.show()
        lines = Lines(window.run)
        ended = app.exec()
        del lines
        return ended


if __name__ == "__main__":
    raise SystemExit(main())
