"""Renders the job that each engine works on, and stops what no engine works on any longer."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import shutil
from fractions import Fraction
from functools import partial
from pathlib import Path

from sora_desktop.sandbox.openai.engine_job import EngineJob, JobError
from sora_desktop.sandbox.openai.fleet import EngineFleet
from sora_desktop.sandbox.openai.video_engine import VideoEngine
from sora_desktop.sandbox.render import ClipFormat, ClipKind, RenderCancelled, Scene, check_image
from sora_desktop.sandbox.render_threads import RenderThreads

#: Seconds between two looks at the engines, which also works on a clock that a test sets.
_TICK = 0.02


class EngineRenders:
    """Follows the engines until it is closed."""

    def __init__(self, fleet: EngineFleet, folder: Path, threads: RenderThreads, *, tiny: bool, strip: bool) -> None:
        """`strip`: see `frame_strip`."""
        self._fleet, self._threads = fleet, threads
        self._tiny, self._strip = tiny, strip
        self.files = folder / "engines"
        if self.files.is_dir():  # an earlier run has left clips that nothing remembers
            shutil.rmtree(self.files)
        self.files.mkdir(parents=True)
        self._running: dict[str, tuple[EngineJob, asyncio.Task[None]]] = {}
        self._images = itertools.count(1)
        self._has_news = asyncio.Event()

    def clip_file(self, job: EngineJob) -> Path:
        """Where the clip is, once the job is completed."""
        return self.files / f"{job.id}.{'webm' if job.kind is ClipKind.WEBM else 'mp4'}"

    def thumbnail_file(self, job: EngineJob) -> Path:
        """Where the poster of the clip is."""
        return self.files / f"{job.id}.jpg"

    def remove_files(self, job: EngineJob) -> None:
        """Delete the clip and its poster."""
        self.clip_file(job).unlink(missing_ok=True)
        self.thumbnail_file(job).unlink(missing_ok=True)

    async def follow(self) -> None:
        """Start and stop renderings for ever."""
        while True:
            self.update()
            if self._fleet.has_work or self._running:
                await asyncio.sleep(_TICK)
            else:
                self._has_news.clear()
                await self._has_news.wait()

    def update(self) -> None:
        """Start what an engine works on, and stop the rest. Called after each change."""
        self._has_news.set()
        working = {job.id: engine for engine in self._fleet.engines if (job := engine.running())}
        for id, (_, rendering) in self._running.items():
            if id not in working:
                rendering.cancel()
        for id, engine in working.items():
            job = engine.running()
            if job is not None and not job.rendering and id not in self._running:
                job.rendering = "running"
                task = asyncio.create_task(self._render(engine, job), name=f"render {id}")
                self._running[id] = job, task
                task.add_done_callback(partial(self._forget, id))

    def _forget(self, id: str, rendering: asyncio.Task[None]) -> None:
        del self._running[id]

    async def stopped(self, job: EngineJob) -> None:
        """Return when no thread renders the job."""
        self.update()
        if job.id in self._running:
            await asyncio.wait([self._running[job.id][1]])

    async def aclose(self) -> None:
        """Stop every rendering."""
        renderings = [rendering for _, rendering in self._running.values()]
        for rendering in renderings:
            rendering.cancel()
        await asyncio.gather(*renderings, return_exceptions=True)

    async def checked_image(self, content: bytes) -> Path | None:
        """Store an image; None if it is empty. Raises ValueError for one that cannot be read."""
        if not content:
            return None
        file = self.files / f"image-{next(self._images)}"
        file.write_bytes(content)
        return file.rename(file.with_suffix(await asyncio.to_thread(check_image, file)))

    async def _render(self, engine: VideoEngine, job: EngineJob) -> None:
        try:
            await self._threads.render(self._scene(job), self.clip_file(job), self.thumbnail_file(job))
        except (RenderCancelled, asyncio.CancelledError):
            job.rendering = "stopped"
            return
        except Exception as error:  # whatever the cause, the job fails
            job.rendering = "failed"
            engine.fail(job, JobError(500, f"Rendering failed: {error}"))
            return
        job.rendering = "finished"
        engine.rendered(job)

    def _scene(self, job: EngineJob) -> Scene:
        body = job.body
        rate = Fraction(body.fps).limit_denominator(1001)
        size = (body.size[0] // 2 * 2, body.size[1] // 2 * 2)
        clip = ClipFormat(size, body.frames, rate, body.has_sound, job.kind)
        seed = f"seed {body.seed}" if body.seed is not None else job.id
        image = hashlib.sha256(body.image or b"").hexdigest()
        asked = (
            body.prompt,
            body.negative_prompt,
            body.model,
            body.size,
            body.frames,
            body.steps,
            body.guidance,
            image,
        )
        return Scene(
            f"{self._fleet.options.seed} {seed} {asked}",
            body.prompt,
            image=job.image_file,
            tiny=self._tiny,
            frame_strip=self._strip,
            own_format=clip,
        )
