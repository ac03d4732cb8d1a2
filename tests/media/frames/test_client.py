"""The process that reads frames crashes, hangs, is killed, and ends with its parent."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest
from frame_reading import OpenClips, Reader, frame_reader
from waiting import PATIENCE, wait_until

from sora_desktop.domain.frames import FrameEvent, PicturesRead, ReadClip, ReadingFailed
from sora_desktop.media.errors import MediaError
from sora_desktop.media.frames import client
from sora_desktop.media.frames.client_set import ClientSet
from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.messages import OpenSet, Pictures, ReaderRequest, Received, SharedPicture, Show
from sora_desktop.media.frames.reader_process import ReaderProcess
from sora_desktop.media.frames.work_marks import MARKS_SIZE, Work
from sora_desktop.system.shared_memory import SharedMemory
from sora_desktop.system.subprocesses import child_environment

ClipMaker = Callable[..., Path]

#: Crashes or hangs at the eleventh frame of files with such names, takes its time, or ends while it does nothing.
FAULTY = """
import os, sys, time
from sora_desktop.media.frames import decoder, frame_reader, set_reader
read = decoder.FrameDecoder.read
def read_or_fail(self):
    if self.next_frame > 10 and self._file.stem == "crash":
        os.abort()
    if self.next_frame > 10 and self._file.stem == "hang":
        time.sleep(600)
    if self._file.stem == "slow":
        time.sleep(0.03)
    return read(self)
def open_or_end(self, clip, facts):
    opened(self, clip, facts)
    if self._places[clip].clip.file.stem == "ends":
        self._places[clip].reader.mark.end()
        os._exit(1)
