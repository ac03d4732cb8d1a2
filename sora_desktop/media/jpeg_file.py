"""Takes JPEG files apart."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from sora_desktop.media.exif import Orientation, orientation_in
from sora_desktop.media.still_image import (
    ImageDamaged,
    ImageIncomplete,
    ImageNotRead,
    StillImage,
    check_sides,
    icc_profile_of,
)

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_CODES, _CONDITIONING, _QUANTIZATION, _RESTART_INTERVAL = 0xC4, 0xCC, 0xDB, 0xDD
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # C4, C8 and CC are no frames
_PROGRESSIVE = 0xC2
_ARITHMETIC, _ARITHMETIC_PROGRESSIVE = 0xC9, 0xCA
_SHOWN_FRAMES = (0xC0, 0xC1, _PROGRESSIVE, _ARITHMETIC, _ARITHMETIC_PROGRESSIVE)  # others: lossless or hierarchical
_APPLICATIONS, _COMMENT = range(0xE0, 0xF0), 0xFE
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD8))

_EXIF, _ICC = b"Exif\0", b"ICC_PROFILE\0"
_ICC_PART = 65519  # bytes of a profile in one segment

#: The marker after entropy-coded data: neither a stuffed FF nor a restart marker.
_MARKER_AFTER_SCAN = re.compile(rb"\xff+[\xc0-\xcf\xd8-\xfe]")


class _Segment(NamedTuple):
    marker: int
    payload: bytes  # without marker and length
    scan: bytes = b""  # the entropy-coded data behind an SOS


class _Frame(NamedTuple):
    marker: int
    bits: int  # of a sample
    width: int
    height: int
    ids: bytes  # of the components
    tables: bytes  # numbers of their quantization tables

    @property
    def is_progressive(self) -> bool:
        return self.marker in (_PROGRESSIVE, _ARITHMETIC_PROGRESSIVE)

    @property
    def has_arithmetic_codes(self) -> bool:
        return self.marker in (_ARITHMETIC, _ARITHMETIC_PROGRESSIVE)


def parse_jpeg(content: bytes) -> StillImage:
    """The picture up to its end; a video or a second picture behind it is left out.

    A missing end marker is added if no scan is missing; a broken scan is for the decoder to find. None finds one of
    arithmetic codes. Raises ImageDamaged, ImageTooLarge or ImageNotRead.
    """
    segments, has_end = _segments_of(content)
    frame = _frame_of(segments)
    check_sides(frame.width, frame.height)
    if not _has_needed_tables(segments, frame):
        raise ImageDamaged if has_end else ImageIncomplete
    if not _has_needed_scans(segments, frame, has_end=has_end) or (frame.has_arithmetic_codes and not has_end):
        raise ImageIncomplete
    color_space = b"GRAY" if len(frame.ids) == 1 else b"RGB "
    profile = icc_profile_of(_joined_profile(segments), color_space)
    exif = next((part.payload for part in segments if _is_exif(part)), b"")
    kept = [part for part in map(_without_metadata, segments) if part is not None]
    return StillImage(
        kind="jpeg",
        content=_file_of(_unambiguous(kept, frame), profile),
        width=frame.width,
        height=frame.height,
        orientation=orientation_in(exif) if exif else Orientation.UPRIGHT,
        icc_profile=profile,
        must_be_encoded=len(frame.ids) > 3 or frame.bits > 8 or frame.has_arithmetic_codes,
        is_lossy=True,
        has_end=has_end,
        is_for_qt=frame.has_arithmetic_codes or (len(frame.ids) == 4 and _has_luma_and_chroma(kept)),
        has_restarts=_has_restarts(segments),
    )


def jpeg_with_profile(content: bytes, profile: bytes) -> bytes:
    """The JPEG without metadata and with this ICC profile instead of its own. Raises ImageDamaged."""
    segments, _ = _segments_of(content)
    return _file_of([part for part in map(_without_metadata, segments) if part is not None], profile)


def _segments_of(content: bytes) -> tuple[list[_Segment], bool]:
    """Everything between the first start and the first end of an image, and whether there is an end."""
    segments: list[_Segment] = []
    at = 2
    while True:
        at = content.find(b"\xff", at)  # libjpeg skips stray bytes as well
        while 0 <= at < len(content) - 1 and content[at + 1] == 0xFF:
            at += 1
        if at < 0 or at >= len(content) - 1:
            return segments, False
        marker = content[at + 1]
        if marker == _EOI:
            return segments, True
        if marker == _SOI:
            return segments, False  # the next image begins
        if marker == 0x00 or marker in _WITHOUT_LENGTH:
            at += 2
            continue
        if at + 4 > len(content):
            return segments, False
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if length < 2 and (marker in _APPLICATIONS or marker == _COMMENT):
            at += 4  # libjpeg reads it as an empty one
            continue
        if length < 2 or end > len(content):
            return segments, False
        payload = content[at + 4 : end]
        if marker == _SOS:
            found = _MARKER_AFTER_SCAN.search(content, end)
            at = found.start() if found is not None else len(content)
            segments.append(_Segment(marker, payload, content[end:at].rstrip(b"\xff")))
        else:
            segments.append(_Segment(marker, payload))
            at = end


def _frame_of(segments: list[_Segment]) -> _Frame:
    for marker, payload, _ in segments:
        if marker in _FRAMES:
            if len(payload) < 6:
                break
            bits, height, width, components = struct.unpack_from(">BHHB", payload)
            if marker not in _SHOWN_FRAMES:
                raise ImageNotRead("a JPEG with an uncommon compression")
            if len(payload) < 6 + 3 * components:
                break
            ids, tables = (payload[first : 6 + 3 * components : 3] for first in (6, 8))
            return _Frame(marker, bits, width, height, ids, tables)
    raise ImageDamaged


def _has_needed_scans(segments: list[_Segment], frame: _Frame, *, has_end: bool) -> bool:
    """True if every coefficient of every component has a scan of its last bit.

    In a progressive file that has its end, the first one is enough: nobody knows how many were meant to follow.
    """
    is_exact = not (frame.is_progressive and has_end)
    missing: dict[int, set[int]] = {}
    count = 0
    for marker, payload, scan in segments:
        if marker != _SOS or not scan or not payload or len(payload) < 4 + 2 * payload[0]:
            continue
        count += 1
        first, last, bits = payload[-3:] if frame.is_progressive else (0, 63, 0)
        for component in payload[1 : 1 + 2 * payload[0] : 2]:
            coefficients = missing.setdefault(component, set(range(64 if is_exact else 1)))
            if not (is_exact and bits & 0x0F):
                coefficients.difference_update(range(first, last + 1))
    return count > 0 and len(missing) == len(set(frame.ids)) and not any(missing.values())


def _has_needed_tables(segments: list[_Segment], frame: _Frame) -> bool:
    """True if each component has its quantization table, without which FFmpeg decodes a gray picture."""
    tables: set[int] = set()
    for marker, payload, _ in segments:
        at = 0
        while marker == _QUANTIZATION and at < len(payload):
            tables.add(payload[at] & 0x0F)
            at += 129 if payload[at] >> 4 else 65
    return tables.issuperset(frame.tables)


def _has_restarts(segments: list[_Segment]) -> bool:
    return any(part.marker == _RESTART_INTERVAL and any(part.payload) for part in segments)


def _is_exif(segment: _Segment) -> bool:
    return segment.marker == _APP1 and segment.payload.startswith(_EXIF)


def _joined_profile(segments: list[_Segment]) -> bytes:
    parts = [part.payload[len(_ICC) :] for part in segments if part.marker == _APP2 and part.payload.startswith(_ICC)]
    parts = sorted((part for part in parts if len(part) > 2), key=lambda part: part[0])
    if [part[0] for part in parts] != list(range(1, len(parts) + 1)) or any(part[1] != len(parts) for part in parts):
        return b""
    return b"".join(part[2:] for part in parts)


def _without_metadata(segment: _Segment) -> _Segment | None:
    """The segment as far as a decoder needs it. A profile is left out too: `_file_of` adds it."""
    marker, payload, _ = segment
    if marker == _APP0 and payload.startswith(b"JFIF\0") and len(payload) >= 14:
        return _Segment(marker, payload[:12] + b"\0\0")  # the two zeros: no thumbnail
    if marker == _APP14 and payload.startswith(b"Adobe") and len(payload) >= 12:
        return _Segment(marker, payload[:12])
    is_needed = marker in (*_SHOWN_FRAMES, _CODES, _CONDITIONING, _QUANTIZATION, _RESTART_INTERVAL, _SOS)
    return segment if is_needed else None


def _unambiguous(segments: list[_Segment], frame: _Frame) -> list[_Segment]:
    """The segments with nothing in them that other programs read in another way than libjpeg does.

    In a JFIF file, three components are luma and chroma, whatever a segment of Adobe or the ids say; ids that are not
    unique count in order; and a scan that is not progressive has all coefficients.
    """
    is_jfif = any(part.marker == _APP0 for part in segments)
    if is_jfif and len(frame.ids) == 3:
        segments = [part for part in segments if part.marker != _APP14 or _has_luma_and_chroma([part])]
    if not frame.is_progressive:
        segments = [
            part._replace(payload=part.payload[:-3] + b"\0\x3f\0") if part.marker == _SOS else part for part in segments
        ]
    if len(set(frame.ids)) < len(frame.ids) or (is_jfif and frame.ids == b"RGB"):
        segments = [_renumbered(part, frame.ids) for part in segments]
    return segments


def _has_luma_and_chroma(segments: list[_Segment]) -> bool:
    """True if Adobe's segment says so: 1 for three components, 2 for four."""
    return any(part.marker == _APP14 and part.payload[11] for part in segments)


