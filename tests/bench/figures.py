"""Figures of a bench: medians of runs that alternate, how far they scatter, and whether the target is met."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence


def spread(values: Sequence[float]) -> float:
    """How far runs of the same thing scatter: half the distance of the quartiles, as a share of the median."""
    if len(values) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / middle


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0-1) of all values do not exceed."""
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)]


def alternated(ours: Callable[[], float], peer: Callable[[], float], times: int) -> tuple[list[float], list[float]]:
    """Measure in turn, so that a machine that grows busy weighs on both alike; the first pair warms up."""
    ours(), peer()
    mine, theirs = list[float](), list[float]()
    for number in range(times):
        first, second = (ours, peer) if number % 2 else (peer, ours)
        one, two = first(), second()
        mine.append(one if first is ours else two)
        theirs.append(two if first is ours else one)
    return mine, theirs


def report(name: str, unit: str, values: Sequence[float]) -> None:
    """One line: the median, the extremes, the scatter."""
    middle = statistics.median(values)
    print(
        f"{name:<34}{middle:9.1f} {unit:<5} (lowest {min(values):.1f}, highest {max(values):.1f}, "
        f"scatter ±{spread(values):.0%}, {len(values)} runs)"
    )


def verdict(name: str, value: float, target: float, *, at_most: bool) -> bool:
    """Print the figure against its target; True when it is met."""
    met = value <= target if at_most else value >= target
    sign = "≤" if at_most else "≥"
    print(f"{name:<34}{value:9.2f}       target {sign} {target:g}: {'met' if met else 'MISSED'}")
    return met
