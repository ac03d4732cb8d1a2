"""The table of attempts, which is the ledger: every create that was tried, and the balance before and after it."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

import msgspec

from sora_desktop.domain.job import Job, JobId, RemoteId, Unconfirmed, Waiting, remote_id_of
from sora_desktop.domain.ledger import (
    IN_DOUBT,
    Attempt,
    Charge,
    ListMark,
    Outcome,
    TaskEnd,
    charge_of,
    is_named_by_answer,
)
from sora_desktop.domain.money import Balance
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store import codec
from sora_desktop.store.database.restore_check import HIGHEST_ATTEMPT
from sora_desktop.store.database.rows import (
    INSERT_JOB,
    UPDATE_JOB,
    amount_of,
    change_of,
    job_of,
    price_of,
    printable,
    row_of,
)
from sora_desktop.store.database.table import Table
from sora_desktop.store.errors import ChangedElsewhere, SentElsewhere, StoreError

_OUTCOMES, _TASK_ENDS = frozenset(Outcome), frozenset(TaskEnd)
#: May have cost something, and is not known to have been completed or refunded. ?1: the service, or None for all.
_UNRESOLVED = (
    "attempt.service = coalesce(?1, attempt.service)"
    " AND outcome NOT IN ('refused', 'not billed', 'refunded')"  # a word of a newer version counts
    " AND (outcome <> 'accepted' OR task_end <> 'completed')"
)


class AttemptTable(Table):
    """No row is ever deleted. An attempt and its job are written in one transaction."""

    async def begin_attempt(
        self,
        job: Job,
        balance: Balance | Decimal | None,
        price: Decimal | None,
        *,
        key_fingerprint: str = "",
        balance_age: float | None = None,
        sent_at: float | None = None,
        mark: ListMark | None = None,
    ) -> int:
        """Save a create that will be sent now, with its job; return the attempt's id. Its sent mark is on disk too.

        `balance_age`: seconds since the balance was read, by a clock that is never set back. `sent_at`: unix seconds;
        now, unless given. `mark`: where it is sent, and what the list there showed before.

        Raises SentElsewhere if the saved job is not waiting, ChangedElsewhere if it is on hold or another request, and
        LockLost if this process no longer owns the data folder: two programs must not both send it.
        """
        request = codec.to_text(job.request)
        before = Balance(balance, self._now()) if isinstance(balance, Decimal) else balance
        amount, at = _balance_columns(before)

        def change(connection: sqlite3.Connection) -> int:
            self._database.require_lock()
            row = connection.execute("SELECT * FROM job WHERE id = ?", (job.id,)).fetchone()
            if row is None:
                connection.execute(INSERT_JOB, row_of(job))
            else:
                saved = job_of(row)
                if not isinstance(saved.phase, Waiting):
                    raise SentElsewhere(
                        "Another program has sent this job. Only one program may use a data folder: close both, and "
                        "start one of them again."
                    )
                if saved.on_hold or saved.request != job.request:
                    raise ChangedElsewhere
                connection.execute(UPDATE_JOB, change_of(saved, job))
            inserted = connection.execute(
                "INSERT INTO attempt (id, job_id, service, sent_at, request, balance_before, balance_before_at, price,"
                " key_fingerprint, balance_before_age, list_mark)"
                f" VALUES ({HIGHEST_ATTEMPT} + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    job.id,
                    job.service,
                    self._now() if sent_at is None else sent_at,
                    request,
                    amount,
                    at,
                    _amount_text(price),
                    key_fingerprint,
                    balance_age,
                    "" if mark is None else codec.to_text(mark),
                ),
            )
            assert inserted.lastrowid is not None
            return inserted.lastrowid

        number = await self._database.write(change)
        await self._database.note_sent(number)
        return number

    async def end_attempt(
        self,
        attempt: int,
        job: Job,
        answer: str,
        outcome: Outcome = Outcome.UNKNOWN,
        status: int | None = None,
        headers: str = "",
    ) -> None:
        """Save the outcome, with the job's new phase. `answer` and `headers` must not contain the API key.

        If another program has moved the job on, the outcome is saved all the same, and ChangedElsewhere is raised. An
        accepted create then gets a job of its own unless the moved job has the same remote id.
        """
        known = [replace(job, phase=Unconfirmed())]
        if outcome is Outcome.ACCEPTED:  # also if the other program has put the job back in the queue
            known.append(replace(job, phase=Waiting()))

        def change(connection: sqlite3.Connection) -> ChangedElsewhere | None:
            moved = not any(connection.execute(UPDATE_JOB, change_of(each, job)).rowcount for each in known)
            own_job = _own_job(connection, job, attempt) if moved and outcome is Outcome.ACCEPTED else None
            if own_job is not None:
                connection.execute(INSERT_JOB, row_of(own_job))
            connection.execute(
                "UPDATE attempt SET ended_at = ?, answer = ?, outcome = ?, status = ?, headers = ?, job_id = ?,"
                " judged = 0 WHERE id = ?",
                (self._now(), answer, outcome, status, headers, (own_job or job).id, attempt),
            )
            return ChangedElsewhere(own_job=own_job) if moved else None

        moved = await self._database.write(change)
        if moved is not None:
            raise moved

    async def judge_attempt(self, attempt: int, job: Job, outcome: Outcome, after: Balance | None) -> None:
        """Save the outcome that the balance or the service's list shows, with the job's new phase.

        Raises ChangedElsewhere, and saves nothing, if another program has moved the job on or received the answer, and
        if another job has the remote id that the list shows.
        """
        row, (amount, at) = change_of(replace(job, phase=Unconfirmed()), job), _balance_columns(after)

        def change(connection: sqlite3.Connection) -> None:
            if outcome is Outcome.ACCEPTED and _is_taken(connection, job):
                raise ChangedElsewhere
            if not connection.execute(UPDATE_JOB, row).rowcount:
                raise ChangedElsewhere
            judged = connection.execute(
                "UPDATE attempt SET ended_at = coalesce(ended_at, ?), outcome = ?, judged = 1,"
                " answer = CASE answer WHEN '' THEN 'no answer' ELSE answer END,"
                " balance_after = coalesce(?, balance_after), balance_after_at = coalesce(?, balance_after_at)"
                " WHERE id = ? AND outcome NOT IN ('accepted', 'refused', 'refunded')",
                (self._now(), outcome, amount, at, attempt),
            )
            if not judged.rowcount:
                raise ChangedElsewhere

        await self._database.write(change)

    async def note_balance_after(self, attempt: int, after: Balance, price: Decimal | None = None) -> None:
        """Save the balance that was read after the attempt, and the price if the balance showed it."""
        values = (*_balance_columns(after), _amount_text(price), attempt)
        await self._database.write(
            lambda connection: connection.execute(
                "UPDATE attempt SET balance_after = ?, balance_after_at = ?, price = coalesce(?, price) WHERE id = ?",
                values,
            )
        )

    def attempts(self, id: JobId) -> list[Attempt]:
        """The attempts of one job, oldest first."""
        return self._read("SELECT * FROM attempt WHERE job_id = ? ORDER BY id", (id,))

    def charge(self, id: JobId) -> Charge:
        """What the creates of one job have cost."""
        return charge_of(self.attempts(id))

    def is_named_by_answer(self, id: JobId) -> bool:
        """True if an answer has named the present task of a job."""
        return is_named_by_answer(self.attempts(id))

    def attempts_after(self, attempt: int, service: str) -> list[Attempt]:
        """Later attempts at the same service, oldest first."""
        return self._read("SELECT * FROM attempt WHERE id > ? AND service = ? ORDER BY id", (attempt, service))

    def undecided(self, service: str, limit: int) -> list[Attempt]:
        """The last attempts at one service whose outcome is not known, oldest first."""
        rows = self._read(
            "SELECT * FROM attempt WHERE outcome IN ('open', 'unknown') AND service = ? ORDER BY id DESC LIMIT ?",
            (service, limit),
        )
        return rows[::-1]

    def accepted_before(self, attempt: Attempt, limit: int) -> list[RemoteId]:
        """The remote ids of the last tasks accepted at the same service before an attempt, latest first.

        Without those that were cancelled: the service has forgotten them.
        """
        rows = self._database.rows(
            "SELECT job.remote_id FROM attempt JOIN job ON job.id = attempt.job_id"
            " WHERE attempt.service = ? AND attempt.id < ? AND attempt.outcome = 'accepted'"
            " AND job.remote_id IS NOT NULL AND job.phase <> 'cancelled' ORDER BY attempt.id DESC LIMIT ?",
            (attempt.service, attempt.id, limit),
        )
        return [RemoteId(printable(row[0])) for row in rows]

    def attempts_between(self, start: float, end: float, service: str) -> list[Attempt]:
        """The attempts at one service from `start` to before `end`, in unix seconds, oldest first."""
        return self._read(
            "SELECT * FROM attempt WHERE sent_at >= ? AND (sent_at < ? OR typeof(sent_at) <> 'real') AND service = ?"
            " ORDER BY id",  # a time that cannot be read counts as now
            (start, end, service),
        )

    def decided(self, attempts: Collection[int]) -> list[Attempt]:
        """Those of the attempts, by number, whose outcome is not in doubt."""
        return self._read(
            "SELECT * FROM attempt WHERE id IN (SELECT value FROM json_each(?)) AND outcome NOT IN (?, ?)",
            (json.dumps([*attempts]), *IN_DOUBT),
        )

    def request_of(self, attempt: Attempt) -> VideoRequest | None:
        """The request that was sent; None if it cannot be read."""
        try:
            return codec.request_from_text(attempt.request)
        except StoreError:
            return None

    def last_attempt(self) -> int:
        """The highest attempt number of all services; 0 without any attempt."""
        return int(self._database.rows("SELECT coalesce(max(id), 0) FROM attempt")[0][0])

    def due_refunds(self, service: str, key_fingerprint: str, since: float) -> list[Attempt]:
        """Attempts with this key whose task failed at or after `since` and whose refund was not seen.

        `since` in unix seconds. The first to fail comes first.
        """
        return self._read(
            "SELECT * FROM attempt WHERE task_ended_at >= ? AND task_end = 'failed' AND outcome = 'accepted'"
            " AND service = ? AND key_fingerprint IN (?, '') ORDER BY task_ended_at, id",
            (since, service, key_fingerprint),
        )

    def possible_refunds(
        self, service: str | None, since: float, first: int, unended_since: float | None = None
    ) -> list[Attempt]:
        """Attempts whose refund may come, or may have come unseen, by number. Two keys may open one account.

        That is every attempt that may have cost something and is not known to have been completed or refunded: its
        task is being rendered, or it was sent, or failed, at or after `since` (unix seconds), or it has at least the
        number `first`, or it was sent at or after `unended_since` and no end of its task is known. `service`: None for
        all services.
        """
        ended = tuple(name for name in codec.PHASES if name != "rendering")
        unended_since = since if unended_since is None else unended_since
        return self._read(
            f"SELECT * FROM attempt INDEXED BY attempt_unresolved WHERE {_UNRESOLVED}"
            " AND (sent_at >= ?2 OR id >= ?3 OR task_ended_at >= ?2 OR (sent_at >= ?4 AND task_end = '')"
            # a job with a phase of a newer version may be rendered
            f" OR EXISTS (SELECT 1 FROM job WHERE job.id = attempt.job_id AND job.phase NOT IN {ended})) ORDER BY id",
            (service, since, first, unended_since),
        )

    def latest_unresolved(self, limit: int) -> list[Attempt]:
        """The last attempts of all services that may have cost something, without those known to be completed."""
        return self._read(
            f"SELECT * FROM attempt WHERE {_UNRESOLVED} ORDER BY id DESC LIMIT ?2",
            (None, limit),
        )

    def latest_answered(self, before: float, limit: int) -> list[Attempt]:
        """The last attempts whose answer had headers and that were sent before then (unix seconds), latest first."""
        return self._read(
            "SELECT * FROM attempt WHERE sent_at < ? AND headers <> '' ORDER BY id DESC LIMIT ?", (before, limit)
        )

    def refunds_seen_since(self, attempt: Attempt) -> list[Attempt]:
        """Attempts of all services whose refund was seen when `attempt` was sent, or later."""
        return self._read(
            "SELECT * FROM attempt WHERE outcome = 'refunded' AND coalesce(refund_seen, id) >= ? AND id <> ?"
            " ORDER BY id",
            (attempt.id, attempt.id),
        )

    def charges_late(self, service: str) -> bool:
        """True if the balance had not changed when it was last read after an accepted create."""
        rows = self._read(
            "SELECT * FROM attempt WHERE service = ? AND outcome IN ('accepted', 'refunded')"
            " AND balance_before IS NOT NULL AND balance_after IS NOT NULL ORDER BY id DESC LIMIT 1",
            (service,),
        )
        return any(
            row.before is not None and row.after is not None and row.before.amount == row.after.amount for row in rows
        )

    def _read(self, sql: str, values: tuple[object, ...]) -> list[Attempt]:
        return [_attempt(row, self._now()) for row in self._database.rows(sql, values)]


def _own_job(connection: sqlite3.Connection, job: Job, attempt: int) -> Job | None:
    """A job for an accepted create whose own job has another task by now; None if that task is the same."""
    saved = connection.execute("SELECT remote_id FROM job WHERE id = ?", (job.id,)).fetchone()
    if saved is not None and saved["remote_id"] == remote_id_of(job.phase):
        return None
    # the same id each time: a write that is repeated must not add a second one
    return replace(job, id=JobId(uuid.uuid5(uuid.NAMESPACE_OID, f"{job.id} {attempt}").hex), on_hold=False)


def _is_taken(connection: sqlite3.Connection, job: Job) -> bool:
    """True if another job has the job's remote id."""
    values = (remote_id_of(job.phase), job.id)
    return (
        connection.execute("SELECT 1 FROM job WHERE remote_id = ? AND id <> ? LIMIT 1", values).fetchone() is not None
    )


