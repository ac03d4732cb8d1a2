"""A worker lowers its priority, and works on where that is refused."""

from __future__ import annotations

from sora_desktop.system.priority import WORKER_NICENESS, lower_priority


def test_the_priority_is_lowered_relative_to_the_current_one() -> None:
    increments: list[int] = []

    def nice(increment: int) -> int:
        increments.append(increment)
        return 10 + increment

    lower_priority("linux", nice=nice)
    lower_priority("darwin", nice=nice)
    assert increments == [WORKER_NICENESS] * 2


def test_a_refusal_is_ignored() -> None:
    def refuse(increment: int) -> int:
        raise PermissionError(1, "Operation not permitted")

    lower_priority("linux", nice=refuse)


def test_windows_is_left_alone() -> None:
    def unexpected(increment: int) -> int:
        raise AssertionError("os.nice does not exist there")

    lower_priority("win32", nice=unexpected)
