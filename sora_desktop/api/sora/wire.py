"""Writes requests strictly; reads what a good answer carries, tolerantly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from sora_desktop.api.errors import BadAnswer
from sora_desktop.api.http.json_values import first_of, is_policy, number_in, reason_in, text_in, word_in
from sora_desktop.api.service import ObservedLimits, TaskReport, TaskState
from sora_desktop.api.sora.profile import SORA2, SORA2_PRO
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import VideoRequest

#: Longest task id that is believed, in characters.
ID_LIMIT = 300

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
_BALANCE = ("credits", "balance", "remaining", "remaining_credits")


def create_path(request: VideoRequest) -> str:
    """Where this request is posted, below the base URL."""
    kind = "image-to-video" if request.image is not None else "text-to-video"
    return f"/{request.model}/{kind}"


def create_body(request: VideoRequest, image_url: str | None) -> dict[str, object]:
    """The JSON of a create.

    Sora 2's image-to-video is documented without `duration` and `quality`: they are sent there only when a person
    chose other than the defaults.
    """
    body: dict[str, object] = {"aspectRatio": request.aspect_ratio}
    if request.prompt.strip() or image_url is None:  # beside an image the prompt is optional
        body["prompt"] = request.prompt
    if request.negative_prompt.strip():
        body["negativePrompt"] = request.negative_prompt
    documented = image_url is None or request.model == SORA2_PRO.name
    if documented or request.duration != SORA2.durations[0].value:
        body["duration"] = request.duration
    if documented or request.quality != SORA2.qualities[0].value:
        body["quality"] = request.quality
    if image_url is not None:
        body["imageUrl"] = image_url
    return body


def encode_body(body: Mapping[str, object]) -> bytes:
    """The body as it travels; half a character, as an edit can leave it, becomes a question mark."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def remote_id_in(data: object) -> RemoteId:
    """The task's id. Raises BadAnswer when there is none."""
    found = first_of(data, ("task_id", "taskId", "id"))
    plain = word_in(found) if isinstance(found, int) else text_in(found)
    if not plain or len(plain) > ID_LIMIT or not plain.isprintable():
        raise BadAnswer("The service accepted the request but named no task.")
    return RemoteId(plain)


def undocumented_id_in(answer: object) -> RemoteId | None:
    """A task's id in an answer that is not what was documented: whoever has it can still fetch what was paid for."""
    for place in (first_of(answer, ("data", "task")), answer):
        found = text_in(first_of(place, ("task_id", "taskId")))
        if found and len(found) <= ID_LIMIT and found.isprintable():
            return RemoteId(found)
    return None


def remote_id_in_answer(answer: str) -> RemoteId | None:
    """The task's id in the raw answer to a create, as the ledger keeps it; None if there is none."""
    try:
        return undocumented_id_in(json.loads(answer))
    except ValueError:
        return None


def task_report_in(data: object) -> TaskReport:
    """What a look showed. Raises BadAnswer for what is no task at all."""
    if not isinstance(data, Mapping):
        raise BadAnswer("The service's answer about the task cannot be read; it is asked again.")
    said = text_in(first_of(data, ("status", "state"))).lower()
    state = _STATES.get(said, TaskState.UNKNOWN)
    reason = code = ""
    if state is TaskState.FAILED:
        reason, code = _failure(data)
        if not reason and said != "failed":
            reason = f"The service says that the task was {said}."
    return TaskReport(
        state,
        _percent(data.get("progress")),
        text_in(first_of(data, ("video_url", "videoUrl"))),
        text_in(first_of(data, ("thumbnail_url", "thumbnailUrl"))),
        reason,
        code,
        is_policy(f"{reason} {code}"),
    )


def image_url_in(data: object) -> str:
    """The URL of an uploaded image. Raises BadAnswer when there is none."""
    found = text_in(data) or text_in(first_of(data, ("url", "imageUrl", "image_url", "file_url")))
    if not found or " " in found or not found.isprintable():
        raise BadAnswer("The image was uploaded, but the service did not say where it is. Try again.")
    return found


def balance_in(data: object) -> Decimal:
    """The balance. Raises BadAnswer when there is none."""
    found = first_of(data, _BALANCE) if isinstance(data, Mapping) else data
    if isinstance(found, Mapping):
        found = first_of(found, _BALANCE)
    try:
        if isinstance(found, bool) or not isinstance(found, int | float | str):
            raise ValueError
        credits = Decimal(str(found).replace(",", "").strip())
        if not credits.is_finite() or abs(credits) > Decimal(10) ** 15:
            raise ValueError
    except (ValueError, InvalidOperation):
        raise BadAnswer("The service did not say how many credits are left.") from None
    return credits


def limits_in(headers: Mapping[str, str]) -> ObservedLimits:
    """What the headers say of the limits."""

    def whole(name: str) -> int | None:
        number = number_in(headers.get(name))
        return None if number is None else int(number)

    return ObservedLimits(
        whole("X-RateLimit-Limit"),
        whole("X-RateLimit-Remaining"),
        number_in(headers.get("X-RateLimit-Reset")),
        whole("X-Concurrent-Limit"),
        whole("X-Concurrent-Active"),
    )


def _failure(data: Mapping[str, object]) -> tuple[str, str]:
    """Reason and code of a failed task."""
    reason = reason_in(data)
    nested = data.get("error")
    code = word_in(first_of(nested, ("code", "type"))) or word_in(first_of(data, ("error_code", "code")))
    if not code and " " not in text_in(nested):
        code = word_in(nested)
    if is_policy(f"{reason} {code}"):
        plain = f" {reason}" if " " in reason else ""
        reason = f"Rejected by content policy.{plain}"
    return reason, code


def _percent(value: object) -> int | None:
    if isinstance(value, str):
        value = value.strip().removesuffix("%")
    number = number_in(value)
    return None if number is None else int(min(max(number, 0.0), 100.0))
