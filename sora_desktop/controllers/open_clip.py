"""The clip that is open in the player: opened again at the next start, its frames decoded and saved as pictures."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtGui import QGuiApplication, QImage

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.file_dialogs import FileDialogs
from sora_desktop.controllers.file_manager import FileManager
from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.clips import exports
from sora_desktop.state.toasts import Toast, ToastAction
from sora_desktop.state.tone import Tone
from sora_desktop.system.replaced_file import replaced_file
from sora_desktop.ui.library.posters import image_at
from sora_desktop.ui.player.play_range import PlayRange

#: The notices about a file that could not be written. The next try ends them.
_FRAME_NOTICE, _RANGE_NOTICE = "save frame", "export range"


class OpenClipController:
    """Reads and writes what the settings keep about the open clip, and copies and saves frames and ranges."""

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks, file_manager: FileManager) -> None:
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._file_manager = file_manager
        self._dialogs = FileDialogs(engine, panels)

    def reopen(self) -> None:
        """Show the clip that was open when the program was closed. Another one that was opened since stays open."""
        id, player = JobId(self._engine.settings.open_clip), self._panels.player
        job = self._engine.store.read(id) if id and player.job is None else None
        if job is not None and isinstance(job.phase, Ready) and job.phase.clip.file.exists():
            self._panels.library.mark_opened(id)
            player.open_clip(job, image_at(self._engine.previews.filmstrip(job)), self._engine.settings.open_frame)

    async def copy_frame(self, job: Job, frame: int) -> None:
        """Put a frame into the clipboard at full size. Raises MediaError."""
        if isinstance(job.phase, Ready):
            picture = QImage.fromData(await self._engine.media.still(job.phase.clip.file, frame))
            QGuiApplication.clipboard().setImage(picture)
            size = f"{picture.width()} × {picture.height()}"
            self._panels.toasts.show(Toast(f"Frame {frame} copied", f"to the clipboard, {size}", key="frame"))

    def open_in_system(self, job: Job) -> None:
        """Open the clip with the program that the system has for it."""
        if isinstance(job.phase, Ready):
            self._file_manager.open(job.phase.clip.file)

    @property
    def settings(self) -> dict[str, object]:
        """The settings with which `reopen` shows the clip that is open now."""
        job = self._panels.player.job
        if job is None or not isinstance(job.phase, Ready):
            return {"open_clip": "", "open_frame": 0}
        return {"open_clip": job.id, "open_frame": self._panels.player.frame}

    def ask_where_to_save_frame(self, job: Job, frame: int) -> None:
        """Save a frame of the clip as a PNG file that the user chooses."""
        if isinstance(job.phase, Ready):
            clip = job.phase.clip.file
            self._dialogs.ask_for_file(
                "frame",
                "Save frame",
                f"{clip.stem} frame {frame}.png",
                "PNG image (*.png)",
                lambda to: self._tasks.start(self._save_frame(clip, frame, to), "save frame"),
            )

    def ask_where_to_export_range(self, job: Job, play_range: PlayRange) -> None:
        """Save the range that is played as a video that the user chooses."""
        if isinstance(job.phase, Ready):
            clip = job.phase.clip
            start, end = play_range.within(round(clip.facts.seconds * 1_000_000))
            self._dialogs.ask_for_file(
                "range",
                "Export range",
                f"{clip.file.stem} {start / 1e6:.2f}-{end / 1e6:.2f} s.mp4",
                "MP4 video (*.mp4)",
                lambda to: self._tasks.start(
                    self._export_range(clip.file, start, end, to),
                    "export range",
                    notice_key=_RANGE_NOTICE,
                    writes=to.name,
                ),
            )

    async def _save_frame(self, clip: Path, frame: int, to: Path) -> None:
        self._panels.window_state.end_notice(_FRAME_NOTICE)
        picture = await self._engine.media.still(clip, frame)
        try:
            await asyncio.to_thread(_write, picture, to)
        except OSError as error:
            text = f"The frame could not be saved: {exports.why_not_written(error)}."
            self._panels.window_state.show_notice(text, Tone.ERROR, _FRAME_NOTICE)
        else:
            self._tell_written(f"Frame {frame} saved", to, "frame")

    async def _export_range(self, clip: Path, start: int, end: int, to: Path) -> None:
        self._panels.toasts.show(Toast("Exporting the range…", to.name, key="range"))
        is_copy = await self._engine.media.export_range(clip, to, start=start, end=end)
        how = "exact copy" if is_copy else "re-encoded"  # a toast shows 28 letters beside its link
        self._tell_written(f"Range exported: {how}", to, "range")

    def _tell_written(self, text: str, file: Path, key: str) -> None:
        show = ToastAction("Show in folder", lambda: self._file_manager.show(file))
        self._panels.toasts.show(Toast(text, f"{file.name} in {file.parent}", show, key=key))


def _write(content: bytes, file: Path) -> None:
    """Write the file completely or not at all. Raises OSError."""
    with replaced_file(file, is_flushed=True) as part:
        part.write_bytes(content)
