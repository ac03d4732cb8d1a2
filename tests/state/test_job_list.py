"""The job list as a Qt model: its signals are exact, and its counts and queue places are right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from builders import a_clip, a_job
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from in_memory_library import InMemoryLibrary
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import (
    Abandoned,
    ChangedJobs,
    Failed,
    Job,
    JobId,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
    is_settled,
)
from sora_desktop.domain.ledger import Charge, Refund
from sora_desktop.domain.library import Counts, LibraryView, Tab
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.domain.overrides import Override
from sora_desktop.domain.queue import Place
from sora_desktop.domain.trash import restored, trashed
from sora_desktop.jobs.sending.order import moved
from sora_desktop.state import active_jobs, job_list, loaded_part
from sora_desktop.state.actions import PAID, Action
from sora_desktop.state.job_list import JOB_ROLE, ROWS_IN_A_MESSAGE, JobList
from sora_desktop.state.job_rows import NOWHERE
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.queue_cost import QueueCost
from sora_desktop.state.row_text import FOUND, RowLink
from sora_desktop.system.slices import SLICE

TASK = RemoteId("task_1")
CLIP = a_clip()


def job(
    number: int, phase: Phase | None = None, prompt: str = "A cat", *, starred: bool = False, made: float = 0.0
) -> Job:
    """Failed unless a phase is given. The bigger the number, the newer."""
    return a_job(phase or Failed("no"), id=f"job{number:05}", made=made or number, starred=starred, prompt=prompt)


def waiting(number: int) -> Job:
    """A job that waits to be sent."""
    return job(number, Waiting())


def services(current: str, *others: str, **more: JobService) -> JobServices:
    """Services at work, of which one is current."""
    known = {name: JobService(name, CAPABILITIES) for name in (current, *others)}
    return JobServices(JobService("", CAPABILITIES), {**known, **more}, current)


def without_progress(job: Job) -> Job:
    """The job as the runner saves it."""
    return replace(job, phase=Rendering(job.phase.remote_id)) if isinstance(job.phase, Rendering) else job


class Mirror:
    """A view that knows the model only by its signals."""

    def __init__(self, model: JobList) -> None:
        self._model = model
        self._tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
        self._tester.setUseFetchMore(False)  # otherwise it would load all pages
        model.set_view(LibraryView(search="nothing"))
        model.set_view(LibraryView())
        self.rows = self._read(0, model.rowCount())
        self.changes: list[tuple[str, int, int]] = []
        model.rowsInserted.connect(self._inserted)
        model.rowsRemoved.connect(self._removed)
        model.rowsMoved.connect(self._moved)
        model.dataChanged.connect(self._changed)
        model.layoutChanged.connect(lambda: self._reset())
        model.modelReset.connect(self._reset)

    def _read(self, first: int, end: int) -> list[Job]:
        return [self._model.data(self._model.index(row), JOB_ROLE) for row in range(first, end)]  # type: ignore[misc]

    def _inserted(self, _: QModelIndex, first: int, last: int) -> None:
        self.changes.append(("inserted", first, last))
        self.rows[first:first] = self._read(first, last + 1)

    def _removed(self, _: QModelIndex, first: int, last: int) -> None:
        self.changes.append(("removed", first, last))
        del self.rows[first : last + 1]

    def _moved(self, _: QModelIndex, first: int, last: int, to: QModelIndex, row: int) -> None:
        self.changes.append(("moved", first, row))
        assert first == last and not to.isValid()
        self.rows.insert(row if row < first else row - 1, self.rows.pop(first))

    def _changed(self, first: QModelIndex, last: QModelIndex) -> None:
        self.changes.append(("changed", first.row(), last.row()))
        self.rows[first.row() : last.row() + 1] = self._read(first.row(), last.row() + 1)

    def _reset(self) -> None:
        self.changes.append(("reset", 0, 0))
        self.rows = self._read(0, self._model.rowCount())


class ListOnScreen:
    """A library, its model and a view of it."""

    def __init__(self, *jobs: Job) -> None:
        self.library = InMemoryLibrary(jobs)
        self.model = JobList(self.library, CAPABILITIES)
        self.mirror = Mirror(self.model)
        self.counted: list[Counts] = []
        self.model.counts_changed.connect(lambda counts, _: self.counted.append(counts))

    def put(self, job: Job) -> list[tuple[str, int, int]]:
        """Save and publish as the runner does. Returns the changes that the model signaled."""
        self.mirror.changes.clear()
        self.library.save(without_progress(job))
        self.model.upsert(job)
        return self.mirror.changes

    @property
    def numbers(self) -> list[int]:
        return [int(job.id[3:]) for job in self.mirror.rows]


@pytest.fixture(autouse=True)
def small_pages(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (job_list, loaded_part):
        monkeypatch.setattr(module, "PAGE", 4)
    yield


def test_the_queue_stands_above_the_settled_jobs_in_the_order_in_which_it_is_sent() -> None:
    shown = ListOnScreen(job(1), job(7))
    for number in (3, 2, 4):
        shown.put(job(number, Waiting()))
    shown.put(job(6, Rendering(TASK)))
    shown.put(job(5, Unconfirmed()))
    assert shown.numbers == [5, 6, 2, 3, 4, 7, 1]
    assert [shown.model.queue_place(row) for row in shown.mirror.rows] == [None, None, 1, 2, 3, None, None]


def test_a_job_that_is_sent_stays_in_its_place_and_one_that_ends_goes_to_the_settled_ones() -> None:
    shown = ListOnScreen(job(1), job(2, Rendering(TASK)), job(3, Waiting()), job(4, Waiting()))
    assert shown.put(job(3, Unconfirmed())) == [("changed", 1, 1)]
    assert shown.put(job(2, Ready(CLIP))) == [("moved", 0, 3), ("changed", 2, 2)]
    assert shown.numbers == [3, 4, 2, 1]
    assert shown.put(job(1, Rendering(TASK))) == [("moved", 3, 0), ("changed", 0, 0)]


def test_settled_jobs_are_sorted_newest_first_in_whatever_order_they_arrive() -> None:
    shown = ListOnScreen()
    for number in (2, 1, 3):
        shown.put(job(number))
    assert shown.numbers == [3, 2, 1]


def test_jobs_of_the_same_moment_have_a_stable_order() -> None:
    shown = ListOnScreen()
    for number in (2, 1, 3):
        shown.put(job(number, made=7.0))
    assert shown.numbers == [3, 2, 1]
    assert shown.put(job(2, Ready(CLIP), made=7.0)) == [("changed", 1, 1)]


def test_an_update_changes_only_the_row_of_its_job() -> None:
    shown = ListOnScreen(job(1), job(2, Rendering(TASK)), job(3, Waiting()))
    assert shown.put(job(2, Rendering(TASK, 40))) == [("changed", 0, 0)]
    assert shown.mirror.rows[0].phase == Rendering(TASK, 40)


def test_a_new_job_is_inserted_and_nothing_else_moves() -> None:
    shown = ListOnScreen(job(1), job(3))
    assert shown.put(job(2)) == [("inserted", 1, 1)]


def test_a_job_that_is_moved_in_the_queue_moves_in_the_list() -> None:
    shown = ListOnScreen(*map(waiting, range(1, 5)))
    assert shown.put(replace(waiting(4), position=1.5)) == [("moved", 3, 1), ("changed", 1, 1)]
    assert shown.numbers == [1, 4, 2, 3]
    assert shown.put(replace(waiting(1), position=2.5)) == [("moved", 0, 3), ("changed", 2, 2)]
    assert shown.numbers == [4, 2, 1, 3]


def test_a_job_that_is_moved_behind_the_last_row_appears_with_its_page() -> None:
    shown = ListOnScreen(*map(waiting, range(1, 7)))
    assert shown.numbers == [1, 2, 3, 4]
    assert shown.put(replace(waiting(2), position=6.5)) == [("removed", 1, 1)]
    shown.model.load_more()
    assert shown.numbers == [1, 3, 4, 5, 6, 2]


def test_a_queue_longer_than_what_is_loaded_is_reordered_without_losing_its_rows() -> None:
    shown = ListOnScreen(*map(waiting, range(1, 11)))
    assert shown.numbers == [1, 2, 3, 4]
    shown.mirror.changes.clear()
    changed = moved(list(shown.library.saved.values()), job(10).id, Place.FRONT)
    for each in changed:
        shown.library.save(each)
    for each in changed:
        shown.model.upsert(each)
    assert shown.numbers == [10, 1, 2, 3]


def test_a_page_that_is_loaded_between_a_move_and_its_publication_is_in_order() -> None:
    shown = ListOnScreen(*map(waiting, range(1, 11)))
    for number in range(1, 11):
        shown.model.upsert(waiting(number))
    changed = moved(list(shown.library.saved.values()), job(1).id, Place.END)
    for each in changed:
        shown.library.save(each)
    while shown.model.has_more:
        shown.model.load_more()
    for each in changed:
        shown.model.upsert(each)
    assert shown.numbers == [2, 3, 4, 5, 6, 7, 8, 9, 10, 1]


def test_a_removed_job_disappears() -> None:
    shown = ListOnScreen(job(1), job(2), job(3))
    assert shown.put(job(2, Removed())) == [("removed", 1, 1)]
    assert shown.put(job(2, Removed())) == []
    assert shown.numbers == [3, 1]


def test_a_job_moves_to_the_trash_and_back() -> None:
    shown = ListOnScreen(job(1), job(2, Ready(CLIP)))
    in_trash = trashed(job(2, Ready(CLIP)), 9.0)
    assert in_trash is not None
    assert shown.put(in_trash) == [("removed", 0, 0)]
    counts = shown.model.counts()
    assert (counts.all, counts.done, counts.clip_bytes) == (1, 0, 0)
    assert (counts.trashed, counts.trashed_bytes) == (1, CLIP.facts.size)
    shown.model.set_view(LibraryView(Tab.TRASH))
    assert shown.numbers == [2]
    assert shown.put(job(2, Ready(CLIP))) == [("removed", 0, 0)]
    assert (shown.model.counts().done, shown.model.counts().trashed) == (1, 0)


def test_a_row_that_the_user_deletes_or_restores_goes_also_from_under_the_pointer() -> None:
    shown = ListOnScreen(job(1, Failed("no")), job(2, Failed("no")))
    in_trash = trashed(job(2, Failed("no")), 9.0)
    assert in_trash is not None
    shown.model.keep_listed(in_trash.id)
    assert shown.put(in_trash) == [("removed", 0, 0)]
    shown.model.set_view(LibraryView(Tab.TRASH))
    assert shown.put(job(2, Failed("no"))) == [("removed", 0, 0)], "its row would offer what spends"


@pytest.mark.parametrize(
    ("tab", "numbers"),
    [
        (Tab.ALL, [4, 1, 3, 2]),
        (Tab.ACTIVE, [4, 1]),
        (Tab.DONE, [3]),
        (Tab.FAILED, [2]),
        (Tab.STARRED, [1, 2]),
        (Tab.TRASH, [6, 5]),
    ],
)
def test_a_tab_shows_its_jobs(tab: Tab, numbers: list[int]) -> None:
    shown = ListOnScreen(
        job(1, Waiting(), starred=True),
        job(2, Failed("no"), starred=True),
        job(3, Ready(CLIP)),
        job(4, Unsaved(TASK, "cut")),
        job(5, Trashed(Failed("no"), 1.0), starred=True),
        job(6, Trashed(Ready(CLIP), 1.0)),
    )
    shown.model.set_view(LibraryView(tab))
    assert shown.numbers == numbers
    assert shown.model.view.tab is tab


def test_a_job_that_ends_leaves_the_active_tab() -> None:
    shown = ListOnScreen(job(1), job(2, Saving(TASK)))
    shown.model.set_view(LibraryView(Tab.ACTIVE))
    assert shown.put(job(2, Ready(CLIP))) == [("removed", 0, 0)]
    shown.model.set_view(LibraryView(Tab.DONE))
    assert shown.numbers == [2]


def test_the_search_matches_every_word() -> None:
    shown = ListOnScreen(job(1, prompt="A cat in the rain"), job(2, prompt="RAIN on a dog"), job(3, prompt="Sun"))
    shown.model.set_view(LibraryView(search=" rain  A "))
    assert shown.numbers == [2, 1]
    assert shown.put(job(4, prompt="Sunshine")) == []
    assert shown.put(job(5, prompt="a rainbow")) == [("inserted", 0, 0)]


def test_the_same_view_again_reads_nothing() -> None:
    shown = ListOnScreen(job(1))
    asked = shown.library.pages_read
    shown.model.set_view(LibraryView())
    assert shown.library.pages_read == asked


def test_rows_are_loaded_in_pages() -> None:
    shown = ListOnScreen(*map(job, range(1, 11)))
    assert shown.numbers == [10, 9, 8, 7]
    assert shown.model.has_more
    shown.model.load_more()
    assert shown.mirror.changes == [("inserted", 4, 7)]
    shown.model.load_more()
    assert shown.numbers == list(range(10, 0, -1))
    assert not shown.model.has_more


def test_rows_are_unloaded_by_the_page_and_can_be_loaded_again() -> None:
    shown = ListOnScreen(*map(job, range(1, 3)))
    for number in range(3, 11):
        shown.put(job(number))
    shown.mirror.changes.clear()
    shown.model.unload_after(7)  # less than a page more is loaded
    assert not shown.model.has_more
    shown.model.unload_after(5)
    assert shown.mirror.changes == [("removed", 5, 9)]
    assert shown.numbers == [10, 9, 8, 7, 6] and shown.model.has_more
    assert shown.put(job(3, Ready(CLIP))) == []
    shown.model.load_more()
    shown.model.load_more()
    assert shown.numbers == list(range(10, 0, -1))


def test_a_job_behind_the_last_row_appears_with_its_page() -> None:
    shown = ListOnScreen(*map(job, range(2, 12)))
    assert shown.put(job(1)) == []
    shown.model.load_more()
    shown.model.load_more()
    shown.model.load_more()
    assert shown.numbers == list(range(11, 0, -1))


def test_a_list_without_rows_loads_the_next_page() -> None:
    shown = ListOnScreen(*map(waiting, range(1, 8)))
    shown.model.set_view(LibraryView(Tab.ACTIVE))
    for number in (1, 2, 3, 4):
        shown.put(job(number, Failed("no")))
    assert shown.numbers == [5, 6, 7]
    shown.put(waiting(9))
    assert shown.numbers == [5, 6, 7, 9]


def test_unsaved_progress_is_kept_while_another_tab_is_shown() -> None:
    shown = ListOnScreen(job(1, Rendering(TASK)))
    shown.put(job(1, Rendering(TASK, 63)))
    shown.model.set_view(LibraryView(Tab.DONE))
    shown.model.set_view(LibraryView(Tab.ACTIVE))
    assert shown.mirror.rows[0].phase == Rendering(TASK, 63)


def test_progress_does_not_outlive_its_phase() -> None:
    shown = ListOnScreen(job(1))
    shown.put(job(1, Rendering(TASK, 63)))
    shown.library.save(job(1, Ready(CLIP)))  # on disk, not yet published
    shown.model.set_view(LibraryView(Tab.DONE))
    assert shown.mirror.rows[0].phase == Ready(CLIP)


def test_counts_change_with_phase_and_star_and_not_with_progress() -> None:
    shown = ListOnScreen(job(1))
    shown.put(job(1, Rendering(TASK)))
    shown.counted.clear()
    shown.put(job(1, Rendering(TASK, 40)))
    assert shown.counted == []
    shown.put(job(1, Rendering(TASK, 40), starred=True))
    shown.put(job(1, Ready(CLIP), starred=True))
    assert [(counts.active, counts.done, counts.starred) for counts in shown.counted] == [(1, 0, 1), (0, 1, 1)]


def test_very_many_rows_change_by_few_messages_and_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message for each of thousands of rows made the window lay out the others thousands of times."""
    number = 2_000
    for module in (job_list, loaded_part):
        monkeypatch.setattr(module, "PAGE", number)  # the library in memory is slow to give many pages
    shown = ListOnScreen(*(job(each, Ready(CLIP)) for each in range(number)))
    while shown.model.has_more:
        shown.model.load_more()
    shown.mirror.changes.clear()
    counted = len(shown.counted)
    reads = shown.library.counts_read
    for change in (lambda each: trashed(each, 5.0), restored):
        changed = [new for each in shown.library.saved.values() if (new := change(each)) is not None]
        for each in changed:
            shown.library.save(each)
        for first in range(0, number, SLICE):
            part = tuple(changed[first : first + SLICE])
            shown.model.upsert_many(ChangedJobs(part, first + SLICE == number))
    assert len(shown.mirror.changes) <= 2 * number // ROWS_IN_A_MESSAGE
    assert shown.library.counts_read == reads + 2 and len(shown.counted) == counted + 2
    assert shown.model.counts().done == number == len(shown.mirror.rows)


