"""Whether Qt still holds its connections to PulseAudio. Without them, opening a sound device aborts the program."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

#: The port of PulseAudio if none is named.
_PORT = 4713


class SoundServerLink:
    """Qt's connections to the sound server: one for the list of devices, one for what is played.

    Qt 6.11 tries once, 3 seconds after the server has ended, to connect again, and never again. From then on it opens
    devices without a connection, and libpulse aborts. Qt does not tell, but a lost connection is a closed socket.
    """

    def __init__(self, count: Callable[[], int] | None = None) -> None:
        """`count`: connections of this process to the server. 0 where there is no such server."""
        self._count = count or count_connections
        self._most = 0

    def is_whole(self) -> bool:
        """Every connection that was ever seen is there. To be called before and after a device is opened."""
        count = self._count()
        self._most = max(self._most, count)
        return count == self._most


def count_connections(platform: str = sys.platform, server: str | None = None) -> int:
    """The sockets of this process that are connected to PulseAudio, or to PipeWire in its place; 0 except on Linux.

    `server` is where PULSE_SERVER says that it is. A server that only PulseAudio's own settings name is not counted.
    """
    if platform != "linux":
        return 0
    named = os.environ.get("PULSE_SERVER", "") if server is None else server
    return sum(_leads_to_server(int(entry.name), named) for entry in Path("/proc/self/fd").iterdir())


def _leads_to_server(descriptor: int, named: str) -> bool:
    try:
        connection = socket.socket(fileno=descriptor)
    except OSError:  # not a socket, or closed meanwhile
        return False
    try:
        peer = connection.getpeername()
    except OSError:  # not connected
        return False
    finally:
        connection.detach()  # it belongs to others: must not be closed
    if isinstance(peer, str):
        return "pulse" in peer.lower() or (bool(peer) and peer in named)
    return isinstance(peer, tuple) and bool(named) and (peer[1] == _PORT or named.endswith(f":{peer[1]}"))
