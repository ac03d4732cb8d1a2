"""Finds out from the structure of a video file whether its end is there, without decoding."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO

from sora_desktop.media.errors import MediaError

_PART = 1 << 20  # bytes that are read at a time
_FRAME_ZEROS = 8  # more zeros than a frame ends with


class Ending(Enum):
    """What the structure of a file says about its end."""

    REACHED = auto()
    #: The container does not say where it ends, or its last frame may go on.
    UNKNOWN = auto()
    #: Zeros are where frames should be: frames are missing if the video ends before the time that its header tells.
    ZEROS = auto()


def ending_of(file: Path, size: int) -> Ending:
    """Follow the lengths in the file of a known container. Raises MediaError if its end is missing.

    The samples of an MP4 are not followed: its index tells where they are.
    """
    try:
        with file.open("rb") as stream:
            head = stream.read(16)
            for is_kind, read_ending in _KINDS:
                if is_kind(head):
                    return read_ending(stream, size)
    except OSError as error:
        raise MediaError(f"“{file.name}” cannot be read: {error.strerror or error}.") from error
    except _EndMissing as error:
        raise MediaError(f"“{file.name}” is incomplete: {error}.") from None
    return Ending.UNKNOWN


class _EndMissing(Exception):
    """Its text says what is missing."""


_ZERO_PART = _EndMissing("a part of its frames is zeros")


def _needs(end: int, size: int) -> _EndMissing:
    return _EndMissing(f"it has {size:,} of at least {end:,} bytes")


def _has_only_zeros(stream: BinaryIO, at: int) -> bool:
    """True if bytes follow and all of them are zero, as in a file that was made in its full size and not filled."""
    stream.seek(at)
    part = stream.read(_FRAME_ZEROS)  # few, since most files have something else here
    has_zeros = bool(part)
    while part and not any(part):
        part = stream.read(_PART)
    return has_zeros and not part


def _is_part_zeros(stream: BinaryIO, end: int) -> bool:
    """True if the part of a file that ends here ends with more zeros than a frame does, and zeros follow."""
    return _has_only_zeros(stream, end) and _has_only_zeros(stream, end - _FRAME_ZEROS)


def _ending_behind(stream: BinaryIO, at: int, ending: Ending) -> Ending:
    """The ending of a file whose frames end here, unless zeros follow. Raises _EndMissing if they begin earlier."""
    if _is_part_zeros(stream, at):
        raise _ZERO_PART
    return Ending.ZEROS if _has_only_zeros(stream, at) else ending


# MP4 and QuickTime: boxes with a length of 4 bytes and a kind of 4 letters.

_FIRST_BOXES = (b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"pnot")
#: Boxes of a fragmented MP4, one of which at the end means that more belongs to the file.
_FRAGMENT_BOXES = (b"moof", b"mdat", b"mfra", b"sidx", b"ssix", b"styp", b"emsg", b"prft")


def is_mp4(head: bytes) -> bool:
    """True if the first 8 bytes of a file are the head of a box."""
    return head[4:8] in _FIRST_BOXES


def _mp4_ending(stream: BinaryIO, size: int) -> Ending:
    at = 0
    kind = b""
    kinds: set[bytes] = set()
    while at + 8 <= size:
        if (kind == b"moof" and _has_only_zeros(stream, at)) or (b"moof" in kinds and _is_part_zeros(stream, at)):
            raise _ZERO_PART
        stream.seek(at)
        head = stream.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        elif length == 0:
            length = size - at
        is_cut = at + length > size
        if kind == b"sidx" and not is_cut:
            _check_segment_index(stream, at, length, size)
        if (is_cut and kind in (b"moov", b"moof")) or (is_cut and b"moof" in kinds and kind in _FRAGMENT_BOXES):
            raise _needs(at + length, size)
        if b"moov" in kinds and (is_cut or length < 8):
            return Ending.REACHED  # bytes that belong to no frame, or the index tells which frames are missing
        if is_cut:
            raise _needs(at + length, size)
        if length < 8:
            break
        kinds.add(kind)
        at += length
    if b"moov" not in kinds:
        raise _EndMissing("its index is missing")
    if b"moof" in kinds and at < size:
        stream.seek(at)
        rest = stream.read()
        if rest[0] == 0 and any(rest):
            raise _needs(at + 8, size)  # the beginning of another box
    return Ending.REACHED


def _check_segment_index(stream: BinaryIO, at: int, length: int, size: int) -> None:
    """Raises _EndMissing if a segment index refers to bytes behind the end of the file, or to zeros."""
    stream.seek(at)
    box = stream.read(min(length, 1 << 20))
    try:
        offset = struct.unpack_from(">Q", box, 28)[0] if box[8] else struct.unpack_from(">I", box, 24)[0]
        table = 40 if box[8] else 32
        count = struct.unpack_from(">H", box, table - 2)[0]
        sizes = [struct.unpack_from(">I", box, table + 12 * number)[0] & 0x7FFFFFFF for number in range(count)]
    except (struct.error, IndexError):
        return
    end = at + length + offset + sum(sizes)
    if end > size:
        raise _needs(end, size)
    if sizes and _has_only_zeros(stream, end - sizes[-1]):
        raise _ZERO_PART


# Matroska and WebM: elements with an id and a length of variable size.

_SEGMENT, _CLUSTER, _CUES = 0x18538067, 0x1F43B675, 0x1C53BB6B
_ELEMENTS = {
    _SEGMENT, _CLUSTER, _CUES, 0x1A45DFA3, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1941A469, 0x1043A770, 0x1254C367,
    0xEC, 0xBF, 0xE7, 0xA7, 0xAB, 0xA3, 0xA0, 0xAF, 0x5854,
}  # fmt: skip


def _is_matroska(head: bytes) -> bool:
    return head.startswith(b"\x1aE\xdf\xa3")


def _matroska_ending(stream: BinaryIO, size: int) -> Ending:
    at = segment_end = 0  # the latter is 0 while the segment does not say its length
    has_clusters = has_cues = False
    while at < size and not (segment_end and at >= segment_end):
        stream.seek(at)
        head = stream.read(12)
        id, id_length = _matroska_number(head, keep_marker=True)
        length, length_length = _matroska_number(head[id_length:], keep_marker=False)
        body = at + id_length + length_length
        is_open = length == (1 << 7 * length_length) - 1
        if not segment_end and has_clusters and id not in _ELEMENTS:
            if any(f"{name:x}".startswith(head.hex()) for name in _ELEMENTS):
                raise _needs(at + 12, size)
            return _ending_behind(stream, at, Ending.REACHED)  # bytes behind a segment that does not say its length
        if id == _SEGMENT:
            segment_end = 0 if is_open else body + length
            at = body
        elif id == _CLUSTER:
            has_clusters = True
            at = body
        elif not length_length or is_open or body + length > size:
            break
        else:
            has_cues = has_cues or (id == _CUES and has_clusters)
            at = body + length
    is_cut = at < size and not (segment_end and at >= segment_end)
    if is_cut and segment_end <= size and not (at + 12 > size or body + length > size):
        return Ending.UNKNOWN if has_cues else _ending_behind(stream, at, Ending.UNKNOWN)  # an unreadable element
    if is_cut or (segment_end > size and not has_cues):  # cues behind the clusters show that those are all there
        raise _needs(max(segment_end, size + 1), size)
    return Ending.REACHED


def _matroska_number(head: bytes, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable size, and how many bytes it takes; 0, 0 if it is none."""
    length = 9 - head[0].bit_length() if head and head[0] else 0
    if not length or len(head) < length:
        return 0, 0
    number = int.from_bytes(head[:length], "big")
    return number if keep_marker else number & ((1 << 7 * length) - 1), length


