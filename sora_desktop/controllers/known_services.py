"""What is known of the services before any of them is connected: the first paint shows it."""

from __future__ import annotations

from collections.abc import Mapping

from sora_desktop.api.dialects import FIRST_LABEL, SANDBOX_LABEL, capabilities_of, first_capabilities
from sora_desktop.api.errors import UnknownDialect
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.money import FREE, PriceTable
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.store.records import Records
from sora_desktop.store.service_list import ServiceList


class KnownServices:
    """The services of a data folder whose user has added some."""

    def __init__(self, records: Records, environ: Mapping[str, str], last: str) -> None:
        """`last` names the service that the form was written for.

        Without a key, the sandbox takes the place of the first service, and whether there is a key is not known yet.
        """
        services = ServiceList(lambda: records.settings, environ)
        current = services.default
        if last == SANDBOX and not services.is_further(current):
            current = SANDBOX
        labels = {SANDBOX: SANDBOX_LABEL, services.first.name: FIRST_LABEL}
        #: Every service: the first one, further ones, the sandbox. One of them is current.
        self.states = tuple(
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
                is_default=services.is_default(config.name),
                is_current=config.name == current,
            )
            for config in services.all
        )
        known = {
            state.name: JobService(
                state.label,
                state.capabilities,
                stored_prices(records, state.name, state.capabilities),
                is_open=False,
                follows_settings=not records.is_further_service(state.name),
            )
            for state in self.states
            if state.capabilities is not None
        }
        #: The same services as their jobs show them. None is current until one is connected.
        self.job_services = JobServices(JobService("", first_capabilities(), records.prices), known, shows_labels=True)

    def capabilities_of(self, name: str) -> Capabilities:
        """What a service can do; what the first service can do, if that one is not known."""
        found = self.job_services.known.get(name)
        return first_capabilities() if found is None else found.capabilities


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
