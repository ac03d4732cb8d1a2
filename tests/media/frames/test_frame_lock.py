"""Four clips in frame lock on two processors, in virtual time: are all in time? That depends on what comes first."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sora_desktop.domain.frames import Loop, ReadClip
from sora_desktop.media.frames import set_reader
from sora_desktop.media.frames.budget import Budget
from sora_desktop.media.frames.clip_reader import ClipListener
from sora_desktop.media.frames.clip_work import ClipWork, FoundPicture, WantedFrame
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.messages import Pictures, ReaderEvent, Show
from sora_desktop.media.frames.set_reader import SetReader
from sora_desktop.media.frames.work_marks import MARKS_SIZE, WorkMark
from sora_desktop.ui.player.ticker import Course, Ticker

ClipMaker = Callable[..., Path]
Clips = list[tuple[ReadClip | None, WorkMark]]

CLIPS, PROCESSORS = 4, 2
RATE, FRAMES, GROUP, SIZE = 24, 240, 100, (64, 36)
#: Bytes for about 110 frames of each clip, beside the scrub proxy.
MEMORY = CLIPS * 1_500_000
#: Seconds before the clips are played.
SETTLING = 0.5
#: How long each clip's frames take to decode, compared with the mean.
EFFORTS = (0.8, 0.8, 1.0, 1.4)


class VirtualReader:
    """In place of a clip's thread: a coroutine that takes a processor for each packet."""

    made: list[VirtualReader]

    def __init__(
        self, place: int, clip: ReadClip, listener: ClipListener, budget: Budget, threads: int, mark: WorkMark
    ) -> None:
        self.mark = mark
        self.request_mark = mark
        self.share = budget.open_share(lambda: None)
        self._place, self._listener = place, listener
        self._packets = 0
        self._decoder = FrameDecoder(clip.file, threads=1, go_on=self._count)
        self.times = self._decoder.table.times
        self._wanted: WantedFrame | None = None
        self._changed = asyncio.Event()
        self._given: list[tuple[WantedFrame, FoundPicture]] = []
        self.made.append(self)

    def start(self) -> None:
        self._work = ClipWork(self._decoder, self._decoder.first_frame(), self.share)

    def close(self) -> None:
        self._work.close()
        self._decoder.close()

    def want(self, wanted: WantedFrame) -> None:
        self._wanted = wanted
        self._work.give_if_there(wanted, SIZE, self._give)
        self._changed.set()

    async def read(self, processors: asyncio.Semaphore, seconds: float) -> None:
        """`seconds`: for one packet."""
        while True:
            async with processors:
                self._packets, self._changed = 0, asyncio.Event()
                has_more = self._work.answer(self._wanted, SIZE, lambda *given: self._given.append(given))
                if not has_more:
                    has_more = self._work.fill(lambda until: self._listener.may_decode_ahead(self._place, until))
                await asyncio.sleep(self._packets * seconds)
            given, self._given = self._given, []
            for each in given:
                self._give(*each)
            if not has_more:
                await self._changed.wait()

    def look_again(self) -> None:
        self._changed.set()

    def _give(self, wanted: WantedFrame, picture: FoundPicture) -> None:
        self._listener.found(self._place, wanted, picture)

    def _count(self) -> None:
        self._packets += 1


class LoopTimer:
    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._handle: asyncio.TimerHandle | None = None

    def start(self, seconds: float) -> None:
        self.stop()
        self._handle = asyncio.get_running_loop().call_later(seconds, self._call)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()


@pytest.fixture
def clips(make_clip: ClipMaker, monkeypatch: pytest.MonkeyPatch) -> Clips:
    monkeypatch.setattr(os, "cpu_count", lambda: PROCESSORS)
    monkeypatch.setattr(set_reader, "ClipReader", VirtualReader)
    monkeypatch.setattr(VirtualReader, "made", [], raising=False)
    encoding = {"bf": "3", "b-adapt": "0", "b-pyramid": "normal", "sc_threshold": "0"}
    file = make_clip(shades=[20 + n % 200 for n in range(FRAMES)], group=GROUP, size=SIZE, encoding=encoding)
    memory = memoryview(bytearray(MARKS_SIZE))
    return [(ReadClip(file), WorkMark(memory, place)) for place in range(CLIPS)]


async def play(clips: Clips, *, load: float, seconds: float) -> Ticker:
    """Play all clips, looped. `load`: share of the processors that decoding each frame once takes."""
    loop, serial = asyncio.get_running_loop(), 0

    def show(frame: int, direction: int, loops: tuple[Loop, ...] = ()) -> None:
        nonlocal serial
        serial += 1
        reader.show(Show(1, serial, (frame,) * CLIPS, direction, False, loops))

    def receive(event: ReaderEvent) -> None:
        if isinstance(event, Pictures):
            loop.call_soon(take)

    def take() -> None:
        reader.received()
        ticker.take((), is_again=False)

    with closing(SetReader(1, clips, receive, Budget(MEMORY))) as reader:
        readers = list(VirtualReader.made)
        times = readers[0].times
        ticker = Ticker(
            loop.time,
            LoopTimer,
            ask=lambda position: show(times.frame_at(position), 1, (Loop(0, FRAMES - 1),) * CLIPS),
            show=lambda position, pictures: None,
            end=lambda: None,
            stalled=lambda: None,
        )
        processors = asyncio.Semaphore(PROCESSORS)
        packet = load * PROCESSORS / CLIPS / RATE
        async with asyncio.TaskGroup() as tasks:
            reading = [
                tasks.create_task(each.read(processors, packet * effort))
                for each, effort in zip(readers, EFFORTS, strict=True)
            ]
            show(0, 0)
            await asyncio.sleep(SETTLING)
            ticker.begin(Course([times], (0, times.end), True), 0, 1.0)
            await asyncio.sleep(seconds)
            ticker.stop()
            for each in reading:
                each.cancel()
    return ticker


@pytest.mark.virtual_time
@pytest.mark.parametrize("load", [0.5, 0.9])
async def test_no_tick_is_missed_while_the_processors_have_time_for_all_frames(clips: Clips, load: float) -> None:
    ticker = await play(clips, load=load, seconds=3 * FRAMES / RATE)
    assert ticker.missed == 0 and ticker.shown > 3 * FRAMES - 2
