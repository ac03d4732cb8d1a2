"""A job: one request and its progress."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple, NewType, TypeAlias, assert_never

from sora_desktop.domain.clip import Clip
from sora_desktop.domain.forecast import Forecast
from sora_desktop.domain.marks import Flag, Marks
from sora_desktop.domain.request import VideoRequest

JobId = NewType("JobId", str)
RemoteId = NewType("RemoteId", str)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not sent yet, so nothing is charged."""

    #: Why the first job in the queue is not being sent, as a sentence for the user; empty if nothing is in the way.
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A create was sent and has not been answered. Sending it again could be billed twice."""

    #: What is known about the outcome, for the user; empty while the answer may still come.
    reason: str = ""
    #: The create was not billed, as far as the balance shows.
    safe_to_send: bool = False
    #: The balance shows that the create was billed. Its remote id is lost: sending it again costs a second time.
    billed: bool = False


@dataclass(frozen=True, slots=True)
class Rendering:
    """Accepted and billed; the service is rendering it."""

    remote_id: RemoteId
    percent: int | None = None  # 0-100, as last reported; None: not reported by the service
    #: Why polling fails at the moment (no network, key rejected), for the user; empty while it works.
    warning: str = ""
    #: The estimate made at the last poll.
    forecast: Forecast | None = None
    #: The user has asked the service to stop it, which is not confirmed.
    cancel_asked: bool = False
    #: The service did not know it then: it is stopped as soon as it is known again.
    cancel_due: bool = False


@dataclass(frozen=True, slots=True)
class Saving:
    """Rendered; its file is being downloaded."""

    remote_id: RemoteId
    received: int = 0  # bytes
    total: int | None = None  # bytes; None: not reported by the server


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Paid for and rendered, but not on this disk yet. The download will be tried again."""

    remote_id: RemoteId
    reason: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Complete, checked and on this disk."""

    clip: Clip


@dataclass(frozen=True, slots=True)
class Failed:
    """Ended without a video."""

    reason: str
    code: str = ""  # the service's own; empty if it gave none
    #: Rejected by content policy: the same prompt will be rejected again.
    by_policy: bool = False
    remote_id: RemoteId | None = None  # None: never accepted, so not billed


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The user stopped waiting. The job is still billed, and its video can still be downloaded."""

    remote_id: RemoteId


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The service has stopped the rendering, as the user asked."""

    remote_id: RemoteId


@dataclass(frozen=True, slots=True)
class Removed:
    """Deleted permanently by the user. Never shown, never sent."""


#: The phases in which a job can be moved to the Trash: nothing happens to it without the user, or nothing was sent yet.
TrashablePhase: TypeAlias = Waiting | Unconfirmed | Ready | Failed | Abandoned | Cancelled


@dataclass(frozen=True, slots=True)
class Trashed:
    """In the Trash: shown there alone and never sent, until the user restores it or deletes it permanently."""

    before: TrashablePhase
    before_changed_at: float  # unix seconds, when `before` began


Phase: TypeAlias = (
    Waiting | Unconfirmed | Rendering | Saving | Unsaved | Ready | Failed | Abandoned | Cancelled | Trashed | Removed
)


@dataclass(frozen=True, slots=True)
class Job:
    """One request and its progress. Frozen: each change is a new value with the same id."""

    id: JobId
    request: VideoRequest
    phase: Phase
    created_at: float  # unix seconds
    changed_at: float  # unix seconds, when the phase last changed to another kind
    #: Order in the queue, lowest first, and among settled jobs, highest first.
    position: float
    starred: bool = False
    #: The user keeps the job in the queue without sending it.
    on_hold: bool = False
    #: Name of the service: a base URL, or "sandbox". Remote ids are valid at one service only.
    service: str = ""
    #: Only a job with a clip, in the Trash or not, is picked or rejected.
    flag: Flag = Flag.NONE

    @property
    def marks(self) -> Marks:
        """The star and the flag."""
        return Marks(self.starred, self.flag)


class JobChange(NamedTuple):
    """A change to save."""

    known: Job  # as the job is on disk, as far as the writer knows
    changed: Job


class ChangedJobs(NamedTuple):
    """Jobs that were changed together, as they are now; of very many, a part."""

    jobs: tuple[Job, ...]
    is_last: bool = True  # no further part follows


def new_job(request: VideoRequest, service: str, now: float | None = None, position: float | None = None) -> Job:
    """A waiting job with a new id, not saved yet. `now` in unix seconds; without a position it goes to the end."""
    import uuid  # late: every start imports this module, and makes no job before the first paint

    created = time.time() if now is None else now
    return Job(
        JobId(uuid.uuid4().hex),
        request,
        Waiting(),
        created,
        created,
        created if position is None else position,
        service=service,
    )


def phase_name(phase: Phase) -> str:
    """The name of the phase in the database and in `--json`, such as "rendering"."""
    match phase:
        case Abandoned():
            return "unwatched"
        case (
            Waiting()
            | Unconfirmed()
            | Rendering()
            | Saving()
            | Unsaved()
            | Ready()
            | Failed()
            | Cancelled()
            | Trashed()
            | Removed()
        ):
            return type(phase).__name__.lower()
        case _:
            assert_never(phase)


def remote_id_of(phase: Phase) -> RemoteId | None:
    """The service's id of the task, or None if it is not known."""
    match phase:
        case (
            Rendering(remote_id=known)
            | Saving(remote_id=known)
            | Unsaved(remote_id=known)
            | Abandoned(remote_id=known)
            | Cancelled(remote_id=known)
        ):
            return known
        case Failed(remote_id=maybe):
            return maybe
        case Trashed(before=before):
            return remote_id_of(before)
        case Waiting() | Unconfirmed() | Ready() | Removed():
            return None
        case _:
            assert_never(phase)


def is_settled(phase: Phase) -> bool:
    """True if the job will not change unless the user acts.

    One exception: an abandoned job is settled, and is followed again if a rare poll finds that it has ended.
    """
    match phase:
        case Ready() | Failed() | Abandoned() | Cancelled() | Trashed() | Removed():
            return True
        case Waiting() | Unconfirmed() | Rendering() | Saving() | Unsaved():
            return False
        case _:
            assert_never(phase)
