"""The worker process: reads requests as JSON lines from standard input and replies on standard output.

It ends when standard input ends, and so with its parent.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO, assert_never

import msgspec

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.media.errors import MediaError, PassingMediaError
from sora_desktop.media.frame_table import write_table
from sora_desktop.media.images import write_clean_image
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
from sora_desktop.media.range_export import export_range
from sora_desktop.media.video_facts import facts_of
from sora_desktop.media.video_pictures import still_of, write_filmstrip, write_last_frame, write_poster
from sora_desktop.system.priority import lower_priority

#: Environment variables that would hide what Qt says about an image, or end the process because of it.
_QT_MESSAGES = ("QT_LOGGING_RULES", "QT_LOGGING_CONF", "QT_FATAL_WARNINGS", "QT_FATAL_CRITICALS")


def main() -> int:
    """Serve until standard input ends; that ends the process at once, also in the middle of a request."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    lower_priority()
    for name in _QT_MESSAGES:
        os.environ.pop(name, None)
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # output of a library must not get between the replies
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_read_lines, args=(sys.stdin.buffer, lines), daemon=True).start()
    while True:
        try:
            replies.write(msgspec.json.encode(reply_to(lines.get())) + b"\n")
        except OSError:
            os._exit(0)  # the parent has closed the pipe


def reply_to(line: bytes) -> WorkerReply:
    """The reply to one line. Never raises."""
    try:
        value = handle(msgspec.json.decode(line, type=Request))
    except MediaError as error:
        return Failure(str(error), isinstance(error, PassingMediaError))
    except Exception as error:
        return Failure(f"The file cannot be read ({type(error).__name__}: {error}).")
    return Result(msgspec.Raw(msgspec.json.encode(value)))


def handle(request: Request) -> VideoFacts | ImageFacts | bytes | bool | None:
    """Process one request. Raises MediaError."""
    match request:
        case VideoFactsRequest(file=file):
            return facts_of(Path(file))
        case PosterRequest(file=file, to=to, width=width):
            write_poster(Path(file), Path(to), width)
        case FilmstripRequest(file=file, to=to, frames=frames, height=height):
            write_filmstrip(Path(file), Path(to), frames, height)
        case FrameTimesRequest(file=file, to=to):
            write_table(Path(file), Path(to))
        case LastFrameRequest(file=file, to=to):
            write_last_frame(Path(file), Path(to))
        case StillRequest(file=file, frame=frame):
            return still_of(Path(file), frame)
        case RangeRequest(file=file, to=to, start=start, end=end):
            return export_range(Path(file), Path(to), start, end)
        case CleanImageRequest(file=file, to=to):
            return write_clean_image(Path(file), Path(to))
        case _:
            assert_never(request)
    return None


def _read_lines(source: BinaryIO, lines: queue.Queue[bytes]) -> None:
    for line in source:
        lines.put(line)
    os._exit(0)  # the parent has ended; a decoder that hangs must not keep this process alive
