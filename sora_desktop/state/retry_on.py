"""Sending the request of a job to another service."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from sora_desktop.domain.capabilities import problems_in
from sora_desktop.domain.job import Abandoned, Cancelled, Failed, Job, Ready, Waiting
from sora_desktop.domain.money import price_text
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.job_services import JobServices

#: Phases in which a request can be sent to another service: nothing at its own service will answer it meanwhile.
_PHASES = (Waiting, Ready, Failed, Abandoned, Cancelled)


class RetryTarget(NamedTuple):
    """Another service, and what it would be sent."""

    service: str  # its name
    label: str
    request: VideoRequest
    lost: tuple[str, ...]  # what cannot be carried over, as sentences
    price: Decimal | None  # None: unknown, or the service does not charge
    cost: str  # such as "free", "costs 100 credits" or "price unknown"
    problem: str = ""  # why the service cannot take the request, as a sentence
    is_offline: bool = False  # the service does not answer as it should: the request waits until it does

    @property
    def text(self) -> str:
        """The menu item."""
        return f"{self.label} (cannot be used now; {self.cost})" if self.is_offline else f"{self.label} ({self.cost})"

    @property
    def waiting_text(self) -> str:
        """That the request is not sent at once, as sentences; empty if it is."""
        return f"{self.label} cannot be used now. The video waits until it can." if self.is_offline else ""

    @property
    def tip(self) -> tuple[str, ...]:
        """What the user should know before choosing the menu item, as sentences."""
        return (self.problem,) if self.problem else (*self.lost, self.waiting_text)


def retry_targets(job: Job, services: JobServices) -> tuple[RetryTarget, ...]:
    """The other services at work, if the request of the job can be sent to another one."""
    if not isinstance(job.phase, _PHASES):
        return ()
    from sora_desktop.domain.conversion import converted  # late: the first paint needs none

    source = services.of(job)
    targets = []
    for name, service in services.known.items():
        if not service.is_open or service is source:
            continue
        conversion = converted(job.request, service.capabilities, source.capabilities)
        price = service.prices.price_of(conversion.request)
        problems = problems_in(conversion.request, service.capabilities)
        shown = price_text(price, service.unit)
        cost = "free" if service.unit is None else shown if price is None else f"costs {shown}"
        problem = problems[0] if problems else ""
        targets.append(RetryTarget(name, service.label, *conversion, price, cost, problem, service.is_offline))
    return tuple(targets)


def retry_title(job: Job) -> str:
    """The menu of those services. A waiting job leaves its own queue."""
    return "Move to service" if isinstance(job.phase, Waiting) else "Retry on"


def retry_question(job: Job, target: RetryTarget) -> str:
    """The question before a request is sent that is not the same as the original."""
    return f"Move to {target.label}?" if isinstance(job.phase, Waiting) else f"Retry on {target.label}?"


def retry_details(target: RetryTarget) -> str:
    """What the question lists."""
    sentences = "\n".join(f"• {sentence}" for sentence in target.lost)
    return f"{target.label} cannot render the same request:\n{sentences}\n\n{target.waiting_text}".rstrip()
