"""Which decoder of a clip decodes a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sora_desktop.media.frames.clip_decoders import ClipDecoders
from sora_desktop.media.frames.decoder import FrameDecoder

ClipMaker = Callable[..., Path]

FRAMES, GROUP = 60, 20


@pytest.fixture
def file(make_clip: ClipMaker) -> Path:
    return make_clip(shades=[40 + 3 * n for n in range(FRAMES)], group=GROUP)


@pytest.fixture
def decoders(file: Path) -> Iterator[ClipDecoders]:
    with closing(FrameDecoder(file, threads=1)) as decoder:
        decoders = ClipDecoders(decoder)
        yield decoders
        decoders.close()


def read(decoders: ClipDecoders, frame: int) -> FrameDecoder:
    """Read a frame, and tell by which decoder."""
    while True:
        decoder = decoders.move_to(frame)
        found = decoder.read()
        assert found is not None and found[0] <= frame
        if found[0] == frame:
            return decoder


def test_one_decoder_goes_on_while_it_leads_to_the_frame(decoders: ClipDecoders) -> None:
    first = read(decoders, 5)
    assert read(decoders, 12) is first and decoders.heads == [13]
    assert decoders.distance(15) == 3 and decoders.distance(10) == 11 and decoders.distance(45) == 6


def test_a_second_one_keeps_the_place_of_the_first(decoders: ClipDecoders) -> None:
    first = read(decoders, 5)
    second = read(decoders, 45)
    assert second is not first and sorted(decoders.heads) == [6, 46]
    assert read(decoders, 6) is first and read(decoders, 47) is second
    assert read(decoders, 30) is first, "the one that was not used last leaves its place"


def test_of_two_decoders_the_one_that_is_nearest_to_what_comes_next_stays(decoders: ClipDecoders) -> None:
    read(decoders, 5)
    shown = read(decoders, 45)
    read(decoders, 6)
    decoders.be_one(50)
    assert decoders.heads == [46]
    assert [read(decoders, frame) for frame in (50, 3, 59)] == [shown] * 3


def test_without_its_file_one_decoder_reads_on(decoders: ClipDecoders, file: Path) -> None:
    first = read(decoders, 5)
    file.unlink()
    assert [read(decoders, frame) for frame in (45, 3)] == [first] * 2
