"""When a look is worth a request."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.jobs.polling.plan import (
    CHEAPEST,
    DEAREST_UNTOLD,
    Odds,
    PollCosts,
    cost_of_poll,
    first_poll,
    mixed,
    next_poll,
)
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.render_times import RenderTimeStore

KIND = RenderKind("test", "sora2", 5, "standard")
STEADY = Odds(tuple(170.0 + step for step in range(21)), (1.0,) * 21)
ODDS = st.lists(st.tuples(st.floats(0.5, 5000), st.floats(0.01, 10)), min_size=1, max_size=40).map(
    lambda points: mixed([(Odds((end,), (1.0,)), weight) for end, weight in points])
)


def taught(*times: RenderTime) -> RenderTimes:
    learned = RenderTimes()
    for time in times:
        asyncio.run(learned.learn(time))
    return learned


def test_nothing_is_looked_at_before_it_can_have_ended() -> None:
    assert next_poll(STEADY, 0.0, PollCosts(20.0, 5.0, 190.0)) >= 170


def test_a_dear_look_comes_once_and_late_a_cheap_one_again_and_again() -> None:
    dear = next_poll(STEADY, 0.0, PollCosts(500.0, 1.0, 190.0))
    cheap = next_poll(STEADY, 0.0, PollCosts(0.05, 1.0, 190.0))
    assert dear > 185 and cheap < 175


def test_between_two_humps_nobody_looks() -> None:
    humps = mixed([(Odds(tuple(range(90, 111)), (1.0,) * 21), 0.6), (Odds(tuple(range(280, 321)), (1.0,) * 41), 0.4)])
    assert 280 <= next_poll(humps, 111.0, PollCosts(20.0, 5.0, 300.0)) <= 320


@settings(deadline=None)
@given(ODDS, st.floats(0, 90_000), st.floats(0.02, 200), st.floats(1, 120))
def test_the_next_look_keeps_its_distance_and_always_comes(
    odds: Odds, alive_at: float, price: float, gap: float
) -> None:
    due = next_poll(odds, alive_at, PollCosts(price, gap, 300.0))
    assert alive_at + gap - 1e-6 <= due <= max(odds.ends[-1], alive_at * 2 + 10, alive_at + gap) + 1e-6
    assert first_poll(odds, PollCosts(price, gap, 300.0)) >= min(gap, odds.ends[0]) - 1e-6


def test_looks_grow_dear_as_the_day_runs_out() -> None:
    def price(left: int, waiting: int) -> float:
        return cost_of_poll(left_today=left, waiting=waiting, watched=3, spread=200, dearest=DEAREST_UNTOLD)

    prices = [price(left, 10) for left in (500, 200, 100, 50, 10)]
    assert prices == sorted(prices) and prices[-1] == DEAREST_UNTOLD
    assert price(500, 0) == CHEAPEST and price(500, 150) == DEAREST_UNTOLD


def test_what_was_seen_is_learned_and_the_guess_forgotten() -> None:
    times = taught(*(RenderTime(KIND, 40.0, 44.0) for _ in range(20)))
    odds = times.odds(KIND)
    assert 38 < odds.quantile(0.5) < 46 and odds.quantile(0.9) < 60
    assert times.usual(KIND) and not RenderTimes().usual(KIND)
    assert times.overdue_after(KIND) > 80


def test_a_few_renderings_are_not_taken_for_all_that_can_be() -> None:
    few = taught(*(RenderTime(KIND, end - 1, end) for end in (100.0, 300.0))).odds(KIND)
    many = taught(*(RenderTime(KIND, end - 1, end) for end in (100.0, 300.0) * 20)).odds(KIND)
    assert few.share_by(250) - few.share_by(130) > 0.1
    assert many.share_by(250) - many.share_by(130) < 0.05


def test_another_kind_of_the_same_model_is_better_than_a_guess() -> None:
    times = taught(*(RenderTime(KIND, 20.0, 21.0) for _ in range(10)))
    akin = times.odds(RenderKind("test", "sora2", 10, "standard")).quantile(0.5)
    assert akin < RenderTimes().odds(KIND).quantile(0.5)


def test_progress_says_when_it_ends_and_what_it_means_is_learned() -> None:
    linear = RenderTimes().odds_given(KIND, 50, 60.0).quantile(0.5)
    assert 100 < linear < 140
    slow_end = taught(*(RenderTime(KIND, 298.0, 300.0, ((60.0, 50),)) for _ in range(20)))
    assert 280 < slow_end.odds_given(KIND, 50, 60.0).quantile(0.5) < 320
    assert slow_end.tells_progress(KIND) and not taught(RenderTime(KIND, 1.0, 2.0)).tells_progress(KIND)


def test_progress_that_stands_still_is_no_longer_believed() -> None:
    odds = RenderTimes().odds_given(KIND, 99, 100.0)
    assert next_poll(odds, 1000.0, PollCosts(30.0, 5.0, 200.0)) > 1100


def test_render_times_survive_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        database = Database(tmp_path / "jobs.db")
        await database.open()
        store = RenderTimeStore(database)
        for number in range(6):
            await RenderTimes(store, lambda: 1.0).learn(RenderTime(KIND, 40.0 + number, 44.0, ((10.0, 20),)))
        assert store.latest("test", 2) == [
            RenderTime(KIND, 44.0, 44.0, ((10.0, 20),)),
            RenderTime(KIND, 45.0, 44.0, ((10.0, 20),)),
        ]
        again = RenderTimes(RenderTimeStore(database))
        assert again.usual(KIND) and again.tells_progress(KIND)
        assert not RenderTimes(RenderTimeStore(database)).usual(RenderKind("other", "sora2", 5, "standard"))
        await database.aclose()

    asyncio.run(main())
