"""A service that answers as the Sora 2 Video API does, loses and delays answers at random, and keeps true books.

It takes the place of the network below httpx, so that the program's own reading of answers is part of the simulation.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from email.utils import formatdate
from random import Random
from typing import Any

import httpx
from simulation.books import Account, Answer, BookedCreate, Books, Cause, Task

BASE_URL = "https://service.example/api/v1"
#: Seconds: longer than any patience of the program.
FOREVER = 100_000.0
#: Ways in which a create can go, and how often, of a thousand.
COURSES = {
    "accepted": 560,
    "accepted slowly": 90,
    "lost after its charge": 90,
    "lost before its charge": 80,
    "never answered, charged": 20,
    "cut after the id": 30,
    "internal error, charged": 20,
    "internal error, not charged": 20,
    "refused": 40,
    "refused with an id": 20,
    "not connected": 30,
}
#: Refusals without a task, as status and code: a rate limit, too many tasks, bad input, content policy.
REFUSALS = ((429, 2001), (200, 2002), (400, 4000), (200, 4010), (400, 4010))
#: Refusals that name a task all the same.
REFUSALS_WITH_ID = ((429, 2001), (200, 2002), (200, 3001), (400, 4000))


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `ending` says how it ends: "whole", "cut" after its content, or "reset" before it."""

    status: int = 200
    body: object = None
    ending: str = "whole"


@dataclass
class Weather:
    """What goes wrong at the moment. Times are of the true clock."""

    balance_hidden_until: float = 0.0
    polls_fail_until: float = 0.0
    calm: bool = False  # nothing goes wrong any more


