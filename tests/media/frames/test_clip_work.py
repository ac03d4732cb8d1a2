"""What is decoded while a clip plays backward, counted in steps of the work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from sora_desktop.media.frames.budget import Budget
from sora_desktop.media.frames.clip_work import ClipWork, FoundPicture, WantedFrame
from sora_desktop.media.frames.decoder import FrameDecoder

ClipMaker = Callable[..., Path]

FRAMES, GROUP, SIZE = 500, 250, (64, 48)
#: Memory for about this many frames, beside the scrub proxy.
KEPT = 112
#: Steps of the work in the time that each frame is shown.
STEPS = 4


@pytest.fixture
def clip(make_clip: ClipMaker) -> Path:
    """Every second frame is one that no other needs, and may be left out."""
    encoding = {"bf": "3", "b-adapt": "0", "b-pyramid": "normal", "sc_threshold": "0"}
    return make_clip(shades=[20 + n % 200 for n in range(FRAMES)], group=GROUP, size=SIZE, encoding=encoding)


def test_playing_backward_begins_a_group_again_only_for_a_third_of_what_is_kept_behind(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, given, late = list[int](), dict[int, FoundPicture](), list[int]()
    read = FrameDecoder.read

    def counted_read(decoder: FrameDecoder) -> object:
        reads.append(decoder.next_frame)
        return read(decoder)

    def give(wanted: WantedFrame, picture: FoundPicture) -> None:
        given[wanted.frame] = picture

    with closing(FrameDecoder(clip, threads=1)) as decoder:
        share = Budget(300 * SIZE[0] * SIZE[1] * 3 // 2).open_share(lambda: None)
        work = ClipWork(decoder, decoder.first_frame(), share)
        wanted = WantedFrame(1, FRAMES - 1, 0, False)
        while work.answer(wanted, SIZE, give) or work.fill(lambda _: True):
            pass
        monkeypatch.setattr(FrameDecoder, "read", counted_read)
        for serial, frame in enumerate(range(FRAMES - 2, -1, -1), 2):
            wanted = WantedFrame(serial, frame, -1, False)
            work.give_if_there(wanted, SIZE, give)
            if frame not in given:
                late.append(frame)
            for _ in range(STEPS):
                if not (work.answer(wanted, SIZE, give) or work.fill(lambda _: True)):
                    break
        work.close()
    assert late == []
    assert [frame for frame, picture in given.items() if picture.pixels is None] == []
    assert sum(after < before for before, after in pairwise(reads)) <= FRAMES // (KEPT * 3 // 4 // 3)


def test_a_frame_that_was_left_out_on_the_way_to_another_is_there_when_it_is_wanted(clip: Path) -> None:
    with closing(FrameDecoder(clip, threads=1)) as decoder:
        for number in range(60, 70):
            decoder.move_to(10)
            while decoder.next_frame < number - 1:
                decoder.move_to(number, needed_from=number)
                decoder.read()
            decoder.move_to(number - 1, needed_from=number - 1)
            found = decoder.read()
            while found is not None and found[0] < number - 1:
                found = decoder.read()
            assert found is not None and found[0] == number - 1


def test_a_clip_that_plays_is_never_late_and_has_one_decoder_once_its_small_pictures_are_made(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, late, closed = set[int](), list[int](), list[FrameDecoder]()
    close = FrameDecoder.close

    def counted_close(decoder: FrameDecoder) -> None:
        closed.append(decoder)
        close(decoder)

    monkeypatch.setattr(FrameDecoder, "close", counted_close)
    with closing(FrameDecoder(clip, threads=1)) as decoder:
        share = Budget(300 * SIZE[0] * SIZE[1] * 3 // 2).open_share(lambda: None)
        with closing(ClipWork(decoder, decoder.first_frame(), share)) as work:
            for frame in range(FRAMES):
                wanted = WantedFrame(frame + 1, frame, 1, False)
                work.give_if_there(wanted, SIZE, lambda wanted, _: given.add(wanted.frame))
                late += [frame] if frame not in given else []
                for _ in range(2 * STEPS):
                    if not (work.answer(wanted, SIZE, lambda *_: None) or work.fill(lambda _: True)):
                        break
            assert late == [0]
            assert len(closed) == 1
