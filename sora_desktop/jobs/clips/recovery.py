"""Finds clips that the library does not list, after its database was lost or restored from a copy."""

from __future__ import annotations

import logging
import math
import re
import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.domain.request import VideoRequest, proportions_of
from sora_desktop.jobs.clips.downloads import EXTENSIONS
from sora_desktop.jobs.ports import Inspector, WholeLibrary
from sora_desktop.media.errors import MediaError

log = logging.getLogger(__name__)

#: A file name by `clip_name`: date, words of the prompt, start of the job's id.
_NAME = re.compile(r"(?:again )*(?P<date>\d{4}-\d\d-\d\d \d{6}) (?P<words>.*) (?P<id>[0-9a-f]{8})", re.DOTALL)


async def find_lost_clips(folder: Path, store: WholeLibrary, inspector: Inspector, capabilities: Capabilities) -> int:
    """Add every complete clip in the folder that the library does not list; return the number of clips added.

    If its job is not known either, the request is rebuilt from the file's name and the video.
    """
    if not folder.is_dir():
        return 0
    listed = list(store.everything())
    files = {job.phase.clip.file.name for job in listed if isinstance(job.phase, Ready)}
    by_id = {job.id[:8]: job for job in listed}
    found: list[Job] = []
    for file in sorted(folder.iterdir()):
        match = _NAME.fullmatch(file.stem)
        if match is None or file.suffix not in EXTENSIONS.values() or file.name in files:
            continue
        try:
            facts = await inspector.facts(file)
        except (MediaError, OSError) as error:
            log.warning("%s is not added to the library: %s", file.name, error)
            continue
        known = by_id.get(match["id"])
        if known is None:
            found.append(_job(file, match, facts, capabilities))
        elif not isinstance(known.phase, Ready) or not known.phase.clip.file.is_file():  # the database is older
            found.append(replace(known, phase=Ready(Clip(file, facts)), on_hold=False))
    await store.add(found)
    return len(found)


def _job(file: Path, match: re.Match[str], facts: VideoFacts, capabilities: Capabilities) -> Job:
    try:
        created = datetime.strptime(match["date"], "%Y-%m-%d %H%M%S").timestamp()
    except ValueError:
        created = file.stat().st_mtime
    request = _likely_request(match["words"], facts, capabilities)
    clip = Clip(file, facts, "Found on disk. Only the beginning of its prompt is known.")
    return Job(JobId(match["id"] + uuid.uuid4().hex[8:]), request, Ready(clip), created, created, created)


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
