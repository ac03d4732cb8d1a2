"""The API key of a service: read from the environment, the system keyring or a file, or kept for this run only."""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from sora_desktop.store.data_folder import APP, DataFolder
from sora_desktop.store.overrides import KEY_OVERRIDE

T = TypeVar("T")

#: Seconds that a call to the keyring may take. A locked or absent keyring can hang for minutes.
LIMIT = 5.0


def _system_keyring() -> Any:
    return importlib.import_module("keyring")


class KeyPlace(NamedTuple):
    """Where a key is stored."""

    text: str  # as the end of the sentence "The key is stored …"
    is_lasting: bool  # False: for this run only


def kept_for_this_run(reason: str) -> KeyPlace:
    """The key is only in memory. `reason`: why, without the period at the end."""
    return KeyPlace(f"for this run only: {reason}", is_lasting=False)


class KeyRing:
    """The key of one service. Keyring failures are never raised, and the key is never written to a log."""

    def __init__(
        self,
        data_folder: DataFolder,
        environ: Mapping[str, str],
        service: str = "",
        *,
        variable: str = "",
        limit: float = LIMIT,
        backend: Callable[[], Any] = _system_keyring,
    ) -> None:
        """`service`: the name of a further service; empty for the first one.

        `variable`: the environment variable that counts instead of the stored key; empty: none, or for the first
        service SORA_API_KEY.
        """
        self._environ = environ
        #: The environment variable that counts instead of the stored key; empty: none.
        self.variable = variable or ("" if service else KEY_OVERRIDE.variable)
        self._limit = limit
        self._backend = backend
        user = str(data_folder.root) if data_folder.is_custom else "api-key"
        self._user = f"{user} {service}" if service else user
        self._file = data_folder.key_file(service)
        self._memory = ""
        self._entered = False

    async def load(self) -> str:
        """The key, or an empty string."""
        if key := self.from_environment or self._memory:
            return key
        stored = await self._with_time_limit(lambda ring: ring.get_password(APP, self._user), None)
        if not stored:
            with suppress(OSError, UnicodeError):
                stored = self._file.read_text("utf-8").strip()
        self._memory = stored or ""
        return self._memory

    @property
    def from_environment(self) -> str:
        """The key in the environment variable; empty if there is none."""
        return self._environ.get(self.variable, "").strip() if self.variable else ""

    @property
    def was_entered(self) -> bool:
        """True if the user has entered a key in this run."""
        return self._entered

    async def save(self, key: str, *, or_file: bool = False) -> KeyPlace:
        """Store the key. Returns where it is stored.

        `or_file`: if there is no keyring, use a file that only this user can read. Raises OSError if that fails.
        """
        self._memory, self._entered = key.strip(), True

        def put(ring: Any) -> bool:
            ring.set_password(APP, self._user, self._memory)
            return bool(ring.get_password(APP, self._user) == self._memory)

        if await self._with_time_limit(put, False):
            return KeyPlace("in the system keyring", is_lasting=True)
        if or_file:
            return await self._save_to_file()
        advice = f"Set {self.variable}" if self.variable else "Name an environment variable for it"
        return kept_for_this_run(f"no system keyring is available. {advice} to use it every time")

    async def _save_to_file(self) -> KeyPlace:
        def put() -> None:
            self._file.unlink(missing_ok=True)
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as opened:
                opened.write(self._memory)

        await asyncio.to_thread(put)
        return KeyPlace(f"in {self._file}, which only you can read", is_lasting=True)

    def read_again(self) -> None:
        """Another process has changed the stored key: give up the one that is kept in memory."""
        self._memory, self._entered = "", False

    async def forget(self) -> None:
        """Delete the key everywhere except in the environment."""
        self._memory, self._entered = "", False
        self._file.unlink(missing_ok=True)
        await self._with_time_limit(lambda ring: ring.delete_password(APP, self._user), None)

    async def _with_time_limit(self, call: Callable[[Any], T], fallback: T) -> T:
        """Run `call` in a thread of its own: if it hangs, neither the loop nor the end of the program waits for it."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def resolve(value: T) -> None:
            if not answer.done():
                answer.set_result(value)

        def work() -> None:
            try:
                value = call(self._backend())
            except Exception:  # each keyring backend raises its own errors
                value = fallback
            with suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(resolve, value)

        threading.Thread(target=work, name="keyring", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, self._limit)
        except TimeoutError:
            return fallback
