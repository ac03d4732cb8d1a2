"""One request and how far it has come."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import NewType, TypeAlias, assert_never

from sora_desktop.domain.clip import Clip
from sora_desktop.domain.forecast import Forecast
from sora_desktop.domain.request import VideoRequest

JobId = NewType("JobId", str)
RemoteId = NewType("RemoteId", str)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not sent; costs nothing yet."""

    #: Why it is not being sent although its turn has come, in a sentence for a person; empty in the ordinary queue.
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Sent, and no answer yet. Sending it again could be billed twice."""

    #: What is known about the outcome, for a person; empty while the answer may still come.
    reason: str = ""
    #: The balance says that this was not billed: sending again is safe.
    safe_to_send: bool = False
    #: The balance says that this was billed, and its id is lost: sending again costs a second time.
    billed: bool = False


@dataclass(frozen=True, slots=True)
class Rendering:
    """Accepted and billed; the service is at work."""

    remote_id: RemoteId
    percent: int | None = None  # 0-100 as the service last said; None: it has not said
    #: Why nothing is heard at the moment (the network is down, the key was refused), for a person.
    warning: str = ""
    #: What is likely meanwhile, as estimated at the last look.
    forecast: Forecast | None = None


@dataclass(frozen=True, slots=True)
class Saving:
    """Rendered; its bytes are on their way to this disk."""

    remote_id: RemoteId
    received: int = 0  # bytes
    total: int | None = None  # bytes; None: the server has not said


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Paid for and rendered, but not on this disk yet; it will be fetched again."""

    remote_id: RemoteId
    reason: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Complete, checked, on this disk."""

    clip: Clip


@dataclass(frozen=True, slots=True)
class Failed:
    """It ended without a video."""

    reason: str
    code: str = ""  # the service's own word for it, where it gave one
    #: Refused by content policy: the same prompt will be refused again.
    by_policy: bool = False
    remote_id: RemoteId | None = None  # None: the service never accepted it, nothing was billed


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A person stopped waiting. It is still billed, and its result can still be fetched."""

    remote_id: RemoteId


@dataclass(frozen=True, slots=True)
class Removed:
    """Taken out of the list by a person. Never shown, never sent."""


Phase: TypeAlias = Waiting | Unconfirmed | Rendering | Saving | Unsaved | Ready | Failed | Abandoned | Removed


@dataclass(frozen=True, slots=True)
class Job:
    """One request on its way. Frozen: a step forward is a new value with the same id."""

    id: JobId
    request: VideoRequest
    phase: Phase
    created_at: float  # unix seconds
    changed_at: float  # unix seconds, when the phase last took another kind
    #: Place in the queue and, backwards, in the library: lower is sent sooner.
    position: float
    starred: bool = False
    #: A person asked for it to stay in the queue unsent.
    on_hold: bool = False
    #: Where it is sent: a base URL, or "sandbox". Ids of one service mean nothing to another.
    service: str = ""


def new_job(request: VideoRequest, service: str, now: float | None = None, position: float | None = None) -> Job:
    """A waiting job with a new id, not saved yet. `now` in unix seconds; without a position it goes to the end."""
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
    """The phase's word in the database and in `--json`, such as "rendering"."""
    match phase:
        case Abandoned():
            return "unwatched"
        case Waiting() | Unconfirmed() | Rendering() | Saving() | Unsaved() | Ready() | Failed() | Removed():
            return type(phase).__name__.lower()
        case _:
            assert_never(phase)


def remote_id_of(phase: Phase) -> RemoteId | None:
    """The service's name for the task, where it is known."""
    match phase:
        case (
            Rendering(remote_id=known) | Saving(remote_id=known) | Unsaved(remote_id=known) | Abandoned(remote_id=known)
        ):
            return known
        case Failed(remote_id=maybe):
            return maybe
        case Waiting() | Unconfirmed() | Ready() | Removed():
            return None
        case _:
            assert_never(phase)


def is_settled(phase: Phase) -> bool:
    """True when nothing will happen to the job unless a person acts."""
    match phase:
        case Ready() | Failed() | Abandoned() | Removed():
            return True
        case Waiting() | Unconfirmed() | Rendering() | Saving() | Unsaved():
            return False
        case _:
            assert_never(phase)


def is_billed(phase: Phase) -> bool:
    """True when the service has accepted the job and is known to have charged for it."""
    return remote_id_of(phase) is not None or isinstance(phase, Ready)
