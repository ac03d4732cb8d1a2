"""Small pictures of all frames: each is the right one, and all together fit into their memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sora_desktop.media.frames.decoder import FrameDecoder
from sora_desktop.media.frames.pictures import PictureMaker
from sora_desktop.media.frames.scrub_proxy import ScrubProxy

ClipMaker = Callable[..., Path]

SHADES = [40 + 3 * n for n in range(60)]
SIZE = (256, 144)


@pytest.mark.parametrize(("share", "step", "width"), [(1.0, 1, 256), (0.25, 1, 128), (0.09, 3, 128)])
def test_each_position_has_the_right_small_picture(make_clip: ClipMaker, share: float, step: int, width: int) -> None:
    """`share` of the memory that pictures of full size would take."""
    limit = int(share * 60 * SIZE[0] * SIZE[1] * 1.5) + 100
    handed_on: list[int] = []
    with closing(FrameDecoder(make_clip(shades=SHADES, group=20, size=SIZE), threads=1)) as decoder:
        maker = PictureMaker(decoder.stream)
        proxy = ScrubProxy(decoder, maker, SIZE, limit, 1.5)
        assert proxy.picture_of(7) is None
        while proxy.make_one(lambda number, _: handed_on.append(number)):
            pass
        total = 0
        for frame in range(60):
            found = proxy.picture_of(frame)
            assert found is not None
            number, picture = found
            assert number == frame - frame % step and picture.width == width
            total += picture.bytes if number == frame else 0
            pixels = bytes(maker.painted(picture).frame.planes[0])
            assert pixels[1] == pytest.approx(SHADES[number], abs=2)
        assert total <= proxy.bytes <= limit
    assert set(range(0, 60, step)) <= set(handed_on)


def test_without_its_file_there_are_no_more_small_pictures(make_clip: ClipMaker) -> None:
    file = make_clip(shades=SHADES, size=SIZE)
    with closing(FrameDecoder(file, threads=1)) as decoder:
        proxy = ScrubProxy(decoder, PictureMaker(decoder.stream), SIZE, 10_000_000, 1.5)
        file.unlink()
        assert not proxy.make_one(lambda *_: None)
        assert not proxy.make_one(lambda *_: None)
        assert decoder.read() is not None
