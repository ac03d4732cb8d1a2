"""The window with its panels, filled from files, before the engine is open."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QTimer

from sora_desktop.api.dialects import first_capabilities, named_profiles
from sora_desktop.controllers.held_signals import HeldSignals
from sora_desktop.domain.library import poster_name, times_name
from sora_desktop.domain.queue import QueueState
from sora_desktop.state.composer import Composer
from sora_desktop.state.job_list import JobList
from sora_desktop.state.submit_guard import REPEATED, REPEATED_FREE, REPEATED_KEY, SubmitGuard
from sora_desktop.state.toasts import Toast, Toasts
from sora_desktop.state.tone import Tone
from sora_desktop.state.undo_history import UndoHistory
from sora_desktop.state.window_view import WindowFacts, WindowState
from sora_desktop.store.records import Records
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.library.posters import Posters
from sora_desktop.ui.library.service_filter import NamedService
from sora_desktop.ui.player.clip_support import ClipSupport
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.window.main_window import MainWindow

if TYPE_CHECKING:
    from sora_desktop.controllers.frame_readers import FrameReaders
    from sora_desktop.controllers.known_services import KnownServices
    from sora_desktop.controllers.sound_process import SoundProcess
    from sora_desktop.domain.frames import FrameEvent, ReadClip
    from sora_desktop.domain.service_state import ServiceState
    from sora_desktop.ui.player.frame_source import FrameSet

#: Milliseconds from opening a clip to the start of the sound's process: the first picture comes first.
_SOUND_AFTER = 300
#: What the notice about sound is about, and its text.
_SOUND = "sound"
_SILENCE = (
    "No sound: this computer’s sound output is gone or does not answer. Sound begins by itself once it does; "
    "if it does not, check the sound settings of the system."
)


class Panels:
    """The window, its panels, and the state that they show.

    The user can type and read at once. Everything else that the user asks for is held until `release`. Needs no
    asyncio loop, so that the window does not wait for asyncio to load.
    """

    def __init__(self, theme: AppTheme, records: Records, screen: QSize, guard: SubmitGuard | None = None) -> None:
        """The window is at most as large as `screen`, in pixels. Raises StoreError."""
        self.records = records
        self.theme = theme
        records.database.wait_until_open()
        settings = records.settings
        theme.choose(settings.theme)
        posters_folder = records.data_folder.posters
        self.posters = Posters(lambda job: _existing(posters_folder / poster_name(job.id)))
        self.submit_guard = guard or SubmitGuard()
        *_, written_for = draft = records.draft_file.load()
        known = None
        if records.settings.more_services:
            from sora_desktop.controllers.known_services import KnownServices  # late: most starts need none

            known = KnownServices(records, os.environ, written_for)
        capabilities = first_capabilities() if known is None else known.capabilities_of(written_for)
        self.composer = Composer(capabilities, *draft, prices=records.prices, guard=self.submit_guard)
        self.job_list = JobList(records.jobs, first_capabilities())
        self.job_list.set_prices(records.prices)
        self.job_list.set_new_clips(records.jobs.new_clips())
        self.window_state = WindowState(
            WindowFacts(
                unit=first_capabilities().unit,
                queue=QueueState(paused=settings.paused),
                counts=self.job_list.counts(),
            )
        )
        self.toasts = Toasts()
        self.undo_history = UndoHistory()
        self.compose = ComposePanel(theme, capabilities)
        self._frame_readers: FrameReaders | None = None
        self._sound: SoundProcess | None = None
        self.library = LibraryPanel(theme, self.job_list, self.posters)
        self.player = PlayerPanel(
            theme,
            self.job_list.facts_of,
            self.open_frames,
            self.library.job_actions,
            ClipSupport(lambda id: posters_folder / times_name(id), self.sound),
        )
        self.window = MainWindow(theme, self.compose, self.player, self.library)
        #: Keys in the settings that are not used; empty if all are.
        self.ignored_keys = self.window.actions_listed.load_keys(settings.keys) if settings.keys else ""
        self.window.last_used = settings.last_actions
        self.window.restore_geometry(settings.window)
        self.window.fit_into(screen)
        self._connect()
        if known is not None:
            self._show_known(known)
        self.compose.render_view(self.composer.view)
        self.window.render_view(self.window_state.view)
        self._held = HeldSignals(
            self.compose.image_offered,
            self.compose.jobs_dropped,
            self.composer.request_submitted,
            self.composer.edit_submitted,
            self.library.opened,
            self.library.action_requested,
            self.library.empty_trash_requested,
            self.library.export_picks_requested,
            self.library.trash_rejects_requested,
            self.compose.service_chosen,
            self.compose.add_service_requested,
            self.window.settings_requested,
            self.window.services_requested,
            self.window.limit_requested,
            self.window.open_clips_folder_requested,
            self.window.theme_requested,
            self.window.prices_requested,
            self.window.about_requested,
            self.window.pause_requested,
            self.window.resume_requested,
            self.window.balance_requested,
        )
        self._held_close = HeldSignals(self.window.close_requested)
        self._images_held = 0
        self._counting = self.compose.image_offered.connect(self._count_image)

    def show(self) -> None:
        """Open the window with the cursor in the prompt."""
        self.theme.apply_stylesheet()
        self.window.show()
        self.compose.focus_prompt()

    def open_frames(self, clips: Sequence[ReadClip], receive: Callable[[FrameEvent], None]) -> FrameSet:
        """Open clips in frame lock, in another process; see `OpenFrames`."""
        QTimer.singleShot(_SOUND_AFTER, self.sound().warm_up)
        return self.frame_readers.open(clips, receive)

    @property
    def frame_readers(self) -> FrameReaders:
        """The frame reader, which is made when it is first needed."""
        if self._frame_readers is None:
            from sora_desktop.controllers.frame_readers import FrameReaders  # late: the first paint needs no frames

            self._frame_readers = FrameReaders()
        return self._frame_readers

    def sound(self) -> SoundProcess:
        """The sound of what is played, which is made when it is first needed."""
        if self._sound is None:
            from sora_desktop.controllers.sound_process import SoundProcess  # late: the first paint needs no sound

            self._sound = SoundProcess()
            self._sound.silenced.connect(self._show_silence)
        return self._sound

    def close(self) -> None:
        """Close the clips that are open, end the frame reader and the sound, and read the library no more."""
        self.job_list.stop_reading()
        self.player.close_clip()
        if self._frame_readers is not None:
            self._frame_readers.close()
        if self._sound is not None:
            self._sound.close()

    def show_services(self, services: Sequence[ServiceState]) -> None:
        """Let the user choose between these services, in the form and in the library; none: there is no choice."""
        from sora_desktop.state.service_lines import service_rows  # late: most starts need none

        self.library.show_services([NamedService(state.name, state.label) for state in services])
        self.composer.set_services(service_rows(services, named_profiles() if services else {}))

    def release_close(self) -> None:
        """Let the window be closed from now on. The receiver must be connected."""
        self._held_close.release()

    def release(self) -> None:
        """Deliver what was held. The receivers must be connected, and must not have been before."""
        self.compose.image_offered.disconnect(self._counting)
        self._held.release()
        for _ in range(self._images_held):
            self.composer.end_image()  # the receiver of the image has called `begin_image` as well

    def _count_image(self, _: object) -> None:
        self._images_held += 1
        self.composer.begin_image()

    def _show_repeated(self) -> None:
        self.toasts.show(REPEATED_FREE if self.window_state.facts.unit is None else REPEATED)

    def _show_silence(self, is_silent: bool) -> None:
        if is_silent:
            self.window_state.show_notice(_SILENCE, Tone.WARN, _SOUND)
        else:
            self.window_state.end_notice(_SOUND)

    def _show_undo(self) -> None:
        history = self.undo_history
        undo, redo = (step.text if step else "" for step in (history.next_undo, history.next_redo))
        if history.is_doing:
            undo = "last action"
        facts = replace(self.window_state.facts, undo=undo, redo=redo, undo_revision=history.revision)
        self.window_state.set_facts(facts)

    def _show_known(self, known: KnownServices) -> None:
        """Show the services, the form of the one that will be current, and its name if it is sure to be."""
        self.job_list.set_services(known.job_services)
        self.show_services(known.states)
        current = next(state for state in known.states if state.is_current)
        if current.capabilities is None:
            return
        self.composer.set_service(current.name, current.capabilities)
        self.composer.set_prices(known.job_services.known[current.name].prices)
        if self.records.is_further_service(current.name):
            facts = replace(self.window_state.facts, current=current, unit=current.capabilities.unit)
            self.window_state.set_facts(facts)

    def _connect(self) -> None:
        panel, composer = self.compose, self.composer
        panel.request_edited.connect(composer.set_request)
        panel.takes_edited.connect(composer.set_takes)
        panel.image_refused.connect(composer.set_image_error)
        panel.image_removed.connect(lambda: composer.set_image(None))
        panel.submit_requested.connect(composer.submit)
        panel.discard_edit_requested.connect(composer.end_edit)
        panel.seed_rolled.connect(composer.roll_seed)
        panel.seed_lock_toggled.connect(composer.lock_seed)
        composer.view_changed.connect(panel.render_view)
        composer.repeated.connect(self._show_repeated)
        composer.request_submitted.connect(lambda *_: self.toasts.end(REPEATED_KEY))
        self.library.view_chosen.connect(self.job_list.set_view)
        self.window_state.view_changed.connect(self.window.render_view)
        self.window.notice_dismissed.connect(self.window_state.dismiss_notice)
        self.window.message_requested.connect(lambda message: self.toasts.show(Toast(message, key="window")))
        self.undo_history.changed.connect(self._show_undo)
        self.toasts.changed.connect(self.window.toasts.render_slots)
        self.window.toasts.closed.connect(self.toasts.close)
        self.player.covers.connect(self.window.toasts.stand_over)
        self.window.toasts.followed.connect(self.toasts.follow)
        self.window.toast_dismissed.connect(self.toasts.close_latest)


def _existing(file: Path) -> Path | None:
    return file if file.exists() else None
