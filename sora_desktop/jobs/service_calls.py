"""The calls to a service: within the rate limit, and with each raw answer kept for reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from sora_desktop.api.errors import DailyLimit, Refused, ServiceError, TooBusy
from sora_desktop.api.service import (
    Bills,
    Cancels,
    Created,
    Lists,
    Places,
    TaskList,
    TaskReport,
    TopsUp,
    Uploads,
    VideoService,
)
from sora_desktop.domain.job import JobId, RemoteId
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.jobs.polling.mixed_places import MixedPlaces
from sora_desktop.jobs.polling.rate_limit import RateLimit, RequestKind
from sora_desktop.jobs.support.exchange_log import ExchangeLog

#: Requests beside a create that an engine's may take: it asks whether the engine is well.
HEALTH_REQUESTS = 1
#: Seconds between the grant of a create and the create after which it is reserved again.
LONGEST_PREPARATION = 0.5
#: Seconds by which this computer's time of day may differ from the service's before it is not believed.
WRONG_CLOCK = 600.0
#: Seconds after its answer for which a list that was read for another reason is as good as one read before a create.
LONGEST_FRESH = 0.5


class _Reading(NamedTuple):
    """A list, and the ticks at which it was asked for and answered."""

    asked_at: float
    answered_at: float
    list: TaskList


class ServiceCalls:
    """All methods raise ServiceError. Each logs its exchange under the job that it is made for."""

    def __init__(
        self, service: VideoService, rate_limit: RateLimit, exchange_log: ExchangeLog, mixed_places: MixedPlaces
    ) -> None:
        #: Places whose answers come from several engines.
        self.mixed_places = mixed_places
        self._service = service
        self._billing = service if isinstance(service, Bills) else None
        self._topping_up = service if isinstance(service, TopsUp) else None
        self._uploading = service if isinstance(service, Uploads) else None
        self._listing = service if isinstance(service, Lists) else None
        self._cancelling = service if isinstance(service, Cancels) else None
        self._placing = service if isinstance(service, Places) else None
        self._rate_limit = rate_limit
        self._exchange_log = exchange_log
        self._latest_lists: dict[str, _Reading] = {}
        #: The tick at which the last create at a place ended, whatever its outcome.
        self._created_at: defaultdict[str, float] = defaultdict(lambda: float("-inf"))
        self._granted_at = 0.0  # tick at which a create was reserved last

    @property
    def bills(self) -> bool:
        """True if the service has a balance."""
        return self._billing is not None

    @property
    def tops_up(self) -> bool:
        """True if the balance can be raised at no cost."""
        return self._topping_up is not None

    @property
    def lists(self) -> bool:
        """True if the service lists its tasks."""
        return self._listing is not None

    @property
    def has_places(self) -> bool:
        """True if the service has several addresses, each with tasks of its own."""
        return self._placing is not None

    @property
    def has_daily_limit(self) -> bool:
        """False at services that limit no requests, as self-hosted engines. They keep tasks and files in memory."""
        return self._rate_limit.has_daily_limit

    def place_for_next(self, active: Iterable[RemoteId]) -> str:
        """Where the next create goes, given the unfinished tasks; empty if the service has one address."""
        return "" if self._placing is None else self._placing.place_for_next(active)

    def place_of(self, remote_id: RemoteId) -> str:
        """The address at which a task is; empty if the service has one address."""
        return "" if self._placing is None else self._placing.place_of(remote_id)

    def spellings(self, remote_id: RemoteId) -> tuple[RemoteId, ...]:
        """Every remote id that the same task may have, at whatever address of the service."""
        return (remote_id,) if self._listing is None else self._listing.spellings(remote_id)

    @property
    def create_timeout(self) -> float:
        """Seconds after which a create has ended, whether or not an answer came."""
        return self._service.create_timeout

    def now(self) -> float:
        """The time of day, in unix seconds: this computer's, or the service's if they differ by minutes."""
        skew, service_now = self._rate_limit.skew, self._rate_limit.service_time.now()
        is_wrong = skew is not None and abs(skew) > WRONG_CLOCK
        return service_now if is_wrong else service_now - (skew or 0.0)

    @property
    def time_is_known(self) -> bool:
        """True if an answer of the service has told the time in this run, so that `now` is right."""
        return self._rate_limit.skew is not None

    @property
    def left_today(self) -> int:
        """Requests that the service still allows today."""
        return self._rate_limit.left_today

    async def reserve_create(self) -> None:
        """Return when the rate limit allows a create; it counts from then on. Raises DailyLimit.

        At an engine the list before it and a question about its health count from then on as well.
        """
        requests = 1 if self.has_daily_limit else 1 + HEALTH_REQUESTS + self.lists
        self._granted_at = await self._rate_limit.take(RequestKind.CREATE, requests)

    async def renew_create(self) -> None:
        """Reserve the create again if what came before it took so long that it would not count when it is sent."""
        if self.has_daily_limit or self._rate_limit.tick - self._granted_at <= LONGEST_PREPARATION:
            return
        self._rate_limit.give_back(self._granted_at, 1 + HEALTH_REQUESTS)
        self._granted_at = await self._rate_limit.take(RequestKind.CREATE, 1 + HEALTH_REQUESTS)

    def give_back_create(self) -> None:
        """What was reserved will not be sent, except the list before it, which was read."""
        if not self.has_daily_limit:
            self._rate_limit.give_back(self._granted_at, 1 + HEALTH_REQUESTS)

    async def create(self, id: JobId, request: VideoRequest, image_url: str | None, place: str = "") -> Created:
        """Ask for one video after `reserve_create`; may cost money. Raises AnswerLost if the outcome is unknown.

        `place`: the result of `place_for_next`.
        """
        try:
            if self._placing is not None and place:
                created = await self._placing.create_at(place, request)
            else:
                created = await self._service.create(request, image_url)
        except BaseException as error:  # api/ attaches the exchange also to a cancellation and to an OSError
            self._exchange_log.add(id, getattr(error, "exchange", None))
            raise
        finally:
            self._created_at[place] = self._rate_limit.tick
        self._exchange_log.add(id, created.exchange)
        if not self.has_daily_limit:
            self._rate_limit.give_back(self._granted_at, max(1 + HEALTH_REQUESTS - created.requests, 0))
        return created

    async def reserve_download(self) -> None:
        """Return when a file may be fetched. A service with a daily limit does not count that, an engine serves it."""
        if not self.has_daily_limit:
            await self._rate_limit.take(RequestKind.CONTENT)

    def note_refusal(self, error: Exception) -> None:
        """Tell the rate limit if the service refused a request although there seemed to be room for it."""
        if isinstance(error, TooBusy):
            self._rate_limit.refused(error.retry_after)
        if isinstance(error, DailyLimit) and error.code:  # without a code, the rate limit itself raised it
            self._rate_limit.refused_today()

    async def upload(self, id: JobId, image: ReferenceImage) -> str | None:
        """Send an image to the service; return its URL there. None if the service gets it with the request.

        Raises OSError if the image cannot be read.
        """
        if self._uploading is None:
            return None
        await self._rate_limit.take(RequestKind.CREATE)
        try:
            uploaded = await self._uploading.upload(image)
        except BaseException as error:
            self._exchange_log.add(id, getattr(error, "exchange", None))
            raise
        self._exchange_log.add(id, uploaded.exchange)
        return uploaded.url

    async def poll(self, id: JobId, remote_id: RemoteId) -> TaskReport:
        """Ask how far a task is."""
        await self._rate_limit.take(RequestKind.POLL)
        try:
            report = await self._service.poll(remote_id)
        except BaseException as error:
            self._exchange_log.add(id, getattr(error, "exchange", None))
            raise
        self._exchange_log.add(id, report.exchange)
        return report

    async def tasks(
        self,
        place: str,
        created_since: float | None,
        kind: RequestKind | None = RequestKind.POLL,
        *,
        limit: int | None = None,
        tells_start: bool = False,
        alone: bool = False,
    ) -> TaskList | None:
        """The list of the tasks at a place, see `Lists.tasks`; None if the service does not list them.

        `kind` None: `reserve_create` has counted it. Its exchange is in no job's log, since it shows the tasks of other
        users, too.
        """
        if self._listing is None:
            return None
        if kind is not None:
            await self._rate_limit.take(kind)
        asked_at = self._rate_limit.tick
        found = await self._listing.tasks(
            place, created_since=created_since, limit=limit, tells_start=tells_start, alone=alone
        )
        self._rate_limit.count_more(found.requests - 1)
        if not alone:
            self._latest_lists[place] = _Reading(asked_at, self._rate_limit.tick, found)
        return found

    def latest_list(self, place: str) -> tuple[float, TaskList] | None:
        """The list of a place as it was read last, for whatever reason, and the tick at which it was asked for."""
        reading = self._latest_lists.get(place)
        return None if reading is None else (reading.asked_at, reading.list)

    def list_before_create(self, place: str) -> TaskList | None:
        """The list of a place that was read a moment ago, after the last create there had ended; None if none was.

        It stands for the one that `reserve_create` has counted, which is not read then.
        """
        reading = self._latest_lists.get(place)
        if reading is None or reading.asked_at <= self._created_at[place]:
            return None  # it may lack what was created last
        if self._rate_limit.tick - reading.answered_at > LONGEST_FRESH:
            return None
        if not self.has_daily_limit:
            self._rate_limit.give_back(self._granted_at, 1)
        return reading.list

    def keep(self, id: JobId, report: TaskReport) -> None:
        """Log what a list said about a job's task."""
        self._exchange_log.add(id, report.exchange)

    async def cancel(self, id: JobId, remote_id: RemoteId) -> None:
        """Stop a rendering. Only for a task that this program created. Raises Refused if the service cannot do that."""
        if self._cancelling is None:
            raise Refused("The service cannot stop a rendering.")
        await self._rate_limit.take(RequestKind.BALANCE)
        try:
            await self._cancelling.cancel(remote_id)
        except ServiceError as error:
            self._exchange_log.add(id, error.exchange)
            raise

    async def balance(self, id: JobId | None) -> Decimal | None:
        """Read the balance; None if the service has none (see `bills`). `id`: the job that it is read for."""
        if self._billing is None:
            return None
        await self._rate_limit.take(RequestKind.BALANCE)
        try:
            report = await self._billing.balance()
        except ServiceError as error:
            if id is not None:
                self._exchange_log.add(id, error.exchange)
            raise
        if id is not None:
            self._exchange_log.add(id, report.exchange)
        return report.amount

    async def top_up(self) -> None:
        """Raise the balance, which costs nothing, if the service can do that (see `tops_up`)."""
        if self._topping_up is not None:
            await self._rate_limit.take(RequestKind.BALANCE)
            await self._topping_up.top_up()
