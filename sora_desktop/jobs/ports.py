"""Everything that jobs/ needs from other rooms: each Protocol once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from sora_desktop.api.service import VideoService
from sora_desktop.domain.clip import VideoFacts
from sora_desktop.domain.job import Job, JobChange, JobId, RemoteId
from sora_desktop.domain.ledger import Attempt, Exchange, KnownBalance, ListMark, Outcome
from sora_desktop.domain.money import Balance, Price
from sora_desktop.domain.render_time import RenderTime
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.media.pool import ImageFacts
from sora_desktop.store.database.usage import DayUsage

# All methods of the store raise StoreError when the database cannot be read or written.


class SavedJobs(Protocol):
    """Jobs on disk."""

    async def add(self, jobs: Sequence[Job]) -> None:
        """Save all of the new jobs or, on an error, none. A job that is saved already is left as it is."""

    async def change(self, changes: Sequence[JobChange]) -> None:
        """Save all of the changed jobs or, on an error, none. They are on disk when this returns.

        Raises ChangedElsewhere if a job on disk is not in its known phase, with its known remote id.
        """

    def read(self, id: JobId) -> Job | None:
        """The job as saved. Raises UnreadableJob."""

    def shares_remote_id(self, job: Job) -> bool:
        """True if another job of the same service has the same remote id."""


class Ledger(Protocol):
    """Every create that was tried, and the balance around it. An attempt and its job's phase are one transaction."""

    async def begin_attempt(
        self,
        job: Job,
        balance: Balance | None,
        price: Decimal | None,
        *,
        key_fingerprint: str = "",
        balance_age: float | None = None,
        sent_at: float | None = None,
        mark: ListMark | None = None,
    ) -> int:
        """Save the job as Unconfirmed with a new attempt; return the attempt's number.

        `balance_age`: seconds since the balance was read. `sent_at`: unix seconds; now, unless given. `mark`: where it
        is sent, and what the list there showed before. Raises ChangedElsewhere, LockLost.
        """

    async def end_attempt(
        self,
        attempt: int,
        job: Job,
        answer: str,
        outcome: Outcome = Outcome.UNKNOWN,
        status: int | None = None,
        headers: str = "",
    ) -> None:
        """Save the answer to an attempt together with the job's new phase. `status` is the HTTP status.

        Raises ChangedElsewhere, after the answer was saved, if another program has moved the job on.
        """

    async def judge_attempt(self, attempt: int, job: Job, outcome: Outcome, after: Balance | None) -> None:
        """Save what the balance or the service's list shows about an attempt together with the job's new phase.

        Raises ChangedElsewhere, also if another job has the remote id that the list shows.
        """

    async def note_balance_after(self, attempt: int, after: Balance, price: Decimal | None = None) -> None:
        """Save the balance that was read after an attempt, and the price if the balance showed it."""

    async def save_known_balance(
        self, service: str, key_fingerprint: str, known: KnownBalance, refunded: Sequence[int] = ()
    ) -> None:
        """Save the balance of an account, and mark the attempts as refunded that it shows."""

    def known_balance(self, service: str, key_fingerprint: str) -> KnownBalance | None:
        """The balance of an account as saved last."""

    def attempts(self, id: JobId) -> Sequence[Attempt]:
        """The attempts of one job, oldest first."""

    def attempts_after(self, attempt: int, service: str) -> Sequence[Attempt]:
        """Later attempts at the same service, oldest first."""

    def undecided(self, service: str, limit: int) -> Sequence[Attempt]:
        """The last attempts at one service whose outcome is not known, oldest first."""

    def known_remote_ids(self, ids: Collection[RemoteId]) -> set[RemoteId]:
        """Those of the ids that belong to a job, of whatever service, removed jobs included."""

    def accepted_before(self, attempt: Attempt, limit: int) -> Sequence[RemoteId]:
        """The last tasks accepted at the same service before an attempt, latest first, without cancelled ones."""

    def attempts_between(self, start: float, end: float, service: str) -> Sequence[Attempt]:
        """Attempts sent to one service in that time, in unix seconds."""

    def decided(self, attempts: Collection[int]) -> Sequence[Attempt]:
        """Those of the attempts, by number, whose outcome is not in doubt."""

    def last_attempt(self) -> int:
        """The highest attempt number of all services; 0 without any attempt."""

    def due_refunds(self, service: str, key_fingerprint: str, since: float) -> Sequence[Attempt]:
        """Attempts whose task failed since then (unix seconds) and whose refund was not seen, first to fail first."""

    def possible_refunds(
        self, service: str | None, since: float, first: int, unended_since: float | None = None
    ) -> Sequence[Attempt]:
        """Attempts that may be refunded, or may have been unseen: since then, or from the number `first` on.

        Also those sent at or after `unended_since` whose task has no known end. `service`: None for all services.
        Those with other keys are among them, since two keys may open one account.
        """

    def latest_unresolved(self, limit: int) -> Sequence[Attempt]:
        """The last attempts of all services that may have cost something and may still be refunded."""

    def latest_answered(self, before: float, limit: int) -> Sequence[Attempt]:
        """The last attempts whose answer had headers and that were sent before then (unix seconds), latest first."""

    def refunds_seen_since(self, attempt: Attempt) -> Sequence[Attempt]:
        """Attempts of all services whose refund was seen when `attempt` was sent, or later."""

    def other_library_sent_at(self) -> float | None:
        """When another library on this computer last sent something, in unix seconds; None if not known."""

    def last_restore(self) -> tuple[int, float] | None:
        """The highest attempt number in the copy that the folder was restored from, and when that was noticed."""

    def charges_late(self, service: str) -> bool:
        """True if the balance had not moved after the last accepted create, so that no drop proves nothing."""

    def request_of(self, attempt: Attempt) -> VideoRequest | None:
        """The request that was sent; None if it cannot be read."""


