"""Finds clips that the library does not list, after its database was lost or restored from a copy."""

from __future__ import annotations

import logging
import math
import uuid
from dataclasses import replace
from pathlib import Path

from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, JobChange, JobId, Ready
from sora_desktop.domain.request import VideoRequest, proportions_of
from sora_desktop.domain.trash import before_trash
from sora_desktop.jobs.clips.clip_files import ClipName, read_clip_name
from sora_desktop.jobs.ports import Inspector, WholeLibrary
from sora_desktop.media.errors import MediaError

log = logging.getLogger(__name__)


async def find_lost_clips(folder: Path, store: WholeLibrary, inspector: Inspector, capabilities: Capabilities) -> int:
    """Add every complete clip in the folder that no job in the library has; return the number of clips added.

    A clip of a job in the Trash stays there with it. If a clip's job is not known either, the request is rebuilt from
    the file's name and the video.
    """
    if not folder.is_dir():
        return 0
    jobs = [*store.everything(), *store.in_trash()]
    phases = {job.id: before_trash(job).phase for job in jobs}
    clips = {phase.clip.file for phase in phases.values() if isinstance(phase, Ready)}
    by_id: dict[str, list[Job]] = {}
    for job in jobs:
        by_id.setdefault(job.id[:8], []).append(job)
    found: dict[JobId, Job] = {}
    changes: list[JobChange] = []
    for file in sorted(folder.iterdir()):
        name = read_clip_name(file)
        if name is None or file in clips:
            continue
        try:
            facts = await inspector.facts(file)
        except (MediaError, OSError) as error:
            log.warning("%s is not added to the library: %s", file.name, error)
            continue
        known = [job for job in by_id.get(name.id_start, ()) if name.fits(job)]
        job = _job(file, name, facts, capabilities)
        if len(known) == 1 and known[0].id not in found:  # else it is not certain whose clip it is
            phase = phases[known[0].id]
            if isinstance(phase, Ready) and phase.clip.file.is_file():
                continue  # a copy, or another file
            if not isinstance(phase, Ready) or phase.clip.facts.sha256 == facts.sha256:  # the database is older
                job = replace(known[0], phase=Ready(Clip(file, facts)), on_hold=False)
                changes.append(JobChange(known[0], job))
        found[job.id] = job
    changed = {change.known.id for change in changes}
    await store.add([job for job in found.values() if job.id not in changed])
    await store.change(changes)
    return len(found)


def _job(file: Path, name: ClipName, facts: VideoFacts, capabilities: Capabilities) -> Job:
    created = file.stat().st_mtime if name.created_at is None else name.created_at
    request = _likely_request(name.title, facts, capabilities)
    clip = Clip(file, facts, "Found on disk. Only the beginning of its prompt is known.")
    return Job(JobId(name.id_start + uuid.uuid4().hex[8:]), request, Ready(clip), created, created, created)


def _likely_request(prompt: str, facts: VideoFacts, capabilities: Capabilities) -> VideoRequest:
    """The request of the default model that fits the video best."""
    request = capabilities.default_request(prompt)
    model = capabilities.models[0]
    shape = facts.width / max(facts.height, 1)
    return replace(
        request,
        aspect_ratio=min(
            (c.value for c in model.aspect_ratios), key=lambda value: abs(math.log(shape / _ratio(value)))
        ),
        duration=min((c.value for c in model.durations), key=lambda value: abs(value - facts.seconds)),
        quality=[q.value for q in model.qualities if q.lines <= min(facts.width, facts.height)][-1],
    )


def _ratio(aspect_ratio: str) -> float:
    """Width by height of a ratio such as "16:9"."""
    width, height = proportions_of(aspect_ratio) or (1, 1)
    return width / height
