"""The queue as a whole and the money in it: what the window shows of them, and what a person does about them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.question import Question, ask
from sora_desktop.domain.job import Waiting
from sora_desktop.domain.money import Balance, Money, PriceTable, format_amount
from sora_desktop.domain.queue import QueueState
from sora_desktop.engine.engine import Engine
from sora_desktop.state.closing_text import closing_text
from sora_desktop.state.composer import Composer
from sora_desktop.state.job_list import JobList
from sora_desktop.state.queue_text import footer_text, money_text, queue_text
from sora_desktop.store.errors import StoreError
from sora_desktop.ui.library.queue_bar import QueueBar
from sora_desktop.ui.window.main_window import MainWindow

log = logging.getLogger(__name__)


class QueueController:
    """Shows balance, sums and why nothing is sent; pauses, resumes, edits prices, asks before closing."""

    def __init__(
        self,
        engine: Engine,
        window: MainWindow,
        bar: QueueBar,
        composer: Composer,
        job_list: JobList,
        tasks: BackgroundTasks,
        leave: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._window = window
        self._bar = bar
        self._composer = composer
        self._job_list = job_list
        self._background = tasks
        self._leave = leave
        self._state = QueueState(paused=engine.settings.paused)
        self._asking = False
        bar.pressed.connect(self._go_on)
        window.close_requested.connect(lambda: tasks.start(self._close(), "close"))
        self.show_queue(self._state)
        self.show_prices(engine.prices)

    def join(self) -> None:
        """Hear from now on what else is wished than to close."""
        window = self._window
        window.queue_pause_requested.connect(self.pause)
        window.balance_requested.connect(lambda: self._background.start(self._read_balance(), "read the balance"))
        window.prices_requested.connect(self._show_prices)

    # -- showing -------------------------------------------------------------------------------------------------

    def show_balance(self, balance: Balance) -> None:
        """What is left."""
        self._window.set_balance(f"{format_amount(balance.amount)} credits")
        self._composer.set_balance(balance)

    def forget_balance(self) -> None:
        """It is not known any more."""
        self._window.set_balance("")
        self._composer.set_balance(None)

    def show_money(self, money: Money) -> None:
        """What is reserved, spent and allowed."""
        self._window.set_money(money_text(money), footer_text(money))

    def show_prices(self, prices: PriceTable) -> None:
        """The prices in force, learned ones included."""
        self._composer.set_prices(prices)
        self._job_list.set_prices(prices)

    def show_queue(self, state: QueueState) -> None:
        """Whether anything is sent, and if not, why."""
        self._state = state
        self.show_line()

    def show_line(self) -> None:
        """The line over the library, as many as wait now."""
        waiting = 0
        if self._engine.connected:
            waiting = sum(isinstance(job.phase, Waiting) and not job.on_hold for job in self._engine.runner.jobs())
        self._bar.show_text(queue_text(self._state, waiting))
        self._window.set_paused(self._state.paused)

    # -- doing ---------------------------------------------------------------------------------------------------

    def pause(self, paused: bool) -> None:
        """Send nothing until told otherwise, also after a restart."""
        try:
            self._engine.pause(paused)
        except OSError as trouble:
            self._window.show_notice(f"The pause could not be kept: {trouble.strerror or trouble}.", "error")
        if not self._engine.connected:
            self.show_queue(QueueState(paused=paused))

    def _go_on(self) -> None:
        if self._state.paused:
            self.pause(False)
        elif self._engine.connected:
            self._engine.runner.go_on()

    async def _read_balance(self) -> None:
        if self._engine.connected and await self._engine.runner.read_balance() is None:
            self._window.show_notice(f"The balance could not be read. {self._engine.runner.balance_error}", "warn")

    def _show_prices(self) -> None:
        from sora_desktop.ui.dialogs.price_dialog import PriceDialog  # late: no start needs a dialog

        prices = self._engine.runner.prices if self._engine.connected else self._engine.prices
        dialog = PriceDialog(
            PriceTable(self._engine.prices.rows, prices.learned), self._engine.capabilities, self._window
        )

        def keep(table: PriceTable) -> None:
            try:
                self._engine.set_prices(table)
            except StoreError as problem:
                dialog.show_error(str(problem))
                return
            if not self._engine.connected:
                self.show_prices(table)
            dialog.accept()

        dialog.saved.connect(keep)
        dialog.reset_requested.connect(lambda: dialog.show_rows(self._engine.price_file.default_prices()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _close(self) -> None:
        """Say first what happens to jobs that are under way."""
        if self._asking:
            return
        jobs = self._engine.runner.jobs() if self._engine.connected else []
        words = closing_text(jobs, paused=self._state.paused)
        if words and self._engine.settings.ask_before_closing:
            self._asking = True
            question = Question(
                "closeDialog",
                "Close while videos are under way?",
                "\n\n".join(words),
                "Close",
                "Keep open",
                "Do not ask again",
            )
            try:
                leave, never = await ask(self._window, question)
            finally:
                self._asking = False
            if not leave:
                return
            if never:
                self._keep_unasked()
        self._leave()

    def _keep_unasked(self) -> None:
        try:
            self._engine.change_settings(ask_before_closing=False)
        except OSError as trouble:  # a full disk must not keep the window open
            log.warning("the answer could not be kept: %s", trouble)
