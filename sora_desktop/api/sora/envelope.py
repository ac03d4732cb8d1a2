"""Opens the envelope of an answer: its `data`, or the error in our words that says why there is none."""

from __future__ import annotations

from collections.abc import Mapping

from sora_desktop.api.errors import (
    BadAnswer,
    DailyLimit,
    KeyRejected,
    NoSlot,
    NotFound,
    OutOfCredits,
    Refused,
    ServiceError,
    TooBusy,
)
from sora_desktop.api.http.answer import HttpAnswer, json_in, without_key
from sora_desktop.api.http.json_values import is_policy, number_in, reason_in, word_in

#: Longest pause that the service can ask for, in seconds.
LONGEST_PATIENCE = 86400.0
#: Statuses that a server or something on the way to it gives without saying whether the request was carried out.
_UNSURE = (408, 409, 425, 499)


class Overloaded(BadAnswer):
    """HTTP 503: the service, or something before it, cannot answer now."""

    def __init__(self, message: str, *, retry_after: float | None, code: str) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after  # seconds


def data_of(answer: HttpAnswer, key: str = "") -> object:
    """The `data` of an answer. Raises the ServiceError that says why there is none.

    BadAnswer stands for every answer that leaves open whether the request was carried out; all others are refusals.
    """
    envelope = json_in(answer.content)
    if not isinstance(envelope, dict):
        raise _refusal(answer.status, "", "", _patience({}, answer.headers))
    if number_in(envelope.get("code")) == 200 and answer.status < 400:
        return envelope.get("data")
    code = without_key(key, word_in(envelope.get("code")))
    said = without_key(key, reason_in(envelope))
    raise _refusal(answer.status, "" if code == "200" else code, said, _patience(envelope, answer.headers))


def _patience(envelope: Mapping[str, object], headers: Mapping[str, str]) -> float | None:
    nested = envelope.get("data")
    places: list[object] = [envelope.get("retryAfter"), envelope.get("retry_after")]
    if isinstance(nested, dict):
        places.append(nested.get("retryAfter"))
    places.append(headers.get("Retry-After"))
    found = next((number for number in map(number_in, places) if number is not None and number > 0), None)
    return None if found is None else min(found, LONGEST_PATIENCE)


def _refusal(status: int, code: str, said: str, retry_after: float | None) -> ServiceError:
    number = number_in(code) or 0.0
    says = int(number) if 400 <= number < 600 else status  # some put the HTTP status into `code` and send a 200
    where = f" The service says: {_sentence(said)}" if said else ""
    if code in ("1001", "1002", "1003", "1004") or (says == 401 and not _is_documented(code)):
        return KeyRejected(f"The service does not accept the API key. Enter a valid one in Settings.{where}", code=code)
    if code == "2002":
        return NoSlot("As many videos are being made as the service allows at once; this one waits.", code=code)
    if code == "2003":
        return DailyLimit("The service's daily limit is reached; it resets at midnight UTC.", code=code)
    if code == "3001" or (says == 402 and not _is_documented(code)):
        return OutOfCredits(f"Not enough credits. Buy more, then resume the queue.{where}", code=code)
    if code == "2001" or says == 429:
        return TooBusy("The service asks to wait a moment.", retry_after=retry_after, code=code)
    own_trouble = 500 <= number < 600 or 5000 <= number < 6000 or (says >= 500 and not code)
    if is_policy(f"{said} {code}") and not own_trouble:
        return Refused(f"Rejected by content policy. {said}".strip(), by_policy=True, code=code or str(status))
    if says == 503:
        return Overloaded(
            f"The service is overloaded for the moment.{where}", retry_after=retry_after, code=code or "503"
        )
    if says >= 500 or 5000 <= number < 6000:
        return BadAnswer(f"The service has trouble of its own ({code or says}).{where}", code=code or str(says))
    if says in _UNSURE:
        return BadAnswer(f"The service did not finish (HTTP {says}).{where}", code=code or str(says))
    if says == 404 and (code or said):
        return NotFound(f"The service does not know this.{where}", code=code or "404")
    if says == 404:
        return Refused("Nothing answers there (HTTP 404). Check the base URL in Settings.", code="404")
    if says >= 400 or 1000 <= number < 5000:
        return Refused(_sentence(said) or f"The service refused the request (HTTP {says}).", code=code or str(says))
    return BadAnswer(f"The service's answer cannot be read.{where}", code=code)


def _sentence(said: str) -> str:
    return said if not said or said.endswith((".", "!", "?", "…")) else f"{said}."


def _is_documented(code: str) -> bool:
    return code in ("1001", "1002", "1003", "1004", "2001", "2002", "2003", "3001")
