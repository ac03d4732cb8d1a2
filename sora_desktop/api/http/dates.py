"""Reads moments from headers. Nothing here raises."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sora_desktop.api.http.json_values import number_in

#: Unix seconds between which a moment is plausible: the years 2020 to 2100.
EARLIEST, LATEST = 1_577_836_800.0, 4_102_444_800.0
#: Units in which servers give unix time, in parts of a second.
_UNITS = (1.0, 1e3, 1e6, 1e9)


def date_in(text: object) -> float | None:
    """Unix seconds of a date as HTTP writes it, or in ISO 8601; None if it is neither, or not plausible."""
    if not isinstance(text, str):
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            date = read(text.strip())
            moment = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment if EARLIEST <= moment <= LATEST else None
    return None


def moment_in(value: object) -> float | None:
    """Unix seconds of a date, or of a number in seconds, milliseconds or smaller; None if it is not plausible."""
    number = number_in(value)
    if number is None:
        return date_in(value)
    return next((number / unit for unit in _UNITS if EARLIEST <= number / unit <= LATEST), None)


def date_of(headers: Mapping[str, str]) -> float | None:
    """Unix seconds at which the answer was made, by the clock of the service; None if it does not say."""
    return date_in(headers.get("Date"))
