"""Renders the job that each engine works on while its time passes, and stops what no engine works on any longer."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import shutil
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

from sora_desktop.sandbox.openai.engine_job import EngineJob, JobError
from sora_desktop.sandbox.openai.fleet import EngineFleet
from sora_desktop.sandbox.openai.video_engine import VideoEngine
from sora_desktop.sandbox.render import ClipFormat, ClipKind, RenderCancelled, Scene, check_image
from sora_desktop.sandbox.render_pace import RenderPace
from sora_desktop.sandbox.render_threads import RenderThreads

#: Seconds between two looks at the engines, which also works on a clock that a test sets.
_TICK = 0.02
#: Seconds before the end of its time at which the clip of a job should be there. One that takes less is not held back.
_AHEAD = 1.0
#: In how many parts a clip is rendered: single pictures would cost more processor time.
_PARTS = 20


@dataclass(frozen=True)
class _Rendering:
    """A job that is being rendered."""

    job: EngineJob
    pace: RenderPace
    task: asyncio.Task[None]


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
        self._running: dict[str, _Rendering] = {}
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
        """Start what an engine works on, let it go on, and stop the rest. Called after each change."""
        self._has_news.set()
        working = {job.id: (engine, job) for engine in self._fleet.engines if (job := engine.running())}
        for id, rendering in self._running.items():
            if rendering.task.done():  # it has said itself how far it is
                continue
            rendering.job.frames_rendered = rendering.pace.rendered
            if id in working:
                rendering.pace.allow(self._frames_due(rendering.job))
            else:
                rendering.pace.stop()
        for id, (engine, job) in working.items():
            if not job.rendering:
                job.rendering = "running"
                pace = RenderPace(self._frames_due(job))
                task = asyncio.create_task(self._render(engine, job, pace), name=f"render {id}")
                self._running[id] = _Rendering(job, pace, task)
                task.add_done_callback(partial(self._forget, id))

    def _frames_due(self, job: EngineJob) -> int:
        """How many pictures of the clip there may be by now: a job that never ends does not get its last one."""
        assert job.started_at is not None
        frames, seconds = job.body.frames, job.render_seconds - _AHEAD
        passed = (self._fleet.now() - job.started_at) / seconds if seconds > 0 else 1.0
        part = max(1, frames // _PARTS)
        due = frames if passed >= 1 else min(frames, part + int(max(0.0, passed) * frames) // part * part)
        return min(due, frames - 1) if job.never_ends else due

    def _forget(self, id: str, task: asyncio.Task[None]) -> None:
        del self._running[id]

    async def stopped(self, job: EngineJob) -> None:
        """Return when no thread renders the job."""
        self.update()
        if job.id in self._running:
            await asyncio.wait([self._running[job.id].task])

    async def aclose(self) -> None:
        """Stop every rendering."""
        renderings = tuple(self._running.values())
        for rendering in renderings:
            rendering.pace.stop()
        await asyncio.gather(*(rendering.task for rendering in renderings), return_exceptions=True)

    async def checked_image(self, content: bytes) -> Path | None:
        """Store an image; None if it is empty. Raises ValueError for one that cannot be read."""
        if not content:
            return None
        file = self.files / f"image-{next(self._images)}"
        file.write_bytes(content)
        return file.rename(file.with_suffix(await asyncio.to_thread(check_image, file)))

    async def _render(self, engine: VideoEngine, job: EngineJob, pace: RenderPace) -> None:
        try:
            await self._threads.render(self._scene(job), self.clip_file(job), self.thumbnail_file(job), pace)
        except RenderCancelled:
            job.rendering, job.frames_rendered = "stopped", pace.rendered
        except Exception as error:  # whatever the cause, the job fails
            job.rendering, job.frames_rendered = "failed", pace.rendered
            engine.fail(job, JobError(500, f"Rendering failed: {error}"))
        else:
            job.rendering, job.frames_rendered = "finished", job.body.frames
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
