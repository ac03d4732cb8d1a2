"""Unwraps an answer: returns the `data` in its envelope, or raises the error that says why there is none."""

from __future__ import annotations

from collections.abc import Mapping

from sora_desktop.api.errors import BadAnswer
from sora_desktop.api.http.answer import HttpAnswer, json_in, without_key
from sora_desktop.api.http.connections import FIRST, Setup
from sora_desktop.api.http.dates import date_of, moment_in
from sora_desktop.api.http.json_values import code_in, number_in
from sora_desktop.api.sora.error_codes import error_for
from sora_desktop.api.sora.reasons import reason_in

#: Longest pause that the service can ask for, in seconds. A longer one may be a mistake, and a try is harmless.
LONGEST_RETRY_AFTER = 900.0
#: Seconds: a longer pause is no pause but some other number.
PLAUSIBLE_RETRY_AFTER = 86400.0


def data_of(answer: HttpAnswer, key: str = "", setup: Setup = FIRST) -> object:
    """The `data` of an answer. Raises the ServiceError that says why there is none.

    BadAnswer is raised for every answer that does not show whether the request was carried out. Every other error
    means that it was not.
    """
    envelope = json_in(answer.content)
    if not isinstance(envelope, dict) and answer.unread and answer.status < 400:
        raise BadAnswer(f"The service's answer is compressed in a way that cannot be read ({answer.unread}).")
    if not isinstance(envelope, dict):
        raise error_for(answer.status, "", "", _retry_after({}, answer.headers), setup)
    if number_in(envelope.get("code")) == 200 and answer.status < 400:
        return envelope.get("data")
    code = without_key(key, code_in(envelope.get("code")))
    reason = without_key(key, reason_in(envelope))
    raise error_for(answer.status, "" if code == "200" else code, reason, _retry_after(envelope, answer.headers), setup)


def _retry_after(envelope: Mapping[str, object], headers: Mapping[str, str]) -> float | None:
    """Seconds until the next try. A date, or a number that is a moment, counts from the answer's own date."""
    nested = envelope.get("data")
    values: list[object] = [envelope.get("retryAfter"), envelope.get("retry_after")]
    if isinstance(nested, dict):
        values.append(nested.get("retryAfter"))
    values.append(headers.get("Retry-After"))
    date = date_of(headers)
    for value in values:
        seconds, until = number_in(value), moment_in(value)
        if until is not None:
            seconds = None if date is None else until - date
        if seconds is not None and 0 < seconds <= PLAUSIBLE_RETRY_AFTER:
            return min(seconds, LONGEST_RETRY_AFTER)
    return None
