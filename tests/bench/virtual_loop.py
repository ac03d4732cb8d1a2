"""An event loop on which time passes only when nobody has anything left to do."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


#: Real seconds in which a thread that the loop did not start must have ended.
THREADS_END_IN = 10.0


class _Leap(selectors.DefaultSelector):
    """Where others would wait, this moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found: list[tuple[selectors.SelectorKey, int]]
        if timeout is None:
            found = super().select(THREADS_END_IN)
            if not found:
                raise RuntimeError("everybody waits, and nothing is to come")
            return found
        self.time += max(timeout, 0.0)
        found = super().select(0)
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its clock begins at zero, and stands while a thread works for it."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.time

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        done: asyncio.Future[Any] = self.create_future()
        try:
            done.set_result(func(*args) if executor is None else executor.submit(self._aware, func, *args).result())
        except Exception as error:
            done.set_exception(error)
        return done

    def _aware(self, func: Callable[..., T], *args: Any) -> T:
        """What runs in a thread meanwhile may ask for this loop's time."""
        asyncio._set_running_loop(self)
        try:
            return func(*args)
        finally:
            asyncio._set_running_loop(None)

    def call_exception_handler(self, context: Mapping[str, Any]) -> None:
        raise RuntimeError(context.get("message")) from context.get("exception")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run it to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
