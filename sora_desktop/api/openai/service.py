"""Client of servers that speak the OpenAI Videos dialect."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sora_desktop.api.errors import (
    AnswerLost,
    BadAnswer,
    DownloadBroken,
    Gone,
    KeyRejected,
    Refused,
    ServiceError,
    Unreachable,
)
from sora_desktop.api.http.answer import ANSWER_LIMIT, HttpAnswer, json_in, without_key
from sora_desktop.api.http.client import HttpClient, NoAnswer, Reply, incomplete_answer
from sora_desktop.api.http.connections import ENGINE, NO_HEADERS, Endpoint, Timeouts
from sora_desktop.api.http.dates import date_of
from sora_desktop.api.http.form_body import FormFile, form_body
from sora_desktop.api.http.json_values import code_in
from sora_desktop.api.http.transfers import ServiceTransport
from sora_desktop.api.openai import wire
from sora_desktop.api.openai.addresses import checked_addresses, root_of
from sora_desktop.api.openai.failures import call_error, create_error, first_url_in, key_refusal
from sora_desktop.api.openai.places import place_and_id, with_place
from sora_desktop.api.openai.profiles import FormField, Profile, profile_of
from sora_desktop.api.openai.video_ids import NOTABLE_IDS, new_video_in
from sora_desktop.api.service import Created, ObservedLimits, TaskReport
from sora_desktop.domain.capabilities import Capabilities, problems_in
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import ServiceConfig

log = logging.getLogger(__name__)

#: Most bytes of an error that a proxy delivers as a file.
_LONGEST_ERROR = 64 * 1024
_NO_FILE = "The engine does not have the file of this video, or not yet."
#: Some engines hold a create while they warm up, although they answer about their health.
TIMEOUTS = Timeouts(create=180.0)
TRANSPORT = ServiceTransport(TIMEOUTS)
#: Seconds within which a server answers about its health. It has nothing else to do for that.
HEALTH_TIMEOUT = 10.0
#: Seconds for which an answer of a server that it is well counts, if nothing has failed there since.
HEALTHY = 60.0
#: Seconds for which an address that could not be reached gets no jobs while there are others.
SILENCE = 60.0

#: Seconds for which polls have connections of their own after an address did not know a task.
MISSING = 60.0


def _ignore(_: object) -> None:
    """A listener that does nothing."""


class OpenAIService:
    """Implements VideoService. Repeats no call. Subclasses in `abilities.py` can do more.

    `observe` is called with the date of each answer of the first address. `installation` stands for the data folder at
    a server that separates its users.
    """

    def __init__(
        self,
        config: ServiceConfig,
        key: str,
        capabilities: Capabilities,
        *,
        observe: Callable[[ObservedLimits], None] = _ignore,
        installation: str = "",
        tick: Callable[[], float] = time.monotonic,
        transport: ServiceTransport = TRANSPORT,
    ) -> None:
        self.profile: Profile = profile_of(config.profile, config.found_profile)
        self._capabilities = capabilities
        self._key = key
        self._key_variable = config.key_variable
        setup = replace(ENGINE, key_variable=config.key_variable)
        self._observe = observe
        self._tick = tick
        self._health_timeout = min(HEALTH_TIMEOUT, transport.timeouts.answer)
        self._silent: dict[str, float] = {}  # addresses that could not be reached, and the tick of the last try
        self._missing: dict[str, float] = {}  # addresses that did not know a task, and the tick of the last such answer
        self._well: dict[str, float] = {}  # addresses that have said that they are well, and the tick
        self._timeouts = transport.timeouts
        #: Each has videos of its own.
        self.addresses = checked_addresses(config, key)
        headers = {"user": installation} if installation and self.profile.separates_users else NO_HEADERS
        self._clients = {
            address: HttpClient(
                Endpoint(address, key, transport.timeouts, headers, setup),
                time.time,
                NOTABLE_IDS,
                transport.download_process,
            )
            for address in self.addresses
        }

    @property
    def create_timeout(self) -> float:
        return self._timeouts.whole_create + self._health_timeout + self._timeouts.connect

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        return await self.create_at(self.addresses[0], request)

    async def create_at(self, place: str, request: VideoRequest) -> Created:
        """Ask for one video at an address, which must be one of the service's. See VideoService.create."""
        model = self._capabilities.model(request.model)
        if (problems := problems_in(request, self._capabilities)) or model is None:  # nothing is left out silently
            raise Refused(problems[0])
        client = self._client_at(place)
        fields = wire.form_fields(request, model, self.profile)
        image = request.image
        file = None if image is None else FormFile(FormField.IMAGE, image.file)
        try:
            form = await form_body(fields, file)
        except OSError as error:
            raise Refused(f"The reference image cannot be read: {error.strerror or error}. Add it again.") from error
        requests = 1 + await self._require_health(place, client)
        try:
            reply = await self._noted(place, client.post_form("/videos", form))
        except NoAnswer as error:
            created = self._created(place, incomplete_answer(error), error.exchange)
            if created is None:
                raise _answer_lost(error) from error
            return created
        except asyncio.CancelledError as error:
            with suppress(AnswerLost):
                exchange = getattr(error, "exchange", None)
                error.created = self._created(  # type: ignore[attr-defined]
                    place, incomplete_answer(error), exchange
                )
            raise
        try:
            return replace(self._outcome_of(place, reply), requests=requests)
        except ServiceError:
            raise
        except Exception as error:  # a mistake of the program must not lose the answer
            error.exchange = reply.exchange  # type: ignore[attr-defined]
            raise

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        place, id = self._place_and_id(remote_id)
        reply = await self._get(place, wire.video_path(id), alone=self._may_be_several(place))
        if reply.answer.status == 404:
            self._missing[place] = self._tick()
        data = json_in(reply.answer.content)
        is_error = reply.answer.status >= 400 or not isinstance(data, dict)
        if is_error and not wire.is_video(data):  # a failed video can have the status of its failure
            raise self._error_for(reply)
        if self.profile.keeps_id and _is_of_another_video(data, id):
            raise BadAnswer("The engine answered about another video than this one. Trying again.")
        try:
            report = wire.video_report_in(data, f"{place}{wire.content_path(id)}")
        except BadAnswer as error:
            error.exchange = reply.exchange
            raise
        return replace(
            report,
            reason=without_key(self._key, report.reason),
            code=without_key(self._key, report.code),
            exchange=reply.exchange,
        )

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        client = self._client_for(url)
        try:
            await client.download(url, part, progress)
        except (Gone, DownloadBroken) as error:
            if error.code not in ("400", "401", "403", "404", "410"):
                raise
            stored = await self._stored_elsewhere(client, url, error)
            await client.download(stored, part, progress)
        if (error_code := await asyncio.to_thread(_taken_error, part)) is not None:
            raise Gone(_NO_FILE, code=error_code)

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def _stored_elsewhere(self, client: HttpClient, url: str, failure: Gone | DownloadBroken) -> str:
        """The address that the engine names in its answer instead of the file. Raises the error if it names none."""
        if failure.code in ("401", "403"):
            raise KeyRejected(key_refusal(self._key, self._key_variable), code=failure.code) from failure
        if failure.code == "400":
            reply = await self._get_with(client, url)
            if found := first_url_in(reply.answer):
                return found
        raise Gone(_NO_FILE, code=failure.code) from failure

    def _created(self, place: str, answer: HttpAnswer | None, exchange: Exchange | None) -> Created | None:
        """The create that an answer shows to be accepted, whatever else it says; None if it names no video.

        Raises AnswerLost if it names several.
        """
        if answer is None or exchange is None:
            return None
        try:
            id = new_video_in(answer)
        except BadAnswer as error:
            error.exchange = exchange
            raise _answer_lost(error) from error
        if id is None:
            return None
        return Created(with_place(id, place) if len(self.addresses) > 1 else id, exchange)

    def _outcome_of(self, place: str, reply: Reply) -> Created:
        """What the whole answer to a create means."""
        self._observed(place, reply)
        created = self._created(place, reply.answer, reply.exchange)
        if created is not None:
            self._well[place] = self._tick()
            return created
        error = create_error(reply.answer, self.profile, self._key, self._key_variable)
        error.exchange = reply.exchange
        raise _answer_lost(error) if isinstance(error, BadAnswer) else error

    async def _require_health(self, place: str, client: HttpClient) -> int:
        """Make sure that a server says that it is well; return the number of calls that this took: 1 or 0.

        Raises Unreachable, before anything was sent, if it says that it cannot render now, or nothing.
        """
        well_at = self._well.get(place)
        if not self.profile.health or (well_at is not None and self._tick() - well_at < HEALTHY):
            return 0
        asked_at = self._tick()
        try:
            call = client.get(f"{root_of(place)}{self.profile.health}", seconds=self._health_timeout)
            reply = await self._noted(place, call)
        except NoAnswer as error:
            raise Unreachable(
                "The engine does not answer about its health. Nothing was sent. It is asked again.",
                exchange=error.exchange,
            ) from error
        if reply.answer.status in (502, 503, 504):
            self._silent[place] = self._tick()
            raise Unreachable(
                "The engine is not ready: it is warming up, or was stopped. Nothing was sent. It is asked again.",
                code=str(reply.answer.status),
                exchange=reply.exchange,
            )
        self._well[place] = asked_at
        return 1

    def _place_and_id(self, remote_id: RemoteId) -> tuple[str, RemoteId]:
        """Where a task is, and its id there. Raises Unreachable if the address is no longer one of the service's."""
        place, id = place_and_id(remote_id)
        place = place or self.addresses[0]
        self._client_at(place)
        return place, id

    def _client_at(self, place: str) -> HttpClient:
        client = self._clients.get(place)
        if client is None:
            raise Unreachable(f"The address {place} was removed from this service. Add it again to ask for this video.")
        return client

    def _client_for(self, url: str) -> HttpClient:
        """The client that gets a file: that of the address that names it, else any, which sends no key elsewhere."""
        matching = [place for place in self.addresses if url.startswith(f"{place}/")]
        return self._clients[max(matching, key=len, default=self.addresses[0])]

    async def _get(self, place: str, path: str, *, limit: int = ANSWER_LIMIT, alone: bool = False) -> Reply:
        """`alone`: on a connection of its own."""
        reply = await self._noted(place, self._get_with(self._client_at(place), path, limit=limit, alone=alone))
        self._observed(place, reply)
        return reply

    async def _get_with(
        self, client: HttpClient, path: str, *, limit: int = ANSWER_LIMIT, alone: bool = False
    ) -> Reply:
        try:
            return await client.get(path, limit=limit, alone=alone)
        except NoAnswer as error:
            raise Unreachable(str(error), exchange=error.exchange) from error

    async def _noted(self, place: str, call: Coroutine[object, object, Reply]) -> Reply:
        """The reply to a call; whether the address could be reached is noted for `_silent_places`."""
        try:
            reply = await call
        except (Unreachable, NoAnswer):
            self._silent[place] = self._tick()
            self._well.pop(place, None)
            raise
        self._silent.pop(place, None)
        if reply.answer.status >= 500:
            self._well.pop(place, None)
        return reply

    def _may_be_several(self, place: str) -> bool:
        """True if several engines may share an address: a kept connection could lead to the same one each time."""
        return self._tick() - self._missing.get(place, -MISSING) < MISSING

    def _silent_places(self) -> set[str]:
        """The addresses that could not be reached a moment ago."""
        now = self._tick()
        return {place for place, at in self._silent.items() if now - at < SILENCE}

    def _error_for(self, reply: Reply) -> ServiceError:
        error = call_error(reply.answer, self._key, self._key_variable)
        error.exchange = reply.exchange
        return error

    def _observed(self, place: str, reply: Reply) -> None:
        """Pass on the date of an answer: the clocks of several addresses may differ, so only the first one counts."""
        if place != self.addresses[0]:
            return
        try:
            self._observe(ObservedLimits(date=date_of(reply.answer.headers)))
        except Exception:  # the answer is worth more than its date
            log.exception("the date of an answer could not be noted")


def _taken_error(part: Path) -> str | None:
    """Remove a file that is an error in JSON, as LiteLLM delivers it; return its code. None: it can be a video."""
    with part.open("rb") as opened:
        content = opened.read(_LONGEST_ERROR + 1)
    data = json_in(content) if content.startswith(b"{") and len(content) <= _LONGEST_ERROR else None
    if not isinstance(data, dict):
        return None
    part.unlink()
    error = data.get("error")
    return code_in(error.get("code")) if isinstance(error, dict) else ""


def _is_of_another_video(data: object, asked: RemoteId) -> bool:
    named = data.get("id") if isinstance(data, dict) else None
    return isinstance(named, str) and named.strip() not in ("", asked)


def _answer_lost(error: ServiceError) -> AnswerLost:
    return AnswerLost(f"The request got no clear answer. {error}", code=error.code, exchange=error.exchange)
