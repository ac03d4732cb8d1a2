"""Answers for rendered files: Range, If-Range, ETag, HEAD, and the faults of a download."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import cast

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from sora_desktop.sandbox.api_error import ApiError
from sora_desktop.sandbox.fault_script import Fault

_CHUNK = 64 * 1024
_MEDIA = {".mp4": "video/mp4", ".webm": "video/webm"}


def _requested_range(header: str, size: int) -> tuple[int, int] | None:
    """The first and last byte of a single range; None: send the whole file. Raises ApiError for one outside of it."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and first and int(last) < start:
        return None
    if start >= size or end < start:
        raise ApiError(416, "The range lies outside the file")
    return start, end


def file_response(file: Path, request: Request, fault: Fault | None = None, *, has_ranges: bool = True) -> Response:
    """The file or the requested range of it, with the fault applied. Raises ApiError if there is no file."""
    if not file.is_file():
        raise ApiError(404, "There is no such file")
    kind = fault.name if fault else ""
    has_ranges = has_ranges and kind != "no_range"
    size = file.stat().st_size
    etag = f'"{size:x}-{file.stat().st_mtime_ns:x}{"-other" if kind == "changed_etag" else ""}"'
    headers = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "private"}
    if not has_ranges:
        del headers["Accept-Ranges"]
    start, end, status = 0, size - 1, 200
    condition = request.headers.get("if-range")
    if "range" in request.headers and has_ranges and condition in (None, etag):
        try:
            requested = _requested_range(request.headers["range"], size)
        except ApiError:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
        if requested:
            (start, end), status = requested, 206
            headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    if kind != "no_length":
        headers["Content-Length"] = str(end - start + 1)
    media = _MEDIA.get(file.suffix, "image/jpeg")
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media)
    return _ClosingResponse(_chunks(file, start, end + 1, fault), status, headers, media)


class _ClosingResponse(StreamingResponse):
    """Closes its generator, and so the file, also if the client disconnects early."""

    async def stream_response(self, send: Send) -> None:
        async with aclosing(cast(AsyncGenerator[bytes, None], self.body_iterator)):
            await super().stream_response(send)


async def _chunks(file: Path, start: int, end: int, fault: Fault | None) -> AsyncGenerator[bytes, None]:
    kind = fault.name if fault else ""
    rate = max(1.0, fault.number(65536)) if fault and kind == "slow" else 0.0
    step = max(1, int(min(_CHUNK, rate / 10))) if rate else _CHUNK
    with file.open("rb") as source:
        source.seek(start)
        stall_at = start + (end - start) // 2 if kind == "stall" else end
        while start < end:
            if fault and kind == "stall" and start >= stall_at:
                await asyncio.sleep(fault.number(3600))
                stall_at = end
            chunk = source.read(min(step, (stall_at if start < stall_at else end) - start))
            if not chunk:
                return
            start += len(chunk)
            yield chunk
            await asyncio.sleep(len(chunk) / rate if rate else 0)
