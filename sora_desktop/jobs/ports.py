"""What the running of jobs needs: a library, a person's terms, and a new job."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from sora_desktop.domain.job import Job, JobId, Waiting
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.money.prices import PriceStore
from sora_desktop.jobs.money.reconcile import ReconcileLedger
from sora_desktop.jobs.money.spending_limit import SpendingLedger
from sora_desktop.jobs.sending.attempt_writer import SendingLedger
from sora_desktop.jobs.support.exchange_log import ExchangeStore


class JobLibrary(SendingLedger, ReconcileLedger, SpendingLedger, PriceStore, ExchangeStore, Protocol):
    """What the runner asks the store."""

    async def add(self, jobs: Sequence[Job]) -> None:
        """The jobs are on disk when this returns."""

    async def save(self, job: Job) -> None:
        """The job is on disk when this returns."""

    def read(self, id: JobId) -> Job | None:
        """The job as saved."""

    def unfinished(self) -> list[Job]:
        """Jobs that are not settled, in the order of the queue."""

    def abandoned_since(self, moment: float) -> list[Job]:
        """Jobs that a person stopped waiting for at or after that moment, in unix seconds; latest first."""

    async def note_refund(self, id: JobId) -> None:
        """The credits of the job's last accepted attempt came back."""


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """What a person may set about the running of jobs."""

    service_name: str  # a base URL or "sandbox": jobs of another service are left alone
    library: Path
    prices: PriceTable
    jobs_at_once: int = 3
    spending_limit: Decimal | None = None  # credits
    paused: bool = False
    prices_edited_at: float = 0.0  # unix seconds: prices learned before are given up


def new_job(request: VideoRequest, service: str, now: float | None = None, position: float | None = None) -> Job:
    """A waiting job with an id of its own, not saved yet."""
    made = time.time() if now is None else now
    return Job(
        JobId(uuid.uuid4().hex),
        request,
        Waiting(),
        made,
        made,
        made if position is None else position,
        service=service,
    )
