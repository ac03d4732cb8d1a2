"""The end of an MPEG transport stream: packets of one size, each with a part of a frame, the last one filled up."""

from __future__ import annotations

from typing import BinaryIO

from sora_desktop.media.containers.file_end import FRAME_ZEROS, Ending, has_only_zeros, needs, zeros_found

_TS_SYNC = 0x47
_TS_SIZES = {188: 0, 192: 4, 204: 0}  # bytes of a packet, and where in it the sync byte is
_TS_TAIL = 4 << 20  # bytes at the end that are read
_TS_NULL = 0x1FFF  # number of packets without content


def is_ts(head: bytes) -> bool:
    return _TS_SYNC in (head[:1] + head[4:5])


def ts_ending(stream: BinaryIO, size: int) -> Ending:
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
    has_filling = ends_with_zeros = False  # the last packet
    while len(packet := stream.read(packet_size)[sync:]) and packet[0] == _TS_SYNC:
        if len(packet) < packet_size - sync:
            raise needs(stream.tell() - len(packet) - sync + packet_size, size)
        number, has_filling = (packet[1] & 0x1F) << 8 | packet[2], bool(packet[3] & 0x20)
        payload = packet[5 + packet[4] if has_filling else 4 :]
        if packet[1] & 0x40 and payload[:3] == b"\0\0\1" and payload[3] & 0xF0 == 0xE0:
            video = number
        ends_with_zeros = number != _TS_NULL and payload[-FRAME_ZEROS:] == bytes(FRAME_ZEROS)
        if number == video and packet[3] & 0x10:
            is_filled_up = has_filling and (packet[4] == 0 or packet[4 + packet[4]] == 0xFF)
    if ends_with_zeros and has_only_zeros(stream, stream.tell() - len(packet) - sync):
        if not has_filling:  # nearly all frames end in the middle of a packet, which is filled up
            raise zeros_found()
        return Ending.ZEROS_IN_FRAME
    return Ending.REACHED if is_filled_up else Ending.UNKNOWN
