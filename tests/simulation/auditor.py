"""Compares the program's ledger with the service's true books, after every write and at the end."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from simulation.books import PRICES, Account, Answer, BookedCreate, Books, Cause, can_explain

from sora_desktop.domain.job import Failed, Job, JobId, Ready, Unconfirmed
from sora_desktop.domain.ledger import Outcome, TaskEnd
from sora_desktop.store import codec

#: Attempts whose request was charged or not, according to the ledger.
CHARGED = (Outcome.ACCEPTED, Outcome.BILLED, Outcome.REFUNDED)
NOT_CHARGED = (Outcome.REFUSED, Outcome.NOT_BILLED)
IN_DOUBT = (Outcome.OPEN, Outcome.UNKNOWN)


ATTEMPTS = "SELECT id, job_id, sent_at, outcome, price, task_end FROM attempt"


class Row(NamedTuple):
    """An attempt as the ledger has it."""

    number: int
    job: JobId
    sent_at: float
    outcome: Outcome
    price: Decimal | None
    task_end: str

    @property
    def key(self) -> tuple[int, JobId, float]:
        """Names the attempt also if its number is used again after a restored backup."""
        return self.number, self.job, self.sent_at


@dataclass
class Tried:
    """An attempt of the program, and the create that the service received for it, if it did."""

    row: Row
    begun_at: float
    #: When the balance before was read at the latest; seconds of the true clock.
    before_at: float
    learned_price: Decimal | None
    create: BookedCreate | None = None
    lost: bool = False  # the row is not in the ledger any more, since an older one was put back


@dataclass
class AuditResult:
    """What a run has shown."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def line(self, creates: int) -> str:
        """The result in one line."""
        known = ("charged", "refunded", "not charged", "refused", "unknown")
        named = [f"{name} {self.counts[name]}" for name in known]
        rest = [f"{name} {count}" for name, count in sorted(self.counts.items()) if name not in known]
        return "  ".join([f"creates {creates}", *named, *rest, f"wrong {len(self.wrong)}"])


