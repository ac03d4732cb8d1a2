"""The error that an answer without `data` becomes, by its code and status. Source: the service's page on errors."""

from __future__ import annotations

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
from sora_desktop.api.http.connections import FIRST, Setup
from sora_desktop.api.http.json_values import number_in
from sora_desktop.api.sora.capabilities import LIMITS
from sora_desktop.api.sora.reasons import is_policy

#: The key is missing, wrong or revoked.
KEY_CODES = ("1001", "1002", "1003", "1004")
#: Too many requests in a minute, tasks at once, and requests in a day; the balance is too low.
RATE_LIMIT_CODE, SLOT_CODE, DAILY_LIMIT_CODE, BALANCE_CODE = "2001", "2002", "2003", "3001"
DOCUMENTED_CODES = (*KEY_CODES, RATE_LIMIT_CODE, SLOT_CODE, DAILY_LIMIT_CODE, BALANCE_CODE)
#: Statuses after which it is unknown whether the request was carried out.
_UNCLEAR_STATUSES = (408, 409, 425, 499)


class Overloaded(BadAnswer):
    """HTTP 503: the service, or a proxy before it, cannot answer now."""

    def __init__(self, message: str, *, retry_after: float | None, code: str) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after  # seconds


def error_for(
    http_status: int, code: str, reason: str, retry_after: float | None, setup: Setup = FIRST
) -> ServiceError:
    """The error for an answer; `code` and `reason` are empty, and `retry_after` (seconds) None, if it has none."""
    number = number_in(code) or 0.0
    status = int(number) if 400 <= number < 600 else http_status  # some answers have the status in `code` and HTTP 200
    is_documented = code in DOCUMENTED_CODES
    detail = f" The service says: {_sentence(reason)}" if reason else ""
    if code in KEY_CODES or (status == 401 and not is_documented):
        return KeyRejected(
            f"The service does not accept the API key. {setup.enter_key('a valid one')}{detail}", code=code
        )
    if code == SLOT_CODE:
        return NoSlot("The service already renders as many videos as it allows at once. This one waits.", code=code)
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
        return Refused(f"No service answers there (HTTP 404). Check the {setup.base_url}.", code="404")
    if status >= 400 or 1000 <= number < 5000:
        return Refused(
            _sentence(reason) or f"The service refused the request (HTTP {status}).", code=code or str(status)
        )
    return BadAnswer(f"The service's answer cannot be read.{detail}", code=code)


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."
