"""Frames of the sample clips that are painted, not decoded: still pictures of the sandbox. They arrive at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fake_frames import times_of
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage, QPainter

from sora_desktop.domain.frames import ClipOpened, FrameEvent, Loop, Picture, PicturesRead, ReadClip, ReadingFailed
from sora_desktop.domain.job import Job, Ready
from sora_desktop.sandbox.scenery.film import Film

_TIME = 2.0  # seconds: of the picture that stands for all
_LONGEST = 320  # pixels of a side: a picture is scaled where it is shown


class FilmFrames:
    """Opens sets of the clips of these jobs. A clip whose file is missing cannot be read."""

    def __init__(self, jobs: Mapping[str, Job]) -> None:
        """`jobs` by the name of the file of their clip."""
        self._jobs = jobs
        self._images: dict[str, QImage] = {}  # they own the memory of the pictures

    def __call__(self, clips: Sequence[ReadClip], receive: Callable[[FrameEvent], None]) -> _FilmSet:
        return _FilmSet(clips, receive, self)

    def opened(self, place: int, clip: ReadClip) -> FrameEvent:
        """What is received first about a clip."""
        if not clip.file.exists():
            return ReadingFailed(place, f"{clip.file.name} is missing.")
        phase = self._jobs[clip.file.name].phase
        assert isinstance(phase, Ready)
        facts = phase.clip.facts
        return ClipOpened(place, times_of(facts.frames, 24), facts.width, facts.height, has_sound=True)

    def picture(self, clip: ReadClip, frame: int) -> Picture | None:
        """The picture of a clip, whatever the frame."""
        if not clip.file.exists():
            return None
        image = self._images.get(clip.file.name)
        if image is None:
            image = self._images[clip.file.name] = self._paint(self._jobs[clip.file.name])
        return Picture(frame, image.width(), image.height(), image.bytesPerLine(), memoryview(image.constBits()))

    def _paint(self, job: Job) -> QImage:
        assert isinstance(job.phase, Ready)
        facts = job.phase.clip.facts
        scale = _LONGEST / max(facts.width, facts.height)
        image = QImage(round(facts.width * scale), round(facts.height * scale), QImage.Format.Format_RGB32)
        film = Film(job.request.prompt, job.id.encode(), image.width(), image.height(), facts.seconds)
        with QPainter(image) as painter:
            film.paint(painter, _TIME)
        return image


class _FilmSet:
    def __init__(self, clips: Sequence[ReadClip], receive: Callable[[FrameEvent], None], source: FilmFrames) -> None:
        self._clips = clips
        self._receive = receive
        self._source = source
        self._is_closed = False
        for place, clip in enumerate(clips):
            self._later(source.opened(place, clip))

    def show(
        self, frames: Sequence[int], *, direction: int = 0, is_scrub: bool = False, loops: Sequence[Loop] = ()
    ) -> None:
        self._later(PicturesRead(tuple(map(self._source.picture, self._clips, frames))))

    def set_size(self, clip: int, width: int, height: int) -> None:
        pass

    def start_sound(self, clip: int, stream: int, *, start: int, speed: float, first: int, last: int | None) -> None:
        pass

    def read_sound(self, stream: int, frames: int) -> None:
        pass

    def close(self) -> None:
        self._is_closed = True

    def _later(self, event: FrameEvent) -> None:
        QTimer.singleShot(0, lambda: None if self._is_closed else self._receive(event))
