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


@pytest.mark.parametrize("from_kept", [True, False])
@pytest.mark.parametrize(("share", "step", "width"), [(1.0, 1, 256), (0.25, 1, 128), (0.09, 3, 128)])
def test_each_position_has_the_right_small_picture(
    make_clip: ClipMaker, share: float, step: int, width: int, from_kept: bool
) -> None:
    """`share` of the memory that pictures of full size would take."""
    limit = int(share * 60 * SIZE[0] * SIZE[1] * 1.5) + 100
    decoded: list[int] = []
    with closing(FrameDecoder(make_clip(shades=SHADES, group=20, size=SIZE), threads=1)) as decoder:
        maker = PictureMaker(decoder.stream)
        proxy = ScrubProxy(maker, 60, SIZE, limit, 1.5)
        assert proxy.picture_of(7) is None
        while (frame := proxy.missing) is not None:
            decoder.move_to(frame, needed_from=proxy.needed_from)
            found = decoder.read()
            assert found is not None
            decoded.append(found[0])
            proxy.offer(*found, maker.kept(found[1], SIZE) if from_kept else None)
        total = 0
        for frame in range(60):
            made = proxy.picture_of(frame)
            assert made is not None
            number, picture = made
            assert number == frame - frame % step and picture.width == width
            total += picture.bytes if number == frame else 0
            pixels = bytes(maker.painted(picture).frame.planes[0])
            assert pixels[1] == pytest.approx(SHADES[number], abs=2)
        assert total <= proxy.bytes <= limit
    assert set(range(0, 60, step)) <= set(decoded)


def test_a_frame_that_cannot_be_decoded_has_no_picture(make_clip: ClipMaker) -> None:
    with closing(FrameDecoder(make_clip(shades=SHADES, size=SIZE), threads=1)) as decoder:
        proxy = ScrubProxy(PictureMaker(decoder.stream), 60, SIZE, 10_000_000, 1.5)
        assert proxy.missing == 0
        proxy.leave_out(0)
        assert proxy.missing == 1 and proxy.picture_of(0) is None
