"""A zip about one job for the service's support: what was asked, what was answered, what is on this disk."""

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

from sora_desktop.domain.job import Job, Ready, Rendering, Saving, Unsaved, phase_name, remote_id_of
from sora_desktop.domain.ledger import Attempt, Exchange
from sora_desktop.domain.money import Balance
from sora_desktop.store.codec import to_text

#: What stands where the key stood.
_KEY_REMOVED = "[key removed]"
#: A link up to its question mark, and what follows: some write slashes and ampersands of JSON in other ways.
_SIGNED = re.compile(r"""(https?:(?:\\?/){2}[^\s"'<>?]+\?)(?:[^\s"'<>\\]|\\/|\\u0026)+""")


@dataclass(frozen=True, slots=True)
class ReportTexts:
    """All that a report is made of."""

    job: Job
    attempts: Sequence[Attempt]  # oldest first
    said: Sequence[Exchange]  # oldest first
    balance: Balance | None
    version: str
    key: str  # so that it can be taken out wherever it may have got in; never written


async def write_report(texts: ReportTexts, to: Path) -> Path:
    """Write the zip, whole or not at all, and return it. Raises OSError."""
    return await asyncio.to_thread(_write, texts, to)


def _write(texts: ReportTexts, to: Path) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f".{to.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(
                "report.json", json.dumps(discreet(report_of(texts), texts.key), indent=2, ensure_ascii=False)
            )
            file.writestr("report.txt", str(discreet(summary_of(texts), texts.key)))
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    return to


def discreet(value: object, key: str) -> object:
    """The same without what gives access: the key, also where it was escaped for JSON, and what signs a link.

    The name of the person's own folder goes too.
    """
    match value:
        case str():
            for spelled in (key, json.dumps(key)[1:-1]) if key else ():
                value = value.replace(spelled, _KEY_REMOVED)
            home = Path.home()
            plain = _SIGNED.sub(r"\1[removed]", value)
            return plain.replace(str(home), "~") if home.name else plain
        case dict():
            return {name: discreet(each, key) for name, each in value.items()}
        case list():
            return [discreet(each, key) for each in value]
        case _:
            return value


def report_of(texts: ReportTexts) -> dict[str, object]:
    """The whole report as plain values."""
    job = texts.job
    return {
        "program": {"version": texts.version, "system": platform.platform(), "python": platform.python_version()},
        "written_at": _clock(datetime.now(UTC).timestamp()),
        "job": {
            "id": job.id,
            "service": job.service,
            "task_id": remote_id_of(job.phase) or _task_id_in(texts.attempts),
            "phase": phase_name(job.phase),
            "details": json.loads(to_text(job.phase)),
            "created_at": _clock(job.created_at),
            "changed_at": _clock(job.changed_at),
            "request": json.loads(to_text(job.request)),
        },
        "attempts": [_attempt(attempt) for attempt in texts.attempts],
        "answers": [
            {
                "at": _clock(said.at),
                "call": f"{said.method} {said.path}",
                "http_status": said.status,
                "answer": said.answer,
            }
            for said in texts.said
        ],
        "balance_now": _balance(texts.balance),
        "file": _file_check(job),
    }


def summary_of(texts: ReportTexts) -> str:
    """The same for people, in a page."""
    job = texts.job
    lines = [
        f"Sora Desktop {texts.version} on {platform.platform()}",
        f"Job {job.id} at {job.service or 'an unknown service'}: {phase_name(job.phase)}",
        f"Task: {remote_id_of(job.phase) or _task_id_in(texts.attempts) or 'its id is not known'}",
        f"Made {_clock(job.created_at)}",
        "",
        "Requests that were sent:",
    ]
    for attempt in texts.attempts:
        lines.append(
            f"  {_clock(attempt.sent_at)}  {attempt.outcome}"
            f"  balance {_credits(attempt.before)} before, {_credits(attempt.after)} after, price {attempt.price}"
        )
        lines.append(f"    {' '.join(attempt.answer.split())[:300] or 'no answer'}")
    lines += ["  none"] if not texts.attempts else []
    if texts.said:
        last = texts.said[-1]
        lines += ["", f"Last answer, {_clock(last.at)} ({last.method} {last.path}, HTTP {last.status}):"]
        lines += [f"  {' '.join(last.answer.split())[:600]}"]
    check = _file_check(job)
    lines += ["", f"File: {check['verdict']}"]
    return "\n".join(lines) + "\n"


def _attempt(attempt: Attempt) -> dict[str, object]:
    return {
        "number": attempt.id,
        "sent_at": _clock(attempt.sent_at),
        "answered_at": None if attempt.ended_at is None else _clock(attempt.ended_at),
        "outcome": str(attempt.outcome),
        "http_status": attempt.status,
        "request": json.loads(attempt.request),
        "answer": attempt.answer,
        "price": None if attempt.price is None else str(attempt.price),
        "balance_before": _balance(attempt.before),
        "balance_after": _balance(attempt.after),
    }


def _file_check(job: Job) -> dict[str, object]:
    match job.phase:
        case Ready(clip=clip):
            pass
        case Rendering() | Saving() | Unsaved():
            return {"verdict": "paid for and not on this disk yet"}
        case _:
            return {"verdict": "there is none"}
    facts = json.loads(to_text(clip.facts))
    try:
        with clip.file.open("rb") as opened:
            now = hashlib.file_digest(opened, "sha256").hexdigest()
        size = clip.file.stat().st_size
    except OSError as error:
        return {"verdict": f"it is no longer there ({error.strerror})", "name": clip.file.name, "facts": facts}
    same = now == clip.facts.sha256 and size == clip.facts.size
    verdict = "it is as it was downloaded" if same else "it was changed since it was downloaded"
    return {"verdict": verdict, "name": clip.file.name, "size": size, "sha256": now, "facts": facts}


def _task_id_in(attempts: Sequence[Attempt]) -> str | None:
    """The id in the raw answer of an accepted create, where the job no longer has it."""
    for attempt in reversed(attempts):
        try:
            data = json.loads(attempt.answer)["data"]
            return str(data["task_id"])
        except (ValueError, KeyError, TypeError):
            continue
    return None


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def _credits(balance: Balance | None) -> str:
    return "unknown" if balance is None else str(balance.amount)


def _balance(balance: Balance | None) -> dict[str, str] | None:
    return None if balance is None else {"credits": str(balance.amount), "at": _clock(balance.read_at)}
