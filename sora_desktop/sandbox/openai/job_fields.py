"""What a job looks like in an answer: each field by name; a profile says which ones there are, and in which form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import assert_never

from sora_desktop.sandbox.openai.engine_job import EngineJob
from sora_desktop.sandbox.openai.profiles import SandboxProfile

#: A job, its profile, and the time.
_Maker = Callable[[EngineJob, SandboxProfile, float], object]


def job_fields(job: EngineJob, profile: SandboxProfile, now: float, id: str = "") -> dict[str, object]:
    """The job as the server shows it. `id`: another id than its own."""
    fields = {name: _FIELDS[name](job, profile, now) for name in profile.view}
    return {**fields, "id": id or job.id}


def failure_status(job: EngineJob) -> int:
    """The HTTP status of a failed job where a server uses one."""
    status = job.error.status if job.error else 500
    return status if 400 <= status < 600 else 500


def _status(job: EngineJob, profile: SandboxProfile, now: float) -> object:
    hidden = job.status == "in_progress" and not profile.shows_start
    return "queued" if hidden else job.status


def _progress(job: EngineJob, profile: SandboxProfile, now: float) -> object:
    if profile.progress == "null":
        return None
    if job.status == "completed":
        return 100
    return 0 if profile.progress == "zero" else min(99, int(job.share_done(now) * 100))


def _seconds(job: EngineJob, profile: SandboxProfile, now: float) -> object:
    match profile.seconds:
        case "digits" | "4, 8 or 12":
            return job.body.seconds or "4"  # as the create said, whatever num_frames was
        case "whole":
            return str(round(job.body.duration))
        case "number":
            return f"{job.body.duration:g}"
        case _:
            assert_never(profile.seconds)


def _size(job: EngineJob, profile: SandboxProfile, now: float) -> object:
    match profile.size_shown:
        case "asked or null":
            return job.body.shown_size or None
        case "asked":
            return job.body.shown_size
        case "rendered":
            return "{}x{}".format(*job.body.size)
        case _:
            assert_never(profile.size_shown)


def _error(job: EngineJob, profile: SandboxProfile, now: float) -> object:
    if job.error is None:
        return None
    message = job.error.message
    match profile.error_of_job:
        case "number code":
            return {"code": failure_status(job), "message": message}
        case "no code":
            return {"message": message}
        case "text":
            return message
        case "text code":
            return {"code": "generation_failed", "message": message}
        case _:
            assert_never(profile.error_of_job)


def _completed_at(job: EngineJob, profile: SandboxProfile, now: float) -> object:
    if job.ended_at is None or (job.status == "failed" and not profile.dates_failures):
        return None
    return math.floor(job.ended_at - job.accepted_at + job.created_at)


def _file(job: EngineJob, profile: SandboxProfile, now: float) -> str | None:
    return f"/srv/outputs/{job.id}.mp4" if job.status == "completed" else None


def _if_long_known(value: Callable[[EngineJob], object]) -> _Maker:
    """Known at once if the create said how long the clip is, else with the clip."""
    return lambda job, profile, now: value(job) if job.body.says_length or job.status == "completed" else None


def _when_done(value: Callable[[EngineJob], object]) -> _Maker:
    return lambda job, profile, now: value(job) if job.status == "completed" else None


def _always(value: object) -> _Maker:
    return lambda job, profile, now: value


def _inference_time(job: EngineJob) -> float:
    assert job.ended_at is not None and job.started_at is not None
    return round(job.ended_at - job.started_at, 3)


_FIELDS: Mapping[str, _Maker] = {
    "id": lambda job, profile, now: job.id,
    "object": _always("video"),
    "model": lambda job, profile, now: job.body.shown_model,
    "prompt": lambda job, profile, now: job.body.prompt,
    "status": _status,
    "progress": _progress,
    "seconds": _seconds,
    "size": _size,
    "error": _error,
    "created_at": lambda job, profile, now: math.floor(job.created_at),
    "completed_at": _completed_at,
    "expires_at": _always(None),
    "remixed_from_video_id": _always(None),
    "quality": lambda job, profile, now: profile.quality,
    "media_type": _always("video/mp4"),
    "file_name": _when_done(lambda job: f"{job.id}.mp4"),
    "file_path": lambda job, profile, now: f"/srv/outputs/{job.id}.mp4",
    "file_paths": lambda job, profile, now: [_file(job, profile, now)] if job.status == "completed" else None,
    "output_path": _file,
    "url": _when_done(lambda job: job.cloud_url or None),
    "urls": _when_done(lambda job: [job.cloud_url or None]),
    "num_outputs": _when_done(lambda job: 1),
    "inference_time_s": _when_done(_inference_time),
    "peak_memory_mb": _when_done(lambda job: 41_234.5),
    "stage_durations": lambda job, profile, now: {},
    "metrics": _always(None),
    "usage": _always(None),  # known to the create alone
    "action": _always(None),
    "lidar": _always(None),
    "revised_prompt": _always(None),
    "fps": lambda job, profile, now: float(job.body.fps),
    "num_frames": _if_long_known(lambda job: job.body.frames),
    "duration_s": _if_long_known(lambda job: round(job.body.duration, 4)),
    "duration": lambda job, profile, now: float(job.body.seconds) if job.body.seconds else None,
}
