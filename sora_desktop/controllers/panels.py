"""The window as the files fill it, before anything is at work behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, SignalInstance

from sora_desktop.api.dialects import FIRST_DIALECT, capabilities_of
from sora_desktop.domain.library import poster_name
from sora_desktop.state.composer import Composer
from sora_desktop.state.job_list import JobList
from sora_desktop.store.records import Records
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.library.posters import Posters
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.window.main_window import MainWindow


class Panels:
    """The window, its panels and what they show. It can be typed into and read; what else is wished is held until
    somebody grants it. Needs no loop of asyncio's, so that the window need not wait for one."""

    def __init__(self, theme: Theme, records: Records, screen: QSize) -> None:
        """The window is no larger than `screen`, in pixels. Raises StoreProblem."""
        self.records = records
        self.theme = theme
        records.database.wait_until_open()
        theme.choose(records.settings.theme)
        folder = records.data_folder.posters
        self.posters = Posters(lambda job: _if_there(folder / poster_name(job.id)))
        capabilities = capabilities_of(FIRST_DIALECT)
        self.composer = Composer(capabilities, *records.draft_file.load(), prices=records.prices)
        self.job_list = JobList(records.jobs, capabilities)
        self.compose = ComposePanel(theme, capabilities)
        self.player = PlayerPanel(theme, capabilities)
        self.jobs = LibraryPanel(theme, self.job_list, self.posters)
        self.window = MainWindow(theme, self.compose, self.player, self.jobs, handle_key=self.player.handle_key)
        self.window.restore_geometry(records.settings.window)
        self.window.fit_into(screen)
        self._join()
        self.compose.render_view(self.composer.view)
        self._held = HeldSignals(
            self.compose.image_offered,
            self.compose.image_data_offered,
            self.composer.request_submitted,
            self.composer.edit_submitted,
            self.jobs.opened,
            self.jobs.play_requested,
            self.jobs.action_requested,
            self.jobs.star_requested,
            self.window.settings_requested,
            self.window.open_clips_folder_requested,
            self.window.theme_requested,
            self.window.prices_requested,
            self.window.queue_pause_requested,
            self.window.balance_requested,
        )
        self._held_close = HeldSignals(self.window.close_requested)
        self._images_held = 0
        offers = (self.compose.image_offered, self.compose.image_data_offered)
        self._offers = [(signal, signal.connect(self._hold_image)) for signal in offers]

    def show(self) -> None:
        """Open the window with the cursor in the prompt."""
        self.theme.apply_stylesheet()
        self.window.show()
        self.compose.focus_prompt()

    def grant_close(self) -> None:
        """Somebody can close the window now, if nothing else."""
        self._held_close.grant()

    def grant(self) -> None:
        """Somebody listens now, and has not listened before: hear what was wished until now."""
        for signal, connection in self._offers:
            signal.disconnect(connection)
        self._held.grant()
        for _ in range(self._images_held):
            self.composer.end_image()  # whoever listens has said so too

    def _hold_image(self, _: object) -> None:
        self._images_held += 1
        self.composer.begin_image()

    def _join(self) -> None:
        panel, composer = self.compose, self.composer
        panel.request_edited.connect(composer.set_request)
        panel.takes_edited.connect(composer.set_takes)
        panel.image_removed.connect(lambda: composer.set_image(None))
        panel.submit_requested.connect(composer.submit)
        panel.discard_edit_requested.connect(composer.end_edit)
        composer.view_changed.connect(panel.render_view)
        self.jobs.view_chosen.connect(self.job_list.set_view)


class HeldSignals:
    """Remembers what is emitted while nobody listens, and emits it again, in its order, once somebody does.

    The same wish again is the same wish: nothing has answered it yet, and it may cost money.
    """

    def __init__(self, *signals: SignalInstance) -> None:
        self._wishes: list[tuple[SignalInstance, tuple[object, ...]]] = []
        self._connections = [(signal, signal.connect(self._holder(signal))) for signal in signals]

    def grant(self) -> None:
        """Hold nothing any more."""
        connections, self._connections = self._connections, []
        for signal, connection in connections:
            signal.disconnect(connection)
        wishes, self._wishes = self._wishes, []
        for signal, values in wishes:
            signal.emit(*values)

    def _holder(self, signal: SignalInstance) -> Callable[..., None]:
        def hold(*values: object) -> None:
            last = next((held for asked, held in reversed(self._wishes) if asked is signal), None)
            if last != values:
                self._wishes.append((signal, values))

        return hold


def _if_there(file: Path) -> Path | None:
    return file if file.exists() else None
