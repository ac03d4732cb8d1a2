"""What became of each create that was tried."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What is known of one create. The values are the database's."""

    OPEN = "open"  # sent, and no answer yet
    ACCEPTED = "accepted"
    REFUSED = "refused"  # surely not charged
    UNKNOWN = "unknown"
    BILLED = "billed"  # by the balance; the id is lost
    NOT_BILLED = "not billed"  # by the balance
    REFUNDED = "refunded"  # accepted, failed, and the balance rose again


#: Outcomes that have cost credits, as far as is known.
SPENT = (Outcome.ACCEPTED, Outcome.BILLED)
#: Outcomes that may have cost credits.
IN_DOUBT = (Outcome.OPEN, Outcome.UNKNOWN)
