"""Worker processes that read media files, so that a malicious file crashes a worker and not the window."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.media.errors import MediaError, PassingMediaError
from sora_desktop.media.protocol import (
    CleanImageRequest,
    Failure,
    FilmstripRequest,
    FrameTimesRequest,
    ImageFacts,
    LastFrameRequest,
    PosterRequest,
    RangeRequest,
    Request,
    Result,
    StillRequest,
    VideoFactsRequest,
    WorkerReply,
)
from sora_desktop.system.path_names import shown, unreadable_name
from sora_desktop.system.replaced_file import remove_unfinished
from sora_desktop.system.subprocesses import child_environment, creation_flags, own_command

__all__ = ["ImageFacts", "MediaError", "MediaPool"]

T = TypeVar("T", VideoFacts, ImageFacts, bytes, bool, None)

#: Seconds in which a part of a clip is encoded.
_EXPORT_TIMEOUT = 1800.0
_CLOSING = "The program is closing."


class MediaPool:
    """Sends requests to worker processes, which start when first needed. Every request ends within `timeout` seconds,
    except for exports.

    A worker handles one request at a time. A worker that crashes or exceeds the timeout is replaced.
    """

    def __init__(self, command: Sequence[str] | None = None, *, workers: int = 1, timeout: float = 60.0) -> None:
        self._command = list(command) if command is not None else own_command("media-worker")
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="media")
        self._lock = threading.Lock()
        self._idle: list[subprocess.Popen[bytes]] = []
        self._alive: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    async def facts(self, file: Path) -> VideoFacts:
        """Decode the first and the last frame and count all. Raises MediaError if the file is not a complete video."""
        return await self._request(VideoFactsRequest(_path_text(file)), VideoFacts)

    async def poster(self, file: Path, to: Path, *, width: int = 320) -> None:
        """Write a JPEG of a representative frame, `width` pixels wide. Raises MediaError."""
        await self._request(PosterRequest(_path_text(file), _path_text(to), width), type(None))

    async def filmstrip(self, file: Path, to: Path, *, frames: int = 12, height: int = 72) -> None:
        """Write a JPEG of `frames` frames side by side, `height` pixels high. Raises MediaError."""
        await self._request(FilmstripRequest(_path_text(file), _path_text(to), frames, height), type(None))

    async def frame_times(self, file: Path, to: Path) -> None:
        """Write the table of frames that the frame reader keeps. Raises MediaError."""
        await self._request(FrameTimesRequest(_path_text(file), _path_text(to)), type(None))

    async def last_frame(self, file: Path, to: Path) -> None:
        """Write the last frame as a PNG in the size that a player shows. Raises MediaError."""
        await self._request(LastFrameRequest(_path_text(file), _path_text(to)), type(None))

    async def still(self, file: Path, frame: int) -> bytes:
        """A frame, counted from 0, as a PNG in the size that a player shows. Raises MediaError."""
        return await self._request(StillRequest(_path_text(file), frame), bytes)

    async def export_range(self, file: Path, to: Path, *, start: int, end: int) -> bool:
        """Write the frames from `start` until before `end`, in microseconds from the first one, with their sound.

        Returns True if the pictures were copied as they are, False if they were encoded again. Raises MediaError.
        """
        return await self._request(RangeRequest(_path_text(file), _path_text(to), start, end), bool, _EXPORT_TIMEOUT)

    async def clean_image(self, file: Path, to: Path) -> ImageFacts:
        """Write the image as it is sent, upright and without metadata; return the facts of what was written.

        Raises MediaError for any file that a video cannot start from.
        """
        return await self._request(CleanImageRequest(_path_text(file), _path_text(to)), ImageFacts)

    async def aclose(self) -> None:
        """Kill the workers. Open requests fail with MediaError."""
        with self._lock:
            self._closed = True
            workers = list(self._alive)
        for worker in workers:
            worker.kill()
        await asyncio.to_thread(self._threads.shutdown)
        for worker in list(self._alive):
            self._discard(worker)

    async def _request(self, request: Request, kind: type[T], timeout: float | None = None) -> T:
        if self._closed:
            raise PassingMediaError(_CLOSING)
        reply = await asyncio.wrap_future(self._threads.submit(self._send, request, timeout or self._timeout))
        match reply:
            case Failure(message=message, passes=passes):
                raise (PassingMediaError if passes else MediaError)(message)
            case Result(value=value):
                return msgspec.json.decode(value, type=kind)

    def _send(self, request: Request, timeout: float) -> WorkerReply:
        """Send a request to a worker and read its reply; a Failure if it crashes or times out. Runs in a thread."""
        try:
            worker = self._take_worker()
        except OSError as error:
            return Failure(
                f"The process that reads media files does not start: {error.strerror or error}.", passes=True
            )
        if worker is None:
            return Failure(_CLOSING, passes=True)
        timed_out = threading.Event()

        def give_up() -> None:
            timed_out.set()
            worker.kill()

        timer = threading.Timer(timeout, give_up)
        timer.daemon = True
        timer.start()
        try:
            assert worker.stdin is not None and worker.stdout is not None
            worker.stdin.write(msgspec.json.encode(request) + b"\n")
            worker.stdin.flush()
            reply: WorkerReply = msgspec.json.decode(worker.stdout.readline(), type=WorkerReply)
        except (OSError, ValueError):  # a broken pipe, or an incomplete line of JSON: the worker has ended
            self._discard(worker)
            if (to := getattr(request, "to", None)) is not None:
                remove_unfinished(Path(to), worker.pid)
            if self._closed:
                return Failure(_CLOSING, passes=True)
            if timed_out.is_set():
                return Failure(f"The file could not be read within {timeout:g} seconds.")
            return Failure("The file could not be read: decoding it crashed.")
        finally:
            timer.cancel()
        if timed_out.is_set():  # the reply came while the worker was being killed
            self._discard(worker)
        else:
            with self._lock:
                self._idle.append(worker)
        return reply

    def _take_worker(self) -> subprocess.Popen[bytes] | None:
        """An idle worker or a new one; None when closed. Raises OSError."""
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
                env=child_environment(),
                creationflags=creation_flags(),
            )
            self._alive.add(worker)
            return worker

    def _discard(self, worker: subprocess.Popen[bytes]) -> None:
        worker.kill()
        _close_pipes(worker)
        worker.wait()
        with self._lock:
            self._alive.discard(worker)


def _path_text(file: Path) -> str:
    """The absolute path as JSON text. Raises MediaError for a name that is not valid Unicode."""
    if name := unreadable_name(file):
        kind = "file" if name == shown(file.name) else "folder"
        raise MediaError(f"The name of the {kind} “{name}” is not valid Unicode. Rename the {kind}.")
    return str(file.absolute())


def _close_pipes(worker: subprocess.Popen[bytes]) -> None:
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # data that was not written has no reader
                pipe.close()
