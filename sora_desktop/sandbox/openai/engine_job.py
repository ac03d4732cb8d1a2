"""One job of an engine, and how it ends unusually."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sora_desktop.sandbox.openai.video_body import VideoBody
from sora_desktop.sandbox.render import ClipKind


@dataclass(frozen=True)
class JobError:
    """Why a job failed: an HTTP status, as vLLM-Omni answers it, and a message."""

    status: int
    message: str


@dataclass
class EngineJob:
    """One accepted create. Times: unix seconds by the sandbox's own clock; `created_at` is by the server's."""

    id: str
    body: VideoBody
    accepted_at: float
    created_at: float
    render_seconds: float
    replica: int = 0
    user: str = ""
    image_file: Path | None = None
    status: str = "queued"
    started_at: float | None = None
    rendered_at: float | None = None
    ended_at: float | None = None
    error: JobError | None = None
    #: What it fails with on its way.
    fails_with: JobError | None = None
    is_deleted: bool = False
    is_forgotten: bool = False
    #: What the fault script asks for.
    never_ends: bool = False
    queued_until: float = 0.0
    loses_content: bool = False
    cloud_url: str = ""
    kind: ClipKind = ClipKind.H264
    #: "", "running", "finished", "stopped" or "failed".
    rendering: str = ""
    #: Pictures of the clip so far.
    frames_rendered: int = 0

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or is being rendered."""
        return self.status in ("queued", "in_progress")

    def share_done(self, now: float) -> float:
        """How much of its time has passed, from 0 to 1."""
        if self.started_at is None:
            return 0.0
        until = now if self.ended_at is None else self.ended_at
        return max(0.0, min(1.0, (until - self.started_at) / self.render_seconds))
