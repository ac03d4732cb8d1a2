"""What only some servers of the dialect can do, as classes, so that `isinstance` tells what a service can do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sora_desktop.api.errors import BadAnswer, TooBusy, Unreachable
from sora_desktop.api.http.answer import json_in
from sora_desktop.api.http.client import NoAnswer, Reply
from sora_desktop.api.http.dates import date_of
from sora_desktop.api.http.transfers import ServiceTransport
from sora_desktop.api.openai import wire
from sora_desktop.api.openai.addresses import checked_addresses, root_of
from sora_desktop.api.openai.listing import PAGE_BYTES, Listing, page_in, path_of_page, start_in
from sora_desktop.api.openai.places import least_used, place_and_id, with_place
from sora_desktop.api.openai.profiles import Profile, profile_of
from sora_desktop.api.openai.service import TRANSPORT, OpenAIService
from sora_desktop.api.service import (
    Cancels,
    ListedTask,
    Lists,
    ObservedLimits,
    Places,
    TaskList,
    VideoService,
)
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.service_config import ServiceConfig

#: Most videos that are asked for one by one, where a list says hardly more than their ids.
MOST_DETAILS = 20


class ListingService(OpenAIService):
    """Implements Lists."""

    def spellings(self, remote_id: RemoteId) -> tuple[RemoteId, ...]:
        id = place_and_id(remote_id)[1]
        return tuple(dict.fromkeys((remote_id, id, *(with_place(id, place) for place in self.addresses))))

    async def tasks(
        self,
        place: str = "",
        *,
        created_since: float | None = None,
        limit: int | None = None,
        tells_start: bool = False,
        alone: bool = False,
    ) -> TaskList:
        place = place or self.addresses[0]
        start = None
        page = self.profile.page if limit is None else min(max(limit, 1), self.profile.page)
        listing, cursor = Listing(created_since, limit, page), ""
        while True:
            reply = await self._page(place, page, cursor, alone)
            try:
                cursor = listing.add(await page_in(reply.answer, place))
            except BadAnswer as error:
                error.exchange = reply.exchange
                raise
            if not cursor:
                break
        tasks, requests = listing.tasks, listing.pages
        if tells_start and self.profile.metrics:
            start = await self._start_of(place, alone)  # last: a restart before the list was read shows
            requests += 1
        if tells_start and not self.profile.lists_details:
            tasks, calls = await self._with_details(place, tasks, created_since)
            requests += calls
        return TaskList(
            tuple(self._placed(task, place) for task in tasks),
            listing.is_complete and self.profile.list_is_proof,
            date_of(reply.answer.headers),
            start,
            reply.exchange,
            requests,
        )

    async def _start_of(self, place: str, alone: bool) -> float | None:
        """Since when the server keeps its videos, by its clock; None if it does not say."""
        reply = await self._get(place, f"{root_of(place)}{self.profile.metrics}", limit=PAGE_BYTES, alone=alone)
        return start_in(reply.answer)

    async def _with_details(
        self, place: str, tasks: tuple[ListedTask, ...], created_since: float | None
    ) -> tuple[tuple[ListedTask, ...], int]:
        """The tasks with what each says itself, and the calls that it took. Only new ones are asked for, not many."""
        wanted = [
            task.remote_id
            for task in tasks
            if created_since is None or task.created_at is None or task.created_at >= created_since
        ][:MOST_DETAILS]
        found: dict[RemoteId, ListedTask] = {}
        for id in wanted:
            reply = await self._get(place, wire.video_path(id))
            task = wire.listed_task_in(json_in(reply.answer.content), place)
            if task is not None:
                found[id] = replace(task, remote_id=id)
        return tuple(found.get(task.remote_id, task) for task in tasks), len(wanted)

    async def _page(self, place: str, page: int, cursor: str, alone: bool) -> Reply:
        reply = await self._get(place, path_of_page(page, cursor), limit=PAGE_BYTES, alone=alone)
        if reply.answer.status != 200:
            raise self._error_for(reply)
        return reply

    def _placed(self, task: ListedTask, place: str) -> ListedTask:
        if len(self.addresses) == 1:
            return task
        return replace(task, remote_id=with_place(task.remote_id, place))


class CancellingService(ListingService):
    """Implements Cancels as well."""

    async def cancel(self, remote_id: RemoteId) -> None:
        place, id = self._place_and_id(remote_id)
        try:
            reply = await self._client_at(place).delete(wire.video_path(id))
        except NoAnswer as error:
            raise Unreachable(str(error), exchange=error.exchange) from error
        data = json_in(reply.answer.content)
        is_refused = reply.answer.status < 300 and isinstance(data, Mapping) and data.get("deleted") is False
        if reply.answer.status == 409 or is_refused:
            raise TooBusy(
                "The engine could not stop the rendering yet. Try again in a moment.",
                code=str(reply.answer.status),
                exchange=reply.exchange,
            )
        if reply.answer.status >= 300:
            raise self._error_for(reply)


class _Places(OpenAIService):
    """Implements Places."""

    def place_for_next(self, active: Iterable[RemoteId]) -> str:
        silent = self._silent_places()
        usable = tuple(place for place in self.addresses if place not in silent)
        return least_used(usable or self.addresses, active, self.addresses[0])

    def place_of(self, remote_id: RemoteId) -> str:
        return place_and_id(remote_id)[0] or self.addresses[0]


class PlacedService(_Places):
    """Has several addresses."""


class PlacedListingService(_Places, ListingService):
    """Has several addresses, and lists."""


class PlacedCancellingService(_Places, CancellingService):
    """Has several addresses, lists and cancels."""


if TYPE_CHECKING:  # `isinstance` compares the names of methods; this compares their signatures
    _service: type[VideoService] = OpenAIService
    _lists: type[Lists] = ListingService
    _cancels: type[Cancels] = CancellingService
    _places: type[Places] = PlacedService


def connect_engine(
    config: ServiceConfig,
    key: str,
    capabilities: Capabilities,
    *,
    observe: Callable[[ObservedLimits], None],
    installation: str = "",
    transport: ServiceTransport = TRANSPORT,
) -> OpenAIService:
    """A client with exactly the abilities of the service. Nothing is sent yet. Raises BadUrl.

    The parameters are those of OpenAIService.
    """
    profile = profile_of(config.profile, config.found_profile)
    places = len(checked_addresses(config, key))
    kind = _class_for(profile, has_places=places > 1)
    return kind(
        config,
        key,
        capabilities,
        observe=observe,
        installation=installation,
        transport=transport,
    )


def _class_for(profile: Profile, *, has_places: bool) -> type[OpenAIService]:
    if profile.cancels:  # what cancels also lists
        return PlacedCancellingService if has_places else CancellingService
    if profile.lists:
        return PlacedListingService if has_places else ListingService
    return PlacedService if has_places else OpenAIService
