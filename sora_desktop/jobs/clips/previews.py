"""Posters, filmstrips and frame times of finished clips, made once in the background and kept as files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.library import poster_name, times_name
from sora_desktop.jobs.ports import PreviewMaker
from sora_desktop.media.errors import MediaError

log = logging.getLogger(__name__)

#: Clips without previews that are remembered, so that they are not decoded again each time their row is painted.
MAX_FAILURES = 500


class Previews:
    """Finds the preview files of jobs and makes missing ones, one clip at a time, the one requested last first."""

    def __init__(self, folder: Path, maker: PreviewMaker, changed: Callable[[JobId], None]) -> None:
        """`changed` is called when the poster and when all previews of a job were made, or cannot be made."""
        self._folder = folder
        self._maker = maker
        self._changed = changed
        self._queue: list[tuple[JobId, Path]] = []  # clips, the next one last
        self._failed: dict[JobId, None] = {}  # oldest first
        self._task: asyncio.Task[None] | None = None

    def poster(self, job: Job) -> Path | None:
        """The file of the poster; None if there is none yet. It is then made if the job has a clip."""
        return self._preview(job, self._folder / poster_name(job.id))

    def filmstrip(self, job: Job) -> Path | None:
        """The file of the filmstrip; None if there is none yet. It is then made if the job has a clip."""
        return self._preview(job, self._folder / _strip_name(job.id))

    def times_file(self, job_id: JobId) -> Path:
        """Where the frame times of a job's clip are kept. They are read from the clip if the file does not exist."""
        return self._folder / times_name(job_id)

    def delete(self, ids: Iterable[JobId]) -> None:
        """Delete the previews of jobs that are gone. Blocks; a file that cannot be deleted is logged."""
        for id in ids:
            for file in (self._folder / poster_name(id), self._folder / _strip_name(id), self.times_file(id)):
                try:
                    file.unlink(missing_ok=True)
                except OSError as error:
                    log.warning("%s cannot be deleted: %s", file, error)

    async def aclose(self) -> None:
        """Stop making previews."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _preview(self, job: Job, file: Path) -> Path | None:
        if not isinstance(job.phase, Ready) or job.id in self._failed:
            return None
        if file.exists():
            return file
        entry = (job.id, job.phase.clip.file)
        if entry not in self._queue:
            self._queue.append(entry)
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._make_all(), name="previews")
        return None

    async def _make_all(self) -> None:
        while self._queue:
            id, clip = self._queue[-1]
            try:
                await self._maker.poster(clip, self._folder / poster_name(id))
                self._changed(id)  # the poster is in sight already, in a row and perhaps in a toast
                await self._maker.filmstrip(clip, self._folder / _strip_name(id))
                await self._maker.frame_times(clip, self.times_file(id))
            except (MediaError, OSError) as error:
                log.warning("no previews of %s: %s", clip.name, error)
                self._failed[id] = None
                if len(self._failed) > MAX_FAILURES:
                    del self._failed[next(iter(self._failed))]
            self._queue.remove((id, clip))
            self._changed(id)


def _strip_name(id: JobId) -> str:
    return f"{id}-strip.jpg"
