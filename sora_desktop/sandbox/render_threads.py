"""Threads that render the clips of every dialect, two at a time: FFmpeg works without the interpreter lock."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sora_desktop.sandbox.priority import lower_thread_priority
from sora_desktop.sandbox.render import Scene, render


class RenderThreads:
    """Renders clips. A coroutine that is cancelled ends when its thread has stopped, within one picture."""

    def __init__(self, *, tiny: bool) -> None:
        """`tiny`: clips take so little time that the threads keep their priority."""
        self._stop = threading.Event()
        initializer = None if tiny else lower_thread_priority
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="render", initializer=initializer)

    async def render(self, scene: Scene, clip: Path, thumbnail: Path) -> None:
        """Write both files. Raises what `render` raises; RenderCancelled when the threads end meanwhile."""
        stop = threading.Event()
        submitted = self._threads.submit(
            render, scene, clip, thumbnail, lambda: not (stop.is_set() or self._stop.is_set())
        )
        rendering = asyncio.wrap_future(submitted)
        try:
            await asyncio.shield(rendering)
        except asyncio.CancelledError:
            stop.set()
            submitted.cancel()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await rendering
            raise

    async def aclose(self) -> None:
        """Cancel what is being rendered and end the threads."""
        self._stop.set()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
