"""What decoding alone takes: the physical limits of a player on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
from bench.frame_clips import GROUP

_RUNS, _FRAMES, _THREADS = 3, 120, 2
_FRAMES_TOGETHER = 240


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Seconds."""

    first: float  # to open the file and decode its first frame
    frame: float  # for one more frame, with two frame threads

    @property
    def half_group(self) -> float:
        """For an exact seek without a cache, in the mean."""
        return self.frame * GROUP / 2


def decode_limits(clip: Path) -> DecodeLimits:
    """The best of some runs."""
    runs = [_run(clip) for _ in range(_RUNS)]
    return DecodeLimits(min(_first(clip) for _ in range(_RUNS)), min(runs))


def frames_a_second(clips: Sequence[Path]) -> float:
    """Of all clips together, each decoded by one thread, without scaling or showing them."""
    threads = [threading.Thread(target=_decode, args=(clip,)) for clip in clips]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(clips) * _FRAMES_TOGETHER / (time.perf_counter() - began)


def _decode(clip: Path) -> None:
    with av.open(str(clip)) as container:
        container.streams.video[0].thread_count = 1
        for _ in islice(container.decode(video=0), _FRAMES_TOGETHER):
            pass


def _run(clip: Path) -> float:
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.thread_count = "FRAME", _THREADS
        frames = container.decode(stream)
        next(frames)
        began = time.perf_counter()
        for _ in range(_FRAMES):
            next(frames)
        return (time.perf_counter() - began) / _FRAMES


def _first(clip: Path) -> float:
    began = time.perf_counter()
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        found = list(next(container.demux(stream)).decode())
        assert found or stream.codec_context.decode(None)
        return time.perf_counter() - began
