"""The Trash is emptied after a question, and a row whose file could not be moved stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_clip, a_job
from in_memory_library import InMemoryLibrary

from sora_desktop.controllers import trash
from sora_desktop.controllers.command_runner import CommandRunner
from sora_desktop.controllers.question import Answer, Question
from sora_desktop.controllers.system_trash import move_to_system_trash
from sora_desktop.controllers.trash import TrashController
from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import Failed, Job, JobId, Ready, RemoteId, Removed, TrashablePhase, Trashed
from sora_desktop.domain.library import LibraryView, Tab
from sora_desktop.domain.trash import is_only_record
from sora_desktop.engine.early_commands import EarlyCommands
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.state.actions import Action
from sora_desktop.state.toasts import Toasts
from sora_desktop.state.undo_history import UndoHistory
from sora_desktop.state.undo_steps import TrashStep
from sora_desktop.state.window_view import NOT_CONNECTED, WindowState

YES, NO, ASIDE = Answer(True), Answer(False), Answer(False, aside=True)


class Library(InMemoryLibrary):
    """The part of the store that the controller reads."""

    def read(self, id: JobId) -> Job | None:
        return self.saved.get(id)

    def in_trash(self) -> list[Job]:
        return self.jobs_of(LibraryView(Tab.TRASH))

    def jobs_with_file(self, clip: Clip) -> list[JobId]:
        phases = {job.id: getattr(job.phase, "before", job.phase) for job in self.saved.values()}
        return [id for id, phase in phases.items() if isinstance(phase, Ready) and phase.clip.file == clip.file]


class Window:
    """A controller over a library in memory, whose questions get prepared answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, answer: Answer = YES) -> None:
        self.folder, self.library = folder, Library()
        self.questions: list[Question] = []
        self.moved: list[Path] = []
        self.broken: set[Path] = set()
        self.without_previews: list[JobId] = []
        self.reported: list[Job] = []
        self.closed_clips = 0
        self.shown_while_waiting: list[str] = []
        self.commands = self
        self.state, self.toasts, self.history = WindowState(), Toasts(), UndoHistory()
        self.player = SimpleNamespace(job=None, close_clip=self._close_clip)
        self.engine = SimpleNamespace(
            connected=True,
            store=self.library,
            early_commands=EarlyCommands(),
            runner_of=lambda _: self,
            previews=SimpleNamespace(delete=self.without_previews.extend),
        )
        panels = SimpleNamespace(
            window=None,
            job_list=SimpleNamespace(needs_report=is_only_record),
            player=self.player,
            window_state=self.state,
            toasts=self.toasts,
            undo_history=self.history,
        )

        async def ask(_: object, question: Question) -> Answer:
            self.questions.append(question)
            return answer

        monkeypatch.setattr(trash, "ask", ask)
        files = SimpleNamespace(save_report=self.reported.append)
        self.controller = TrashController(
            cast(Any, self.engine),
            cast(Any, panels),
            cast(Any, self),
            CommandRunner(cast(Any, self.engine)),
            cast(Any, files),
            self._move,
        )

    def connect_later(self, meanwhile: Callable[[], None], *, connects: bool = True) -> None:
        """No service is connected yet. While a command waits for it, `meanwhile` happens."""

        async def wait_for_runner(_: JobId) -> Window | None:
            toast = self.toasts.find("deleted")
            self.shown_while_waiting = [] if toast is None else [toast.text]
            assert not self.moved
            meanwhile()
            if connects:
                self.engine.runner_of = lambda _: self
            return self if connects else None

        self.engine.connected, self.engine.runner_of = False, lambda _: None
        self.engine.wait_for_runner = wait_for_runner

    def add(self, phase: TrashablePhase, number: int) -> Job:
        job = a_job(Trashed(phase, 1.0), number)
        self.library.save(job)
        return job

    def add_clip(self, number: int) -> tuple[Job, Path]:
        file = self.folder / f"{number}.mp4"
        file.write_bytes(b"video")
        return self.add(Ready(a_clip(file, size=2_000_000)), number), file

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        asyncio.run(work)

    async def delete(self, ids: Iterable[JobId]) -> list[Job]:
        """The command."""
        for id in (ids := list(ids)):
            self.library.save(replace(self.library.saved[id], phase=Removed()))
        return [self.library.saved[id] for id in ids]

    @property
    def left(self) -> list[JobId]:
        return [job.id for job in self.library.in_trash()]

    @property
    def notice(self) -> str:
        return "".join(notice.text for notice in self.state.facts.notices)

    def _close_clip(self) -> None:
        self.closed_clips += 1

    def _move(self, file: Path) -> None:
        assert not self.moved or self.closed_clips or self.player.job is None
        if file in self.broken:
            raise OSError(18, "Invalid cross-device link")
        self.moved.append(file)
        file.unlink()


