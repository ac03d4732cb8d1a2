"""Compares clips: which ones, what is known about them, and what follows from the user's choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.library import LibraryView, Tab
from sora_desktop.domain.marks import Flag
from sora_desktop.engine.engine import Engine
from sora_desktop.state.actions import FEWEST_COMPARED, MOST_COMPARED, Action, JobAction
from sora_desktop.state.compare_view import (
    CompareView,
    clips_with_dropped,
    compare_view,
    why_not_compared,
)
from sora_desktop.state.differences import ComparedJob, are_takes
from sora_desktop.state.toasts import Toast
from sora_desktop.ui.library.posters import image_at
from sora_desktop.ui.player.clip_support import ClipSupport

if TYPE_CHECKING:  # made when clips are first compared
    from PySide6.QtGui import QImage

    from sora_desktop.ui.compare.compare_panel import ComparePanel
    from sora_desktop.ui.compare.review_bar import ReviewBar

#: Newest videos whose prompt has the first words of a request, among which its other takes are looked for.
_TAKES_AMONG, _FIRST_WORDS = 200, 8


class CompareController:
    """Opens and closes the compare panel, and keeps it true while jobs change."""

    def __init__(
        self,
        engine: Engine,
        panels: Panels,
        run: Callable[[JobAction, Sequence[JobId]], None],
        export: Callable[[Sequence[Job]], None],
        connect: Callable[[ComparePanel], None],
    ) -> None:
        """`run` does an action to jobs, `export` copies their clips.

        `connect` joins the panel, once it is made, to what others do with a clip.
        """
        self._engine = engine
        self._panels = panels
        self._export = export
        self._run = run
        self._connect_others = connect
        self._panel: ComparePanel | None = None
        self._review_bar: ReviewBar | None = None
        self._names: Mapping[JobId, str] = MappingProxyType({})
        self._takes: Mapping[JobId, int] = MappingProxyType({})

    @property
    def is_open(self) -> bool:
        """True while clips are compared."""
        return self._panels.window.is_comparing

    @property
    def current_job(self) -> Job | None:
        """The job of the current clip, while clips are compared."""
        return self._panel.current_job if self._panel is not None and self.is_open else None

    def compare(
        self, jobs: Sequence[Job], names: Mapping[JobId, str] = MappingProxyType({}), *, of_review: bool = False
    ) -> None:
        """Compare two to four finished jobs, or one with its other takes. What cannot be compared is said.

        `names`: see `compare_view`. `of_review`: they are those of the review that is going on; others end it.
        """
        jobs = self.takes_of(jobs[0], MOST_COMPARED) if len(jobs) == 1 else jobs
        if problem := why_not_compared(jobs):
            self._panels.toasts.show(Toast(problem, key="compare"))
            return
        if self._review_bar is not None and not of_review:
            self._review_bar.left.emit()
        self._names, self._takes = names, self.take_numbers(jobs)
        player, panel = self._panels.player, self._made_panel()
        shown, frame = (panel.current_job, panel.frame) if self.is_open else (player.job, player.frame)
        ids = [job.id for job in jobs]
        current = 0
        if shown is not None and shown.id in ids:
            current = ids.index(shown.id)
        else:
            frame = 0
        player.stand_aside()
        player.actions_of_playback.show_state(is_open=True)
        self._panels.window.show_compare(panel)
        panel.show_view(self._view_of(jobs), current=current, frame=frame)
        for id in ids:
            self._panels.job_list.mark_opened(id)
        panel.focus_stage()
        self._show_current()

    def add_bar(self, bar: ReviewBar) -> None:
        """Add the bar of a review to the compared clips, which must be open. While it is shown, there is no footer."""
        assert self._panel is not None
        self._review_bar = bar
        self._panel.add_in_place_of_footer(bar)
        bar.watch_keys(self._panel)

    @property
    def shown(self) -> tuple[JobId, ...]:
        """The compared clips as they stand; none while none are compared."""
        return () if self._panel is None or not self.is_open else tuple(self._panel.view.letters)

    def play(self) -> None:
        """Play the compared clips, which must be open."""
        assert self._panel is not None
        self._panel.play()

    def leave_full_screen(self) -> None:
        """Show the compared clips in the window alone."""
        if self._panel is not None:
            self._panel.leave_full_screen()

    @property
    def is_playing(self) -> bool:
        """True while compared clips are played."""
        return self._panel is not None and self.is_open and self._panel.is_playing

    def drop(self, ids: Sequence[JobId]) -> None:
        """Compare rows that were dropped onto the stage: by themselves, or with what is shown there."""
        shown: list[Job] = []
        player = self._panels.player.job
        if self._panel is not None and self.is_open:
            shown = [pane.job for pane in self._panel.view.panes]
        elif player is not None and isinstance(player.phase, Ready):
            shown = [player]
        dropped = [job for job in map(self._find, ids) if job is not None]
        jobs = clips_with_dropped(shown, dropped)
        if len(jobs) == 1:
            self._panels.toasts.show(Toast("Drop another video here to compare it with this one.", key="compare"))
        elif jobs:
            self.compare(jobs)

    def open_row(self, job: Job, show: Callable[[Job], None]) -> None:
        """A row was opened: a compared clip becomes the current one, any other job is shown in the player."""
        pane = self._panel.view.pane_of(job.id) if self._panel is not None and self.is_open else None
        if self._panel is not None and pane is not None:
            self._panel.choose(pane)
        else:
            self.leave()
            show(job)

    def leave(self) -> None:
        """Show the player as it is."""
        if self._panel is not None and self.is_open:
            if self._review_bar is not None:
                self._review_bar.left.emit()
            self._panel.close_clips()
            self._panels.window.end_compare()
            self._panels.library.show_letters({})
            self._panels.player.actions_of_playback.show_state(is_open=False)

    def close(self) -> None:
        """Show the current clip in the player, at the frame that is shown of it."""
        panel = self._panel
        if panel is None or not self.is_open:
            return
        job, frame = panel.current_job, panel.frame
        self.leave()
        if isinstance(job.phase, Ready) and job.phase.clip.file.exists():
            self._panels.player.open_clip(job, self._strip_of(job), frame)
            self._panels.library.mark_opened(job.id)
        else:
            self._panels.player.close_clip()

    def job_changed(self, job: Job) -> None:
        """A job has another state: its marks, its clip, or it is gone."""
        panel = self._panel
        if panel is None or not self.is_open or (pane := panel.view.pane_of(job.id)) is None:
            return
        jobs = [job if each.job.id == job.id else each.job for each in panel.view.panes]
        if isinstance(job.phase, Ready):
            panel.show_view(self._view_of(jobs), current=self._pane_of(panel.current_job))
            return
        left = [each for each in jobs if isinstance(each.phase, Ready)]
        if len(left) >= FEWEST_COMPARED:
            current = panel.current_job if panel.current_job.id != job.id else left[min(pane, len(left) - 1)]
            frame = panel.frame_of(self._pane_of(current))
            panel.show_view(self._view_of(left), current=[each.id for each in left].index(current.id), frame=frame)
            self._show_current()
        elif left:
            panel.choose(self._pane_of(left[0]))
            self.close()
        else:
            self.leave()
            self._panels.player.close_clip()

    def preview_ready(self, id: JobId) -> None:
        """The filmstrip of a job has been made."""
        if self._panel is not None and self.is_open and self._panel.current_job.id == id:
            self._panel.show_strip(self._strip_of(self._panel.current_job))

    def set_volume(self, volume: float) -> None:
        if self._panel is not None:
            self._panel.set_volume(volume)

    def set_loop(self, loop: bool) -> None:
        if self._panel is not None:
            self._panel.set_loop(loop)

    def _made_panel(self) -> ComparePanel:
        if self._panel is None:
            from sora_desktop.ui.compare.compare_panel import ComparePanel  # late: the first paint needs none

            panels = self._panels
            panel = self._panel = ComparePanel(
                panels.theme,
                panels.job_list.facts_of,
                self._strip_of,
                panels.open_frames,
                panels.player.actions_of_playback,
                panels.window.compare_actions,
                ClipSupport(self._engine.previews.times_file, panels.sound),
            )
            panel.set_volume(self._engine.settings.volume)
            panel.set_loop(self._engine.settings.loop)
            panel.set_table_share(self._engine.settings.compare_table)
            panel.close_requested.connect(self.close)
            panel.covers.connect(self._panels.window.toasts.stand_over)
            panel.current_changed.connect(lambda _: self._show_current())
            panel.keep_requested.connect(self._keep)
            panel.swap_requested.connect(self._swap)
            panel.export_picks_requested.connect(self._export_picks)
            self._connect_others(panel)
        return self._panel

    def _show_current(self) -> None:
        """Letters in the list, and the row of the current clip selected."""
        panel = self._panel
        if panel is not None and self.is_open:
            self._panels.library.show_letters(panel.view.letters, panel.current_job.id)

    def _pane_of(self, job: Job) -> int:
        assert self._panel is not None
        return self._panel.view.pane_of(job.id) or 0

    def _view_of(self, jobs: Sequence[Job]) -> CompareView:
        messages = [_message_of(job) for job in jobs]
        return compare_view([self._compared(job) for job in jobs], messages, self._names)

    def _compared(self, job: Job) -> ComparedJob:
        service = self._panels.job_list.services.of(job)
        attempts = self._engine.store.attempts(job.id)
        charge = self._engine.store.charge(job.id)
        cost = charge.amount if charge.amount is not None else service.prices.price_of(job.request)
        if not attempts:
            cost = None  # nothing is known about a clip that was not requested here
        sent_at = attempts[-1].sent_at if attempts else None
        rendered_in = None if sent_at is None else job.changed_at - sent_at
        return ComparedJob(job, service, cost, rendered_in, self._takes.get(job.id, 1))

    def _strip_of(self, job: Job) -> QImage | None:
        return image_at(self._engine.previews.filmstrip(job))

    def _find(self, id: JobId) -> Job | None:
        return self._panels.job_list.find(id) or self._engine.store.read(id)

    def takes_of(self, job: Job, most: int) -> list[Job]:
        """The job and its other takes that are finished, oldest first, at most so many."""
        others = self._other_takes(job, Tab.DONE)
        nearest = sorted(others, key=lambda each: abs(each.created_at - job.created_at))[: most - 1]
        return _oldest_first([job, *nearest])

    def take_numbers(self, jobs: Sequence[Job]) -> dict[JobId, int]:
        """Which take of its request each job is, from 1 on. Takes that are not finished, or have failed, count."""
        numbers: dict[JobId, int] = {}
        for job in jobs:
            if job.id not in numbers:
                takes = _oldest_first([job, *self._other_takes(job, Tab.ALL)])
                numbers |= {take.id: number for number, take in enumerate(takes, 1)}
        return numbers

    def _other_takes(self, job: Job, tab: Tab) -> list[Job]:
        words = " ".join(job.request.prompt.split()[:_FIRST_WORDS])
        alike = self._engine.store.page(LibraryView(tab, words, job.service), _TAKES_AMONG)
        return [each for each in alike if each.id != job.id and are_takes(each, job)]

    def _keep(self, job: Job) -> None:
        assert self._panel is not None
        others = [pane.job.id for pane in self._panel.view.panes if pane.job.id != job.id]
        self._run(Action.KEEP_THIS, (job.id, *others))

    def _swap(self, one: int, other: int) -> None:
        panel = self._panel
        assert panel is not None
        jobs = [pane.job for pane in panel.view.panes]
        jobs[one], jobs[other] = jobs[other], jobs[one]
        current = panel.current_job.id
        panel.show_view(self._view_of(jobs), current=[job.id for job in jobs].index(current))
        self._show_current()

    def _export_picks(self) -> None:
        assert self._panel is not None
        self._export([pane.job for pane in self._panel.view.panes if pane.job.flag is Flag.PICKED])


def _oldest_first(jobs: Sequence[Job]) -> list[Job]:
    return sorted(jobs, key=lambda each: (each.created_at, each.position))


def _message_of(job: Job) -> str:
    with suppress(OSError):
        if isinstance(job.phase, Ready) and not job.phase.clip.file.exists():
            return f"{job.phase.clip.file} is missing. Put it back, or delete the video."
    return ""
