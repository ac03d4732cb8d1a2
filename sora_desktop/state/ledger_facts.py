"""What the ledger says about jobs: what failed ones have cost, and whose task a rendering waits for."""

from __future__ import annotations

from typing import Protocol

from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.job import Failed, Job, JobId, RemoteId, Rendering
from sora_desktop.domain.ledger import Charge, Refund
from sora_desktop.domain.trash import before_trash, is_only_record


class LedgerSource(Protocol):
    """The part of the ledger that is shown."""

    def charge(self, id: JobId) -> Charge:
        """What the creates of one job have cost."""

    def is_named_by_answer(self, id: JobId) -> bool:
        """True if an answer has named the present task of a job."""


class LedgerFacts:
    """Reads each fact once, until it may have changed."""

    def __init__(self, ledger: LedgerSource) -> None:
        self._ledger = ledger
        self._charges: dict[JobId, Charge] = {}
        self._found: dict[JobId, tuple[RemoteId, bool]] = {}

    def charge_of(self, job: Job, unit: Unit | None) -> Charge | None:
        """What a failed job has cost. `unit`: what its service charges in, None if it does not charge.

        None for a job that has not failed, or whose creates the ledger does not know, and where nothing is charged.
        """
        if unit is None or not isinstance(job.phase, Failed):
            return None
        if job.id not in self._charges:
            self._charges[job.id] = self._ledger.charge(job.id)
        charge = self._charges[job.id]
        recorded = job.phase.remote_id is None or charge.refund is not Refund.NOT_NEEDED
        return charge if recorded else None  # accepted, and the ledger has no attempt: it was made elsewhere

    def needs_report(self, job: Job, unit: Unit | None) -> bool:
        """True if support may need what is known about the job, in the Trash or not: it may be paid for in vain."""
        if unit is None or not is_only_record(job):
            return False
        charge = self.charge_of(before_trash(job), unit)
        return charge is None or charge.refund not in (Refund.NOT_NEEDED, Refund.SEEN)

    def is_found(self, job: Job) -> bool:
        """True if the job is a rendering whose task was found in a list: it may be another program's."""
        if not isinstance(job.phase, Rendering):
            self._found.pop(job.id, None)
            return False
        known = self._found.get(job.id)
        if known is None or known[0] != job.phase.remote_id:
            known = self._found[job.id] = job.phase.remote_id, not self._ledger.is_named_by_answer(job.id)
        return known[1]

    def forget(self, id: JobId) -> None:
        """The job has changed."""
        self._charges.pop(id, None)

    def forget_all(self) -> bool:
        """The ledger has changed; True if one of the charges known until now may be refunded."""
        refundable = any(charge.refund in (Refund.NOT_SEEN, Refund.UNKNOWN) for charge in self._charges.values())
        self._charges.clear()
        return refundable