decoder.FrameDecoder.read = read_or_fail
opened, set_reader.SetReader.opened = set_reader.SetReader.opened, open_or_end
frame_reader._WATCH_PAUSE = 0.2
frame_reader.main(sys.argv[-1])
"""

SHADES = [40 + 3 * n for n in range(40)]


def wait_until_idle(reader: Reader) -> None:
    """Until the process has decoded ahead what it can."""
    process = reader.client._process
    assert process is not None
    wait_until(lambda: max(process.marks) == Work.NONE)


@pytest.mark.parametrize(("name", "said"), [("crash", "decoding it crashed"), ("hang", "takes too long")])
def test_a_clip_that_crashes_or_hangs_the_process_fails_and_the_others_go_on(
    make_clip: ClipMaker, name: str, said: str
) -> None:
    with frame_reader([sys.executable, "-c", FAULTY]) as reader:
        good = reader.open(make_clip("good.mp4", shades=SHADES))
        good.picture(30)
        wait_until_idle(reader)
        bad = reader.open(make_clip(f"{name}.mp4", shades=SHADES))
        bad.set.show([20])
        bad.wait(lambda: bad.failures)
        assert said in bad.failures[0] and f"{name}.mp4" in bad.failures[0] and not bad.pictures
        assert good.picture(35).frame == 35
        assert not good.failures and len(good.opened) == 1


def test_a_process_that_is_killed_is_replaced_and_a_sound_ends(
    make_clip: ClipMaker, caplog: pytest.LogCaptureFixture
) -> None:
    with frame_reader() as reader:
        clips = reader.open(make_clip(shades=SHADES, audio=True))
        held = clips.picture(3)
        wait_until_idle(reader)
        process = reader.client._process
        assert process is not None
        process._process.kill()
        clips.wait(lambda: reader.client._process is not process)
        process.send(Received(1))  # is lost
        assert clips.picture(5).frame == 5
        assert len(bytes(held.pixels)) == held.pitch * held.height  # is still mapped
        assert not clips.failures
    code = process.exit_code
    assert code and [record.getMessage() for record in caplog.records] == [
        f"the frame reader has ended with code {code}"
    ]


def test_of_two_clips_that_were_decoded_at_each_crash_only_the_guilty_one_fails(make_clip: ClipMaker) -> None:
    with frame_reader([sys.executable, "-c", FAULTY]) as reader:
        both = reader.open(make_clip("slow.mp4", shades=SHADES), make_clip("crash.mp4", shades=SHADES))
        both.set.show([39, 20])
        both.wait(lambda: both.failures)
        assert set(both.failures) == {1} and "crash.mp4" in both.failures[1]
        picture, nothing = both.show(30, 20)
        assert picture is not None and picture.frame == 30 and nothing is None
        assert set(both.failures) == {1}


def test_a_clip_that_was_being_decoded_when_the_process_was_killed_is_not_given_up(make_clip: ClipMaker) -> None:
    with frame_reader([sys.executable, "-c", FAULTY]) as reader:
        clips = reader.open(make_clip("slow.mp4", shades=SHADES))
        process = reader.client._process
        assert process is not None
        clips.set.show([39])
        wait_until(lambda: max(process.marks) == Work.DECODING)
        process._process.kill()
        assert clips.picture(39).frame == 39
        assert reader.client._process is not process and not clips.failures


def test_a_process_that_ends_again_and_again_is_not_started_for_ever(make_clip: ClipMaker) -> None:
    with frame_reader([sys.executable, "-c", FAULTY]) as reader:
        clips = reader.open(make_clip("ends.mp4", shades=SHADES))
        clips.wait(lambda: clips.failures)
        assert "again and again" in clips.failures[0]


def test_a_process_that_does_not_start_is_reported(make_clip: ClipMaker, tmp_path: Path) -> None:
    for command in ([str(tmp_path / "nothing")], [sys.executable, "-c", "raise SystemExit(3)"]):
        with frame_reader(command) as reader:
            assert "does not start" in reader.open(make_clip()).failures[0]


def test_pictures_that_arrive_while_the_process_ends_are_shown(make_clip: ClipMaker) -> None:
    with frame_reader() as reader:
        clips = reader.open(make_clip(shades=SHADES))
        clips.set.show([3])  # the first pictures: their memory is not open here yet
        wait_until(lambda: not reader.posted.empty())
        wait_until_idle(reader)
        process = reader.client._process
        assert process is not None
        process._process.kill()
        wait_until(lambda: "frame events" not in {thread.name for thread in threading.enumerate()})
        clips.wait(lambda: clips.pictures)
        assert len(clips.pictures) == 1 and clips.picture(5).frame == 5
    assert not list(Path("/dev/shm").glob(f"sora-desktop-{process._process.pid}-*"))


def test_clips_that_could_not_be_opened_are_not_opened_in_a_later_process(monkeypatch: pytest.MonkeyPatch) -> None:
    processes: list[Mock] = []

    def start(*_: object) -> Mock:
        if not attempts.pop():
            raise OSError
        processes.append(Mock(ReaderProcess, marks=memoryview(bytes(MARKS_SIZE))))
        return processes[-1]

    attempts = [True, True, False]
    monkeypatch.setattr(client, "ReaderProcess", start)
    reader = Reader()
    clips = [OpenClips(reader, [ReadClip(Path(f"{number}.mp4"))]) for number in range(2)]
    clips[0].wait(lambda: clips[0].failures)
    assert "does not start" in clips[0].failures[0]
    reader.client._on_end(processes[0])
    opened = [[call.args[0] for call in process.send.mock_calls] for process in processes]
    assert opened == [[OpenSet(2, (b"1.mp4",), (b"",), (0,))]] * 2


def test_the_last_request_is_sent_after_any_number_without_an_answer() -> None:
    sent: list[ReaderRequest] = []
    clips = ClientSet(1, [ReadClip(Path("clip.mp4"))], lambda _: None, sent.append, lambda _: None)

    def shows() -> list[Show]:
        return [request for request in sent if isinstance(request, Show)]

    for frame in range(1000):
        clips.show([frame])
    assert len(shows()) == 100, "the pipe must not fill"
    clips.handle(Pictures(1, shows()[-1].serial, (None,)))
    assert (len(shows()), shows()[-1].frames) == (101, (999,))
    clips.show([0])
    assert shows()[-1].frames == (0,)


def test_pictures_beyond_their_memory_are_not_painted() -> None:
    memory = SharedMemory.create(4096)
    events: list[FrameEvent] = []
    clips = ClientSet(1, [ReadClip(Path("clip.mp4"))], events.append, lambda _: None, lambda _: None)
    for width, height, pitch, offset in ((32, 32, 128, 0), (32, 32, 128, 64), (32, 32, 64, 0), (32, 64, 128, 0)):
        shared = SharedPicture(0, width, height, pitch, memory.name, 4096, offset, True)
        clips.handle(Pictures(1, len(events) + 1, (shared,)))
    assert [event.pictures[0] is not None for event in events if isinstance(event, PicturesRead)] == [
        True,
        *[False] * 3,
    ]


def test_a_clip_whose_pictures_cannot_be_opened_fails_and_the_others_go_on() -> None:
    memory = SharedMemory.create(4096)
    events: list[FrameEvent] = []
    sent: list[ReaderRequest] = []
    files = [ReadClip(Path("a.mp4")), ReadClip(Path("b.mp4"))]
    clips = ClientSet(1, files, events.append, sent.append, lambda _: None)
    names = (f"{memory.name}-gone", memory.name)
    clips.handle(Pictures(1, 1, tuple([SharedPicture(0, 32, 32, 128, name, 4096, 0, True) for name in names])))
    failed, read = events
    assert isinstance(failed, ReadingFailed) and failed.clip == 0 and "no memory" in failed.message
    assert isinstance(read, PicturesRead) and [picture is not None for picture in read.pictures] == [False, True]
    assert sent == [Received(1)]


def test_a_file_that_is_replaced_is_not_shown_by_the_table_of_the_former_one(make_clip: ClipMaker) -> None:
    file, other = make_clip("clip.ts", shades=SHADES, group=8), make_clip("other.ts", shades=SHADES[::-1], group=8)
    with closing(FrameDecoder(file, threads=1)) as decoder:
        other.replace(file)
        with pytest.raises(MediaError, match=r"clip.ts” has changed"):
            decoder.twin()
    with frame_reader() as reader:
        clips = reader.open(file)
        clips.picture(3)
        process = reader.client._process
        assert process is not None
        make_clip("shorter.ts", shades=SHADES[:9]).replace(file)
        process._process.kill()
        clips.wait(lambda: clips.failures)
        assert "has changed" in clips.failures[0]


def test_nothing_is_left_in_memory(make_clip: ClipMaker) -> None:
    def memory_of(process: int) -> list[Path]:
        return list(Path("/dev/shm").glob(f"sora-desktop-{process}-*"))

    with frame_reader() as reader:
        clips = reader.open(make_clip(shades=SHADES))
        clips.picture(3)
        assert reader.client._process is not None
        process = reader.client._process._process.pid
        # What both have opened has no name any more, so that it ends with them, however they end.
        assert memory_of(process) == memory_of(os.getpid()) == []
        clips.set.set_size(0, 40, 40)
        clips.picture(4)
        clips.set.set_size(0, 100, 100)
        clips.set.show([5])
        clips.set.close()
    assert memory_of(process) == memory_of(os.getpid()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_process_ends_when_the_parent_is_killed(make_clip: ClipMaker) -> None:
    program = """
import queue, sys, time
from pathlib import Path
from sora_desktop.domain.frames import ReadClip
from sora_desktop.media.frames.client import FrameReaderClient
posted = queue.SimpleQueue()
client = FrameReaderClient(posted.put)
events = []
client.open([ReadClip(Path(sys.argv[1]))], events.append).show([0])
while len(events) < 2:
    posted.get()()
print(client._process._process.pid, flush=True)
time.sleep(600)
"""
    command = [sys.executable, "-c", program, str(make_clip())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=child_environment()) as parent:
        assert parent.stdout is not None
        reader = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait(PATIENCE)
    wait_until(lambda: not is_running(reader))


def is_running(process: int) -> bool:
    """False for zombies too: in a container there may be no process that reaps orphans."""
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
