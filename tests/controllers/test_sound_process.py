"""The sound of the window outlives a sound process that ends or hangs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import wait_until

from sora_desktop.controllers.sound_process import ProcessOutput, SoundProcess
from sora_desktop.ui.player.sound import OutputState

#: A sound process that plays, but hangs when it shall be silent. It writes its id to a file.
_CHILD = """
import os, sys, time
from pathlib import Path
from sora_desktop.system.shared_memory import SharedMemory
from sora_desktop.ui.player.sound import OutputState
from sora_desktop.ui.player.sound_messages import *
with open(sys.argv[1], "a") as file:
    print(os.getpid(), file=file)
memory = SharedMemory.open(sys.argv[2], COUNTERS_SIZE, is_writable=True)
memory.remove_name()
counters, taken = SoundCounters(memory.pixels), 0
while message := read_message(sys.stdin.buffer):
    if message.kind == Kind.OPEN and message.volume == 0:
        time.sleep(60)
    elif message.kind == Kind.OPEN:
        taken = 0
        counters.answer(message.number, OutputState.OPEN)
    elif message.kind == Kind.SAMPLES:
        taken += len(message.samples)
        counters.count(OutputState.OPEN, taken, taken / 192_000)
"""
LOUD, SILENT = 1.0, 0.0


class Rig:
    """A sound process whose seconds are counted by hand."""

    def __init__(self, file: Path, program: str) -> None:
        self._file = file
        self.time = 100.0
        self.sound = SoundProcess([sys.executable, "-c", program, str(file)], now=lambda: self.time)
        self.silences: list[bool] = []
        self.sound.silenced.connect(self.silences.append)

    @property
    def processes(self) -> list[int]:
        """Ids of the processes that have started so far."""
        return [int(line) for line in self._file.read_text().split()] if self._file.exists() else []

    def open(self, volume: float) -> ProcessOutput:
        """Open a device, and wait until it plays."""
        output = self.sound.open(volume)
        _until(output, OutputState.OPEN)
        return output


def _until(output: ProcessOutput, state: OutputState) -> None:
    wait_until(lambda: output.state() is state, sleep=lambda _: time.sleep(0.01))


@pytest.fixture
def rig(qapp: object, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    made = Rig(tmp_path / "processes", getattr(request, "param", _CHILD))
    yield made
    made.sound.close()
    with pytest.raises(OSError):
        made.sound.open(LOUD)


def test_a_process_that_ends_is_replaced_at_once_if_it_was_heard(rig: Rig) -> None:
    output = rig.open(LOUD)
    assert output.write(bytes(1_000_000)) == 19_200, "a tenth of a second"
    wait_until(lambda: output.played() == 0.1 and output.room() == 19_200, sleep=lambda _: time.sleep(0.01))
    rig.sound.report(True)
    os.kill(rig.processes[0], 9)
    _until(output, OutputState.LOST)
    output.close()
    rig.sound.report(False)
    after = rig.open(LOUD)
    assert len(rig.processes) == 2 and output.state() is OutputState.LOST and after.played() == 0
    rig.sound.report(True)
    assert rig.silences == [True, False]


@pytest.mark.parametrize("rig", ["raise SystemExit(1)"], indirect=True)
def test_without_a_device_processes_start_less_and_less_often_and_nothing_is_said(rig: Rig) -> None:
    starts = []
    for second in range(60):
        rig.time = 100.0 + second
        try:
            output = rig.sound.open(LOUD)
            rig.time += 0.5
            rig.sound.report(False)  # the process has only started
            _until(output, OutputState.LOST)
            starts.append(second)
        except OSError:
            rig.sound.report(False)
    assert starts == [0, 3, 9, 21, 41] and rig.silences == []


def test_a_process_that_hangs_is_not_waited_for_and_later_replaced(rig: Rig) -> None:
    output = rig.sound.open(SILENT)
    wait_until(lambda: rig.processes, sleep=lambda _: time.sleep(0.01))
    assert output.state() is OutputState.OPENING and output.room() == 0 == output.write(b"1234")
    rig.time += 2.0
    rig.sound.report(False)
    last = rig.sound.open(SILENT)
    assert rig.silences == [], "nothing was heard yet: the process may have been slow to start, and have no device"
    rig.time += 2.0
    with pytest.raises(OSError):
        rig.sound.open(LOUD)
    rig.time += 6.0
    rig.sound.report(False)
    assert rig.silences == [True], "a sound server that does not answer is news"
    rig.time += 6.0
    rig.open(LOUD)
    assert len(rig.processes) == 2 and last.state() is OutputState.LOST
    last.set_volume(LOUD)  # of another player, which does not know yet that its process was replaced
    last.close()
