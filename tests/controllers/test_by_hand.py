"""The real program on an X server, driven by keys and mouse only, and killed while it renders."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from sandbox_server import ROOT, sandbox
from waiting import wait_until

from sora_desktop.store.data_folder import DataFolder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="Xvfb and xdotool are Linux programs"),
]

_GRAB = """
import sys
from PySide6.QtWidgets import QApplication
app = QApplication([])
app.primaryScreen().grabWindow(0).save(sys.argv[1])
"""


class Screen:
    """An X server without a screen, the program on it, and a keyboard and mouse for both."""

    def __init__(self, folder: Path, environ: dict[str, str], stack: ExitStack) -> None:
        read, write = os.pipe()
        server = stack.enter_context(
            subprocess.Popen(
                # a reset, after the last client has gone, refuses the next one: the program, while xdotool looks for it
                ["Xvfb", "-displayfd", str(write), "-screen", "0", "1440x900x24", "-nolisten", "tcp", "-noreset"],
                pass_fds=(write,),
                stderr=subprocess.DEVNULL,
            )
        )
        stack.callback(server.terminate)
        os.close(write)
        with os.fdopen(read) as output:
            display = output.readline().strip()
        self._folder = folder
        self._environ = {**os.environ, **environ, "DISPLAY": f":{display}", "QT_QPA_PLATFORM": "xcb"}
        self._environ.pop("WAYLAND_DISPLAY", None)
        self._stack = stack

    def open(self, *options: str) -> subprocess.Popen[bytes]:
        """Start the program and wait until its window has the keyboard focus."""
        errors = self._stack.enter_context((self._folder / "stderr").open("w", encoding="utf-8"))
        window = self._stack.enter_context(
            subprocess.Popen(
                [sys.executable, str(ROOT / "main.py"), "--data", str(self._folder / "data"), *options],
                env=self._environ,
                stderr=errors,
                cwd=self._folder,
            )
        )
        self._stack.callback(window.kill)
        try:
            self._focus("Sora Desktop")
        except AssertionError as error:
            said = (self._folder / "stderr").read_text("utf-8")
            error.add_note(f"the program's status is {window.poll()}, and it said: {said}")
            raise
        return window

    def choose(self, dialog: str, file: Path) -> None:
        """Wait for the file dialog with that title, enter the file, and wait until the dialog is closed."""
        id = self._focus(dialog)
        self.type(str(file))
        self.key("Return")
        # A hidden dialog still takes the focus with it when it is destroyed.
        wait_until(lambda: self._xdotool("getwindowname", id).returncode != 0)
        self._focus("Sora Desktop")

    def key(self, *keys: str) -> None:
        for key in keys:
            assert self._xdotool("key", "--clearmodifiers", key).returncode == 0

    def type(self, text: str) -> None:
        assert self._xdotool("type", "--delay", "8", text).returncode == 0

    def click(self, x: int, y: int) -> None:
        assert self._xdotool("mousemove", str(x), str(y), "click", "1").returncode == 0

    def picture(self) -> QImage:
        file = self._folder / "screen.png"
        subprocess.run([sys.executable, "-c", _GRAB, str(file)], env=self._environ, check=True, capture_output=True)
        return QImage(str(file))

    def phases(self) -> list[object]:
        """The phases of the jobs, newest first."""
        return [job["phase"] for job in self.jobs()]

    def jobs(self) -> list[dict[str, object]]:
        """The output of `list --json`, newest first."""
        listing = subprocess.run(
            [sys.executable, "-m", "sora_desktop", "list", "--json", "--data", str(self._folder / "data")],
            env=self._environ,
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        return [json.loads(line) for line in listing.stdout.splitlines()]

    def _focus(self, title: str) -> str:
        """Wait for the window with that title, give it the focus as a window manager would, and return its id."""
        id = ""

        def focused() -> bool:
            nonlocal id
            id = self._xdotool("search", "--onlyvisible", "--name", f"^{title}$").stdout.decode().strip()
            return (
                id.isdecimal()
                and self._xdotool("windowfocus", "--sync", id).returncode == 0
                and self._xdotool("getwindowfocus", "-f").stdout.decode().strip() == id
            )

        wait_until(focused)
        return id

    def _xdotool(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["xdotool", *arguments], env=self._environ, capture_output=True)


def changed_pixels(one: QImage, other: QImage) -> int:
    """How many of the sampled pixels of the player differ."""
    spots = [(x, y) for x in range(380, 1000, 20) for y in range(120, 720, 20)]
    return sum(QColor(one.pixel(x, y)) != QColor(other.pixel(x, y)) for x, y in spots)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_two_takes_by_keyboard_only_survive_a_kill_while_rendering(stack: ExitStack, tmp_path: Path) -> None:
    assert shutil.which("Xvfb") and shutil.which("xdotool"), "packaging/bootstrap.py test installs them"
    spots = random.Random(1).randbytes(16 * 10 * 4)  # a pattern whose movement can be detected
    image = QImage(spots, 16, 10, QImage.Format.Format_RGB32).scaled(640, 400)
    assert image.save(str(tmp_path / "still.png"))
    service = stack.enter_context(sandbox("--tiny", "--speed", "1"))
    screen = Screen(tmp_path, {"SORA_API_KEY": service.key, "SORA_BASE_URL": service.base_url}, stack)
    window = screen.open()
    screen.key("ctrl+p")
    screen.type("A paper boat in the rain")
    screen.key("ctrl+o")
    screen.choose("Choose a reference image", tmp_path / "still.png")
    draft = DataFolder.at(tmp_path / "data").draft_file
    wait_until(lambda: draft.exists() and "still.png" in draft.read_text("utf-8"))  # the image was checked and accepted
    screen.key("ctrl+p", "Tab", "Tab", "Tab", "Tab", "Tab")  # to the model, past the image and its links
    screen.key("Tab", "Right")  # 9:16
    screen.key("Tab", "Right")  # 10 s
    screen.key("Tab", "Right")  # high
    screen.key("Tab", "Up")  # two takes
    screen.key("ctrl+Return")
    wait_until(lambda: screen.phases() == ["rendering", "rendering"])
    window.send_signal(signal.SIGKILL)
    window.wait()
    screen.open()
    wait_until(lambda: screen.phases() == ["ready", "ready"])
    seen = service.seen()
    assert [create["prompt"] for create in seen.creates] == ["A paper boat in the rain"] * 2
    assert seen.counts["create"] == 2
    assert seen.counts["upload"] == 1
    screen.key("ctrl+l", "Home")
    for _ in range(2):
        still = screen.picture()
        screen.key("space")
        wait_until(lambda still=still: changed_pixels(still, screen.picture()) > 40)  # type: ignore[misc]
        playing = screen.picture()
        wait_until(lambda playing=playing: changed_pixels(playing, screen.picture()) > 20)  # type: ignore[misc]
        screen.key("space", "Down")
    screen.key("ctrl+e")
    target = tmp_path / "exported.mp4"
    screen.choose("Export video", target)
    wait_until(target.exists)
    assert target.read_bytes() == Path(str(screen.jobs()[1]["file"])).read_bytes()
