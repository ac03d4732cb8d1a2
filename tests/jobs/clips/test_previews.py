"""Previews are made once, in the background, the ones requested last first."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from builders import a_clip, a_job

from sora_desktop.domain.job import Job, JobId, Phase, Ready, Waiting
from sora_desktop.jobs.clips import previews as previews_module
from sora_desktop.jobs.clips.previews import Previews
from sora_desktop.media.errors import MediaError


class FakePreviewMaker:
    """Writes small files; remembers the clips; fails for those named "broken"."""

    def __init__(self) -> None:
        self.clips: list[str] = []
        self.may_work = asyncio.Event()
        self.may_work.set()

    async def poster(self, file: Path, to: Path) -> None:
        await self.may_work.wait()
        self.clips.append(file.stem)
        if file.stem == "broken":
            raise MediaError("This is not a video.")
        to.write_bytes(b"poster")

    async def filmstrip(self, file: Path, to: Path) -> None:
        to.write_bytes(b"filmstrip")

    async def frame_times(self, file: Path, to: Path) -> None:
        to.write_bytes(b"times")


def job(name: str, phase: Phase | None = None) -> Job:
    return a_job(phase or Ready(a_clip(Path(f"/clips/{name}.mp4"))), id=name)


class Made:
    """The ids of jobs whose previews have changed; `wait_for` returns when there are that many."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._changed = asyncio.Event()

    def add(self, id: JobId) -> None:
        self.ids.append(id)
        self._changed.set()

    async def wait_for(self, number: int) -> None:
        while len(self.ids) < number:
            self._changed.clear()
            await self._changed.wait()


async def test_a_preview_is_made_once_and_then_found(tmp_path: Path) -> None:
    maker, made = FakePreviewMaker(), Made()
    previews = Previews(tmp_path, maker, made.add)
    assert previews.poster(job("kite")) is None and previews.filmstrip(job("kite")) is None
    await made.wait_for(1)
    assert previews.poster(job("kite")) is not None, "it is shown before the others are made"
    await made.wait_for(2)
    poster, filmstrip = previews.poster(job("kite")), previews.filmstrip(job("kite"))
    assert poster is not None and poster.read_bytes() == b"poster"
    assert filmstrip is not None and filmstrip.read_bytes() == b"filmstrip"
    assert maker.clips == ["kite"] and made.ids == ["kite", "kite"]
    await previews.aclose()


async def test_the_clip_requested_last_comes_first(tmp_path: Path) -> None:
    maker, made = FakePreviewMaker(), Made()
    maker.may_work.clear()
    previews = Previews(tmp_path, maker, made.add)
    for name in ("one", "two", "three"):
        previews.poster(job(name))
    maker.may_work.set()
    await made.wait_for(6)
    assert list(dict.fromkeys(made.ids)) == ["three", "two", "one"]
    await previews.aclose()


async def test_a_broken_clip_is_tried_once_and_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews_module, "MAX_FAILURES", 1)
    maker, made = FakePreviewMaker(), Made()
    previews = Previews(tmp_path, maker, made.add)
    previews.poster(job("kite"))
    previews.poster(job("broken"))
    await made.wait_for(3)
    assert previews.poster(job("broken")) is None
    assert maker.clips == ["broken", "kite"] and sorted(made.ids) == ["broken", "kite", "kite"]
    await previews.aclose()


async def test_only_a_finished_job_has_previews(tmp_path: Path) -> None:
    maker = FakePreviewMaker()
    previews = Previews(tmp_path, maker, lambda id: None)
    assert previews.poster(job("kite", Waiting())) is None
    await previews.aclose()
    assert maker.clips == []


async def test_closing_stops_the_work(tmp_path: Path) -> None:
    maker = FakePreviewMaker()
    maker.may_work.clear()
    previews = Previews(tmp_path, maker, lambda id: None)
    previews.poster(job("kite"))
    await asyncio.sleep(0)
    await previews.aclose()
    assert maker.clips == [] and not list(tmp_path.iterdir())


async def test_the_previews_of_a_deleted_job_are_deleted(tmp_path: Path) -> None:
    made = Made()
    previews = Previews(tmp_path, FakePreviewMaker(), made.add)
    for name in ("kite", "boat"):
        previews.poster(job(name))
    await made.wait_for(4)
    previews.delete([job("kite").id, job("never made").id])
    assert {file.name for file in tmp_path.iterdir()} == {"boat.jpg", "boat-strip.jpg", "boat-times"}
    await previews.aclose()
