"""The faults to inject: which call fails, when and how, read from a script.

The script is a JSON list of entries {"call", "fault", "skip"?, "count"?, "value"?, "after"?}. An entry lets `skip` (0)
requests of its call pass, then applies its fault to the next `count` (1), for any task; entries of one call apply in
the order of the list. A restarted sandbox starts its script from the beginning.

calls: create · look (a poll) · upload · credits · file (a video, range requests and HEAD included) · thumbnail
A fault applies only to the calls of its table below; a script with any other combination is refused.

Every call:
  reset_before    the connection is reset before the service has done anything
  reset_after     the service handles the call, then the connection is reset (a file: after half)
  delay           waits `value` seconds (2) first; with "after", handles the call first and waits before it answers
  429             rate limit, 2001, with retryAfter and Retry-After of `value` seconds (2); 2001 is the same
  429_bare        rate limit, 2001, without a time to wait
  1001 1002 1003 1004 2002 2003 3001   that error (2003 with retryAfter of `value` seconds, 2)
  500_json 502_json 503_json 500_html 502_html 503_html
  code_in_200     HTTP 200 with the code `value` (500) and an error
  html            HTTP 200 with a page that asks to sign in
  redirect        302 to `value`: a URL, or a host (with :port, or at the same port) that gets the same path
  expired         HTTP `value` (403; or 404, 410); on a look: the service answers, its video_url has expired already
  truncated       half of the answer with its full Content-Length, then the end
  cut_short       the same with the fraction `value` (0.5)
  wrong_length    announces `value` bytes (1000) more than it sends; below 0: sends that much less, and looks complete
  no_length       no Content-Length
  slow            sends `value` bytes a second (65536)
  stall           sends nothing for `value` seconds (3600) after half
create, look, upload, credits:
  wrong_types     numbers as strings, strings in lists
  bad_end         the whole answer, then an end that is wrong: `value` is "chunks" (no last chunk), "length" (one byte
                  more was announced), "reset", "silence" (no last chunk, and nothing for an hour), "garbage" (no chunk
                  follows), "gzip" (a wrong checksum), or "head" (status and headers alone)
look:
  stuck_99        processing at 99 percent, whatever the real progress
  progress        `value` (57.5; any JSON: "57", 250, null) instead of the progress
  no_progress     no progress field
  unknown_status  the status `value` ("reticulating"; or queued, cancelled, expired, …)
  other_task      the report of the task `value`, whatever its id; without a value of the newest other task. If there is
                  no such task: a failed one, with the id `value` (task_9999)
  other_video     the video_url of the newest other task that is completed, if there is one
create:
  names_task      the create is accepted and charged, and answered with an error that names the task: `value` is its
                  code (2001), or {"code": 3001, "place": "error.task.taskId"} for another place than data.task_id
  cut_after_id    the answer ends right behind the task's id, `value` bytes (0) later, with its full Content-Length;
                  below 0 it ends within the id
create, look:
  failed          the task fails and is refunded; `value`: the text of the reason, or an object whose fields are sent as
                  they are, such as {"error": "text"}, {"error": {"code": "c", "message": "m"}}, {"error_message": "m"},
                  {"failure_reason": "content_policy_violation"}, {"msg": "m"}, or {} for no reason
file, thumbnail:
  no_range        the whole file, whatever range was requested
  changed_etag    another ETag, as if the file had been replaced

"after": true (not for files) lets the service handle the call, and charge for it, before one of delay, 429… 1001…
500_json… code_in_200, html, redirect or expired replaces its answer.

An entry may also name an event. It happens at a request of its call besides that request's fault: before the service
handles it, or with "after" as soon as the service has. Each event counts `skip` and `count` for itself.
  hold_refunds    from now on a task that fails is not refunded; `value` false: it is again
  refund          the oldest `value` tasks (all) that failed without a refund are refunded
  top_up          the balance rises by `value` (100); below 0 it falls
  clock           from now on the service's clock, in Date and X-RateLimit-Reset, is ahead by `value` seconds (-180)
  reset_in_ms     from now on X-RateLimit-Reset is in milliseconds; `value` false: in seconds again

Example: a create that is billed but answered with an error page, and a download whose resumed part is cut again:
  [{"call": "create", "fault": "502_html", "after": true},
   {"call": "file", "fault": "cut_short", "value": 0.3}, {"call": "file", "fault": "reset_after"}]
A task that fails, and is refunded while the second create waits for its answer:
  [{"call": "create", "fault": "hold_refunds"}, {"call": "create", "fault": "failed"},
   {"call": "create", "fault": "delay", "value": 30, "after": true},
   {"call": "create", "fault": "refund", "skip": 1, "after": true}]
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sora_desktop.sandbox.openai.fault_calls import (
    ENGINE_CALLS,
    ENGINE_CALLS_BY_FAULT,
    ENGINE_EVENTS,
    ENGINE_REPLACING_FAULTS,
    ONE_ENGINE_EVENTS,
    fits_engine_fault,
)
from sora_desktop.sandbox.service_state import CALLS

REFUSING_FAULTS = ("429", "429_bare", "1001", "1002", "1003", "1004", "2001", "2002", "2003", "3001")
_SERVER_FAULTS = (
    "500_json",
    "502_json",
    "503_json",
    "500_html",
    "502_html",
    "503_html",
    "code_in_200",
    "html",
    "redirect",
)
#: The faults that replace the service's answer.
REPLACING_FAULTS = frozenset({*REFUSING_FAULTS, *_SERVER_FAULTS, "expired"})
_GENERAL_FAULTS = (
    *REPLACING_FAULTS,
    "reset_before",
    "reset_after",
    "delay",
    "truncated",
    "cut_short",
    "wrong_length",
    "no_length",
)
_API = ("create", "look", "upload", "credits")
#: The faults that change a field of a correct answer.
ALTERING_FAULTS = frozenset(["stuck_99", "progress", "no_progress", "unknown_status", "wrong_types"])
#: What happens at the service besides a fault.
EVENTS = ("hold_refunds", "refund", "top_up", "clock", "reset_in_ms")
_ALL_EVENTS = (*EVENTS, *ENGINE_EVENTS)
#: How an answer can end wrongly after all of its bytes.
BAD_ENDS = ("chunks", "length", "reset", "silence", "garbage", "gzip", "head")
#: The calls that each fault applies to.
CALLS_BY_FAULT: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys((*_GENERAL_FAULTS, "slow", "stall"), CALLS),
    **dict.fromkeys(("wrong_types", "bad_end"), _API),
    **dict.fromkeys(("other_task", "other_video"), ("look",)),
    **dict.fromkeys(("names_task", "cut_after_id"), ("create",)),
    **dict.fromkeys(ALTERING_FAULTS - {"wrong_types"}, ("look",)),
    "failed": ("create", "look"),
    **dict.fromkeys(("no_range", "changed_etag"), ("file", "thumbnail")),
}


class InvalidScript(Exception):
    """The script cannot be used. The message says why."""


@dataclass(frozen=True)
class Fault:
    """One fault of the script. `given`: the script has a value, which may be null."""

    name: str
    value: object = None
    given: bool = False
    after: bool = False

    def number(self, default: float) -> float:
        """The value if it is a number, else `default`."""
        return float(self.value) if isinstance(self.value, (int, float)) else default

    def text(self, default: str) -> str:
        """The value if it is a non-empty string, else `default`."""
        return self.value if isinstance(self.value, str) and self.value else default


@dataclass
class _Planned:
    call: str
    fault: Fault
    skip: int
    count: int

    def next(self) -> Fault | None:
        """The fault, or None for a request that passes."""
        if self.skip > 0:
            self.skip -= 1
            return None
        self.count -= 1
        return self.fault


class FaultScript:
    """The faults that have not been applied yet."""

    def __init__(self, entries: object = (), engines: int | None = None) -> None:
        """`engines`: see `plan`."""
        self._planned: list[_Planned] = []
        self.plan(entries, engines)

    @classmethod
    def read(cls, file: Path | None, engines: int | None = None) -> FaultScript:
        """Read a script; without a file there are no faults. `engines`: see `plan`. Raises InvalidScript."""
        if file is None:
            return cls()
        try:
            entries = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise InvalidScript(f"the script {file} cannot be read ({error.strerror or error})") from error
        except ValueError as error:
            raise InvalidScript(f"{file.name} cannot be read as JSON: {error}") from error
        try:
            return cls(entries, engines)
        except InvalidScript as error:
            raise InvalidScript(f"{file.name}: {error}") from error

    def plan(self, entries: object, engines: int | None = None) -> None:
        """Add entries. `engines`: how many there are, so that no other one is named. Raises InvalidScript."""
        if not isinstance(entries, (list, tuple)):
            raise InvalidScript("the script must be a list of faults")
        planned = [_planned(entry) for entry in entries]
        for one in planned:
            if engines is not None and one.fault.name in ONE_ENGINE_EVENTS and one.fault.number(0) >= engines:
                raise InvalidScript(f"{one.fault.name}: there is no engine {one.fault.value}; they count from 0")
        self._planned += planned

    def take(self, call: str) -> Fault | None:
        """The fault for this request of `call`, if there is one. Counts the request."""
        planned = next((one for one in self._left(call) if one.fault.name not in _ALL_EVENTS), None)
        return None if planned is None else planned.next()

    def take_events(self, call: str) -> list[Fault]:
        """The events at this request of `call`. Counts the request."""
        taken = [one.next() for one in self._left(call) if one.fault.name in _ALL_EVENTS]
        return [event for event in taken if event is not None]

    def _left(self, call: str) -> list[_Planned]:
        return [one for one in self._planned if one.call == call and one.count > 0]


def _planned(entry: object) -> _Planned:
    if not isinstance(entry, dict):
        raise InvalidScript(f"{entry!r} is not a fault; write an object with call and fault")
    if unknown := entry.keys() - {"call", "fault", "skip", "count", "value", "after"}:
        raise InvalidScript(f"{entry} has the unknown field {min(unknown)}")
    call, name = str(entry.get("call", "")), str(entry.get("fault", ""))
    if call not in (*CALLS, *ENGINE_CALLS):
        raise InvalidScript(f"{entry}: the call must be one of {', '.join((*CALLS, *ENGINE_CALLS))}")
    table, events = (CALLS_BY_FAULT, EVENTS) if call in CALLS else (ENGINE_CALLS_BY_FAULT, ENGINE_EVENTS)
    if name not in events and call not in table.get(name, ()):
        known = ", ".join(sorted(fault for fault, calls in table.items() if call in calls))
        raise InvalidScript(f"{entry}: the fault of a {call} must be one of {known}")
    numbers = entry.get("skip", 0), entry.get("count", 1)
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise InvalidScript(f"{entry}: skip and count must be whole numbers")
    value, after = entry.get("value"), entry.get("after", False)
    if not _fits(name, value):
        raise InvalidScript(f"{entry}: this value does not fit the fault")
    replaces = name in (REPLACING_FAULTS if call in CALLS else ENGINE_REPLACING_FAULTS) | {"delay"}
    can_follow = name in events or (replaces and call not in ("file", "thumbnail", "videos.content"))
    if after not in (True, False) or (after and not can_follow):
        raise InvalidScript(
            f"{entry}: after goes with delay and with faults that replace the service's answer, not for files"
        )
    return _Planned(call, Fault(name, value, "value" in entry, bool(after)), *numbers)


def _fits(name: str, value: object) -> bool:
    if value is None or name == "progress":
        return True
    if (fits := fits_engine_fault(name, value)) is not None:
        return fits
    if name in ("unknown_status", "redirect", "other_task"):
        return isinstance(value, str)
    if name == "bad_end":
        return value in BAD_ENDS
    if name in ("hold_refunds", "reset_in_ms"):
        return isinstance(value, bool)
    if name == "names_task" and isinstance(value, dict):
        return value.keys() <= {"code", "place"} and isinstance(value.get("code", 0), int)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    return value >= 0 or name in ("wrong_length", "cut_after_id", "top_up", "clock", "server_clock")


def failure_fields(fault: Fault) -> dict[str, object]:
    """The fields with which a failed task gives its reason."""
    if isinstance(fault.value, dict):
        return fault.value
    return {"error": {"code": "generation_failed", "message": fault.text("Generation failed")}}


def refusal_with_id(fault: Fault, task_id: str) -> tuple[int, dict[str, object]]:
    """The code of an error that names a task, and its further fields."""
    given = fault.value if isinstance(fault.value, dict) else {}
    code = int(given.get("code", fault.number(2001)))
    *outer, name = str(given.get("place", "data.task_id")).split(".")
    fields: dict[str, object] = {name: task_id}
    for place in reversed(outer):
        fields = {place: fields}
    return code, {**fields, "retryAfter": 2} if code in (429, 503, 2001, 2003) else fields


def altered_answer(fault: Fault, answer: dict[str, object]) -> dict[str, object]:
    """The answer with the fault applied to its data."""
    data = answer.get("data")
    if not isinstance(data, dict):
        return answer
    return {**answer, "data": _ALTERATIONS[fault.name](fault, data)}


def _stuck(fault: Fault, data: dict[str, object]) -> dict[str, object]:
    unchanged: dict[str, object] = {name: data[name] for name in ("task_id", "created_at") if name in data}
    return {**unchanged, "status": "processing", "progress": 99}


_ALTERATIONS: Mapping[str, Callable[[Fault, dict[str, object]], dict[str, object]]] = {
    "stuck_99": _stuck,
    "progress": lambda fault, data: {**data, "progress": fault.value if fault.given else 57.5},
    "no_progress": lambda fault, data: {name: value for name, value in data.items() if name != "progress"},
    "unknown_status": lambda fault, data: {**data, "status": fault.text("reticulating")},
    "wrong_types": lambda fault, data: {name: _other_type(value) for name, value in data.items()},
}


def _other_type(value: object) -> object:
    if isinstance(value, (int, float)):
        return str(value)
    return [value] if isinstance(value, str) else value
