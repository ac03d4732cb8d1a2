"""Whether the services answer, and what they show themselves to be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sora_desktop.domain.examination import CheckResult, Examination
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.engine.configured_services import ConfiguredServices

if TYPE_CHECKING:
    from sora_desktop.jobs.runner import JobRunner

log = logging.getLogger(__name__)

#: Seconds that a lane waits at most for the first examination before it opens.
FIRST_EXAMINATION = 5.0
#: Seconds that one call of an examination may take.
EXAMINATION_CALL = 4.0
#: Seconds between two looks at what is known of a service.
LOOK_INTERVAL = 5.0
#: Seconds without an answer after which a service is examined: while jobs are there, and without any.
SILENT_WITH_JOBS, SILENT_WITHOUT_JOBS = 15.0, 60.0
#: Seconds until a service that did not answer is examined again; doubled each time, up to the longest.
SOONEST_CHECK, LATEST_CHECK = 5.0, 60.0
#: The same where requests are counted.
SOONEST_COUNTED_CHECK, LATEST_COUNTED_CHECK = 60.0, 900.0


class Health(NamedTuple):
    """What the last examination of a service showed."""

    answers: bool  # at one of its addresses at least
    reason: str = ""  # what failed and what to do, as sentences for the user


UNKNOWN = Health(answers=True)


def health_in(examination: Examination) -> Health:
    """What an examination shows about the use of a service."""
    failed = {found.url for found in examination.checks if found.result is CheckResult.FAILED}
    usable = {found.url for found in examination.checks} - failed
    return Health(bool(usable) and "" not in failed, " ".join(dict.fromkeys(examination.failures)))


class HealthMonitor:
    """Examines services before their lanes open, and while they are open and silent.

    A service with a balance is not examined, since its requests are counted: its balance is read again instead, and
    only after that has failed. The sandbox is a process of our own, and is not examined.
    """

    def __init__(
        self,
        configured: ConfiguredServices,
        changed: Callable[[], None],
        reopen: Callable[[str], None],
    ) -> None:
        """`changed` is called when the health of a service may have changed.

        `reopen` is called with the name of a service that has become another kind of server, or has other models.
        """
        self._configured = configured
        self._changed = changed
        self._reopen = reopen
        # by service name
        self._health: dict[str, Health] = {}
        self._last_answer: dict[str, float] = {}  # the loop's time
        self._seen: dict[str, ServiceConfig] = {}  # what the last examination showed
        self._watching: dict[str, asyncio.Task[None]] = {}

    def health_of(self, name: str, runner: JobRunner) -> Health:
        """What is known about the service of an open lane."""
        if runner.bills:
            return Health(not runner.balance_error, runner.balance_error)
        return self._health.get(name, UNKNOWN)

    def answered(self, name: str) -> None:
        """A service has answered a call."""
        self._last_answer[name] = asyncio.get_running_loop().time()

    async def examined(self, config: ServiceConfig) -> ServiceConfig:
        """Examine a service before its lane opens; the result is saved. An unknown service is returned as it is."""
        if not self._is_examined(config):
            return config
        try:
            examination = await asyncio.wait_for(self._examine(config), FIRST_EXAMINATION)
        except TimeoutError:
            reason = f"No answer from {' or '.join(config.urls)} yet. Check that the server runs."
            self._health[config.name] = Health(answers=False, reason=reason)
            return config
        found = _with_found(config, examination)
        if found != config:
            self._note(found)
        return found

    def watch(self, config: ServiceConfig, runner: JobRunner) -> None:
        """Examine the service of an open lane from now on whenever it is silent."""
        name = config.name
        if name not in self._watching and self._configured.is_further(name):
            self._watching[name] = asyncio.create_task(self._watch(config, runner), name=f"watch {name}")

    async def unwatch(self, name: str) -> None:
        """No longer examine a service."""
        task = self._watching.pop(name, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.wait({task})

    def _is_examined(self, config: ServiceConfig) -> bool:
        capabilities = self._configured.capabilities_of(config)
        return config.base_url is not None and capabilities.unit is None

    async def _examine(self, config: ServiceConfig) -> Examination:
        key = await self._configured.key_of(config)
        examination = await self._configured.examine(config, key, seconds=EXAMINATION_CALL)
        self._health[config.name] = health_in(examination)
        return examination

    async def _watch(self, config: ServiceConfig, runner: JobRunner) -> None:
        """Look regularly; examine after silence, and less and less often while there is no answer."""
        pause, longest = (
            (SOONEST_COUNTED_CHECK, LATEST_COUNTED_CHECK) if runner.bills else (SOONEST_CHECK, LATEST_CHECK)
        )
        first_pause, loop = pause, asyncio.get_running_loop()
        last_check = loop.time()
        while True:
            await asyncio.sleep(LOOK_INTERVAL)
            self._changed()  # the runner itself may have learned something
            if self.health_of(config.name, runner).answers:
                pause = first_pause
                silent = SILENT_WITH_JOBS if runner.jobs() else SILENT_WITHOUT_JOBS
                last_answer = max(last_check, self._last_answer.get(config.name, last_check))
                is_due = not runner.bills and loop.time() - last_answer >= silent
            else:
                is_due = loop.time() - last_check >= pause
            if not is_due:
                continue
            try:
                await self._check(config, runner)
            except Exception:
                log.exception("%s could not be examined", config.name)
            last_check, pause = loop.time(), min(2 * pause, longest)
            self._changed()

    async def _check(self, config: ServiceConfig, runner: JobRunner) -> None:
        if runner.bills:
            await runner.read_balance()
            return
        answered_before = self.health_of(config.name, runner).answers
        examination = await self._examine(config)
        found = _with_found(config, examination)
        # one address of several may be away for a moment: what the service has must be seen twice
        if found != config and (not answered_before or found == self._seen.get(config.name)):
            self._note(found)
            self._reopen(config.name)
        self._seen[config.name] = found

    def _note(self, found: ServiceConfig) -> None:
        if self._configured.is_further(found.name):
            try:
                self._configured.note_found(found.name, found.found_profile, found.models)
            except OSError as error:
                log.warning("what %s showed itself to be could not be saved: %s", found.name, error)


def _with_found(config: ServiceConfig, examination: Examination) -> ServiceConfig:
    """The service with what it showed itself to be; the same if it showed nothing."""
    if not examination.is_reachable:
        return config
    return replace(config, found_profile=examination.profile, models=examination.models)