def test_emptying_asks_then_moves_the_files_and_deletes_the_rows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    window = Window(monkeypatch, tmp_path)
    job, file = window.add_clip(1)
    failed = window.add(Failed("refused"), 2)
    window.library.save(a_job(Ready(a_clip(tmp_path / "kept.mp4")), 3))
    window.history.record(TrashStep(Action.TRASH, (job.id, failed.id)))
    window.player.job = job
    window.controller.empty()
    (question,) = window.questions
    assert question.text == "Empty the Trash (2 videos)?" and question.return_answers_no
    assert "1 file goes to the system's trash (2.0 MB)" in question.details and not question.aside
    assert window.moved == [file] and window.left == [] and window.closed_clips == 1
    assert set(window.without_previews) == {job.id, failed.id}
    assert window.history.next_undo is None, "there is nothing to restore"
    assert isinstance(window.library.saved[JobId("job3")].phase, Ready)
    toast = window.toasts.find("deleted")
    assert toast is not None and toast.text == "Deleted 2 videos permanently"


def test_without_a_yes_nothing_is_deleted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    window = Window(monkeypatch, tmp_path, NO)
    job, file = window.add_clip(1)
    window.controller.empty()
    window.controller.delete([job.id])
    assert [question.text for question in window.questions][1] == "Delete 1 video permanently?"
    assert window.left == [job.id] and file.exists() and not window.moved


def test_a_row_whose_file_cannot_be_moved_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    window = Window(monkeypatch, tmp_path)
    (first, file), (second, _) = window.add_clip(1), window.add_clip(2)
    window.broken.add(file)
    window.controller.empty()
    assert window.left == [first.id] and file.exists()
    assert "1 video stays in the Trash" in window.notice and str(file.parent) in window.notice
    assert window.without_previews == [second.id] and window.toasts.find("deleted") is None


def test_a_row_without_its_file_is_deleted_after_the_question_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    window = Window(monkeypatch, tmp_path)
    _, file = window.add_clip(1)
    file.unlink()
    window.controller.empty()
    assert "1 file is not where it was saved; its row alone is deleted." in window.questions[0].details
    assert window.left == [] and not window.moved


def test_the_question_counts_each_file_that_goes_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One file is shared by two jobs, one is missing."""
    window = Window(monkeypatch, tmp_path)
    (job, file), (_, missing) = window.add_clip(1), window.add_clip(2)
    window.library.save(replace(job, id=JobId("job3")))
    missing.unlink()
    window.controller.empty()
    assert "1 file goes to the system's trash (2.0 MB)" in window.questions[0].details
    assert window.moved == [file] and window.left == []


@pytest.mark.parametrize("is_trashed", [False, True])
def test_a_file_that_another_job_has_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_trashed: bool) -> None:
    window = Window(monkeypatch, tmp_path)
    job, file = window.add_clip(1)
    clip = Ready(a_clip(file))
    window.library.save(a_job(Trashed(clip, 1.0) if is_trashed else clip, 2))
    window.controller.delete([job.id])
    assert file.exists() and job.id not in window.left
    assert "system's trash" not in window.questions[0].details


def test_the_report_of_the_only_record_can_be_saved_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    window = Window(monkeypatch, tmp_path, ASIDE)
    job = window.add(Failed("The model crashed.", remote_id=RemoteId("task_1")), 1)
    window.controller.delete([job.id])
    (question,) = window.questions
    assert question.aside == "Save support report…" and "the only record" in question.details
    assert window.reported == [job] and window.left == [job.id]


def test_what_is_deleted_before_a_service_is_connected_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No file is moved before: no runner could delete the rows then. A video that was restored meanwhile stays."""
    window = Window(monkeypatch, tmp_path)
    (deleted, file), (restored, kept) = window.add_clip(1), window.add_clip(2)
    window.connect_later(lambda: window.library.save(replace(restored, phase=Ready(a_clip(kept)))))
    window.controller.empty()
    assert window.shown_while_waiting == ["Deleting 2 videos permanently…"]
    assert window.moved == [file] and kept.exists()
    assert isinstance(window.library.saved[deleted.id].phase, Removed)
    assert isinstance(window.library.saved[restored.id].phase, Ready)


def test_nothing_is_moved_if_no_service_can_be_connected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    window = Window(monkeypatch, tmp_path)
    job, file = window.add_clip(1)
    window.connect_later(lambda: None, connects=False)
    with pytest.raises(CommandRejected, match=NOT_CONNECTED):
        window.controller.empty()
    assert window.left == [job.id] and file.exists() and window.toasts.find("deleted") is None


def test_a_job_that_is_not_in_the_trash_is_never_deleted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    window = Window(monkeypatch, tmp_path)
    job = a_job(Failed("refused"))
    window.library.save(job)
    window.controller.delete([job.id])
    window.controller.empty()
    assert window.questions == [] and window.library.saved[job.id] == job


def test_a_file_goes_to_the_trash_of_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    file = tmp_path / "clip 日.mp4"
    file.write_bytes(b"video")
    move_to_system_trash(file)
    assert not file.exists()
    assert (tmp_path / "share" / "Trash" / "files" / file.name).read_bytes() == b"video"


def test_a_file_that_cannot_be_moved_says_why(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        move_to_system_trash(tmp_path / "missing.mp4")