def _renumbered(segment: _Segment, ids: bytes) -> _Segment:
    """The segment with ids that count from 1, in the order of the frame."""
    marker, payload, _ = segment
    first, distance = (6, 3) if marker in _SHOWN_FRAMES else (1, 2)
    if not payload or marker not in (*_SHOWN_FRAMES, _SOS):
        return segment
    count = payload[first - 1]
    renumbered = bytearray(payload)
    numbers = list(range(1, len(ids) + 1))
    for at in range(first, min(first + distance * count, len(payload)), distance):
        number = next((number for number in numbers if ids[number - 1] == payload[at]), None)
        if number is not None:
            numbers.remove(number)
            renumbered[at] = number
    return segment._replace(payload=bytes(renumbered))


def _file_of(segments: list[_Segment], profile: bytes) -> bytes:
    head = [part for part in segments if part.marker in (_APP0, _APP14)]
    body = [part for part in segments if part.marker not in (_APP0, _APP14)]
    parts = [*head, *_profile_segments(profile), *body]
    return b"\xff\xd8" + b"".join(_bytes_of(part) for part in parts) + b"\xff\xd9"


def _profile_segments(profile: bytes) -> Iterator[_Segment]:
    parts = [profile[start : start + _ICC_PART] for start in range(0, len(profile), _ICC_PART)]
    for number, part in enumerate(parts, 1):
        yield _Segment(_APP2, _ICC + bytes([number, len(parts)]) + part)


def _bytes_of(segment: _Segment) -> bytes:
    marker, payload, scan = segment
    return b"".join((b"\xff", bytes([marker]), struct.pack(">H", len(payload) + 2), payload, scan))
