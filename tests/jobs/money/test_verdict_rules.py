"""What the ledger says about other attempts decides what the balance shows about a lost one."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from builders import a_job
from workbench import Bench, ChargingService, unconfirmed

from sora_desktop.api.service import ObservedLimits
from sora_desktop.domain.job import JobChange, JobId, RemoteId, Rendering, Saving, Unconfirmed
from sora_desktop.domain.ledger import KnownBalance, Outcome
from sora_desktop.domain.money import Balance, Price, PriceTable, kind_price
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.jobs.money.balance import STALE_AFTER
from sora_desktop.jobs.money.movements import SLOW_CHARGE
from sora_desktop.store.sent_marks import SentMark, SentMarks

#: The price of the other request is another one, and the balance has shown it only if a test says so.
OTHER = VideoRequest("other", duration=10)
PRICES = PriceTable((Price(Decimal(200), duration=10), Price(Decimal(100))))
DAY = 24 * 3600.0


def a_bench(folder: Path) -> Bench:
    """A bench whose service has a balance of 1,000."""
    return Bench(ChargingService(), folder, prices=PRICES, key_fingerprint="key")


async def lose(bench: Bench, *, age: float | None = 1.0, read_later: float = 0.0, service: str = "test") -> JobId:
    """Write a create of 100 without an answer to the ledger, sent when the balance was 1,000.

    `read_later`: seconds by which the time of the reading is later than now.
    """
    job = a_job(Unconfirmed(), 1, id="lost", service=service)
    await bench.store.begin_attempt(
        job,
        Balance(Decimal(1000), bench.clock.now() + read_later),
        Decimal(100),
        key_fingerprint="key",
        balance_age=age,
    )
    return job.id


async def send_other(bench: Bench, outcome: Outcome, *, key: str = "key") -> int:
    """Write a create of OTHER to the ledger, at 200; if it was accepted, its task has completed. Return its number."""
    job = a_job(Unconfirmed(), 2, service="test", duration=OTHER.duration)
    number = await bench.store.begin_attempt(job, None, Decimal(200), key_fingerprint=key)
    if outcome is Outcome.ACCEPTED:
        rendering = replace(job, phase=Rendering(RemoteId("task_2")))
        await bench.store.end_attempt(number, rendering, "", outcome, 200)
        await bench.store.change([JobChange(rendering, replace(rendering, phase=Saving(RemoteId("task_2"))))])
    else:
        await bench.store.end_attempt(number, job, "", outcome)
    return number


async def verdict(bench: Bench, lost: JobId, fall: int = 0) -> Unconfirmed:
    """What a reading says about the lost create when the balance has fallen by so much since it was sent."""
    bench.service.funds -= fall  # type: ignore[attr-defined]
    await bench.runner.commands.reconcile(lost)
    return unconfirmed(bench.store.read(lost))


@pytest.mark.parametrize(
    ("sure", "key", "safe"),
    [
        pytest.param(True, "key", True, id="a price that was seen"),
        pytest.param(False, "key", False, id="a price that nobody has seen"),
        pytest.param(True, "other", False, id="perhaps another account"),
    ],
)
async def test_what_another_create_has_cost_is_known_only_if_its_price_and_account_are(
    tmp_path: Path, sure: bool, key: str, safe: bool
) -> None:
    if sure:
        async with a_bench(tmp_path) as bench:
            await bench.store.save_learned_price("test", kind_price(OTHER, Decimal(200)))
    async with a_bench(tmp_path) as bench:
        lost = await lose(bench)
        await send_other(bench, Outcome.ACCEPTED, key=key)
        phase = await verdict(bench, lost, 200)
        assert (phase.billed, phase.safe_to_send) == (False, safe)
        assert safe or "not known for certain" in phase.reason


@pytest.mark.parametrize(("key", "safe"), [("key", True), ("other", False)])
async def test_a_refund_that_was_seen_with_another_key_may_be_that_of_another_account(
    tmp_path: Path, key: str, safe: bool
) -> None:
    async with a_bench(tmp_path) as bench:
        refunded = await send_other(bench, Outcome.ACCEPTED, key=key)
        lost = await lose(bench)
        seen = KnownBalance(Balance(Decimal(1200), bench.clock.now()), refunded + 1)
        await bench.store.save_known_balance("test", key, seen, [refunded])
        phase = await verdict(bench, lost, -200)
        assert phase.safe_to_send is safe
        assert safe or "may have been refunded" in phase.reason


async def test_of_two_lost_creates_a_fall_names_none(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        lost = await lose(bench)
        await send_other(bench, Outcome.UNKNOWN)
        phase = await verdict(bench, lost, 100)
        assert not phase.billed and not phase.safe_to_send


@pytest.mark.parametrize("apart", [60.0, SLOW_CHARGE + 60.0])
async def test_a_lost_create_of_long_ago_is_not_charged_now(tmp_path: Path, apart: float) -> None:
    service = ChargingService()
    service.swallows.update(("first", "second"))
    async with Bench(service, tmp_path) as bench:
        service.balance_hidden = True
        first = await bench.finished(VideoRequest("first"))
        assert not unconfirmed(first).billed
        bench.clock.advance(apart)
        service.balance_hidden = False
        bench.runner.commands.go_on()
        second = await bench.finished(VideoRequest("second"))
        assert unconfirmed(second).billed is (apart > SLOW_CHARGE)


@pytest.mark.parametrize("age", [None, 61.0])
async def test_a_reading_of_unknown_age_proves_nothing(tmp_path: Path, age: float | None) -> None:
    async with a_bench(tmp_path) as bench:
        phase = await verdict(bench, await lose(bench, age=age))
        assert not phase.safe_to_send and "too long before" in phase.reason


@pytest.mark.parametrize("read_later", [600.0, -25 * 3600.0])
async def test_readings_in_an_order_or_at_a_distance_that_cannot_be_prove_nothing(
    tmp_path: Path, read_later: float
) -> None:
    async with a_bench(tmp_path) as bench:
        phase = await verdict(bench, await lose(bench, read_later=read_later))
        assert not phase.safe_to_send and "the clock was changed" in phase.reason


async def test_an_attempt_of_a_restored_library_is_never_called_not_charged(tmp_path: Path) -> None:
    """However long ago the restore was noticed: what was sent since the backup stays unknown."""
    async with a_bench(tmp_path) as bench:
        lost = await lose(bench)
        noticed = bench.clock.now() - 2 * DAY
        await bench.database.write(lambda c: c.execute("INSERT INTO restored VALUES (1, ?)", (noticed,)))
        phase = await verdict(bench, lost)
        assert not phase.safe_to_send and "restored from a copy" in phase.reason


@pytest.mark.parametrize("service", ["test", SANDBOX])
async def test_another_library_does_not_share_the_account_of_the_sandbox(tmp_path: Path, service: str) -> None:
    marks = SentMarks(tmp_path / "state")
    bench = Bench(ChargingService(), tmp_path, service_name=service, sent_marks=marks, key_fingerprint="key")
    async with bench:
        marks.write("another", SentMark(Path("/elsewhere"), 7))
        os.utime(tmp_path / "state" / "another.json", (bench.clock.now(), bench.clock.now()))
        phase = await verdict(bench, await lose(bench, service=service))
        assert phase.safe_to_send is (service == SANDBOX)


async def not_charged(bench: Bench) -> JobId:
    lost = await lose(bench)
    assert (await verdict(bench, lost)).safe_to_send
    return lost


async def test_a_fall_by_less_than_its_price_is_no_late_charge(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        lost = await not_charged(bench)
        bench.service.funds -= 99  # type: ignore[attr-defined]
        await bench.runner.read_balance()
        assert unconfirmed(bench.store.read(lost)).safe_to_send


async def test_the_balance_of_another_key_shows_no_late_charge(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        lost = await not_charged(bench)
    async with Bench(ChargingService(balance=900), tmp_path, key_fingerprint="other") as bench:
        await bench.runner.read_balance()
        assert unconfirmed(bench.store.read(lost)).safe_to_send


async def test_a_later_video_that_is_refunded_shows_no_late_charge(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        lost = await not_charged(bench)
        bench.service.fails.add("refunded")  # type: ignore[attr-defined]
        bench.runner.commands.go_on()
        await bench.finished(VideoRequest("refunded"))
        await bench.runner.read_balance()
        assert unconfirmed(bench.store.read(lost)).safe_to_send


async def test_no_price_is_learned_while_another_video_may_be_refunded_meanwhile(tmp_path: Path) -> None:
    service = ChargingService(price=50)
    service.refunds = False
    service.fails.add("bad")
    prices = PriceTable((Price(Decimal(50), duration=5),))
    async with Bench(service, tmp_path, prices=prices) as bench:
        await bench.finished(VideoRequest("bad"))

        async def refund_at_a_new_price(request: VideoRequest) -> None:
            service.funds, service.price = service.funds + 50, 200

        service.before_create = refund_at_a_new_price
        await bench.finished(OTHER)
        assert bench.runner.prices.price_of(OTHER) is None


async def test_a_guess_is_never_the_balance_before_a_create(tmp_path: Path) -> None:
    """The price of the first create is not sure, and the balance cannot be read after it."""
    service = ChargingService()
    async with Bench(service, tmp_path) as bench:

        async def hide(request: VideoRequest) -> None:
            service.balance_hidden = True

        service.before_create = hide
        await bench.finished()
        job = await bench.finished(VideoRequest("second"))
        assert bench.store.attempts(job.id)[-1].before is None


@pytest.mark.parametrize(
    ("refund_possible", "left_today", "age", "read"),
    [(False, 90, 40, True), (True, 90, 40, False), (True, 200, 40, True), (True, 90, STALE_AFTER, True)],
)
async def test_the_balance_is_read_before_a_create_if_that_can_show_something_or_requests_are_left(
    tmp_path: Path, refund_possible: bool, left_today: int, age: float, read: bool
) -> None:
    service = ChargingService(polls=1)
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        if refund_possible:
            await send_other(bench, Outcome.UNKNOWN)
        day = bench.rate_limit.service_time
        day.observe(bench.clock.now())
        bench.rate_limit.observe(ObservedLimits(limit=500, remaining=left_today, reset_in=day.until_next_day))
        assert abs(bench.rate_limit.left_today - left_today) < 10
        await bench.runner.read_balance()
        reads = service.balance_reads
        bench.clock.advance(age)
        await bench.finished()
        assert (service.balance_reads > reads) is read
