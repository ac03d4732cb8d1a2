"""What only some servers of the dialect can do, as classes, so that `isinstance` tells what a service can do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import quote

from sora_desktop.api.errors import BadAnswer, TooBusy, Unreachable
from sora_desktop.api.http.client import NoAnswer, Reply
from sora_desktop.api.http.connections import Timeouts
from sora_desktop.api.http.dates import date_of
from sora_desktop.api.openai.addresses import checked_addresses
from sora_desktop.api.openai.listing import PAGE_BYTES, Listing, page_in, path_of_page
from sora_desktop.api.openai.places import least_used, place_and_id, with_place
from sora_desktop.api.openai.profiles import Profile, profile_of
from sora_desktop.api.openai.service import TIMEOUTS, OpenAIService
from sora_desktop.api.service import ListedTask, ObservedLimits, TaskList
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.service_config import ServiceConfig


class ListingService(OpenAIService):
    """Implements Lists."""

    async def tasks(self, place: str = "", *, created_since: float | None = None) -> TaskList:
        place = place or self.addresses[0]
        listing, cursor = Listing(created_since), ""
        while True:
            reply = await self._page(place, cursor)
            try:
                cursor = listing.add(await page_in(reply.answer))
            except BadAnswer as error:
                error.exchange = reply.exchange
                raise
            if not cursor:
                break
        return TaskList(
            tuple(self._placed(task, place) for task in listing.tasks),
            listing.is_complete and self.profile.list_is_proof,
            date_of(reply.answer.headers),
            exchange=reply.exchange,
        )

    async def _page(self, place: str, cursor: str) -> Reply:
        reply = await self._get(place, path_of_page(self.profile.page, cursor), limit=PAGE_BYTES)
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
            reply = await self._client_at(place).delete(f"/videos/{quote(id, safe='')}")
        except NoAnswer as error:
            raise Unreachable(str(error), exchange=error.exchange) from error
        if reply.answer.status == 409:
            raise TooBusy(
                "The engine could not stop the rendering yet. Try again in a moment.",
                code="409",
                exchange=reply.exchange,
            )
        if reply.answer.status >= 300:
            raise self._error_for(reply)


class _Places(OpenAIService):
    """Implements Places."""

    def place_for_next(self, active: Iterable[RemoteId]) -> str:
        return least_used(self.addresses, active)

    def place_of(self, remote_id: RemoteId) -> str:
        return place_and_id(remote_id)[0] or self.addresses[0]


class PlacedService(_Places):
    """Has several addresses."""


class PlacedListingService(_Places, ListingService):
    """Has several addresses, and lists."""


class PlacedCancellingService(_Places, CancellingService):
    """Has several addresses, lists and cancels."""


def connect_engine(
    config: ServiceConfig,
    key: str,
    capabilities: Capabilities,
    *,
    observe: Callable[[ObservedLimits], None],
    timeouts: Timeouts = TIMEOUTS,
) -> OpenAIService:
    """A client with exactly the abilities of the service. Nothing is sent yet. Raises BadUrl."""
    profile = profile_of(config.profile, config.found_profile)
    places = len(checked_addresses(config, key))
    kind = _class_for(profile, has_places=places > 1)
    return kind(config, key, capabilities, observe=observe, timeouts=timeouts)


def _class_for(profile: Profile, *, has_places: bool) -> type[OpenAIService]:
    if profile.cancels:  # what cancels also lists
        return PlacedCancellingService if has_places else CancellingService
    if profile.lists:
        return PlacedListingService if has_places else ListingService
    return PlacedService if has_places else OpenAIService
