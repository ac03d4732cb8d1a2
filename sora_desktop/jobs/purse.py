"""What is known of the balance, and what it says about a create whose answer was lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from sora_desktop.api.errors import ServiceError
from sora_desktop.domain.money import Balance, written
from sora_desktop.jobs.pacing import RequestBudget, Want

#: A balance older than this is read anew before money is spent.
STALE_AFTER = 600.0


class Teller(Protocol):
    """The one call of the service that the purse needs."""

    async def credits(self) -> Decimal:
        """Credits left."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the balance says of a create whose answer was lost."""

    finding: str
    safe_to_send: bool = False
    billed: bool = False


class Purse:
    """The balance, kept up to date by what is known to be spent and read anew when that is not enough."""

    def __init__(
        self,
        teller: Teller,
        budget: RequestBudget,
        publish: Callable[[Balance], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._teller = teller
        self._budget = budget
        self._publish = publish
        self._now = now
        self._balance: Balance | None = None
        #: A refund or an unpriced create moved it: a difference would prove nothing.
        self._sure = False

    @property
    def balance(self) -> Balance | None:
        """As last read, less what was spent since."""
        return self._balance

    async def read(self) -> Decimal | None:
        """Read it anew; None when the service does not say."""
        await self._budget.take(Want.CREDITS)
        try:
            credits = await self._teller.credits()
        except ServiceError:
            return None
        self._set(credits)
        self._sure = True
        return credits

    async def before_spending(self) -> Decimal | None:
        """The balance to compare with later, or None when it cannot be known."""
        fresh = self._balance is not None and self._now() - self._balance.read_at < STALE_AFTER
        if self._balance is not None and fresh and self._sure:
            return self._balance.credits
        return await self.read()

    def spent(self, price: Decimal | None) -> None:
        """A create was accepted."""
        if price is None or self._balance is None:
            self._sure = False
            return
        self._set(self._balance.credits - price, self._balance.read_at)

    def disturbed(self) -> None:
        """Credits may have come back: read before the next comparison."""
        self._sure = False

    def judge(self, before: Decimal | None, after: Decimal | None, price: Decimal | None, others: bool) -> Verdict:
        """Compare the balance before a lost create with the one after it.

        `others`: other jobs could have moved the balance meanwhile (a failed one is refunded).
        """
        if before is None or after is None:
            return Verdict("Outcome unknown: it may have been charged, and the balance could not be read.")
        moved = f"balance {written(before)} before, {written(after)} after"
        if price is not None and price > 0 and before - after == price:
            return Verdict(f"Charged {written(price)} credits, but its id was lost ({moved}).", billed=True)
        if before == after and not others:
            return Verdict(f"Not charged ({moved}): safe to send again.", safe_to_send=True)
        return Verdict(f"Outcome unknown: it may have been charged ({moved}).")

    def _set(self, credits: Decimal, read_at: float | None = None) -> None:
        self._balance = Balance(credits, self._now() if read_at is None else read_at)
        self._publish(self._balance)
