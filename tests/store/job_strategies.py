"""Hypothesis strategies for jobs with any content."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
    JobId,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    TrashablePhase,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.marks import Flag
from sora_desktop.domain.request import ReferenceImage, VideoRequest

texts = st.text(max_size=30).filter(lambda text: "\ud800" not in text)
_remote_ids = texts.map(RemoteId)
_files = st.text("abc é日/._-", min_size=1, max_size=12).map(Path)
_facts = st.builds(
    VideoFacts,
    seconds=st.floats(0, 20),
    width=st.integers(1, 4000),
    height=st.integers(1, 4000),
    fps=st.floats(1, 60),
    frames=st.integers(1, 900),
    has_audio=st.booleans(),
    video_codec=texts,
    container=texts,
    sha256=texts,
    size=st.integers(0, 10**10),
)
_trashable: st.SearchStrategy[TrashablePhase] = st.one_of(
    st.builds(Waiting, reason=texts),
    st.builds(Unconfirmed, reason=texts, safe_to_send=st.booleans()),
    st.builds(Ready, clip=st.builds(Clip, file=_files, facts=_facts, warning=texts)),
    st.builds(Failed, reason=texts, code=texts, by_policy=st.booleans(), remote_id=st.none() | _remote_ids),
    st.builds(Abandoned, remote_id=_remote_ids),
    st.builds(Cancelled, remote_id=_remote_ids),
)
_phases: st.SearchStrategy[Phase] = st.one_of(
    _trashable,
    st.builds(Rendering, remote_id=_remote_ids, percent=st.none() | st.integers(0, 100), warning=texts),
    st.builds(Saving, remote_id=_remote_ids, received=st.integers(0, 10**9), total=st.none() | st.integers(0, 10**9)),
    st.builds(Unsaved, remote_id=_remote_ids, reason=texts),
    st.builds(Trashed, before=_trashable, before_changed_at=st.floats(0, 2e9)),
    st.builds(Removed),
)
_images = st.builds(
    ReferenceImage,
    file=_files,
    name=texts,
    width=st.integers(1, 9000),
    height=st.integers(1, 9000),
    size=st.integers(1),
    sha256=texts,
)
_requests = st.builds(
    VideoRequest,
    prompt=texts,
    negative_prompt=texts,
    model=st.sampled_from([model.name for model in CAPABILITIES.models]),
    aspect_ratio=st.sampled_from([choice.value for choice in CAPABILITIES.aspect_ratios]),
    duration=st.sampled_from([choice.value for choice in CAPABILITIES.durations]),
    quality=st.sampled_from([choice.value for choice in CAPABILITIES.qualities]),
    image=st.none() | _images,
)
jobs = st.builds(
    Job,
    id=st.uuids().map(lambda uuid: JobId(uuid.hex)),
    request=_requests,
    phase=_phases,
    created_at=st.integers(0, 50).map(float),
    changed_at=st.floats(0, 2e9),
    position=st.integers(0, 50).map(float) | st.floats(0, 2e9),
    starred=st.booleans(),
    on_hold=st.booleans(),
    service=texts,
    flag=st.sampled_from(Flag),
)
