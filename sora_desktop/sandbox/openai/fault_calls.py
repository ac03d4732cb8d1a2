"""The calls of the OpenAI Videos dialect, and the faults that a script can inject into each.

calls: videos.create · videos.get (a poll) · videos.list · videos.content · videos.delete · models · health

Every call: reset_before, reset_after, delay, slow, stall, truncated, cut_short, wrong_length, no_length, redirect,
html, 429, 429_bare and the 500s as above, in the form of the server, and
  400 401 403 404 409 422   that status; `value` is the message
All but videos.content: wrong_types, bad_end
videos.create:
  cut_after_id    as above
  failed          the job fails on its way; `value`: the message, or {"status": 500, "message": "m"}
  never_ends      the job stays in_progress for ever
  queued          the job stays queued for `value` seconds (600)
  content_gone    the job is completed, and its content is 404
  cloud           the clip is at a URL without a key, which the job shows if it has a field for it, and /content is 400
                  with that URL in its text
  clip            the clip is not H.264 in MP4: `value` is "webm" (VP9) or "av1" ("webm")
  late            the job is stored `value` seconds (2) after its request has been read, also if the client has gone
  repeated        the job is accepted `value` times (2), as through a proxy that sends a create again by itself; the
                  answer names the last
  status          the answer has the HTTP status `value` (202)
  other_id        the answer has another id than the job
videos.get:
  failed          as above, from now on
  stuck_99, progress, no_progress, unknown_status   as above
  other_job       the job `value`, whatever its id; without a value the newest other one
videos.list:
  empty_page      a page without entries that says has_more
  missing         the newest `value` jobs (1) are not in the list
videos.content:
  no_range, changed_etag   as above

"after": true (not for videos.content) as above. Events:
  restart         the engine number `value` (0, 1 …), or without a value each, forgets every job as if restarted
  warm_up         every engine is cold for `value` seconds (5): /health is 503, and requests are refused or held open
  engine_dies     the engine number `value`, or each, renders nothing until it restarts: /health and creates are 503
  server_clock    from now on the servers' clock, in Date and created_at, is ahead by `value` seconds (86400)
  others          other users have `value` (10000) finished jobs
"""

from __future__ import annotations

from collections.abc import Mapping

ENGINE_CALLS = (
    "videos.create",
    "videos.get",
    "videos.list",
    "videos.content",
    "videos.delete",
    "models",
    "health",
)
_WITH_JSON = tuple(call for call in ENGINE_CALLS if call != "videos.content")
#: Faults that are an HTTP status with the server's own error.
STATUS_FAULTS = ("400", "401", "403", "404", "409", "422", "429", "429_bare", "500_json", "502_json", "503_json")
_PAGES = ("500_html", "502_html", "503_html", "html", "redirect")
#: The faults that replace the server's answer.
ENGINE_REPLACING_FAULTS = frozenset({*STATUS_FAULTS, *_PAGES})
_GENERAL = (
    *STATUS_FAULTS,
    *_PAGES,
    "reset_before",
    "reset_after",
    "delay",
    "slow",
    "stall",
    "truncated",
    "cut_short",
    "wrong_length",
    "no_length",
)
#: What happens at the engines besides a fault.
ENGINE_EVENTS = ("restart", "warm_up", "engine_dies", "server_clock", "others")
#: Those whose value is the number of an engine.
ONE_ENGINE_EVENTS = frozenset({"restart", "engine_dies"})
#: The calls that each fault applies to.
ENGINE_CALLS_BY_FAULT: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_GENERAL, ENGINE_CALLS),
    **dict.fromkeys(("wrong_types", "bad_end"), _WITH_JSON),
    **dict.fromkeys(
        (
            "cut_after_id",
            "never_ends",
            "queued",
            "content_gone",
            "cloud",
            "clip",
            "status",
            "other_id",
            "repeated",
            "late",
        ),
        ("videos.create",),
    ),
    "failed": ("videos.create", "videos.get"),
    **dict.fromkeys(("stuck_99", "progress", "no_progress", "unknown_status", "other_job"), ("videos.get",)),
    **dict.fromkeys(("empty_page", "missing"), ("videos.list",)),
    **dict.fromkeys(("no_range", "changed_etag"), ("videos.content",)),
}


def engine_call(method: str, path: str) -> str:
    """The call as fault scripts and `/sandbox/seen` name it; empty for any other request."""
    if path in ("/health", "/health_generate", "/health/liveliness", "/health/readiness"):
        return "health"
    if path == "/v1/models":
        return "models"
    if path == "/v1/videos":
        return "videos.create" if method == "POST" else "videos.list"
    if path.startswith("/v1/videos/"):
        if path.endswith("/content"):
            return "videos.content"
        return "videos.delete" if method == "DELETE" else "videos.get"
    return ""


def fits_engine_fault(name: str, value: object) -> bool | None:
    """Whether a value fits a fault of this dialect alone; None for a fault that the other dialect has, too."""
    if name == "failed":
        return isinstance(value, (str, dict))
    if name in ("clip", "other_job", *STATUS_FAULTS[:6]):
        return isinstance(value, str) and (name != "clip" or value in ("webm", "av1"))
    return None