# AVI: chunks with a name of 4 letters and a length of 4 bytes; lists are chunks of chunks.


def _is_avi(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"AVI "


def _avi_ending(stream: BinaryIO, size: int) -> Ending:
    at = riff_end = 0  # the latter is 0 if the list does not say its length
    has_frames = has_index = False
    while at + 8 <= size:
        stream.seek(at)
        name, length, kind = struct.unpack("<4sI4s", stream.read(12).ljust(12, b"\0"))
        if name in (b"RIFF", b"LIST") and kind in (b"AVI ", b"AVIX", b"movi", b"rec "):
            if name == b"RIFF":
                riff_end = at + 8 + length if 0 < length < 0xFFFFFFFF else 0
            has_frames = has_frames or kind == b"movi"
            at += 12
            continue
        if has_frames and 0 < riff_end <= at:
            break  # bytes behind the last list
        if has_frames and riff_end <= size and not name.isalnum():  # chunks that cannot be followed
            if not has_index and _has_only_zeros(stream, at):
                return Ending.ZEROS
            break
        if at + 8 + length > size:
            raise _needs(max(riff_end, at + 8 + length), size)
        has_index = has_index or (has_frames and name == b"idx1")
        at += 8 + length + length % 2
    if riff_end > size and not has_index:  # an index behind the frames shows that those are all there
        raise _needs(riff_end, size)
    return Ending.REACHED if has_index or riff_end else Ending.UNKNOWN


# FLV: tags with a kind, lengths and times of 3 bytes, 3 zeros, their content, and their whole length behind it.

_FLV_KINDS = (8, 9, 18)


def _is_flv(head: bytes) -> bool:
    return head[:3] == b"FLV"


def _flv_ending(stream: BinaryIO, size: int) -> Ending:
    stream.seek(5)
    at = int.from_bytes(stream.read(4), "big") + 4
    while at < size:
        stream.seek(at)
        head = stream.read(11)
        if head[0] not in _FLV_KINDS or any(head[8:]):
            return _ending_behind(stream, at, Ending.UNKNOWN)  # bytes behind the last tag
        end = at + 11 + int.from_bytes(head[1:4], "big") + 4
        if len(head) < 11 or end > size:
            raise _needs(max(end, size + 1), size)
        at = end
    return Ending.UNKNOWN


# ASF: objects with a name of 16 bytes and a length of 8 bytes.

_ASF_HEADER = bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C")
_ASF_DATA = bytes.fromhex("3626B2758E66CF11A6D900AA0062CE6C")
_ASF_PROPERTIES = bytes.fromhex("A1DCAB8C47A9CF118EE400C00C205365")
_ASF_PACKET_SIZE = 92  # where in the properties the size of all packets is


def _is_asf(head: bytes) -> bool:
    return head == _ASF_HEADER


def _asf_ending(stream: BinaryIO, size: int) -> Ending:
    at = packet_size = 0
    while at + 24 <= size:
        stream.seek(at)
        name, length = struct.unpack("<16sQ", stream.read(24))
        if name == _ASF_HEADER:
            header = stream.read(min(length, _PART))
            found = header.find(_ASF_PROPERTIES)
            if found >= 0:
                packet_size = int.from_bytes(header[found + _ASF_PACKET_SIZE :][:4], "little")
        if name == _ASF_DATA and length <= 50:  # not known: the file was sent while it was written
            return Ending.UNKNOWN
        if at + length > size:
            raise _needs(at + length, size)
        if name == _ASF_DATA and 0 < packet_size < length:
            stream.seek(at + length - packet_size)
            return Ending.UNKNOWN if any(stream.read(packet_size)) else Ending.ZEROS
        if name == _ASF_DATA or length < 24:
            break
        at += length
    return Ending.UNKNOWN


# Ogg: pages with a flag for the first and the last one of each stream, and the lengths of 255 segments at most.

_OGG_PAGE = b"OggS"
_OGG_FIRST, _OGG_LAST = 2, 4


def _is_ogg(head: bytes) -> bool:
    return head.startswith(_OGG_PAGE)


def _ogg_ending(stream: BinaryIO, size: int) -> Ending:
    at = page = 0
    goes_on: dict[bytes, bool] = {}  # by the number of each stream that has not ended: a packet on its next page
    while at < size:
        stream.seek(at)
        head = stream.read(27)
        if not head.startswith(_OGG_PAGE):
            if goes_on and (_has_only_zeros(stream, at) or _OGG_PAGE.startswith(head)):
                raise _needs(size + 1, size)
            break  # bytes behind the last page
        segments = stream.read(head[26]) if len(head) == 27 else b""
        end = at + 27 + len(segments) + sum(segments)
        if len(head) < 27 or len(segments) < head[26] or end > size:
            raise _needs(max(end, size + 1), size)
        flags, number = head[5], head[14:18]
        if flags & _OGG_LAST:
            goes_on.pop(number, None)
        elif flags & _OGG_FIRST or number in goes_on:
            goes_on[number] = segments[-1:] == b"\xff"
        at, page = end, at
    stream.seek(page)
    if not _is_ogg_page_whole(stream.read(at - page)):
        raise _EndMissing("its last part is damaged")
    if any(goes_on.values()):
        raise _EndMissing("its last frame is cut")
    return Ending.UNKNOWN if goes_on else Ending.REACHED


def _is_ogg_page_whole(page: bytes) -> bool:
    """True if the checksum of a page fits: a CRC-32 that begins with 0, with the bits of each byte from the left."""
    mirrored = (page[:22] + bytes(4) + page[26:]).translate(_MIRRORED)
    checksum = zlib.crc32(mirrored, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return checksum.to_bytes(4, "big").translate(_MIRRORED) == page[22:26]


_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


# MPEG-TS: packets of one size, each with a part of a frame. The last packet of a frame is filled up.

_TS_SYNC = 0x47
_TS_SIZES = {188: 0, 192: 4, 204: 0}  # bytes of a packet, and where in it the sync byte is
_TS_TAIL = 4 << 20  # bytes at the end that are read
_TS_NULL = 0x1FFF  # number of packets without content


def _is_ts(head: bytes) -> bool:
    return _TS_SYNC in (head[:1] + head[4:5])


def _ts_ending(stream: BinaryIO, size: int) -> Ending:
    stream.seek(0)
    start = stream.read(1024)
    for packet_size, sync in _TS_SIZES.items():
        if set(start[sync::packet_size]) == {_TS_SYNC}:
            break
    else:
        return Ending.UNKNOWN
    stream.seek(max(size - _TS_TAIL, 0) // packet_size * packet_size)
    video: int | None = None  # number of the video stream
    is_filled_up = False  # the last packet of that stream
    ends_with_zeros = False  # the last packet of any stream
    while len(packet := stream.read(packet_size)[sync:]) and packet[0] == _TS_SYNC:
        if len(packet) < packet_size - sync:
            raise _needs(stream.tell() - len(packet) - sync + packet_size, size)
        number, has_filling = (packet[1] & 0x1F) << 8 | packet[2], bool(packet[3] & 0x20)
        payload = packet[5 + packet[4] if has_filling else 4 :]
        if packet[1] & 0x40 and payload[:3] == b"\0\0\1" and payload[3] & 0xF0 == 0xE0:
            video = number
        ends_with_zeros = number != _TS_NULL and not any(payload[-_FRAME_ZEROS:])
        if number == video and packet[3] & 0x10:
            is_filled_up = has_filling and (packet[4] == 0 or packet[4 + packet[4]] == 0xFF)
    if ends_with_zeros and _has_only_zeros(stream, stream.tell() - len(packet) - sync):
        raise _ZERO_PART
    return Ending.REACHED if is_filled_up else Ending.UNKNOWN


# MPEG program streams: packets with a start code, a number, and a length of 2 bytes.

_START_CODE = b"\0\0\1"
_PACK, _PROGRAM_END = 0xBA, 0xB9


def _is_mpeg(head: bytes) -> bool:
    return head.startswith(_START_CODE + bytes([_PACK]))


def _mpeg_ending(stream: BinaryIO, size: int) -> Ending:
    at = 0
    while at < size:
        stream.seek(at)
        head = stream.read(14)
        if not head.startswith(_START_CODE) or head[3:4] < bytes([_PROGRAM_END]):
            break  # bytes behind the last packet
        if head[3] == _PROGRAM_END:
            return Ending.REACHED
        if head[3] != _PACK:
            length = 6 + int.from_bytes(head[4:6], "big")
        else:
            length = 14 + (head[-1] & 7) if head[4:5] >= b"\x40" else 12  # the latter is that of MPEG-1
        if at + length > size:
            raise _needs(at + length, size)
        at += length
    return Ending.UNKNOWN


_KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO, int], Ending]], ...] = (
    (is_mp4, _mp4_ending),
    (_is_matroska, _matroska_ending),
    (_is_avi, _avi_ending),
    (_is_flv, _flv_ending),
    (_is_asf, _asf_ending),
    (_is_ogg, _ogg_ending),
    (_is_ts, _ts_ending),
    (_is_mpeg, _mpeg_ending),
)
