"""The settings sheet: shown, checked, kept, put into force."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.api.errors import BadUrl
from sora_desktop.controllers.background_tasks import Errands
from sora_desktop.engine.engine import Engine
from sora_desktop.state.settings_form import SettingsForm
from sora_desktop.store import disk
from sora_desktop.store.errors import StoreProblem
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.window.main_window import MainWindow

if TYPE_CHECKING:
    from sora_desktop.ui.dialogs.settings_dialog import SettingsDialog


class Preferences:
    """Opens the sheet; a change that touches the service connects anew."""

    def __init__(
        self,
        engine: Engine,
        theme: Theme,
        window: MainWindow,
        errands: Errands,
        reconnect: Callable[[], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._theme = theme
        self._window = window
        self._errands = errands
        self._reconnect = reconnect

    def choose_theme(self, name: str) -> None:
        """Follow the system, or stay light or dark."""
        self._theme.choose(name)
        try:
            self._engine.change_settings(theme=name)
        except OSError as trouble:
            self._window.show_notice(
                f"The theme holds for this run only, since it could not be kept: {trouble.strerror or trouble}.", "warn"
            )

    def show(self) -> None:
        """Open the sheet over the window."""
        from sora_desktop.ui.dialogs.settings_dialog import SettingsDialog  # late: no start needs a dialog

        settings = self._engine.settings
        form = SettingsForm(
            base_url=settings.base_url,
            library_folder=str(self._engine.library),
            jobs_at_once=settings.jobs_at_once,
            theme=settings.theme,
            has_key=bool(self._engine.key),
            daily_cap=settings.daily_cap,
        )
        dialog = SettingsDialog(self._theme, form, self._window)
        dialog.saved.connect(lambda form, key: self._errands.start(self._apply(dialog, form, key), "settings"))
        dialog.key_forgotten.connect(lambda: self._errands.start(self._forget(dialog), "forget the key"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _apply(self, dialog: SettingsDialog, form: SettingsForm, key: str) -> None:
        from sora_desktop.api.sora.client import checked_base_url  # late: it brings the HTTP libraries

        engine = self._engine
        folder = _whole(Path(form.library_folder))
        if not folder.is_absolute():
            dialog.show_trouble("Write the library folder's whole path, or press Choose….")
            return
        try:
            base_url = checked_base_url(form.base_url)
            await asyncio.to_thread(disk.check_library, folder)
        except (BadUrl, StoreProblem) as trouble:
            dialog.show_trouble(str(trouble))
            return
        before = engine.settings
        changed = replace(
            before,
            base_url=base_url,
            library_folder=None if folder == engine.places.library else folder,
            jobs_at_once=form.jobs_at_once,
            theme=form.theme,
            daily_cap=form.daily_cap,
        )
        try:
            engine.records.settings_file.save(changed)
        except OSError as trouble:
            dialog.show_trouble(f"The settings could not be written: {trouble.strerror or trouble}. Try again.")
            return
        engine.records.settings = changed
        self._theme.choose(form.theme)
        if key:
            try:
                where = await engine.keys.save(key, or_file=form.key_in_file)
            except OSError as trouble:
                where = f"for this run only: its file could not be written ({trouble.strerror or trouble})"
            self._window.show_notice(f"The key is kept {where}.", "ok")
        dialog.accept()
        if engine.connected:
            engine.runner.set_daily_cap(form.daily_cap)
        if key or replace(changed, theme=before.theme, daily_cap=before.daily_cap) != before:
            await self._reconnect()

    async def _forget(self, dialog: SettingsDialog) -> None:
        await self._engine.keys.forget()
        dialog.accept()
        self._window.show_notice("The key was forgotten; the sandbox answers from now on.", "ok")
        await self._reconnect()


def _whole(folder: Path) -> Path:
    """With the home folder in place of a tilde; of a person whom the system does not know, as it is."""
    try:
        return folder.expanduser()
    except RuntimeError:
        return folder
