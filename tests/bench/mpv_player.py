"""mpv in a window of a given size, controlled by its IPC and by keys."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.frame_clips import ClipKind
from bench.painted import PictureOnScreen
from bench.x_screen import Rectangle, Screen

_LIMIT = 10.0  # seconds


class MpvPlayer:
    """mpv, paused. Its picture fills its window."""

    def __init__(self, connection: socket.socket, screen: Screen, place: Rectangle) -> None:
        self._connection = connection
        threading.Thread(target=self._drain, daemon=True).start()
        self.screen, self.picture = screen, PictureOnScreen(screen, place)

    def open(self, clip: Path, _: ClipKind) -> None:
        """Begin to open a clip, paused at its first frame."""
        self._run("loadfile", str(clip))

    def seek(self, frame: int, kind: ClipKind) -> None:
        """Begin an exact seek."""
        self._run("seek", frame / kind.rate, "absolute+exact")

    def step_forward(self) -> None:
        """Press the key."""
        self.screen.press("period")

    def step_back(self) -> None:
        """Press the key."""
        self.screen.press("comma")

    def _drain(self) -> None:
        """Read mpv's answers, so that it is never held up by them."""
        with contextlib.suppress(OSError):
            while self._connection.recv(65536):
                pass

    def _run(self, *command: object) -> None:
        self._connection.sendall(json.dumps({"command": command, "async": True}).encode() + b"\n")


@contextmanager
def mpv_player(environ: dict[str, str], width: int, height: int, output: str) -> Iterator[MpvPlayer]:
    """Start mpv on a display. `output`: its video output; `x11` scales and paints in software, as we do."""
    program = shutil.which("mpv")
    if program is None:
        raise SystemExit("mpv is not installed (Debian: apt-get install mpv). It is only needed for this benchmark.")
    with TemporaryDirectory(prefix="bench-mpv-") as folder, contextlib.closing(Screen(environ["DISPLAY"])) as screen:
        address = Path(folder) / "socket"
        command = [
            program,
            "--no-config",
            "--idle",
            "--pause",
            "--keep-open",
            "--force-window=immediate",
            "--no-border",
            "--osc=no",
            "--osd-level=0",
            "--hwdec=no",
            "--no-audio",  # a step would wait for its sound
            "--framedrop=no",
            "--x11-present=no",  # with it, pictures after a seek are sometimes never painted on Xvfb
            "--gpu-sw",
            "--really-quiet",
            f"--vo={output}",
            f"--geometry={width}x{height}+0+0",
            f"--input-ipc-server={address}",
        ]
        with (
            subprocess.Popen(command, env=environ | {"XDG_RUNTIME_DIR": folder}) as process,
            socket.socket(socket.AF_UNIX) as connection,
        ):
            try:
                _connect(connection, address)
                yield MpvPlayer(connection, screen, Rectangle(0, 0, width, height))
            finally:
                process.terminate()


def _connect(connection: socket.socket, address: Path) -> None:
    deadline = time.monotonic() + _LIMIT
    while True:
        try:
            return connection.connect(str(address))
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit("mpv did not open its IPC.") from None
            time.sleep(0.05)
