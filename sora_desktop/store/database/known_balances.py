"""The table of known balances: what each account held when it was last read, and what is not explained yet."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from sora_desktop.domain.ledger import KnownBalance, Outcome, Rise
from sora_desktop.domain.money import Balance
from sora_desktop.store.codec import LAST_MOMENT
from sora_desktop.store.database.rows import LARGEST_NUMBER, amount_of
from sora_desktop.store.database.table import Table


class KnownBalanceTable(Table):
    """One row for each service and key."""

    def known_balance(self, service: str, key_fingerprint: str) -> KnownBalance | None:
        """The latest known balance; None if there is none yet, or if it cannot be read."""
        rows = self._database.rows(
            "SELECT * FROM known_balance WHERE service = ? AND key_fingerprint = ?", (service, key_fingerprint)
        )
        if not rows:
            return None
        amount, read_at, attempt = amount_of(rows[0]["amount"]), rows[0]["read_at"], rows[0]["attempt"]
        if not isinstance(read_at, float) or not 0 <= read_at <= LAST_MOMENT:
            return None
        if amount is None or not isinstance(attempt, int) or not 0 <= attempt <= LARGEST_NUMBER:
            return None
        return KnownBalance(Balance(amount, read_at), attempt, _rises(rows[0]["rises"]))

    async def save_known_balance(
        self, service: str, key_fingerprint: str, known: KnownBalance, refunded: Sequence[int] = ()
    ) -> None:
        """Replace the known balance, and mark the attempts as refunded that it shows, in one transaction."""
        rises = json.dumps([(str(rise.amount), rise.attempt) for rise in known.rises])
        row = (service, key_fingerprint, str(known.balance.amount), known.balance.read_at, known.attempt, rises)

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO known_balance VALUES (?, ?, ?, ?, ?, ?)", row)
            connection.executemany(
                "UPDATE attempt SET outcome = ?, refund_seen = ? WHERE id = ? AND outcome = ?",
                [(Outcome.REFUNDED, known.attempt, attempt, Outcome.ACCEPTED) for attempt in refunded],
            )

        await self._database.write(change)


def _rises(text: object) -> tuple[Rise, ...]:
    """The rises as saved; none if they cannot be read."""
    try:
        found = [Rise(amount, int(attempt)) for each, attempt in json.loads(str(text)) if (amount := amount_of(each))]
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return ()
    return tuple(rise for rise in found if rise.amount > 0)
