"""A window that a benchmark controls by lines of JSON, each of them a list: a command and its arguments."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

from bench.frame_clips import SECONDS, ClipKind
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.request import VideoRequest


class Lines(QObject):
    """Standard input of the window's process."""

    _arrived = Signal(str)
    _ended = Signal()

    def __init__(self, run: Callable[..., object]) -> None:
        """`run` is called with each command; what it returns, other than None, is printed as JSON."""
        super().__init__()
        self._run = run
        self._arrived.connect(self._carry_out)
        self._ended.connect(QApplication.quit)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            self._arrived.emit(line)
        self._ended.emit()

    def _carry_out(self, line: str) -> None:
        answer = self._run(*json.loads(line))
        if answer is not None:
            print(json.dumps(answer), flush=True)


class ControlledWindow:
    """The process of such a window, seen from the benchmark."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def send(self, *command: object) -> None:
        """Carry out a command that has no answer."""
        assert self._process.stdin is not None
        print(json.dumps(command), file=self._process.stdin, flush=True)

    def ask(self, *command: object) -> list[list[float]]:
        """Carry out a command, and return its answer."""
        self.send(*command)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("The window has ended.")
        answer: list[list[float]] = json.loads(line)
        return answer

    def ask_until(self, is_there: Callable[[list[list[float]]], bool], *command: object) -> list[list[float]]:
        """Ask again until the answer is the expected one."""
        while not is_there(answer := self.ask(*command)):
            time.sleep(0.05)
        return answer


@contextmanager
def controlled_window(program: Path, environ: dict[str, str], *arguments: object) -> Iterator[ControlledWindow]:
    """Run a program whose window is controlled. It ends with the block."""
    command = [sys.executable, str(program), *map(str, arguments)]
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        try:
            yield ControlledWindow(process)
        finally:
            process.stdin.close()


def facts_of(clip: Path, kind: ClipKind) -> list[object]:
    """The facts of a clip, to be sent."""
    size = clip.stat().st_size
    return [
        *astuple(VideoFacts(SECONDS, kind.width, kind.height, kind.rate, kind.frames, True, "h264", "mov", "", size))
    ]


def job_of(file: str, facts: list[object]) -> Job:
    """A finished job with the clip whose facts were sent."""
    now, clip = time.time(), Clip(Path(file), VideoFacts(*facts))  # type: ignore[arg-type]
    return Job(JobId(uuid.uuid4().hex), VideoRequest("A clip"), Ready(clip), now, now, now, service="bench")


def place_of(widget: QWidget) -> tuple[int, int, int, int]:
    """Where a widget is on the screen, in pixels."""
    corner = widget.mapToGlobal(widget.rect().topLeft())
    return corner.x(), corner.y(), widget.width(), widget.height()
