"""Sample jobs for the screenshots, one or more in every phase, with rendered clips."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from screens.scripts import PROMPTS

from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import (
    Failed,
    Job,
    JobId,
    Phase,
    Ready,
    RemoteId,
    Rendering,
    Saving,
    Unconfirmed,
    Waiting,
)
from sora_desktop.domain.marks import Flag
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.media.video_facts import facts_of
from sora_desktop.media.video_pictures import write_filmstrip, write_poster
from sora_desktop.sandbox.render import Scene, render
from sora_desktop.sandbox.scenery.film import Film

#: Time of all screenshots in Unix seconds: an afternoon, so that an hour ago is still today.
NOW = datetime(2027, 1, 15, 15, 0).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

SAILBOAT = (
    "A lone sailboat drifts across a glassy bay at golden hour, slow dolly-in, volumetric light, 35 mm film grain"
)
_OLDER = 115  # finished jobs below the visible ones


class Clips(enum.Enum):
    """What the files of finished jobs are."""

    FULL = "as a service would render them, which takes seconds"
    TINY = "with few pixels"
    NONE = "empty: there are posters, and `FilmFrames` paints the frames"


@dataclass(frozen=True, slots=True)
class SampleJobs:
    """Jobs and the directory of their posters and filmstrips."""

    jobs: tuple[Job, ...]
    folder: Path

    def poster(self, job: Job) -> Path | None:
        """Poster file of the job, if it has one."""
        return self._existing(f"{job.id}.jpg")

    def filmstrip(self, job: Job) -> Path | None:
        """Filmstrip file of the job, if it has one."""
        return self._existing(f"{job.id}-strip.jpg")

    def _existing(self, name: str) -> Path | None:
        file = self.folder / name
        return file if file.exists() else None


def make_sample_jobs(folder: Path, clips_made: Clips = Clips.FULL) -> SampleJobs:
    """The jobs in each phase."""
    make_clip: Callable[[Path, str, VideoRequest], Clip] = partial(_clip, tiny=clips_made is Clips.TINY)
    if clips_made is Clips.NONE:
        make_clip = _poster_only
    sailboat = _request(SAILBOAT, duration=10)
    fern = _request(
        "Macro of a fern unfurling, time-lapse, studio black",
        model="sora2-pro",
        aspect_ratio="1:1",
        duration=15,
        quality="high",
    )
    retriever = _request("Golden retriever running through a snowy field, slow motion", aspect_ratio="9:16")
    butterfly = _request("Butterfly landing on a violet flower, shallow depth of field", duration=10)
    clips = {
        "sailboat": make_clip(folder, "sailboat", sailboat),
        "fern": make_clip(folder, "fern", fern),
        "retriever": make_clip(folder, "retriever", retriever),
        "butterfly": make_clip(folder, "butterfly", butterfly),
    }
    unknown = Unconfirmed(reason="Outcome unknown: may have been charged")
    rows: tuple[tuple[str, VideoRequest, Phase, float], ...] = (
        (
            "city",
            _request("City lights at night, rain-slick street, neon reflections, handheld", duration=10),
            Rendering(RemoteId("task_city"), 62),
            40,
        ),
        (
            "waves",
            _request("Waves crashing on a basalt beach, aerial top-down", duration=15),
            Saving(RemoteId("task_waves"), 14_100_000, 16_000_000),
            60,
        ),
        ("cat", _request("A cat sleeping in sunlight, macro, dust motes"), Waiting(), 90),
        ("sailboat", sailboat, Ready(clips["sailboat"]), 2 * MINUTE),
        ("fern", fern, Ready(clips["fern"]), 18 * MINUTE),
        (
            "singer",
            _request("Portrait of a famous singer on stage"),
            Failed("Rejected by content policy", by_policy=True, remote_id=RemoteId("task_singer")),
            40 * MINUTE,
        ),
        ("retriever", retriever, Ready(clips["retriever"]), HOUR),
        ("boat", _request("Paper boat in a rain gutter, tilt-shift"), unknown, 2 * HOUR),
        ("butterfly", butterfly, Ready(clips["butterfly"]), DAY),
    )
    jobs = [_job(id, request, phase, ago) for id, request, phase, ago in rows]
    jobs[3] = replace(jobs[3], starred=True, flag=Flag.PICKED)
    jobs[6] = replace(jobs[6], flag=Flag.REJECTED)
    facts = replace(clips["butterfly"].facts, size=9_400_000)
    older = replace(clips["butterfly"], facts=facts)
    jobs += [
        _job(
            f"older{number}",
            replace(butterfly, prompt=f"Study {number} of a butterfly"),
            Ready(older),
            DAY + HOUR * number,
        )
        for number in range(1, _OLDER + 1)
    ]
    jobs += [
        _job(f"failed{number}", _request("Crowd at a concert"), Failed("The service is overloaded"), 9 * DAY + number)
        for number in range(4)
    ]
    return SampleJobs(tuple(jobs), folder)


def make_compared_jobs(samples: SampleJobs) -> SampleJobs:
    """The sample jobs with other takes of the sailboat, to compare, and one whose clip is missing."""
    (sailboat,) = (job for job in samples.jobs if job.id == "sailboat")
    first = replace(sailboat.request, seed=481_207_316)
    moonrise = replace(
        first,
        prompt=SAILBOAT.replace("golden hour", "blue hour, moonrise"),
        model="sora2-pro",
        quality="high",
        seed=733_018_264,
    )
    upright = replace(first, aspect_ratio="9:16", duration=5, negative_prompt="people, text, logos")
    jobs = [replace(sailboat, request=first)]
    for number, (id, request) in enumerate(
        (("dusk", replace(first, seed=90_552_771)), ("moonrise", moonrise), ("upright", upright), ("lost", moonrise)),
        start=1,
    ):
        clip = _poster_only(samples.folder, id, request)
        jobs.append(_job(id, request, Ready(clip), (2 + number) * MINUTE))
    jobs[1] = replace(jobs[1], flag=Flag.REJECTED)
    (samples.folder / "lost.mp4").unlink()
    at = samples.jobs.index(sailboat)
    return SampleJobs((*samples.jobs[:at], *jobs, *samples.jobs[at + 1 :]), samples.folder)


def make_script_jobs(folder: Path, *, ready: bool = False) -> SampleJobs:
    """Jobs whose prompts are hard to lay out, in the phases that need the most room. Posters are missing.

    `ready`: all are finished.
    """
    clip = _facts_only(folder / "missing.mp4", 1920, 1080)
    phases: tuple[Phase, ...] = (
        Ready(clip),
        Failed("Der Renderknoten hat nach 3 Versuchen nicht geantwortet", remote_id=RemoteId("task_1")),
        Unconfirmed(reason="Outcome unknown: may have been charged"),
        Rendering(RemoteId("task_2"), 62),
        Ready(clip),
    )
    if ready:
        phases = (Ready(clip),)
    jobs = [
        replace(
            _job(id, _request(prompt, duration=10), phases[number % len(phases)], number * MINUTE),
            starred=number % 2 == 0,
        )
        for number, (id, prompt) in enumerate(PROMPTS.items(), start=1)
    ]
    return SampleJobs(tuple(jobs), folder)


def make_reference_image(folder: Path, *, is_full: bool = True) -> ReferenceImage:
    """The reference image in the form. `is_full`: in its full size, which takes a second."""
    file = folder / "harbor-still.png"
    picture = QImage(*((1536, 1024) if is_full else (192, 128)), QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    Film("Harbor at dawn", b"harbor", picture.width(), picture.height(), 5).paint(painter, 0)
    painter.end()
    assert picture.save(str(file)), file
    return ReferenceImage(file, "harbor-still.png", 1536, 1024, 2_100_000, "0" * 64)


def _request(prompt: str, **choices: object) -> VideoRequest:
    return VideoRequest(prompt, **choices)  # type: ignore[arg-type]


def _job(id: str, request: VideoRequest, phase: Phase, ago: float) -> Job:
    return Job(JobId(id), request, phase, NOW - ago, NOW - ago, NOW - ago)


def _poster_only(folder: Path, id: str, request: VideoRequest) -> Clip:
    """A file that cannot be decoded: `FilmFrames` has its pictures."""
    width, height = (180, 320) if request.aspect_ratio == "9:16" else (320, 180)
    poster = QImage(width, height, QImage.Format.Format_RGB32)
    with QPainter(poster) as painter:
        Film(request.prompt, id.encode(), width, height, 5).paint(painter, 2.0)
    assert poster.save(str(folder / f"{id}.jpg"))
    strip = QImage(12 * 128, 72, QImage.Format.Format_RGB32)
    with QPainter(strip) as painter:
        for number in range(12):
            painter.drawImage(QRect(number * 128, 0, 128, 72), poster)
    assert strip.save(str(folder / f"{id}-strip.jpg"))
    file = folder / f"{id}.mp4"
    file.touch()
    return _facts_only(file, 4 * width, 4 * height, float(request.duration))


def _facts_only(file: Path, width: int, height: int, seconds: float = 10.0) -> Clip:
    facts = VideoFacts(seconds, width, height, 24.0, round(seconds * 24), True, "h264", "mov,mp4", "0" * 64, 6_400_000)
    return Clip(file, facts)


def _clip(folder: Path, id: str, request: VideoRequest, *, tiny: bool) -> Clip:
    file = folder / f"{id}.mp4"
    scene = Scene(id, request.prompt, str(request.aspect_ratio), int(request.duration), tiny=tiny)
    render(scene, file, folder / f"{id}-thumbnail.jpg")
    write_poster(file, folder / f"{id}.jpg", 320)
    write_filmstrip(file, folder / f"{id}-strip.jpg", 12, 72)
    return Clip(file, facts_of(file))
