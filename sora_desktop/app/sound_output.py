"""The sound process: plays samples from standard input on the system's default device.

It ends with its parent, and when it can open no device: the next process connects to the sound server again.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal

from sora_desktop.system.shared_memory import SharedMemory
from sora_desktop.ui.player.sound import OutputState, SoundOutput
from sora_desktop.ui.player.sound_messages import COUNTERS_SIZE, Kind, SoundCounters, SoundMessage, read_message

#: Milliseconds from one look at the device to the next.
_PAUSE = 10
#: PulseAudio holds 10 to 20 ms of sound if Qt asks, and breaks off on a busy machine. What the user has set is kept.
_LATENCY, _ENOUGH = "PULSE_LATENCY_MSEC", "80"


class OutputKeeper:
    """Opens, feeds and closes one device after the other, and counts."""

    def __init__(self, counters: SoundCounters, open_output: Callable[[float], SoundOutput]) -> None:
        """`open_output` opens the default device with a volume, or raises OSError."""
        self._counters = counters
        self._open_output = open_output
        self._output: SoundOutput | None = None
        self._waiting = bytearray()
        self._taken = 0

    @property
    def is_open(self) -> bool:
        return self._output is not None

    def carry_out(self, message: SoundMessage) -> None:
        """Raises OSError if no device can be opened."""
        match message.kind:
            case Kind.OPEN:
                self._open(message.number, message.volume)
            case Kind.SAMPLES:
                self._waiting += message.samples
                self.supply()
            case Kind.VOLUME:
                if self._output is not None:
                    self._output.set_volume(message.volume)
            case Kind.CLOSE:
                self._close()

    def supply(self) -> None:
        """Give the device what it has room for."""
        output = self._output
        if output is None:
            return
        if self._waiting and (room := output.room()) > 0:
            taken = output.write(bytes(self._waiting[:room]))
            self._taken += taken
            del self._waiting[:taken]
        self._counters.count(output.state(), self._taken, output.played())

    def _open(self, number: int, volume: float) -> None:
        self._close()
        try:
            self._output = self._open_output(volume)
        except OSError:
            self._counters.answer(number, OutputState.LOST)
            raise
        self._counters.answer(number, OutputState.OPEN)

    def _close(self) -> None:
        self._waiting.clear()
        self._taken = 0
        output, self._output = self._output, None
        if output is not None:
            output.close()


class _Inbox(QObject):
    """Reads messages in a thread, and carries them out in that of the event loop."""

    arrived = Signal()

    def __init__(self, keeper: OutputKeeper) -> None:
        super().__init__()
        self._keeper = keeper
        self._messages: queue.SimpleQueue[SoundMessage] = queue.SimpleQueue()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(keeper.supply)
        self.arrived.connect(self._carry_out, Qt.ConnectionType.QueuedConnection)

    def read(self) -> None:
        while (message := read_message(sys.stdin.buffer)) is not None:
            self._messages.put(message)
            self.arrived.emit()
        os._exit(0)  # a sound server that hangs must not keep this process alive

    def _carry_out(self) -> None:
        while not self._messages.empty():
            try:
                self._keeper.carry_out(self._messages.get())
            except OSError:
                os._exit(1)
        if self._keeper.is_open != self._timer.isActive():
            self._timer.start() if self._keeper.is_open else self._timer.stop()


def main(counters_name: str) -> int:
    """Serve until standard input ends. `counters_name`: shared memory for `SoundCounters`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # an abort leaves no file behind
    os.environ.setdefault(_LATENCY, _ENOUGH)
    memory = SharedMemory.open(counters_name, COUNTERS_SIZE, is_writable=True)
    memory.remove_name()  # both have opened it: it ends with them, also if the parent is killed
    app = QCoreApplication(["sora-desktop"])
    app.setApplicationName("Sora Desktop")  # in the system's list of what plays
    from sora_desktop.ui.player.sound_server import SoundServerLink
    from sora_desktop.ui.player.system_output import SystemOutput

    link = SoundServerLink()
    inbox = _Inbox(OutputKeeper(SoundCounters(memory.pixels), lambda volume: SystemOutput(volume, link)))
    threading.Thread(target=inbox.read, name="messages", daemon=True).start()
    return app.exec()
