"""Review takes: shows two clips at a time, and puts all of them into the order that the user decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.state.actions import Action, JobAction
from sora_desktop.state.clip_text import title_of
from sora_desktop.state.knockout import FEWEST_REVIEWED, MOST_REVIEWED, Knockout, Preference
from sora_desktop.state.review_view import review_view
from sora_desktop.state.toasts import Toast

if TYPE_CHECKING:  # made when clips are first reviewed
    from sora_desktop.controllers.compare import CompareController
    from sora_desktop.ui.compare.review_bar import ReviewBar


class ReviewController:
    """Owns the review that is going on, if there is one."""

    def __init__(
        self,
        panels: Panels,
        comparing: CompareController,
        find: Callable[[JobId], Job | None],
        run: Callable[[JobAction, Sequence[JobId]], None],
    ) -> None:
        """`comparing` shows the clips side by side, `find` reads a job, `run` does an action to jobs."""
        self._panels = panels
        self._comparing = comparing
        self._find = find
        self._run = run
        self._bar: ReviewBar | None = None
        self._review: Knockout | None = None
        self._names: dict[JobId, str] = {}

    def start(self, jobs: Sequence[Job]) -> None:
        """Review these clips, or one with its other takes. What cannot be reviewed is said."""
        clips = [job for job in jobs if isinstance(job.phase, Ready)]
        if len(clips) == 1:
            clips = self._comparing.takes_of(clips[0], MOST_REVIEWED)
        if not FEWEST_REVIEWED <= len(clips) <= MOST_REVIEWED:
            few, many = "There is no other take of this video.", f"{len(clips)} videos are too many to review."
            have = few if len(clips) < FEWEST_REVIEWED else many
            text = f"{have} Select {FEWEST_REVIEWED} to {MOST_REVIEWED} finished videos."
            self._panels.toasts.show(Toast(text, key="review"))
            return
        are_takes = len({(job.request.prompt, job.request.model) for job in clips}) == 1
        self._names = {job.id: f"Take {number}" if are_takes else title_of(job) for number, job in enumerate(clips, 1)}
        self._show(Knockout(tuple(job.id for job in clips)))

    def job_changed(self, job: Job) -> None:
        """A clip may be gone: the others are reviewed again."""
        review = self._review
        if review is None or job.id not in review.clips or isinstance(job.phase, Ready):
            return
        left = review.without(job.id)
        if len(left.clips) < FEWEST_REVIEWED:
            self._end()
        else:
            self._show(left)

    def _show(self, review: Knockout) -> None:
        pair = review.pair or review.order[:2]
        jobs = [job for job in map(self._find, pair) if job is not None]
        self._review = None  # hiding what was shown before does not end this review
        self._comparing.compare(jobs, self._names)
        self._review = review
        if self._bar is None:
            from sora_desktop.ui.compare.review_bar import ReviewBar  # late: the first paint needs none

            bar = self._bar = ReviewBar(self._panels.theme)
            self._comparing.add_bar(bar)
            bar.decided.connect(self._decide)
            bar.undo_requested.connect(self._undo)
            bar.pick_requested.connect(self._pick)
            bar.reject_requested.connect(self._reject)
            bar.ended.connect(self._end)
        self._bar.render_view(review_view(review, self._names))

    def _decide(self, verdict: Preference) -> None:
        if self._review is not None and self._review.pair is not None:
            self._show(self._review.decided(verdict))

    def _undo(self) -> None:
        if self._review is not None and self._review.verdicts:
            self._show(self._review.undone())

    def _pick(self) -> None:
        if self._review is not None:
            self._run(Action.PICK, self._review.order[:1])

    def _reject(self) -> None:
        if self._review is not None:
            self._run(Action.REJECT, self._review.order[1:])

    def _end(self) -> None:
        self._review = None
        if self._bar is not None:
            self._bar.hide()
