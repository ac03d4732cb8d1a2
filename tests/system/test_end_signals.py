"""Every signal that asks the program to end is caught, on each platform."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from sora_desktop.system.end_signals import EndSignals, end_signals, interrupted_by_end_signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


@pytest.fixture(autouse=True)
def no_signal_is_ignored() -> Iterator[None]:
    """The tests themselves may run under nohup, or in the background of a shell, which ignores Ctrl-C there."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL), signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGHUP, before[0])
    signal.signal(signal.SIGINT, before[1])


def test_each_platform_has_its_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)  # Windows alone has it
    posix = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    assert (end_signals("linux"), end_signals("darwin")) == (posix, posix)
    assert end_signals("win32") == (signal.SIGINT, signal.SIGUSR1)


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_signals_call_the_function_as_often_as_they_come(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    numbers = end_signals(platform)
    before = [signal.getsignal(number) for number in numbers]
    assert signal.SIG_IGN not in before
    asked: list[int] = []
    with EndSignals(lambda: asked.append(1), platform):
        for number in (*numbers, *numbers):
            os.kill(os.getpid(), number)
        assert len(asked) == 2 * len(numbers)
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_command_under_nohup_outlives_its_terminal() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with EndSignals(lambda: None):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_call_that_waits_for_the_user_is_interrupted() -> None:
    """Without that, Ctrl-C at the question for a key does nothing before the user presses Return."""
    reading, writing = os.pipe()
    try:
        with EndSignals(lambda: None):
            before = [signal.getsignal(number) for number in end_signals()]
            for number in end_signals():
                timer = threading.Timer(0.02, os.kill, (os.getpid(), number))
                with pytest.raises(KeyboardInterrupt), interrupted_by_end_signals():
                    timer.start()
                    os.read(reading, 1)
                timer.join()
            assert [signal.getsignal(number) for number in end_signals()] == before
    finally:
        os.close(reading)
        os.close(writing)
