"""What can be said of a rendering between two looks: an estimate, called one."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: How far the estimate goes by the likely end, and where it stops: only the service can say that it is done.
AT_LIKELY_END = 0.95
NEVER_BEYOND = 0.99


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was known at the last look. Times in unix seconds."""

    started_at: float
    made_at: float
    ends_at: float  # as likely earlier as later
    fraction: float = 0.0  # 0-1, what was shown when it was made
    #: Of earlier renderings: percent of them, and the seconds by which they had ended, ascending. Empty: not known.
    usual: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the screen may say now."""

    fraction: float  # 0-1, estimated; never 1
    left: float | None  # seconds, estimated; None once the likely end is over
    words: str = ""  # "usually 2–4 min", "usually 2–4 min, this one is slower than 95 %"


def outlook_of(forecast: Forecast, now: float) -> Outlook:
    """What is likely at `now`. As `now` grows the fraction never falls, also from one forecast to the next."""
    now = max(now, forecast.made_at)  # a clock set back must not run the bar backwards
    left = forecast.ends_at - now
    return Outlook(_fraction(forecast, now), left if left > 0 else None, _words(forecast, now - forecast.started_at))


def renewed(before: Forecast | None, after: Forecast) -> Forecast:
    """The new forecast, which begins where the old one stood."""
    fraction = _even(after, after.made_at) if before is None else outlook_of(before, after.made_at).fraction
    return Forecast(after.started_at, after.made_at, after.ends_at, fraction, after.usual)


def _even(forecast: Forecast, now: float) -> float:
    whole = max(forecast.ends_at - forecast.started_at, 1.0)
    return min(max((now - forecast.started_at) / whole, 0.0) * AT_LIKELY_END, AT_LIKELY_END)


def _fraction(forecast: Forecast, now: float) -> float:
    """Evenly from where it stood to the likely end, then ever slower."""
    span = max(forecast.ends_at - forecast.made_at, 0.001)
    reached = min((now - forecast.made_at) / span, 1.0)
    target = max(AT_LIKELY_END, forecast.fraction)
    fraction = forecast.fraction + (target - forecast.fraction) * reached
    late = now - max(forecast.ends_at, forecast.made_at)
    if late > 0:
        slow = max(forecast.ends_at - forecast.started_at, 10.0)
        fraction += (NEVER_BEYOND - fraction) * (1 - math.exp(-late / slow))
    return min(fraction, NEVER_BEYOND)


def _words(forecast: Forecast, elapsed: float) -> str:
    seconds = dict(forecast.usual)
    if 10 not in seconds or 90 not in seconds:
        return ""
    usual = f"usually {_span(seconds[10], seconds[90])}"
    slower = [percent for percent, by in forecast.usual if percent >= 75 and elapsed > by]
    return f"{usual}, this one is slower than {slower[-1]} %" if slower else usual


def _span(low: float, high: float) -> str:
    if high < 90:
        first, last = (max(5, 5 * round(seconds / 5)) for seconds in (low, high))
        return f"{first}–{last} s" if first < last else f"{last} s"
    first, last = max(1, math.floor(low / 60 + 0.25)), max(1, math.ceil(high / 60 - 0.25))
    return f"{first}–{last} min" if first < last else f"{last} min"


def remaining_text(seconds: float) -> str:
    """How long still, as people say it: "about 40 s left"."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {10 * round(seconds / 10)} s left"
    return f"about {round(seconds / 60)} min left"
