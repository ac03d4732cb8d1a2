"""A wait that is given up says what its condition saw."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from pytestqt.qtbot import QtBot
from waiting import Condition, explanation_of, until, wait_until


class Door:
    """Something to wait for."""

    def __init__(self) -> None:
        self.guests = ["Ada"]
        self.is_open = False

    def leads_to(self, place: str) -> bool:
        return place == "nowhere"


door = Door()


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (lambda: door.is_open, "door.is_open; door.is_open = False"),
        (lambda: len(door.guests) > 1, "len(door.guests) > 1; door.guests = ['Ada']"),
        (
            lambda: not door.guests and door.guests[-1] == "Bo",
            "not door.guests and door.guests[-1] == 'Bo'; door.guests = ['Ada']; door.guests[-1] = 'Ada'",
        ),
        (lambda: door.leads_to("town"), "door.leads_to('town'); door.leads_to('town') = False"),
        (
            lambda: any(guest == "Bo" for guest in door.guests),
            "any((guest == 'Bo' for guest in door.guests)); door.guests = ['Ada']",
        ),
        (lambda: (lambda: door.is_open)(), "(lambda: door.is_open)(); (lambda: door.is_open)() = False"),
        ((lambda: lambda: door.is_open)(), "door.is_open; door.is_open = False"),
        (lambda wanted=2: wanted < 1, "wanted < 1; wanted = 2"),
        (lambda: door.guests[7], "door.guests[7]; door.guests[7] = <IndexError('list index out of range')>"),
        (partial(door.leads_to, "town"), "leads_to('town')"),
        (door.leads_to, "leads_to()"),
    ],
)
def test_the_explanation_has_the_values_of_the_parts(condition: Condition, said: str) -> None:
    assert explanation_of(condition) == f"this did not become true: {said}"


def test_names_of_the_test_are_read_too_and_long_values_are_cut() -> None:
    names = ["x"] * 999
    explanation = explanation_of(lambda: "y" in names)
    assert explanation.startswith("this did not become true: 'y' in names; names = ['x', ")
    assert explanation.endswith("…") and len(explanation) < 600


def test_a_function_is_explained_by_what_it_reads() -> None:
    steps = 3

    def arrived() -> bool:
        return steps > 7

    assert explanation_of(arrived) == "this did not become true: arrived(); steps = 3"


def test_a_wait_of_a_thread_ends_with_the_explanation() -> None:
    with pytest.raises(AssertionError, match=r"door.is_open = False; in the rain$"):
        wait_until(lambda: door.is_open, 0.0, seen="in the rain")
    looks = iter((0, 0, 1))
    wait_until(lambda: next(looks))


def test_a_wait_for_the_window_ends_with_the_explanation(qtbot: QtBot) -> None:
    with pytest.raises(AssertionError, match=r"door.is_open = False$"):
        qtbot.waitUntil(lambda: door.is_open, timeout=0)


async def test_a_test_that_ends_at_its_time_limit_says_what_it_waited_for() -> None:
    with pytest.raises(TimeoutError) as caught:
        await asyncio.wait_for(until(lambda: door.is_open), 0.01)
    cause = caught.value.__cause__
    assert isinstance(cause, asyncio.CancelledError)
    assert cause.__notes__ == ["this did not become true: door.is_open; door.is_open = False"]
