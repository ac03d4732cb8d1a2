"""Statistics of benchmarks: alternating runs, medians, scatter, and verdicts against targets."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence


def spread(values: Sequence[float]) -> float:
    """The scatter of repeated runs: half the interquartile range, as a share of the median."""
    if len(values) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / middle


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share (0-1) of all values do not exceed."""
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)]


def alternated(ours: Callable[[], float], peer: Callable[[], float], times: int) -> tuple[list[float], list[float]]:
    """Measure both alternately, so that a busy machine slows both down alike. The first pair is a warm-up."""
    ours(), peer()
    mine, theirs = list[float](), list[float]()
    for number in range(times):
        first, second = (ours, peer) if number % 2 else (peer, ours)
        one, two = first(), second()
        mine.append(one if first is ours else two)
        theirs.append(two if first is ours else one)
    return mine, theirs


def report(name: str, unit: str, values: Sequence[float]) -> None:
    """Print one line: median, extremes and scatter."""
    middle = statistics.median(values)
    print(
        f"{name:<34}{middle:9.1f} {unit:<5} (lowest {min(values):.1f}, highest {max(values):.1f}, "
        f"scatter ±{spread(values):.0%}, {len(values)} runs)"
    )


def verdict(name: str, value: float, target: float, *, at_most: bool) -> bool:
    """Print the value and its target; return True if the target is met."""
    met = value <= target if at_most else value >= target
    sign = "≤" if at_most else "≥"
    print(f"{name:<34}{value:9.2f}       target {sign} {target:g}: {'met' if met else 'MISSED'}")
    return met
