"""The speeds at which clips are played. 1 is normal, negative is backward."""

from __future__ import annotations

#: Slowest and fastest speed that can be chosen.
SLOWEST, FASTEST = 0.1, 4.0
#: Speeds that J and L step through.
SHUTTLE_SPEEDS = (1.0, 2.0, 4.0, 8.0)


def limited_speed(speed: float) -> float:
    """The speed, or the nearest one that can be chosen. `speed` is positive."""
    return max(SLOWEST, min(speed, FASTEST))


def next_shuttle_speed(speed: float, forward: bool) -> float:
    """Speed after another press of J or L: 1 in a new direction, else the next faster one. Negative is backward."""
    sign = 1.0 if forward else -1.0
    if speed * sign <= 0:
        return sign
    return sign * next((step for step in SHUTTLE_SPEEDS if step > abs(speed)), SHUTTLE_SPEEDS[-1])
