"""The true books of a simulated service: accounts, creates, tasks, and every movement of money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import combinations

#: The true price of each model.
PRICES = {"sora2": Decimal(100), "sora2-pro": Decimal(200)}
#: Movements by others that are combined to explain a difference, at most.
MOST_COMBINED = 8


class Cause(StrEnum):
    """Why a balance moved."""

    CHARGE = "charge"
    REFUND = "refund"
    TOP_UP = "top-up"
    OTHER_PROGRAM = "other program"


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of an account's balance. `at` counts seconds of the true clock."""

    at: float
    amount: Decimal  # negative: spent
    cause: Cause


class Answer(StrEnum):
    """How a create was answered."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # plainly, and nothing was charged
    LOST = "lost"  # no answer that shows what became of it


@dataclass
class BookedCreate:
    """One create that reached the service. Times count seconds of the true clock; None: never."""

    number: int
    account: Account
    model: str
    answer: Answer = Answer.LOST
    charged_at: float | None = None
    refunded_at: float | None = None
    task: Task | None = None
    charges_late: bool = False  # after the program has heard that its answer is lost

    @property
    def price(self) -> Decimal:
        """What its charge takes."""
        return PRICES[self.model]

    @property
    def is_spent(self) -> bool:
        """True if it was charged and not refunded so far."""
        return self.charged_at is not None and self.refunded_at is None


@dataclass
class Task:
    """What an accepted create became."""

    id: str
    create: BookedCreate
    ends_at: float
    fails: bool
    #: Seconds from its failure to its refund; None: never refunded.
    refund_after: float | None


@dataclass
class Account:
    """One customer of the service. Several keys may open the same account."""

    name: str
    keys: tuple[str, ...]
    balance: Decimal
    movements: list[Movement] = field(default_factory=list)

    def move(self, at: float, amount: Decimal, cause: Cause) -> None:
        """Change the balance."""
        self.balance += amount
        self.movements.append(Movement(at, amount, cause))

    def by_others(self, since: float, until: float) -> list[Decimal]:
        """Amounts that neither a create nor a refund of this program moved in that time."""
        return [
            movement.amount
            for movement in reversed(self.movements)
            if since <= movement.at <= until and movement.cause in (Cause.TOP_UP, Cause.OTHER_PROGRAM)
        ]


def can_explain(amounts: Iterable[Decimal], difference: Decimal) -> bool:
    """True if some of the amounts add up to the difference, so that nobody can tell it from another cause."""
    known = list(amounts)[:MOST_COMBINED]
    return any(
        sum(chosen, Decimal(0)) == difference
        for count in range(1, len(known) + 1)
        for chosen in combinations(known, count)
    )


@dataclass
class Books:
    """All that the service knows."""

    accounts: tuple[Account, ...]
    creates: list[BookedCreate] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)

    def account_of(self, key: str) -> Account | None:
        """The account that a key opens."""
        return next((account for account in self.accounts if key in account.keys), None)
