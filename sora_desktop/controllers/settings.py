"""What the user changes in the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.api.errors import BadUrl
from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.service_settings import ServiceSettingsController
from sora_desktop.domain.overrides import Override
from sora_desktop.engine.connection import Connected
from sora_desktop.engine.engine import Engine
from sora_desktop.state.settings_form import SettingsForm
from sora_desktop.state.toasts import Toast
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import CONNECTION
from sora_desktop.store import disk
from sora_desktop.store.errors import StoreError
from sora_desktop.store.keys import kept_for_this_run
from sora_desktop.store.overrides import KEY_OVERRIDE, URL_OVERRIDE
from sora_desktop.store.settings import Settings

if TYPE_CHECKING:
    from sora_desktop.ui.dialogs.settings_dialog import SettingsDialog

#: Subjects of notices and toasts.
_KEY, _THEME = "API key", "theme"


class SettingsController:
    """Checks, saves and applies settings. A change of the service connects again."""

    def __init__(
        self,
        engine: Engine,
        panels: Panels,
        tasks: BackgroundTasks,
        services: ServiceSettingsController,
        reconnect: Callable[[], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._services = services
        self._reconnect = reconnect

    def choose_theme(self, name: str) -> None:
        """Use the theme with this name."""
        self._panels.theme.choose(name)
        try:
            self._engine.change_settings(theme=name)
        except OSError as error:
            self._panels.window_state.show_notice(
                f"The theme applies to this run only. It could not be saved: {error.strerror or error}.",
                Tone.WARN,
                _THEME,
            )
        else:
            self._panels.window_state.end_notice(_THEME)

    def open_limit(self) -> None:
        """Open the settings where the daily spending limit of the current service is set."""
        if self._panels.window_state.facts.follows_settings:
            self.open_dialog().focus_limit()
        else:
            self.open_dialog(services=True)

    def open_dialog(self, *, services: bool = False) -> SettingsDialog:
        """Open the settings dialog, at its first page or at the page with the services."""
        from sora_desktop.ui.dialogs.settings_dialog import SettingsDialog  # late: the first paint needs no dialog

        settings = self._engine.settings
        form = SettingsForm(
            base_url=settings.base_url,
            clips_folder=str(self._engine.clips_folder),
            jobs_at_once=settings.jobs_at_once,
            theme=settings.theme,
            has_key=bool(self._engine.key) and not self._text_of(KEY_OVERRIDE),
            key_override=self._text_of(KEY_OVERRIDE),
            base_url_override=self._text_of(URL_OVERRIDE),
            spending_limit=settings.spending_limit,
            notify=settings.notify,
        )
        dialog = SettingsDialog(self._panels.theme, form, self._panels.window)
        dialog.saved.connect(
            lambda form, key: self._tasks.start(self._save(dialog, form, key), "save settings", notice_key=CONNECTION)
        )
        dialog.key_forgotten.connect(
            lambda: self._tasks.start(self._forget_key(dialog), "forget key", notice_key=CONNECTION)
        )
        dialog.finished.connect(dialog.deleteLater)
        self._services.fill(dialog.services)
        if services:
            dialog.show_services()
        dialog.open()
        return dialog

    async def _save(self, dialog: SettingsDialog, form: SettingsForm, key: str) -> None:
        from sora_desktop.api.http.origin import checked_base_url  # late: it loads the HTTP libraries

        engine = self._engine
        folder = _expanded(Path(form.clips_folder))
        if not folder.is_absolute():
            dialog.show_error("Enter the full path of the library folder, or press Choose….")
            return
        try:
            base_url = checked_base_url(form.base_url)
            await asyncio.to_thread(disk.check_writable, folder)
        except (BadUrl, StoreError) as error:
            dialog.show_error(str(error))
            return
        before = engine.settings
        changed = replace(
            before,
            base_url=base_url,
            clips_folder=None if folder == engine.data_folder.clips else folder,
            jobs_at_once=form.jobs_at_once,
            theme=form.theme,
            spending_limit=form.spending_limit,
            notify=form.notify,
        )
        try:
            engine.records.settings_file.save(changed)
        except OSError as error:
            dialog.show_error(f"The settings could not be saved: {error.strerror or error}. Try again.")
            return
        engine.records.settings = changed
        self._panels.theme.choose(form.theme)
        if key:
            try:
                place = await engine.keys.save(key, or_file=form.key_in_file)
            except OSError as error:
                place = kept_for_this_run(f"its file could not be written ({error.strerror or error})")
            override = self._text_of(KEY_OVERRIDE)
            if override or not place.is_lasting:
                text = f"The API key is stored {place.text}. {override}".rstrip()
                self._panels.window_state.show_notice(text, Tone.WARN, _KEY)
            else:
                self._panels.window_state.end_notice(_KEY)
                self._panels.toasts.show(Toast("API key stored", place.text, key=_KEY))
        dialog.accept()
        if isinstance(connection := engine.connection, Connected):
            connection.runner.commands.set_spending_limit(form.spending_limit)
        if key or _connection_settings(changed) != _connection_settings(before):
            await self._reconnect()

    def _text_of(self, override: Override) -> str:
        return override.text if override in self._engine.overrides else ""

    async def _forget_key(self, dialog: SettingsDialog) -> None:
        await self._engine.keys.forget()
        dialog.accept()
        self._panels.window_state.end_notice(_KEY)
        self._panels.toasts.show(Toast("API key removed", "The sandbox is used from now on.", key=_KEY))
        await self._reconnect()


def _connection_settings(settings: Settings) -> Settings:
    """The settings without those that apply to a connection that is open."""
    return replace(settings, theme="", spending_limit=None, notify=True)


def _expanded(folder: Path) -> Path:
    """The folder with a leading ~ replaced by the home folder; unchanged if the system does not know that user."""
    try:
        return folder.expanduser()
    except RuntimeError:
        return folder
