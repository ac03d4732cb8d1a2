"""The texts of a job's row in the library: what is known, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, assert_never

from sora_desktop.domain.capabilities import Capabilities, Unit, label_of, model_label
from sora_desktop.domain.forecast import Forecast, outlook_of, remaining_text
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
    Ready,
    Removed,
    Rendering,
    Saving,
    TrashablePhase,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.ledger import Charge, Refund
from sora_desktop.domain.money import format_amount, price_text
from sora_desktop.domain.overrides import Override, with_overrides
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.actions import Action
from sora_desktop.state.clip_text import shape_label
from sora_desktop.state.tone import Tone

#: Seconds after which a create without an answer is shown as one whose outcome is unknown.
ANSWER_OVERDUE = 300

#: Why a rendering cannot be cancelled although its service could stop it.
FOUND = "No answer has named this video: perhaps another program's, so it cannot be cancelled"


class RowLink(NamedTuple):
    """The one link of a row."""

    label: str
    action: Action | None  # None: opens the row's menu, since the user has to choose


class RowText(NamedTuple):
    """The third line of a row."""

    text: str
    tone: Tone
    aside: str = ""  # beside the text, muted
    link: RowLink | None = None
    progress: float | None = None  # 0-1 of the bar; None: no bar
    long: bool = False  # may take two lines
    mark: str = ""  # beside the poster
    note: str = ""  # in a line of its own, such as what it has cost, or was before the Trash
    reason: str = ""  # a sentence that the row leaves out, because the line under the library shows it
    service: str = ""  # the label of the job's service, where there are several; at the end of the line, if it fits

    @property
    def all(self) -> tuple[str, ...]:
        """Every text of the row, for places with room for it."""
        service = f"On {self.service}" if self.service else ""
        return tuple(filter(None, (self.mark, self.text, self.aside, self.note, self.reason, service)))

    def spoken(self, begin: Sequence[str] = ()) -> str:
        """The parts of `begin` and every text of the row, as sentences."""
        *parts, last = (part.strip().replace("  ", ", ") for part in (*begin, *self.all))
        return " ".join([*(part if part.endswith((".", "!", "?", "…")) else f"{part}." for part in parts), last])

    def with_overrides(self, overrides: Sequence[Override]) -> RowText:
        """The same with the names of the variables that count instead of Settings, where a text is about Settings."""
        if not overrides:
            return self
        return self._replace(
            text=with_overrides(self.text, overrides),
            aside=with_overrides(self.aside, overrides),
            note=with_overrides(self.note, overrides),
            reason=with_overrides(self.reason, overrides),
        )


def row_text(
    job: Job,
    capabilities: Capabilities,
    *,
    now: float,
    queue_place: int | None = None,
    price: Decimal | None = None,
    charge: Charge | None = None,
    is_new: bool = False,
    is_found: bool = False,
    away: str = "",
    has_queue_line: bool = True,
    service: str = "",
) -> RowText:
    """The texts under the prompt of the job's row.

    `capabilities`: of the job's service. `now` is in unix seconds. `queue_place` counts from 1. `price` is the price of
    one more take, None if unknown. `charge` is what a failed job has cost, None if the service does not charge.
    `is_new`: its clip was not opened yet. `is_found`: its service could stop it, but its task was found in a list.
    `away` is the label of the job's service if that is not at work while another
    one is; empty otherwise. `has_queue_line`: the line under the library says why the job's queue does not send.
    `service`: the label of the job's service, where there are several.
    """
    unit = capabilities.unit
    found = FOUND if is_found else ""
    cost = f" ({price_text(price, unit)})" if unit is not None else ""
    if away:
        match job.phase:
            case Waiting():
                text = f"For {away}: sent when that service is connected"
                return RowText(text, Tone.MUTED, long=True)
            case Rendering() | Saving() | Unsaved():
                text = f"{'At' if unit is None else 'Paid at'} {away}: downloads when that service is connected again"
                return RowText(text, Tone.MUTED, long=True)
            case Unconfirmed(reason=reason, safe_to_send=True):
                return RowText(reason, Tone.WARN, link=RowLink("Resolve", None), long=True)
            case Failed(reason=reason, by_policy=False):
                link = RowLink("Edit as new request", Action.EDIT_AS_NEW)  # a retry would be sent to another service
                text = reason or "Failed; the service gave no reason"
                return RowText(text, Tone.ERROR, link=link, long=True, note=charge_text(charge, unit))
            case _:
                pass
    match job.phase:
        case Waiting(reason=reason) if reason and not job.on_hold and not has_queue_line:
            to = f" to {service}" if service else ""
            return RowText(f"Cannot be sent{to} yet: {reason}", Tone.WARN, long=True)
        case Waiting(reason=reason) if reason and not job.on_hold:
            return RowText(_with_place("Cannot be sent yet", queue_place), Tone.WARN, reason=reason)
        case Waiting() if job.on_hold:
            return RowText("On hold, not sent", Tone.MUTED, link=RowLink(f"Release{cost}", Action.RELEASE))
        case Waiting():
            return RowText(_with_place("Queued", queue_place), Tone.MUTED, progress=0.0)
        case Unconfirmed(reason="") if now - job.changed_at < ANSWER_OVERDUE:
            return RowText("Sending…", Tone.MUTED, progress=0.0)
        case Unconfirmed(reason=reason, safe_to_send=safe):
            text = reason or _outcome_unknown(unit)
            sends = safe or unit is None
            link = RowLink(f"Send again{cost}", Action.SEND_AGAIN) if sends else RowLink("Resolve", None)
            return RowText(text, Tone.WARN, link=link, long=True)
        case Rendering(warning=warning, forecast=Forecast() as forecast):
            outlook = outlook_of(forecast, now)
            left = outlook.usual_text
            if outlook.seconds_left is not None and not outlook.is_slow:
                left = remaining_text(outlook.seconds_left)
            percent = round(100 * outlook.fraction)
            text = f"Generating about {percent} %" if percent else "Generating"
            return RowText(text, Tone.ACCENT, aside=warning or left, progress=outlook.fraction, note=found)
        case Rendering(percent=percent, warning=warning):
            unknown = "Sent" if warning else "Generating"  # it may wait for its turn, or not be reached
            text = unknown if percent is None else f"Generating {percent} %"
            return RowText(text, Tone.ACCENT, aside=warning, progress=(percent or 0) / 100, note=found)
        case Saving(received=received, total=total):
            if total is None:
                return RowText(f"Downloading {received / 1e6:.1f} MB", Tone.OK, progress=0.0)
            text = f"Downloading {received / 1e6:.1f} / {total / 1e6:.1f} MB"
            return RowText(text, Tone.OK, progress=min(received / max(total, 1), 1.0))
        case Unsaved(reason=reason):
            text = f"Not downloaded yet: {reason}" if unit is None else f"Paid, not downloaded yet: {reason}"
            return RowText(text, Tone.WARN, link=RowLink("Download again", Action.FETCH), long=True)
        case Ready(clip=clip):
            summary = clip_summary(job.request, capabilities, job.changed_at, now)
            return RowText(summary, Tone.MUTED, aside=clip.warning, mark="New" if is_new else "")
        case Failed(reason=reason, by_policy=True):
            link = RowLink("Edit and retry", Action.EDIT_AS_NEW)
            note = charge_text(charge, unit)
            return RowText(reason or "Rejected by content policy", Tone.ERROR, link=link, long=True, note=note)
        case Failed(reason=reason):
            text = reason or "Failed; the service gave no reason"
            link = RowLink(f"Retry{cost}", Action.RETRY)
            return RowText(text, Tone.ERROR, link=link, long=True, note=charge_text(charge, unit))
        case Abandoned():
            link = RowLink("Resume waiting", Action.RESUME)
            return RowText(_stopped_waiting(unit), Tone.WARN, link=link, long=True)
        case Cancelled():
            return RowText("Cancelled", Tone.MUTED, link=RowLink(f"Retry{cost}", Action.RETRY))
        case Trashed(before=before):
            link = RowLink("Restore", Action.RESTORE)
            text = f"Moved to Trash {age(job.changed_at, now)}"
            return RowText(text, Tone.MUTED, link=link, note=_state_before(before, unit))
        case Removed():
            return RowText("Deleted permanently", Tone.MUTED)
        case _:
            assert_never(job.phase)


def charge_text(charge: Charge | None, unit: Unit | None) -> str:
    """What a failed job has cost, such as "Charged 100 credits, refunded"; empty if the service does not charge."""
    if charge is None or unit is None:
        return ""
    amount = "" if charge.amount is None else f" {format_amount(charge.amount, unit)}"
    match charge.refund:
        case Refund.NOT_NEEDED:
            return "Not charged"
        case Refund.SEEN:
            return f"Charged{amount}, refunded"
        case Refund.NOT_SEEN:
            return f"Refund not seen yet (charged{amount})"  # the news first: a narrow row cuts the rest
        case Refund.UNKNOWN:
            return "May have been charged"
        case _:
            assert_never(charge.refund)


def _outcome_unknown(unit: Unit | None) -> str:
    return "Outcome unknown: the engine may render it" if unit is None else "Outcome unknown: may have been charged"


def _stopped_waiting(unit: Unit | None) -> str:
    return "Stopped waiting; the engine goes on" if unit is None else "Stopped waiting (still billed)"


def _state_before(before: TrashablePhase, unit: Unit | None) -> str:
    """What the row of a job said before it was moved to the Trash, as far as it matters there."""
    match before:
        case Waiting():
            return "Not sent" if unit is None else "Not sent, not charged"
        case Unconfirmed(reason=reason):
            return reason or _outcome_unknown(unit)
        case Ready(clip=clip):
            return clip.warning
        case Failed(reason=reason):
            return reason or "Failed; the service gave no reason"
        case Abandoned():
            return _stopped_waiting(unit)
        case Cancelled():
            return "Cancelled"
        case _:
            assert_never(before)


def length_text(job: Job) -> str:
    """The length in the corner of the poster: "10 s" as requested, "0:10" for a finished clip."""
    if isinstance(job.phase, Ready):
        seconds = round(job.phase.clip.facts.seconds)
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{job.request.duration} s"


def clip_summary(request: VideoRequest, capabilities: Capabilities, made: float, now: float) -> str:
    """Model, aspect ratio or size, and age of a clip, such as "Sora 2  16:9  2 min ago". Times in unix seconds."""
    parts = [model_label(capabilities, request.model), shape_label(request, capabilities)]
    if request.quality and request.quality not in [quality.value for quality in capabilities.qualities[:1]]:
        parts.append(label_of(capabilities.qualities, request.quality))
    return "  ".join(filter(None, [*parts, age(made, now)]))


def age(moment: float, now: float) -> str:
    """The time since `moment`, such as "3 h ago", "Yesterday" or "18 May". Both in unix seconds."""
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


def _with_place(text: str, place: int | None) -> str:
    if place is None:
        return text
    return f"{text} · {'next' if place == 1 else ordinal(place)} in line"
