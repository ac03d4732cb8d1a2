"""No sound device is opened without a connection to the sound server."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
from PySide6 import QtMultimedia

from sora_desktop.ui.player import system_output
from sora_desktop.ui.player.sound_server import SoundServerLink, count_connections
from sora_desktop.ui.player.system_output import SystemOutput


class _Device:
    """A device that Qt still lists."""

    def isNull(self) -> bool:
        return False

    def id(self) -> bytes:
        return b"out"


def test_no_device_is_opened_while_a_connection_of_qt_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QtMultimedia.QMediaDevices, "defaultAudioOutput", lambda: _Device())
    opened: list[object] = []

    class Sink:
        def __init__(self, *_: object) -> None:
            opened.append(self)

        def __getattr__(self, _: str) -> object:
            return lambda *_: self

    monkeypatch.setattr(system_output, "QAudioSink", Sink)
    # Before and after the first device and the second one; the server has ended; one connection is back; both are.
    connections = [1, 2, 2, 2, 0, 1, 2, 2]
    link = SoundServerLink(lambda: connections.pop(0))
    outcomes = []
    for _ in range(5):
        try:
            SystemOutput(0.8, link)
            outcomes.append(True)
        except OSError:
            outcomes.append(False)
    assert outcomes == [True, True, False, False, True]
    assert len(opened) == 3 and not connections


@pytest.mark.skipif(sys.platform != "linux", reason="no such server")
def test_the_connections_are_counted_until_the_server_or_this_side_closes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_INET) as remote:
        server.bind("sound.sock")
        server.listen()
        remote.bind(("127.0.0.1", 0))
        remote.listen()
        address = f"tcp:127.0.0.1:{remote.getsockname()[1]}"
        with socket.socket(socket.AF_UNIX) as near, socket.socket(socket.AF_INET) as far:
            near.connect("sound.sock")
            far.connect(remote.getsockname())
            descriptors = len(list(Path("/proc/self/fd").iterdir()))
            for named, count in (("", 0), ("unix:sound.sock", 1), (address, 1)):
                assert count_connections("linux", named) == count, named
            assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
            assert count_connections("darwin", "unix:sound.sock") == 0
        assert count_connections("linux", "unix:sound.sock") == 0 == count_connections("linux", address)
