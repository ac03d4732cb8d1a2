"""The clips of the panes in the playback: panes may change places, the clips keep their numbers there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize

from sora_desktop.domain.clip import Clip
from sora_desktop.domain.frames import Picture, ReadClip
from sora_desktop.domain.job import JobId
from sora_desktop.state.compare_view import CompareView, PaneView
from sora_desktop.ui.player.playback_controls import PlaybackControls

if TYPE_CHECKING:  # made with the first clips
    from sora_desktop.ui.player.asked_frames import MomentPictures


class ComparedClips:
    """Opens the files of the panes in one playback, and knows which clip a pane shows."""

    def __init__(self, controls: PlaybackControls, times_file_of: Callable[[JobId], Path | None]) -> None:
        """`times_file_of`: where the frame times of a job's clip are kept, if they are."""
        self._controls = controls
        self._times_file_of = times_file_of
        self._view = CompareView()
        self._opened: tuple[JobId, ...] = ()  # the jobs of the clips that are open, in the order of the playback

    @property
    def is_open(self) -> bool:
        return bool(self._opened)

    @property
    def frame(self) -> int:
        """Number of the frame shown of the current clip."""
        made = self._controls.made
        return 0 if made is None or not self.is_open else made.frame

    def frame_of(self, pane: int) -> int:
        """Number of the frame shown of a pane's clip."""
        return self._controls.playback.frames_shown[self._clip_of(pane)]

    def are_those_of(self, view: CompareView) -> bool:
        """True if the clips of these panes are open, in any order."""
        return {pane.job.id for pane in view.panes} == set(self._opened)

    def open(self, view: CompareView, current: int, frame: int) -> None:
        """Open the clips of these panes, at a frame of the current one.

        If some were open before, they go on as they were: playing, with their speed, range and nudges.
        """
        playback, before = self._controls.playback, self._opened
        nudges = dict(zip(before, playback.nudges, strict=False))
        speed, play_range, is_playing = playback.speed, playback.range, playback.is_playing
        self._view, self._opened = view, tuple(pane.job.id for pane in view.panes)
        files = [ReadClip(clip_of(pane).file, self._times_file_of(pane.job.id)) for pane in view.panes]
        facts = [clip_of(pane).facts for pane in view.panes]
        self._controls.open(files, facts, current=current, frame=frame)
        if not set(before) & set(self._opened):
            return
        playback.set_speed(abs(speed))
        playback.set_range(play_range)
        for clip, id in enumerate(self._opened):
            if nudges.get(id):
                playback.nudge(clip, nudges[id])
        if is_playing and speed > 0:
            playback.play()

    def place(self, view: CompareView, current: int) -> None:
        """The panes of the clips that are open have these places now."""
        self._view = view
        self.set_current(current)

    def set_current(self, pane: int) -> None:
        """Count the frames of a pane's clip, and play its sound."""
        self._controls.playback.set_current(self._clip_of(pane))

    def close(self) -> None:
        """Close the files."""
        self._opened = ()
        if self._controls.made is not None:
            self._controls.made.close()

    def pane_of(self, clip: int) -> int:
        """The pane of a clip of the playback."""
        pane = self._view.pane_of(self._opened[clip])
        assert pane is not None
        return pane

    def of_panes(self, pictures: MomentPictures) -> tuple[Picture | None, ...]:
        """The pictures of all clips in the order of their panes."""
        return tuple(pictures[self._clip_of(pane)] for pane in range(len(pictures)))

    @property
    def sizes(self) -> dict[int, QSize]:
        """By pane, the full size of the pictures of each clip that is open."""
        clips = self._controls.playback.clips
        opened = {self.pane_of(number): clip for number, clip in enumerate(clips) if clip is not None}
        return {pane: QSize(clip.width, clip.height) for pane, clip in opened.items()}

    def set_sizes(self, sizes: Sequence[QSize]) -> None:
        """The device pixels that the clip of each pane is painted with."""
        if self.is_open:
            for pane, size in enumerate(sizes):
                self._controls.playback.set_size(self._clip_of(pane), size.width(), size.height())

    def nudge(self, pane: int, frames: int) -> None:
        """Show a pane's clip so many frames later than the others, or earlier if negative."""
        self._controls.playback.nudge(self._clip_of(pane), frames)

    def reset_nudges(self) -> None:
        """Show all clips at the same time."""
        playback = self._controls.playback
        for clip, frames in enumerate(playback.nudges):
            if frames:
                playback.nudge(clip, -frames)

    @property
    def nudged_text(self) -> str:
        """Such as "B +1"; empty if all clips are where the clock is."""
        made = self._controls.made
        nudges = made.nudges if made is not None and self.is_open else ()
        return ", ".join(
            f"{self._view.panes[self.pane_of(clip)].letter} {frames:+d}".replace("-", "\N{MINUS SIGN}")
            for clip, frames in enumerate(nudges)
            if frames
        )

    def _clip_of(self, pane: int) -> int:
        return self._opened.index(self._view.panes[pane].job.id)


def clip_of(pane: PaneView) -> Clip:
    """The clip of a pane that has just been chosen: only finished videos are compared."""
    assert pane.clip is not None, pane.job.id
    return pane.clip
