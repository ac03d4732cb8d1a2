"""The services of a data folder as they are configured: the first one, further ones, and the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sora_desktop.domain.service_config import SANDBOX, ServiceConfig, canonical_name, name_problem
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.overrides import URL_OVERRIDE, value_of
from sora_desktop.store.records import Records
from sora_desktop.store.settings import MOST_JOBS_AT_ONCE


class BadService(Exception):
    """A service cannot be configured like that. The message can be shown to the user."""


class ConfiguredServices:
    """Reads and changes which services there are, and knows where their keys are.

    The name of the first service is its base URL, which SORA_BASE_URL may override.
    """

    def __init__(self, records: Records, environ: Mapping[str, str]) -> None:
        """`environ`: the environment of the process."""
        self._records = records
        self._environ = environ
        #: Where the key of the first service is stored.
        self.first_keys = KeyRing(records.data_folder, environ)
        self._key_rings: dict[str, KeyRing] = {}

    @property
    def base_url(self) -> str:
        """Base URL of the first service, as it was entered."""
        return value_of(URL_OVERRIDE, self._environ) or self._records.settings.base_url

    @property
    def first(self) -> ServiceConfig:
        """The service that the settings describe with fields of their own."""
        name = canonical_name(self.base_url.strip().rstrip("/"))
        return self._with_shared_settings(ServiceConfig(name, name))

    @property
    def sandbox(self) -> ServiceConfig:
        """The built-in sandbox."""
        return self._with_shared_settings(ServiceConfig(SANDBOX, None))

    @property
    def further(self) -> tuple[ServiceConfig, ...]:
        """The services that the user has added."""
        return self._records.settings.more_services

    @property
    def all(self) -> tuple[ServiceConfig, ...]:
        """Every service: the first one, further ones, the sandbox."""
        return self.first, *self.further, self.sandbox

    @property
    def default(self) -> str:
        """Name of the service that is used unless the user chooses another."""
        chosen = self._records.settings.default_service
        return chosen if self.is_further(chosen) else self.first.name

    def is_further(self, name: str) -> bool:
        """True for a service that the user has added: its key and prices are stored under its name."""
        return self._records.is_further_service(name)

    def config(self, name: str) -> ServiceConfig | None:
        """The service of that name, in any case; None if there is none."""
        return next((config for config in self.all if config.name.casefold() == name.casefold()), None)

    def key_ring(self, name: str) -> KeyRing:
        """Where the key of a service is stored. The sandbox has a key of its own for each run, and none there."""
        config = next((config for config in self.further if config.name == name), None)
        if config is None:
            return self.first_keys
        if name not in self._key_rings:  # kept: without a system keyring it holds the key of this run
            self._key_rings[name] = KeyRing(
                self._records.data_folder, self._environ, name, variable=config.key_variable
            )
        return self._key_rings[name]

    async def key_of(self, config: ServiceConfig) -> str:
        """The API key of a service; empty if there is none, and for the sandbox."""
        return "" if config.base_url is None else await self.key_ring(config.name).load()

    def add(self, config: ServiceConfig) -> None:
        """Add a service. Raises BadService, BadUrl, UnknownDialect, OSError."""
        if problem := name_problem(config.name, [other.name for other in self.all]):
            raise BadService(problem)
        self._save((*self.further, self._checked(config)))

    def change(self, config: ServiceConfig) -> None:
        """Replace the settings of a further service. Raises BadService, BadUrl, UnknownDialect, OSError."""
        self._require_further(config.name)
        checked = self._checked(config)
        self._save(tuple(checked if other.name == config.name else other for other in self.further))
        if (ring := self._key_rings.get(config.name)) is not None:
            ring.variable = config.key_variable

    async def remove(self, name: str) -> None:
        """Remove a further service together with its key. Its jobs and its ledger stay. Raises BadService, OSError."""
        self._require_further(name)
        await self.key_ring(name).forget()
        self._key_rings.pop(name, None)
        self._save(tuple(other for other in self.further if other.name != name))

    def set_default(self, name: str) -> None:
        """Use this service from now on unless the user chooses another. Raises BadService, OSError."""
        if name != self.first.name and not self.is_further(name):
            raise BadService(f"“{name}” cannot be the default service. Choose a service that you have added.")
        self._save(self.further, name if self.is_further(name) else "")

    def _save(self, further: tuple[ServiceConfig, ...], default: str | None = None) -> None:
        """Save both, or neither if that fails. `default`: the saved one unless given."""
        before = self._records.settings
        default = before.default_service if default is None else default
        is_there = any(config.name == default for config in further)
        try:
            self._records.change_settings(more_services=further, default_service=default if is_there else "")
        except OSError:
            self._records.settings = before
            raise

    def _require_further(self, name: str) -> None:
        if not self.is_further(name):
            raise BadService(f"There is no service named “{name}” that you have added.")

    def _checked(self, config: ServiceConfig) -> ServiceConfig:
        """The same with each URL in its one spelling."""
        from sora_desktop.api.dialects import capabilities_of  # late: it loads HTTP
        from sora_desktop.api.http.origin import checked_base_url

        if config.base_url is None:
            raise BadService("Enter the address of the service.")
        first, *more = (checked_base_url(url) for url in config.urls)
        if len({first, *more}) <= len(more):
            raise BadService("An address of the service is named twice. Name each once.")
        if not 1 <= config.jobs_at_once <= MOST_JOBS_AT_ONCE:
            raise BadService(f"The number of jobs at once must be between 1 and {MOST_JOBS_AT_ONCE}.")
        checked = replace(config, base_url=first, more_urls=tuple(more))
        capabilities_of(checked)
        return checked

    def _with_shared_settings(self, config: ServiceConfig) -> ServiceConfig:
        settings = self._records.settings
        return replace(config, jobs_at_once=settings.jobs_at_once, spending_limit=settings.spending_limit)
