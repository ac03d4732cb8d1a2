"""The worker process: reads questions as JSON lines from standard input, answers on standard output, ends with it."""

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
from sora_desktop.media.errors import MediaError
from sora_desktop.media.images import image_facts_of
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
from sora_desktop.media.videos import facts_of, write_filmstrip, write_last_frame, write_poster

_NICENESS = 5


def answer(question: Question) -> VideoFacts | ImageFacts | None:
    """Does what is asked. Raises MediaTrouble."""
    match question:
        case FactsAsked(file=file):
            return facts_of(Path(file))
        case PosterAsked(file=file, to=to, width=width):
            write_poster(Path(file), Path(to), width)
        case FilmstripAsked(file=file, to=to, frames=frames, height=height):
            write_filmstrip(Path(file), Path(to), frames, height)
        case LastFrameAsked(file=file, to=to):
            write_last_frame(Path(file), Path(to))
        case ImageFactsAsked(file=file):
            return image_facts_of(Path(file))
        case _:
            assert_never(question)
    return None


def reply_to(line: bytes) -> Reply:
    """One line in, one reply out, whatever happens."""
    try:
        result = answer(msgspec.json.decode(line, type=Question))
    except MediaError as trouble:
        return Trouble(str(trouble))
    except Exception as error:
        return Trouble(f"The file cannot be read ({type(error).__name__}: {error}).")
    return Answer(msgspec.Raw(msgspec.json.encode(result)))


def _listen(source: BinaryIO, lines: queue.Queue[bytes]) -> None:
    for line in source:
        lines.put(line)
    os._exit(0)  # the parent is gone; a decoder that hangs must not keep us


def main() -> int:
    """Serves until standard input ends, and then ends the process at once, in the middle of whatever it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    if sys.platform != "win32":
        os.nice(_NICENESS)
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a library that prints must not spoil the replies
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, lines), daemon=True).start()
    while True:
        try:
            replies.write(msgspec.json.encode(reply_to(lines.get())) + b"\n")
        except OSError:
            os._exit(0)  # nobody reads any more


if __name__ == "__main__":
    sys.exit(main())
