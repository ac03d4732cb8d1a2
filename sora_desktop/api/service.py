"""The service as the program sees it, whoever answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import ReferenceImage, VideoRequest


class TaskState(StrEnum):
    """Where a task stands there."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"  # a word that this program does not know: keep looking


@dataclass(frozen=True, slots=True)
class TaskReport:
    """What one look at a task showed."""

    state: TaskState
    percent: int | None = None  # 0-100; None: not said
    video_url: str = ""
    thumbnail_url: str = ""
    reason: str = ""  # why it failed, for a person
    code: str = ""
    by_policy: bool = False
    raw: str = ""  # the answer as text, the key removed


@dataclass(frozen=True, slots=True)
class Limits:
    """What an answer's headers say of the limits; None where they are silent."""

    limit: int | None = None  # requests in 60 s
    remaining: int | None = None
    reset_at: float | None = None  # unix seconds
    concurrent_limit: int | None = None  # tasks at once
    concurrent_active: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and what came back, for the ledger and for a report to the service's support."""

    when: float  # unix seconds, when it was sent
    took: float  # seconds
    method: str
    path: str  # below the base URL
    status: int | None  # None: no answer came
    raw: str  # the answer as text, the key removed, cut to a readable length; why there is none, where none came


class VideoService(Protocol):
    """The one door to whoever renders. All raise ServiceError and nothing else but OSError for this disk."""

    async def create(self, request: VideoRequest, image_url: str | None) -> RemoteId:
        """Ask for one video; costs credits. AnswerLost when the outcome is unknown; never repeated here."""

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        """How far a task has come."""

    async def credits(self) -> Decimal:
        """Credits left."""

    async def upload(self, image: ReferenceImage) -> str:
        """The URL of the image at the service."""

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        """Bring a file to `part`, going on where that ends. `progress(received, total)` at most ten times a second."""

    async def aclose(self) -> None:
        """Let go of all connections."""
