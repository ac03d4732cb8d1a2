"""Frame n is the n-th frame that a decoder gives, whatever the clip is like."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from odd_clips import KINDS, Kind, gray_of_frame, odd_clip

from sora_desktop.media.frame_table import kept_table, write_table
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.pictures import PictureMaker
from sora_desktop.media.video_facts import facts_of
from sora_desktop.media.video_pictures import still_of
from sora_desktop.media.videos import all_frames


def luma_of(frame: VideoFrame) -> bytes:
    """The first plane, without what fills its rows."""
    plane = frame.planes[0]
    pixels, length = memoryview(plane).cast("B"), plane.line_size
    used = frame.width * ((frame.format.components[0].bits + 7) // 8)
    return b"".join(pixels[row * length : row * length + used] for row in range(frame.height))


def green_of(picture: VideoFrame) -> int:
    plane = picture.planes[0]
    pixels = memoryview(plane).cast("B")
    return pixels[picture.height // 2 * plane.line_size + picture.width // 2 * 4 + 1]


def frame_read(decoder: FrameDecoder, number: int, *, leave_out: bool) -> VideoFrame:
    decoder.move_to(number, needed_from=number if leave_out else 0)
    while (found := decoder.read()) is not None and found[0] < number:
        pass
    assert found is not None and found[0] == number
    return found[1]


def order_of(frames: int) -> Iterator[tuple[int, bool]]:
    """Frames to read, forward, back and anywhere, each with and without leaving out others."""
    chance = random.Random(7)
    numbers = [0, 1, 2, frames - 1, frames - 2, frames // 2, frames // 2 - 1, *chance.choices(range(frames), k=12)]
    for number in numbers:
        yield max(0, min(number, frames - 1)), chance.random() < 0.5


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_frame_is_found_by_its_number(kind: Kind, tmp_path: Path) -> None:
    file = odd_clip(tmp_path, kind)
    decoded = [luma_of(frame) for frame in all_frames(file)]
    with closing(FrameDecoder(file, threads=2)) as decoder:
        table, times = decoder.table, decoder.table.times
        assert len(table.starts) == len(decoded) == facts_of(file).frames
        decoder.first_frame()
        maker = PictureMaker(decoder.stream)
        for number, leave_out in order_of(len(decoded)):
            frame = frame_read(decoder, number, leave_out=leave_out)
            assert luma_of(frame) == decoded[number]
            shown = maker.painted(maker.kept(frame, (1000, 1000))).frame
            assert green_of(shown) == pytest.approx(gray_of_frame(number), abs=5)  # some coders are coarse
    assert times.starts[0] == 0 and list(times.starts) == sorted(set(times.starts))
    assert times.end / 1e6 == pytest.approx(facts_of(file).seconds, abs=0.01)
    for number in {0, len(decoded) // 2, len(decoded) - 1}:
        with av.open(BytesIO(still_of(file, number)), "r") as picture:
            green = bytes(next(picture.decode(video=0)).reformat(format="rgb24").planes[0])[1]
        assert green == pytest.approx(gray_of_frame(number), abs=5)


def test_h264_leaves_out_what_is_not_needed_also_shortly_before_the_needed_frame(tmp_path: Path) -> None:
    read, needed = set[int](), set(range(3, 30, 3))
    with closing(FrameDecoder(odd_clip(tmp_path, KINDS["h264 with many B-frames"]), threads=1)) as decoder:
        for number in sorted(needed):
            decoder.move_to(number, needed_from=number)
            while number not in read and (found := decoder.read()) is not None:
                read.add(found[0])
    assert needed <= read and len(read) < 22


def test_a_table_is_kept_for_its_file_only(tmp_path: Path) -> None:
    file, table_file = odd_clip(tmp_path, KINDS["variable rate"]), tmp_path / "table"
    assert kept_table(file, table_file) is None
    write_table(file, table_file)
    kept = kept_table(file, table_file)
    with closing(FrameDecoder(file, threads=1, table_file=table_file)) as decoder:
        assert decoder.table == kept
    table_file.write_bytes(table_file.read_bytes()[:-3])
    with closing(FrameDecoder(file, threads=1, table_file=table_file)) as decoder:  # is damaged, and read again
        assert decoder.table == kept == kept_table(file, table_file)
    os.utime(file, ns=(0, 0))
    assert kept_table(file, table_file) is None, "a file of the same size may have other frames"
    write_table(file, table_file)
    file.write_bytes(odd_clip(tmp_path, KINDS["wide pixels"]).read_bytes() + b"\0")
    assert kept_table(file, table_file) is None
