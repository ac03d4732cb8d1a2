"""A world of one seed: a service, a program that is used, closed, killed and started again, and everything between."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import traceback
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from bench.virtual_loop import VirtualLoop
from simulation.auditor import Auditor, AuditResult
from simulation.books import PRICES, BookedCreate, Cause
from simulation.life import SENDER, Killed, Life, LifeSettings
from simulation.simulated_service import SimulatedService, new_books
from simulation.user import User

from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.money.spending_ledger import local_day
from sora_desktop.store.data_folder import DataFolder

#: 1 a.m. (UTC) of some day, in unix seconds: true time 0.
START = 1_788_480_000.0 + 3600.0
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What can happen in a world, besides faults of the service, kills and key changes."""

    name: str
    # What others move on the accounts: nothing, amounts that differ from every price and sum, or exact prices.
    has_limit: bool = False  # the user has a daily spending limit, and raises it now and then
    others: str = "nothing"
    charges_late: bool = False
    knows_prices: bool = True  # the user's price table is right at the start
    restores: bool = False  # an older copy of the database is put back now and then
    fails: float = 0.25  # share of the tasks that fail
    pace: float = 90.0  # seconds between two events, on average
    faults: float = 1.0  # how often a create goes wrong or something happens during it; 1: in about half of all cases
    two_processes: bool = False  # the lock of the data folder is deleted now and then, and another process starts


KINDS = (
    Kind("alone"),
    Kind("wrong prices", knows_prices=False, has_limit=True),
    Kind("with others", others="odd amounts", knows_prices=False),
    Kind("equal amounts", others="exact prices"),
    Kind("late charges", charges_late=True),
    Kind("backups", restores=True, knows_prices=False),
    Kind("two processes", has_limit=True, two_processes=True),
    Kind("everything", others="exact prices", charges_late=True, knows_prices=False, restores=True, two_processes=True),
    # where less happens at the same time, more outcomes can be determined
    Kind("quiet", fails=0.03, faults=0.15, pace=600.0, knows_prices=False),
    Kind(
        "quiet, with others",
        others="odd amounts",
        fails=0.03,
        faults=0.15,
        pace=600.0,
        restores=True,
        two_processes=True,
    ),
    # only where hardly anything else happens is a lost create ever called not charged
    Kind("rare faults", fails=0.0, faults=0.03, pace=900.0),
    Kind("rare faults, with others", others="odd amounts", charges_late=True, fails=0.003, faults=0.03, pace=900.0),
)


class Loop(VirtualLoop):
    """Tasks of a process that was killed end with `Killed`, which is no error."""

    def call_exception_handler(self, context: Mapping[str, Any]) -> None:
        if not isinstance(context.get("exception"), Killed):
            super().call_exception_handler(context)


