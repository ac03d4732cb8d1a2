"""Seeds of several takes."""

from __future__ import annotations

from dataclasses import replace

from engine_models import ENGINE, WAN
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.api.sora.capabilities import CAPABILITIES, SANDBOX_CAPABILITIES
from sora_desktop.domain.capabilities import SEED, NumericOption, problems_in
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.takes import another_take, rolled_seed, takes_of

WAN_REQUEST = ENGINE.default_request("a cat")


def test_takes_with_a_seed_differ_and_each_says_its_own() -> None:
    takes = takes_of(replace(WAN_REQUEST, seed=7), 3, ENGINE)
    assert takes == tuple(replace(WAN_REQUEST, seed=seed) for seed in (7, 8, 9))


def test_a_seed_above_the_highest_begins_again() -> None:
    few = replace(ENGINE, models=(replace(WAN, numbers=(*WAN.numbers[:-1], NumericOption(SEED, "Seed", 5, 7))),))
    assert [each.seed for each in takes_of(replace(WAN_REQUEST, seed=6), 4, few)] == [6, 7, 5, 6]


def test_an_engine_gets_a_seed_that_is_recorded_and_a_service_that_charges_chooses_by_itself() -> None:
    assert [each.seed for each in takes_of(WAN_REQUEST, 2, ENGINE, lambda _: 40)] == [40, 41]
    request = VideoRequest("a cat")
    assert takes_of(request, 2, SANDBOX_CAPABILITIES, lambda _: 40) == (request, request)
    assert takes_of(replace(request, seed=3), 2, CAPABILITIES) == (replace(request, seed=3),) * 2, "reported elsewhere"


@given(st.integers(0, 100), st.integers(0, 2**53))
def test_a_rolled_seed_is_accepted(lowest: int, range_: int) -> None:
    option = NumericOption(SEED, "Seed", lowest, lowest + range_)
    model = replace(WAN, numbers=(*WAN.numbers[:-1], option))
    request = replace(WAN_REQUEST, seed=rolled_seed(option))
    assert problems_in(request, replace(ENGINE, models=(model,))) == ()


def test_another_take_never_has_the_seed_of_the_first() -> None:
    first = replace(WAN_REQUEST, seed=7)
    assert another_take(first, ENGINE, lambda _: 40) == replace(first, seed=40)
    assert another_take(first, ENGINE, lambda _: 7) == replace(first, seed=8)


def test_another_take_leaves_the_seed_to_a_service_that_chooses_or_takes_none() -> None:
    request = VideoRequest("a cat")
    assert another_take(request, SANDBOX_CAPABILITIES, lambda _: 40) == request
    assert another_take(WAN_REQUEST, ENGINE, lambda _: 40) == WAN_REQUEST, "rolled when it is submitted"
    assert another_take(replace(request, seed=3), CAPABILITIES) == replace(request, seed=3), "reported elsewhere"
