"""Worker processes that look into files, so that a hostile file takes down a worker and not the window."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.media.errors import MediaError
from sora_desktop.media.protocol import (
    Answer,
    FactsAsked,
    FilmstripAsked,
    ImageFacts,
    ImageFactsAsked,
    LastFrameAsked,
    PosterAsked,
    Question,
    Reply,
    Trouble,
)

__all__ = ["ImageFacts", "MediaError", "MediaPool", "worker_command"]

T = TypeVar("T", VideoFacts, ImageFacts, None)

_CLOSING = "The program is closing."


def worker_command(*, frozen: bool | None = None) -> list[str]:
    """What starts one worker: this Python, or the frozen program itself with a subcommand."""
    if frozen if frozen is not None else getattr(sys, "frozen", False):
        return [sys.executable, "media-worker"]
    return [sys.executable, "-P", "-m", "sora_desktop.media.worker"]


def no_window(platform: str = sys.platform) -> int:
    """Creation flags that keep a console from flashing up on Windows; nothing elsewhere."""
    return 0x08000000 if platform == "win32" else 0  # CREATE_NO_WINDOW


class MediaPool:
    """Asks worker processes, which start when first needed. Every question ends within the limit."""

    def __init__(self, command: Sequence[str] | None = None, *, workers: int = 1, limit: float = 60.0) -> None:
        self._command = list(command) if command is not None else worker_command()
        self._limit = limit  # seconds for one question
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="media")
        self._lock = threading.Lock()
        self._idle: list[subprocess.Popen[bytes]] = []
        self._alive: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    async def facts(self, file: Path) -> VideoFacts:
        """Decodes the first and the last frame, counts all. Raises MediaTrouble if not a whole playable video."""
        return await self._ask(FactsAsked(_written(file)), VideoFacts)

    async def poster(self, file: Path, to: Path, *, width: int = 320) -> None:
        """Writes a JPEG of a representative frame, `width` pixels wide. Raises MediaTrouble."""
        await self._ask(PosterAsked(_written(file), _written(to), width), type(None))

    async def filmstrip(self, file: Path, to: Path, *, frames: int = 12, height: int = 72) -> None:
        """Writes a JPEG of that many frames side by side, `height` pixels high. Raises MediaTrouble."""
        await self._ask(FilmstripAsked(_written(file), _written(to), frames, height), type(None))

    async def last_frame(self, file: Path, to: Path) -> None:
        """Writes the last frame as a PNG of the video's own size. Raises MediaTrouble."""
        await self._ask(LastFrameAsked(_written(file), _written(to)), type(None))

    async def image_facts(self, file: Path) -> ImageFacts:
        """Decodes a PNG, JPEG or WebP. Raises MediaTrouble for all that a video cannot start from."""
        return await self._ask(ImageFactsAsked(_written(file)), ImageFacts)

    async def aclose(self) -> None:
        """Kills the workers; questions still open end with MediaTrouble."""
        with self._lock:
            self._closed = True
            workers = list(self._alive)
        for worker in workers:
            worker.kill()
        await asyncio.to_thread(self._threads.shutdown)
        for worker in list(self._alive):
            self._discard(worker)

    async def _ask(self, question: Question, kind: type[T]) -> T:
        if self._closed:
            raise MediaError(_CLOSING)
        line = msgspec.json.encode(question) + b"\n"
        reply = await asyncio.wrap_future(self._threads.submit(self._exchange, line))
        match reply:
            case Trouble(sentence=sentence):
                raise MediaError(sentence)
            case Answer(result=result):
                return msgspec.json.decode(result, type=kind)

    def _exchange(self, line: bytes) -> Reply:
        """Runs in a thread: one line to a worker, one back, or a Trouble when it fell or took too long."""
        try:
            worker = self._take()
        except OSError as error:
            return Trouble(f"The helper that reads media files does not start: {error.strerror or error}.")
        if worker is None:
            return Trouble(_CLOSING)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            worker.kill()

        clock = threading.Timer(self._limit, give_up)
        clock.daemon = True
        clock.start()
        try:
            assert worker.stdin is not None and worker.stdout is not None
            worker.stdin.write(line)
            worker.stdin.flush()
            reply: Reply = msgspec.json.decode(worker.stdout.readline(), type=Reply)
        except (OSError, ValueError):  # a broken pipe, or no whole line of JSON: it fell
            self._discard(worker)
            if self._closed:
                return Trouble(_CLOSING)
            if late.is_set():
                return Trouble(f"The file could not be read within {self._limit:g} seconds.")
            return Trouble("The file could not be read: decoding it crashed.")
        finally:
            clock.cancel()
        if late.is_set():  # it answered in the very moment it was given up
            self._discard(worker)
        else:
            with self._lock:
                self._idle.append(worker)
        return reply

    def _take(self) -> subprocess.Popen[bytes] | None:
        """An idle worker or a new one; None when closing."""
        with self._lock:
            while self._idle and not self._closed:
                worker = self._idle.pop()
                if worker.poll() is None:
                    return worker
                self._alive.discard(worker)
                _close_pipes(worker)
            if self._closed:
                return None
            worker = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                creationflags=no_window(),
            )
            self._alive.add(worker)
            return worker

    def _discard(self, worker: subprocess.Popen[bytes]) -> None:
        worker.kill()
        _close_pipes(worker)
        worker.wait()
        with self._lock:
            self._alive.discard(worker)


def _written(file: Path) -> str:
    """The absolute path as JSON can carry it. Raises MediaTrouble for a name that is no text."""
    name = str(file.absolute())
    try:
        name.encode()
    except UnicodeEncodeError:
        raise MediaError("The file's name holds characters that cannot be read; give it another name.") from None
    return name


def _environment() -> dict[str, str]:
    """Ours, and the way to this package, wherever the worker is started."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _close_pipes(worker: subprocess.Popen[bytes]) -> None:
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what was not yet written has no reader any more
                pipe.close()
