"""Estimates the progress of a rendering between two polls."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

#: The estimated fraction at the likely end, and its upper limit: only the service reports that a rendering has ended.
FRACTION_AT_LIKELY_END = 0.95
MAX_FRACTION = 0.99


@dataclass(frozen=True, slots=True)
class Forecast:
    """The estimate made at the last poll. Times in unix seconds."""

    started_at: float
    made_at: float
    ends_at: float  # median of the likely end
    fraction: float = 0.0  # 0-1, shown when the forecast was made
    #: Of earlier renderings: a percentage and the seconds by which that share had ended; ascending. Empty: unknown.
    usual: tuple[tuple[int, float], ...] = ()


class Outlook(NamedTuple):
    """The estimate for one moment, as shown on the screen."""

    fraction: float  # 0-1, estimated; never 1
    #: Estimated. None once the likely end has passed, and while the fraction, which never falls, tells an earlier one.
    seconds_left: float | None
    usual_text: str = ""  # such as "usually 2–4 min, this one is slower than 95 %"; empty if too little is known
    is_slow: bool = False  # slower than most


def outlook_of(forecast: Forecast, now: float) -> Outlook:
    """The estimate at `now`. The fraction never falls, also from one forecast to the next."""
    now = max(now, forecast.made_at)  # a clock that is set back must not move the bar backwards
    left = forecast.ends_at - now
    usual_text, is_slow = _usual_text(forecast, now - forecast.started_at)
    fraction = _fraction(forecast, now)
    return Outlook(fraction, left if 0 < left <= _most_left(forecast, fraction) else None, usual_text, is_slow)


def continued(before: Forecast | None, after: Forecast) -> Forecast:
    """The new forecast, starting at the fraction that the previous one shows."""
    fraction = _linear_fraction(after, after.made_at) if before is None else outlook_of(before, after.made_at).fraction
    return Forecast(after.started_at, after.made_at, after.ends_at, fraction, after.usual)


def _most_left(forecast: Forecast, fraction: float) -> float:
    """The longest time left that does not contradict a fraction, in seconds."""
    whole = max(forecast.ends_at - forecast.started_at, 1.0)
    return 2 * whole * max(1 - fraction / FRACTION_AT_LIKELY_END, 0.0) + 10


def _linear_fraction(forecast: Forecast, now: float) -> float:
    whole = max(forecast.ends_at - forecast.started_at, 1.0)
    return min(max((now - forecast.started_at) / whole, 0.0) * FRACTION_AT_LIKELY_END, FRACTION_AT_LIKELY_END)


def _fraction(forecast: Forecast, now: float) -> float:
    """Linear from the forecast's fraction to the likely end, then ever slower."""
    span = max(forecast.ends_at - forecast.made_at, 0.001)
    reached = min((now - forecast.made_at) / span, 1.0)
    target = max(FRACTION_AT_LIKELY_END, forecast.fraction)
    fraction = forecast.fraction + (target - forecast.fraction) * reached
    late = now - max(forecast.ends_at, forecast.made_at)
    if late > 0:
        slow = max(forecast.ends_at - forecast.started_at, 10.0)
        fraction += (MAX_FRACTION - fraction) * (1 - math.exp(-late / slow))
    return min(fraction, MAX_FRACTION)


def _usual_text(forecast: Forecast, elapsed: float) -> tuple[str, bool]:
    """The usual length and, if this rendering is slower than most, how much slower; whether it is slower than most."""
    seconds = dict(forecast.usual)
    if 10 not in seconds or 90 not in seconds:
        return "", False
    usual = f"usually {_span(seconds[10], seconds[90])}"
    slower = [percent for percent, by in forecast.usual if percent >= 75 and elapsed > by]
    return (f"{usual}, this one is slower than {slower[-1]} %", True) if slower else (usual, False)


def _span(low: float, high: float) -> str:
    if high < 90:
        first, last = (max(5, 5 * round(seconds / 5)) for seconds in (low, high))
        return f"{first}–{last} s" if first < last else f"{last} s"
    first, last = max(1, math.floor(low / 60 + 0.25)), max(1, math.ceil(high / 60 - 0.25))
    return f"{first}–{last} min" if first < last else f"{last} min"


def remaining_text(seconds: float) -> str:
    """A rounded remaining time, such as "about 40 s left"."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {10 * round(seconds / 10)} s left"
    return f"about {round(seconds / 60)} min left"
