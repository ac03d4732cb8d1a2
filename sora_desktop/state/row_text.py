"""The words on a job's row and in its menu: honest about money, silent about what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from sora_desktop.domain.forecast import Forecast, left_words, outlook_of
from sora_desktop.domain.job import (
    Failed,
    Job,
    Ready,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Unwatched,
    Waiting,
)
from sora_desktop.domain.money import written
from sora_desktop.domain.request import Quality, VideoRequest

#: The id of the verb that puts a waiting job right before another one ends in the other one's id.
BEFORE = "before:"


class Tone(StrEnum):
    """In which of the tokens' colours the words stand."""

    ACCENT = "accent"
    OK = "ok"
    MUTED = "muted"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Verb:
    """What a person can do with a job. `id` is the program's word, `label` the person's."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class RowWords:
    """The third line of a row."""

    text: str
    tone: Tone
    aside: str = ""  # said beside it, muted
    action: Verb | None = None  # the one link of the row
    progress: float | None = None  # 0-1 of the bar; None: no bar
    long: bool = False  # may take two lines
    reason: str = ""  # why, in a sentence, where the row need not say it: the line over the library does

    @property
    def all(self) -> tuple[str, ...]:
        """Everything there is to say, where there is room for it."""
        return tuple(filter(None, (self.text, self.aside, self.reason)))


def row_words(
    job: Job, *, now: float, queue_place: int | None = None, price: Decimal | None = None, connected: str = ""
) -> RowWords:
    """What the row says under the prompt.

    `queue_place` counts from 1; `price` of one more take, where it is known; `connected` names the service that
    answers now, and is empty while none does.
    """
    if connected and not is_at(job, connected):
        there = "the sandbox" if "://" not in job.service else job.service.split("://")[1].split("/")[0]
        match job.phase:
            case Waiting():
                text = f"Meant for {there}: not sent while another service is connected"
                return RowWords(text, Tone.MUTED, long=True)
            case Rendering() | Saving() | Unsaved():
                return RowWords(f"Paid at {there}: fetched when that is connected again", Tone.MUTED, long=True)
            case _:
                pass
    match job.phase:
        case Waiting(held=held) if held and not job.on_hold:
            return RowWords(_in_line("Cannot be sent yet", queue_place), Tone.WARN, reason=held)
        case Waiting() if job.on_hold:
            action = Verb("release", "Release")
            return RowWords("On hold: not sent until you say so", Tone.MUTED, action=action)
        case Waiting():
            return RowWords(_in_line("Queued", queue_place), Tone.MUTED, progress=0.0)
        case Unconfirmed(finding="") if now - job.changed_at < 300:
            return RowWords("Sending…", Tone.MUTED, progress=0.0)
        case Unconfirmed(finding=finding, safe_to_send=safe):
            text = finding or "Outcome unknown: may have been charged"
            label = "Send again" if safe else "Resolve"
            return RowWords(text, Tone.WARN, action=Verb("send_again" if safe else "resolve", label), long=True)
        case Rendering(trouble=trouble, forecast=Forecast() as forecast):
            outlook = outlook_of(forecast, now)
            said = outlook.words if outlook.left is None or "slower" in outlook.words else left_words(outlook.left)
            percent = round(100 * outlook.fraction)
            text = f"Generating about {percent} %" if percent else "Generating"
            return RowWords(text, Tone.ACCENT, aside=trouble or said, progress=outlook.fraction)
        case Rendering(percent=percent, trouble=trouble):
            text = "Generating" if percent is None else f"Generating {percent} %"
            return RowWords(text, Tone.ACCENT, aside=trouble, progress=(percent or 0) / 100)
        case Saving(received=received, total=total):
            if total is None:
                return RowWords(f"Downloading {received / 1e6:.1f} MB", Tone.OK, progress=0.0)
            text = f"Downloading {received / 1e6:.1f} / {total / 1e6:.1f} MB"
            return RowWords(text, Tone.OK, progress=min(received / max(total, 1), 1.0))
        case Unsaved(reason=reason):
            text = f"Paid, not on disk yet: {reason}"
            return RowWords(text, Tone.WARN, action=Verb("fetch", "Fetch again"), long=True)
        case Ready(clip=clip):
            return RowWords(clip_words(job.request, job.changed_at, now), Tone.MUTED, aside=clip.remark)
        case Failed(reason=reason, by_policy=True):
            action = Verb("edit", "Edit and retry")
            return RowWords(reason or "Rejected by content policy", Tone.ERROR, action=action, long=True)
        case Failed(reason=reason):
            text = reason or "It failed, and the service did not say why"
            return RowWords(text, Tone.ERROR, action=Verb("retry", f"Retry{_costs(price)}"), long=True)
        case Unwatched():
            action = Verb("resume", "Resume watching")
            return RowWords("Stopped waiting (still billed)", Tone.WARN, action=action, long=True)
        case Removed():
            return RowWords("Removed", Tone.MUTED)
        case _:
            assert_never(job.phase)


def is_at(job: Job, service: str) -> bool:
    """True where that service carries the job on, or may."""
    return job.service in ("", service)


def verbs(job: Job, price: Decimal | None = None) -> tuple[Verb, ...]:
    """What can be done with the job, in the order of its menu. `price` of one more take, where it is known."""
    again = f"costs {written(price)} credits again" if price is not None else "costs again"
    report = Verb("report", "Save a report for the service's support…")
    star = Verb("unstar", "Take the star away") if job.starred else Verb("star", "Star")
    edit = Verb("edit", "Edit as a new request")
    remove = Verb("remove", "Remove from the list")
    match job.phase:
        case Waiting():
            return (
                Verb("edit_queued", "Edit in the queue"),
                Verb("to_front", "Send next"),
                Verb("up", "Send sooner"),
                Verb("down", "Send later"),
                Verb("release", "Release") if job.on_hold else Verb("hold", "Hold"),
                edit,
                star,
                report,
                Verb("remove", "Remove (free)"),
            )
        case Unconfirmed(safe_to_send=safe, billed=billed):
            costs = "costs" if billed else "may cost"
            doubt = "was not charged" if safe else f"{costs} {_sum(price)} a second time"
            send = Verb("send_again", f"Send again ({doubt})")
            return (Verb("settle", "Check the balance again"), send, edit, star, report, remove)
        case Rendering() | Saving():
            return (edit, star, report, Verb("stop_watching", "Stop waiting (still billed)"))
        case Unsaved():
            stop = Verb("stop_watching", "Stop fetching (already billed)")
            return (Verb("fetch", "Fetch again"), edit, star, report, stop)
        case Ready():
            return (
                Verb("open", "Play"),
                Verb("export", "Export…"),
                Verb("show_in_folder", "Show in folder"),
                Verb("reuse", "Reuse this request"),
                Verb("retry", f"Make another take ({again})"),
                star,
                report,
                Verb("remove", "Remove from the list (the file stays)"),
            )
        case Failed(remote_id=remote_id):
            look = (Verb("resume", "Look at the task once more"),) if remote_id else ()
            return (edit, Verb("retry", f"Retry ({again})"), *look, star, report, remove)
        case Unwatched():
            return (Verb("resume", "Resume watching"), edit, star, report, remove)
        case Removed():
            return ()
        case _:
            assert_never(job.phase)


def _in_line(standing: str, place: int | None) -> str:
    return standing if place is None else f"{standing} · {ordinal(place)} in line"


def _costs(price: Decimal | None) -> str:
    return "" if price is None else f" ({written(price)} credits)"


def _sum(price: Decimal | None) -> str:
    return "credits" if price is None else f"{written(price)} credits"


def length_words(job: Job) -> str:
    """The length in the poster's corner: "10 s" as asked, "0:10" once it is there."""
    if isinstance(job.phase, Ready):
        seconds = round(job.phase.clip.facts.seconds)
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{int(job.request.duration)} s"


def clip_words(request: VideoRequest, made: float, now: float) -> str:
    """What a clip is and how old, such as "Sora 2  16:9  2 min ago"."""
    parts = [request.model.label, str(request.aspect_ratio)]
    if request.quality is Quality.HIGH:
        parts.append(request.quality.label)
    return "  ".join([*parts, age(made, now)])


def age(moment: float, now: float) -> str:
    """How long ago, as people say it."""
    seconds = max(now - moment, 0.0)
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    then, today = datetime.fromtimestamp(moment), datetime.fromtimestamp(now)
    days = (today.date() - then.date()).days
    if days == 0:
        return f"{int(seconds // 3600)} h ago"
    if days == 1:
        return "Yesterday"
    return f"{then:%d %b}" if then.year == today.year else f"{then:%d %b %Y}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th…"""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
