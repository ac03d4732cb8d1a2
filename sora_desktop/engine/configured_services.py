"""The services of a data folder as they are configured, their keys, and changes to both."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sora_desktop.api.dialects import capabilities_of
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.examination import Checked, Examination, ignore_check
from sora_desktop.domain.job import Job
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig, name_problem
from sora_desktop.store.keys import KeyPlace, KeyRing
from sora_desktop.store.records import Records
from sora_desktop.store.service_list import ServiceList
from sora_desktop.store.settings import MOST_JOBS_AT_ONCE

log = logging.getLogger(__name__)


class BadService(Exception):
    """A service cannot be configured like that. The message can be shown to the user."""


class ConfiguredServices(ServiceList):
    """Changes which services there are, and knows where their keys are. For the owner of the data folder."""

    def __init__(self, records: Records, environ: Mapping[str, str]) -> None:
        """`environ`: the environment of the process."""
        super().__init__(lambda: records.settings, environ)
        self._records = records
        self._environ = environ
        #: Where the key of the first service is stored.
        self.first_keys = KeyRing(records.data_folder, environ)
        self._key_rings: dict[str, KeyRing] = {}
        self._capabilities: dict[ServiceConfig, Capabilities] = {}  # to find them out, files are read

    def key_ring(self, config: ServiceConfig) -> KeyRing:
        """Where the key of a service is stored. The sandbox has a key of its own for each run, and none there."""
        if config.name in (SANDBOX, self.first.name):
            return self.first_keys
        # kept: without a system keyring it holds the key of this run
        ring = self._key_rings.setdefault(config.name, KeyRing(self._records.data_folder, self._environ, config.name))
        ring.variable = config.key_variable
        return ring

    @property
    def model_files(self) -> tuple[Path, ...]:
        """Files that say what the models of engines can do, those that count first in front."""
        return self._records.data_folder.model_files

    def capabilities_of(self, config: ServiceConfig) -> Capabilities:
        """What a service can do, as far as is known without asking it. Raises UnknownDialect."""
        if config not in self._capabilities:
            self._capabilities[config] = capabilities_of(config, self.model_files)
        return self._capabilities[config]

    async def key_of(self, config: ServiceConfig) -> str:
        """The API key of a service; empty if there is none, and for the sandbox."""
        return "" if config.base_url is None else await self.key_ring(config).load()

    async def examine(
        self,
        config: ServiceConfig,
        key: str,
        *,
        seconds: float = 10.0,
        report: Callable[[Checked], None] = ignore_check,
    ) -> Examination:
        """Ask a service what it is and what it can do. The parameters are those of `dialects.examine`."""
        from sora_desktop.api.dialects import examine  # late: it loads HTTP

        installation = self._records.jobs.installation_at(config.name)
        return await examine(config, key, self.model_files, seconds=seconds, installation=installation, report=report)

    async def add(self, config: ServiceConfig, key: str = "", *, key_in_file: bool = False) -> KeyPlace | None:
        """Add a service. Returns where its key is stored; None without a key.

        Nothing is saved on an error. Raises BadService, BadUrl, UnknownDialect, OSError.
        """
        if problem := name_problem(config.name, [other.name for other in self.all]):
            raise BadService(problem)
        checked = checked_service(config, key or await self.key_of(config))
        place = await self.key_ring(checked).save(key, or_file=key_in_file) if key else None
        self._save((*self.further, checked))
        return place

    async def change(self, config: ServiceConfig, key: str = "", *, key_in_file: bool = False) -> KeyPlace | None:
        """Replace the settings of a further service. An empty key leaves the stored one.

        Returns and raises the same as `add`.
        """
        self._require_further(config.name)
        checked = checked_service(config, key or await self.key_of(config))
        place = await self.key_ring(checked).save(key, or_file=key_in_file) if key else None
        self._save(tuple(checked if other.name == config.name else other for other in self.further))
        return place

    def read_key_again(self, name: str) -> None:
        """Another process has stored or deleted the key of a further service. Raises BadService."""
        self.key_ring(self._require_further(name)).read_again()

    async def forget_key(self, name: str) -> None:
        """Delete the stored key of a further service. That in an environment variable counts on.

        Raises BadService, OSError.
        """
        await self.key_ring(self._require_further(name)).forget()

    async def remove(self, name: str) -> None:
        """Remove a further service and its key. Its finished jobs and its ledger stay. Raises BadService, OSError."""
        config = self._require_further(name)
        default = "" if name == self.default else None
        self._save(tuple(other for other in self.further if other.name != name), default)
        await self.key_ring(config).forget()
        del self._key_rings[name]

    def set_default(self, name: str) -> None:
        """Use this service from now on unless the user chooses another. Raises BadService, OSError."""
        if name != self.first.name:
            self._require_further(name)
        self._save(self.further, name if self.is_further(name) else "")

    def note_found(self, name: str, profile: str, models: tuple[str, ...]) -> None:
        """Keep what a further service showed itself to be. Raises OSError."""
        self._save(
            tuple(
                replace(config, found_profile=profile, models=models) if config.name == name else config
                for config in self.further
            )
        )

    def note_mixed(self, name: str, url: str) -> None:
        """Keep that an address of a further service is several engines. An error of the disk is logged."""
        noted = tuple(
            replace(config, mixed_urls=tuple(dict.fromkeys((*config.mixed_urls, url))))
            if config.name == name
            else config
            for config in self.further
        )
        try:
            self._save(noted)
        except OSError as error:
            log.warning("that %s is several engines could not be saved: %s", url, error)

    def _save(self, further: tuple[ServiceConfig, ...], default: str | None = None) -> None:
        """Save both, or neither if that fails. `default`: the saved one unless given."""
        before = self._records.settings
        # What the user has written by hand is never lost: without the name of a default service that cannot be used,
        # the first one, which may cost money, would be used without a word from then on.
        default = before.default_service if default is None else default
        try:
            self._records.change_settings(more_services=(*further, *self.ignored), default_service=default)
        except OSError:
            self._records.settings = before
            raise

    def _require_further(self, name: str) -> ServiceConfig:
        for config in self.further:
            if config.name == name:
                return config
        raise BadService(f"There is no service named “{name}” among those that you have added.")


def checked_service(config: ServiceConfig, key: str) -> ServiceConfig:
    """The same with each URL in its one spelling. `key`: what would be sent there.

    Raises BadService, BadUrl, UnknownDialect.
    """
    from sora_desktop.api.dialects import checked_urls  # late: it loads HTTP

    if config.base_url is None:
        raise BadService("Enter the address of the service.")
    first, *more = checked_urls(config, key)
    if 1 + len(more) < len(config.urls):
        raise BadService("An address of the service is named twice. Name each once.")
    if not 1 <= config.jobs_at_once <= MOST_JOBS_AT_ONCE:
        raise BadService(f"The number of jobs at once must be between 1 and {MOST_JOBS_AT_ONCE}.")
    return replace(config, base_url=first, more_urls=tuple(more), mixed_urls=())  # what is in front may have changed


def require_no_unfinished_jobs(service: str, unfinished: Sequence[Job]) -> None:
    """Raises BadService if one of these jobs belongs to the service: it could not go on without it."""
    count = sum(job.service == service for job in unfinished)
    if count:
        videos, them = ("1 video is", "it") if count == 1 else (f"{count} videos are", "them")
        raise BadService(
            f"“{service}” cannot be removed: {videos} unfinished there. Wait for {them}, or cancel {them} or "
            f"move {them} to the Trash, first."
        )
