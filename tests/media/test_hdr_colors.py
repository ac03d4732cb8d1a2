"""Colors of HDR on a screen of standard brightness."""

from __future__ import annotations

import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc

from sora_desktop.media import hdr_colors
from sora_desktop.media.hdr_colors import Rgb, hlg_light, hlg_nits, pq_nits, shown_color
from sora_desktop.media.shown_frames import RgbConverter


def test_signals_are_as_bright_as_their_recommendations_say() -> None:
    assert pq_nits(0) == pytest.approx(0, abs=1e-6) and pq_nits(1) == pytest.approx(10_000)
    assert pq_nits(0.5081) == pytest.approx(100, rel=0.01)
    assert hlg_nits((hlg_light(0.75),) * 3)[0] == pytest.approx(203, rel=0.01)
    assert hlg_nits((hlg_light(1.0),) * 3)[0] == pytest.approx(1000)


def test_dark_colors_are_kept_and_bright_ones_are_compressed() -> None:
    assert shown_color((0.0, 0.0, 0.0)) == (0, 0, 0)
    assert shown_color((20.0,) * 3)[1] == pytest.approx((20 / 203) ** (1 / 2.4), abs=0.001)
    levels = [shown_color((nits, nits, nits))[1] for nits in (100.0, 203.0, 400.0, 1000.0, 4000.0)]
    assert levels == sorted(levels) and 0.85 < levels[1] < 0.95 and levels[-1] == levels[-2] == pytest.approx(1.0)
    red, green, blue = shown_color((0.6274 * 50, 0.0691 * 50, 0.0164 * 50))  # the red of BT.709
    assert red == pytest.approx((50 / 203) ** (1 / 2.4), abs=0.01) and max(green, blue) < 0.06


def test_one_table_serves_pictures_of_all_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    computed, convert = list[Rgb](), hdr_colors.shown_color

    def counted(nits: Rgb) -> Rgb:
        computed.append(nits)
        return convert(nits)

    frame = VideoFrame(64, 48, "yuv420p10le")
    frame.color_trc = ColorTrc.ARIB_STD_B67
    monkeypatch.setattr(hdr_colors, "shown_color", counted)
    hdr_colors._table.cache_clear()
    for converter in (RgbConverter(), RgbConverter()):
        for width in (64, 32, 100):
            assert converter.convert(frame, width, 48).width == width
    assert len(computed) == hdr_colors._STEPS**3
