"""The words on a job's row and in its menu: honest about money, silent about what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from sora_desktop.domain.capabilities import Capabilities, label_of, model_label
from sora_desktop.domain.forecast import Forecast, outlook_of, remaining_text
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    Ready,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.money import format_amount
from sora_desktop.domain.request import VideoRequest

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
class RowAction:
    """What a person can do with a job. `id` is the program's word, `label` the person's."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class RowText:
    """The third line of a row."""

    text: str
    tone: Tone
    aside: str = ""  # said beside it, muted
    action: RowAction | None = None  # the one link of the row
    progress: float | None = None  # 0-1 of the bar; None: no bar
    long: bool = False  # may take two lines
    reason: str = ""  # why, in a sentence, where the row need not say it: the line over the library does

    @property
    def all(self) -> tuple[str, ...]:
        """Everything there is to say, where there is room for it."""
        return tuple(filter(None, (self.text, self.aside, self.reason)))


def row_text(
    job: Job,
    capabilities: Capabilities,
    *,
    now: float,
    queue_place: int | None = None,
    price: Decimal | None = None,
    connected: str = "",
) -> RowText:
    """What the row says under the prompt.

    `queue_place` counts from 1; `price` of one more take, where it is known; `connected` names the service that
    answers now, and is empty while none does.
    """
    if connected and not is_at(job, connected):
        there = "the sandbox" if "://" not in job.service else job.service.split("://")[1].split("/")[0]
        match job.phase:
            case Waiting():
                text = f"Meant for {there}: not sent while another service is connected"
                return RowText(text, Tone.MUTED, long=True)
            case Rendering() | Saving() | Unsaved():
                return RowText(f"Paid at {there}: fetched when that is connected again", Tone.MUTED, long=True)
            case _:
                pass
    match job.phase:
        case Waiting(reason=reason) if reason and not job.on_hold:
            return RowText(_in_line("Cannot be sent yet", queue_place), Tone.WARN, reason=reason)
        case Waiting() if job.on_hold:
            action = RowAction("release", "Release")
            return RowText("On hold: not sent until you say so", Tone.MUTED, action=action)
        case Waiting():
            return RowText(_in_line("Queued", queue_place), Tone.MUTED, progress=0.0)
        case Unconfirmed(reason="") if now - job.changed_at < 300:
            return RowText("Sending…", Tone.MUTED, progress=0.0)
        case Unconfirmed(reason=reason, safe_to_send=safe):
            text = reason or "Outcome unknown: may have been charged"
            label = "Send again" if safe else "Resolve"
            return RowText(text, Tone.WARN, action=RowAction("send_again" if safe else "resolve", label), long=True)
        case Rendering(warning=warning, forecast=Forecast() as forecast):
            outlook = outlook_of(forecast, now)
            said = outlook.words if outlook.left is None or "slower" in outlook.words else remaining_text(outlook.left)
            percent = round(100 * outlook.fraction)
            text = f"Generating about {percent} %" if percent else "Generating"
            return RowText(text, Tone.ACCENT, aside=warning or said, progress=outlook.fraction)
        case Rendering(percent=percent, warning=warning):
            text = "Generating" if percent is None else f"Generating {percent} %"
            return RowText(text, Tone.ACCENT, aside=warning, progress=(percent or 0) / 100)
        case Saving(received=received, total=total):
            if total is None:
                return RowText(f"Downloading {received / 1e6:.1f} MB", Tone.OK, progress=0.0)
            text = f"Downloading {received / 1e6:.1f} / {total / 1e6:.1f} MB"
            return RowText(text, Tone.OK, progress=min(received / max(total, 1), 1.0))
        case Unsaved(reason=reason):
            text = f"Paid, not on disk yet: {reason}"
            return RowText(text, Tone.WARN, action=RowAction("fetch", "Fetch again"), long=True)
        case Ready(clip=clip):
            return RowText(clip_summary(job.request, capabilities, job.changed_at, now), Tone.MUTED, aside=clip.warning)
        case Failed(reason=reason, by_policy=True):
            action = RowAction("edit", "Edit and retry")
            return RowText(reason or "Rejected by content policy", Tone.ERROR, action=action, long=True)
        case Failed(reason=reason):
            text = reason or "It failed, and the service did not say why"
            return RowText(text, Tone.ERROR, action=RowAction("retry", f"Retry{_costs(price)}"), long=True)
        case Abandoned():
            action = RowAction("resume", "Resume watching")
            return RowText("Stopped waiting (still billed)", Tone.WARN, action=action, long=True)
        case Removed():
            return RowText("Removed", Tone.MUTED)
        case _:
            assert_never(job.phase)


