"""Reads whatever the service answers, tolerantly; writes requests strictly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

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
from sora_desktop.api.service import Limits, Report, TaskState
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import Duration, Model, Quality, VideoRequest

#: Longest raw answer that is kept for a report.
RAW_LIMIT = 2000

_STATES = {
    "pending": TaskState.PENDING,
    "queued": TaskState.PENDING,
    "processing": TaskState.PROCESSING,
    "in_progress": TaskState.PROCESSING,
    "running": TaskState.PROCESSING,
    "completed": TaskState.COMPLETED,
    "succeeded": TaskState.COMPLETED,
    "failed": TaskState.FAILED,
    "cancelled": TaskState.FAILED,
    "canceled": TaskState.FAILED,
    "expired": TaskState.FAILED,
    "deleted": TaskState.FAILED,
}
_POLICY = ("content_policy", "content policy", "moderation", "unsafe")
_REASONS = ("error", "error_message", "failure_reason", "msg", "message", "reason")


def path_of(request: VideoRequest) -> str:
    """Where this request is posted, below the base URL."""
    kind = "image-to-video" if request.image is not None else "text-to-video"
    return f"/{request.model}/{kind}"


def body_of(request: VideoRequest, image_url: str | None) -> dict[str, object]:
    """The JSON of a create.

    Sora 2's image-to-video is documented without `duration` and `quality`: they are sent there only when a person
    chose other than the defaults.
    """
    body: dict[str, object] = {"prompt": request.prompt, "aspectRatio": str(request.aspect_ratio)}
    if request.negative_prompt.strip():
        body["negativePrompt"] = request.negative_prompt
    documented = image_url is None or request.model is Model.SORA2_PRO
    if documented or request.duration is not Duration.SHORT:
        body["duration"] = int(request.duration)
    if documented or request.quality is not Quality.STANDARD:
        body["quality"] = str(request.quality)
    if image_url is not None:
        body["imageUrl"] = image_url
    return body


def data_of(status: int, content: bytes, key: str = "") -> object:
    """The `data` of an answer. Raises the ServiceError that says why there is none."""
    raw = shown(content, key)
    try:
        answer = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise _by_status(status, "", "", None, raw) from None
    if not isinstance(answer, dict):
        raise _by_status(status, "", "", None, raw)
    code = _number(answer.get("code"))
    if code == 200 and status < 400:
        return answer.get("data")
    said = _reason(answer)
    retry_after = _number(answer.get("retryAfter", answer.get("retry_after")))
    nested = answer.get("data")
    if retry_after is None and isinstance(nested, dict):
        retry_after = _number(nested.get("retryAfter"))
    coded = "" if code is None or code == 200 else f"{code:g}"
    raise _by_status(status, coded, said, retry_after, raw)


def remote_id_of(data: object) -> RemoteId:
    """The task's id. Raises BadAnswer when there is none."""
    found = _first(data, ("task_id", "taskId", "id"))
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not found.strip():
        raise BadAnswer("The service accepted the request but named no task.")
    return RemoteId(found.strip())


def report_of(data: object) -> Report:
    """What a look showed. Raises BadAnswer for what is no task at all."""
    if not isinstance(data, dict):
        raise BadAnswer("The service's answer about the task cannot be read; it is asked again.")
    said = data.get("status", data.get("state"))
    state = _STATES.get(said.strip().lower(), TaskState.UNKNOWN) if isinstance(said, str) else TaskState.UNKNOWN
    url = data.get("video_url", data.get("videoUrl"))
    thumbnail = data.get("thumbnail_url")
    reason = code = ""
    if state is TaskState.FAILED:
        reason, code = _failure(data)
        if not reason:
            word = str(said).strip().lower()
            reason = "" if word == "failed" else f"The service says that the task was {word}."
    return Report(
        state,
        _percent(data.get("progress")),
        url.strip() if isinstance(url, str) else "",
        thumbnail if isinstance(thumbnail, str) else "",
        reason,
        code,
        _is_policy(f"{reason} {code}"),
    )


def url_of(data: object) -> str:
    """The URL of an uploaded image. Raises BadAnswer when there is none."""
    found = data if isinstance(data, str) else _first(data, ("url", "imageUrl", "image_url", "file_url"))
    if not isinstance(found, str) or not found.strip():
        raise BadAnswer("The image was uploaded, but the service did not say where it is. Try again.")
    return found.strip()