def test_the_library_is_not_counted_again_for_each_change(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = ListOnScreen(job(1), job(2, Ready(CLIP)))
    count, calls = shown.library.counts, list[Counts]()

    def counted(_: str = "") -> Counts:
        calls.append(count())
        return calls[-1]

    monkeypatch.setattr(shown.library, "counts", counted)
    shown.put(job(3))
    shown.put(job(3, Rendering(TASK)))
    shown.put(job(3, Ready(CLIP)))
    shown.put(replace(job(2, Ready(CLIP)), starred=True))
    shown.put(job(1, Removed()))
    assert not calls
    assert shown.model.counts() == count()


def test_a_settled_job_that_is_not_loaded_is_counted_too() -> None:
    shown = ListOnScreen(job(1, Ready(CLIP)), *map(job, range(2, 12)))
    shown.put(replace(job(1, Ready(CLIP)), starred=True))
    assert shown.model.counts() == shown.library.counts() and shown.model.counts().starred == 1


def test_settled_jobs_leave_no_trace_besides_their_rows() -> None:
    shown = ListOnScreen()
    shown.model.set_view(LibraryView(search="nothing"))
    for number in range(50):
        for phase in (Waiting(), Unconfirmed(), Rendering(TASK), Saving(TASK), Ready(CLIP)):
            shown.put(job(number, phase))
    assert shown.model.queue[0] == 0
    assert [shown.model.find(JobId(f"job{number:05}")) for number in range(50)] == [None] * 50


def test_queue_places_count_the_jobs_that_are_sent_sooner() -> None:
    first, second, third = map(waiting, (1, 2, 3))
    shown = ListOnScreen(first, second, third)
    assert [shown.model.queue_place(job) for job in (first, second, third)] == [1, 2, 3]
    shown.put(replace(third, position=0.5))
    assert [shown.model.queue_place(job) for job in (first, second, third)] == [2, 3, 1]
    shown.put(replace(first, phase=Unconfirmed()))
    assert shown.model.queue_place(first) is None
    assert shown.model.queue_place(second) == 2
    shown.put(replace(third, on_hold=True))
    assert shown.model.queue_place(third) is None
    assert shown.model.queue_place(second) == 1


def test_queue_places_include_jobs_that_are_not_loaded() -> None:
    shown = ListOnScreen(*map(waiting, range(1, 11)))
    assert shown.model.queue_place(waiting(10)) == 10


def test_thousands_of_active_jobs_are_read_in_turns_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading 5,000 at once held the window for 0.4 seconds. What changes meanwhile is newer than what is read."""
    monkeypatch.setattr(active_jobs, "READ_AT_ONCE", 4)
    jobs = list(map(waiting, range(1, 13)))
    shown = ListOnScreen(*jobs)
    model, known = shown.model, list[int]()
    while model.has_more:
        model.load_more()
    model.queue_read.connect(lambda: known.append(model.queue[0]))
    assert (model.queue_place(jobs[3]), model.queue_place(jobs[4])) == (4, None), "one part is read"
    moved, gone, edited = replace(jobs[11], position=0.5), replace(jobs[5], phase=Removed()), jobs[7]
    for job in (moved, gone, replace(edited, on_hold=True)):
        shown.put(job)
        assert model.counts() == shown.library.counts()
    unsaved = replace(jobs[9], phase=Failed("The disk is full."))
    model.upsert(unsaved)  # on disk it still waits
    assert model.queue == (0, QueueCost()), "a part of the queue costs less than all of it"
    turns = 0
    while not known and turns < 10:
        QApplication.processEvents()
        turns += 1
    assert known == [9] and turns > 1
    order = (moved, *(job for job in jobs[:11] if job not in (jobs[5], edited, jobs[9])))
    assert [model.queue_place(job) for job in order] == list(range(1, 10))
    assert [model.queue_place(job) for job in (gone, edited, unsaved)] == [None, None, None]
    assert len(shown.mirror.rows) == len({row.id for row in shown.mirror.rows})


def test_finished_rows_can_be_dragged_as_files_waiting_rows_within_the_list_and_others_not_at_all() -> None:
    shown = ListOnScreen(job(1, Ready(CLIP)), waiting(2), job(3, Failed("no")), job(4, Rendering(TASK)))
    rendering, queued, failed, ready = map(shown.model.index, range(4))
    assert shown.model.flags(ready) & shown.model.flags(queued) & Qt.ItemFlag.ItemIsDragEnabled
    assert not (shown.model.flags(rendering) | shown.model.flags(failed)) & Qt.ItemFlag.ItemIsDragEnabled
    data = shown.model.mimeData([queued, ready])
    assert [url.toLocalFile() for url in data.urls()] == [str(CLIP.file)]
    assert shown.model.mimeTypes() == ["text/uri-list"]
    assert shown.model.supportedDragActions() == Qt.DropAction.CopyAction


def test_rows_have_their_job_and_a_text_for_screen_readers() -> None:
    shown = ListOnScreen(job(1, Waiting(), "A cat"))
    index = shown.model.index(0)
    assert shown.model.data(index) == "A cat"
    assert shown.model.data(index, int(Qt.ItemDataRole.AccessibleTextRole)) == "A cat. Queued · next in line"
    assert shown.model.data(index, int(Qt.ItemDataRole.DecorationRole)) is None
    assert shown.model.job_at(index) == job(1, Waiting(), "A cat")
    assert shown.model.row_of(JobId("job00001")) == 0
    assert shown.model.row_of(JobId("unknown")) is None


def test_an_invalid_index_has_no_data() -> None:
    shown = ListOnScreen(job(1))
    stale = shown.model.index(0)
    shown.put(job(1, Removed()))
    for index in (NOWHERE, stale):
        assert shown.model.data(index) is None
        assert shown.model.job_at(index) is None
        assert shown.model.flags(index) == Qt.ItemFlag.NoItemFlags
        assert not shown.model.mimeData([index]).urls()


PHASES = st.sampled_from(
    [
        Waiting(),
        Unconfirmed(),
        Rendering(TASK),
        Rendering(TASK, 50),
        Saving(TASK, 1, 2),
        Unsaved(TASK, "cut"),
        Abandoned(TASK),
        Ready(CLIP),
        Failed("no"),
        Trashed(Ready(CLIP), 1.0),
        Removed(),
    ]
)
PROMPTS = st.sampled_from(["A cat", "A dog", "Cat and dog"])
VIEWS = st.builds(LibraryView, st.sampled_from(Tab), st.sampled_from(["", "", "cat", "dog cat"]))


def _changed(known: Job, phase: Phase | None) -> Job | None:
    if phase is None:
        return trashed(known, 5.0) or restored(known)
    return None if isinstance(known.phase, Trashed | Removed) else replace(known, phase=phase)


class AnyChanges(RuleBasedStateMachine):
    """Any sequence of changes: the list shows the first jobs of the view, and all once every page is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = ListOnScreen()
        self.live: dict[JobId, Job] = {}

    @initialize(prompts=st.lists(PROMPTS, max_size=14))
    def fill(self, prompts: list[str]) -> None:
        jobs = [job(number * 2, Waiting(), prompt) for number, prompt in enumerate(prompts)]
        self.shown = ListOnScreen(*jobs)
        self.live = {job.id: job for job in jobs}

    @rule(number=st.integers(0, 40), made=st.integers(1, 6), phase=PHASES, prompt=PROMPTS, starred=st.booleans())
    def publish(self, number: int, made: int, phase: Phase, prompt: str, starred: bool) -> None:
        known = self.live.get(JobId(f"job{number:05}"))
        if known is not None and is_settled(known.phase) and isinstance(phase, Waiting):
            return  # no command does this: a retry makes a new job
        if known is None:
            new = job(number, phase, prompt, starred=starred, made=float(number * 2 + made))
        else:
            new = replace(known, phase=phase, starred=starred)
        self.shown.put(new)
        self.live[new.id] = new

    @rule(number=st.integers(0, 40))
    def trash_or_restore(self, number: int) -> None:
        known = self.live.get(JobId(f"job{number:05}"))
        new = known and (trashed(known, 5.0) or restored(known))
        if new:
            self.shown.put(new)
            self.live[new.id] = new

    @rule(pick=st.randoms(use_true_random=False))
    def reorder(self, pick: Random) -> None:
        waiting = [job for job in self.live.values() if isinstance(job.phase, Waiting)]
        places = [job.position for job in waiting]
        pick.shuffle(places)
        for known, place in zip(waiting, places, strict=True):
            moved = replace(known, position=place)
            self.shown.put(moved)
            self.live[moved.id] = moved

    @rule(
        numbers=st.lists(st.integers(0, 40), min_size=2, unique=True),
        phase=st.sampled_from([None, Ready(CLIP), Failed("no"), Rendering(TASK)]),
        parts=st.integers(1, 3),
        view=st.none() | VIEWS,
        pick=st.randoms(use_true_random=False),
    )
    def change_many(
        self, numbers: list[int], phase: Phase | None, parts: int, view: LibraryView | None, pick: Random
    ) -> None:
        """All are saved at once, and shown in parts; None as the phase: each goes to the Trash or comes back."""
        known = [job for number in numbers if (job := self.live.get(JobId(f"job{number:05}"))) is not None]
        new = [changed for job in known if (changed := _changed(job, phase)) is not None]
        places = [job.position for job in new]
        pick.shuffle(places)
        new = [replace(job, position=place) for job, place in zip(new, places, strict=True)]
        self.live.update({job.id: job for job in new})
        for job in new:
            self.shown.library.save(without_progress(job))
        for part in range(parts):
            jobs = tuple(new[part::parts])
            self.shown.model.upsert_many(ChangedJobs(jobs, part == parts - 1))
            if view is not None and part == 0:
                self.shown.model.set_view(view)

    @rule(view=VIEWS)
    def change_view(self, view: LibraryView) -> None:
        self.shown.model.set_view(view)

    @precondition(lambda self: self.shown.model.has_more)
    @rule()
    def scroll(self) -> None:
        self.shown.model.load_more()

    @rule(rows=st.integers(1, 9))
    def unload(self, rows: int) -> None:
        self.shown.model.unload_after(rows)

    @invariant()
    def the_rows_are_right(self) -> None:
        model, rows = self.shown.model, self.shown.mirror.rows
        expected = [self.live[job.id] for job in self.shown.library.jobs_of(model.view)]
        assert rows == expected[: len(rows)]
        assert model.rowCount() == len(rows)
        if not model.has_more:
            assert len(rows) == len(expected)
        assert rows or not expected

    @invariant()
    def the_counts_are_right(self) -> None:
        assert self.shown.model.counts() == self.shown.library.counts()
        if self.shown.counted:
            assert self.shown.counted[-1] == self.shown.model.counts()

    @invariant()
    def the_queue_places_are_right(self) -> None:
        model = self.shown.model
        queue = sorted(job.position for job in self.live.values() if isinstance(job.phase, Waiting) and not job.on_hold)
        assert model.queue[0] == len(queue)
        for job in self.live.values():
            waits = isinstance(job.phase, Waiting) and not job.on_hold
            assert model.queue_place(job) == (queue.index(job.position) + 1 if waits else None)


def test_any_sequence_of_changes_leaves_the_list_right() -> None:
    run_state_machine_as_test(
        AnyChanges,
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_tool_tips_and_screen_readers_get_the_whole_text() -> None:
    rows = JobList(InMemoryLibrary([job(1, Failed("It <b>broke</b> & fell."))]), CAPABILITIES, now=lambda: 1_000.0)
    index = rows.index(0)
    prompt = index.data()
    tip = index.data(Qt.ItemDataRole.ToolTipRole)
    assert "It &lt;b&gt;broke&lt;/b&gt; &amp; fell." in tip, "a prompt or reason with tags is no HTML"
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == f"{prompt}. It <b>broke</b> & fell. Not charged"


def test_jobs_of_another_service_have_no_queue_place() -> None:
    at_sandbox, live = replace(waiting(1), service="sandbox"), replace(waiting(2), service="https://live/api/v1")
    shown = ListOnScreen(at_sandbox, live, waiting(3))

    def places() -> list[int | None]:
        return [shown.model.queue_place(row) for row in shown.mirror.rows]

    assert places() == [1, 2, 3]
    shown.mirror.changes.clear()
    shown.model.set_services(services("https://live/api/v1"))
    assert shown.mirror.changes == [("changed", 0, 2)]
    assert places() == [None, 1, 2]
    shown.put(replace(waiting(4), service="sandbox"))
    assert places() == [None, 1, 2, None]


def test_each_service_at_work_has_a_queue_of_its_own() -> None:
    jobs = [replace(waiting(number), service=name) for number, name in enumerate(("one", "two", "", "two"))]
    shown = ListOnScreen(*jobs)

    def places() -> list[int | None]:
        return [shown.model.queue_place(row) for row in shown.mirror.rows]

    shown.model.set_services(services("one", "two"))
    assert (places(), shown.model.queue[0]) == ([1, 1, 2, 2], 2)
    shown.model.set_services(services("two", "one"))
    assert (places(), shown.model.queue[0]) == ([1, 1, 2, 3], 3)
    shown.model.set_services(replace(services("two", "one"), unassigned="one"))
    assert (places(), shown.model.queue[0]) == ([1, 1, 2, 2], 2)
    shown.put(replace(jobs[1], phase=Rendering(TASK)))
    assert (places(), shown.model.queue[0]) == ([None, 1, 2, 1], 1)


def test_a_row_shows_prices_and_abilities_of_its_own_service() -> None:
    free = replace(CAPABILITIES, unit=None, cancels=True)
    both = services("live", engine=JobService("Studio cluster", free, can_reconcile=False))
    shown = ListOnScreen(
        job(1, Failed("no")),
        replace(job(2, Rendering(TASK)), service="engine"),
        replace(job(3, Unconfirmed("No answer came.")), service="engine"),
        replace(job(4, Waiting("The engine cannot be reached.")), service="engine"),
    )
    model = shown.model
    model.set_services(replace(both, shows_labels=True))
    model.set_prices(PriceTable((Price(Decimal(100)),)))
    rendering, unknown, waits, paid = (model.text_of(row) for row in shown.mirror.rows)
    failed = model.text_of(replace(job(5, Failed("no")), service="engine"))
    assert paid.link == RowLink("Retry (100 credits)", Action.RETRY)
    assert failed.link == RowLink("Retry", Action.RETRY)
    assert unknown.link == RowLink("Send again", Action.SEND_AGAIN)
    assert waits.text == "Cannot be sent to Studio cluster yet: The engine cannot be reached."
    assert (rendering.service, paid.service) == ("Studio cluster", "live")
    offered = [one.action for one in model.actions_for([replace(job(3, Rendering(TASK)), service="engine")])]
    assert Action.CANCEL in offered and Action.ABANDON not in offered
    mixed = [job(1, Failed("no")), replace(job(2, Failed("no")), service="engine")]
    assert not PAID & {one.action for one in model.actions_for(mixed)}, "the sum would have two units"
    asked = {one.action: one for one in model.actions_for([replace(job(4, Unconfirmed("No.")), service="engine")])}
    assert asked[Action.SEND_AGAIN].label == "Send again" and Action.RECONCILE not in asked
    assert not model.needs_report(replace(job(4, Unconfirmed("No.")), service="engine")), "nobody was charged"


def test_a_rendering_that_was_found_in_a_list_is_not_cancelled_and_its_row_says_why() -> None:
    own, found = job(1, Rendering(TASK)), job(2, Rendering(RemoteId("task_2")))
    shown = ListOnScreen(own, found)
    shown.library.found_in_list.add(found.id)
    for cancels in (True, False):
        shown.model.set_services(JobServices(JobService("", replace(CAPABILITIES, unit=None, cancels=cancels))))
        offered = [{one.action for one in shown.model.actions_for([each])} for each in (own, found)]
        assert [Action.CANCEL in one for one in offered] == [cancels, False]
        assert [Action.ABANDON in one for one in offered] == [not cancels, True]
        notes = [shown.model.text_of(each).note for each in (own, found)]
        assert notes == ["", FOUND if cancels else ""], "where nothing can be cancelled, nothing is missing"


def test_prices_that_are_set_while_nothing_is_connected_stay_for_the_first_service() -> None:
    shown = ListOnScreen(job(1, Failed("no")))
    shown.model.set_prices(PriceTable((Price(Decimal(100)),)))
    assert shown.model.text_of(shown.mirror.rows[0]).link == RowLink("Retry (100 credits)", Action.RETRY)


def test_what_a_failed_job_has_cost_is_read_once_and_again_when_a_refund_may_have_come() -> None:
    failed = job(1, Failed("no", remote_id=TASK))
    shown = ListOnScreen(failed)
    shown.library.charges[failed.id] = Charge(Decimal(100), Refund.NOT_SEEN)
    shown.model.forget_charges()
    assert shown.model.text_of(failed).note == "Refund not seen yet (charged 100 credits)"
    shown.library.charges[failed.id] = Charge(Decimal(100), Refund.SEEN)
    assert shown.model.text_of(failed).note == "Refund not seen yet (charged 100 credits)"
    shown.mirror.changes.clear()
    shown.model.forget_charges()
    assert shown.mirror.changes == [("changed", 0, 0)]
    assert shown.model.text_of(failed).note == "Charged 100 credits, refunded"
    shown.mirror.changes.clear()
    shown.model.forget_charges()
    assert shown.mirror.changes == []


def test_a_job_that_was_accepted_without_an_attempt_says_nothing_about_its_cost() -> None:
    shown = ListOnScreen(job(1, Failed("no", remote_id=TASK)), job(2, Failed("no")))
    assert [shown.model.text_of(row).note for row in shown.mirror.rows] == ["Not charged", ""]


def test_a_finished_clip_is_new_until_it_is_opened() -> None:
    shown = ListOnScreen(job(1, Ready(CLIP)), job(2, Ready(CLIP)), job(3, Saving(TASK)))
    opened: list[str] = []
    shown.model.new_clip_opened.connect(opened.append)
    shown.model.set_new_clips([JobId("job00002")])
    shown.put(job(3, Ready(CLIP)))

    def marks() -> list[str]:
        return [shown.model.text_of(row).mark for row in shown.mirror.rows]

    assert marks() == ["New", "New", ""]
    shown.mirror.changes.clear()
    for number in (3, 3, 1):
        shown.model.mark_opened(job(number).id)
    assert marks() == ["", "New", ""] and opened == ["job00003"]
    assert shown.mirror.changes == [("changed", 0, 0)]
    shown.put(job(3, Ready(CLIP), starred=True))
    assert marks() == ["", "New", ""]
    shown.model.set_view(LibraryView(Tab.TRASH))
    shown.put(job(3, Trashed(Ready(CLIP), 1.0)))
    shown.put(job(3, Ready(CLIP)))
    shown.model.set_view(LibraryView())
    assert marks() == ["", "New", ""], "it comes back from the Trash"


def test_screen_readers_get_star_mark_and_progress() -> None:
    rows = JobList(
        InMemoryLibrary([job(1, Saving(TASK, 300, 400), starred=True), job(2, Ready(CLIP))]),
        CAPABILITIES,
        now=lambda: 60.0,
    )
    rows.set_new_clips([JobId("job00002")])
    text, description = Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole
    assert rows.index(0).data(text) == "A cat. Starred. Downloading 0.0 / 0.0 MB"
    assert rows.index(0).data(description) == "75 percent"
    assert rows.index(1).data(text).startswith("A cat. Ready. New. Sora 2, ")
    assert rows.index(1).data(description) == ""


def test_rows_are_painted_again_when_it_is_known_what_counts_instead_of_settings() -> None:
    shown = ListOnScreen(job(1, Unconfirmed("No answer. Check the API key in Settings.")))
    shown.mirror.changes.clear()
    key = Override("SORA_API_KEY", "API key")
    shown.model.set_overrides((key,))
    assert shown.mirror.changes == [("changed", 0, 0)]
    assert shown.model.text_of(shown.mirror.rows[0]).text.endswith(key.text)


@pytest.mark.parametrize(("refund", "needed"), [(Refund.SEEN, False), (Refund.NOT_SEEN, True), (Refund.UNKNOWN, True)])
def test_support_needs_no_failed_job_that_was_refunded(refund: Refund, needed: bool) -> None:
    failed = job(1, Failed("no", remote_id=TASK))
    shown = ListOnScreen(failed)
    shown.library.charges[failed.id] = Charge(Decimal(100), refund)
    shown.model.forget_charges()
    assert shown.model.needs_report(failed) is needed
    in_trash = trashed(failed, 9.0)
    assert in_trash is not None and shown.model.needs_report(in_trash) is needed


def test_the_tabs_count_the_jobs_of_the_service_in_view() -> None:
    shown = ListOnScreen(
        *(replace(job(number, Rendering(TASK)), service=name) for number, name in enumerate(("a", "b", "b"), 1))
    )
    shown.model.set_view(LibraryView(service="b"))
    assert [counts.active for counts in shown.model.all_counts] == [3, 2]
    shown.put(replace(job(1, Ready(CLIP)), service="a"))
    assert [(counts.active, counts.done) for counts in shown.model.all_counts] == [(2, 1), (2, 0)]
    shown.model.set_view(LibraryView(Tab.DONE))
    assert shown.model.all_counts == (shown.library.counts(),) * 2
