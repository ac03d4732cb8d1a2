"""Which clips of a set go first, and what it leaves behind when it is closed."""

from __future__ import annotations

import gc
import math
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from av.video.frame import VideoFrame
from waiting import wait_until

from sora_desktop.domain.frames import ReadClip
from sora_desktop.media.frames.budget import Budget
from sora_desktop.media.frames.clip_reader import ClipReader
from sora_desktop.media.frames.clip_work import FoundPicture, WantedFrame
from sora_desktop.media.frames.messages import Pictures, ReaderEvent, Show
from sora_desktop.media.frames.picture_memory import PictureMemory
from sora_desktop.media.frames.pictures import SizedFrame
from sora_desktop.media.frames.set_reader import SetReader
from sora_desktop.media.frames.work_marks import MARKS_SIZE, WorkMark


@pytest.fixture
def sent() -> list[ReaderEvent]:
    return []


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch, sent: list[ReaderEvent]) -> Iterator[SetReader]:
    """Three clips on two processors. The test gives the frames."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(ClipReader, "start", lambda _: None)
    memory = memoryview(bytearray(MARKS_SIZE))
    clips = [(ReadClip(Path(f"{place}.mp4")), WorkMark(memory, place)) for place in range(3)]
    with closing(SetReader(1, clips, sent.append, Budget())) as reader:
        yield reader


def answer(reader: SetReader, serial: int, clip: int, *, is_exact: bool = True) -> None:
    reader.found(clip, WantedFrame(serial, serial, 1, False), FoundPicture(serial, None, is_exact))


def test_nothing_is_decoded_ahead_while_a_clip_for_each_processor_has_no_frame(reader: SetReader) -> None:
    assert reader.may_decode_ahead(0, math.inf), "nothing is asked for"
    for serial in (1, 2):
        reader.show(Show(1, serial, (serial,) * 3, 1, False, ()))
        found = []
        for clip in range(3):
            found.append(reader.may_decode_ahead(clip, math.inf))
            answer(reader, serial, clip)
        assert found == [False, True, True]


def test_a_small_picture_is_not_the_frame_that_was_asked_for(reader: SetReader) -> None:
    reader.show(Show(1, 1, (1,) * 3, 0, True, ()))
    for is_exact, may in ((False, [False, False, False]), (True, [False, True, True])):
        found = []
        for clip in range(3):
            found.append(reader.may_decode_ahead(clip, math.inf))
            answer(reader, 1, clip, is_exact=is_exact)
        assert found == may


def test_the_clips_with_the_least_decoded_ahead_go_first(reader: SetReader, monkeypatch: pytest.MonkeyPatch) -> None:
    woken = list[ClipReader]()
    monkeypatch.setattr(ClipReader, "look_again", lambda clip: woken.append(clip))
    clips = [place.reader for place in reader._places]
    reader.show(Show(1, 1, (1,) * 3, 1, False, ()))
    for clip in range(3):
        answer(reader, 1, clip)
    assert [reader.may_decode_ahead(clip, seconds) for clip, seconds in enumerate((1.0, 0.5, 0.2))] == [True] * 3
    assert not reader.may_decode_ahead(0, 1.0), "two others need theirs sooner"
    assert reader.may_decode_ahead(1, 0.9) and not woken
    assert reader.may_decode_ahead(2, 0.98) and woken == clips[:1], "not by much any more"
    assert all(reader.may_decode_ahead(clip, 1.0) for clip in range(3))


def test_a_clip_that_waits_goes_on_when_another_one_has_its_frame_or_fails(
    reader: SetReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken = list[ClipReader]()
    monkeypatch.setattr(ClipReader, "look_again", lambda clip: woken.append(clip))
    for serial in (1, 2):
        reader.show(Show(1, serial, (serial,) * 3, 1, False, ()))
        answer(reader, serial, 0)
        assert not reader.may_decode_ahead(0, 1.0) and not woken
        if serial == 1:
            answer(reader, serial, 1)
        else:
            reader.failed(1, "gone")
        assert woken == [reader._places[0].reader]
        woken.clear()


def test_pictures_wait_until_those_before_have_been_received_and_only_the_latest_are_sent(
    reader: SetReader, sent: list[ReaderEvent]
) -> None:
    def answer_all(serial: int) -> list[int]:
        reader.show(Show(1, serial, (serial,) * 3, 1, False, ()))
        for clip in range(3):
            answer(reader, serial, clip)
        return [event.serial for event in sent if isinstance(event, Pictures)]

    assert [answer_all(serial) for serial in (1, 2, 3)] == [[1], [1], [1]]
    reader.received()
    assert answer_all(4) == [1, 3]
    reader.received()
    reader.received()
    assert answer_all(5) == [1, 3, 4, 5], "nothing is on its way, and nothing is sent twice"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="names of memory are files there")
def test_a_set_that_is_closed_while_a_picture_is_written_leaves_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def close_and_write(memory: PictureMemory, *arguments: Any, **options: Any) -> Any:
        reader.close()
        return write(memory, *arguments, **options)

    write = PictureMemory.write
    monkeypatch.setattr(PictureMemory, "write", close_and_write)
    sent: list[ReaderEvent] = []
    mark = WorkMark(memoryview(bytearray(MARKS_SIZE)), 0)
    reader = SetReader(1, [(None, mark)], sent.append, Budget())
    picture = SizedFrame(VideoFrame(32, 32, "bgra"), 32, 32, (32, 32))
    reader.found(0, WantedFrame(1, 0, 0, False), FoundPicture(0, picture, True))
    assert not sent and not list(Path("/dev/shm").glob(f"sora-desktop-{os.getpid()}-*"))


def test_all_pictures_of_all_clips_fit_into_their_memory(make_clip: Callable[..., Path]) -> None:
    """Kept frames, small pictures and places to hand over, also of a paused clip when others are opened."""
    total, memory = 3_000_000, memoryview(bytearray(MARKS_SIZE))
    budget, file = Budget(total), make_clip(shades=[40 + n for n in range(120)])  # 2,592,000 bytes
    with ExitStack() as opened:

        def open_set(number: int, clips: int) -> SetReader:
            marks = [WorkMark(memory, 4 * number + place) for place in range(clips)]
            reader = SetReader(number, [(ReadClip(file), mark) for mark in marks], lambda _: None, budget)
            opened.enter_context(closing(reader))
            reader.show(Show(number, 1, (60,) * clips, 0, False, ()))
            wait_until(lambda: all(place.is_exact for place in reader._places) and not is_working(reader))
            return reader

        paused = open_set(0, 1)
        assert 0.7 * total < bytes_of(paused) <= total
        others = open_set(1, 2)
        steps = paused.marks[0].progress
        paused.show(Show(0, 2, (60,), 0, False, ()))  # wakes its thread once more
        wait_until(lambda: paused.marks[0].progress > steps and not is_working(paused))
        assert bytes_of(paused, others) <= total, "the paused clip has given up what the others need"
        assert bytes_of(paused, others) > 0.7 * total


def is_working(reader: SetReader) -> bool:
    return any(mark.is_working for mark in reader.marks)


def bytes_of(*readers: SetReader) -> int:
    """What all pictures take. One of 160 × 90 pixels takes 57,600 bytes to be handed over, in one of four places."""
    places = [place for reader in readers for place in reader._places]
    assert {place.memory.bytes for place in places} == {4 * 61_440}
    kept = [each for each in gc.get_objects() if isinstance(each, SizedFrame) and each.frame.format.name != "bgra"]
    return sum(each.bytes for each in kept) + sum(place.memory.bytes for place in places)
