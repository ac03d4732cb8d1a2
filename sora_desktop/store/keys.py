"""The API key: from the environment, the system's keyring, or for this run only."""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from sora_desktop.store.data_folder import APP, DataFolder

T = TypeVar("T")

KEY_VARIABLE = "SORA_API_KEY"
#: Seconds a keyring may take; an absent or locked one can hang for minutes.
LIMIT = 5.0


def _system_keyring() -> Any:
    return importlib.import_module("keyring")


class KeyRing:
    """Never raises for a keyring's failures, never writes the key into a log."""

    def __init__(
        self,
        data_folder: DataFolder,
        environ: Mapping[str, str],
        *,
        limit: float = LIMIT,
        backend: Callable[[], Any] = _system_keyring,
    ) -> None:
        self._environ = environ
        self._limit = limit
        self._backend = backend
        self._user = str(data_folder.root) if data_folder.is_custom else "api-key"
        self._file = data_folder.root / "api-key"
        self._memory = ""
        self._entered = False

    async def load(self) -> str:
        """The key, or an empty string."""
        named = self._environ.get(KEY_VARIABLE, "").strip()
        if named or self._memory:
            return named or self._memory
        kept = await self._within_limit(lambda ring: ring.get_password(APP, self._user), None)
        if not kept:
            with suppress(OSError, UnicodeError):
                kept = self._file.read_text("utf-8").strip()
        self._memory = kept or ""
        return self._memory

    @property
    def was_entered(self) -> bool:
        """True once a person has given a key in this run."""
        return self._entered

    async def save(self, key: str, *, or_file: bool = False) -> str:
        """Keep it; where it is kept, as the end of the sentence "The key is kept …".

        `or_file`: where there is no keyring, a file that only this user may read, because the person asked for that.
        """
        self._memory, self._entered = key.strip(), True

        def put(ring: Any) -> bool:
            ring.set_password(APP, self._user, self._memory)
            return bool(ring.get_password(APP, self._user) == self._memory)

        if await self._within_limit(put, False):
            return "in the system's keyring"
        if or_file:
            return await self._save_to_file()
        return "for this run only: this system offers no keyring. Set SORA_API_KEY to have it each time"

    async def _save_to_file(self) -> str:
        def put() -> None:
            self._file.unlink(missing_ok=True)
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as opened:
                opened.write(self._memory)

        await asyncio.to_thread(put)
        return f"in {self._file}, which only you may read"

    async def forget(self) -> None:
        """Drop it everywhere."""
        self._memory, self._entered = "", False
        self._file.unlink(missing_ok=True)
        await self._within_limit(lambda ring: ring.delete_password(APP, self._user), None)

    async def _within_limit(self, ask: Callable[[Any], T], otherwise: T) -> T:
        """Ask in a thread of its own: one that hangs must hold up neither the loop nor the end of the program."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def tell(value: T) -> None:
            if not answer.done():
                answer.set_result(value)

        def work() -> None:
            try:
                value = ask(self._backend())
            except Exception:  # keyrings raise whatever their system raises
                value = otherwise
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(tell, value)

        threading.Thread(target=work, name="keyring", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, self._limit)
        except TimeoutError:
            return otherwise
