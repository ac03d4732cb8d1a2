"""What the user does about the queue and the money in it, and what the window shows of both."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from sora_desktop.api.errors import ServiceError
from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.question import Question, ask
from sora_desktop.domain.money import Balance, Money, PriceTable
from sora_desktop.domain.queue import QueueState
from sora_desktop.engine.connection import Connected, Disconnected
from sora_desktop.engine.engine import Engine
from sora_desktop.state.closing_text import closing_text, unfinished_text
from sora_desktop.state.queue_cost import QueueCost
from sora_desktop.state.toasts import Toast
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import NOT_CONNECTED, PAUSED_AFTER_LOSS
from sora_desktop.store.errors import StoreError

if TYPE_CHECKING:  # loads the runner, which the first paint does not need
    from sora_desktop.jobs.runner import JobRunner

log = logging.getLogger(__name__)

#: Subjects of notices.
_BALANCE, _PAUSE = "balance", "pause"


class QueueController:
    """Pauses and continues the queue, refreshes and tops up the balance, edits prices, asks before closing.

    The saved settings own whether the queue is paused; the window shows what the engine publishes of them.
    """

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks, close: Callable[[], None]) -> None:
        """`close` ends the program. Only closing works before `connect_signals`."""
        self._engine = engine
        self._panels = panels
        self._window_state = panels.window_state
        self._tasks = tasks
        self._close = close
        self._asking = False
        panels.window.close_requested.connect(lambda: tasks.start(self._ask_and_close(), "close"))

    def connect_signals(self) -> None:
        """Answer the other requests of the window from now on."""
        window = self._panels.window
        window.pause_requested.connect(lambda paused: self.pause(True) if paused else self.continue_sending())
        window.resume_requested.connect(self.continue_sending)
        window.balance_requested.connect(lambda: self._tasks.start(self._refresh_balance(), "refresh balance"))
        window.prices_requested.connect(self._edit_prices)

    def pause(self, paused: bool) -> None:
        """Pause or resume sending, also after a restart."""
        if not paused:
            self._window_state.end_notice(PAUSED_AFTER_LOSS)
        try:
            self._engine.pause(paused)
        except OSError as error:
            text = f"This applies to this run only. It could not be saved: {error.strerror or error}."
            self._window_state.show_notice(text, Tone.WARN, _PAUSE)
        else:
            self._window_state.end_notice(_PAUSE)

    def continue_sending(self) -> None:
        """Resume a paused queue, or top up the balance or try again, whichever it waits for: the queue line's button.

        Not before a service is connected: until then, nobody can say what resuming costs.
        """
        match self._engine.connection:
            case Disconnected():
                self._window_state.show_notice(NOT_CONNECTED, Tone.WARN)
            case Connected(runner=runner):
                if self._engine.settings.paused:
                    self.pause(False)
                elif self._window_state.facts.queue.tops_up:
                    self._tasks.start(self._top_up(runner), "top up")
                else:
                    runner.commands.go_on()

    def show_balance(self, balance: Balance | None) -> None:
        """Show what is left; None hides it."""
        self._window_state.set_facts(replace(self._window_state.facts, balance=balance))
        if balance is not None:
            self._window_state.end_notice(_BALANCE)
        self._panels.composer.set_balance(balance)

    def show_money(self, money: Money) -> None:
        """Show the amounts reserved, spent and allowed."""
        self._window_state.set_facts(replace(self._window_state.facts, money=money))
        self._panels.job_list.forget_charges()

    def show_prices(self, prices: PriceTable) -> None:
        """Show the prices in force, learned ones included."""
        self._panels.composer.set_prices(prices)
        self._panels.job_list.set_prices(prices)
        self.show_waiting()

    def show_queue(self, state: QueueState) -> None:
        """Show whether the queue is sending, and why not."""
        self._window_state.set_facts(replace(self._window_state.facts, queue=state))
        self.show_waiting()

    def show_waiting(self) -> None:
        """Show how many jobs wait in the queue of the connected service, and what they will cost."""
        facts, job_list = self._window_state.facts, self._panels.job_list
        connected = self._engine.connected
        waiting, cost = job_list.queue if connected else (0, QueueCost())
        if (waiting, cost) != (facts.waiting, facts.waiting_cost):
            self._window_state.set_facts(replace(facts, waiting=waiting, waiting_cost=cost))

    async def _top_up(self, runner: JobRunner) -> None:
        try:
            await runner.commands.top_up()
        except ServiceError as error:
            self._window_state.show_notice(f"The balance could not be topped up. {error}", Tone.WARN, _BALANCE)

    async def _refresh_balance(self) -> None:
        connection = self._engine.connection
        if not isinstance(connection, Connected):
            return
        if not connection.runner.bills:
            self._window_state.show_notice("This service has no balance to read.", Tone.WARN, _BALANCE)
        elif await connection.runner.read_balance() is None:
            reason = connection.runner.balance_error
            self._window_state.show_notice(f"The balance could not be read. {reason}", Tone.WARN, _BALANCE)

    def _edit_prices(self) -> None:
        from sora_desktop.ui.dialogs.price_dialog import PriceDialog  # late: the first paint needs no dialog

        engine = self._engine
        if self._window_state.facts.unit is None:
            self._panels.toasts.show(Toast("This service is free: it has no prices.", key="prices"))
            return
        match engine.connection:
            case Connected(runner=runner):
                learned = runner.prices.learned
            case Disconnected():
                learned = ()
        current = self._window_state.facts.current
        dialog = PriceDialog(
            PriceTable(engine.edited_prices.rows, learned),
            engine.capabilities,
            self._panels.window,
            service="" if current is None else current.label,
        )

        def save(table: PriceTable) -> None:
            try:
                engine.set_prices(table)
            except StoreError as error:
                dialog.show_error(str(error))
                return
            if not engine.connected:
                self.show_prices(table)
            dialog.accept()

        dialog.saved.connect(save)
        dialog.reset_requested.connect(lambda: dialog.show_rows(engine.price_file.default_prices()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _ask_and_close(self) -> None:
        """Close; first ask if jobs are in progress, and say what closing means for them."""
        if self._asking:
            return
        engine, services = self._engine, self._panels.job_list.services
        charging = [lane.runner for lane in engine.lanes.values() if lane.capabilities.unit is not None]
        messages = closing_text(
            engine.jobs,
            paused=engine.settings.paused,
            answer_within=engine.seconds_to_answer,
            has_balance=all(runner.bills for runner in charging if runner.jobs()),
            is_free=lambda job: services.of(job).unit is None,
        )
        if files := self._tasks.unfinished_files:
            messages = (unfinished_text(files), *messages)
        if messages and self._engine.settings.ask_before_closing:
            question = Question(
                "closeDialog",
                "Close during an export?" if files else "Close while videos are in progress?",
                "\n\n".join(messages),
                "Close",
                "Keep open",
                "Do not ask again",
            )
            self._asking = True
            try:
                answer = await ask(self._panels.window, question)
            finally:
                self._asking = False
            if not answer.yes:
                return
            if answer.never_again:
                self._stop_asking()
        self._close()

    def _stop_asking(self) -> None:
        try:
            self._engine.change_settings(ask_before_closing=False)
        except OSError as error:  # a full disk must not keep the window open
            log.warning("the answer could not be saved: %s", error)