class SimulatedService:
    """Plays the service for all processes of one world. Every random choice depends on the seed and a number alone."""

    def __init__(
        self,
        seed: int,
        books: Books,
        tick: Callable[[], float],
        *,
        create_received: Callable[[BookedCreate], None],
        charges_late: bool,
        fails: float,
        faults: float,
    ) -> None:
        """`tick`: the true clock, in seconds. `create_received` is called with each create before it is carried out.

        `fails`: share of the tasks that fail. `faults`: how often creates go wrong; 1 as in `COURSES`.
        """
        self.books = books
        self.weather = Weather()
        self._seed = seed
        self._tick = tick
        self._create_received = create_received
        self._charges_late = charges_late
        self._fails = fails
        self._courses = {course: often * (1 if course == "accepted" else faults) for course, often in COURSES.items()}
        self._refundable: list[Task] = []
        self._requests = 0  # to create
        self._polls = 0
        self._work: set[asyncio.Task[Any]] = set()
        #: Creates that are being answered at the moment.
        self.in_flight = 0

    @contextmanager
    def in_place_of_the_network(self) -> Iterator[None]:
        """Every call of httpx ends here."""
        real = httpx.AsyncHTTPTransport.handle_async_request

        async def answer(_: object, request: httpx.Request) -> httpx.Response:
            return await self._answer(request)

        httpx.AsyncHTTPTransport.handle_async_request = answer  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            httpx.AsyncHTTPTransport.handle_async_request = real  # type: ignore[method-assign]

    async def aclose(self) -> None:
        """Stop what is still going on."""
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        account = self.books.account_of(request.headers.get("Authorization", "").removeprefix("Bearer "))
        path = request.url.path.removeprefix("/api/v1/")
        if account is None:
            reply = Reply(401, {"code": 1001, "error": "API key is invalid"})
        elif request.method == "POST":
            await request.aread()
            model = path.partition("/")[0]
            # the service goes on with a request whose sender has gone away
            reply = await asyncio.shield(self._start(self._create(account, model)))
        elif path == "credits":
            reply = await self._credits(account)
        else:
            reply = await self._task(account, path.removeprefix("tasks/"))
        if reply.ending == "reset":
            raise httpx.ReadError("the connection was reset", request=request)
        headers = {"Content-Type": "application/json", "Date": formatdate(1_788_480_000 + self._tick(), usegmt=True)}
        return httpx.Response(reply.status, headers=headers, stream=_Body(reply), request=request)

    def _start(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    async def _create(self, account: Account, model: str) -> Reply:
        self._requests += 1
        random = Random(f"{self._seed} create {self._requests}")
        (course,) = random.choices(list(self._courses), list(self._courses.values()))
        if self.weather.calm:
            course = "accepted"
        if course == "not connected":
            await asyncio.sleep(random.uniform(0.1, 3))
            raise httpx.ConnectError("the network is unreachable")
        create = BookedCreate(len(self.books.creates) + 1, account, model)
        self.books.creates.append(create)
        self._create_received(create)
        self.in_flight += 1
        try:
            return await self._carried_out(create, course, random)
        finally:
            self.in_flight -= 1

    async def _carried_out(self, create: BookedCreate, course: str, random: Random) -> Reply:
        await asyncio.sleep(random.uniform(0.05, 2))
        if course in ("refused", "lost before its charge", "internal error, not charged"):
            return await self._not_charged(create, course, random)
        if create.account.balance < create.price:
            create.answer = Answer.REFUSED
            return Reply(200, {"code": 3001, "error": "Insufficient credits"})
        slow = random.uniform(5, 110) if course == "accepted slowly" else random.uniform(0, 2)
        charged_first = random.random() < 0.5
        if not charged_first:
            await asyncio.sleep(slow)
        if self._charges_late and course == "lost after its charge" and random.random() < 0.3:
            create.charges_late = True
            self._start(self._charge_late(create, random))
            return Reply(ending="reset")
        task = self._charge(create, random)
        if course not in ("accepted", "accepted slowly", "refused with an id", "cut after the id"):
            self._refund_at_a_bad_moment(create)
        if charged_first:
            await asyncio.sleep(slow)
        accepted = {"code": 200, "msg": "success", "data": {"task_id": task.id}}
        match course:
            case "lost after its charge":
                return Reply(ending="reset")
            case "never answered, charged":
                await asyncio.sleep(FOREVER)
                return Reply(ending="reset")
            case "internal error, charged":
                return Reply(500, {"code": 5000, "error": "Internal error"})
        create.answer = Answer.ACCEPTED
        if course == "cut after the id":
            return Reply(200, accepted, "cut")
        if course == "refused with an id":
            status, code = random.choice(REFUSALS_WITH_ID)
            return Reply(status, {"code": code, "error": "Try again later", "data": {"task_id": task.id}})
        return Reply(200, accepted)

    async def _not_charged(self, create: BookedCreate, course: str, random: Random) -> Reply:
        await asyncio.sleep(random.uniform(0, 2))
        if course == "refused":
            create.answer = Answer.REFUSED
            status, code = random.choice(REFUSALS)
            if code == 4010:
                return Reply(status, {"code": code, "error": "content_policy_violation: not allowed"})
            return Reply(status, {"code": code, "error": "Not now", "retryAfter": 5})
        if course == "internal error, not charged":
            return Reply(500, {"code": 5000, "error": "Internal error"})
        if random.random() < 0.2:
            await asyncio.sleep(FOREVER)
        return Reply(ending="reset")

    async def _charge_late(self, create: BookedCreate, random: Random) -> None:
        await asyncio.sleep(random.uniform(2, 120))
        self._charge(create, random)

    def _charge(self, create: BookedCreate, random: Random) -> Task:
        now = self._tick()
        create.charged_at = now
        create.account.move(now, -create.price, Cause.CHARGE)
        fails = random.random() < self._fails
        task = Task(f"task_{create.number:05}", create, now + random.uniform(40, 500), fails, _refund_delay(random))
        create.task = self.books.tasks[task.id] = task
        if fails and task.refund_after is not None:
            self._start(self._refund_after(task, task.refund_after))
            if random.random() < 0.5:
                self._refundable.append(task)
        return task

    async def _refund_after(self, task: Task, delay: float) -> None:
        await asyncio.sleep(task.ends_at + delay - self._tick())
        self._refund(task)

    def _refund(self, task: Task) -> None:
        if task.create.refunded_at is None:
            task.create.refunded_at = self._tick()
            task.create.account.move(self._tick(), task.create.price, Cause.REFUND)

    def _refund_at_a_bad_moment(self, create: BookedCreate) -> None:
        """Refund another task at the price of a create whose answer will be lost, so that its charge is not seen."""
        for task in self._refundable:
            other = task.create
            failed = task.ends_at <= self._tick() and other.refunded_at is None
            if failed and other.account is create.account and other.price == create.price:
                self._refundable.remove(task)
                self._refund(task)
                return

    async def _credits(self, account: Account) -> Reply:
        await asyncio.sleep(0.1)
        if self._tick() < self.weather.balance_hidden_until and not self.weather.calm:
            return Reply(500, {"code": 5000, "error": "Internal error"})
        amount = account.balance
        await asyncio.sleep(0.1)
        return Reply(200, {"code": 200, "msg": "success", "data": {"credits": str(amount)}})

    async def _task(self, account: Account, id: str) -> Reply:
        await asyncio.sleep(0.1)
        self._polls += 1
        random = Random(f"{self._seed} poll {self._polls}")
        chance = 1.0 if self.weather.calm else random.random()
        if chance < 0.03:
            return Reply(ending="reset")
        if chance < 0.05 or (self._tick() < self.weather.polls_fail_until and not self.weather.calm):
            return Reply(503, {"code": 5003, "error": "Overloaded"})
        task = self.books.tasks.get(id)
        if task is None or task.create.account is not account or chance < 0.06:
            return Reply(404, {"code": 404, "error": "Task not found"})
        if chance < 0.075:
            others = [other for other in self.books.tasks.values() if other.create.account is account]
            task = random.choice(others)
        return Reply(200, {"code": 200, "msg": "success", "data": self._report(task)})

    def _report(self, task: Task) -> dict[str, object]:
        if self._tick() < task.ends_at:
            return {"task_id": task.id, "status": "processing"}
        if task.fails:
            return {"task_id": task.id, "status": "failed", "error": "The rendering failed"}
        return {"task_id": task.id, "status": "completed", "video_url": f"https://cdn.example/{task.id}.mp4"}


def _refund_delay(random: Random) -> float | None:
    """Seconds from a failure to its refund; None if there is none."""
    chance = random.random()
    if chance < 0.15:
        return None
    if chance < 0.6:
        return random.uniform(0, 5)
    return random.uniform(5, 1800) if chance < 0.85 else random.uniform(1800, 20 * 3600)


class _Body(httpx.AsyncByteStream):
    """The content of an answer, which may break off after its last byte."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield json.dumps(self._reply.body).encode()
        if self._reply.ending == "cut":
            raise httpx.RemoteProtocolError("the connection was closed before the answer ended")


def new_books(balances: tuple[Decimal, Decimal]) -> Books:
    """Two accounts; the first one has two keys."""
    first, second = balances
    return Books((Account("A", ("sk_a1", "sk_a2"), first), Account("B", ("sk_b1",), second)))
