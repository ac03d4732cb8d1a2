"""What the jobs in the queue will cost, as jobs and prices change."""

from __future__ import annotations

from decimal import Decimal

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import JobId
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.queue_cost import QueueCosts

PRICES = PriceTable((Price(Decimal(100), "sora2"),))
CHEAP, PRO = VideoRequest("a"), VideoRequest("a", model="sora2-pro")
ONE, TWO, THREE = JobId("1"), JobId("2"), JobId("3")


def text(costs: QueueCosts) -> str:
    return costs.total.text(CAPABILITIES.unit)


def test_the_cost_follows_each_job_and_each_price() -> None:
    costs = QueueCosts()
    shown = [text(costs)]
    costs.set_prices(PRICES)
    for id, request in ((ONE, CHEAP), (TWO, CHEAP), (THREE, PRO), (TWO, PRO), (TWO, None), (TWO, None)):
        costs.put(id, request)
        shown.append(text(costs))
    costs.set_prices(PriceTable((Price(Decimal(200)),)))
    shown.append(text(costs))
    costs.reset({ONE: PRO})
    shown.append(text(costs))
    assert shown == [
        "0 credits",
        "100 credits",
        "200 credits",
        "200 credits, 1 price unknown",
        "100 credits, 2 prices unknown",
        "100 credits, 1 price unknown",
        "100 credits, 1 price unknown",
        "400 credits",
        "200 credits",
    ]
    assert costs.total.text(None) == ""


def test_unknown_prices_alone_are_said() -> None:
    costs = QueueCosts()
    costs.put(ONE, PRO)
    assert text(costs) == "1 price unknown"
