"""Writes a zip about one job for the support of its service: requests, raw answers, balance and the clip's state."""

from __future__ import annotations

import asyncio
import hashlib
import json
import platform
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.job import Job, Ready, RemoteId, Rendering, Saving, Unsaved, phase_name
from sora_desktop.domain.ledger import Attempt, Exchange
from sora_desktop.domain.money import Balance
from sora_desktop.store.codec import to_text
from sora_desktop.system.replaced_file import replaced_file

#: Replaces the API key.
_KEY_REMOVED = "[key removed]"
#: A link up to its question mark, and the query that follows. JSON may escape slashes and ampersands.
_LINK_WITH_QUERY = re.compile(r"""(https?:(?:\\?/){2}[^\s"'<>?]+\?)(?:[^\s"'<>\\]|\\/|\\u0026)+""")


@dataclass(frozen=True, slots=True)
class ReportContent:
    """What a report is made of."""

    job: Job
    attempts: Sequence[Attempt]  # oldest first
    exchanges: Sequence[Exchange]  # oldest first
    remote_id: RemoteId | None  # also of a job whose phase no longer has it
    balance: Balance | None
    unit: Unit | None  # of prices and balances; None: the service does not charge, or its unit is unknown
    version: str
    key: str  # removed from every text of the report


async def write_report(content: ReportContent, to: Path) -> Path:
    """Write the zip completely or not at all, and return it. Raises OSError."""
    return await asyncio.to_thread(_write, content, to)


def _write(content: ReportContent, to: Path) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    with replaced_file(to) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
        report = redacted(report_of(content), content.key)
        file.writestr("report.json", json.dumps(report, indent=2, ensure_ascii=False))
        file.writestr("report.txt", str(redacted(_summary_of(content), content.key)))
    return to


def redacted(value: object, key: str) -> object:
    """The value without what gives access: the key, also where JSON escaped it, and the queries that sign links.

    The path of the user's home folder is replaced by ~.
    """
    match value:
        case str():
            for spelling in (key, json.dumps(key)[1:-1]) if key else ():
                value = value.replace(spelling, _KEY_REMOVED)
            home = Path.home()
            text = _LINK_WITH_QUERY.sub(r"\1[removed]", value)
            return text.replace(str(home), "~") if home.name else text
        case dict():
            return {name: redacted(each, key) for name, each in value.items()}
        case list():
            return [redacted(each, key) for each in value]
        case _:
            return value


def report_of(content: ReportContent) -> dict[str, object]:
    """The report as plain values."""
    job = content.job
    return {
        "program": {"version": content.version, "system": platform.platform(), "python": platform.python_version()},
        "written_at": _time(datetime.now(UTC).timestamp()),
        "job": {
            "id": job.id,
            "service": job.service,
            "remote_id": content.remote_id,
            "phase": phase_name(job.phase),
            "details": json.loads(to_text(job.phase)),
            "created_at": _time(job.created_at),
            "changed_at": _time(job.changed_at),
            "request": json.loads(to_text(job.request)),
        },
        "unit": None if content.unit is None else content.unit.many,
        "attempts": [_attempt(attempt) for attempt in content.attempts],
        "answers": [
            {
                "at": _time(exchange.at),
                "call": f"{exchange.method} {exchange.path}",
                "status": exchange.status,
                "headers": exchange.headers.splitlines(),
                "answer": exchange.answer,
            }
            for exchange in content.exchanges
        ],
        "balance_now": _balance(content.balance),
        "file": _file_check(job),
    }


def _summary_of(content: ReportContent) -> str:
    """A summary on one page."""
    job = content.job
    unit = "" if content.unit is None else f" (prices and balances in {content.unit.many})"
    lines = [
        f"Sora Desktop {content.version} on {platform.platform()}",
        f"Job {job.id} at {job.service or 'an unknown service'}: {phase_name(job.phase)}",
        f"Remote id: {content.remote_id or 'not known'}",
        f"Created {_time(job.created_at)}",
        "",
        f"Attempts to create the video{unit}:",
    ]
    for attempt in content.attempts:
        before, after = _amount(attempt.before), _amount(attempt.after)
        lines.append(f"  {_time(attempt.sent_at)}  {attempt.outcome}  price {attempt.price}")
        lines.append(f"    balance {before} before, {after} after")
        lines.append(f"    {' '.join(attempt.answer.split())[:300] or 'no answer'}")
    lines += ["  none"] if not content.attempts else []
    if content.exchanges:
        last = content.exchanges[-1]
        lines += ["", f"Last answer, {_time(last.at)} ({last.method} {last.path}, status {last.status}):"]
        lines += [f"  {' '.join(last.answer.split())[:600]}"]
    check = _file_check(job)
    lines += ["", f"File: {check['verdict']}"]
    return "\n".join(lines) + "\n"


def _attempt(attempt: Attempt) -> dict[str, object]:
    return {
        "number": attempt.id,
        "sent_at": _time(attempt.sent_at),
        "answered_at": None if attempt.ended_at is None else _time(attempt.ended_at),
        "outcome": str(attempt.outcome),
        "status": attempt.status,
        "headers": attempt.headers.splitlines(),
        "request": _json(attempt.request),
        "answer": attempt.answer,
        "price": None if attempt.price is None else str(attempt.price),
        "balance_before": _balance(attempt.before),
        "balance_after": _balance(attempt.after),
    }


def _json(text: str) -> object:
    """The value, or the text itself if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _file_check(job: Job) -> dict[str, object]:
    match job.phase:
        case Ready(clip=clip):
            pass
        case Rendering() | Saving() | Unsaved():
            return {"verdict": "accepted, not saved yet"}
        case _:
            return {"verdict": "none"}
    facts = json.loads(to_text(clip.facts))
    try:
        with clip.file.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        size = clip.file.stat().st_size
    except OSError as error:
        return {"verdict": f"no longer there ({error.strerror})", "name": clip.file.name, "facts": facts}
    is_unchanged = sha256 == clip.facts.sha256 and size == clip.facts.size
    verdict = "unchanged since it was downloaded" if is_unchanged else "changed since it was downloaded"
    return {"verdict": verdict, "name": clip.file.name, "size": size, "sha256": sha256, "facts": facts}


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def _amount(balance: Balance | None) -> str:
    return "unknown" if balance is None else str(balance.amount)


def _balance(balance: Balance | None) -> dict[str, str] | None:
    return None if balance is None else {"amount": str(balance.amount), "at": _time(balance.read_at)}