class Auditor:
    """Sees each write of every process and each create that the service receives."""

    def __init__(self, database: Path, books: Books, tick: Callable[[], float], trace: Callable[[str], None]) -> None:
        self._file = database
        self._books = books
        self._tick = tick
        self._trace = trace
        self.result = AuditResult()
        self.tried: dict[tuple[int, JobId, float], Tried] = {}
        self._connection: sqlite3.Connection | None = None
        self._learned: dict[str, Decimal] = {}
        #: By job: its creates, and how often the user allowed one more.
        self._creates: dict[JobId, list[BookedCreate]] = {}
        self._allowed: Counter[JobId] = Counter()
        self._sent_since_backup: set[JobId] = set()
        self._seen: dict[int, tuple[Any, ...]] = {}  # rows by number, as last seen
        self.names: dict[JobId, str] = {}  # short names of jobs for the trace

    def close(self) -> None:
        """Let go of the file, which is about to be replaced."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def name(self, job: JobId) -> str:
        """A short name of the job for the trace."""
        return self.names.setdefault(job, f"job {len(self.names) + 1}")

    def allow(self, job: JobId) -> None:
        """The user has asked for one more create of the job."""
        self._allowed[job] += 1

    def released(self, job: JobId) -> None:
        """The user lets a job on hold be sent. If it was sent after the backup, that is one more create."""
        if job in self._sent_since_backup:
            self._sent_since_backup.discard(job)
            self.allow(job)

    def disallow(self, job: JobId) -> None:
        """The program has rejected what the user asked for."""
        self._allowed[job] -= 1

    def begun(self, job: Job, number: int, balance_read_at: float | None) -> None:
        """A process has written a new attempt to the ledger."""
        row = next(row for row in self._rows(number) if row.job == job.id)
        now = self._tick()
        before_at = now if balance_read_at is None else balance_read_at
        self.tried[row.key] = Tried(row, now, before_at, self._learned.get(job.request.model))
        self._trace(f"attempt {number} of {self.name(job.id)} at {row.price}")

    def create_received(self, create: BookedCreate, begun: tuple[Job, int] | None) -> None:
        """The service received a create from a process whose last attempt is given."""
        assert begun is not None, "a create without an attempt"
        job, number = begun
        tried = next(each for each in reversed(self.tried.values()) if each.row[:2] == (number, job.id))
        if tried.create is not None:
            self.wrong(f"attempt {number} sent two creates")
        tried.create = create
        earlier = self._creates.setdefault(job.id, [])
        if sum(each.answer is not Answer.REFUSED for each in earlier) > self._allowed[job.id]:
            self.wrong(f"{self.name(job.id)} was sent again without the user (create {create.number})")
        earlier.append(create)
        self._trace(f"create {create.number} for attempt {number} of {self.name(job.id)}")

    def look(self) -> None:
        """Compare what has changed in the ledger since the last look."""
        for row in self._changed_rows():
            tried = self.tried.get(row.key)
            if tried is None or tried.row == row:
                continue
            before, tried.row = tried.row, row
            if before.outcome is not row.outcome:
                self._trace(f"attempt {row.number} of {self.name(row.job)} is {row.outcome} ({_truth(tried)})")
                self._judge(tried)
        for model, price in self._query("SELECT model, credits FROM learned_price"):
            if self._learned.get(model) != Decimal(price):
                self._learned[model] = Decimal(price)
                self._trace(f"price of {model} learned: {price}")
                self._check_price(model, Decimal(price))

    def restored(self) -> int:
        """An older ledger was put back: the number of attempts that it does not have."""
        there = {row.key: row for row in self._rows()}
        lost = [tried for tried in self.tried.values() if not tried.lost and tried.row.key not in there]
        for tried in lost:
            tried.lost = True
            self._sent_since_backup.add(tried.row.job)
        for tried in self.tried.values():
            tried.row = there.get(tried.row.key, tried.row)
        self._learned = {
            model: Decimal(price) for model, price in self._query("SELECT model, credits FROM learned_price")
        }
        return len(lost)

    def check_spent(self, shown: Decimal, day: tuple[float, float]) -> None:
        """Compare what the program shows as spent today with the ledger. `day`: begin and end in unix seconds."""
        spent = self._sum("outcome IN ('accepted', 'billed')", day)
        if shown < spent:
            self.wrong(f"{spent} was spent today, and {shown} is shown")

    def check_limit(self, limit: Decimal, day: tuple[float, float]) -> None:
        """Compare what was spent today, and may have been, with the user's limit."""
        spent = self._sum("outcome IN ('accepted', 'billed', 'open', 'unknown')", day)
        if spent > limit:
            self.wrong(f"{spent} were spent today or may have been, and the limit is {limit}")

    def told_safe(self, job: JobId) -> None:
        """The user is told that it is safe to send the job again."""
        tried = next(each for each in reversed(self.tried.values()) if each.row.job == job and not each.lost)
        create = tried.create
        if create is not None and create.is_spent and not create.charges_late:
            others = create.account.by_others(tried.before_at - 1, self._tick())
            if not can_explain(others, create.price):
                self.wrong(f"{self.name(job)} was charged, and is called safe to send again")

    def check_told(self, lost: int) -> None:
        """The program has started with the older ledger: it must know that attempts are missing."""
        if lost and not self._query("SELECT * FROM restored"):
            self.wrong(
                f"{lost} attempts are missing since an older ledger was put back, and the program did not notice"
            )
        held = [job for job in self.jobs("phase = 'waiting'") if not job.on_hold]
        if lost and held:
            self.wrong(f"{len(held)} jobs wait to be sent after an older ledger was put back")

    def compare_all(self) -> AuditResult:
        """Compare everything, once all has come to rest."""
        self.look()
        jobs = {job.id: job for job in self.jobs()}
        there = {row.key for row in self._rows()}
        counts = self.result.counts
        last = {tried.row.job: tried for tried in self.tried.values() if not tried.lost}
        for tried in self.tried.values():
            if tried.lost:
                counts["lost with an older ledger"] += 1
            elif tried.row.key not in there:
                self.wrong(f"attempt {tried.row.number} is not in the ledger any more")
            else:
                counts[self._class_of(tried)] += 1
                if last[tried.row.job] is tried:
                    self._check_job(jobs[tried.row.job], tried)
        return self.result

    def jobs(self, where: str = "true") -> list[Job]:
        """The jobs in the ledger's database for which an expression of SQL is true."""
        columns = "id, request, phase, details, created_at, changed_at, position, on_hold"
        return [
            Job(
                JobId(id),
                codec.request_from_text(request),
                codec.phase_from_text(phase, details),
                created,
                changed,
                position,
                on_hold=bool(on_hold),
            )
            for id, request, phase, details, created, changed, position, on_hold in self._query(
                f"SELECT {columns} FROM job WHERE {where} ORDER BY position, id"
            )
        ]

    def _class_of(self, tried: Tried) -> str:
        row, create = tried.row, tried.create
        spent = create is not None and create.is_spent
        if row.outcome in IN_DOUBT:
            return "unknown"
        if row.outcome in NOT_CHARGED:
            if spent and create is not None and create.charges_late:
                return "charged after its verdict"
            return "not charged" if row.outcome is Outcome.NOT_BILLED else "refused"
        if row.outcome is Outcome.REFUNDED:
            return "refunded"
        if row.outcome is Outcome.ACCEPTED and create is not None and row.price not in (None, create.price):
            if tried.learned_price is not None and tried.learned_price != create.price:
                return "at a price learned from others' spending"
            if row.price != PRICES["sora2"] or tried.learned_price is not None:
                self.wrong(f"attempt {row.number} costs {create.price} and the ledger says {row.price}")
            return "at a price that was never seen"
        if create is not None and create.refunded_at is not None:
            if row.task_end == TaskEnd.COMPLETED:
                self.wrong(f"attempt {row.number} failed and was refunded, and the ledger says completed")
            return "refund not seen"
        return "charged"

    def _check_job(self, job: Job, tried: Tried) -> None:
        task = None if tried.create is None else tried.create.task
        known = tried.row.outcome in (Outcome.ACCEPTED, Outcome.REFUNDED)
        if tried.row.outcome in IN_DOUBT and isinstance(job.phase, Unconfirmed) and not job.phase.reason:
            self.wrong(f"{self.name(job.id)} is unconfirmed without a reason")
        if isinstance(job.phase, Unconfirmed) and job.phase.safe_to_send:
            self.told_safe(job.id)
        if task is None:
            return
        if isinstance(job.phase, Failed) and known and not task.fails:
            self.wrong(f"{self.name(job.id)} failed ({job.phase.reason}), and {task.id} is complete at the service")
        if isinstance(job.phase, Ready):
            content = job.phase.clip.file.read_text()
            tasks = [create.task.id for create in self._creates[job.id] if create.task is not None]
            if content.removeprefix("video of ") not in tasks:  # with an older ledger, it may be that of another create
                self.wrong(f"{self.name(job.id)} has the {content}, and its task is {task.id}")

    def _judge(self, tried: Tried) -> None:
        """Compare a new outcome with the truth of this moment."""
        row, create, now = tried.row, tried.create, self._tick()
        charged = create is not None and create.charged_at is not None
        spent = create is not None and create.is_spent
        others: list[Decimal] = []
        if create is not None:
            others = create.account.by_others(tried.before_at - 1, now)
        price = create.price if create is not None else Decimal(0)
        if row.outcome in NOT_CHARGED and spent:
            if row.outcome is Outcome.NOT_BILLED and can_explain(others, price):
                self.result.counts["hidden by an equal top-up"] += 1
            else:
                self.wrong(f"attempt {row.number} was charged, and is called {row.outcome}")
        elif row.outcome in (Outcome.ACCEPTED, Outcome.BILLED) and not charged:
            if row.outcome is Outcome.BILLED and self._seems_billed(tried):
                self.result.counts["equal spending elsewhere"] += 1
            else:
                self.wrong(f"attempt {row.number} was not charged, and is called {row.outcome}")
        elif row.outcome is Outcome.REFUNDED and (spent or not charged):
            since = tried.before_at if create is None else create.charged_at or tried.before_at
            if create is not None and self._refunds_add_up(create.account):
                self.result.counts["called refunded instead of another"] += 1
            elif create is not None and can_explain(create.account.by_others(since, now), price):
                self.result.counts["equal top-up taken for a refund"] += 1
            else:
                self.wrong(f"attempt {row.number} was not refunded, and is called so")

    def _refunds_add_up(self, account: Account) -> bool:
        """True if the ledger has no more refunds than there were: which attempt a refund is for cannot be known."""
        refunded = sum(movement.amount for movement in account.movements if movement.cause is Cause.REFUND)
        known = sum(
            tried.row.price or 0
            for tried in self.tried.values()
            if tried.row.outcome is Outcome.REFUNDED and tried.create is not None and tried.create.account is account
        )
        return known <= refunded

    def _seems_billed(self, tried: Tried) -> bool:
        """True if something else took exactly the price in the meantime."""
        now, price = self._tick(), tried.row.price or Decimal(0)
        if any(can_explain(account.by_others(tried.before_at - 1, now), -price) for account in self._books.accounts):
            return True
        return any(
            create.charges_late and create.charged_at is not None and create.charged_at >= tried.before_at - 1
            for create in self._books.creates
        )

    def _check_price(self, model: str, price: Decimal) -> None:
        if price == PRICES[model]:
            return
        last = next(reversed(self.tried.values()))
        since = last.before_at - 1
        disturbed = any(account.by_others(since, self._tick()) for account in self._books.accounts)
        late = any(create.charges_late and (create.charged_at or 0) >= since for create in self._books.creates)
        if disturbed or late:
            self.result.counts["price learned from others' spending"] += 1
        else:
            self.wrong(f"the price of {model} is {PRICES[model]}, and {price} was learned")

    def _rows(self, first: int = 0) -> list[Row]:
        """The attempts from that number on."""
        return list(map(_row, self._query(f"{ATTEMPTS} WHERE id >= {first} ORDER BY id")))

    def _changed_rows(self) -> list[Row]:
        """The attempts that have changed since the last call."""
        changed = [values for values in self._query(f"{ATTEMPTS} ORDER BY id") if self._seen.get(values[0]) != values]
        self._seen.update((values[0], values) for values in changed)
        return list(map(_row, changed))

    def _sum(self, where: str, day: tuple[float, float]) -> Decimal:
        today = f"sent_at >= {day[0]} AND sent_at < {day[1]}"
        prices = self._query(f"SELECT price FROM attempt WHERE {where} AND price IS NOT NULL AND {today}")
        return sum((Decimal(price) for (price,) in prices), Decimal(0))

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = sqlite3.connect(f"{self._file.as_uri()}?mode=ro", uri=True)
        return self._connection.execute(sql).fetchall()

    def wrong(self, what: str) -> None:
        """Record that something is wrong."""
        self._trace(f"WRONG: {what}")
        self.result.wrong.append(what)


def _row(values: tuple[Any, ...]) -> Row:
    id, job, sent_at, outcome, price, task_end = values
    return Row(id, JobId(job), sent_at, Outcome(outcome), None if price is None else Decimal(price), task_end)


def _truth(tried: Tried) -> str:
    create = tried.create
    if create is None:
        return "never received"
    if create.charged_at is None:
        return "not charged"
    return "charged" if create.refunded_at is None else "charged and refunded"
