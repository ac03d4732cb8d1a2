"""What the user does with the clip that is played, or with the current one of those that are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.compare import CompareController
from sora_desktop.controllers.open_clip import OpenClipController
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.reference_images import ReferenceImageController
from sora_desktop.domain.job import Job
from sora_desktop.ui.player.play_range import PlayRange
from sora_desktop.ui.player.player_keys import PlayerCommand

if TYPE_CHECKING:  # made when clips are first compared
    from sora_desktop.ui.compare.compare_panel import ComparePanel


class ClipCommands(QObject):
    """Joins what player and compare panel request to those that do it."""

    settings_chosen = Signal(dict)  # name: value, of the volume or the loop

    def __init__(
        self,
        panels: Panels,
        tasks: BackgroundTasks,
        frames: OpenClipController,
        images: ReferenceImageController,
        comparing: CompareController,
    ) -> None:
        """`frames` copies and saves them, `images` starts requests from them."""
        super().__init__()
        self._panels = panels
        self._tasks = tasks
        self._frames = frames
        self._images = images
        self._comparing = comparing

    def connect_player(self) -> None:
        """Answer the player, which gets the volume and the loop of the settings."""
        player, settings = self._panels.player, self._panels.records.settings
        player.copy_frame_requested.connect(self._copy_frame)
        player.save_frame_requested.connect(self._frames.ask_where_to_save_frame)
        player.export_range_requested.connect(self._frames.ask_where_to_export_range)
        player.open_in_system_requested.connect(self._frames.open_in_system)
        player.extend_requested.connect(lambda job: self._tasks.start(self._images.extend(self._shown(job)), "extend"))
        player.continue_requested.connect(self._continue)
        player.set_volume(settings.volume)
        player.set_loop(settings.loop)
        player.volume_changed.connect(self._choose_volume)
        player.loop_changed.connect(self._choose_loop)

    def connect_compared(self, panel: ComparePanel) -> None:
        """Answer the compare panel, once it is made."""
        panel.command_requested.connect(lambda command, job, frame: self._run(command, job, frame, panel.play_range))
        panel.volume_changed.connect(self._choose_volume)
        panel.loop_changed.connect(self._choose_loop)
        panel.table_share_changed.connect(lambda share: self.settings_chosen.emit({"compare_table": share}))

    def _run(self, command: PlayerCommand, job: Job, frame: int, play_range: PlayRange) -> None:
        """Run a command that is not about playing on a compared clip."""
        match command:
            case PlayerCommand.COPY_FRAME:
                self._copy_frame(job, frame)
            case PlayerCommand.SAVE_FRAME:
                self._frames.ask_where_to_save_frame(job, frame)
            case PlayerCommand.OPEN_IN_SYSTEM:
                self._frames.open_in_system(job)
            case PlayerCommand.CONTINUE:
                self._continue(job, frame)
            case PlayerCommand.EXPORT_RANGE:
                self._frames.ask_where_to_export_range(job, play_range)
            case _:
                pass

    def _shown(self, job: Job) -> Job:
        """The current one of the compared clips, if there are such; else the job of the player."""
        return self._comparing.current_job or job

    def _copy_frame(self, job: Job, frame: int) -> None:
        self._tasks.start(self._frames.copy_frame(job, frame), "copy frame")

    def _continue(self, job: Job, frame: int) -> None:
        """Start a request from a frame."""
        self._tasks.start(self._images.continue_from(job, frame), "continue from frame")
        self._panels.window.show_compose()

    def _choose_volume(self, volume: float) -> None:
        self.settings_chosen.emit({"volume": volume})
        self._panels.player.set_volume(volume)
        self._comparing.set_volume(volume)

    def _choose_loop(self, loop: bool) -> None:
        self.settings_chosen.emit({"loop": loop})
        self._panels.player.set_loop(loop)
        self._comparing.set_loop(loop)
