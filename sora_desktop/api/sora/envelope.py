"""Opens the envelope of an answer: returns its `data`, or raises the error that says why there is none."""

from __future__ import annotations

from collections.abc import Mapping

from sora_desktop.api.errors import (
    BadAnswer,
    DailyLimit,
    InsufficientBalance,
    KeyRejected,
    NoSlot,
    NotFound,
    Refused,
    ServiceError,
    TooBusy,
)
from sora_desktop.api.http.answer import HttpAnswer, json_in, without_key
from sora_desktop.api.http.json_values import code_in, number_in
from sora_desktop.api.sora.capabilities import LIMITS
from sora_desktop.api.sora.error_codes import (
    BALANCE_CODE,
    DAILY_LIMIT_CODE,
    DOCUMENTED_CODES,
    KEY_CODES,
    RATE_LIMIT_CODE,
    SLOT_CODE,
)
from sora_desktop.api.sora.reasons import is_policy, reason_in

#: Longest pause that the service can ask for, in seconds.
LONGEST_RETRY_AFTER = 86400.0
#: Statuses with which a server or a proxy does not say whether the request was carried out.
_UNCLEAR_STATUSES = (408, 409, 425, 499)


class Overloaded(BadAnswer):
    """HTTP 503: the service, or a proxy before it, cannot answer now."""

    def __init__(self, message: str, *, retry_after: float | None, code: str) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after  # seconds


def data_of(answer: HttpAnswer, key: str = "") -> object:
    """The `data` of an answer. Raises the ServiceError that says why there is none.

    BadAnswer is raised for every answer that does not show whether the request was carried out. All other errors are
    refusals.
    """
    envelope = json_in(answer.content)
    if not isinstance(envelope, dict):
        raise _error(answer.status, "", "", _retry_after({}, answer.headers))
    if number_in(envelope.get("code")) == 200 and answer.status < 400:
        return envelope.get("data")
    code = without_key(key, code_in(envelope.get("code")))
    reason = without_key(key, reason_in(envelope))
    raise _error(answer.status, "" if code == "200" else code, reason, _retry_after(envelope, answer.headers))


def _retry_after(envelope: Mapping[str, object], headers: Mapping[str, str]) -> float | None:
    nested = envelope.get("data")
    values: list[object] = [envelope.get("retryAfter"), envelope.get("retry_after")]
    if isinstance(nested, dict):
        values.append(nested.get("retryAfter"))
    values.append(headers.get("Retry-After"))
    found = next((number for number in map(number_in, values) if number is not None and number > 0), None)
    return None if found is None else min(found, LONGEST_RETRY_AFTER)


def _error(http_status: int, code: str, reason: str, retry_after: float | None) -> ServiceError:
    number = number_in(code) or 0.0
    status = int(number) if 400 <= number < 600 else http_status  # some answers have the status in `code` and HTTP 200
    is_documented = code in DOCUMENTED_CODES
    detail = f" The service says: {_sentence(reason)}" if reason else ""
    if code in KEY_CODES or (status == 401 and not is_documented):
        return KeyRejected(
            f"The service does not accept the API key. Enter a valid one in Settings.{detail}", code=code
        )
    if code == SLOT_CODE:
        return NoSlot("The service renders no more videos at the same time. This one waits.", code=code)
    if code == DAILY_LIMIT_CODE:
        return DailyLimit(f"The service's daily limit is reached. It resets at {LIMITS.day_begins_text}.", code=code)
    if code == BALANCE_CODE or (status == 402 and not is_documented):
        return InsufficientBalance(f"Not enough credits. Buy more, then resume the queue.{detail}", code=code)
    if code == RATE_LIMIT_CODE or status == 429:
        return TooBusy("The service asks for a short pause.", retry_after=retry_after, code=code)
    is_internal = 500 <= number < 600 or 5000 <= number < 6000 or (status >= 500 and not code)
    if is_policy(f"{reason} {code}") and not is_internal:
        return Refused(f"Rejected by content policy. {reason}".strip(), by_policy=True, code=code or str(http_status))
    if status == 503:
        return Overloaded(f"The service is overloaded.{detail}", retry_after=retry_after, code=code or "503")
    if status >= 500 or 5000 <= number < 6000:
        return BadAnswer(
            f"The service reported an internal error ({code or status}).{detail}", code=code or str(status)
        )
    if status in _UNCLEAR_STATUSES:
        return BadAnswer(f"The service did not finish the request (HTTP {status}).{detail}", code=code or str(status))
    if status == 404 and (code or reason):
        return NotFound(f"The service does not know this task.{detail}", code=code or "404")
    if status == 404:
        return Refused("There is no service at the base URL (HTTP 404). Check it in Settings.", code="404")
    if status >= 400 or 1000 <= number < 5000:
        return Refused(
            _sentence(reason) or f"The service refused the request (HTTP {status}).", code=code or str(status)
        )
    return BadAnswer(f"The service's answer cannot be read.{detail}", code=code)


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."
