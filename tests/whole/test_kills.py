"""The program is killed at a bad moment: the next start continues, and nothing is bought twice."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from program import descendants, environment, is_alive, run, running
from sandbox_server import sandbox
from waiting import wait_until

from sora_desktop.media.video_facts import facts_of


@pytest.mark.slow
def test_killed_while_rendering_the_next_start_saves_the_clip(tmp_path: Path) -> None:
    with sandbox("--tiny", "--speed", "4") as service:
        environ = environment(service)
        with running("generate", "a red kite", "--json", "--data", tmp_path, environ=environ) as command:
            remote = command.until_phase("rendering")["remote_id"]
            command.kill()
        result = run("resume", "--json", "--data", tmp_path, environ=environ)
        assert (result.status, result.stderr) == (0, "")
        assert {event["remote_id"] for event in result.events if "remote_id" in event} == {remote}
        (clip,) = result.files
        assert facts_of(clip).frames > 0
        assert [create["task_id"] for create in service.seen().creates] == [remote]


@pytest.mark.slow
def test_killed_while_waiting_the_request_is_sent_once(tmp_path: Path) -> None:
    faults: list[dict[str, object]] = [{"call": "credits", "fault": "delay", "value": 5}]
    with sandbox("--tiny", "--speed", "40", script=faults) as service:
        environ = environment(service)
        with running("generate", "a red kite", "--json", "--data", tmp_path, environ=environ) as command:
            command.until_phase("waiting")
            command.kill()
        assert service.seen().creates == []
        result = run("resume", "--json", "--data", tmp_path, environ=environ)
        assert result.status == 0
        assert len(service.seen().creates) == 1


@pytest.mark.slow
def test_killed_during_the_create_the_request_is_not_sent_again(tmp_path: Path) -> None:
    """After it was charged; before: `tests/drills/test_kills.py`, on a fast clock."""
    faults: list[dict[str, object]] = [{"call": "create", "fault": "delay", "value": 20, "after": True}]
    with sandbox("--tiny", "--speed", "40", script=faults) as service:
        environ = environment(service)
        with running("generate", "a red kite", "--json", "--data", tmp_path, environ=environ) as command:
            command.until_phase("unconfirmed")
            wait_until(lambda: service.seen().counts["create"] > 0)
            command.kill()
        result = run("resume", "--json", "--data", tmp_path, environ=environ)
        assert result.status == 3
        assert result.phases[-1] == "unconfirmed" and result.events[-1]["reason"]
        assert len(service.seen().creates) == 1
        assert service.seen().counts["create"] == 1


@pytest.mark.slow
def test_killed_while_saving_the_download_continues(tmp_path: Path) -> None:
    faults: list[dict[str, object]] = [{"call": "file", "fault": "slow", "value": 4000}]
    with sandbox("--tiny", "--speed", "40", script=faults) as service:
        environ = environment(service)
        with running("generate", "a red kite", "--json", "--data", tmp_path, environ=environ) as command:
            command.until(lambda event: event["phase"] == "saving" and event.get("percent", 0) > 5)
            command.kill()
        assert list((tmp_path / "clips").glob("*.mp4")) == []
        result = run("resume", "--json", "--data", tmp_path, environ=environ)
        assert result.status == 0
        assert facts_of(result.files[0]).frames > 0
        assert len(service.seen().creates) == 1


@pytest.mark.slow
def test_killed_with_its_own_sandbox_the_job_continues_there(tmp_path: Path) -> None:
    with running("generate", "a red kite", "--sandbox", "--json", "--data", tmp_path) as command:
        command.until_phase("rendering")
        command.kill()
    result = run("resume", "--json", "--data", tmp_path)
    assert (result.status, result.phases[-1]) == (0, "ready")
    again = run("resume", "--json", "--data", tmp_path)
    assert (again.status, again.stdout) == (0, "")
    assert [json.loads(line)["phase"] for line in run("list", "--json", "--data", tmp_path).stdout.splitlines()] == [
        "ready"
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("terminated", [True, False], ids=["terminated", "killed"])
def test_no_child_outlives_the_program(tmp_path: Path, terminated: bool) -> None:
    with running("generate", "a red kite", "--sandbox", "--json", "--data", tmp_path) as command:
        command.until_phase("rendering")
        children = descendants(command.process.pid)
        assert children, "the sandbox is a child"
        command.process.terminate() if terminated else command.process.kill()
        command.process.wait()
        wait_until(lambda: not any(map(is_alive, children)))
