"""The sound of a clip keeps to a device that plays."""

from __future__ import annotations

import pytest
from fake_frames import FakeClock, FakeOutput
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from sora_desktop.domain.frames import SoundRead
from sora_desktop.ui.player import sound
from sora_desktop.ui.player.sound import SoundPlayer

TWENTY_MS = bytes(3840)


def test_a_device_that_plays_nothing_any_more_is_opened_again(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "_PAUSE", 1)
    monkeypatch.setattr(sound, "_LONG_PAUSE", 5)
    clock = FakeClock()
    output = FakeOutput(clock)
    player = SoundPlayer(lambda *_: None, output)
    interruptions: list[bool] = []
    player.interrupted.connect(lambda: interruptions.append(True))
    player.start(1, float)
    for _ in range(400):
        player.receive(SoundRead(1, TWENTY_MS))
        clock.advance(0.02)
    assert player.heard is not None and player.heard > 7 and output.reports == [True]
    for _ in range(400):  # no time passes for the device
        player.receive(SoundRead(1, TWENTY_MS))
    assert output.reports == [True, False] and player.heard is None
    qtbot.waitUntil(lambda: interruptions == [True])
    assert not output.is_closed, "it is open again"


def test_silence_is_reported_although_the_stream_begins_again_and_again(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound, "_PAUSE", 1)
    output = FakeOutput(FakeClock())
    output.is_opening = True
    player = SoundPlayer(lambda *_: None, output)
    restart = QTimer()
    restart.timeout.connect(lambda: player.start(1, float))  # as when pictures come late
    restart.start(30)
    qtbot.waitUntil(lambda: output.reports[-1:] == [False])
    restart.stop()
    player.stop()
