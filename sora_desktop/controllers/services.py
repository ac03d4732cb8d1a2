"""The services of the data folder: what the window shows of them, and what the user does to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sora_desktop.api.dialects import first_capabilities
from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.known_services import stored_prices
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.queue import QueueController
from sora_desktop.controllers.service_settings import ServiceSettingsController
from sora_desktop.domain.job import Job
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.engine.engine import Engine
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.notices import Notice, NoticeAction
from sora_desktop.state.service_lines import unusable_text
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import CONNECTION, NOT_CONNECTED, SANDBOX_GREETING

#: The subject of the notice about services that cannot be used.
_UNUSABLE = "unusable services"


class ServicesController:
    """Shows the state of the services everywhere in the window, and makes another one the current service."""

    def __init__(
        self,
        engine: Engine,
        panels: Panels,
        tasks: BackgroundTasks,
        queue: QueueController,
        settings: ServiceSettingsController,
    ) -> None:
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._queue = queue
        self._settings = settings
        self._states: tuple[ServiceState, ...] = ()
        self._open_services = NoticeAction("Services…", panels.window.services_requested.emit)
        self._unusable: set[str] = set()  # the services that a notice has named
        self._warnings: set[str] = set()  # about the settings of services, as far as a notice has shown them

    def connect_signals(self) -> None:
        """Answer the requests of the form from now on."""
        self._panels.compose.service_chosen.connect(
            lambda name: self._tasks.start(self.choose(name), "choose service", notice_key=CONNECTION)
        )
        self._panels.compose.add_service_requested.connect(lambda: self._settings.add(self._panels.window, choose=True))

    async def choose(self, name: str) -> None:
        """Make a service the current one; those before it work on."""
        await self._engine.services.choose(name)

    async def wait_for_current(self) -> None:
        """Return when the current service is at work, if it is the sandbox or one that the user has added.

        Raises what keeps it.
        """
        engine = self._engine
        is_opened = engine.service_name == SANDBOX or engine.services.configured.is_further(engine.service_name)
        if not engine.connected and is_opened:
            await self.choose(engine.service_name)

    def show_states(self, states: Sequence[ServiceState]) -> None:
        """Show these states: in the form, the header, the rows, the filter of the library."""
        self._states = tuple(states)
        panels = self._panels
        panels.job_list.set_services(self._job_services())
        panels.player.refresh_facts()
        has_choice = len(self._engine.services.configured.further) > 0
        shown = self._states if has_choice else ()
        panels.show_services(shown)
        current = next((state for state in self._states if state.is_current), None)
        if current is not None:
            self._show_current(current, has_choice=has_choice)
        self._settings.show_states(self._states)
        if self._engine.connected:
            panels.window_state.end_notice(NOT_CONNECTED)
        self._show_warnings()
        if has_choice:
            self._show_unusable()

    def job_changed(self, job: Job) -> None:
        """A price may have been learned from this job; those of the current service are published by themselves."""
        lane = self._engine.services.lane_of(job)
        known = self._panels.job_list.services
        if lane is not None and lane.runner.prices != known.of(job).prices:
            self._panels.job_list.set_services(self._job_services())

    def _show_current(self, current: ServiceState, *, has_choice: bool) -> None:
        state, panels = self._panels.window_state, self._panels
        shown = current if has_choice else None
        unit = state.facts.unit if current.capabilities is None else current.capabilities.unit
        follows = not self._engine.services.configured.is_further(current.name)
        if (shown, unit) != (state.facts.current, state.facts.unit):
            state.set_facts(replace(state.facts, current=shown, unit=unit, follows_settings=follows))
        if current.balance != state.facts.balance:
            self._queue.show_balance(current.balance)
        if current.capabilities is not None:
            panels.composer.set_service(current.name, current.capabilities)
        if current.name != SANDBOX:
            state.end_notice(SANDBOX_GREETING.subject)
        self._queue.show_waiting()

    def _show_unusable(self) -> None:
        """Say once that a service cannot be used; its own rows say it as long as that lasts."""
        window_state = self._panels.window_state
        unusable = {state.name for state in self._states if state.availability is Availability.OFFLINE}
        text = unusable_text(self._states)
        is_shown = window_state.find_notice(_UNUSABLE)
        if not text:
            window_state.end_notice(_UNUSABLE)
        elif unusable - self._unusable or (is_shown and is_shown.text != text):
            window_state.add_notice(Notice(text, Tone.WARN, _UNUSABLE, self._open_services))
        self._unusable = unusable

    def _show_warnings(self) -> None:
        """Show what is wrong with the settings of services, and hide what no longer is."""
        window_state = self._panels.window_state
        warnings = set(self._engine.services.configured.warnings)
        for warning in self._warnings - warnings:
            window_state.end_notice(warning)
        for warning in warnings - self._warnings:
            window_state.add_notice(Notice(warning, Tone.WARN, action=self._open_services))
        self._warnings = warnings

    def _job_services(self) -> JobServices:
        engine, before = self._engine, self._panels.job_list.services
        known = {}
        for state in self._states:
            is_open = state.availability in (Availability.ONLINE, Availability.OFFLINE)
            lane = engine.lanes.get(state.name) if is_open else None
            if state.capabilities is None:
                continue
            known[state.name] = JobService(
                state.label,
                state.capabilities,
                stored_prices(engine.records, state.name, state.capabilities) if lane is None else lane.runner.prices,
                is_open=lane is not None,
                is_offline=lane is not None and state.availability is Availability.OFFLINE,
                follows_settings=not engine.services.configured.is_further(state.name),
                can_reconcile=lane is None or lane.runner.can_reconcile,
            )
        current = engine.service_name if engine.connected else before.current
        unassigned = next((name for name, lane in engine.lanes.items() if lane.takes_unassigned), "")
        shows_labels = len(engine.services.configured.further) > 0
        first = JobService("", first_capabilities(), engine.prices)
        return JobServices(first, known, current, unassigned, shows_labels)
