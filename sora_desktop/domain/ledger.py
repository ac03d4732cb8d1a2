"""Every create that was tried, its outcome, and the calls made for a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sora_desktop.domain.job import JobId, RemoteId
from sora_desktop.domain.money import Balance


class Outcome(StrEnum):
    """What is known about one create. The values are those of the database."""

    OPEN = "open"  # sent, and not answered yet
    ACCEPTED = "accepted"
    REFUSED = "refused"  # certainly not charged: the service said so, or its list does not have the task
    UNKNOWN = "unknown"
    BILLED = "billed"  # according to the balance; the remote id is lost
    NOT_BILLED = "not billed"  # according to the balance
    REFUNDED = "refunded"  # accepted, failed, and the balance rose again


class TaskEnd(StrEnum):
    """How the task of an accepted create ended. The values are those of the database."""

    COMPLETED = "completed"
    FAILED = "failed"


#: Outcomes that have cost something, as far as is known.
SPENT = (Outcome.ACCEPTED, Outcome.BILLED)
#: Outcomes that may have cost something.
IN_DOUBT = (Outcome.OPEN, Outcome.UNKNOWN)


class Exchange(NamedTuple):
    """One call to a service and its raw answer. `method` and `path` are data for reports; nothing decides by them."""

    at: float  # unix seconds, when the call was made
    method: str
    path: str  # below the base URL
    status: int | None  # of HTTP; None: no answer came
    answer: str  # the answer as text, without the API key, shortened; why there is none if none came
    seconds: float = 0.0  # until the call ended; not stored
    headers: str = ""  # of the answer, a line each, without the API key, shortened


def shortened(text: str, max_bytes: int) -> str:
    """The beginning of the text that takes at most so many bytes as UTF-8."""
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= max_bytes else encoded[:max_bytes].decode("utf-8", "ignore")


@dataclass(frozen=True, slots=True)
class ListMark:
    """Where a create was sent, and what the list of tasks there showed just before. Times are the service's."""

    place: str = ""  # empty: the service has one address
    ids: tuple[RemoteId, ...] | None = None  # the newest tasks, newest first; None: the list was not read
    newest_at: float | None = None  # unix seconds, when the newest of these tasks was created; None: not known
    read_at: float | None = None  # unix seconds; None: the service did not say


class Attempt(NamedTuple):
    """One create, whatever its outcome. Amounts are None if they were not known."""

    id: int
    job_id: JobId
    service: str
    sent_at: float  # unix seconds
    ended_at: float | None  # None: the program ended before an answer came
    request: str  # JSON
    answer: str  # as the service gave it, without the API key
    outcome: Outcome
    status: int | None  # of HTTP
    before: Balance | None
    after: Balance | None
    price: Decimal | None
    key_fingerprint: str = ""  # salted hash of the API key that it was sent with; empty if it was not recorded
    #: Seconds between the reading of `before` and the create, by a clock that is never set back; None: not recorded.
    before_age: float | None = None
    task_end: TaskEnd | None = None  # None: not known yet
    task_ended_at: float | None = None  # unix seconds, when the end was seen
    headers: str = ""  # of the answer, a line each, without the API key
    mark: ListMark | None = None  # None: the service has one address and no list, or the mark cannot be read
    is_judged: bool = False  # the outcome is what a list or the balance has shown, not what an answer said


class Rise(NamedTuple):
    """The balance was higher than expected, and it is not known yet whether refunds explain it."""

    amount: Decimal
    attempt: int  # the highest attempt number then: later attempts do not explain it


class KnownBalance(NamedTuple):
    """The last balance that was read while no create was on its way. It contains every attempt up to a number."""

    balance: Balance
    attempt: int  # 0: no attempt
    rises: tuple[Rise, ...] = ()  # not explained yet, oldest first


class Refund(StrEnum):
    """What is known about getting the price of a job back."""

    NOT_NEEDED = "not needed"  # nothing was charged
    SEEN = "seen"
    NOT_SEEN = "not seen"
    UNKNOWN = "unknown"  # and so is whether anything was charged


class Charge(NamedTuple):
    """What the creates of one job have cost."""

    amount: Decimal | None  # None: the price of one of them is not known
    refund: Refund


def is_named_by_answer(attempts: Sequence[Attempt]) -> bool:
    """True if the answer to the last create of a job named its task, so that this program created it.

    A task that was found in a list may be another program's with the same request: nothing but an answer tells.
    """
    last = attempts[-1] if attempts else None
    return last is not None and last.outcome in (Outcome.ACCEPTED, Outcome.REFUNDED) and not last.is_judged


def charge_of(attempts: Sequence[Attempt]) -> Charge:
    """What the attempts of one job have cost, as far as the ledger knows."""
    outcomes = {attempt.outcome for attempt in attempts}
    charged = [attempt.price for attempt in attempts if attempt.outcome in (*SPENT, Outcome.REFUNDED)]
    prices = [price for price in charged if price is not None]
    amount = sum(prices, Decimal(0)) if len(prices) == len(charged) else None
    if outcomes & set(IN_DOUBT):
        return Charge(amount, Refund.UNKNOWN)
    if outcomes & set(SPENT):
        return Charge(amount, Refund.NOT_SEEN)
    return Charge(amount, Refund.SEEN if charged else Refund.NOT_NEEDED)
