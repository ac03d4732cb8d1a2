"""Renders the tasks of the Sora API."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

from sora_desktop.sandbox.render import RenderCancelled, Scene
from sora_desktop.sandbox.render_threads import RenderThreads
from sora_desktop.sandbox.service_state import ServiceState, Task


class RenderPool:
    """Renders what the service state asks for, and reports each finished file back to it."""

    def __init__(self, state: ServiceState, folder: Path, threads: RenderThreads) -> None:
        self._state, self._threads = state, threads
        self.files, self.uploads = folder / "files", folder / "uploads"
        for directory in (self.files, self.uploads):
            directory.mkdir(parents=True, exist_ok=True)
        self._running: dict[str, asyncio.Task[None]] = {}

    def clip_file(self, task: Task) -> Path:
        return self.files / f"{task.id}.mp4"

    def thumbnail_file(self, task: Task) -> Path:
        return self.files / f"{task.id}.jpg"

    def start_pending(self) -> None:
        """Start to render every task that needs it and is not being rendered."""
        for task in self._state.tasks_to_render():
            if task.id not in self._running:
                self._running[task.id] = asyncio.create_task(self._render(task), name=f"render {task.id}")

    def _picture_seed(self, task: Task) -> str:
        """The same for the same request with the same seed; without one, each task of any sandbox has its own."""
        *request, seed = dataclasses.astuple(task.body)
        return f"{self._state.options.seed} {task.id if seed is None else f'seed {seed}'} {tuple(request)}"

    async def _render(self, task: Task) -> None:
        body = task.body
        scene = Scene(
            self._picture_seed(task),
            body.prompt,
            body.aspect_ratio,
            body.duration,
            body.quality,
            self.uploads / body.image if body.image else None,
            tiny=self._state.options.tiny,
            frame_strip=self._state.options.frame_strip,
        )
        message = ""
        try:
            await self._threads.render(scene, self.clip_file(task), self.thumbnail_file(task))
        except RenderCancelled:
            return
        except Exception as error:  # whatever the cause, the task fails and is refunded
            message = f"Rendering failed: {error}"
        self._state.finish_rendering(task.id, message)

    async def aclose(self) -> None:
        """Cancel what is being rendered."""
        for running in self._running.values():
            running.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
