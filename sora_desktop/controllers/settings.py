"""The settings sheet: shown, checked, kept, put into force."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.api.errors import BadUrl
from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.engine.engine import Engine
from sora_desktop.state.settings_form import SettingsForm
from sora_desktop.store import disk
from sora_desktop.store.errors import StoreError
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.window.main_window import MainWindow

if TYPE_CHECKING:
    from sora_desktop.ui.dialogs.settings_dialog import SettingsDialog


class SettingsController:
    """Opens the sheet; a change that touches the service connects anew."""

    def __init__(
        self,
        engine: Engine,
        theme: Theme,
        window: MainWindow,
        tasks: BackgroundTasks,
        reconnect: Callable[[], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._theme = theme
        self._window = window
        self._background = tasks
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
            clips_folder=str(self._engine.clips_folder),
            jobs_at_once=settings.jobs_at_once,
            theme=settings.theme,
            has_key=bool(self._engine.key),
            spending_limit=settings.spending_limit,
        )
        dialog = SettingsDialog(self._theme, form, self._window)
        dialog.saved.connect(lambda form, key: self._background.start(self._apply(dialog, form, key), "settings"))
        dialog.key_forgotten.connect(lambda: self._background.start(self._forget(dialog), "forget the key"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _apply(self, dialog: SettingsDialog, form: SettingsForm, key: str) -> None:
        from sora_desktop.api.sora.client import checked_base_url  # late: it brings the HTTP libraries

        engine = self._engine
        folder = _whole(Path(form.clips_folder))
        if not folder.is_absolute():
            dialog.show_error("Write the library folder's whole path, or press Choose….")
            return
        try:
            base_url = checked_base_url(form.base_url)
            await asyncio.to_thread(disk.check_writable, folder)
        except (BadUrl, StoreError) as trouble:
            dialog.show_error(str(trouble))
            return
        before = engine.settings
        changed = replace(
            before,
            base_url=base_url,
            clips_folder=None if folder == engine.data_folder.clips else folder,
            jobs_at_once=form.jobs_at_once,
            theme=form.theme,
            spending_limit=form.spending_limit,
        )
        try:
            engine.records.settings_file.save(changed)
        except OSError as trouble:
            dialog.show_error(f"The settings could not be written: {trouble.strerror or trouble}. Try again.")
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
            engine.runner.set_spending_limit(form.spending_limit)
        if key or replace(changed, theme=before.theme, spending_limit=before.spending_limit) != before:
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
