"""What a clip's reader gives while its thread is at work."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from odd_clips import KINDS, Kind, odd_clip
from waiting import PATIENCE, wait_until

from sora_desktop.domain.frames import Loop, ReadClip
from sora_desktop.media.frames.budget import Budget
from sora_desktop.media.frames.clip_reader import ClipReader, OpenedClip
from sora_desktop.media.frames.clip_work import FoundPicture, WantedFrame
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.work_marks import MARKS_SIZE, WorkMark

ClipMaker = Callable[..., Path]


class Listener:
    """Remembers the frames that were given."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []  # of each frame
        self.found_frames: list[tuple[int, int]] = []  # number of the request, and frame
        self.may_go = True

    def opened(self, clip: int, facts: OpenedClip) -> None:
        pass

    def failed(self, clip: int, message: str) -> None:
        raise AssertionError(message)

    def may_decode_ahead(self, clip: int, until_needed: float) -> bool:
        return self.may_go

    def found(self, clip: int, wanted: WantedFrame, picture: FoundPicture) -> None:
        self.found_frames.append((wanted.serial, picture.frame))
        if picture.pixels is not None:
            self.sizes.append((picture.pixels.width, picture.pixels.height))


@contextmanager
def reading(file: Path, listener: Listener, budget: Budget | None = None) -> Iterator[ClipReader]:
    """A reader whose thread ends with the block."""
    mark = WorkMark(memoryview(bytearray(MARKS_SIZE)), 0)
    reader = ClipReader(0, ReadClip(file), listener, budget or Budget(), 1, mark)
    try:
        yield reader
    finally:
        reader.close()
        reader._thread.join(PATIENCE)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the frames that are decoded, in their order."""
    numbers, read = list[int](), FrameDecoder.read

    def counted_read(decoder: FrameDecoder) -> object:
        numbers.append(decoder.next_frame)
        return read(decoder)

    monkeypatch.setattr(FrameDecoder, "read", counted_read)
    return numbers


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
    with reading(make_clip(shades=[40 + 3 * n for n in range(30)]), listener) as reader:
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


def test_frames_decoded_for_the_scrub_proxy_are_kept(make_clip: ClipMaker, reads: list[int]) -> None:
    frame_bytes = 160 * 90 * 3 // 2
    with reading(make_clip(shades=[40 + n for n in range(120)]), Listener(), Budget(200 * frame_bytes)) as reader:
        reader.start()
        reader.want(WantedFrame(1, 0, 0, False))
        wait_until(lambda: reads and not reader.mark.is_working)
    assert len(reads) < 170  # 120 frames, and those near the current one


@pytest.mark.parametrize("width", [24, 160])
def test_each_frame_of_a_clip_that_is_kept_whole_is_decoded_once(
    make_clip: ClipMaker, reads: list[int], width: int
) -> None:
    """The other side of 24 pixels is rounded down, which must not round the 24 down in turn."""
    listener = Listener()
    with reading(make_clip(shades=[40 + 3 * n for n in range(30)]), listener) as reader:
        reader.set_size(width, 1000)
        reader.start()
        reader.want(WantedFrame(1, 3, 0, False))
        wait_until(lambda: len(reads) > 100 or (listener.found_frames and not reader.mark.is_working))
        assert len(reads) < 40
        reader.want(WantedFrame(2, 20, 0, False))
        assert listener.found_frames == [(1, 3), (2, 20)]
    assert len(set(listener.sizes)) == 1 and listener.sizes[0][0] == width


def test_nothing_is_decoded_ahead_while_other_clips_go_first(make_clip: ClipMaker, reads: list[int]) -> None:
    listener = Listener()
    listener.may_go = False
    with reading(make_clip(shades=[40 + 3 * n for n in range(30)]), listener) as reader:
        reader.start()
        reader.want(WantedFrame(1, 3, 1, False))
        wait_until(lambda: listener.found_frames == [(1, 3)] and not reader.mark.is_working)
        reader.want(WantedFrame(2, 8, 1, False))
        wait_until(lambda: listener.found_frames == [(1, 3), (2, 8)] and not reader.mark.is_working)
        assert max(reads) == 8
        listener.may_go = True
        reader.look_again()
        wait_until(lambda: max(reads) == 29)


@pytest.mark.parametrize(("direction", "start", "jump"), [(1, 60, 5), (-1, 60, 115)])
def test_the_frame_to_which_a_loop_jumps_is_there_before_the_first_jump(
    make_clip: ClipMaker, direction: int, start: int, jump: int
) -> None:
    frame_bytes, listener = 160 * 90 * 3 // 2, Listener()
    with reading(make_clip(shades=[40 + n for n in range(120)]), listener, Budget(70 * frame_bytes)) as reader:
        reader.start()
        reader.want(WantedFrame(1, start, direction, False, Loop(5, 115)))
        wait_until(lambda: listener.found_frames and not reader.mark.is_working)
        reader.want(WantedFrame(2, jump, direction, False, Loop(5, 115)))
        assert listener.found_frames == [(1, start), (2, jump)]


def test_frames_of_another_size_are_kept_too(tmp_path: Path, reads: list[int]) -> None:
    (tmp_path / "tall").mkdir()
    wide = odd_clip(tmp_path, Kind("mjpeg", "mkv", "yuvj420p", size=(64, 32), frames=10))
    tall = odd_clip(tmp_path / "tall", Kind("mjpeg", "mkv", "yuvj420p", size=(40, 60), frames=10))
    with av.open(str(tmp_path / "both.mkv"), "w") as output, av.open(str(wide)) as first, av.open(str(tall)) as second:
        stream = output.add_stream_from_template(first.streams[0])
        for source, start in ((first, 0), (second, 1000)):
            for packet in source.demux():
                if packet.pts is not None:
                    packet.pts, packet.dts, packet.stream = packet.pts + start, packet.pts + start, stream
                    output.mux(packet)
    listener = Listener()
    with reading(tmp_path / "both.mkv", listener) as reader:
        reader.start()
        reader.want(WantedFrame(1, 3, 0, False))
        wait_until(lambda: len(reads) > 100 or (listener.found_frames and not reader.mark.is_working))
        assert len(reads) < 30
        reader.want(WantedFrame(2, 14, 0, False))
        assert listener.found_frames == [(1, 3), (2, 14)]
    assert listener.sizes == [(64, 32), (21, 32)]


@pytest.mark.parametrize("kind", ["h264 in ts", "h264 in mkv"])
def test_a_frame_behind_a_key_frame_that_is_not_found_is_reached_from_an_earlier_one(
    tmp_path: Path, reads: list[int], kind: str
) -> None:
    file = odd_clip(tmp_path, KINDS[kind])
    with av.open(str(file)) as container:
        key = next(packet for packet in container.demux(video=0) if packet.is_keyframe and (packet.pts or 0) > 12)
        damaged = bytes(key)[:150]
    content = file.read_bytes()
    at, end = content.index(damaged[:20]), content.index(damaged[:20]) + len(damaged)
    file.write_bytes(content[:at] + b"\xff" * len(damaged) + content[end:])
    listener = Listener()
    with reading(file, listener) as reader:
        reader.start()
        reader.want(WantedFrame(1, 20, 0, False))
        wait_until(lambda: len(reads) > 300 or (listener.found_frames and not reader.mark.is_working))
        assert len(reads) < 150
        reader.want(WantedFrame(2, 29, 0, False))
        wait_until(lambda: len(listener.found_frames) == 2)
        reader.want(WantedFrame(3, 77, 0, False))  # there is none
        wait_until(lambda: len(listener.found_frames) == 3 and not reader.mark.is_working)
    assert listener.found_frames == [(1, 20), (2, 29), (3, 77)]


def test_no_frame_of_a_closed_clip_waits_until_python_looks_for_cycles(make_clip: ClipMaker) -> None:
    def frames_in_memory() -> int:
        return sum(isinstance(each, VideoFrame) for each in gc.get_objects())

    file = make_clip(shades=[40 + 3 * n for n in range(30)])
    gc.collect()
    gc.disable()
    try:
        before = frames_in_memory()
        with reading(file, Listener()) as reader:
            reader.start()
            reader.want(WantedFrame(1, 29, 1, False))
            wait_until(lambda: frames_in_memory() >= before + 30)
        wait_until(lambda: frames_in_memory() <= before + 1)  # the first one, whose display matrix was read
    finally:
        gc.enable()
