"""Planned faults: which call of which kind goes wrong, and how, read from a script.

The script is a JSON list of {"call", "count" (default 1), "fault", "value"?}; each entry spoils the next `count` calls of
its kind, in the order of the list. `value` means, where the fault takes one:
delay: seconds (2) · 429: retryAfter seconds (2) · code_in_200: the code (500) · failed: the reason · cut_short: the
share that is sent (0.5) · slow: bytes a second (65536) · stall: seconds of silence after half (3600) · unknown_status: the word.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CALLS = ("create", "look", "upload", "credits", "file")
FAULTS = frozenset(
    "reset_before reset_after delay 429 500_json 500_html code_in_200 1001 1002 1003 1004 2001 2002 2003 3001 truncated "
    "wrong_types stuck_99 unknown_status failed expired cut_short no_length no_range changed_etag redirect html slow "
    "stall".split()
)


class BadScript(Exception):
    """The script cannot be read; says why."""


@dataclass(frozen=True)
class Fault:
    name: str
    value: object = None

    def number(self, default: float) -> float:
        return float(self.value) if isinstance(self.value, (int, float, str)) and self.value != "" else default


class Faults:
    """The faults that are still to come."""

    def __init__(self, planned: list[tuple[str, Fault]]) -> None:
        self._planned = planned

    @classmethod
    def read(cls, file: Path | None) -> Faults:
        if file is None:
            return cls([])
        try:
            entries = json.loads(file.read_text(encoding="utf-8"))
            planned = []
            for entry in entries:
                call, fault = entry["call"], Fault(str(entry["fault"]), entry.get("value"))
                if call not in CALLS or fault.name not in FAULTS:
                    raise BadScript(f"{file.name}: unknown call or fault in {entry}")
                planned += [(call, fault)] * int(entry.get("count", 1))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadScript(f"{file.name} is not a script of faults: {error!r}") from error
        return cls(planned)

    def take(self, call: str) -> Fault | None:
        for place, (kind, fault) in enumerate(self._planned):
            if kind == call:
                del self._planned[place]
                return fault
        return None


def spoiled(fault: Fault, answer: dict[str, object]) -> dict[str, object]:
    """A good answer with the fault's damage in it."""
    data = answer.get("data")
    if not isinstance(data, dict):
        return answer
    change: Callable[[dict[str, object]], dict[str, object]] | None = {
        "stuck_99": lambda old: {
            **{name: old[name] for name in ("task_id", "created_at") if name in old},
            "status": "processing",
            "progress": 99,
        },
        "unknown_status": lambda old: {**old, "status": fault.value or "reticulating"},
        "wrong_types": lambda old: {name: _other_type(value) for name, value in old.items()},
    }.get(fault.name)
    return {**answer, "data": change(data)} if change else answer


def _other_type(value: object) -> object:
    if isinstance(value, (int, float)):
        return str(value)
    return [value] if isinstance(value, str) else value
