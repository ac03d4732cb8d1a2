"""The messages between the program and its download process, one JSON object a line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sora_desktop.api.errors import DownloadBroken, DownloadStopped, Gone, ServiceError, Unreachable

if TYPE_CHECKING:  # it loads HTTP, which the program's own side does without
    from sora_desktop.api.http.connections import Endpoint

#: The errors of a download, besides OSError.
_KINDS: Mapping[str, type[ServiceError]] = {
    kind.__name__: kind for kind in (Gone, DownloadBroken, DownloadStopped, Unreachable)
}


class UnexpectedError(Exception):
    """A mistake of the program in the download process. The message is the traceback."""


def start_line(number: int, endpoint: Endpoint, url: str, part: Path) -> bytes:
    """To the process: download a file to `part`. `number` stands for the download from then on."""
    values = asdict(replace(endpoint, headers=dict(endpoint.headers)))  # not every mapping can be copied
    return _line({"kind": "start", "number": number, "endpoint": values, "url": url, "part": str(part.absolute())})


def stop_line(number: int) -> bytes:
    """To the process: stop a download. It still says that the download has ended."""
    return _line({"kind": "stop", "number": number})


def readiness_line() -> bytes:
    """From the process: it can download."""
    return _line({"kind": "ready"})


def progress_line(number: int, received: int, total: int | None) -> bytes:
    """From the process: how many bytes of how many are there. `total`: None if that is not known."""
    return _line({"kind": "progress", "number": number, "received": received, "total": total})


def ended_line(number: int, error: Mapping[str, object] | None) -> bytes:
    """From the process, once for each download. `error`: see `described`; None if the file is complete."""
    return _line({"kind": "ended", "number": number, "error": error})


def message_in(line: bytes) -> dict[str, Any]:
    """The object in one line. Raises ValueError, also for half a line of a process that has ended."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a message is a JSON object")
    return message


def described(error: BaseException, traceback: str) -> dict[str, object]:
    """An error as JSON, from which `error_in` makes an equal one."""
    name = type(error).__name__
    if isinstance(error, ServiceError) and _KINDS.get(name) is type(error):
        return {"name": name, "message": str(error), "code": error.code}
    if isinstance(error, OSError):
        file = None if error.filename is None else os.fsdecode(error.filename)
        return {"name": "OSError", "values": [error.errno, error.strerror, file] if error.errno else [str(error)]}
    return {"name": "", "message": traceback}


def error_in(description: Mapping[str, Any]) -> Exception:
    """The error that was described. An OSError has the class that belongs to its number."""
    name = description["name"]
    if name == "OSError":
        return OSError(*description["values"])
    if name in _KINDS:
        return _KINDS[name](description["message"], code=description["code"])
    return UnexpectedError(description["message"])


def _line(message: Mapping[str, object]) -> bytes:
    return json.dumps(message).encode("ascii") + b"\n"
