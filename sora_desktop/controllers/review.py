"""Review takes: asks which of a few clips is the best until all of them have an order, and acts on the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.marks import Flag
from sora_desktop.state.actions import FEWEST_REVIEWED, MOST_REVIEWED, Action, JobAction
from sora_desktop.state.clip_text import title_of
from sora_desktop.state.differences import are_takes, take_name
from sora_desktop.state.knockout import Knockout, ReviewAnswer, at_once_for
from sora_desktop.state.review_view import rejected_at_end, review_view
from sora_desktop.state.toasts import Toast, ToastAction
from sora_desktop.state.undo_steps import ReviewStep

if TYPE_CHECKING:  # made when clips are first reviewed
    from sora_desktop.controllers.compare import CompareController
    from sora_desktop.ui.compare.review_bar import ReviewBar

#: Reviews whose answers are kept until the window closes, to go on with.
_KEPT = 20


class ReviewController:
    """Owns the review that is going on, if there is one, and the answers of those before."""

    def __init__(
        self,
        panels: Panels,
        comparing: CompareController,
        find: Callable[[JobId], Job | None],
        run: Callable[[JobAction, Sequence[JobId]], None],
        export: Callable[[Sequence[Job]], None],
    ) -> None:
        """`comparing` shows the clips side by side, `find` reads a job, `run` does an action to jobs.

        `export` copies the clips of jobs.
        """
        self._panels = panels
        self._comparing = comparing
        self._find = find
        self._run = run
        self._export = export
        self._bar: ReviewBar | None = None
        self._review: Knockout | None = None
        self._finished = False  # the user wants the order before all ranks are certain
        self._shown: tuple[JobId, ...] = ()
        self._jobs: dict[JobId, Job] = {}
        self._names: dict[JobId, str] = {}
        self._kept: list[Knockout] = []

    def start(self, jobs: Sequence[Job]) -> None:
        """Review these clips, or one with its other takes. What cannot be reviewed is said.

        Answers that were given about them before are kept, also if more clips have come since.
        """
        clips = [job for job in jobs if isinstance(job.phase, Ready)]
        if len(clips) == 1:
            takes = self._comparing.takes_of(clips[0], MOST_REVIEWED)
            wanted = [take for take in takes if take.flag is not Flag.REJECTED]
            clips = wanted if len(wanted) >= FEWEST_REVIEWED else takes
        if not FEWEST_REVIEWED <= len(clips) <= MOST_REVIEWED:
            few, many = "There is no other take of this video.", f"{len(clips)} videos are too many to review."
            have = few if len(clips) < FEWEST_REVIEWED else many
            text = f"{have} Select {FEWEST_REVIEWED} to {MOST_REVIEWED} finished videos."
            self._panels.toasts.show(Toast(text, key="review"))
            return
        self._leave()
        before = self._kept_of({job.id for job in clips})
        others = [] if before is None else self._others_of(before, clips)
        self._jobs = {job.id: job for job in (*clips, *others)}
        self._names = self._names_of([*clips, *others])
        self._finished = False
        review = Knockout(tuple(self._jobs), at_once_for(len(clips)))
        if before is not None:
            rejected = (job.id for job in clips if job.id in before.out and job.flag is Flag.REJECTED)
            out = frozenset((*(job.id for job in others), *rejected))
            answers = tuple(each for each in before.answers if self._jobs.keys() >= set(each.asked))
            review = replace(review, at_once=before.at_once, answers=answers, out=out)
            start_over = ToastAction("Start over", self._begin_again)
            text = f"The review goes on after {_answers_text(before)}"
            self._panels.toasts.show(Toast(text, "", start_over, key="review"))
        self._show(review, is_new=True)

    def job_changed(self, job: Job) -> None:
        """A clip has other marks, or is gone. One that is gone, or rejected before the end, leaves the review."""
        review = self._review
        if review is None or job.id not in review.clips:
            return
        before, self._jobs[job.id] = self._jobs[job.id], job
        out = review.out - {job.id}
        is_rejected = job.flag is Flag.REJECTED
        is_asking = bool(review.standing.question) and not self._finished
        leaves = is_asking and before.flag is not Flag.REJECTED
        if not isinstance(job.phase, Ready) or (is_rejected and (leaves or job.id in review.out)):
            out = review.out | {job.id}
        changed = replace(review, out=out)
        if len(changed.left) < FEWEST_REVIEWED:
            self._end()
        elif out != review.out:
            self._show(changed)
        else:
            self._render(review)

    def _names_of(self, clips: Sequence[Job]) -> dict[JobId, str]:
        """Such as "Take 3", or the titles where the clips are not takes of one request."""
        if not all(are_takes(job, clips[0]) for job in clips):
            return _titles_of(clips)
        numbers = self._comparing.take_numbers(clips)
        return {job.id: take_name(numbers[job.id]) for job in clips}

    def _kept_of(self, clips: set[JobId]) -> Knockout | None:
        """The last review with answers about these clips, or about some of them and no others."""
        return next((kept for kept in reversed(self._kept) if clips.issuperset(kept.left)), None)

    def _others_of(self, kept: Knockout, clips: Sequence[Job]) -> list[Job]:
        """What else the answers are about: it is out of the review, but what follows from the answers stays known."""
        shown = {job.id for job in clips}
        return [job for id in kept.clips if id not in shown and (job := self._find(id) or self._jobs.get(id))]

    def _show(self, review: Knockout, *, is_new: bool = False) -> None:
        """Show the clips of the next question or, at the end, the first two of the order."""
        standing = review.standing
        asked = () if self._finished else standing.question
        if not asked:
            self._comparing.leave_full_screen()  # where the controls, and with them the order, fade
        self._look_at(review, asked or standing.order[:2], plays=is_new or self._comparing.is_playing)

    def _look_at(self, review: Knockout, clips: Sequence[JobId], *, plays: bool) -> None:
        """Show these clips of a review."""
        if tuple(clips) != self._shown or self._review is None:
            self._review = None  # hiding what was shown before does not end this review
            self._comparing.compare([self._jobs[id] for id in clips], self._names, of_review=True)
            if plays:
                self._comparing.play()
        self._review, self._shown = review, tuple(clips)
        self._render(review)

    def _render(self, review: Knockout) -> None:
        view = review_view(review, self._jobs, self._names, finished=self._finished)
        self._made_bar().render_view(view, self._shown)

    def _made_bar(self) -> ReviewBar:
        if self._bar is None:
            from sora_desktop.ui.compare.review_bar import ReviewBar  # late: the first paint needs none

            panels, actions = self._panels, self._panels.window.compare_actions.review
            bar = self._bar = ReviewBar(panels.theme, actions, panels.posters)
            self._comparing.add_bar(bar)
            for number, action in enumerate(actions.choose):
                action.triggered.connect(lambda _=False, number=number: self._answer(number))
            for action, run in (
                (actions.equal, lambda: self._answer(None)),
                (actions.back, self._take_back),
                (actions.finish, lambda: self._finish(True)),
                (actions.go_on, lambda: self._finish(False)),
                (actions.pick, lambda: self._pick(1)),
                (actions.reject, self._reject),
                (actions.export, self._export_picks),
                (actions.again, self._begin_again),
                (actions.end, self._end),
            ):
                action.triggered.connect(lambda _=False, run=run: run())
            actions.at_once_chosen.connect(self._ask_at_once)
            actions.picks_chosen.connect(self._pick)
            bar.clip_chosen.connect(self._look_at_clip)
            bar.left.connect(self._end)
        return self._bar

    def _answer(self, number: int | None) -> None:
        """The clip of the question with this number is the best; None: they are equal."""
        review, shown = self._review, self._comparing.shown
        if review is None or set(shown) != set(review.standing.question):
            return
        answered = review.answered(None if number is None else shown[number])  # as they stand: they can be swapped
        step = ReviewStep(review.clips, review.answers, answered.answers, self._show_answers)
        self._panels.undo_history.record(step)
        self._show(answered)

    def _show_answers(self, answers: tuple[ReviewAnswer, ...]) -> None:
        """Go on after these answers: one was undone, or given again."""
        if self._review is not None:
            self._finished = False
            self._show(replace(self._review, answers=answers))

    def _take_back(self) -> None:
        """Undo the last answer, also if something else was done since."""
        if self._review is None or not self._review.answers:
            return
        history = self._panels.undo_history
        self._show_answers(self._review.undone().answers)
        if (step := history.last_answer) is not None:
            history.note_undone(step)

    def _finish(self, finished: bool) -> None:
        """Show the order as far as it is known, or go on with the questions."""
        if (review := self._review) is not None:
            self._finished = finished
            rejected = {id for id in review.left if self._jobs[id].flag is Flag.REJECTED}
            goes_on_without = not finished and len(review.left) - len(rejected) >= FEWEST_REVIEWED
            self._show(replace(review, out=review.out | rejected) if goes_on_without else review)

    def _ask_at_once(self, number: int) -> None:
        if self._review is not None:
            self._show(replace(self._review, at_once=number))

    def _begin_again(self) -> None:
        """Ask everything again. Undo brings the answers back."""
        if (review := self._review) is not None:
            self._panels.undo_history.record(ReviewStep(review.clips, review.answers, (), self._show_answers))
            self._show_answers(())

    def _look_at_clip(self, id: JobId) -> None:
        """Show a clip of the order beside the first one; for the first one, the second."""
        if (review := self._review) is not None:
            first, second = review.standing.order[:2]
            self._look_at(review, (first, second if id == first else id), plays=self._comparing.is_playing)

    def _pick(self, number: int) -> None:
        if self._review is not None:
            self._run(Action.PICK, self._review.standing.order[:number])

    def _reject(self) -> None:
        if self._review is not None:
            self._run(Action.REJECT, rejected_at_end(self._in_order(self._review)))

    def _export_picks(self) -> None:
        if self._review is not None:
            self._export([job for job in self._in_order(self._review) if job.flag is Flag.PICKED])

    def _in_order(self, review: Knockout) -> list[Job]:
        return [self._jobs[id] for id in review.standing.order]

    def _end(self) -> None:
        """Go back to comparing without questions."""
        self._leave()
        if self._bar is not None:
            self._bar.hide()

    def _leave(self) -> None:
        """Keep the answers. What was not finished can be continued."""
        review, self._review, self._shown = self._review, None, ()
        if review is None:
            return
        for action in self._panels.window.compare_actions.review.all:
            action.setEnabled(False)
        self._panels.undo_history.drop_answers()
        self._kept = [kept for kept in self._kept if kept.clips != review.clips][-_KEPT:]
        if not review.answers:
            return
        self._kept.append(review)
        if review.standing.question and not self._finished:
            proceed = ToastAction("Continue", lambda: self._go_on_with(review))
            self._panels.toasts.show(Toast(f"Review stopped after {_answers_text(review)}", "", proceed, key="review"))

    def _go_on_with(self, review: Knockout) -> None:
        self.start([job for job in map(self._find, review.left) if job is not None])


def _titles_of(clips: Sequence[Job]) -> dict[JobId, str]:
    """The titles, numbered if they are equal."""
    names: dict[JobId, str] = {}
    seen: dict[str, int] = {}
    for job in clips:
        title = title_of(job)
        seen[title] = seen.get(title, 0) + 1
        names[job.id] = title if seen[title] == 1 else f"{title} ({seen[title]})"
    return names


def _answers_text(review: Knockout) -> str:
    number = len(review.answers)
    return "1 answer" if number == 1 else f"{number} answers"
