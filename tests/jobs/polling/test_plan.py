"""When a poll is worth a request, and what earlier renderings say about the next."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.jobs.polling.plan import (
    MAX_POLL_COST_WITHOUT,
    MIN_POLL_COST,
    EndDistribution,
    PollCosts,
    cost_of_poll,
    first_poll,
    mixture,
    next_poll,
)
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.render_times import RenderTimeTable

KIND = RenderKind("test", "sora2", 5, "standard")
STEADY = EndDistribution(tuple(170.0 + step for step in range(21)), (1.0,) * 21)
DISTRIBUTIONS = st.lists(st.tuples(st.floats(0.5, 5000), st.floats(0.01, 10)), min_size=1, max_size=40).map(
    lambda points: mixture([(EndDistribution((end,), (1.0,)), weight) for end, weight in points])
)


def times_of(*times: RenderTime) -> RenderTimes:
    render_times = RenderTimes()
    for time in times:
        asyncio.run(render_times.add(time))
    return render_times


def test_a_rendering_is_not_polled_before_it_can_have_ended() -> None:
    assert next_poll(STEADY, 0.0, PollCosts(20.0, 5.0, 190.0)) >= 170


def test_expensive_polls_are_few_and_late_and_cheap_ones_early_and_many() -> None:
    expensive = next_poll(STEADY, 0.0, PollCosts(500.0, 1.0, 190.0))
    cheap = next_poll(STEADY, 0.0, PollCosts(0.05, 1.0, 190.0))
    assert expensive > 185 and cheap < 175


def test_no_poll_is_sent_between_the_two_peaks_of_a_distribution() -> None:
    early = EndDistribution(tuple(range(90, 111)), (1.0,) * 21)
    late = EndDistribution(tuple(range(280, 321)), (1.0,) * 41)
    assert 280 <= next_poll(mixture([(early, 0.6), (late, 0.4)]), 111.0, PollCosts(20.0, 5.0, 300.0)) <= 320


@settings(deadline=None)
@given(DISTRIBUTIONS, st.floats(0, 90_000), st.floats(0.02, 200), st.floats(1, 120))
def test_the_next_poll_keeps_the_gap_and_always_comes(
    distribution: EndDistribution, unfinished_at: float, price: float, gap: float
) -> None:
    due = next_poll(distribution, unfinished_at, PollCosts(price, gap, 300.0))
    assert (
        unfinished_at + gap - 1e-6
        <= due
        <= max(distribution.ends[-1], unfinished_at * 2 + 10, unfinished_at + gap) + 1e-6
    )
    assert first_poll(distribution, PollCosts(price, gap, 300.0)) >= min(gap, distribution.ends[0]) - 1e-6


def test_polls_cost_more_the_fewer_requests_are_left_today() -> None:
    def cost(left: int, waiting: int) -> float:
        return cost_of_poll(left_today=left, waiting=waiting, watched=3, spread=200, highest=MAX_POLL_COST_WITHOUT)

    costs = [cost(left, 10) for left in (500, 200, 100, 50, 10)]
    assert costs == sorted(costs) and costs[-1] == MAX_POLL_COST_WITHOUT
    assert cost(500, 0) == MIN_POLL_COST and cost(500, 150) == MAX_POLL_COST_WITHOUT


def test_samples_replace_the_prior() -> None:
    times = times_of(*(RenderTime(KIND, 40.0, 44.0) for _ in range(20)))
    distribution = times.distribution(KIND)
    assert 38 < distribution.quantile(0.5) < 46 and distribution.quantile(0.9) < 60
    assert times.seen_quantiles(KIND) and not RenderTimes().seen_quantiles(KIND)
    assert times.overdue_after(KIND) > 80


def share_between(start: float, end: float, times: EndDistribution) -> float:
    """Share (0-1) of renderings that end within those seconds after they were accepted."""
    weights = [weight for at, weight in zip(times.ends, times.weights, strict=True) if start < at <= end]
    return sum(weights) / sum(times.weights)


def test_few_samples_do_not_rule_out_the_time_between_them() -> None:
    few = times_of(*(RenderTime(KIND, end - 1, end) for end in (100.0, 300.0))).distribution(KIND)
    many = times_of(*(RenderTime(KIND, end - 1, end) for end in (100.0, 300.0) * 20)).distribution(KIND)
    assert share_between(130, 250, few) > 0.1
    assert share_between(130, 250, many) < 0.05


def test_a_kind_without_samples_borrows_from_another_of_the_same_model() -> None:
    times = times_of(*(RenderTime(KIND, 20.0, 21.0) for _ in range(10)))
    borrowed = times.distribution(RenderKind("test", "sora2", 10, "standard")).quantile(0.5)
    assert borrowed < RenderTimes().distribution(KIND).quantile(0.5)


def test_progress_predicts_the_end_and_its_meaning_is_learned() -> None:
    linear = RenderTimes().given_progress(KIND, 50, 60.0).quantile(0.5)
    assert 100 < linear < 140
    slow_end = times_of(*(RenderTime(KIND, 298.0, 300.0, ((60.0, 50),)) for _ in range(20)))
    assert 280 < slow_end.given_progress(KIND, 50, 60.0).quantile(0.5) < 320
    assert slow_end.reports_progress(KIND) and not times_of(RenderTime(KIND, 1.0, 2.0)).reports_progress(KIND)


def test_stalled_progress_no_longer_predicts_the_end() -> None:
    distribution = RenderTimes().given_progress(KIND, 99, 100.0)
    assert next_poll(distribution, 1000.0, PollCosts(30.0, 5.0, 200.0)) > 1100


async def test_render_times_survive_a_restart(tmp_path: Path) -> None:
    database = Database(tmp_path / "jobs.db")
    await database.open()
    store = RenderTimeTable(database)
    for number in range(6):
        await RenderTimes(store, lambda: 1.0).add(RenderTime(KIND, 40.0 + number, 44.0, ((10.0, 20),)))
    assert store.latest("test", 2) == [
        RenderTime(KIND, 44.0, 44.0, ((10.0, 20),)),
        RenderTime(KIND, 45.0, 44.0, ((10.0, 20),)),
    ]
    again = RenderTimes(RenderTimeTable(database))
    assert again.seen_quantiles(KIND) and again.reports_progress(KIND)
    assert not RenderTimes(RenderTimeTable(database)).seen_quantiles(RenderKind("other", "sora2", 5, "standard"))
    await database.aclose()
