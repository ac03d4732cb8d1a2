"""Interface of a video generation service, the same for every dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.domain.request import ReferenceImage, VideoRequest


class TaskState(StrEnum):
    """Where a task is at the service."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"  # a state that this program does not know: keep polling


@dataclass(frozen=True, slots=True)
class Created:
    """A create that the service accepted."""

    remote_id: RemoteId
    exchange: Exchange
    requests: int = 1  # calls that it took


@dataclass(frozen=True, slots=True)
class TaskReport:
    """The answer to one poll."""

    state: TaskState
    percent: int | None = None  # 0-100; None: not reported
    video_url: str = ""
    thumbnail_url: str = ""
    reason: str = ""  # why the task failed, for the user
    code: str = ""
    by_policy: bool = False
    exchange: Exchange | None = None  # None: the report was not made from an answer

    @property
    def has_ended(self) -> bool:
        """True if the task failed, or completed and its video has a link. A link may come some time later."""
        return self.state is TaskState.FAILED or (self.state is TaskState.COMPLETED and bool(self.video_url))


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An image that the service has received."""

    url: str
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class BalanceReport:
    """The balance as the service gave it."""

    amount: Decimal
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class ObservedLimits:
    """The limits in the headers of an answer; None for what the answer does not say, or not in a plausible way."""

    limit: int | None = None  # requests in the window that `reset` ends: 60 s, or the service's day
    remaining: int | None = None
    reset_at: float | None = None  # unix seconds by the service's clock
    concurrent_limit: int | None = None  # tasks at once
    concurrent_active: int | None = None
    date: float | None = None  # unix seconds by the service's clock, when it answered
    #: Seconds from the answer to the reset, where the answer itself shows them: below 0, the reset is past.
    reset_in: float | None = None


class Downloader(Protocol):
    """Downloads files."""

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        """Download a file to `part`, resuming at its end.

        `progress(received, total)` is called at most ten times a second. Raises ServiceError or OSError.
        """


class VideoService(Downloader, Protocol):
    """What every service can do. Calls raise ServiceError, which carries the raw answer, or OSError for this disk."""

    @property
    def create_timeout(self) -> float:
        """Seconds after which a create has ended, whether or not an answer came. The program never waits less."""

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        """Ask for one video; may cost money. Raises AnswerLost when the outcome is unknown. Never repeated here.

        `image_url`: where the service has the reference image, if it is one that `Uploads`; any other is sent the
        image with the request.

        An answer that names the new task is a Created, whatever else it says and however it ended. Every error has
        the attribute `exchange`; so has a CancelledError, with `created` if the answer had already named the task.
        """

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        """Ask how far a task is."""

    async def aclose(self) -> None:
        """Close all connections."""


@runtime_checkable
class Uploads(Protocol):
    """A service that is sent a reference image before the request. Test for it with `isinstance`."""

    async def upload(self, image: ReferenceImage) -> Uploaded:
        """Send an image to the service."""


@runtime_checkable
class Bills(Protocol):
    """A service that has a balance. Test for it with `isinstance`."""

    async def balance(self) -> BalanceReport:
        """Read the balance."""


@runtime_checkable
class TopsUp(Bills, Protocol):
    """A service whose balance this program can raise at no cost, as the sandbox does. Test for it with `isinstance`."""

    async def top_up(self) -> None:
        """Raise the balance, so that it pays for another video. Harmless to repeat."""


@runtime_checkable
class Places(Protocol):
    """A service with several addresses, each with tasks of its own. Test for it with `isinstance`.

    A remote id says at which of them its task is, so it is valid in every later run.
    """

    def place_for_next(self, active: Iterable[RemoteId]) -> str:
        """Where the next create goes: the address with the fewest of these unfinished tasks.

        One that could not be reached a moment ago is passed over while there are others.
        """

    def place_of(self, remote_id: RemoteId) -> str:
        """Where a task is."""

    async def create_at(self, place: str, request: VideoRequest) -> Created:
        """The same as `create`, at this address."""


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task in a service's list. None: the list does not say."""

    remote_id: RemoteId
    report: TaskReport
    created_at: float | None = None  # unix seconds by the service's clock
    prompt: str | None = None
    model: str | None = None
    size: str | None = None  # pixels, such as "1280x720"
    seconds: float | None = None  # length of the video


@dataclass(frozen=True, slots=True)
class TaskList:
    """The answer to one reading of a list."""

    tasks: tuple[ListedTask, ...]  # newest first
    is_complete: bool  # every task that the place knows is there
    service_time: float | None  # unix seconds by the service's clock, when it answered
    #: Unix seconds by the service's clock since when the place knows its tasks; None: it does not say.
    up_since: float | None = None
    exchange: Exchange | None = None  # of the last call
    requests: int = 1  # calls that the reading took: one a page


#: So many of the newest tasks are in every list.
ALWAYS_LISTED = 20


@runtime_checkable
class Lists(Protocol):
    """A service that lists its tasks, those of other users too. Test for it with `isinstance`."""

    def spellings(self, remote_id: RemoteId) -> tuple[RemoteId, ...]:
        """Every remote id that the same task may have: at each address, and from before one was added or removed."""

    async def tasks(
        self,
        place: str = "",
        *,
        created_since: float | None = None,
        limit: int | None = None,
        tells_start: bool = False,
        alone: bool = False,
    ) -> TaskList:
        """The tasks at one place. Those created before `created_since`, by the service's clock, may be left out.

        The newest `ALWAYS_LISTED` are there in any case. What was left out for that reason does not make the list
        incomplete. `limit`: so many of the newest suffice, so that a long list costs one call; the list is incomplete
        if others were left out. `tells_start`: `up_since` is wanted, which may take one more call. `alone`: on a
        connection of its own, since what is between may lead all calls of one connection to the same one of several
        engines.
        """


@runtime_checkable
class Cancels(Protocol):
    """A service that can stop a rendering. Test for it with `isinstance`."""

    async def cancel(self, remote_id: RemoteId) -> None:
        """Stop a rendering and forget its task. Raises NotFound if the service does not know it.

        Raises TooBusy if it could not be stopped yet. Only call this for a task that this program created.
        """
