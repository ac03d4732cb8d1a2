"""A multipart form whose file is read in threads while it is sent."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx

from sora_desktop.api.http.upload_form import LABEL_SIZE, labels_of

#: Name that images are sent with; its ending is added. Not the user's: servers call files by it, and refuse long ones.
_NAME = "image"
#: Bytes that are read and sent at once.
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class FormFile:
    """An image in a form."""

    field: str
    file: Path


class FormBody(httpx.AsyncByteStream):
    """Iterates over the bytes of the form. A new iteration begins at the start."""

    def __init__(self, boundary: str, head: bytes, file: Path | None, file_size: int, tail: bytes) -> None:
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.length = len(head) + file_size + len(tail)
        self._head, self._file, self._file_size, self._tail = head, file, file_size, tail

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Blocks(self._head, self._file, self._file_size, self._tail)


class _Blocks:
    """Not a generator: one that is not read to its end would outlive the event loop."""

    def __init__(self, head: bytes, file: Path | None, file_size: int, tail: bytes) -> None:
        self._head, self._file, self._left, self._tail = head, file, file_size, tail
        self._place = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._head:
            block, self._head = self._head, b""
        elif self._file is not None and self._left:
            block = await asyncio.to_thread(_read, self._file, self._place, min(_BLOCK, self._left))
            self._place += len(block)
            self._left -= len(block)
        else:
            block, self._tail = self._tail, b""
        if not block:
            raise StopAsyncIteration
        return block


async def form_body(fields: Iterable[tuple[str, str]], file: FormFile | None = None) -> FormBody:
    """A form with these fields and, last, the file. Raises OSError if the file cannot be read."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    ]
    size = 0
    if file is not None:
        start, size = await asyncio.to_thread(_start_of, file.file)
        labels = labels_of(start, _NAME)
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{file.field}"; '
            f'filename="{labels.name}"\r\nContent-Type: {labels.media_type}\r\n\r\n'
        )
    tail = f"\r\n--{boundary}--\r\n" if file is not None else f"--{boundary}--\r\n"
    head = "".join(parts).encode("utf-8", "replace")
    return FormBody(boundary, head, None if file is None else file.file, size, tail.encode())


def _start_of(file: Path) -> tuple[bytes, int]:
    with file.open("rb") as opened:
        return opened.read(LABEL_SIZE), opened.seek(0, 2)


def _read(file: Path, place: int, size: int) -> bytes:
    with file.open("rb") as opened:
        opened.seek(place)
        return opened.read(size)
