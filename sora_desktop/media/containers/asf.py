"""The end of an ASF or WMV file: objects with a name of 16 bytes and a length of 8 bytes."""

from __future__ import annotations

import struct
from typing import BinaryIO

from sora_desktop.media.containers.file_end import PART, Ending, needs

_ASF_HEADER = bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C")
_ASF_DATA = bytes.fromhex("3626B2758E66CF11A6D900AA0062CE6C")
_ASF_PROPERTIES = bytes.fromhex("A1DCAB8C47A9CF118EE400C00C205365")
_ASF_PACKET_SIZE = 92  # where in the properties the size of all packets is


def is_asf(head: bytes) -> bool:
    return head == _ASF_HEADER


def asf_ending(stream: BinaryIO, size: int) -> Ending:
    at = packet_size = 0
    while at + 24 <= size:
        stream.seek(at)
        name, length = struct.unpack("<16sQ", stream.read(24))
        if name == _ASF_HEADER:
            header = stream.read(min(length, PART))
            found = header.find(_ASF_PROPERTIES)
            if found >= 0:
                packet_size = int.from_bytes(header[found + _ASF_PACKET_SIZE :][:4], "little")
        if name == _ASF_DATA and length <= 50:  # not known: the file was sent while it was written
            return Ending.UNKNOWN
        if at + length > size:
            raise needs(at + length, size)
        if name == _ASF_DATA and 0 < packet_size < length:
            stream.seek(at + length - packet_size)
            return Ending.UNKNOWN if any(stream.read(packet_size)) else Ending.ZEROS
        if name == _ASF_DATA or length < 24:
            break
        at += length
    return Ending.UNKNOWN
