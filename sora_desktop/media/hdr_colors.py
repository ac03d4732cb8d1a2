"""Converts the colors of HDR frames for a screen of standard brightness.

FFmpeg's own conversion computes tables for seconds, once for each size of picture. Here one table, which is computed in
a moment, serves all sizes. Formulas: ITU-R BT.2100 (PQ, HLG), BT.2390 (bright parts), BT.2087 (primaries).
"""

from __future__ import annotations

import math
from array import array
from fractions import Fraction
from functools import cache

from av.filter import Graph
from av.filter.context import FilterContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc

#: The table has the cube of this square of colors, in a picture whose sides are its cube.
_LEVEL = 6
_STEPS = _LEVEL**2
_SIDE = _LEVEL**3
#: Nits of white paper (BT.2408), and the brightest ones that are told apart.
_PAPER, _BRIGHTEST = 203.0, 1000.0
#: Red, green and blue of BT.709 in those of BT.2020.
_TO_BT709 = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))
#: Shares of red, green and blue in the brightness.
_LUMA_2020 = (0.2627, 0.6780, 0.0593)
_HLG_A, _HLG_B, _HLG_C = 0.17883277, 0.28466892, 0.55991073
_PQ_M1, _PQ_M2, _PQ_C1, _PQ_C2, _PQ_C3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
_FORMAT = "rgb48le"
_TIME_BASE = Fraction(1, 25)

#: The transfers of HDR.
HDR_TRANSFERS = (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)

Rgb = tuple[float, float, float]


class HdrConverter:
    """Converts frames of one transfer and one size, as `rgb48le`. For one thread."""

    def __init__(self, transfer: int, width: int, height: int) -> None:
        self._made_for = (transfer, width, height)
        self._graph = Graph()
        self._source = self._graph.add_buffer(
            width=width, height=height, format=VideoFormat(_FORMAT), time_base=_TIME_BASE
        )
        table = self._graph.add_buffer(width=_SIDE, height=_SIDE, format=VideoFormat(_FORMAT), time_base=_TIME_BASE)
        lookup, self._sink = self._graph.add("haldclut", "clut=first"), self._graph.add("buffersink")
        self._source.link_to(lookup, 0, 0)
        table.link_to(lookup, 0, 1)
        lookup.link_to(self._sink)
        self._graph.configure()
        _push(table, _table_picture(transfer), 0)
        table.push(None)
        self._converted = 0

    def fits(self, transfer: int, width: int, height: int) -> bool:
        """True if it converts such frames."""
        return self._made_for == (transfer, width, height)

    def convert(self, picture: VideoFrame) -> VideoFrame:
        """The picture, in full range and with the primaries of BT.2020, in the colors of BT.709."""
        _push(self._source, picture, self._converted)
        self._converted += 1
        result = self._sink.pull()
        assert isinstance(result, VideoFrame)
        return result


def _push(to: FilterContext, picture: VideoFrame, place: int) -> None:
    picture.pts, picture.time_base = place, _TIME_BASE
    to.push(picture)


@cache
def _table(transfer: int) -> bytes:
    """The shown colors of a cube of signals, red first: 16 bits each."""
    signals = [step / (_STEPS - 1) for step in range(_STEPS)]
    light = [pq_nits(each) if transfer == ColorTrc.SMPTE2084 else hlg_light(each) for each in signals]
    values = array("H")
    for blue in light:
        for green in light:
            for red in light:
                nits = (red, green, blue) if transfer == ColorTrc.SMPTE2084 else hlg_nits((red, green, blue))
                values.extend(round(65535 * part) for part in shown_color(nits))
    return values.tobytes()


def _table_picture(transfer: int) -> VideoFrame:
    picture = VideoFrame(_SIDE, _SIDE, _FORMAT)
    content, plane, row = _table(transfer), picture.planes[0], _SIDE * 6
    rows = [content[place : place + row].ljust(plane.line_size, b"\0") for place in range(0, len(content), row)]
    plane.update(b"".join(rows))
    return picture


def pq_nits(signal: float) -> float:
    """The nits of a PQ signal from 0 to 1."""
    power = math.pow(signal, 1 / _PQ_M2)
    return 10_000.0 * math.pow(max(power - _PQ_C1, 0.0) / (_PQ_C2 - _PQ_C3 * power), 1 / _PQ_M1)


def _pq_signal(nits: float) -> float:
    power = math.pow(nits / 10_000.0, _PQ_M1)
    return math.pow((_PQ_C1 + _PQ_C2 * power) / (1 + _PQ_C3 * power), _PQ_M2)


def hlg_light(signal: float) -> float:
    """The light of a scene, from 0 to 1, for an HLG signal."""
    return signal * signal / 3 if signal <= 0.5 else (math.exp((signal - _HLG_C) / _HLG_A) + _HLG_B) / 12


def hlg_nits(scene: Rgb) -> Rgb:
    """The nits on a screen of 1,000 nits for the light of a scene."""
    luma = sum(share * part for share, part in zip(_LUMA_2020, scene, strict=True))
    red, green, blue = scene
    scale = _BRIGHTEST * luma**0.2
    return scale * red, scale * green, scale * blue


def shown_color(nits: Rgb) -> Rgb:
    """Red, green and blue of BT.2020 in nits as a signal of BT.709 from 0 to 1. What is too bright is compressed."""
    brightest = max(nits)
    scale = _compressed(brightest) / brightest / _PAPER if brightest > 0 else 0.0
    linear = [sum(share * part for share, part in zip(row, nits, strict=True)) * scale for row in _TO_BT709]
    red, green, blue = (min(max(part, 0.0), 1.0) ** (1 / 2.4) for part in linear)
    return red, green, blue


def _compressed(nits: float) -> float:
    """The nits on a screen whose brightest white is white paper, by the curve of BT.2390."""
    top = _pq_signal(_BRIGHTEST)
    signal, most = min(_pq_signal(nits) / top, 1.0), _pq_signal(_PAPER) / top
    knee = 1.5 * most - 0.5
    if signal > knee:
        at = (signal - knee) / (1 - knee)
        first, slope, last = 2 * at**3 - 3 * at**2 + 1, at**3 - 2 * at**2 + at, 3 * at**2 - 2 * at**3
        signal = first * knee + slope * (1 - knee) + last * most
    return pq_nits(signal * top)
