"""What is known of the services before any of them is connected: the first paint shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sora_desktop.api.dialects import FIRST_LABEL, SANDBOX_LABEL, capabilities_of, first_capabilities
from sora_desktop.api.errors import UnknownDialect
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.money import FREE, PriceTable
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.store.records import Records
from sora_desktop.store.service_list import ServiceList


def known_services(records: Records, environ: Mapping[str, str], last: str) -> tuple[ServiceState, ...]:
    """The state of every service; none if the user has added none.

    `last` names the one that the form was written for: without a key, the sandbox takes the place of the first service,
    and whether there is a key is not known yet.
    """
    services = ServiceList(lambda: records.settings, environ)
    if not services.further:
        return ()
    current = services.default
    if last == SANDBOX and not services.is_further(current):
        current = SANDBOX
    labels = {SANDBOX: SANDBOX_LABEL, services.first.name: FIRST_LABEL}
    return tuple(
        ServiceState(
            config.name,
            labels.get(config.name, config.name),
            config.dialect,
            config.profile or config.found_profile,
            config.urls,
            Availability.CONNECTING,
            reason="",
            capabilities=_capabilities_of(config, records),
            bills=False,
            balance=None,
            is_default=config.name == services.default,
            is_current=config.name == current,
        )
        for config in services.all
    )


def capabilities_in(states: Sequence[ServiceState], name: str) -> Capabilities:
    """What a service of these can do; what the first service can do, if that one is not among them."""
    found = (state.capabilities for state in states if state.name == name)
    return next(found, None) or first_capabilities()


def known_job_services(records: Records, states: Sequence[ServiceState]) -> JobServices:
    """The same services as their jobs show them. None is current until one is connected."""
    known = {
        state.name: JobService(
            state.label,
            state.capabilities,
            stored_prices(records, state.name, state.capabilities),
            follows_settings=not records.is_further_service(state.name),
        )
        for state in states
        if state.capabilities is not None
    }
    return JobServices(JobService("", first_capabilities(), records.prices), known, shows_labels=bool(states))


def stored_prices(records: Records, service: str, capabilities: Capabilities) -> PriceTable:
    """The prices of a service that is not at work: without learned ones."""
    if capabilities.unit is None:
        return FREE
    return records.price_file_of(service).load() if records.is_further_service(service) else records.prices


def _capabilities_of(config: ServiceConfig, records: Records) -> Capabilities | None:
    try:
        return capabilities_of(config, records.data_folder.model_files)
    except UnknownDialect:
        return None
