"""What failed jobs have cost, as the ledger says."""

from __future__ import annotations

from collections.abc import Callable

from sora_desktop.domain.job import Failed, Job, JobId
from sora_desktop.domain.ledger import Charge, Refund


class JobCharges:
    """Reads each charge once, until it may have changed."""

    def __init__(self, read: Callable[[JobId], Charge]) -> None:
        """`read` returns what the creates of one job have cost."""
        self._read = read
        self._charges: dict[JobId, Charge] = {}

    def of(self, job: Job) -> Charge | None:
        """None for a job that has not failed, or whose creates the ledger does not know."""
        if not isinstance(job.phase, Failed):
            return None
        if job.id not in self._charges:
            self._charges[job.id] = self._read(job.id)
        charge = self._charges[job.id]
        recorded = job.phase.remote_id is None or charge.refund is not Refund.NOT_NEEDED
        return charge if recorded else None  # accepted, and the ledger has no attempt: it was made elsewhere

    def forget(self, id: JobId) -> None:
        """The job has changed."""
        self._charges.pop(id, None)

    def forget_all(self) -> bool:
        """The ledger has changed; True if one of the charges known until now may be refunded."""
        refundable = any(charge.refund in (Refund.NOT_SEEN, Refund.UNKNOWN) for charge in self._charges.values())
        self._charges.clear()
        return refundable
