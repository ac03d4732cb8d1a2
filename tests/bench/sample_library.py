"""A data folder like that of a user after a year."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from PySide6.QtGui import QImage

from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Failed, Job, JobId, Phase, Ready, RemoteId, new_job
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore

_PROMPTS = (
    "A paper boat on a rain-soaked street, low angle, neon reflections, slow dolly forward",
    "Macro shot of dew on a spider web at sunrise, shallow depth of field, gentle wind, birds far away in the mist",
    "A lighthouse in a storm, waves breaking over the rocks, long exposure feel",
    "Old tram in Lisbon going uphill",
)


def fill_library(folder: Path, jobs: int, *, posters: bool = True) -> DataFolder:
    """Fill a folder with settled jobs, one in ten of them failed; each clip has a poster, if wanted."""
    data_folder = DataFolder.at(folder)
    data_folder.make()
    picture = QImage(320, 180, QImage.Format.Format_RGB32)
    picture.fill(0x5577AA)
    picture.save(str(data_folder.posters / "one.jpg"))
    poster = (data_folder.posters / "one.jpg").read_bytes()
    start = time.time() - jobs * 600
    filled = [_job(data_folder, number, start + number * 600) for number in range(jobs)]
    for job in filled:
        if posters and isinstance(job.phase, Ready):
            (data_folder.posters / f"{job.id}.jpg").write_bytes(poster)
    asyncio.run(_add(data_folder, filled))
    return data_folder


def waiting_jobs(jobs: int) -> list[Job]:
    """Jobs that wait for the sandbox."""
    now = time.time()
    requests = (VideoRequest(f"{_PROMPTS[number % len(_PROMPTS)]} {number}") for number in range(jobs))
    return [new_job(request, SANDBOX, now, now + number / 1000) for number, request in enumerate(requests)]


def _job(data_folder: DataFolder, number: int, at: float) -> Job:
    facts = VideoFacts(
        5.0, 1280, 720, 24.0, 120, True, "h264", "mov,mp4,m4a,3gp,3g2,mj2", f"{number:064x}", 4_200_000 + number
    )
    phase: Phase = Ready(Clip(data_folder.clips / f"{number}.mp4", facts))
    if number % 10 == 3:
        phase = Failed("The prompt was refused by the content policy.", "content_policy", True, RemoteId(f"t{number}"))
    request = VideoRequest(f"{_PROMPTS[number % len(_PROMPTS)]} {number}")
    return Job(JobId(f"{number:032x}"), request, phase, at, at + 180, at, starred=number % 17 == 0, service="sandbox")


async def _add(data_folder: DataFolder, jobs: list[Job]) -> None:
    database = Database(data_folder.database)
    await database.open()
    await JobStore(database).add(jobs)
    await database.aclose()
