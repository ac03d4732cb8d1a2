"""The service that a request of the command line goes to."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from sora_desktop.api.dialects import capabilities_of, examine
from sora_desktop.api.errors import UnknownDialect
from sora_desktop.cli.errors import BadRequest
from sora_desktop.cli.progress import print_error
from sora_desktop.cli.request_options import RequestOptions, request_for
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.examination import Checked, Examination, ignore_check
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.lock import OwnerNote
from sora_desktop.store.overrides import URL_OVERRIDE, value_of
from sora_desktop.store.service_list import ServiceList
from sora_desktop.store.settings import SettingsFile

#: Seconds that one call may take when a service is asked what it can do now.
FRESH_LOOK = 4.0
_ADVICE = "Close it, or use another data folder with --data."


def services_in(data_folder: DataFolder) -> ServiceList:
    """The services of a data folder that this process need not own."""
    settings = SettingsFile(data_folder.settings_file).peek()
    return ServiceList(lambda: settings, os.environ)


def free_services(data_folder: DataFolder) -> frozenset[str]:
    """The names of the services that charge nothing, as far as is known."""
    found = set()
    for config in services_in(data_folder).further:
        with suppress(UnknownDialect):
            if capabilities_of(config).unit is None:
                found.add(config.name)
    return frozenset(found)


def no_such_service(name: str | None, services: ServiceList) -> BadRequest:
    """The error for a name that no service has."""
    names = ", ".join(f"“{each.name}”" for each in services.all)
    return BadRequest(f"There is no service named “{name}”. There are: {names}.")


async def examine_from(
    data_folder: DataFolder,
    config: ServiceConfig,
    key: str,
    *,
    seconds: float,
    report: Callable[[Checked], None] = ignore_check,
) -> Examination:
    """Ask a service what it is and what it can do, as this data folder. The parameters are those of `examine`."""
    installation = ""
    if data_folder.has_library:
        database = Database(data_folder.database)
        try:
            with suppress(StoreError):  # of an older version
                installation = JobStore(database).installation_at(config.name)
        finally:
            await database.aclose()
    files = data_folder.model_files
    return await examine(config, key, files, seconds=seconds, installation=installation, report=report)


@dataclass(frozen=True, slots=True)
class Target:
    """A service of a data folder."""

    data_folder: DataFolder
    config: ServiceConfig
    is_further: bool  # the user has added it
    capabilities: Capabilities  # as far as is known

    @classmethod
    def of(cls, data_folder: DataFolder, service: str | None, *, sandbox: bool) -> Target:
        """The service of that name, else the sandbox if that is wanted, else the default. Raises BadRequest.

        A default that cannot be used is not replaced by the first service, which may cost money.
        """
        services = services_in(data_folder)
        if service is None and not sandbox and services.lost_default:
            raise BadRequest(
                f"The default service “{services.lost_default}” cannot be used; `sora-desktop service list` says why. "
                "Name a service with --service, or set another default with `sora-desktop service default NAME`."
            )
        if sandbox and service is not None and service.casefold() != SANDBOX:
            raise BadRequest("Use either --sandbox or --service.")
        config = services.config(SANDBOX if sandbox else service if service is not None else services.default)
        if config is None:
            raise no_such_service(service, services)
        files = data_folder.model_files
        return cls(data_folder, config, services.is_further(config.name), capabilities_of(config, files))

    async def request_for(self, options: RequestOptions, *, with_image: bool) -> VideoRequest:
        """The request that the options mean. Raises BadRequest, which names what the service takes instead."""
        try:
            return request_for(options, self.capabilities, with_image=with_image)
        except BadRequest:
            fresh = await self._fresh_capabilities()
            if fresh == self.capabilities:
                raise
            return request_for(options, fresh, with_image=with_image)

    async def to_open(self, owner: OwnerNote) -> str:
        """The service, if the owner has to connect it first and can; else an empty string.

        The first service is connected beside others only, not instead of another one or of the sandbox.
        """
        name, connected = self.config.name, owner.connected
        if name == SANDBOX or name in connected:
            return ""
        if not self.is_further:
            others_only = bool(connected) and all(map(services_in(self.data_folder).is_further, connected))
            return name if others_only and await self._key() else ""
        return name

    async def name_beside(self, owner: OwnerNote) -> str:
        """The service that the owner sends the request to.

        Raises BadRequest or BadUrl for a request that the owner would send elsewhere, or with another key, than it is
        meant for.
        """
        from sora_desktop.api.http.origin import checked_base_url  # late: it loads HTTP

        program = "The open window" if owner.window else "Another command line"
        name, connected = self.config.name, owner.connected
        if name == SANDBOX and name not in connected:
            raise BadRequest(f"{program} uses {owner.service}. Leave out --sandbox, close it, or use --data.")
        if name == SANDBOX:
            return SANDBOX
        named_url, key = "", await self._key()
        if not self.is_further:
            named_url = value_of(URL_OVERRIDE, os.environ)
            if name not in connected and SANDBOX in connected:
                if named_url or key:
                    raise BadRequest(f"{program} uses the sandbox. Add --sandbox to use it too. {_ADVICE}")
                print_error(f"{program} uses the sandbox, and so does this request.")
                return SANDBOX
            checked_base_url(services_in(self.data_folder).base_url)
        if name not in connected:
            raise BadRequest(f"{program} uses {', '.join(connected)}, but this request is for {name}. {_ADVICE}")
        if key and await _fingerprint_of(key, self.data_folder) != connected[name]:
            raise BadRequest(f"{program} uses another API key than this command. {_ADVICE}")
        return name

    async def _key(self) -> str:
        name = self.config.name if self.is_further else ""
        return await KeyRing(self.data_folder, os.environ, name, variable=self.config.key_variable).load()

    async def _fresh_capabilities(self) -> Capabilities:
        """What the service can do now, if it shows that when it is asked."""
        if not self.is_further or self.capabilities.unit is not None:
            return self.capabilities
        shown = await examine_from(self.data_folder, self.config, await self._key(), seconds=FRESH_LOOK)
        if not shown.is_reachable:
            return self.capabilities
        config = replace(self.config, found_profile=shown.profile, models=shown.models)
        return capabilities_of(config, self.data_folder.model_files)


async def _fingerprint_of(key: str, data_folder: DataFolder) -> str:
    database = Database(data_folder.database)
    try:
        return JobStore(database).key_fingerprint(key)
    finally:
        await database.aclose()
