"""What the user does to services in the settings: add, test, change, remove them, choose the default."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from sora_desktop.api.dialects import profile_labels
from sora_desktop.api.errors import BadUrl, ServiceError, UnknownDialect
from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.question import Question, ask
from sora_desktop.domain.examination import Checked, Examination
from sora_desktop.domain.service_config import USUAL_JOBS_AT_ONCE, ServiceConfig
from sora_desktop.domain.service_state import ServiceState
from sora_desktop.engine.configured_services import BadService
from sora_desktop.engine.engine import Engine
from sora_desktop.state.service_form import (
    Dialect,
    ExaminationLine,
    Option,
    ServiceField,
    ServiceForm,
    config_of,
    examination_lines,
    form_of,
    problems_of,
)
from sora_desktop.state.service_lines import service_lines
from sora_desktop.state.toasts import Toast
from sora_desktop.state.tone import Tone

if TYPE_CHECKING:  # the first paint needs no dialog
    from sora_desktop.ui.dialogs.service_dialog import ServiceDialog
    from sora_desktop.ui.dialogs.services_page import ServicesPage

_ASKING = ExaminationLine("Asking the service what it can do…", Tone.MUTED, "hourglass-simple")


def _dialects() -> tuple[Dialect, ...]:
    """The protocols that a service of the user's own may speak."""
    engine_profiles = tuple(Option(*profile) for profile in profile_labels().items())
    return (
        Dialect(
            "openai",
            "Engine (OpenAI Videos API)",
            "http://127.0.0.1:8091/v1",
            engine_profiles,
            has_places=True,
            needs_key=False,
            bills=False,
            jobs_at_once=USUAL_JOBS_AT_ONCE["openai"],
        ),
        Dialect("sora", "Sora 2 Video API", "https://example.com/api/v1"),
    )


