"""Tests for `system/slices.py`, with a clock that the work sets."""

import asyncio
from collections.abc import Iterator

import pytest

from sora_desktop.system.slices import SLICE, SLICE_SECONDS, in_slices


class Work:
    """Items that take time to make, and to be done."""

    def __init__(self, making: float, doing: float) -> None:
        self.now, self._making, self._doing = 0.0, making, doing
        self.turns = 0  # of the event loop

    def items(self, number: int) -> Iterator[int]:
        """So many items."""
        for item in range(number):
            self.now += self._making
            yield item

    async def do(self, number: int) -> list[tuple[int, float]]:
        """Do so many; the length of each slice, and the seconds that it took."""
        other = asyncio.create_task(self._count_turns())
        slices, done = list[tuple[int, float]](), list[int]()
        began = self.now
        async for part in in_slices(self.items(number), lambda: self.now):
            done += part
            self.now += self._doing * len(part)
            slices.append((len(part), self.now - began))
            began = self.now
        other.cancel()
        assert done == list(range(number)), "each once, and in order"
        return slices

    async def _count_turns(self) -> None:
        while True:
            self.turns += 1
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("making", "doing"),
    [
        pytest.param(0.0, 0.0, id="no time"),
        pytest.param(0.0, SLICE_SECONDS / 20, id="what is done takes long"),
        pytest.param(SLICE_SECONDS / 20, 0.0, id="the items take long"),
        pytest.param(SLICE_SECONDS / 20, SLICE_SECONDS / 20, id="both"),
        pytest.param(0.0, SLICE_SECONDS * 3, id="each takes too long"),
    ],
)
async def test_a_slice_ends_when_its_time_is_up(making: float, doing: float) -> None:
    """The first slice alone is as long as it is: how long an item takes is not known before."""
    work = Work(making, doing)
    slices = await work.do(5 * SLICE)
    each = making + doing
    assert all(took <= max(SLICE_SECONDS, each) + 2 * each for _, took in slices[1:])
    assert len(slices) >= 5 and max(length for length, _ in slices) <= SLICE
    assert work.turns >= len(slices) - 1, "the loop goes on between two slices"


async def test_slices_grow_again_after_a_long_one() -> None:
    work = Work(0.0, SLICE_SECONDS)
    lengths = list[int]()
    async for part in in_slices(range(400), lambda: work.now):
        lengths.append(len(part))
        work.now += SLICE_SECONDS * 5 if len(lengths) == 1 else 0.0
    assert lengths[:3] == [SLICE, SLICE // 5, SLICE]


async def test_nothing_is_no_slice() -> None:
    nothing: list[int] = []
    assert [part async for part in in_slices(nothing)] == []
