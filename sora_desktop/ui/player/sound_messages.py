"""What the window sends to the sound process, and the counters that both share."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import IO, NamedTuple

from sora_desktop.ui.player.sound import OutputState

#: Kind, number, volume.
_HEADER = struct.Struct("<BId")
#: Bytes of the counters, 8 each.
COUNTERS_SIZE = 32


class Kind(IntEnum):
    OPEN = 1  # the default device; `number` is that of the opening, ascending. A device that is open is closed
    SAMPLES = 2  # `number` is their length in bytes
    VOLUME = 3
    CLOSE = 4


class SoundMessage(NamedTuple):
    """Something to be done, in the order of sending."""

    kind: Kind
    number: int = 0
    volume: float = 0.0  # 0 to 1
    samples: bytes = b""


def packed_message(message: SoundMessage) -> bytes:
    """The bytes of a message."""
    return _HEADER.pack(message.kind, message.number, message.volume) + message.samples


def read_message(stream: IO[bytes]) -> SoundMessage | None:
    """The next message; None at the end of the stream."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, number, volume = _HEADER.unpack(header)
    samples = stream.read(number) if kind == Kind.SAMPLES else b""
    return SoundMessage(Kind(kind), number, volume, samples)


class SoundCounters:
    """Written by the sound process, and read by the window at any moment: each is one word of memory."""

    def __init__(self, memory: memoryview) -> None:
        self._words = memory[:COUNTERS_SIZE].cast("q")

    @property
    def opening(self) -> int:
        """Number of the last opening that was answered. The other counters are about it."""
        return self._words[0]

    @property
    def state(self) -> OutputState:
        return OutputState(self._words[1])

    @property
    def taken(self) -> int:
        """Bytes of samples that the device has taken."""
        return self._words[2]

    @property
    def played(self) -> float:
        """Seconds of sound that the device has played."""
        return self._words[3] / 1_000_000

    def answer(self, opening: int, state: OutputState) -> None:
        """Answer an opening."""
        self._words[1], self._words[2], self._words[3] = state, 0, 0
        self._words[0] = opening  # last: it makes the others valid

    def count(self, state: OutputState, taken: int, played: float) -> None:
        """Note how far the device is."""
        self._words[1], self._words[2], self._words[3] = state, taken, round(played * 1_000_000)
