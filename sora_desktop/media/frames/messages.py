"""The messages between the frame reader and its client: a length of four bytes, then MessagePack."""

from __future__ import annotations

import struct
from typing import IO, TypeAlias

import msgspec

from sora_desktop.domain.frames import Loop

_LENGTH = struct.Struct("<I")


class OpenSet(msgspec.Struct, frozen=True, array_like=True, tag="open"):
    """Open clips in frame lock. Answered by Opened or NotReadable for each."""

    number: int  # of the set
    files: tuple[bytes, ...]  # paths; empty: a clip that cannot be read, which is left out
    times_files: tuple[bytes, ...]  # of each clip; empty: its frame times are not kept
    marks: tuple[int, ...]  # of each clip: its place in the memory that tells what the process does
    takes_turns: bool = False  # its clips and those of other such sets are decoded one at a time


class Show(msgspec.Struct, frozen=True, array_like=True, tag="show"):
    """Read one frame of each clip. Answered by Pictures, unless a later request replaces it."""

    number: int
    serial: int  # ascending
    frames: tuple[int, ...]
    direction: int
    is_scrub: bool
    loops: tuple[Loop, ...]  # what is repeated of each clip; empty: nothing


class SetSize(msgspec.Struct, frozen=True, array_like=True, tag="size"):
    """The most pixels for pictures of a clip. The frames that were asked for last are read again."""

    number: int
    clip: int
    width: int
    height: int


class Received(msgspec.Struct, frozen=True, array_like=True, tag="received"):
    """The last Pictures have arrived: the next ones may be sent."""

    number: int


class StartSound(msgspec.Struct, frozen=True, array_like=True, tag="start_sound"):
    """See `FrameSet.start_sound`."""

    number: int
    clip: int
    stream: int
    start: int
    speed: float
    first: int
    last: int | None


class ReadSound(msgspec.Struct, frozen=True, array_like=True, tag="read_sound"):
    """Answered by Sound."""

    number: int
    stream: int
    frames: int


class CloseSet(msgspec.Struct, frozen=True, array_like=True, tag="close"):
    """Close the clips of a set. No answer."""

    number: int


ReaderRequest: TypeAlias = OpenSet | Show | SetSize | Received | StartSound | ReadSound | CloseSet


class Opened(msgspec.Struct, frozen=True, array_like=True, tag="opened"):
    """See `ClipOpened`."""

    number: int
    clip: int
    starts: tuple[int, ...]
    end: int
    width: int
    height: int
    has_sound: bool


class SharedPicture(msgspec.Struct, frozen=True, array_like=True):
    """A picture in shared memory."""

    frame: int
    width: int
    height: int
    pitch: int
    memory: str  # name
    memory_size: int  # bytes
    offset: int
    is_exact: bool


class Pictures(msgspec.Struct, frozen=True, array_like=True, tag="pictures"):
    """One picture of each clip; None where the frame cannot be decoded."""

    number: int
    serial: int
    pictures: tuple[SharedPicture | None, ...]


class Sound(msgspec.Struct, frozen=True, array_like=True, tag="sound"):
    """Samples; empty at the end."""

    number: int
    stream: int
    samples: bytes


class NotReadable(msgspec.Struct, frozen=True, array_like=True, tag="failed"):
    """A clip cannot be read. The message may be shown to the user."""

    number: int
    clip: int
    message: str


ReaderEvent: TypeAlias = Opened | Pictures | Sound | NotReadable


def packed(message: ReaderRequest | ReaderEvent) -> bytes:
    """A message with its length."""
    content = msgspec.msgpack.encode(message)
    return _LENGTH.pack(len(content)) + content


def read_request(stream: IO[bytes]) -> ReaderRequest | None:
    """The next request; None at the end of the stream. Raises OSError, msgspec.MsgspecError."""
    content = _read_content(stream)
    return None if content is None else msgspec.msgpack.decode(content, type=ReaderRequest)


def read_event(stream: IO[bytes]) -> ReaderEvent | None:
    """The next event; None at the end of the stream. Raises OSError, msgspec.MsgspecError."""
    content = _read_content(stream)
    return None if content is None else msgspec.msgpack.decode(content, type=ReaderEvent)


def _read_content(stream: IO[bytes]) -> bytes | None:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None
