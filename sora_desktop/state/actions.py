"""What the user can do to one or more jobs, decided from the jobs alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, TypeAlias, assert_never

from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
    Ready,
    Removed,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.marks import Flag, Marks
from sora_desktop.domain.money import price_text
from sora_desktop.domain.queue import Before


class Action(Enum):
    """Something the user can do to jobs, in menu order. `JobController.run` carries it out.

    The value is the end of the objectName of the action's menu item and never changes.
    """

    RESUME = "resume"
    FETCH = "fetch"
    RECONCILE = "settle"
    SEND_AGAIN = "send_again"
    PLAY = "open"
    COMPARE = "compare"
    REVIEW = "review"
    EXPORT = "export"
    SHOW_IN_FOLDER = "show_in_folder"
    EDIT_QUEUED = "edit_queued"
    MOVE_TO_FRONT = "to_front"
    MOVE_UP = "up"
    MOVE_DOWN = "down"
    MOVE_TO_END = "to_end"
    HOLD = "hold"
    RELEASE = "release"
    EDIT_AS_NEW = "edit"
    REUSE = "reuse"
    RETRY = "retry"
    STAR = "star"
    UNSTAR = "unstar"
    PICK = "pick"
    UNPICK = "unpick"
    REJECT = "reject"
    UNREJECT = "unreject"
    KEEP_THIS = "keep_this"
    CLEAR_MARKS = "clear_marks"
    REPORT = "report"
    ABANDON = "stop_watching"
    CANCEL = "cancel"
    TRASH = "remove"
    RESTORE = "restore"
    DELETE_PERMANENTLY = "delete"


class RetryOn(NamedTuple):
    """Send the request of one job to another service: the items of a menu of their own."""

    service: str  # its name


#: What a panel can ask the controller to do to jobs. `Before` moves them there: dragging a row does this, no menu
#: offers it.
JobAction: TypeAlias = Action | Before | RetryOn

#: Clips that can be compared at a time.
FEWEST_COMPARED, MOST_COMPARED = 2, 4
#: Clips of one review.
FEWEST_REVIEWED, MOST_REVIEWED = 2, 100

#: Actions that make sense for several jobs at once. The others open something for one job.
_FOR_SEVERAL = frozenset(
    {
        Action.COMPARE,
        Action.REVIEW,
        Action.RESUME,
        Action.FETCH,
        Action.RECONCILE,
        Action.SEND_AGAIN,
        Action.MOVE_TO_FRONT,
        Action.HOLD,
        Action.RELEASE,
        Action.RETRY,
        Action.STAR,
        Action.UNSTAR,
        Action.PICK,
        Action.UNPICK,
        Action.REJECT,
        Action.UNREJECT,
        Action.KEEP_THIS,
        Action.CLEAR_MARKS,
        Action.ABANDON,
        Action.CANCEL,
        Action.TRASH,
        Action.RESTORE,
        Action.DELETE_PERMANENTLY,
    }
)
#: Actions on several jobs that spend, or that cannot be undone.
_CONFIRMED_FOR_SEVERAL = frozenset({Action.SEND_AGAIN, Action.RETRY, Action.RELEASE, Action.CANCEL})
#: Actions after which a request is sent. Their labels show the price, and no key or double click in the list does them.
PAID = frozenset({Action.SEND_AGAIN, Action.RETRY, Action.RELEASE})
#: For jobs of which some have a mark, or are on hold, only the second action of the pair is offered.
_OPPOSITES = {
    Action.UNSTAR: Action.STAR,
    Action.UNPICK: Action.PICK,
    Action.UNREJECT: Action.REJECT,
    Action.RELEASE: Action.HOLD,
}


class OfferedAction(NamedTuple):
    """An action as a menu shows it."""

    action: Action
    label: str  # names the price where the action spends
    price: Decimal | None = None  # what it spends; None: nothing, or the price is unknown
    needs_confirmation: bool = False


def no_price(_: Job) -> Decimal | None:
    """The price of a job while no price table is known."""
    return None


def actions_for(
    jobs: Sequence[Job],
    price_of: Callable[[Job], Decimal | None] = no_price,
    unit: Unit | None = None,
    cancels: Callable[[Job], bool] = lambda _: False,
) -> tuple[OfferedAction, ...]:
    """The actions that can be done to all of `jobs`, in menu order; none for no jobs.

    Several jobs get the intersection of what each of them allows, without the actions that open something for one job
    (play, export, edit). Where some of them are starred, "Star" is offered and stars the rest; the same holds for
    "Pick", "Reject" and "Hold". "Keep this" keeps the one that the user points at. `price_of` gives the price of one
    more take of a job; the price of an action is the sum over the jobs, and unknown as soon as one of them is. `unit`
    is what the service charges in, None if it does not charge.
    `cancels`: True if the rendering of a job can be stopped.
    """
    if not jobs:
        return ()
    if len(jobs) == 1:
        allowed = _allowed(jobs[0], cancels)
    else:
        common = _allowed_for_all(jobs, cancels)
        allowed = tuple(action for action in Action if action in common)
    return tuple(_offered(action, jobs, price_of, unit) for action in allowed)


def _allowed(job: Job, cancels: Callable[[Job], bool]) -> tuple[Action, ...]:
    """What one job allows, in the order of its menu."""
    star = Action.UNSTAR if job.starred else Action.STAR
    match job.phase:
        case Waiting():
            return (
                Action.EDIT_QUEUED,
                Action.MOVE_TO_FRONT,
                Action.MOVE_UP,
                Action.MOVE_DOWN,
                Action.RELEASE if job.on_hold else Action.HOLD,
                Action.EDIT_AS_NEW,
                star,
                Action.REPORT,
                Action.TRASH,
            )
        case Unconfirmed():
            return (Action.RECONCILE, Action.SEND_AGAIN, Action.EDIT_AS_NEW, star, Action.REPORT, Action.TRASH)
        case Rendering() if cancels(job):
            return (Action.EDIT_AS_NEW, star, Action.REPORT, Action.CANCEL)
        case Rendering() | Saving():
            return (Action.EDIT_AS_NEW, star, Action.REPORT, Action.ABANDON)
        case Unsaved():
            return (Action.FETCH, Action.EDIT_AS_NEW, star, Action.REPORT, Action.ABANDON)
        case Ready():
            return (
                Action.PLAY,
                Action.COMPARE,
                Action.REVIEW,
                Action.EXPORT,
                Action.SHOW_IN_FOLDER,
                Action.REUSE,
                Action.RETRY,
                star,
                Action.UNPICK if job.flag is Flag.PICKED else Action.PICK,
                Action.UNREJECT if job.flag is Flag.REJECTED else Action.REJECT,
                *((Action.CLEAR_MARKS,) if job.starred and job.flag is not Flag.NONE else ()),  # one mark has an item
                Action.REPORT,
                Action.TRASH,
            )
        case Failed(remote_id=remote_id):
            poll = (Action.RESUME,) if remote_id else ()
            return (Action.EDIT_AS_NEW, Action.RETRY, *poll, star, Action.REPORT, Action.TRASH)
        case Abandoned():
            return (Action.RESUME, Action.EDIT_AS_NEW, star, Action.REPORT, Action.TRASH)
        case Cancelled():
            return (Action.EDIT_AS_NEW, Action.RETRY, star, Action.REPORT, Action.TRASH)
        case Trashed(before=before):
            play = (Action.PLAY,) if isinstance(before, Ready) else ()
            return (Action.RESTORE, *play, Action.REPORT, Action.DELETE_PERMANENTLY)
        case Removed():
            return ()
        case _:
            assert_never(job.phase)


def _allowed_for_all(jobs: Sequence[Job], cancels: Callable[[Job], bool]) -> set[Action]:
    common = set(_FOR_SEVERAL)
    if len(jobs) > MOST_COMPARED:
        common.remove(Action.COMPARE)
    if len(jobs) > MOST_REVIEWED:
        common.remove(Action.REVIEW)
    if all(job.marks == Marks() for job in jobs):
        common.remove(Action.CLEAR_MARKS)
    one_of_each = {_kind(job, cancels): job for job in jobs}  # few, of however many jobs
    for job in one_of_each.values():
        allowed, is_trashed = set(_allowed(job, cancels)), isinstance(job.phase, Trashed)
        if allowed & {Action.STAR, Action.UNSTAR}:
            allowed.add(Action.CLEAR_MARKS)
        if Action.PLAY in allowed and not is_trashed:
            allowed.add(Action.KEEP_THIS)
        common &= allowed | {_OPPOSITES[action] for action in allowed & _OPPOSITES.keys()}
    return common - {_OPPOSITES[action] for action in common & _OPPOSITES.keys()}


def _kind(job: Job, cancels: Callable[[Job], bool]) -> tuple[object, ...]:
    """The same only for jobs that allow the same of _FOR_SEVERAL. Not made of actions, since Enums hash slowly."""
    phase = job.phase
    of_phase: object = None
    match phase:
        case Rendering():
            of_phase = cancels(job)
        case Failed():
            of_phase = bool(phase.remote_id)
        case _:
            pass
    picked, rejected = job.flag is Flag.PICKED, job.flag is Flag.REJECTED
    return type(phase), of_phase, job.starred, picked, rejected, job.on_hold


def _offered(
    action: Action, jobs: Sequence[Job], price_of: Callable[[Job], Decimal | None], unit: Unit | None
) -> OfferedAction:
    price = _sum_of([price_of(job) for job in jobs]) if action in PAID else None
    one = len(jobs) == 1
    label = _label(action, jobs[0], price, unit) if one else _label_for_several(action, jobs, price, unit)
    return OfferedAction(action, label, price, not one and action in _CONFIRMED_FOR_SEVERAL)


def _sum_of(prices: Sequence[Decimal | None]) -> Decimal | None:
    known = [price for price in prices if price is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(prices) else None


def _label(action: Action, job: Job, price: Decimal | None, unit: Unit | None) -> str:
    match action:
        case Action.SEND_AGAIN:
            return "Send again" + _cost_again([job], price, unit)
        case Action.RETRY:
            label = "Make another take" if isinstance(job.phase, Ready) else "Retry"
            return label + _cost("costs", price, unit)
        case Action.RELEASE:
            return "Release" + _cost("costs", price, unit)
        case Action.RESUME:
            return "Check status again" if isinstance(job.phase, Failed) else "Resume waiting"
        case Action.RECONCILE:
            return "Check again" if unit is None else "Check balance again"
        case Action.ABANDON if unit is None:
            return "Stop waiting (the engine goes on)" if isinstance(job.phase, Rendering) else "Stop downloading"
        case Action.ABANDON:
            unsaved = isinstance(job.phase, Unsaved)
            return "Stop downloading (already billed)" if unsaved else "Stop waiting (still billed)"
        case Action.RESTORE:
            waited = isinstance(job.phase, Trashed) and isinstance(job.phase.before, Waiting)
            return "Restore on hold" if waited else "Restore"
        case _:
            return _LABELS[action]


def _label_for_several(action: Action, jobs: Sequence[Job], price: Decimal | None, unit: Unit | None) -> str:
    number = len(jobs)
    match action:
        case Action.RETRY:
            return f"Make {number} more takes" + _cost("costs", price, unit)
        case Action.RELEASE:
            return f"Release {number} videos" + _cost("costs", price, unit)
        case Action.SEND_AGAIN:
            return f"Send {number} again" + _cost_again(jobs, price, unit)
        case Action.COMPARE:
            return f"Compare {number} videos"
        case Action.REVIEW:
            return f"Review {number} videos"
        case Action.STAR | Action.PICK | Action.REJECT:
            return f"{_LABELS[action]} {number} videos"
        case Action.UNSTAR | Action.UNPICK | Action.UNREJECT:
            return f"{_LABELS[action]} of {number} videos"
        case Action.CLEAR_MARKS:
            return f"Clear marks of {number} videos"
        case Action.RESUME:
            return f"Resume waiting for {number} videos"
        case Action.FETCH:
            return f"Download {number} videos again"
        case Action.RECONCILE:
            return "Check again" if unit is None else "Check balance again"
        case Action.ABANDON:
            return f"Stop waiting for {number} videos" + ("" if unit is None else " (still billed)")
        case Action.CANCEL:
            return f"Cancel {number} videos"
        case Action.TRASH:
            return f"Move {number} videos to Trash"
        case Action.RESTORE:
            return f"Restore {number} videos"
        case Action.DELETE_PERMANENTLY:
            return f"Delete {number} videos permanently…"
        case _:
            return _LABELS[action]


def _cost(before: str, price: Decimal | None, unit: Unit | None, unknown: str = "price unknown") -> str:
    """Such as " (costs 100 credits)", or `unknown` in brackets; empty if the service does not charge."""
    if unit is None:
        return ""
    return _bracketed(unknown if price is None else f"{before} {price_text(price, unit)}")


def _cost_again(jobs: Sequence[Job], price: Decimal | None, unit: Unit | None) -> str:
    """Such as " (may cost another 100 credits)": what is known about the first attempts of jobs that are sent again."""
    if unit is None:
        return ""
    phases = [job.phase for job in jobs]
    if all(isinstance(phase, Unconfirmed) and phase.safe_to_send for phase in phases):
        first = "the first attempt was not charged" if len(jobs) == 1 else "the first attempts were not charged"
        return _bracketed(price_text(price, unit), first)
    if all(isinstance(phase, Unconfirmed) and phase.billed for phase in phases):
        return _cost("costs another", price, unit, "costs again; price unknown")
    return _cost("may cost another", price, unit, "may cost again; price unknown")


def _bracketed(*facts: str) -> str:
    return f" ({'; '.join(filter(None, facts))})"


_LABELS = {
    Action.FETCH: "Download again",
    Action.CANCEL: "Cancel",
    Action.PLAY: "Play",
    Action.COMPARE: "Compare with other takes",
    Action.REVIEW: "Review takes",
    Action.EXPORT: "Export…",
    Action.SHOW_IN_FOLDER: "Show in folder",
    Action.EDIT_QUEUED: "Edit in queue",
    Action.MOVE_TO_FRONT: "Send next",
    Action.MOVE_UP: "Send sooner",
    Action.MOVE_DOWN: "Send later",
    Action.MOVE_TO_END: "Send last",
    Action.HOLD: "Hold",
    Action.EDIT_AS_NEW: "Edit as new request",
    Action.REUSE: "Reuse request",
    Action.STAR: "Star",
    Action.UNSTAR: "Remove star",
    Action.PICK: "Pick",
    Action.UNPICK: "Remove pick",
    Action.REJECT: "Reject",
    Action.UNREJECT: "Remove reject",
    Action.KEEP_THIS: "Keep this, reject the others",
    Action.CLEAR_MARKS: "Clear marks",
    Action.REPORT: "Save support report…",
    Action.TRASH: "Move to Trash",
    Action.DELETE_PERMANENTLY: "Delete permanently…",
}
