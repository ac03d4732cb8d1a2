"""A clip that is on disk is found, whatever its name's date and folder; one video for two requests is reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from drills.program_runs import DiskState, ProgramRunner, post_requests
from drills.service import prompts, running_service

from sora_desktop.domain.job import Ready
from sora_desktop.store.data_folder import DataFolder

#: UTC+14 all the year.
ELSEWHERE = "Pacific/Kiritimati"


@pytest.mark.parametrize("place", ["new zone", "name of an older version", "other clips folder"])
def test_a_kill_between_naming_and_saving_a_clip(runner: ProgramRunner, tmp_path: Path, place: str) -> None:
    data = tmp_path / "data"
    folder = DataFolder.at(data)
    with running_service(tmp_path / "service") as service:
        post_requests(data, service.base_url, prompts(1))
        arguments = ("resume", "--json", "--data", data)
        killed = runner.run(*arguments, environ=service.environ, act="kill after naming a clip")
        (clip,) = folder.clips.glob("*.mp4")
        assert killed.killed and not DiskState.read(data).phases["ready"]
        if place == "name of an older version":  # its local time, eleven hours behind
            hour = (int(clip.name[11:13]) + 13) % 24
            clip = clip.rename(clip.with_name(f"{clip.name[:11]}{hour:02d}{clip.name[13:]}"))
        if place == "other clips folder":
            folder.settings_file.write_text(json.dumps({"clips_folder": str(tmp_path / "chosen")}))
        service.plan({"call": "file", "fault": "expired", "count": 1000})
        result = runner.run(*arguments, environ={**service.environ, "TZ": ELSEWHERE})
        result.check()
        assert result.status == 0, result
        (job,) = DiskState.read(data).jobs
        assert isinstance(job.phase, Ready) and job.phase.clip.file == clip
        assert len(service.creates) == 1


def test_one_video_for_two_requests_is_reported(runner: ProgramRunner, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service") as service:
        (first,) = post_requests(data, service.base_url, ["first"])
        assert runner.run("resume", "--json", "--data", data, environ=service.environ).status == 0
        service.plan({"call": "look", "fault": "other_video", "count": 100})
        (second,) = post_requests(data, service.base_url, ["second"])
        result = runner.run("resume", "--json", "--data", data, environ=service.environ)
        assert result.status == 0 and f"The same file as the clip of {first[:8]}" in result.last[second]["reason"], (
            result
        )
        DiskState.read(data).check_against(service.creates)
