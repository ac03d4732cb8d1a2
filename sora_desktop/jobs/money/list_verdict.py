"""Judges from a service's list of tasks what became of a create whose answer was lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from sora_desktop.api.service import ListedTask, TaskList
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.ledger import ListMark, Outcome
from sora_desktop.domain.request import VideoRequest

#: Seconds by which a service's clock may be set back, or its times be rounded, between two tasks.
CLOCK_STEP = 5.0
#: Seconds by which the length of a video in the list may differ from the one that was asked for.
LENGTH_TOLERANCE = 1.0
#: Pixels of which the edges of a video may have to be multiples.
LARGEST_MULTIPLE = 64
#: Why a list without prompts decides nothing, as a clause for the user.
STRANGERS = "its list shows videos of others too, and no prompts"


@dataclass(frozen=True, slots=True)
class LostCreate:
    """A create without an answer."""

    attempt: int
    request: VideoRequest
    mark: ListMark


@dataclass(frozen=True, slots=True)
class ListEvidence:
    """Everything that a list shows about a lost create."""

    lost: LostCreate
    rivals: tuple[LostCreate, ...]  # other creates whose task may be the same one
    listed: TaskList
    known: frozenset[RemoteId]  # tasks of jobs of this library, in the list or in the mark
    #: Tasks whose ids jobs of this library have at another address of the service.
    elsewhere: frozenset[RemoteId] = frozenset()


class Memory(Enum):
    """Whether a service still knows the tasks that it knew before the create."""

    KEPT = auto()
    LOST = auto()  # it was restarted
    SPLIT = auto()  # several engines answer at one address, each with tasks of its own
    UNPROVEN = auto()  # nothing that it knew before is known, or its list lacked our last task


@dataclass(frozen=True, slots=True)
class ListVerdict:
    """What a list shows."""

    outcome: Outcome  # ACCEPTED, REFUSED (certainly not created) or UNKNOWN
    doubt: str = ""  # why it is unknown, as a clause for the user
    remote_id: RemoteId | None = None  # of the task, if it was accepted
    at_once: bool = False  # a later reading could not show anything else


class _Fit(Enum):
    NONE = auto()
    NEAR = auto()  # it may be the task, with values that the service has changed
    FULL = auto()


def trace_in(evidence: ListEvidence) -> ListVerdict | None:
    """What the list shows of the task; None if it shows no trace of it."""
    lost = evidence.lost
    if evidence.elsewhere:
        return _unknown("two addresses of this service lead to one engine; name each engine once")
    group, tasks = _group(evidence)
    if tasks:
        task = _shared_out(lost, group, tasks)
        if task is None and len(tasks) < len(group):
            return _unknown("its list has fewer videos than there are requests like this one without an answer")
        if task is None:
            return _unknown(f"its list has {len(tasks)} videos that may be this one")
        has_strangers = _has_strangers(evidence, tasks)
        if task.prompt is None and has_strangers:
            return _unknown(STRANGERS)
        if task.prompt is None and not evidence.known:
            return _unknown(
                "its list shows no prompts, and no earlier video of this library that shows whose engine it is"
            )
        at_once = task.prompt is not None and not has_strangers
        return ListVerdict(Outcome.ACCEPTED, remote_id=task.remote_id, at_once=at_once)
    near = [task for task in _unknown_tasks(evidence) if _fit(lost, task) is not _Fit.NONE]
    if any(task.prompt is not None for task in near):
        return _unknown("its list has a video with this prompt, which need not be this one")
    return _unknown(STRANGERS) if near else None


def judge_absence(evidence: ListEvidence, memory: Memory) -> ListVerdict:
    """What it means that a list, read long after the create, shows no trace of its task."""
    listed, mark = evidence.listed, evidence.lost.mark
    if not listed.is_complete:
        return _unknown("its list may lack some videos")
    if listed.service_time is not None and mark.read_at is not None and listed.service_time < mark.read_at - CLOCK_STEP:
        return _unknown("its clock was set back since")
    match memory:
        case Memory.KEPT:
            return ListVerdict(Outcome.REFUSED)
        case Memory.LOST:
            return _unknown("it has forgotten the videos of before, as after a restart")
        case Memory.SPLIT:
            return _unknown("this address is several engines without a common memory")
        case Memory.UNPROVEN:
            return _unknown("nothing shows that its list is whole and that it was not restarted since")


def agreed(first: ListVerdict, second: ListVerdict) -> ListVerdict:
    """What two readings show, one some time after the other: what is certain must be so in both.

    A task may appear in the second one. It may not disappear, or become another one.
    """
    if second.outcome is Outcome.REFUSED and first.outcome is not Outcome.REFUSED:
        return _unknown(first.doubt or "its list showed a video that may be this one, and then did not")
    if first.remote_id is not None and second.remote_id not in (None, first.remote_id):
        return _unknown("its list shows another video each time")
    return second


def _unknown(doubt: str) -> ListVerdict:
    return ListVerdict(Outcome.UNKNOWN, doubt)


def _unknown_tasks(evidence: ListEvidence) -> list[ListedTask]:
    return [task for task in evidence.listed.tasks if task.remote_id not in evidence.known]


def _group(evidence: ListEvidence) -> tuple[list[LostCreate], list[ListedTask]]:
    """The lost creates that compete with this one, itself included, and all tasks that may be theirs."""
    group, tasks = [evidence.lost], list[ListedTask]()
    waiting, unknown = list(evidence.rivals), _unknown_tasks(evidence)
    while True:
        more = [task for task in unknown if task not in tasks and any(_is_match(lost, task) for lost in group)]
        tasks += more
        joining = [lost for lost in waiting if any(_is_match(lost, task) for task in tasks)]
        group += joining
        waiting = [lost for lost in waiting if lost not in joining]
        if not more and not joining:
            return group, tasks


def _shared_out(lost: LostCreate, group: Sequence[LostCreate], tasks: Sequence[ListedTask]) -> ListedTask | None:
    """The task of one create, if there is exactly one for each of the group; they were created as they were sent."""
    if len(group) != len(tasks):
        return None
    newest_first = {task.remote_id: -place for place, task in enumerate(tasks)}  # of those of one moment
    in_order = sorted(tasks, key=lambda task: (task.created_at or 0.0, newest_first[task.remote_id]))
    pairs = list(zip(sorted(group, key=lambda each: each.attempt), in_order, strict=True))
    if not all(_is_match(each, task) for each, task in pairs):
        return None
    return next(task for each, task in pairs if each is lost)


def _is_match(lost: LostCreate, task: ListedTask) -> bool:
    return _fit(lost, task) is _Fit.FULL


def _fit(lost: LostCreate, task: ListedTask) -> _Fit:
    """How well a task in the list fits what was sent."""
    request, mark = lost.request, lost.mark
    if mark.ids is not None and task.remote_id in mark.ids:
        return _Fit.NONE
    if mark.newest_at is not None and task.created_at is not None and task.created_at < mark.newest_at - CLOCK_STEP:
        return _Fit.NONE
    if task.prompt is not None and task.prompt.strip() != request.prompt.strip():
        return _Fit.NONE
    if mark.ids is None or (task.created_at is None and mark.ids):
        return _Fit.NEAR  # it may be older
    same_size = not task.size or not request.size or _is_size(task.size, request.size, task.prompt is not None)
    same_length = task.seconds is None or any(
        abs(task.seconds - seconds) <= LENGTH_TOLERANCE for seconds in _lengths(request)
    )
    return _Fit.FULL if same_size and same_length else _Fit.NEAR


def _is_size(shown: str, asked: str, by_prompt: bool) -> bool:
    """True if a task may have the size that was asked for. `by_prompt`: the task has the request's prompt as well.

    Some servers show the size that is rendered, whose edges they have made multiples of what the model needs.
    """
    edges = [text.lower().split("x") for text in (shown, asked)]
    if shown == asked or not by_prompt or not all(len(pair) == 2 and all(map(str.isdecimal, pair)) for pair in edges):
        return shown == asked
    return all(abs(int(one) - int(other)) < LARGEST_MULTIPLE for one, other in zip(*edges, strict=True))


def _lengths(request: VideoRequest) -> Iterable[float]:
    """Seconds that a server may show: those that were asked for or, if frames were, theirs."""
    yield request.duration
    if request.frames and request.fps:
        yield request.frames / request.fps


def _has_strangers(evidence: ListEvidence, tasks: Iterable[ListedTask]) -> bool:
    """True if the service shows tasks, now or before the create, that no job of this library explains."""
    explained = evidence.known | {task.remote_id for task in tasks}
    seen = {task.remote_id for task in evidence.listed.tasks} | set(evidence.lost.mark.ids or ())
    return not seen <= explained