def _amount_text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _balance_columns(balance: Balance | None) -> tuple[str | None, float | None]:
    return (None, None) if balance is None else (str(balance.amount), balance.read_at)


def _balance(amount: object, at: object, default_at: float) -> Balance | None:
    known = amount_of(amount)
    return None if known is None else Balance(known, default_at if at is None else _time(at, default_at))


def _attempt(row: sqlite3.Row, now: float) -> Attempt:
    """The attempt. Whatever cannot be read counts as not known, so that it is never taken for free or for long ago."""
    outcome = row["outcome"]
    task_end = row["task_end"]
    sent_at = _time(row["sent_at"], now)
    ended_at = None if row["ended_at"] is None else _time(row["ended_at"], sent_at)
    return Attempt(
        row["id"],
        JobId(printable(row["job_id"])),
        printable(row["service"]),
        sent_at,
        ended_at,
        printable(row["request"]),
        printable(row["answer"]),
        Outcome(outcome) if outcome in _OUTCOMES else Outcome.UNKNOWN,
        row["status"] if isinstance(row["status"], int) else None,
        _balance(row["balance_before"], row["balance_before_at"], sent_at),
        _balance(row["balance_after"], row["balance_after_at"], ended_at or sent_at),
        price_of(row["price"]),
        printable(row["key_fingerprint"]),
        row["balance_before_age"] if isinstance(row["balance_before_age"], float) else None,
        TaskEnd(task_end) if task_end in _TASK_ENDS else None,
        None if row["task_ended_at"] is None else _time(row["task_ended_at"], now),
        printable(row["headers"]),
        _mark(row["list_mark"]),
        row["judged"] == 1,
    )


def _mark(value: object) -> ListMark | None:
    try:
        return codec.value_from_text(printable(value).encode(), ListMark) if value else None
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _time(value: object, otherwise: float) -> float:
    return value if isinstance(value, float) and 0 <= value <= codec.LAST_MOMENT else otherwise
