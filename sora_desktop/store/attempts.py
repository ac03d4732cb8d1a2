"""Every create that was tried: when, what, which answer, and the balance around it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from decimal import Decimal

from sora_desktop.domain.job import JobId


@dataclass(frozen=True, slots=True)
class Attempt:
    """One create, whatever came of it. Credits are None where they were not known."""

    id: int
    job_id: JobId
    sent_at: float  # unix seconds
    ended_at: float | None  # None: the program did not live to hear the answer
    request: str  # JSON
    answer: str  # as the service said it, the key removed
    balance_before: Decimal | None
    balance_after: Decimal | None
    price: Decimal | None


def attempt_of(row: sqlite3.Row) -> Attempt:
    """From a row of the table."""
    return Attempt(
        row["id"],
        JobId(row["job_id"]),
        row["sent_at"],
        row["ended_at"],
        row["request"],
        row["answer"],
        _decimal(row["balance_before"]),
        _decimal(row["balance_after"]),
        _decimal(row["price"]),
    )


def decimal_text(credits: Decimal | None) -> str | None:
    """Credits as the database keeps them."""
    return None if credits is None else str(credits)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
