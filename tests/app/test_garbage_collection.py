"""Reference cycles are collected on the window's thread only."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from pytestqt.qtbot import QtBot

from sora_desktop.app import garbage_collection


class Cycle:
    """A reference cycle that records the thread in which it was collected."""

    def __init__(self, collected_in: list[str]) -> None:
        self.itself = self
        weakref.finalize(self, lambda: collected_in.append(threading.current_thread().name))


def test_an_allocating_thread_does_not_collect(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage_collection, "COLLECT_INTERVAL", 20)
    collected_in: list[str] = []
    with garbage_collection.collect_on_this_thread(lambda: False):
        for _ in range(2000):
            Cycle(collected_in)

        def allocate() -> None:
            kept = [[number] for number in range(50_000)]
            assert kept

        other = threading.Thread(target=allocate, name="other")
        other.start()
        other.join()
        assert collected_in == []
        qtbot.waitUntil(lambda: len(collected_in) > 1000)
    assert set(collected_in) == {threading.current_thread().name}
    assert gc.isenabled() and gc.get_freeze_count() == 0


@pytest.mark.parametrize(
    ("intervals", "counts", "playing", "due"),
    [
        (1, (0, 0, 9), False, None),
        (1, (701, 0, 0), False, 0),
        (1, (701, 3, 0), True, 1),
        (600, (0, 0, 0), False, 2),
        (600, (701, 3, 0), True, 1),  # the full collection waits for the end of the clip
        (5999, (0, 0, 0), True, None),
        (5999, (0, 0, 0), False, 2),  # the clip has ended
        (6000, (0, 0, 0), True, 2),  # and it is not put off for ever
    ],
)
def test_a_full_collection_waits_while_a_clip_plays_but_not_for_ever(
    intervals: int, counts: tuple[int, int, int], playing: bool, due: int | None
) -> None:
    assert garbage_collection.due_generation(intervals, counts, playing=playing) == due
