"""What a list of tasks shows about a create without an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_engine import engine_request
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.api.service import ListedTask, TaskList, TaskReport, TaskState
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.ledger import ListMark, Outcome
from sora_desktop.jobs.money.list_verdict import (
    ListEvidence,
    ListVerdict,
    LostCreate,
    Memory,
    judge_absence,
    trace_in,
)

REQUEST = engine_request()
OLD = RemoteId("old")
MARK = ListMark("", (OLD,), 100.0, 101.0)
LOST = LostCreate(1, REQUEST, MARK)


def a_task(id: str = "new", created_at: float | None = 102.0, **changes: object) -> ListedTask:
    task = ListedTask(
        RemoteId(id),
        TaskReport(TaskState.PROCESSING),
        created_at,
        REQUEST.prompt,
        None,
        REQUEST.size,
        float(REQUEST.duration),
    )
    return replace(task, **changes)  # type: ignore[arg-type]


OLD_TASK = a_task("old", 100.0, prompt="something else")


def evidence(
    *tasks: ListedTask,
    lost: LostCreate = LOST,
    rivals: tuple[LostCreate, ...] = (),
    known: tuple[str, ...] = ("old",),
    **listed: object,
) -> ListEvidence:
    whole = TaskList(tasks, is_complete=True, service_time=250.0)
    ids = frozenset(RemoteId(id) for id in known)
    return ListEvidence(lost, rivals, replace(whole, **listed), ids)  # type: ignore[arg-type]


def doubt_in(verdict: ListVerdict | None) -> str:
    assert verdict is not None and verdict.outcome is Outcome.UNKNOWN and verdict.remote_id is None
    return verdict.doubt


def test_one_new_task_with_the_request_is_adopted_at_once() -> None:
    verdict = trace_in(evidence(a_task(), OLD_TASK))
    assert verdict == ListVerdict(Outcome.ACCEPTED, remote_id=RemoteId("new"), at_once=True)


@pytest.mark.parametrize(
    "task",
    [
        pytest.param(a_task(prompt="another prompt"), id="another request"),
        pytest.param(a_task("old"), id="in the mark"),
        pytest.param(a_task(created_at=90.0), id="older than the newest of the mark"),
        pytest.param(a_task("ours"), id="the task of another job"),
    ],
)
def test_other_tasks_are_no_trace(task: ListedTask) -> None:
    assert trace_in(evidence(task, OLD_TASK, known=("old", "ours"))) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"size": None, "seconds": None},
        {"size": ""},
        {"seconds": 5.0625},
        {"size": "1280x704"},
        {"created_at": 96.0},
        {"prompt": " a sailboat at dusk\n"},
    ],
)
def test_what_the_list_leaves_out_or_rounds_does_not_matter(changes: dict[str, object]) -> None:
    verdict = trace_in(evidence(a_task(**changes), OLD_TASK))  # type: ignore[arg-type]
    assert verdict is not None and verdict.remote_id == "new"


@pytest.mark.parametrize("changes", [{"size": "832x480"}, {"seconds": 9.0}, {"created_at": None}])
def test_a_task_with_the_prompt_alone_is_neither_adopted_nor_ignored(changes: dict[str, object]) -> None:
    assert "need not be this one" in doubt_in(trace_in(evidence(a_task(**changes), OLD_TASK)))  # type: ignore[arg-type]


def test_the_length_of_a_request_in_frames_is_compared_in_seconds() -> None:
    lost = LostCreate(1, engine_request(frames=81, fps=16, duration=30), MARK)
    verdict = trace_in(evidence(a_task(seconds=5.1), OLD_TASK, lost=lost))
    assert verdict is not None and verdict.remote_id == "new"
    assert trace_in(evidence(a_task(seconds=30.0), OLD_TASK, lost=lost)) == verdict, "some show what was sent"


def test_a_size_that_differs_a_little_is_the_same_only_with_the_same_prompt() -> None:
    assert doubt_in(trace_in(evidence(a_task(size="1280x704", prompt=None), replace(OLD_TASK, prompt=None))))
    assert doubt_in(trace_in(evidence(a_task(size="1280x640"), OLD_TASK)))
    assert doubt_in(trace_in(evidence(a_task(size="large"), OLD_TASK)))


def test_of_two_equal_tasks_none_is_adopted() -> None:
    assert "2 videos that may be this one" in doubt_in(trace_in(evidence(a_task("a"), a_task("b"))))


def test_equal_lost_creates_share_out_as_many_tasks_in_the_order_of_sending() -> None:
    second = LostCreate(2, engine_request(seed=7), MARK)
    tasks = (a_task("later", 104.0), a_task("earlier", 102.0))
    for lost, rival, id in ((LOST, second, "earlier"), (second, LOST, "later")):
        verdict = trace_in(evidence(*tasks, lost=lost, rivals=(rival,)))
        assert verdict is not None and verdict.remote_id == id


def test_tasks_of_one_second_are_shared_out_in_the_order_of_the_list() -> None:
    second = LostCreate(2, REQUEST, MARK)
    verdict = trace_in(evidence(a_task("later"), a_task("earlier"), rivals=(second,)))
    assert verdict is not None and verdict.remote_id == "earlier"


def test_two_equal_lost_creates_and_one_task_are_not_decided() -> None:
    second = LostCreate(2, REQUEST, MARK)
    assert "fewer videos than there are requests" in doubt_in(trace_in(evidence(a_task(), rivals=(second,))))


def test_a_task_in_the_mark_of_a_later_create_is_not_that_ones() -> None:
    second = LostCreate(2, REQUEST, ListMark("", (RemoteId("a"), OLD), 102.0, 103.0))
    tasks = (a_task("b", 104.0), a_task("a", 102.0))
    for lost, rival, id in ((LOST, second, "a"), (second, LOST, "b")):
        verdict = trace_in(evidence(*tasks, lost=lost, rivals=(rival,)))
        assert verdict is not None and verdict.remote_id == id


def test_another_lost_create_of_another_prompt_does_not_matter() -> None:
    rival = LostCreate(2, engine_request("another prompt"), MARK)
    verdict = trace_in(evidence(a_task("b", prompt="another prompt"), a_task("a"), rivals=(rival,)))
    assert verdict is not None and verdict.remote_id == "a"


@pytest.mark.parametrize("marked", [True, False])
def test_on_a_shared_service_a_match_is_adopted_after_the_second_reading(marked: bool) -> None:
    known = () if marked else ("old",)
    stranger = a_task("stranger", prompt="of another user")
    tasks = (a_task(),) if marked else (a_task(), stranger)
    assert trace_in(evidence(*tasks, known=known)) == ListVerdict(Outcome.ACCEPTED, remote_id=RemoteId("new"))


def test_without_prompts_the_only_new_task_is_adopted_if_no_others_use_the_service() -> None:
    task = a_task(prompt=None)
    assert trace_in(evidence(task, OLD_TASK)) == ListVerdict(Outcome.ACCEPTED, remote_id=RemoteId("new"))
    assert "no prompts" in doubt_in(trace_in(evidence(task, OLD_TASK, known=())))
    assert "no prompts" in doubt_in(trace_in(evidence(a_task(prompt=None, size="832x480"), OLD_TASK)))


def test_without_prompts_an_engine_that_has_shown_nothing_before_may_be_anybodys() -> None:
    empty = LostCreate(1, REQUEST, ListMark("", ()))
    task, later = a_task(prompt=None), a_task("later", 110.0, prompt=None, size="832x480")
    assert "no earlier video of this library" in doubt_in(trace_in(evidence(task, lost=empty, known=())))
    verdict = trace_in(evidence(task, later, lost=empty, known=("later",)))
    assert verdict is not None and verdict.remote_id == "new", "all else that it shows is ours"
    assert trace_in(evidence(a_task(), lost=empty, known=())) is not None, "a prompt is evidence enough"


def test_without_a_mark_nothing_is_adopted() -> None:
    lost = LostCreate(1, REQUEST, ListMark())
    assert "need not be this one" in doubt_in(trace_in(evidence(a_task(), lost=lost)))
    assert trace_in(evidence(a_task(prompt="another prompt"), lost=lost)) is None


def test_absent_from_a_whole_list_of_a_service_that_has_kept_its_tasks_means_not_created() -> None:
    assert judge_absence(evidence(OLD_TASK), Memory.KEPT) == ListVerdict(Outcome.REFUSED)


@pytest.mark.parametrize(
    ("memory", "listed", "doubt"),
    [
        (Memory.LOST, {}, "restart"),
        (Memory.UNPROVEN, {}, "nothing shows"),
        (Memory.SPLIT, {}, "several engines"),
        (Memory.KEPT, {"is_complete": False}, "may lack some videos"),
        (Memory.KEPT, {"service_time": 50.0}, "clock was set back"),
    ],
)
def test_absent_otherwise_means_unknown(memory: Memory, listed: dict[str, object], doubt: str) -> None:
    assert doubt in doubt_in(judge_absence(evidence(OLD_TASK, **listed), memory))  # type: ignore[arg-type]


ids = st.sampled_from(["old", "a", "b", "c"])
times = st.none() | st.floats(90.0, 110.0)
tasks = st.builds(
    a_task,
    ids,
    times,
    prompt=st.sampled_from([None, REQUEST.prompt, "another prompt"]),
    size=st.sampled_from([None, REQUEST.size, "832x480"]),
    seconds=st.sampled_from([None, 5.0, 8.0]),
)
lists = st.lists(tasks, max_size=4, unique_by=lambda task: task.remote_id)
marks = st.sampled_from([MARK, ListMark(), ListMark("", ()), ListMark("", (RemoteId("a"), OLD), 102.0, 103.0)])
requests = st.sampled_from([REQUEST, engine_request(seed=3), engine_request("another prompt")])


@given(lists, marks, st.lists(st.tuples(requests, marks), max_size=2), st.sets(ids))
def test_whatever_is_listed_each_task_is_adopted_once_and_only_if_it_may_be_ours(
    listed: list[ListedTask], mark: ListMark, others: list[tuple[object, ListMark]], known: set[str]
) -> None:
    lost = [
        LostCreate(1, REQUEST, mark),
        *(LostCreate(n, request, each) for n, (request, each) in enumerate(others, 2)),  # type: ignore[arg-type]
    ]
    adopted = []
    for each in lost:
        rivals = tuple(other for other in lost if other is not each)
        found = evidence(*listed, lost=each, rivals=rivals, known=tuple(known))
        verdict = trace_in(found)
        if verdict is None or verdict.outcome is Outcome.UNKNOWN:
            assert verdict is None or verdict.doubt
            continue
        (task,) = [task for task in listed if task.remote_id == verdict.remote_id]
        assert task.remote_id not in known and task.remote_id not in (each.mark.ids or ())
        assert task.prompt in (None, each.request.prompt) and each.mark.ids is not None
        adopted.append(task.remote_id)
    assert len(adopted) == len(set(adopted))


@given(lists, marks, st.sets(ids))
def test_a_task_with_the_prompt_that_is_not_known_is_never_called_absent(
    listed: list[ListedTask], mark: ListMark, known: set[str]
) -> None:
    lost = LostCreate(1, REQUEST, mark)
    if trace_in(evidence(*listed, lost=lost, known=tuple(known))) is None:
        for task in listed:
            is_older = mark.newest_at is not None and (task.created_at or 0) < mark.newest_at
            is_known = task.remote_id in known or task.remote_id in (mark.ids or ())
            assert is_older or is_known or task.prompt == "another prompt"
