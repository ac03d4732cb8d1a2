"""The wire format: writes requests strictly and reads answers tolerantly."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from sora_desktop.api.errors import BadAnswer
from sora_desktop.api.http.dates import moment_in
from sora_desktop.api.http.failure_text import failure_reason
from sora_desktop.api.http.json_values import code_in, first_of, number_in, text_in
from sora_desktop.api.openai.failures import is_policy_refusal
from sora_desktop.api.openai.profiles import FormField, Profile
from sora_desktop.api.openai.video_ids import video_id_in
from sora_desktop.api.service import ListedTask, TaskReport, TaskState
from sora_desktop.domain.capabilities import ModelCapabilities
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import VideoRequest, is_blank

_STATES = {
    "queued": TaskState.PENDING,
    "pending": TaskState.PENDING,
    "submitted": TaskState.PENDING,
    "in_progress": TaskState.PROCESSING,
    "processing": TaskState.PROCESSING,
    "running": TaskState.PROCESSING,
    "generating": TaskState.PROCESSING,
    "postprocessing": TaskState.PROCESSING,
    "completed": TaskState.COMPLETED,
    "succeeded": TaskState.COMPLETED,
    "failed": TaskState.FAILED,
    "error": TaskState.FAILED,
    "cancelled": TaskState.FAILED,
    "canceled": TaskState.FAILED,
    "expired": TaskState.FAILED,
    "deleted": TaskState.FAILED,
}
#: Longest size and model that are kept, in characters.
_SHORT = 300


def form_fields(request: VideoRequest, model: ModelCapabilities, profile: Profile) -> list[tuple[str, str]]:
    """The fields of a create without its image. Names of fields that the server does not have are left out.

    The frame rate and, by the model's rule, the number of frames are sent whenever they are known: servers render with
    24 frames per second where nothing else is said, whatever the model was trained with.
    """
    fields: list[tuple[str, str]] = [
        (FormField.PROMPT, " " if is_blank(request.prompt) else request.prompt)
    ]  # an empty field counts as missing
    if request.model:
        fields.append((FormField.MODEL, request.model))
    if request.size:
        fields.append((FormField.SIZE, request.size))
    fields.append((FormField.SECONDS, str(request.duration)))
    optional: list[tuple[FormField, object]] = [
        (FormField.FPS, request.fps),
        (FormField.NUM_FRAMES, _frames(request, model)),
        (FormField.SEED, request.seed),
        (FormField.NEGATIVE_PROMPT, None if is_blank(request.negative_prompt) else request.negative_prompt),
        (FormField.INFERENCE_STEPS, request.steps),
        (FormField.GUIDANCE_SCALE, None if request.guidance is None else f"{request.guidance:.15g}"),
    ]
    return fields + [(name, str(value)) for name, value in optional if value is not None and name in profile.takes]


def _frames(request: VideoRequest, model: ModelCapabilities) -> int | None:
    if request.frames is not None:
        return request.frames
    if model.frame_rule is None or request.fps is None:
        return None
    return max(model.frame_rule.nearest(request.duration * request.fps), 1)


def is_video(data: object) -> bool:
    """True if the data describes one video, whatever the status of the answer around it."""
    if not isinstance(data, Mapping) or video_id_in(data.get("id")) is None:
        return False
    return text_in(data.get("object")).lower() == "video" or text_in(data.get("status")).lower() in _STATES


def video_report_in(data: object, content_url: str) -> TaskReport:
    """The state of a video. Raises BadAnswer if the data describes none.

    `content_url`: where its file is once it is completed.
    """
    if not isinstance(data, Mapping):
        raise BadAnswer("The engine's answer about the video cannot be read. Trying again.")
    name = text_in(data.get("status")).lower()
    if not name:
        raise BadAnswer("The engine's answer about the video does not say how far it is. Trying again.")
    state = _STATES.get(name, TaskState.UNKNOWN)
    reason = code = ""
    if state is TaskState.FAILED:
        reason, code = failure_reason(data), _error_code(data)
        if not reason:
            reason = "The engine gave no reason." if name == "failed" else f"The engine says that the video was {name}."
    by_policy = is_policy_refusal(f"{reason} {code}")
    if by_policy:
        reason = f"Rejected by content policy. {reason}"
    completed = state is TaskState.COMPLETED
    return TaskReport(
        state,
        _percent(data.get("progress"), completed),
        content_url if completed else "",
        reason=reason,
        code=code,
        by_policy=by_policy,
    )


def content_path(id: RemoteId) -> str:
    """Where the file of a completed video is, below the base URL."""
    return f"{video_path(id)}/content"


def video_path(id: RemoteId) -> str:
    """Where a video is, below the base URL."""
    return f"/videos/{quote(id, safe='')}"


def listed_task_in(item: object, place: str) -> ListedTask | None:
    """A video in the list of the server at that base URL; None for an item that has no id."""
    if not isinstance(item, Mapping) or (id := video_id_in(item.get("id"))) is None:
        return None
    try:
        report = video_report_in(item, f"{place}{content_path(id)}")
    except BadAnswer:
        report = TaskReport(TaskState.UNKNOWN)
    prompt = item.get("prompt")
    seconds = number_in(first_of(item, ("seconds", "duration", "duration_s")))
    return ListedTask(
        id,
        report,
        moment_in(item.get("created_at")),
        prompt if isinstance(prompt, str) else None,
        text_in(item.get("model"))[:_SHORT] or None,
        text_in(item.get("size")).lower()[:_SHORT] or None,
        seconds,
    )


def _percent(value: object, completed: bool) -> int | None:
    """The progress; None for 0, with which many servers answer until the end."""
    number = number_in(value)
    if completed:
        return 100
    return None if number is None or number < 1 else int(min(number, 99.0))


def _error_code(data: Mapping[str, object]) -> str:
    error = data.get("error")
    return code_in(first_of(error, ("code", "type"))) if isinstance(error, Mapping) else ""
