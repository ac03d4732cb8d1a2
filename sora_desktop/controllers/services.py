"""The services of the data folder, as the window shows them."""

from __future__ import annotations

from sora_desktop.api.dialects import first_capabilities
from sora_desktop.engine.engine import Engine
from sora_desktop.state.job_services import JobService, JobServices


def job_services(engine: Engine) -> JobServices:
    """What rows and menus need to know about the services."""
    known = {
        name: JobService(name, lane.capabilities, lane.runner.prices, can_reconcile=lane.runner.bills)
        for name, lane in engine.lanes.items()
        if name == engine.service_name
    }
    return JobServices(JobService("", first_capabilities(), engine.prices), known, engine.service_name)
