"""Client of the Sora 2 Video API."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sora_desktop.api.errors import AnswerLost, BadAnswer, NotFound, Refused, ServiceError, TooBusy, Unreachable
from sora_desktop.api.http.answer import HttpAnswer, without_key
from sora_desktop.api.http.client import HttpClient, NoAnswer, Reply, incomplete_answer
from sora_desktop.api.http.connections import FIRST, Endpoint, Setup
from sora_desktop.api.http.origin import checked_base_url
from sora_desktop.api.http.transfers import ServiceTransport
from sora_desktop.api.service import BalanceReport, Created, ObservedLimits, TaskReport, Uploaded
from sora_desktop.api.sora import wire
from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.api.sora.envelope import data_of
from sora_desktop.api.sora.error_codes import Overloaded
from sora_desktop.api.sora.refusals import doubt_about
from sora_desktop.api.sora.task_ids import NOTABLE, new_task_in
from sora_desktop.domain.capabilities import Capabilities, problems_in
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.domain.request import ReferenceImage, VideoRequest

log = logging.getLogger(__name__)

T = TypeVar("T")


def _ignore(_: object) -> None:
    """A listener that does nothing."""


class SoraService:
    """Implements VideoService and Bills. Repeats no call.

    `observe` is called with the limits in each answer. `setup`: what messages tell the user to correct.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        capabilities: Capabilities = CAPABILITIES,
        *,
        observe: Callable[[ObservedLimits], None] = _ignore,
        now: Callable[[], float] = time.time,
        transport: ServiceTransport | None = None,
        setup: Setup = FIRST,
    ) -> None:
        self._capabilities = capabilities
        self._key = key
        self._observe = observe
        transport = transport or ServiceTransport()
        self._timeouts = transport.timeouts
        self._setup = setup
        endpoint = Endpoint(checked_base_url(base_url), key, transport.timeouts, setup=setup)
        self._http = HttpClient(endpoint, now, NOTABLE, transport.download_process)

    @property
    def create_timeout(self) -> float:
        return self._timeouts.whole_create

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        if problems := problems_in(request, self._capabilities):  # nothing is left out silently
            raise Refused(problems[0])
        body = wire.encode_body(wire.create_body(request, image_url))
        try:
            reply = await self._http.post(wire.create_path(request), body)
        except NoAnswer as error:
            created = _created(incomplete_answer(error), error.exchange)
            if created is None:
                raise _answer_lost(error) from error
            return created
        except asyncio.CancelledError as error:
            with suppress(AnswerLost):
                error.created = _created(incomplete_answer(error), error.exchange)  # type: ignore[attr-defined]
            raise
        try:
            return self._outcome_of(reply)
        except ServiceError:
            raise
        except Exception as error:  # a mistake of the program must not lose the answer
            error.exchange = reply.exchange  # type: ignore[attr-defined]
            raise

    def _outcome_of(self, reply: Reply) -> Created:
        """What the whole answer to a create means."""
        created = _created(reply.answer, reply.exchange)
        self._observed(reply)
        if created is not None:
            return created
        try:
            self._read(reply, lambda _: None)
        except BadAnswer as error:
            raise _answer_lost(error) from error
        except ServiceError as error:
            if doubt := doubt_about(reply.answer):
                raise _answer_lost(BadAnswer(doubt, code=error.code, exchange=reply.exchange)) from error
            if not isinstance(error, NotFound):
                raise
            message = f"The service does not know this kind of request. Check the {self._setup.base_url}."
            raise Refused(message, code=error.code, exchange=error.exchange) from error
        no_id = BadAnswer("The service accepted the request but gave no task id.", exchange=reply.exchange)
        raise _answer_lost(no_id)

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        reply = await self._get(f"/tasks/{quote(remote_id, safe='')}")
        report = self._read_idempotent(reply, lambda data: wire.task_report_in(data, remote_id))
        return replace(
            report,
            reason=without_key(self._key, report.reason),
            code=without_key(self._key, report.code),
            exchange=reply.exchange,
        )

    async def balance(self) -> BalanceReport:
        reply = await self._get("/credits")
        return BalanceReport(self._read_idempotent(reply, wire.balance_in), reply.exchange)

    async def upload(self, image: ReferenceImage) -> Uploaded:
        reply = self._observed(await self._http.upload("/upload", image.file, image.name))
        try:
            self._read(reply, lambda data: data)
        except BadAnswer as error:
            message = f"The image could not be uploaded. Trying again. {error}"
            raise Unreachable(message, code=error.code, exchange=error.exchange) from error
        return Uploaded(self._read(reply, wire.image_url_in), reply.exchange)

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        await self._http.download(url, part, progress)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _get(self, path: str) -> Reply:
        try:
            return self._observed(await self._http.get(path))
        except NoAnswer as error:
            raise Unreachable(str(error), exchange=error.exchange) from error

    def _observed(self, reply: Reply) -> Reply:
        try:
            self._observe(wire.limits_in(reply.answer.headers))
        except Exception:  # the answer is worth more than its limits
            log.exception("the limits in an answer could not be noted")
        return reply

    def _read(self, reply: Reply, reader: Callable[[object], T]) -> T:
        """Read the data of an answer. Errors carry the exchange."""
        try:
            return reader(data_of(reply.answer, self._key, self._setup))
        except ServiceError as error:
            error.exchange = reply.exchange
            raise

    def _read_idempotent(self, reply: Reply, reader: Callable[[object], T]) -> T:
        """The same for a call that may be repeated: an overloaded service is too busy, not in doubt."""
        try:
            return self._read(reply, reader)
        except Overloaded as error:
            raise TooBusy(
                str(error), retry_after=error.retry_after, code=error.code, exchange=error.exchange
            ) from error


def _created(answer: HttpAnswer | None, exchange: Exchange | None) -> Created | None:
    """The create that an answer shows to be accepted, whatever else the answer says; None if it names no task.

    Raises AnswerLost if it mentions a task that cannot be identified.
    """
    if answer is None or exchange is None:
        return None
    try:
        remote_id = new_task_in(answer)
    except BadAnswer as error:
        error.exchange = exchange
        raise _answer_lost(error) from error
    return None if remote_id is None else Created(remote_id, exchange)


def _answer_lost(error: ServiceError) -> AnswerLost:
    return AnswerLost(
        f"The request got no clear answer: {error} It may have been charged.",
        code=error.code,
        exchange=error.exchange,
    )
