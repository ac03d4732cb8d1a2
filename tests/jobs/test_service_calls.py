"""What the requests of one create count in the rate limit."""

from __future__ import annotations

from typing import cast

import pytest
from fake_engine import ENGINE, FakeEngine
from workbench import LoopClock

from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.mixed_places import MixedPlaces
from sora_desktop.jobs.polling.rate_limit import RateLimit, RequestKind
from sora_desktop.jobs.ports import ExchangeStore
from sora_desktop.jobs.service_calls import HEALTH_REQUESTS, LONGEST_PREPARATION, ServiceCalls
from sora_desktop.jobs.support.exchange_log import ExchangeLog

pytestmark = pytest.mark.virtual_time

#: The list, the question about health and the create.
OF_A_CREATE = 1 + HEALTH_REQUESTS + 1


@pytest.mark.parametrize(("preparation", "counts_until"), [(50.0, 110.0), (LONGEST_PREPARATION, 60.0)])
async def test_a_create_counts_from_when_it_is_sent_also_after_a_list_that_took_long(
    preparation: float, counts_until: float
) -> None:
    clock = LoopClock()
    rate_limit = RateLimit(ENGINE.limits, clock=Clock(clock.now, clock.sleep, clock.tick))
    log = ExchangeLog(cast(ExchangeStore, None))  # none of these requests belongs to a job
    calls = ServiceCalls(FakeEngine(clock.now), rate_limit, log, MixedPlaces((), lambda _: None))
    began = clock.tick()
    await calls.reserve_create()
    await clock.sleep(preparation)
    await calls.renew_create()
    await rate_limit.take(RequestKind.BALANCE, 60 - OF_A_CREATE)
    assert clock.tick() - began == pytest.approx(preparation), "nothing is counted twice"
    await rate_limit.take(RequestKind.BALANCE, 2)  # one may follow the list, the other one the create
    assert clock.tick() - began == pytest.approx(counts_until, abs=2.0)
    await rate_limit.aclose()