class ServiceSettingsController:
    """Fills the page of Settings that lists the services, and opens the dialog for one of them."""

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks) -> None:
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._page: ServicesPage | None = None  # while Settings are open
        self._test: asyncio.Task[object] | None = None

    def fill(self, page: ServicesPage) -> None:
        """Show the services on the page, and answer its requests until it is closed."""
        self._page = page
        page.add_requested.connect(lambda: self.add(page))
        page.edit_requested.connect(lambda name: self._edit(name, page))
        page.remove_requested.connect(lambda name: self._tasks.start(self._remove(name), "remove service"))
        page.default_requested.connect(self._set_default)
        page.test_requested.connect(self._test_listed)
        page.destroyed.connect(lambda: self._forget(page))
        self.show_states(self._engine.services.states)

    def show_states(self, states: Sequence[ServiceState]) -> None:
        """Show these states on the page, if it is open."""
        if self._page is not None:
            configured = self._engine.services.configured
            labels = {option.value: option.label for dialect in _dialects() for option in dialect.profiles}
            further = [config.name for config in configured.further]
            self._page.show_lines(service_lines(states, labels, further))

    def add(self, parent: QWidget, *, choose: bool = False) -> None:
        """Open the dialog for a new service. `choose`: make it the current one once it is added."""
        dialect = _dialects()[0]
        form = ServiceForm(dialect=dialect.value, jobs_at_once=dialect.jobs_at_once)
        self._open_dialog(form, None, parent, choose=choose)

    def _edit(self, name: str, parent: QWidget) -> None:
        config = self._engine.services.configured.config(name)
        if config is not None:
            self._tasks.start(self._open_filled(config, parent), "edit service")

    async def _open_filled(self, config: ServiceConfig, parent: QWidget) -> None:
        stored = await self._engine.services.configured.key_ring(config).load()
        variable_counts = bool(config.key_variable and os.environ.get(config.key_variable))
        self._open_dialog(form_of(config, has_key=bool(stored) and not variable_counts), config, parent)

    def _open_dialog(
        self, form: ServiceForm, before: ServiceConfig | None, parent: QWidget, *, choose: bool = False
    ) -> None:
        from sora_desktop.ui.dialogs.service_dialog import ServiceDialog  # late: the first paint needs no dialog

        dialog = ServiceDialog(self._panels.theme, form, _dialects(), parent)
        dialog.saved.connect(
            lambda form, key: self._tasks.start(self._save(dialog, form, key, before, choose=choose), "save service")
        )
        dialog.test_requested.connect(lambda form, key: self._start_test(self._test_entered(dialog, form, key, before)))
        dialog.test_cancelled.connect(self._stop_test)
        dialog.key_forgotten.connect(lambda: self._tasks.start(self._forget_key(dialog, form.name), "forget key"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _save(
        self, dialog: ServiceDialog, form: ServiceForm, key: str, before: ServiceConfig | None, *, choose: bool
    ) -> None:
        if self._shows_problems(dialog, form, key):
            return
        services, config = self._engine.services, config_of(form, before)
        try:
            change = services.add if before is None else services.change
            place = await change(config, key, key_in_file=form.key_in_file)
        except BadUrl as error:
            dialog.show_problems({ServiceField.URLS: str(error)})
            return
        except (BadService, UnknownDialect) as error:
            dialog.show_error(str(error))
            return
        except OSError as error:
            dialog.show_error(f"The service could not be saved: {error.strerror or error}. Try again.")
            return
        dialog.accept()
        if place is not None and not place.is_lasting:
            self._panels.window_state.show_notice(f"The API key of {config.name} is stored {place.text}.", Tone.WARN)
        elif place is not None:
            self._panels.toasts.show(Toast(f"API key of {config.name} stored", place.text, key="service key"))
        if choose:
            await services.choose(config.name)

    async def _forget_key(self, dialog: ServiceDialog, name: str) -> None:
        try:
            await self._engine.services.forget_key(name)
        except OSError as error:
            dialog.show_error(f"The key could not be removed: {error.strerror or error}. Try again.")
        else:
            dialog.show_without_key()

    def _shows_problems(self, dialog: ServiceDialog, form: ServiceForm, key: str) -> bool:
        """Show what is wrong with the form; False if nothing is."""
        names = [config.name for config in self._engine.services.configured.all]
        sends_key = bool(key or form.has_key or form.key_variable)
        problems = problems_of(form, names, sends_key=sends_key)
        dialog.show_problems(problems)
        return bool(problems)

    async def _test_entered(
        self, dialog: ServiceDialog, form: ServiceForm, key: str, before: ServiceConfig | None
    ) -> None:
        named = form if form.name or not form.is_new else replace(form, name="Test")  # a test needs no name
        if self._shows_problems(dialog, named, key):
            return
        dialog.show_testing()
        config = config_of(named, before)
        if not key and form.key_variable:
            key = os.environ.get(form.key_variable, "").strip()
        if not key and before is not None:
            key = await self._engine.services.configured.key_of(before)
        try:
            lines = await self._lines_of_test(config, key, dialog.show_result)
        except (ServiceError, OSError) as error:
            dialog.end_test(f"The test could not be made. {error}")
        else:
            dialog.show_result(lines)
            dialog.end_test()

    def _test_listed(self, name: str) -> None:
        config, page = self._engine.services.configured.config(name), self._page
        if config is None or page is None:
            return

        def show_so_far(lines: Sequence[ExaminationLine]) -> None:
            if self._page is page:
                page.show_result(name, (*lines, _ASKING))

        async def test() -> None:
            page.show_result(name, (_ASKING,))
            lines: Sequence[ExaminationLine] = ()
            try:
                key = await self._engine.services.configured.key_of(config)
                lines = await self._lines_of_test(config, key, show_so_far)
            except (ServiceError, OSError) as error:
                lines = (ExaminationLine(f"The test could not be made. {error}", Tone.ERROR, "x-circle"),)
            finally:
                if self._page is page:
                    page.show_result(name, lines)

        self._start_test(test())

    async def _lines_of_test(
        self, config: ServiceConfig, key: str, show: Callable[[Sequence[ExaminationLine]], None]
    ) -> tuple[ExaminationLine, ...]:
        """What the test has found. `show` is called with the lines so far whenever a check ends."""
        checks: list[Checked] = []

        def report(found: Checked) -> None:
            checks.append(found)
            show(examination_lines(Examination(tuple(checks))))

        return examination_lines(await self._engine.services.configured.examine(config, key, report=report))

    def _start_test(self, test: Coroutine[object, object, None]) -> None:
        self._stop_test()
        self._test = self._tasks.start(test, "test service")

    def _stop_test(self) -> None:
        if self._test is not None:
            self._test.cancel()

    async def _remove(self, name: str) -> None:
        """Remove a service after a question: its key goes, too. One with unfinished videos stays, and says so."""
        page = self._page
        question = Question(
            "removeServiceDialog",
            f"Remove the service “{name}”?",
            "Its videos stay in the library. Its stored API key is deleted.",
            "Remove",
            "Cancel",
            return_answers_no=True,
        )
        answer = await ask(page or self._panels.window, question)
        if not answer.yes:
            return
        try:
            await self._engine.services.remove(name)
        except BadService as error:
            if self._page is None:
                raise
            self._page.show_reason(str(error))

    def _set_default(self, name: str) -> None:
        try:
            self._engine.services.set_default(name)
        except OSError as error:
            if self._page is not None:
                self._page.show_reason(f"This could not be saved: {error.strerror or error}. Try again.")

    def _forget(self, page: ServicesPage) -> None:
        if self._page is page:
            self._page = None
            self._stop_test()
