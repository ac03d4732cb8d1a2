"""The wire format: writes requests strictly and reads the data of answers tolerantly."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from sora_desktop.api.errors import BadAnswer
from sora_desktop.api.http.dates import date_of, moment_in
from sora_desktop.api.http.json_values import code_in, first_of, number_in, text_in
from sora_desktop.api.service import ObservedLimits, TaskReport, TaskState
from sora_desktop.api.sora.capabilities import SORA2, SORA2_PRO
from sora_desktop.api.sora.reasons import is_policy, reason_in
from sora_desktop.api.sora.task_ids import id_in
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import VideoRequest, is_blank

#: The highest limit in a header that is plausible, and the longest window in seconds.
HIGHEST_LIMIT, LONGEST_WINDOW = 1_000_000, 2 * 86400.0

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
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
#: Words that mean a finished task only if its video is there: "success" can also be the success of the poll.
_ENDS_WITH_VIDEO = ("success", "successful", "done", "finished", "ready", "complete")
_BALANCE_FIELDS = ("credits", "balance", "remaining", "remaining_credits")


def create_path(request: VideoRequest) -> str:
    """The path of a create, below the base URL."""
    kind = "image-to-video" if request.image is not None else "text-to-video"
    return f"/{request.model}/{kind}"


def create_body(request: VideoRequest, image_url: str | None) -> dict[str, object]:
    """The JSON of a create.

    Sora 2's image-to-video is documented without `duration` and `quality`: there, they are sent only if they are not
    the defaults.
    """
    body: dict[str, object] = {"aspectRatio": request.aspect_ratio}
    if not is_blank(request.prompt) or image_url is None:  # optional with an image
        body["prompt"] = request.prompt
    if not is_blank(request.negative_prompt):
        body["negativePrompt"] = request.negative_prompt
    documented = image_url is None or request.model == SORA2_PRO.name
    if documented or request.duration != SORA2.durations[0].value:
        body["duration"] = request.duration
    if documented or request.quality != SORA2.qualities[0].value:
        body["quality"] = request.quality
    if image_url is not None:
        body["imageUrl"] = image_url
    if request.seed is not None:
        body["seed"] = request.seed
    return body


def encode_body(body: Mapping[str, object]) -> bytes:
    """The body as UTF-8. Half a character, which an edit can leave behind, becomes a question mark."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def task_report_in(data: object, asked: RemoteId) -> TaskReport:
    """The state of the task that was asked for. Raises BadAnswer if the data describes no task, or another one."""
    if not isinstance(data, Mapping):
        raise BadAnswer("The service's answer about the task cannot be read. Trying again.")
    if _is_of_another_task(data, asked):
        raise BadAnswer("The service answered about another task than this one. Trying again.")
    name = text_in(first_of(data, ("status", "state"))).lower()
    state = _STATES.get(name, TaskState.UNKNOWN)
    video_url = text_in(first_of(data, ("video_url", "videoUrl")))
    if name in _ENDS_WITH_VIDEO and video_url:
        state = TaskState.COMPLETED
    reason = code = ""
    if state is TaskState.FAILED:
        reason, code = _failure(data)
        if not reason and name != "failed":
            reason = f"The service says that the task was {name}."
    return TaskReport(
        state,
        _percent(data.get("progress")),
        video_url,
        text_in(first_of(data, ("thumbnail_url", "thumbnailUrl"))),
        reason,
        code,
        is_policy(f"{reason} {code}"),
    )


def _is_of_another_task(data: Mapping[str, object], asked: RemoteId) -> bool:
    """True if the data names another task. A plain `id` may be a record's; it counts if it has a task id's form."""
    named = next((id for id in (id_in(data.get(name)) for name in ("task_id", "taskId")) if id is not None), None)
    if named is not None:
        return named != id_in(asked)
    plain = id_in(data.get("id"))
    return plain not in (None, id_in(asked)) and _form_of(str(plain)) in (_form_of(asked), "task")


def _form_of(id: str) -> str:
    """What ids of one kind have in common: the word before the number, or the places of separators."""
    word = re.match(r"[^\W\d_]+(?=[_-])", id)
    if word is not None and not _UUID.fullmatch(id):
        return word[0].lower()
    return "number" if id.isdecimal() else re.sub(r"\w+", "", id)


def image_url_in(data: object) -> str:
    """The URL of an uploaded image. Raises BadAnswer if there is none."""
    found = text_in(data) or text_in(first_of(data, ("url", "imageUrl", "image_url", "file_url")))
    if not found or " " in found or not found.isprintable():
        raise BadAnswer("The image was uploaded, but the service gave no link to it. Try again.")
    return found


def balance_in(data: object) -> Decimal:
    """The balance. Raises BadAnswer if there is none."""
    found = first_of(data, _BALANCE_FIELDS) if isinstance(data, Mapping) else data
    if isinstance(found, Mapping):
        found = first_of(found, _BALANCE_FIELDS)
    try:
        if isinstance(found, bool) or not isinstance(found, int | float | str):
            raise ValueError
        text = str(found).strip()
        if "," in text and not re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", text, re.ASCII):
            raise ValueError  # a comma that does not separate thousands: "1,5" is not 15
        balance = Decimal(text.replace(",", ""))
        if not balance.is_finite() or abs(balance) > Decimal(10) ** 15:
            raise ValueError
    except (ValueError, InvalidOperation):
        raise BadAnswer("The service did not report the balance.") from None
    return balance


def limits_in(headers: Mapping[str, str]) -> ObservedLimits:
    """The limits in the headers of an answer.

    The reset is documented in unix seconds; milliseconds, a date and seconds from now are understood as well.
    """

    def whole(name: str) -> int | None:
        number = number_in(headers.get(name))
        return None if number is None or not 0 <= number <= HIGHEST_LIMIT else int(number)

    reset, date = headers.get("X-RateLimit-Reset"), date_of(headers)
    seconds, reset_at = number_in(reset), moment_in(reset)
    if seconds is not None and 0 <= seconds <= LONGEST_WINDOW:
        reset_in: float | None = seconds
    else:
        reset_in = None if reset_at is None or date is None else reset_at - date
    return ObservedLimits(
        whole("X-RateLimit-Limit"),
        whole("X-RateLimit-Remaining"),
        reset_at,
        whole("X-Concurrent-Limit"),
        whole("X-Concurrent-Active"),
        date,
        reset_in,
    )


def _failure(data: Mapping[str, object]) -> tuple[str, str]:
    """The reason and the code of a failed task."""
    reason = reason_in(data)
    nested = data.get("error")
    code = code_in(first_of(nested, ("code", "type"))) or code_in(first_of(data, ("error_code", "code")))
    if not code and " " not in text_in(nested):
        code = code_in(nested)
    if is_policy(f"{reason} {code}"):
        detail = f" {reason}" if " " in reason else ""
        reason = f"Rejected by content policy.{detail}"
    return reason, code


def _percent(value: object) -> int | None:
    if isinstance(value, str):
        value = value.strip().removesuffix("%")
    number = number_in(value)
    return None if number is None else int(min(max(number, 0.0), 100.0))
