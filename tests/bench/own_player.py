"""Our player in a window of its own, controlled as mpv is: by lines of JSON, keys and the pointer."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.frame_clips import ClipKind
from bench.painted import PictureOnScreen
from bench.window_lines import ControlledWindow, controlled_window, facts_of
from bench.x_screen import Rectangle, Screen

#: Seconds until the frame reader has started.
_SETTLING = 2.0


class Paint(NamedTuple):
    """A picture that was painted."""

    at: float  # by `time.perf_counter`
    frame: int
    is_exact: bool


class OwnPlayer:
    """The window, paused."""

    def __init__(self, window: ControlledWindow, screen: Screen, width: int, height: int) -> None:
        self._window, self.screen = window, screen
        places = window.ask_until(lambda places: places[0][2:] == [width, height], "places")
        place, self.strip = (Rectangle(*map(int, each)) for each in places)
        self.picture = PictureOnScreen(screen, place)

    def open(self, clip: Path, kind: ClipKind) -> None:
        """Begin to open a clip, paused at its first frame."""
        self._window.send("open", str(clip), facts_of(clip, kind))

    def seek(self, frame: int, _: ClipKind) -> None:
        """Begin an exact seek."""
        self._window.send("seek", frame)

    def step_forward(self) -> None:
        """Press the key."""
        self.screen.press("period")

    def step_back(self) -> None:
        """Press the key."""
        self.screen.press("comma")

    def paints(self) -> list[Paint]:
        """The pictures painted since the last call."""
        return [Paint(at, int(frame), bool(is_exact)) for at, frame, is_exact in self._window.ask("paints")]


@contextmanager
def own_player(environ: dict[str, str], width: int, height: int) -> Iterator[OwnPlayer]:
    """Start our player on a display, with its picture in that size."""
    program = Path(__file__).with_name("player_window.py")
    with (
        contextlib.closing(Screen(environ["DISPLAY"])) as screen,
        controlled_window(program, environ, width, height) as window,
    ):
        player = OwnPlayer(window, screen, width, height)
        time.sleep(_SETTLING)
        yield player