class LearnedPrices(Protocol):
    """Prices that the balance has shown."""

    def learned_prices(self, service: str, since: float) -> Sequence[Price]:
        """Prices seen at the service since then, in unix seconds."""

    async def save_learned_price(self, service: str, price: Price) -> None:
        """Save one price. It is on disk when this returns."""


class ExchangeStore(Protocol):
    """Raw exchanges with the service, for reports."""

    async def save_exchanges(self, id: JobId, exchanges: Iterable[Exchange]) -> None:
        """Save exchanges of one job. They are on disk when this returns."""


class ClipLibrary(Protocol):
    """The clips that the library lists."""

    def jobs_starting(self, id_start: str) -> Sequence[Job]:
        """The jobs whose ids begin like that."""

    def job_with_clip(self, facts: VideoFacts, other_than: JobId) -> Job | None:
        """Another job whose clip has the same content."""

    def clip_folders(self) -> Sequence[Path]:
        """The folders with the latest clips."""


class ClipOrigins(Protocol):
    """The jobs that a file may come from."""

    def jobs_starting(self, id_start: str) -> Sequence[Job]:
        """The jobs whose ids begin like that."""

    def jobs_with_clip_of(self, size: int) -> Sequence[Job]:
        """The jobs, in the Trash or not, whose clip has this number of bytes."""


class JobLibrary(SavedJobs, Ledger, LearnedPrices, ExchangeStore, ClipLibrary, Protocol):
    """Everything that a runner needs from the store."""

    def unfinished(self) -> list[Job]:
        """Jobs that are not settled, in queue order."""

    def abandoned_since(self, moment: float) -> list[Job]:
        """Jobs abandoned at or after that moment, in unix seconds; latest first."""


@dataclass(frozen=True, slots=True)
class RunnerPorts:
    """What a runner works with."""

    service: VideoService
    library: JobLibrary
    inspector: Inspector
    images: ImageKeeper


class WholeLibrary(SavedJobs, Protocol):
    """All jobs of the library, finished ones included."""

    def everything(self) -> Iterable[Job]:
        """Every job that is not in the Trash."""

    def in_trash(self) -> Iterable[Job]:
        """Every job in the Trash."""


class UsageLog(Protocol):
    """The number of requests sent on each day."""

    def read(self, day: str) -> DayUsage:
        """The usage of a day (UTC, as YYYY-MM-DD)."""

    async def write(self, usage: DayUsage) -> None:
        """Save the usage of a day. It is on disk when this returns."""


class RenderTimeLog(Protocol):
    """Finished renderings."""

    def latest(self, service: str, limit: int = 200) -> list[RenderTime]:
        """The latest renderings of a service, oldest first."""

    async def add(self, time: RenderTime, seen_at: float) -> None:
        """Save one rendering. It is on disk when this returns."""


class Inspector(Protocol):
    """Reads video files."""

    async def facts(self, file: Path) -> VideoFacts:
        """Facts of a complete, decodable video. Raises MediaError."""


class ImageCleaner(Protocol):
    """Makes image files that a service accepts."""

    async def clean_image(self, file: Path, to: Path) -> ImageFacts:
        """Write the image upright and without metadata; return the facts of what was written. Raises MediaError."""


class ImageKeeper(Protocol):
    """Keeps the reference images of requests."""

    async def as_sent(self, image: ReferenceImage) -> ReferenceImage:
        """The image, or a copy of it, whose file is upright and without metadata.

        Raises MediaError if the image cannot be used, PassingMediaError if not at the moment, and OSError if its file
        cannot be opened.
        """


class PreviewMaker(Protocol):
    """Makes still pictures of video files, and tables of their frames. Raises MediaError."""

    async def poster(self, file: Path, to: Path) -> None:
        """Write one frame of the video."""

    async def filmstrip(self, file: Path, to: Path) -> None:
        """Write frames of the video side by side."""

    async def frame_times(self, file: Path, to: Path) -> None:
        """Write when each frame of the video is shown."""
