"""The balance as last read, less what is known to be spent since."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from enum import Enum, auto

from sora_desktop.api.errors import DailyLimit, KeyRejected, ServiceError
from sora_desktop.domain.job import JobId
from sora_desktop.domain.money import Balance
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.money.movements import Movements
from sora_desktop.jobs.money.spending_ledger import SpendingLedger
from sora_desktop.jobs.service_calls import ServiceCalls
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Seconds after which the balance is read again before money is spent.
STALE_AFTER = 1800.0
#: Seconds after which a reading no longer shows the outcome of a create: something else may have moved the balance.
FRESH = 60.0
#: Seconds after which a reading is repeated before a create, so that it is still fresh when the create is sent.
REPEAT_AFTER = 30.0


class Comparison(Enum):
    """What became of a reading that was to be compared with the ledger."""

    DONE = auto()
    #: It failed, or a create was on its way: another one may succeed soon.
    TRY_AGAIN = auto()
    #: The key was rejected, or today's requests are used up.
    NOT_NOW = auto()


class BalanceTracker:
    """Tracks the balance so that the service has to be asked as rarely as possible.

    A reading that may contain a create on its way, or not, is shown and not compared with others. Readings are made one
    after the other: the answer to an earlier one that comes last would look like a cost, and then like a refund.
    """

    def __init__(
        self,
        calls: ServiceCalls,
        ledger: SpendingLedger,
        movements: Movements,
        changed: Callable[[Balance], None],
        clock: Clock,
    ) -> None:
        """`changed` is called with each new balance."""
        self._calls = calls
        self._ledger = ledger
        self._movements = movements
        self._changed = changed
        self._clock = clock
        #: Why the last reading failed, for the user; empty if it did not.
        self.error = ""
        #: Why the key was rejected, for the user; empty once the key is accepted.
        self.key_error = ""
        self._balance: Balance | None = None
        self._read_at_tick = 0.0
        #: The tracked balance contains a guess: a price that is not sure, or a create whose outcome is not known.
        self._is_guess = False
        self._create_in_flight = False
        self._one_at_a_time = asyncio.Lock()
        #: Counts what may have moved the balance. A reading during which it grows cannot be compared.
        self._disturbances = 0

    @property
    def bills(self) -> bool:
        """True if the service has a balance. If it has none, no reading says anything."""
        return self._calls.bills

    @property
    def balance(self) -> Balance | None:
        """The tracked balance, with the time of its reading; None before the first reading."""
        return self._balance

    @property
    def age(self) -> float:
        """Seconds since the last reading, by a clock that is never set back."""
        return self._clock.tick() - self._read_at_tick

    @property
    def exact(self) -> Balance | None:
        """The tracked balance if it was read not long ago and contains no guess, else None."""
        return None if self._is_guess or self.age >= STALE_AFTER else self._balance

    async def read(self, job: JobId | None = None) -> Balance | None:
        """Read the balance from the service; None if it could not be read or the service has none (see `bills`).

        `job`: the job that the balance is read for, under which the call is logged.
        """
        balance, _ = await self._read(job)
        return balance

    async def compare(self) -> Comparison:
        """Read the balance, and account for what has moved it since it was last compared."""
        _, comparison = await self._read(None)
        return comparison

    async def _read(self, job: JobId | None) -> tuple[Balance | None, Comparison]:
        async with self._one_at_a_time:
            disturbances = self._disturbances
            try:
                amount = await self._calls.balance(job)
            except ServiceError as error:
                self.error = str(error)
                if isinstance(error, KeyRejected):
                    self.key_error = self.error
                return None, Comparison.NOT_NOW if isinstance(error, KeyRejected | DailyLimit) else Comparison.TRY_AGAIN
            if amount is None:
                return None, Comparison.NOT_NOW
            self.error = self.key_error = ""
            is_steady = not self._create_in_flight and disturbances == self._disturbances
            self._balance = balance = Balance(amount, self._clock.now())
            self._read_at_tick, self._is_guess = self._clock.tick(), not is_steady
            comparison = await self._explain(balance) if is_steady else Comparison.TRY_AGAIN
            self._changed(self._balance)  # lower by now if a create was accepted since the reading
            return balance, comparison

    async def _explain(self, balance: Balance) -> Comparison:
        try:
            await self._movements.explain(balance)
        except StoreError as error:
            log.warning("a balance could not be compared with the ledger: %s", error)
            return Comparison.TRY_AGAIN
        return Comparison.DONE

    async def before_create(self, job: JobId, *, can_spare_reading: bool) -> Balance | None:
        """The balance to compare with after a create, or None if it cannot be known.

        It is read again if that can show the outcome of the create, should its answer get lost. While refunds of other
        attempts are possible it mostly cannot, and is only read if `can_spare_reading`. Raises StoreError.
        """
        exact = self.exact
        is_fresh = self.age < REPEAT_AFTER
        if exact is not None and (is_fresh or not (can_spare_reading or not self._ledger.possible_refunds())):
            return exact
        return await self.read(job)

    def create_begun(self) -> None:
        """A create is about to be in the ledger: until its outcome is known, a reading may contain its price or not."""
        self._create_in_flight = True
        self._disturbances += 1

    def create_refused(self) -> None:
        """The create was refused, or not sent: nothing was spent."""
        self._end_create()

    def create_accepted(self, price: Decimal | None, *, sure: bool) -> None:
        """The create was accepted. `sure`: the balance has shown this price before, so that no reading is needed."""
        self._end_create()
        self.key_error = ""
        if price is None or self._balance is None:
            self._is_guess = True
            return
        self._is_guess |= not sure
        self._balance = replace(self._balance, amount=self._balance.amount - price)
        self._changed(self._balance)

    def disturb(self) -> None:
        """Something may have moved the balance: it is read before the next comparison."""
        self._end_create()
        self._is_guess = True

    def _end_create(self) -> None:
        self._create_in_flight = False
        self._disturbances += 1
