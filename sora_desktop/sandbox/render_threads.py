"""Threads that render the clips of every dialect: FFmpeg works without the interpreter lock."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sora_desktop.sandbox.priority import lower_thread_priority
from sora_desktop.sandbox.render import RenderCancelled, Scene, render
from sora_desktop.sandbox.render_pace import RenderPace


class RenderThreads:
    """Renders clips: two at a time at full speed, and one of each engine at its own pace."""

    def __init__(self, *, tiny: bool, engines: int = 1) -> None:
        """`tiny`: clips take so little time that the threads keep their priority. `engines`: see `render`."""
        initializer = None if tiny else lower_thread_priority
        self._fast = ThreadPoolExecutor(2, thread_name_prefix="render", initializer=initializer)
        self._paced = ThreadPoolExecutor(engines, thread_name_prefix="engine", initializer=initializer)
        self._paces: set[RenderPace] = set()

    async def render(self, scene: Scene, clip: Path, thumbnail: Path, pace: RenderPace | None = None) -> None:
        """Write both files. Returns or raises when its thread is done, which a stop of `pace` brings about.

        `pace`: that of an engine; None: full speed. A coroutine that is cancelled stops it, too.
        Raises what `render` raises; RenderCancelled when it is stopped.
        """
        threads = self._fast if pace is None else self._paced
        own = pace or RenderPace()

        def work() -> None:
            if own.is_stopped:
                raise RenderCancelled
            render(scene, clip, thumbnail, own.admits)

        self._paces.add(own)
        submitted = threads.submit(work)
        rendering = asyncio.wrap_future(submitted)
        try:
            await asyncio.shield(rendering)
        except asyncio.CancelledError:
            own.stop()
            submitted.cancel()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await rendering
            raise
        finally:
            self._paces.discard(own)

    async def aclose(self) -> None:
        """Stop what is being rendered and end the threads."""
        for pace in tuple(self._paces):
            pace.stop()
        for threads in (self._fast, self._paced):
            await asyncio.to_thread(threads.shutdown, cancel_futures=True)
