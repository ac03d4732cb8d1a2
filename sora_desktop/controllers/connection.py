"""Connects the window to the first service, or to the sandbox, and shows how far that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sora_desktop.api.errors import BadUrl
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.queue import QueueController
from sora_desktop.controllers.services import ServicesController
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.last_answers import waiting_text
from sora_desktop.engine.sandbox_process import SandboxStartError
from sora_desktop.state.notices import NoticeAction
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import CONNECTION, SANDBOX_GREETING, ServiceBadge

#: The subject of the notice about an answer that new settings wait for.
_ANSWER = "answer"


class ConnectionController:
    """Connects at the start, and again after the settings have changed."""

    def __init__(
        self,
        engine: Engine,
        panels: Panels,
        queue: QueueController,
        services: ServicesController,
        *,
        sandbox: bool,
    ) -> None:
        """`sandbox`: use the sandbox even if a key is stored."""
        self._engine = engine
        self._panels = panels
        self._window_state = panels.window_state
        self._queue = queue
        self._services = services
        self._sandbox_forced = sandbox

    async def reconnect(self) -> None:
        """Connect again after the settings of the service have changed. A key that was just entered is used."""
        self._sandbox_forced = self._sandbox_forced and not self._engine.keys.was_entered
        self._show_service(ServiceBadge.CONNECTING)
        self._engine.services.disconnect()
        await self.connect()

    def note_answer(self) -> None:
        """The service has answered, so it accepts the key."""
        if self._window_state.facts.service is ServiceBadge.LIVE_UNVERIFIED:
            self._show_service(ServiceBadge.LIVE)

    async def connect(self) -> None:
        """Connect the service that the settings describe. Raises BadUrl, SandboxStartError, StoreError."""
        engine = self._engine
        async with engine.services.openings.connecting:
            key = await engine.load_key()
            sandbox = self._sandbox_forced or not key
            self._show_service(ServiceBadge.STARTING_SANDBOX if sandbox else ServiceBadge.CONNECTING)
            self._queue.show_balance(None)  # the balance shown belongs to another service or key
            try:
                with self._shown_wait() as show_wait:
                    await engine.services.connect(sandbox=sandbox, waits=show_wait)
            except (BadUrl, SandboxStartError):
                self._show_service(ServiceBadge.FAILED)
                raise
            finally:
                engine.services.connect_all()
            self._services.show_states(engine.services.states)
            if sandbox:
                self._show_service(ServiceBadge.SANDBOX)
            else:
                known = self._window_state.facts.balance is not None
                self._show_service(ServiceBadge.LIVE if known else ServiceBadge.LIVE_UNVERIFIED)
            is_shown = engine.service_name == SANDBOX
            greets = is_shown and not key and engine.settings.greet_in_sandbox
            self._window_state.end_notice(CONNECTION)
            if greets:
                to_settings = NoticeAction("Settings…", self._panels.window.settings_requested.emit)
                self._window_state.add_notice(SANDBOX_GREETING._replace(action=to_settings))
            else:
                self._window_state.end_notice(SANDBOX_GREETING.subject)

    @contextmanager
    def _shown_wait(self) -> Iterator[Callable[[float], None]]:
        """A function that shows how many seconds the connection waits at most. At the end the notice disappears."""

        def show(seconds: float) -> None:
            text = f"{waiting_text(seconds)} The new settings apply after that."
            self._window_state.show_notice(text, Tone.WARN, _ANSWER)

        try:
            yield show
        finally:
            self._window_state.end_notice(_ANSWER)

    def _show_service(self, service: ServiceBadge) -> None:
        self._window_state.set_facts(replace(self._window_state.facts, service=service))
