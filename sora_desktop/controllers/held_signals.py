"""Keeps what the user asks for before the program can answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import SignalInstance


class HeldSignals:
    """Records what signals emit, and emits it again, in order, on `release`.

    The same values from one signal twice in a row are recorded once: nothing has answered the first one yet, and it
    may cost money.
    """

    def __init__(self, *signals: SignalInstance) -> None:
        self._emitted: list[tuple[SignalInstance, tuple[object, ...]]] = []
        self._connections = [(signal, signal.connect(self._recorder(signal))) for signal in signals]

    def release(self) -> None:
        """Stop recording and emit what was recorded. Connect the real receivers first."""
        connections, self._connections = self._connections, []
        for signal, connection in connections:
            signal.disconnect(connection)
        emitted, self._emitted = self._emitted, []
        for signal, values in emitted:
            signal.emit(*values)

    def _recorder(self, signal: SignalInstance) -> Callable[..., None]:
        last: tuple[object, ...] | None = None

        def record(*values: object) -> None:
            nonlocal last
            if values != last:
                self._emitted.append((signal, values))
            last = values

        return record
