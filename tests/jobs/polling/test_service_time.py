"""The service's time is known from the dates of its answers, whatever this computer's time of day is."""

from __future__ import annotations

import time
from functools import partial

import pytest

from sora_desktop.jobs.clock import Clock, steady_clock
from sora_desktop.jobs.polling.service_time import DATE_TOLERANCE, ServiceDay, ServiceTime

NOON = 20_700 * 86400.0 + 43_200
HOUR = 3600.0


class TwoClocks:
    """The time of day, which can be set, and the tick, which cannot."""

    def __init__(self) -> None:
        self.passed, self.offset = 5000.0, 0.0

    def now(self) -> float:
        return NOON + self.passed + self.offset

    def service_time(self) -> ServiceTime:
        return ServiceTime(ServiceDay(), Clock(self.now, tick=lambda: self.passed))


def test_until_an_answer_has_a_date_the_time_of_day_stands_for_the_services() -> None:
    clocks = TwoClocks()
    service_time = clocks.service_time()
    assert not service_time.is_known and service_time.skew is None
    clocks.offset = HOUR
    assert service_time.now() == clocks.now()


def test_the_services_time_passes_with_the_tick_and_the_skew_shows_a_change_of_the_time_of_day_at_once() -> None:
    clocks = TwoClocks()
    service_time = clocks.service_time()
    service_time.observe(clocks.now() + 180)
    assert service_time.is_known and service_time.skew == 180
    service, clocks.passed, clocks.offset = service_time.now(), clocks.passed + 60, 25 * HOUR
    assert service_time.now() == service + 60
    assert service_time.skew == 180 - 25 * HOUR
    clocks.offset = 0.0
    assert service_time.skew == 180


def test_one_false_date_is_not_believed_but_two_are() -> None:
    clocks = TwoClocks()
    service_time = clocks.service_time()
    for wrong in (HOUR, -HOUR, 2 * HOUR):
        service_time.observe(clocks.now())
        service_time.observe(clocks.now() + wrong)
        assert service_time.skew == 0
        clocks.passed += 10
    service_time.observe(clocks.now() + 2 * HOUR + DATE_TOLERANCE)
    assert service_time.skew == 2 * HOUR + DATE_TOLERANCE


def test_the_day_begins_by_the_services_time() -> None:
    clocks = TwoClocks()
    service_time = clocks.service_time()
    midnight = ServiceDay().next_start(NOON)
    service_time.observe(midnight - 120)
    assert service_time.today == "2026-09-04" and service_time.until_next_day == 120
    clocks.offset = -300 * HOUR
    assert service_time.until_limit_ends == 125
    clocks.passed += 130
    assert service_time.today == "2026-09-05"


@pytest.mark.parametrize(("platform", "name"), [("linux", "CLOCK_BOOTTIME"), ("darwin", "CLOCK_MONOTONIC")])
def test_ticks_go_on_while_the_computer_is_suspended(platform: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, name, 77, raising=False)
    tick = steady_clock(platform)
    assert isinstance(tick, partial) and tick.func is time.clock_gettime and tick.args == (77,)


def test_on_windows_the_monotonic_clock_does_so_by_itself() -> None:
    assert steady_clock("win32") is time.monotonic


async def test_a_long_sleep_notices_that_the_computer_was_suspended() -> None:
    passed, slept = 0.0, 0

    async def sleep(seconds: float) -> None:
        nonlocal passed, slept
        slept += 1
        passed += seconds + (8 * HOUR if slept == 3 else 0)  # suspended during the third sleep

    await Clock(sleep=sleep, tick=lambda: passed).sleep_until(2 * HOUR)
    assert slept == 3
