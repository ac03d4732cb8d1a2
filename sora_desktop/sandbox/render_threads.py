"""Threads that render the clips of every dialect: FFmpeg works without the interpreter lock."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sora_desktop.sandbox.priority import lower_thread_priority
from sora_desktop.sandbox.render import RenderCancelled, Scene, render
from sora_desktop.sandbox.render_pace import RenderPace

#: Threads that work at a time: more would only take the processor from each other.
_AT_WORK = 2
#: Seconds between two looks whether a rendering that waits for its turn was stopped.
_LOOK = 0.1


class RenderThreads:
    """Renders clips: two at a time at full speed, and one of each engine at its own pace. Two are at work at a time."""

    def __init__(self, *, tiny: bool, engines: int = 1) -> None:
        """`tiny`: clips take so little time that the threads keep their priority. `engines`: see `render`."""
        initializer = None if tiny else lower_thread_priority
        self._fast = ThreadPoolExecutor(_AT_WORK, thread_name_prefix="render", initializer=initializer)
        self._paced = ThreadPoolExecutor(engines, thread_name_prefix="engine", initializer=initializer)
        self._turns = threading.Semaphore(_AT_WORK)
        self._paces: set[RenderPace] = set()

    async def render(self, scene: Scene, clip: Path, thumbnail: Path, pace: RenderPace | None = None) -> None:
        """Write both files. Returns or raises when its thread is done, which a stop of `pace` brings about.

        `pace`: that of an engine; None: full speed. A coroutine that is cancelled stops it, too.
        Raises what `render` raises; RenderCancelled when it is stopped.
        """
        threads = self._fast if pace is None else self._paced
        own = pace or RenderPace()
        self._paces.add(own)
        submitted = threads.submit(self._work, scene, clip, thumbnail, own)
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

    def _work(self, scene: Scene, clip: Path, thumbnail: Path, pace: RenderPace) -> None:
        has_turn = False

        def may_go_on(number: int) -> bool:
            nonlocal has_turn
            if has_turn and not pace.is_due(number):
                self._turns.release()
                has_turn = False
            may = pace.admits(number)
            while may and not has_turn:
                has_turn = self._turns.acquire(timeout=_LOOK)
                may = not pace.is_stopped
            return may

        if pace.is_stopped:
            raise RenderCancelled
        try:
            render(scene, clip, thumbnail, may_go_on)
        finally:
            if has_turn:
                self._turns.release()

    async def aclose(self) -> None:
        """Stop what is being rendered and end the threads."""
        for pace in tuple(self._paces):
            pace.stop()
        for threads in (self._fast, self._paced):
            await asyncio.to_thread(threads.shutdown, cancel_futures=True)
