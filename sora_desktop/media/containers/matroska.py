"""The end of a Matroska or WebM file: elements with an id and a length of variable size."""

from __future__ import annotations

from typing import BinaryIO

from sora_desktop.media.containers.file_end import Ending, has_only_zeros, is_frame_zeros, needs, zeros_found

_SEGMENT, _CLUSTER, _CUES = 0x18538067, 0x1F43B675, 0x1C53BB6B
_BLOCKS = (0xA3, 0xA0)  # a frame, and a frame with notes about it
_ELEMENTS = {
    _SEGMENT, _CLUSTER, _CUES, 0x1A45DFA3, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1941A469, 0x1043A770, 0x1254C367,
    0xEC, 0xBF, 0xE7, 0xA7, 0xAB, 0xA3, 0xA0, 0xAF, 0x5854,
}  # fmt: skip


def is_matroska(head: bytes) -> bool:
    return head.startswith(b"\x1aE\xdf\xa3")


def matroska_ending(stream: BinaryIO, size: int) -> Ending:
    at = segment_end = 0  # the latter is 0 while the segment does not say its length
    has_clusters = has_cues = is_frame = False
    while at < size and not (segment_end and at >= segment_end):
        stream.seek(at)
        head = stream.read(12)
        id, id_length = _matroska_number(head, keep_marker=True)
        length, length_length = _matroska_number(head[id_length:], keep_marker=False)
        body = at + id_length + length_length
        is_open = length == (1 << 7 * length_length) - 1
        if not segment_end and has_clusters and id not in _ELEMENTS:
            if any(f"{name:x}".startswith(head.hex()) for name in _ELEMENTS):
                raise needs(at + 12, size)
            if is_frame and is_frame_zeros(stream, at):
                return Ending.ZEROS_IN_FRAME
            # The zeros need not be in place of frames, since the segment does not say its length.
            return Ending.UNKNOWN if has_only_zeros(stream, at) else Ending.REACHED
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
            is_frame = id in _BLOCKS
            at = body + length
    is_cut = at < size and not (segment_end and at >= segment_end)
    if is_cut and segment_end <= size and not (at + 12 > size or body + length > size):
        if has_cues or not has_only_zeros(stream, at):
            return Ending.UNKNOWN  # an unreadable element
        if is_frame and is_frame_zeros(stream, at):
            raise zeros_found()
        return Ending.ZEROS
    if is_cut or (segment_end > size and not has_cues):  # cues behind the clusters show that those are all there
        raise needs(max(segment_end, size + 1), size)
    return Ending.REACHED


def _matroska_number(head: bytes, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable size, and how many bytes it takes; 0, 0 if it is none."""
    length = 9 - head[0].bit_length() if head and head[0] else 0
    if not length or len(head) < length:
        return 0, 0
    number = int.from_bytes(head[:length], "big")
    return number if keep_marker else number & ((1 << 7 * length) - 1), length
