"""Which services the settings describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sora_desktop.domain.service_config import SANDBOX, ServiceConfig, canonical_name, name_problem
from sora_desktop.store.overrides import URL_OVERRIDE, value_of
from sora_desktop.store.settings import Settings


class ServiceList:
    """The first service, further ones and the sandbox, as the settings are now.

    The name of the first service is its base URL, which SORA_BASE_URL may override.
    """

    def __init__(self, settings: Callable[[], Settings], environ: Mapping[str, str]) -> None:
        """`settings` returns the present ones. `environ`: the environment of the process."""
        self._settings = settings
        self._environ = environ

    @property
    def base_url(self) -> str:
        """Base URL of the first service, as it was entered."""
        return value_of(URL_OVERRIDE, self._environ) or self._settings().base_url

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
        """The services that the user has added. Entries written by hand that cannot be one are left out."""
        return self._usable()[0]

    @property
    def ignored(self) -> tuple[ServiceConfig, ...]:
        """Entries of the settings that cannot be a service: without an address, or with a name that cannot be used."""
        return tuple(config for config, _ in self._usable()[1])

    @property
    def warnings(self) -> list[str]:
        """Why entries of the settings are ignored, and what that means, as sentences for the user."""
        ignored = [f"A service in settings.json is ignored. {problem}" for _, problem in self._usable()[1]]
        if lost := self.lost_default:
            ignored.append(
                f"The default service “{lost}” cannot be used. {self.first.name} takes its place, which may cost "
                "money. File › Services… sets the default."
            )
        return ignored

    @property
    def all(self) -> tuple[ServiceConfig, ...]:
        """Every service: the first one, further ones, the sandbox."""
        return self.first, *self.further, self.sandbox

    @property
    def default(self) -> str:
        """Name of the service that is used unless the user chooses another."""
        return self._chosen_default or self.first.name

    def is_default(self, name: str) -> bool:
        """True for the default service. None is, while another one only takes the place of a lost one."""
        return name == self.default and not self.lost_default

    @property
    def lost_default(self) -> str:
        """The name that the settings give the default service, if no service that may be the default has it."""
        return "" if self._chosen_default else self._settings().default_service

    @property
    def _chosen_default(self) -> str:
        """Name of the service that the settings make the default; empty if they name none that may be."""
        named = self._settings().default_service
        config = self.config(named) if named else None
        return "" if config is None or config.base_url is None else config.name

    def is_further(self, name: str) -> bool:
        """True for a service that the user has added: its key and prices are stored under its name."""
        return any(config.name == name for config in self.further)

    def config(self, name: str) -> ServiceConfig | None:
        """The service of that name, in any case and any spelling of a base URL; None if there is none."""
        wanted = canonical_name(name).casefold()
        return next((config for config in self.all if config.name.casefold() == wanted), None)

    def _usable(self) -> tuple[tuple[ServiceConfig, ...], list[tuple[ServiceConfig, str]]]:
        """The services that the user has added, and the other entries with what is wrong with each."""
        usable: dict[str, ServiceConfig] = {}
        ignored: list[tuple[ServiceConfig, str]] = []
        for config in self._settings().more_services:
            problem = name_problem(config.name, usable)
            if config.base_url is None:
                problem = problem or f"“{config.name}” has no address. Add it as base_url."
            if problem:
                ignored.append((config, problem))
            else:
                usable[config.name] = config
        return tuple(usable.values()), ignored

    def _with_shared_settings(self, config: ServiceConfig) -> ServiceConfig:
        settings = self._settings()
        return replace(config, jobs_at_once=settings.jobs_at_once, spending_limit=settings.spending_limit)