def is_at(job: Job, service: str) -> bool:
    """True where that service carries the job on, or may."""
    return job.service in ("", service)


def row_actions(job: Job, price: Decimal | None = None) -> tuple[RowAction, ...]:
    """What can be done with the job, in the order of its menu. `price` of one more take, where it is known."""
    again = f"costs {format_amount(price)} credits again" if price is not None else "costs again"
    report = RowAction("report", "Save a report for the service's support…")
    star = RowAction("unstar", "Take the star away") if job.starred else RowAction("star", "Star")
    edit = RowAction("edit", "Edit as a new request")
    remove = RowAction("remove", "Remove from the list")
    match job.phase:
        case Waiting():
            return (
                RowAction("edit_queued", "Edit in the queue"),
                RowAction("to_front", "Send next"),
                RowAction("up", "Send sooner"),
                RowAction("down", "Send later"),
                RowAction("release", "Release") if job.on_hold else RowAction("hold", "Hold"),
                edit,
                star,
                report,
                RowAction("remove", "Remove (free)"),
            )
        case Unconfirmed(safe_to_send=safe, billed=billed):
            costs = "costs" if billed else "may cost"
            doubt = "was not charged" if safe else f"{costs} {_sum(price)} a second time"
            send = RowAction("send_again", f"Send again ({doubt})")
            return (RowAction("settle", "Check the balance again"), send, edit, star, report, remove)
        case Rendering() | Saving():
            return (edit, star, report, RowAction("stop_watching", "Stop waiting (still billed)"))
        case Unsaved():
            stop = RowAction("stop_watching", "Stop fetching (already billed)")
            return (RowAction("fetch", "Fetch again"), edit, star, report, stop)
        case Ready():
            return (
                RowAction("open", "Play"),
                RowAction("export", "Export…"),
                RowAction("show_in_folder", "Show in folder"),
                RowAction("reuse", "Reuse this request"),
                RowAction("retry", f"Make another take ({again})"),
                star,
                report,
                RowAction("remove", "Remove from the list (the file stays)"),
            )
        case Failed(remote_id=remote_id):
            poll = (RowAction("resume", "Look at the task once more"),) if remote_id else ()
            return (edit, RowAction("retry", f"Retry ({again})"), *poll, star, report, remove)
        case Abandoned():
            return (RowAction("resume", "Resume watching"), edit, star, report, remove)
        case Removed():
            return ()
        case _:
            assert_never(job.phase)


def _in_line(standing: str, place: int | None) -> str:
    return standing if place is None else f"{standing} · {ordinal(place)} in line"


def _costs(price: Decimal | None) -> str:
    return "" if price is None else f" ({format_amount(price)} credits)"


def _sum(price: Decimal | None) -> str:
    return "credits" if price is None else f"{format_amount(price)} credits"


def length_text(job: Job) -> str:
    """The length in the poster's corner: "10 s" as asked, "0:10" once it is there."""
    if isinstance(job.phase, Ready):
        seconds = round(job.phase.clip.facts.seconds)
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{int(job.request.duration)} s"


def clip_summary(request: VideoRequest, capabilities: Capabilities, made: float, now: float) -> str:
    """What a clip is and how old, such as "Sora 2  16:9  2 min ago"."""
    parts = [model_label(capabilities, request.model), label_of(capabilities.aspect_ratios, request.aspect_ratio)]
    if request.quality != capabilities.qualities[0].value:
        parts.append(label_of(capabilities.qualities, request.quality))
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
