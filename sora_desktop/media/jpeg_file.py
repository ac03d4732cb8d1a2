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
_CODES, _QUANTIZATION, _RESTART_INTERVAL = 0xC4, 0xDB, 0xDD
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # C4, C8 and CC are no frames
_PROGRESSIVE = 0xC2
_COMMON_FRAMES = (0xC0, 0xC1, _PROGRESSIVE)  # others are lossless, hierarchical or have arithmetic codes
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
    is_progressive: bool
    width: int
    height: int
    components: int


def parse_jpeg(content: bytes) -> StillImage:
    """The picture up to its end; a video or a second picture behind it is left out.

    A missing end marker is added if no scan is missing; a broken scan is for the decoder to find, which it does if
    there are no restart markers. Raises ImageDamaged, ImageTooLarge or ImageNotRead.
    """
    segments, has_end = _segments_of(content)
    frame = _frame_of(segments)
    check_sides(frame.width, frame.height)
    if not has_end and (_has_restarts(segments) or not _has_all_scans(segments, frame)):
        raise ImageIncomplete
    color_space = b"GRAY" if frame.components == 1 else b"RGB "
    profile = icc_profile_of(_joined_profile(segments), color_space)
    exif = next((part.payload for part in segments if _is_exif(part)), b"")
    kept = [part for part in map(_without_metadata, segments) if part is not None]
    return StillImage(
        kind="jpeg",
        content=_file_of(kept, profile),
        width=frame.width,
        height=frame.height,
        orientation=orientation_in(exif) if exif else Orientation.UPRIGHT,
        icc_profile=profile,
        must_be_encoded=frame.components > 3,
        is_lossy=True,
        has_end=has_end,
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
        if length < 2 or end > len(content):
            return segments, False
        payload = content[at + 4 : end]
        if marker == _SOS:
            found = _MARKER_AFTER_SCAN.search(content, end)
            at = found.start() if found is not None else len(content)
            segments.append(_Segment(marker, payload, content[end:at]))
        else:
            segments.append(_Segment(marker, payload))
            at = end


def _frame_of(segments: list[_Segment]) -> _Frame:
    for marker, payload, _ in segments:
        if marker in _FRAMES:
            if len(payload) < 6:
                break
            bits, height, width, components = struct.unpack_from(">BHHB", payload)
            if marker not in _COMMON_FRAMES or bits != 8:
                raise ImageNotRead("a JPEG with an uncommon compression")
            return _Frame(marker == _PROGRESSIVE, width, height, components)
    raise ImageDamaged


def _has_all_scans(segments: list[_Segment], frame: _Frame) -> bool:
    """True if every coefficient of every component has a scan of its last bit."""
    missing: dict[int, set[int]] = {}
    count = 0
    for marker, payload, _ in segments:
        if marker != _SOS or not payload or len(payload) < 4 + 2 * payload[0]:
            continue
        count += 1
        first, last, bits = payload[-3:] if frame.is_progressive else (0, 63, 0)
        for component in payload[1 : 1 + 2 * payload[0] : 2]:
            coefficients = missing.setdefault(component, set(range(64)))
            if not bits & 0x0F:
                coefficients.difference_update(range(first, last + 1))
    return count > 0 and len(missing) == frame.components and not any(missing.values())


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
    is_needed = marker in (*_COMMON_FRAMES, _CODES, _QUANTIZATION, _RESTART_INTERVAL, _SOS)
    return segment if is_needed else None


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
