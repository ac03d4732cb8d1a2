"""Places in the queues."""

from __future__ import annotations

from builders import a_job
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.domain.job import JobId, Waiting
from sora_desktop.state.queue_places import QueuePlaces

QUEUES = ("first", "second")
CHANGES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.none() | st.sampled_from(QUEUES), st.integers(0, 5).map(float))
)


@given(CHANGES)
def test_a_place_is_one_more_than_the_number_of_jobs_before_in_the_same_queue(
    changes: list[tuple[str, str | None, float]],
) -> None:
    places, again = QueuePlaces(), QueuePlaces()
    known = dict[str, tuple[str, float]]()
    jobs = {}
    for id, queue, position in changes:
        jobs[id] = (a_job(Waiting(), id=id, made=position), queue)
        places.put(*jobs[id])
        known.pop(id, None)
        if queue is not None:
            known[id] = (queue, position)
    again.reset(jobs.values())
    for which in (places, again):
        for queue in QUEUES:
            assert which.length(queue) == sum(of == queue for of, _ in known.values())
        for name in "abcdef":
            mine = known.get(name)
            ahead = [other for of, other in known.values() if mine is not None and (of, other) < mine and of == mine[0]]
            assert which.place_of(JobId(name)) == (None if mine is None else 1 + len(ahead))
