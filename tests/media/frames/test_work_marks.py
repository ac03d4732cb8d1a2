"""Work that takes long is told from work that hangs."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from odd_clips import KINDS, odd_clip

from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.work_marks import MARKS_SIZE, HangWatch, Part, Work, WorkMark, work_at


def test_only_work_that_does_not_come_further_hangs() -> None:
    memory = memoryview(bytearray(MARKS_SIZE))
    idle, long, hanging = (WorkMark(memory, clip) for clip in range(3))
    sound = hanging.of_part(Part.SOUND)
    watch = HangWatch(10)
    long.begin()
    sound.begin()
    for _ in range(10):
        assert not watch.note_hanging([idle, long, hanging, sound])
        long.go_on()
    assert watch.note_hanging([idle, long, hanging, sound])
    assert [work_at(memory, clip) for clip in range(3)] == [Work.NONE, Work.DECODING, Work.HANGING]


def test_work_that_gets_no_processor_does_not_hang() -> None:
    mark, watch = WorkMark(memoryview(bytearray(MARKS_SIZE)), 0), HangWatch(10)
    mark.begin()
    assert not any(watch.note_hanging([mark], waited) for waited in (0.95, 1.0, 0.0, 2.9) * 20)
    assert [watch.note_hanging([mark], 0.5) for _ in range(21)] == [False] * 20 + [True], "but half of the time counts"


def test_reading_a_table_comes_further_at_each_packet_and_each_decoded_frame(tmp_path: Path) -> None:
    steps: list[None] = []
    file = odd_clip(tmp_path, KINDS["mpeg4 in avi"])  # all of its frames are decoded to count them
    with closing(FrameDecoder(file, threads=1, go_on=lambda: steps.append(None))) as decoder:
        assert len(steps) >= 2 * len(decoder.table.starts)
