"""The command line generates videos, with a sandbox in a process of its own."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from program import environment, run, running
from sandbox_server import sandbox

from sora_desktop.media.video_facts import facts_of
from sora_desktop.store.settings import Settings, SettingsFile

FAST = ("--tiny", "--speed", "40")


def test_a_prompt_becomes_a_playable_clip(tmp_path: Path) -> None:
    with sandbox(*FAST) as service:
        result = run("generate", "a red kite", "--json", "--data", tmp_path / "data", environ=environment(service))
        seen = service.seen()
    assert (result.status, result.stderr) == (0, "")
    assert result.phases[:3] == ["waiting", "unconfirmed", "rendering"]
    assert result.phases[-2:] == ["saving", "ready"]
    remote = {event["remote_id"] for event in result.events if event["phase"] == "rendering"}
    assert remote == {create["task_id"] for create in seen.creates}
    (clip,) = result.files
    assert clip.parent == tmp_path / "data" / "clips"
    facts = facts_of(clip)
    assert facts.seconds == pytest.approx(5.0, abs=0.2)


@pytest.mark.slow
def test_takes_are_copied_and_listed(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out" / "deeper"
    with sandbox(*FAST) as service:
        environ = environment(service, SORA_DESKTOP_DATA=str(data))
        result = run("generate", "rain", "--takes", "3", "--out", out, "--json", environ=environ)
    assert result.status == 0
    assert len(result.files) == 3
    assert sorted(out.iterdir()) == sorted(result.files)
    listed = run("list", "--json", environ=environment(SORA_DESKTOP_DATA=str(data)))
    objects = [json.loads(line) for line in listed.stdout.splitlines()]
    assert {each["job"] for each in objects} == {event["job"] for event in result.events}
    assert {each["phase"] for each in objects} == {"ready"}
    assert all(Path(each["file"]).parent == data / "clips" for each in objects)
    plain = run("list", "--data", data)
    assert plain.stdout.count("rain") >= 3 and plain.status == 0


@pytest.mark.slow
def test_without_json_the_output_is_plain_lines(tmp_path: Path) -> None:
    with sandbox(*FAST) as service:
        result = run("generate", "a red kite", "--data", tmp_path, environ=environment(service))
    lines = result.stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["waiting", "sending", "rendering", "saving", "ready"]
    assert Path(lines[-1][lines[-1].index("/") :]).is_file()
    assert result.stderr == "sora-desktop: 1 video to send: 100 credits.\n", "the price, before it is sent"


@pytest.mark.slow
def test_a_refused_prompt_is_reported_with_its_reason(tmp_path: Path) -> None:
    with sandbox(*FAST) as service:
        result = run("generate", "gore", "--json", "--data", tmp_path, environ=environment(service))
    assert result.status == 1
    assert result.events[-1]["phase"] == "failed" and result.events[-1]["reason"]
    assert result.stderr.count("\n") == 1 and result.stderr.startswith("sora-desktop: 1 video failed: ")


def test_after_a_lost_answer_resume_does_not_send_again(tmp_path: Path) -> None:
    faults: list[dict[str, object]] = [
        {"call": "create", "fault": "reset_after"},
        {"call": "credits", "fault": "500_json", "count": 99},
    ]
    with sandbox(*FAST, script=faults) as service:
        environ = environment(service)
        result = run("generate", "a red kite", "--json", "--data", tmp_path, environ=environ)
        assert result.status == 3
        assert result.events[-1]["phase"] == "unconfirmed" and result.events[-1]["reason"]
        again = run("resume", "--json", "--data", tmp_path, environ=environ)
        assert (again.status, again.phases) == (3, ["unconfirmed"])
        assert len(service.seen().creates) == 1


@pytest.mark.slow
def test_without_credits_nothing_is_sent(tmp_path: Path) -> None:
    with sandbox(*FAST, "--credits", "150") as service:
        result = run("generate", "kite", "--takes", "2", "--json", "--data", tmp_path, environ=environment(service))
        assert result.status == 3
        assert sorted(event["phase"] for event in result.events if event.get("file") or event.get("reason")) == [
            "ready",
            "waiting",
        ]
        assert "credits" in result.stderr
        assert len(service.seen().creates) == 1


@pytest.mark.slow
def test_a_wrong_key_is_reported_and_the_job_is_kept(tmp_path: Path) -> None:
    with sandbox(*FAST, "--key", "sk_right") as service:
        result = run(
            "generate", "kite", "--json", "--data", tmp_path, environ=environment(service, SORA_API_KEY="sk_wrong")
        )
        assert result.status == 3
        assert "key" in result.stderr and result.stderr.count("\n") == 1
        assert "sk_wrong" not in result.stdout + result.stderr
        assert service.seen().creates == []
        after = run("resume", "--json", "--data", tmp_path, environ=environment(service))
        assert after.status == 0 and len(service.seen().creates) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_ends_the_command_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with sandbox("--tiny", "--speed", "1") as service:
        environ = environment(service)
        with running("generate", "kite", "--json", "--data", tmp_path, environ=environ) as command:
            command.until_phase("rendering")
            result = command.end(number)
        assert result.status == 3
        assert result.stderr.count("\n") == 1 and "resume" in result.stderr
        assert "Traceback" not in result.stderr
    listed = run("list", "--json", "--data", tmp_path)
    assert json.loads(listed.stdout)["phase"] == "rendering"


def test_a_paused_queue_is_reported(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    SettingsFile(data / "settings.json").save(Settings(paused=True))
    with sandbox(*FAST) as service:
        result = run("generate", "a red kite", "--json", "--data", data, environ=environment(service))
        assert service.seen().creates == []
    assert (result.status, result.phases) == (3, ["waiting"])
    assert "The queue is paused" in result.stderr
