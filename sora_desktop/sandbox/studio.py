"""Renders the world's tasks, two at a time, in threads (FFmpeg lets go of the interpreter while it works)."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sora_desktop.sandbox.render import Scene, Stopped, render
from sora_desktop.sandbox.world import Task, World


def _give_way() -> None:
    """Let a window on the same machine go first: this thread, and the encoder's threads that it starts, are nicer."""
    if sys.platform == "linux":  # elsewhere a priority belongs to the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)


class Studio:
    """Takes tasks and tells the world when their files are there."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self.files, self.uploads = folder / "files", folder / "uploads"
        for place in (self.files, self.uploads):
            place.mkdir(parents=True, exist_ok=True)
        self._stop = threading.Event()
        give_way = None if world.rules.tiny else _give_way
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="render", initializer=give_way)
        self._running: dict[str, asyncio.Task[None]] = {}

    def clip(self, task: Task) -> Path:
        return self.files / f"{task.id}.mp4"

    def picture(self, task: Task) -> Path:
        return self.files / f"{task.id}.jpg"

    def work(self) -> None:
        """Begin whatever needs rendering and has not begun."""
        for task in self._world.needs_rendering():
            if task.id not in self._running:
                self._running[task.id] = asyncio.create_task(self._render(task))

    async def _render(self, task: Task) -> None:
        order = task.order
        scene = Scene(
            f"{self._world.rules.seed} {task.number} {order}",
            order.prompt,
            order.aspect_ratio,
            order.duration,
            order.quality,
            self.uploads / order.image if order.image else None,
            tiny=self._world.rules.tiny,
        )
        trouble = ""
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._threads, render, scene, self.clip(task), self.picture(task), lambda: not self._stop.is_set()
            )
        except Stopped:
            return
        except Exception as error:  # whatever went wrong, the task fails and the credits come back
            trouble = f"Rendering failed: {error}"
        self._world.note_rendered(task.id, trouble)

    async def close(self) -> None:
        self._stop.set()
        for running in self._running.values():
            running.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
