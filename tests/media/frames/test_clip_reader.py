"""What a clip's reader gives while its thread is at work."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from av.video.frame import VideoFrame
from waiting import wait_until

from sora_desktop.domain.frames import ReadClip
from sora_desktop.media.frames.budget import Budget
from sora_desktop.media.frames.clip_reader import ClipReader, FoundPicture, OpenedClip, WantedFrame
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.work_marks import WorkMark

ClipMaker = Callable[..., Path]


class Listener:
    """Remembers the frames that were given, and the threads that gave them."""

    def __init__(self) -> None:
        self.found_frames: list[tuple[int, int]] = []  # number of the request, and frame

    def opened(self, clip: int, facts: OpenedClip) -> None:
        pass

    def failed(self, clip: int, message: str) -> None:
        raise AssertionError(message)

    def found(self, clip: int, wanted: WantedFrame, picture: FoundPicture) -> None:
        self.found_frames.append((wanted.serial, picture.frame))


def test_a_decoded_frame_is_given_at_once_while_the_next_one_is_being_decoded(
    make_clip: ClipMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_decoding, may_go_on = threading.Event(), threading.Event()
    read = FrameDecoder.read

    def slow_read(decoder: FrameDecoder) -> object:
        if decoder.next_frame >= 10:
            is_decoding.set()
            may_go_on.wait()
        return read(decoder)

    monkeypatch.setattr(FrameDecoder, "read", slow_read)
    listener = Listener()
    clip = ReadClip(make_clip(shades=[40 + 3 * n for n in range(30)]))
    reader = ClipReader(0, clip, listener, Budget(), 1, WorkMark(memoryview(bytearray(16)), 0))
    reader.start()
    try:
        reader.want(WantedFrame(1, 0, 1, False))
        wait_until(is_decoding.is_set)
        reader.want(WantedFrame(2, 7, 1, False))
        assert listener.found_frames == [(1, 0), (2, 7)]
        reader.want(WantedFrame(3, 20, 1, False))  # is not decoded yet
        assert listener.found_frames == [(1, 0), (2, 7)]
        may_go_on.set()
        wait_until(lambda: listener.found_frames[-1] == (3, 20))
    finally:
        may_go_on.set()
        reader.close()


def test_frames_decoded_for_the_scrub_proxy_are_kept(make_clip: ClipMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, read = list[int](), FrameDecoder.read

    def counted_read(decoder: FrameDecoder) -> object:
        reads.append(decoder.next_frame)
        return read(decoder)

    monkeypatch.setattr(FrameDecoder, "read", counted_read)
    listener = Listener()
    file = make_clip(shades=[40 + n for n in range(120)])
    frame_bytes = 160 * 90 * 3 // 2
    reader = ClipReader(
        0, ReadClip(file), listener, Budget(200 * frame_bytes), 1, WorkMark(memoryview(bytearray(16)), 0)
    )
    reader.start()
    try:
        reader.want(WantedFrame(1, 0, 0, False))
        wait_until(lambda: reads and reader.busy_since is None)
        assert len(reads) < 170  # 120 frames, and those near the current one
    finally:
        reader.close()


def test_no_frame_of_a_closed_clip_waits_until_python_looks_for_cycles(make_clip: ClipMaker) -> None:
    def frames_in_memory() -> int:
        return sum(isinstance(each, VideoFrame) for each in gc.get_objects())

    listener = Listener()
    clip = ReadClip(make_clip(shades=[40 + 3 * n for n in range(30)]))
    gc.collect()
    gc.disable()
    try:
        before = frames_in_memory()
        reader = ClipReader(0, clip, listener, Budget(), 1, WorkMark(memoryview(bytearray(16)), 0))
        reader.start()
        reader.want(WantedFrame(1, 29, 1, False))
        wait_until(lambda: frames_in_memory() >= before + 30)
        reader.close()
        wait_until(lambda: frames_in_memory() <= before + 1)  # the first one, whose display matrix was read
    finally:
        gc.enable()