class _Errors(logging.Handler):
    """Collects errors of the program that it has logged and survived."""

    def __init__(self, wrong: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._wrong = wrong

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info is not None and isinstance(record.exc_info[1], Exception):
            last = traceback.extract_tb(record.exc_info[2])[-1]
            self._wrong(f"{record.getMessage()}: {record.exc_info[1]!r} in {last.name}, line {last.lineno}")


class World:
    """Plays one seed. The same seed plays the same world."""

    def __init__(self, seed: int, jobs: int, folder: Path, trace: Callable[[str], None]) -> None:
        self.seed = seed
        self.kind = KINDS[seed % len(KINDS)]
        self._jobs = jobs
        self._loop = asyncio.get_running_loop()
        self._folder = folder
        (folder / "data").mkdir()
        self._library = DataFolder(folder / "data").database
        self._copies: list[Path] = []
        self._random = Random(f"{seed} world")
        self._set_ahead = 0.0  # seconds by which the wall clock is wrong
        self._trace_line = trace
        balance = Decimal(10**6) if self.kind.others == "nothing" else Decimal(20_000)
        self._service = SimulatedService(
            seed,
            new_books((balance, balance)),
            self.tick,
            create_received=self._create_received,
            charges_late=self.kind.charges_late,
            fails=self.kind.fails,
            faults=self.kind.faults,
        )
        self._auditor = Auditor(self._library, self._service.books, self.tick, self._trace)
        self._user = User(Random(f"{seed} user"), self._auditor, self._trace)
        if self.kind.has_limit:
            self._user.limit = Decimal(1500)
        self._clock = Clock(self.now, asyncio.sleep, self.tick)
        self._life: Life | None = None
        self._other: Life | None = None  # the process that was there first, while two are at work
        self._lives = 0
        self._key = "sk_a1"
        self._others = 0
        self._one_event = asyncio.Lock()
        self._background: set[asyncio.Task[Any]] = set()
        self._mischief: set[asyncio.Task[Any]] = set()
        self._events: dict[Callable[[], Awaitable[None]], float] = {
            self._submit: 50,
            self._use: 40,
            self._hide_balance: 4,
            self._fail_polls: 3,
            self._jump: 4,
            self._kill: 4,
            self._kill_at_a_call: 5,
            self._restart: 3,
            self._change_key: 3,
            self._copy_library: 4 if self.kind.restores else 0,
            self._restore_library: 2 if self.kind.restores else 0,
            self._start_a_second: 4 if self.kind.two_processes else 0,
            self._move_money: 0 if self.kind.others == "nothing" else 5,
        }

    def tick(self) -> float:
        """Seconds of the true clock."""
        return self._loop.time()

    def now(self) -> float:
        """Unix seconds of the machine's clock, which may be wrong."""
        return START + self.tick() + self._set_ahead

    async def run(self) -> AuditResult:
        """Play until enough jobs were submitted, let everything come to rest, and compare."""
        numbers = Random(f"{self.seed} ids")
        errors = _Errors(self._auditor.wrong)
        with (
            _handling(errors),
            self._service.in_place_of_the_network(),
            mock.patch.object(uuid, "uuid4", lambda: uuid.UUID(int=numbers.getrandbits(128))),
        ):
            await self._start()
            while self._user.submitted < self._jobs:
                await self._wait(self._random.expovariate(1 / self.kind.pace))
                async with self._one_event:
                    if self._living.is_dead:
                        await self._start_after_death()
                    (event,) = self._random.choices(list(self._events), list(self._events.values()))
                    await event()
                    self._check_spent()
            async with self._one_event:
                await self._rest()
            result = self._auditor.compare_all()
        self._auditor.close()
        return result

    @property
    def creates(self) -> int:
        """The number of creates that the service received."""
        return len(self._service.books.creates)

    async def _rest(self) -> None:
        self._trace("everything comes to rest")
        for task in list(self._mischief):
            task.cancel()
        await asyncio.gather(*self._mischief, return_exceptions=True)
        self._set_ahead = 0.0
        self._service.weather.calm = True
        await self._close_other()
        if self._living.is_dead:
            await self._start_after_death()
        await self._user.clean_up(self._living)
        for key, hours in (("sk_a1", 14), ("sk_b1", 14), ("sk_a1", 12), ("sk_a2", 2), ("sk_b1", 12)):
            await self._close()
            self._key = key
            await self._start()
            for _ in range(hours):
                await asyncio.sleep(HOUR)
                await self._living.runner.read_balance()
            await self._user.check_balances(self._living)
        await self._close()
        await self._user.aclose()
        await asyncio.gather(*self._background)
        await self._service.aclose()

    @property
    def _living(self) -> Life:
        assert self._life is not None
        return self._life

    async def _start(self) -> None:
        self._lives += 1
        rows = (
            (Price(PRICES["sora2-pro"], "sora2-pro"), Price(PRICES["sora2"]))
            if self.kind.knows_prices
            else (Price(PRICES["sora2"]),)
        )
        settings = LifeSettings(
            self._folder / "data", self._folder / "state", self._key, PriceTable(rows), self._user.limit
        )
        self._life = Life(f"life {self._lives}", settings, self._clock, self._wrote)
        self._trace(f"{self._life.name} begins with {self._key}")
        await self._life.start()
        self._auditor.look()

    async def _start_after_death(self) -> None:
        self._keep(self._background, self._living.bury())
        await asyncio.sleep(self._random.choice((1, 5, 60, 900)))
        await self._start()

    async def _close(self) -> None:
        life = self._living
        self._trace(f"{life.name} is being closed")
        if life.is_dead:
            await life.bury()
            return
        try:
            await life.aclose()
        except Killed:
            await life.bury()
        self._trace(f"{life.name} is closed")

    async def _wait(self, seconds: float) -> None:
        """Wait, but not longer than the process lives."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._living.died.wait(), seconds)

    async def _submit(self) -> None:
        if self._living.runner.waiting_count < 6:
            await self._user.submit(self._living)

    async def _use(self) -> None:
        other = self._other
        use_other = other is not None and not other.is_dead and self._random.random() < 0.5
        await self._user.act(other if other is not None and use_other else self._living)

    async def _hide_balance(self) -> None:
        self._service.weather.balance_hidden_until = self.tick() + self._random.uniform(20, 1800)
        self._trace("the balance cannot be read")

    async def _fail_polls(self) -> None:
        self._service.weather.polls_fail_until = self.tick() + self._random.uniform(20, 600)
        self._trace("polls fail")

    async def _jump(self) -> None:
        seconds = self._random.choice((25 * HOUR, -24 * HOUR, -1800.0, 1800.0))
        self._set_ahead = seconds
        self._trace(f"the clock jumps by {seconds:+.0f} s")

        async def back() -> None:
            await asyncio.sleep(60 if seconds > HOUR else self._random.uniform(60, 3 * HOUR))
            self._set_ahead = 0.0
            self._trace("the clock is right again")

        for task in list(self._mischief):
            if task.get_name() == "clock":
                task.cancel()
        self._keep(self._mischief, back(), "clock")

    async def _kill(self) -> None:
        self._trace(f"{self._living.name} is killed")
        self._living.kill()

    async def _kill_at_a_call(self) -> None:
        number, after = self._random.randrange(1, 25), self._random.random() < 0.5
        self._trace(f"{self._living.name} will be killed {'after' if after else 'before'} its call {number} from now")
        self._living.die_at_call(number, after=after)

    async def _restart(self) -> None:
        await self._close()
        await asyncio.sleep(self._random.choice((1, 60, 3 * HOUR)))
        await self._start()

    async def _change_key(self) -> None:
        await self._close()
        self._key = self._random.choice([key for key in ("sk_a1", "sk_a1", "sk_a2", "sk_b1") if key != self._key])
        await self._start()

    async def _copy_library(self) -> None:
        """Make a backup: of the whole database, or of its file without what is still in the write-ahead log."""
        copy = self._folder / f"copy {len(self._copies)}.db"
        if self._random.random() < 0.5:
            with closing(sqlite3.connect(self._library)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        else:
            shutil.copyfile(self._library, copy)
        self._copies.append(copy)
        self._trace(f"{copy.name} is made")

    async def _restore_library(self) -> None:
        """Put an earlier copy of the database back while no process runs."""
        copies = [copy for copy in self._copies[-2:] if _has_attempts(copy)]
        if not copies:
            return
        copy = self._random.choice(copies)
        await self._close_other()
        await self._close()
        self._auditor.close()
        for suffix in ("-wal", "-shm"):
            self._library.with_name(self._library.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(copy, self._library)
        lost = self._auditor.restored()
        self._auditor.close()
        self._trace(f"{copy.name} is put back; {lost} attempts are not in it")
        await self._start()
        self._auditor.check_told(lost)

    async def _start_a_second(self) -> None:
        """Start a process on the data folder of another one that still runs."""
        if self._other is not None:
            await self._close_other()
            return
        self._other = self._living
        DataFolder(self._folder / "data").lock_file.unlink()
        await self._start()

    async def _close_other(self) -> None:
        other, self._other = self._other, None
        if other is not None:
            if self._random.random() < 0.4:
                other.kill()
            self._trace(f"{other.name}, which was there first, is {'killed' if other.is_dead else 'closed'}")
            await (other.bury() if other.is_dead else other.aclose())

    async def _move_money(self) -> None:
        account = self._random.choice(self._service.books.accounts)
        self._others += 1
        if self.kind.others == "exact prices":
            amount = self._random.choice((*PRICES.values(), Decimal(300)))
        else:  # no sum of these is a whole number
            amount = self._random.randrange(20, 2000) + Decimal(1) / 10 ** (1 + self._others % 12)
        if self._random.random() < 0.4 and account.balance > 2000:
            amount = -amount
        account.move(self.tick(), amount, Cause.TOP_UP if amount > 0 else Cause.OTHER_PROGRAM)
        self._trace(f"others move {amount:+} on account {account.name}")

    def _create_received(self, create: BookedCreate) -> None:
        life = SENDER.get()
        self._auditor.create_received(create, life.begun)
        chance = self._random.random() / self.kind.faults
        if self._service.weather.calm or chance > 0.12:
            return
        event = self._random.choice((self._kill, self._restart, self._change_key, self._change_key))
        delay = self._random.uniform(0, 3 if chance < 0.08 else 60)

        async def strike() -> None:
            await asyncio.sleep(delay)
            async with self._one_event:
                if self._life is life and not life.is_dead:
                    await event()

        self._trace(f"during this create, in {delay:.1f} s: {event.__name__.strip('_')}")
        self._keep(self._mischief, strike())

    def _wrote(self, life: Life, method: str) -> None:
        if method == "begin_attempt":
            assert life.begun is not None
            self._auditor.begun(*life.begun, life.balance_read_at)
            if self._user.limit is not None and self._other is None:
                self._auditor.check_limit(self._user.limit, local_day(self.now()))
        if method not in ("add", "change"):  # these change jobs alone
            self._auditor.look()

    def _check_spent(self) -> None:
        life = self._living
        if self._other is None and not life.is_dead:
            self._auditor.check_spent(life.runner.money.spent_today, local_day(self.now()))

    def _keep(self, tasks: set[asyncio.Task[Any]], work: Any, name: str | None = None) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def _trace(self, what: str) -> None:
        self._trace_line(f"{self.tick():11.1f}  {what}")


@contextmanager
def _handling(handler: logging.Handler) -> Iterator[None]:
    log = logging.getLogger("sora_desktop")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def _has_attempts(copy: Path) -> bool:
    with closing(sqlite3.connect(copy)) as connection:
        try:
            return bool(connection.execute("SELECT count(*) FROM attempt").fetchone()[0])
        except sqlite3.Error:
            return False


def play(seed: int, jobs: int, folder: Path, trace: Callable[[str], None] = lambda _: None) -> tuple[str, AuditResult]:
    """Play a world in an empty folder. Return its result in one line, and what was found."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    async def played() -> tuple[str, AuditResult]:
        world = World(seed, jobs, folder, trace)
        result = await world.run()
        return f"seed {seed} ({world.kind.name})  {result.line(world.creates)}", result

    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(played())
