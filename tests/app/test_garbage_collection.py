"""Cycles die on the window's thread, and only there."""

from __future__ import annotations

import gc
import threading
import weakref

from pytestqt.qtbot import QtBot

from sora_desktop.app import garbage_collection


class Knot:
    """A cycle that tells where it died."""

    def __init__(self, died_in: list[str]) -> None:
        self.itself = self
        weakref.finalize(self, lambda: died_in.append(threading.current_thread().name))


def test_another_thread_that_allocates_does_not_collect(qtbot: QtBot) -> None:
    died_in: list[str] = []
    with garbage_collection.collect_on_this_thread():
        for _ in range(2000):
            Knot(died_in)

        def allocate() -> None:
            kept = [[number] for number in range(50_000)]
            assert kept

        other = threading.Thread(target=allocate, name="other")
        other.start()
        other.join()
        assert died_in == []
        qtbot.waitUntil(lambda: len(died_in) > 1000)
    assert set(died_in) == {threading.current_thread().name}
    assert gc.isenabled() and gc.get_freeze_count() == 0
