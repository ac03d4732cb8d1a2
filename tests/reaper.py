"""Simulates a kill of the process at any call of a service or a store."""

from __future__ import annotations

import inspect
from typing import Any

from sora_desktop.api.service import Bills, Cancels, Lists, Places

_ABILITIES: dict[Any, tuple[str, ...]] = {
    Bills: ("balance",),
    Cancels: ("cancel",),
    Lists: ("tasks",),
    Places: ("place_for_next", "place_of", "create_at"),
}


class Killed(BaseException):
    """The end of the process: a BaseException, so that no handler stops it."""


class Reaper:
    """Counts the calls of the objects that it guards. From the deadly call on, no call is carried out."""

    def __init__(self, deadly: int, *, after: bool) -> None:
        self._deadly = deadly
        self._after = after
        self.calls = 0
        self.dead = False

    def guard(self, guarded: Any) -> Any:
        """The same object, whose coroutine methods can be the deadly call."""
        return _Guarded(guarded, self)

    async def carry(self, call: Any) -> Any:
        """Carry out the call, or raise Killed before or after it."""
        self.calls += 1
        if self.dead:
            raise Killed
        if self.calls == self._deadly and not self._after:
            self.dead = True
            raise Killed
        deadly = self.calls == self._deadly
        result = await call()
        if deadly or self.dead:
            self.dead = True
            raise Killed
        return result


class _Guarded:
    def __init__(self, guarded: Any, reaper: Reaper) -> None:
        self._guarded = guarded
        self._reaper = reaper
        for ability, names in _ABILITIES.items():
            if isinstance(guarded, ability):
                for name in names:  # isinstance does not ask __getattr__
                    setattr(self, name, self.__getattr__(name))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._guarded, name)
        if not inspect.iscoroutinefunction(found) or name == "aclose":
            return found

        async def mortal(*arguments: Any, **named: Any) -> Any:
            return await self._reaper.carry(lambda: found(*arguments, **named))

        return mortal
