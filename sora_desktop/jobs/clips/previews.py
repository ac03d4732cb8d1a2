"""Posters and filmstrips of finished clips: made once, in the background, kept as files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.library import poster_name
from sora_desktop.jobs.ports import PreviewMaker
from sora_desktop.media.errors import MediaError

log = logging.getLogger(__name__)


class Previews:
    """Knows where a job's pictures are, and has the missing ones made one after the other, newest wish first."""

    def __init__(self, folder: Path, maker: PreviewMaker, published: Callable[[JobId], None]) -> None:
        self._folder = folder
        self._maker = maker
        self._published = published
        self._wished: list[tuple[JobId, Path]] = []
        self._refused: set[JobId] = set()
        self._task: asyncio.Task[None] | None = None

    def poster(self, job: Job) -> Path | None:
        """The poster's file, or None while there is none; then it is made and published."""
        return self._picture(job, self._folder / poster_name(job.id))

    def filmstrip(self, job: Job) -> Path | None:
        """The filmstrip's file, or None while there is none."""
        return self._picture(job, self._folder / f"{job.id}-strip.jpg")

    async def aclose(self) -> None:
        """Stop making pictures."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _picture(self, job: Job, file: Path) -> Path | None:
        if not isinstance(job.phase, Ready) or job.id in self._refused:
            return None
        if file.exists():
            return file
        wish = (job.id, job.phase.clip.file)
        if wish not in self._wished:
            self._wished.append(wish)
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._make(), name="pictures")
        return None

    async def _make(self) -> None:
        while self._wished:
            id, clip = self._wished[-1]
            try:
                await self._maker.poster(clip, self._folder / poster_name(id))
                await self._maker.filmstrip(clip, self._folder / f"{id}-strip.jpg")
            except (MediaError, OSError) as trouble:
                log.warning("no pictures of %s: %s", clip.name, trouble)
                self._refused.add(id)
            self._wished.remove((id, clip))
            self._published(id)
