"""The clip that is open in the player: opened again at the next start, its frames decoded and saved as pictures."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QBuffer
from PySide6.QtGui import QImage, QImageWriter

from sora_desktop.controllers.background_tasks import BackgroundTasks
from sora_desktop.controllers.file_manager import FileManager
from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.clips import exports
from sora_desktop.media.errors import MediaError
from sora_desktop.state.toasts import Toast, ToastAction
from sora_desktop.state.tone import Tone
from sora_desktop.system.replaced_file import replaced_file
from sora_desktop.ui.library.posters import image_at
from sora_desktop.ui.player.stills import Still


class OpenClipController:
    """Reads and writes what the settings keep about the open clip, and decodes and saves frames."""

    def __init__(self, engine: Engine, panels: Panels, tasks: BackgroundTasks, file_manager: FileManager) -> None:
        self._engine = engine
        self._panels = panels
        self._tasks = tasks
        self._file_manager = file_manager

    def reopen(self) -> None:
        """Show the clip that was open when the program was closed. Another one that was opened since stays open."""
        id, player = JobId(self._engine.settings.open_clip), self._panels.player
        job = self._engine.store.read(id) if id and player.job is None else None
        if job is not None and isinstance(job.phase, Ready) and job.phase.clip.file.exists():
            self._panels.library.mark_opened(id)
            player.open_clip(job, image_at(self._engine.previews.filmstrip(job)), self._engine.settings.open_frame)

    async def show_still(self, still: Still) -> None:
        """Decode a frame that Qt cannot show, and show it in the player."""
        try:
            content = await self._engine.media.still(still.file, still.frame)
        except MediaError as error:
            self._panels.player.show_still(still, QImage(), str(error))
        else:
            self._panels.player.show_still(still, QImage.fromData(content))

    @property
    def settings(self) -> dict[str, object]:
        """The settings with which `reopen` shows the clip that is open now."""
        job = self._panels.player.job
        if job is None or not isinstance(job.phase, Ready):
            return {"open_clip": "", "open_frame": 0}
        return {"open_clip": job.id, "open_frame": self._panels.player.frame}

    def ask_where_to_save_frame(self, job: Job, frame: int, picture: QImage) -> None:
        """Save a frame of the clip as a PNG file that the user chooses."""
        if not isinstance(job.phase, Ready):
            return
        from PySide6.QtWidgets import QFileDialog  # late: the first paint needs no dialog

        name = f"{job.phase.clip.file.stem} frame {frame}.png"
        dialog = QFileDialog(self._panels.window, "Save frame", str(Path.home() / name), "PNG image (*.png)")
        dialog.setObjectName("frameDialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.fileSelected.connect(lambda to: self._tasks.start(self._save(frame, picture, Path(to)), "save frame"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _save(self, frame: int, picture: QImage, to: Path) -> None:
        try:
            await asyncio.to_thread(_write_png, picture, to)
        except OSError as error:
            text = f"The frame could not be saved: {exports.why_not_written(error)}."
            self._panels.window_state.show_notice(text, Tone.ERROR)
        else:
            show = ToastAction("Show in folder", lambda: self._file_manager.show(to))
            self._panels.toasts.show(Toast(f"Frame {frame} saved", f"{to.name} in {to.parent}", show, key="frame"))


def _write_png(picture: QImage, file: Path) -> None:
    """Write the picture completely or not at all. Raises OSError."""
    buffer = QBuffer()  # not the file: Qt would not say why it cannot be written
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, b"PNG").write(picture)
    with replaced_file(file, is_flushed=True) as part:
        part.write_bytes(buffer.data().data())