def credits_of(data: object) -> Decimal:
    """The balance. Raises BadAnswer when there is none."""
    names = ("credits", "balance", "remaining", "remaining_credits")
    found = data if not isinstance(data, dict) else _first(data, names)
    if isinstance(found, dict):
        found = _first(found, names)
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        raise BadAnswer("The service did not say how many credits are left.")
    try:
        credits = Decimal(str(found).replace(",", "").strip())
    except InvalidOperation:
        credits = Decimal("NaN")
    if not credits.is_finite() or abs(credits) > Decimal(10) ** 15:
        raise BadAnswer("The service did not say how many credits are left.")
    return credits


def limits_of(headers: Mapping[str, str]) -> Limits:
    """What the headers say of the limits."""

    def whole(name: str) -> int | None:
        number = _number(headers.get(name))
        return None if number is None else int(number)

    return Limits(
        whole("X-RateLimit-Limit"),
        whole("X-RateLimit-Remaining"),
        _number(headers.get("X-RateLimit-Reset")),
        whole("X-Concurrent-Limit"),
        whole("X-Concurrent-Active"),
    )


def shown(content: bytes, key: str) -> str:
    """An answer as text for a report, without the key."""
    text = content[: 4 * RAW_LIMIT].decode("utf-8", "replace")
    return (text.replace(key, "[key]") if key else text)[:RAW_LIMIT]


def _by_status(status: int, code: str, said: str, retry_after: float | None, raw: str) -> ServiceError:
    where = f" The service says: {said}" if said else ""
    if code in ("1001", "1002", "1003", "1004") or (not code and status == 401):
        return KeyRejected(
            f"The service does not accept the API key. Enter a valid one in Settings.{where}", code=code, raw=raw
        )
    if code == "2002":
        return NoSlot(
            "As many videos are being made as the service allows at once; this one waits.", code=code, raw=raw
        )
    if code == "2003":
        return DailyLimit("The service's daily limit is reached; it resets at midnight UTC.", code=code, raw=raw)
    if code == "2001" or status == 429:
        return TooBusy("The service asks to wait a moment.", retry_after=retry_after, code=code, raw=raw)
    if code == "3001" or status == 402:
        return OutOfCredits(f"Not enough credits. Buy more, then resume the queue.{where}", code=code, raw=raw)
    if status >= 500:
        return BadAnswer(
            f"The service has trouble of its own (HTTP {status}).{where}", code=code or str(status), raw=raw
        )
    if status == 404:
        return NotFound(f"The service does not know this.{where}", code=code or "404", raw=raw)
    if code or status >= 400:
        by_policy = _is_policy(f"{said} {code}")
        message = f"Rejected by content policy. {said}".strip() if by_policy else said
        return Refused(
            message or f"The service refused the request (HTTP {status}).",
            by_policy=by_policy,
            code=code or str(status),
            raw=raw,
        )
    return BadAnswer("The service's answer cannot be read.", raw=raw)


def _failure(data: dict[Any, Any]) -> tuple[str, str]:
    reason, code = _reason(data), ""
    nested = data.get("error")
    if isinstance(nested, dict):
        found = nested.get("code", nested.get("type"))
        code = str(found) if isinstance(found, str | int) else ""
    found = data.get("error_code", data.get("code"))
    if not code and isinstance(found, str | int):
        code = str(found)
    if not code and isinstance(nested, str) and " " not in nested.strip():
        code = nested.strip()
    if _is_policy(f"{reason} {code}"):
        plain = "" if " " not in reason.strip() else f" {reason.strip()}"
        reason = f"Rejected by content policy.{plain}"
    return reason, code


def _reason(answer: dict[Any, Any]) -> str:
    texts: list[str] = []
    for name in _REASONS:
        found = answer.get(name)
        if isinstance(found, dict):
            found = found.get("message", found.get("msg", found.get("code")))
        if isinstance(found, str) and found.strip() and found.strip().lower() not in ("success", "ok"):
            texts.append(found.strip()[:500])
    # a sentence says more to a person than a code word
    return next((text for text in texts if " " in text), texts[0] if texts else "")


def _is_policy(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in _POLICY)


def _percent(value: object) -> int | None:
    if isinstance(value, str):
        value = value.strip().removesuffix("%")
    number = _number(value)
    return None if number is None else int(min(max(number, 0.0), 100.0))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _first(data: object, names: tuple[str, ...]) -> object:
    if not isinstance(data, dict):
        return None
    return next((data[name] for name in names if data.get(name) is not None), None)
