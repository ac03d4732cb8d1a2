"""A worker or a thread lowers its priority, and works on where that is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sora_desktop.system.priority import (
    THREAD_NICENESS,
    WORKER_NICENESS,
    lower_priority,
    lower_priority_of_thread,
)


def in_thread(work: Callable[[], None]) -> None:
    """Run it in a thread that ends after it, with its time slices."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result()


def test_the_priority_is_lowered_relative_to_the_current_one() -> None:
    increments: list[int] = []

    def nice(increment: int) -> int:
        increments.append(increment)
        return 10 + increment

    in_thread(lambda: lower_priority("linux", nice=nice))
    in_thread(lambda: lower_priority("darwin", nice=nice))
    assert increments == [WORKER_NICENESS] * 2


def test_a_refusal_is_ignored() -> None:
    def refuse(increment: int) -> int:
        raise PermissionError(1, "Operation not permitted")

    in_thread(lambda: lower_priority("linux", nice=refuse))


def test_windows_is_left_alone() -> None:
    def unexpected(increment: int) -> int:
        raise AssertionError("os.nice does not exist there")

    lower_priority("win32", nice=unexpected)


@pytest.mark.parametrize(("niceness", "lowered"), [(0, THREAD_NICENESS), (10, 10 + THREAD_NICENESS), (17, 19)])
def test_the_priority_of_this_thread_alone_is_lowered(niceness: int, lowered: int) -> None:
    calls: list[tuple[int, int]] = []

    def work() -> None:
        lower_priority_of_thread(
            "linux", get=lambda which, who: niceness, set=lambda which, who, value: calls.append((who, value))
        )
        assert calls == [(threading.get_native_id(), lowered)]

    in_thread(work)


def test_a_thread_works_on_where_its_priority_cannot_be_lowered() -> None:
    def refuse(*_: int) -> None:
        raise PermissionError(13, "Permission denied")

    in_thread(lambda: lower_priority_of_thread("linux", get=lambda which, who: 0, set=refuse))
    for platform in ("darwin", "win32"):
        lower_priority_of_thread(platform, get=lambda which, who: pytest.fail("it belongs to the process there"))
