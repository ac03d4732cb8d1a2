"""The ledger: every create that was tried, the balance around it, and what was said over the wire."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from decimal import Decimal

from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.ledger import Attempt, Exchange, Outcome
from sora_desktop.domain.money import Balance, Price
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store import codec
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.rows import PUT, row_of
from sora_desktop.store.errors import SentElsewhere

#: What is kept for each job of what was said over the wire.
EXCHANGES_KEPT = 12


class AttemptStore:
    """Writes through the database's one writer. No attempt is ever deleted."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now

    async def begin_attempt(self, job: Job, balance: Balance | Decimal | None, price: Decimal | None) -> int:
        """Note a create before it is sent, and the job with it; the attempt's number.

        Raises SentElsewhere for a job that does not wait on disk: two programs on one folder must not both buy it.
        """
        request, row = codec.to_text(job.request), row_of(job)
        before = Balance(balance, self._now()) if isinstance(balance, Decimal) else balance
        credits, at = _columns(before)

        def change(connection: sqlite3.Connection) -> int:
            there = connection.execute("SELECT phase FROM job WHERE id = ?", (job.id,)).fetchone()
            if there is not None and there["phase"] != "waiting":
                raise SentElsewhere(
                    "Another program has taken this queue further; only one program may be open on a data folder. "
                    "Close both and start one of them again."
                )
            connection.execute(PUT, row)
            made = connection.execute(
                "INSERT INTO attempt (job_id, service, sent_at, request, balance_before, balance_before_at, price)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (job.id, job.service, self._now(), request, credits, at, decimal_text(price)),
            )
            assert made.lastrowid is not None
            return made.lastrowid

        return await self._database.write(change)

    async def end_attempt(
        self, attempt: int, job: Job, answer: str, outcome: Outcome = Outcome.UNKNOWN, status: int | None = None
    ) -> None:
        """Note what came of it, and the job's new phase with it. `answer` must not hold the key."""
        row = row_of(job)

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(PUT, row)
            connection.execute(
                "UPDATE attempt SET ended_at = ?, answer = ?, outcome = ?, status = ? WHERE id = ?",
                (self._now(), answer, outcome, status, attempt),
            )

        await self._database.write(change)

    async def judge_attempt(self, attempt: int, job: Job, outcome: Outcome, after: Balance | None) -> None:
        """Note what the balance said of it, and the job's phase with it."""
        row, (credits, at) = row_of(job), _columns(after)

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(PUT, row)
            connection.execute(
                "UPDATE attempt SET ended_at = coalesce(ended_at, ?), outcome = ?,"
                " answer = CASE answer WHEN '' THEN 'no answer' ELSE answer END,"
                " balance_after = coalesce(?, balance_after), balance_after_at = coalesce(?, balance_after_at)"
                " WHERE id = ?",
                (self._now(), outcome, credits, at, attempt),
            )

        await self._database.write(change)

    async def note_balance_after(self, attempt: int, after: Balance, price: Decimal | None = None) -> None:
        """The balance as read after the attempt, and the price where it showed that."""
        values = (*_columns(after), decimal_text(price), attempt)
        await self._database.write(
            lambda connection: connection.execute(
                "UPDATE attempt SET balance_after = ?, balance_after_at = ?, price = coalesce(?, price) WHERE id = ?",
                values,
            )
        )

    async def note_refund(self, id: JobId) -> None:
        """The credits of the job's last accepted attempt came back."""
        await self._database.write(
            lambda connection: connection.execute(
                "UPDATE attempt SET outcome = 'refunded' WHERE id ="
                " (SELECT max(id) FROM attempt WHERE job_id = ? AND outcome = 'accepted')",
                (id,),
            )
        )

    def attempts(self, id: JobId) -> list[Attempt]:
        """What was tried for one job, oldest first."""
        return self._read("SELECT * FROM attempt WHERE job_id = ? ORDER BY id", (id,))

    def attempts_after(self, attempt: int, service: str) -> list[Attempt]:
        """What was tried at the same service since, oldest first."""
        return self._read("SELECT * FROM attempt WHERE id > ? AND service = ? ORDER BY id", (attempt, service))

    def attempts_between(self, start: float, end: float, service: str) -> list[Attempt]:
        """What was sent to one service in that time, in unix seconds."""
        return self._read(
            "SELECT * FROM attempt WHERE sent_at >= ? AND sent_at < ? AND service = ? ORDER BY id",
            (start, end, service),
        )

    def request_of(self, attempt: Attempt) -> VideoRequest:
        """What was asked for. Raises StoreProblem."""
        return codec.request_from_text(attempt.request)

    def may_be_refunded(
        self, service: str, since: float, *, late_since: float, abandoned_since: float
    ) -> tuple[int, int]:
        """How many tasks of the service are being rendered, and how many that failed may have been paid back since.

        All in unix seconds. A refund that was not seen yet may come late: for a failure after `late_since`. One that
        nobody watches counts as rendering while it changed after `abandoned_since`.
        """
        (row,) = self._database.rows(
            "SELECT coalesce(sum(phase = 'rendering' OR (phase = 'unwatched' AND changed_at >= ?)), 0),"
            " coalesce(sum(phase IN ('failed', 'removed') AND remote_id IS NOT NULL AND (changed_at >= ?"
            "  OR (phase = 'failed' AND changed_at >= ? AND NOT EXISTS"
            "   (SELECT 1 FROM attempt WHERE job_id = job.id AND outcome = 'refunded')))), 0)"
            " FROM job WHERE service = ? AND phase IN ('rendering', 'unwatched', 'failed', 'removed')",
            (abandoned_since, since, late_since, service),
        )
        return int(row[0]), int(row[1])

    def charges_late(self, service: str) -> bool:
        """True where the balance had not moved after the last accepted create after which it was read."""
        rows = self._read(
            "SELECT * FROM attempt WHERE service = ? AND outcome IN ('accepted', 'refunded')"
            " AND balance_before IS NOT NULL AND balance_after IS NOT NULL ORDER BY id DESC LIMIT 1",
            (service,),
        )
        return any(
            row.before is not None and row.after is not None and row.before.amount == row.after.amount for row in rows
        )

    def learned_prices(self, service: str, since: float) -> list[Price]:
        """Prices seen at that service since then (unix seconds)."""
        rows = self._database.rows(
            "SELECT * FROM learned_price WHERE service = ? AND learned_at >= ?", (service, since)
        )
        return [
            Price(
                Decimal(row["credits"]),
                row["model"],
                bool(row["from_image"]),
                row["duration"],
                row["quality"],
            )
            for row in rows
        ]

    async def keep_learned_price(self, service: str, price: Price) -> None:
        """It is on disk when this returns."""
        values = (service, price.model, bool(price.from_image), price.duration, price.quality)
        await self._database.write(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO learned_price VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*values, str(price.amount), self._now()),
            )
        )

    async def log_exchanges(self, id: JobId, said: Iterable[Exchange]) -> None:
        """Keep what was said about a job; only the latest stay."""
        rows = [(id, each.at, each.method, each.path, each.status, each.answer) for each in said]

        def change(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO exchange (job_id, at, method, path, status, answer) VALUES (?, ?, ?, ?, ?, ?)", rows
            )
            connection.execute(
                "DELETE FROM exchange WHERE job_id = ? AND id NOT IN"
                " (SELECT id FROM exchange WHERE job_id = ? ORDER BY id DESC LIMIT ?)",
                (id, id, EXCHANGES_KEPT),
            )

        await self._database.write(change)

    def said(self, id: JobId) -> list[Exchange]:
        """The latest that was said about a job, oldest first."""
        rows = self._database.rows("SELECT * FROM exchange WHERE job_id = ? ORDER BY id", (id,))
        return [Exchange(row["at"], row["method"], row["path"], row["status"], row["answer"]) for row in rows]

    def _read(self, sql: str, values: tuple[object, ...]) -> list[Attempt]:
        return [_attempt(row) for row in self._database.rows(sql, values)]


def decimal_text(credits: Decimal | None) -> str | None:
    """Credits as the database keeps them."""
    return None if credits is None else str(credits)


def _columns(balance: Balance | None) -> tuple[str | None, float | None]:
    return (None, None) if balance is None else (str(balance.amount), balance.read_at)


def _balance(credits: str | None, at: float | None, otherwise: float) -> Balance | None:
    return None if credits is None else Balance(Decimal(credits), otherwise if at is None else at)


def _attempt(row: sqlite3.Row) -> Attempt:
    return Attempt(
        row["id"],
        JobId(row["job_id"]),
        row["service"],
        row["sent_at"],
        row["ended_at"],
        row["request"],
        row["answer"],
        Outcome(row["outcome"]),
        row["status"],
        _balance(row["balance_before"], row["balance_before_at"], row["sent_at"]),
        _balance(row["balance_after"], row["balance_after_at"], row["ended_at"] or row["sent_at"]),
        None if row["price"] is None else Decimal(row["price"]),
    )
