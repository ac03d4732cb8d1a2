"""Places in the queue."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.domain.job import JobId
from sora_desktop.state.queue_places import QueuePlaces

CHANGES = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.integers(0, 5).map(float)))


@given(CHANGES)
def test_a_place_is_one_more_than_the_number_of_jobs_before(changes: list[tuple[str, float | None]]) -> None:
    places, positions = QueuePlaces(), dict[JobId, float]()
    for id, position in changes:
        places.put(JobId(id), position)
        positions.pop(JobId(id), None)
        if position is not None:
            positions[JobId(id)] = position
    assert len(places) == len(positions)
    for name in "abcdef":
        mine = positions.get(JobId(name))
        expected = None if mine is None else 1 + sum(other < mine for other in positions.values())
        assert places.place_of(JobId(name)) == expected
