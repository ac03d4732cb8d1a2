"""The sound process carries out what it is sent, and ends if no device is there."""

from __future__ import annotations

import io

import pytest
from fake_frames import FakeClock, FakeOutput, FakeOutputs

from sora_desktop.app.sound_output import OutputKeeper
from sora_desktop.ui.player.sound import OutputState
from sora_desktop.ui.player.sound_messages import (
    COUNTERS_SIZE,
    Kind,
    SoundCounters,
    SoundMessage,
    packed_message,
    read_message,
)


def test_samples_wait_for_room_and_are_counted_when_the_device_takes_them() -> None:
    clock = FakeClock()
    first, second = FakeOutput(clock), FakeOutput(clock)
    counters = SoundCounters(memoryview(bytearray(COUNTERS_SIZE)))
    keeper = OutputKeeper(counters, FakeOutputs(first, second).open)
    sent = [
        SoundMessage(Kind.OPEN, 1, 0.5),
        SoundMessage(Kind.SAMPLES, 50_000, samples=bytes(50_000)),
        SoundMessage(Kind.VOLUME, volume=0.25),
    ]
    stream = io.BytesIO(b"".join(map(packed_message, sent)))
    while (message := read_message(stream)) is not None:
        keeper.carry_out(message)
    assert first.volumes == [0.5, 0.25] and (counters.opening, counters.state) == (1, OutputState.OPEN)
    assert counters.taken == first.written == 38_400, "the device has no more room"
    clock.advance(0.1)
    keeper.supply()
    assert counters.taken == first.written == 50_000 and counters.played == pytest.approx(0.1)

    first.is_unplugged = True
    keeper.supply()
    assert counters.state is OutputState.LOST
    keeper.carry_out(SoundMessage(Kind.OPEN, 2, 0.5))
    keeper.supply()
    assert first.is_closed and second.written == 0, "samples of the device before are dropped"
    assert (counters.opening, counters.state, counters.taken) == (2, OutputState.OPEN, 0)
    keeper.carry_out(SoundMessage(Kind.CLOSE))
    assert second.is_closed and not keeper.is_open
    with pytest.raises(OSError):
        keeper.carry_out(SoundMessage(Kind.OPEN, 3, 0.5))
    assert (counters.opening, counters.state) == (3, OutputState.LOST)
