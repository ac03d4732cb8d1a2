"""The command line makes videos, against a real service in a process of its own."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from program import environment, run, running
from sandbox_server import sandbox

from sora_desktop.media.videos import facts_of
from sora_desktop.store.settings import Settings, SettingsFile

FAST = ("--tiny", "--speed", "40")


def test_one_prompt_becomes_a_clip_that_plays(tmp_path: Path) -> None:
    with sandbox(*FAST) as service:
        told = run("generate", "a red kite", "--json", "--data", tmp_path / "data", environ=environment(service))
        seen = service.seen()
    assert (told.status, told.complaint) == (0, "")
    assert told.phases[:3] == ["waiting", "unconfirmed", "rendering"]
    assert told.phases[-2:] == ["saving", "ready"]
    remote = {event["remote_id"] for event in told.events if event["phase"] == "rendering"}
    assert remote == {create["task_id"] for create in seen.creates}
    (clip,) = told.files
    assert clip.parent == tmp_path / "data" / "clips"
    facts = facts_of(clip)
    assert facts.seconds == pytest.approx(5.0, abs=0.2)


@pytest.mark.slow
def test_takes_are_copied_out_and_listed(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out" / "deeper"
    with sandbox(*FAST) as service:
        environ = environment(service, SORA_DESKTOP_DATA=str(data))
        told = run("generate", "rain", "--takes", "3", "--out", out, "--json", environ=environ)
    assert told.status == 0
    assert len(told.files) == 3
    assert sorted(out.iterdir()) == sorted(told.files)
    listed = run("list", "--json", environ=environment(SORA_DESKTOP_DATA=str(data)))
    objects = [json.loads(line) for line in listed.out.splitlines()]
    assert {each["job"] for each in objects} == {event["job"] for event in told.events}
    assert {each["phase"] for each in objects} == {"ready"}
    assert all(Path(each["file"]).parent == data / "clips" for each in objects)
    plain = run("list", "--data", data)
    assert plain.out.count("rain") >= 3 and plain.status == 0


@pytest.mark.slow
def test_without_json_a_log_gets_plain_lines(tmp_path: Path) -> None:
    with sandbox(*FAST) as service:
        told = run("generate", "a red kite", "--data", tmp_path, environ=environment(service))
    lines = told.out.splitlines()
    assert [line.split()[1] for line in lines] == ["waiting", "sending", "rendering", "saving", "ready"]
    assert Path(lines[-1][lines[-1].index("/") :]).is_file()


@pytest.mark.slow
def test_a_refused_prompt_is_said_with_its_reason(tmp_path: Path) -> None:
    with sandbox(*FAST) as service:
        told = run("generate", "gore", "--json", "--data", tmp_path, environ=environment(service))
    assert told.status == 1
    assert told.events[-1]["phase"] == "failed" and told.events[-1]["reason"]
    assert told.complaint.count("\n") == 1 and told.complaint.startswith("sora-desktop: 1 video failed: ")


def test_a_lost_answer_ends_the_wait_and_resume_does_not_send_it_again(tmp_path: Path) -> None:
    faults: list[dict[str, object]] = [
        {"call": "create", "fault": "reset_after"},
        {"call": "credits", "fault": "500_json", "count": 99},
    ]
    with sandbox(*FAST, script=faults) as service:
        environ = environment(service)
        told = run("generate", "a red kite", "--json", "--data", tmp_path, environ=environ)
        assert told.status == 3
        assert told.events[-1]["phase"] == "unconfirmed" and told.events[-1]["reason"]
        again = run("resume", "--json", "--data", tmp_path, environ=environ)
        assert (again.status, again.phases) == (3, ["unconfirmed"])
        assert len(service.seen().creates) == 1


@pytest.mark.slow
def test_no_credits_ends_the_wait_before_anything_is_sent(tmp_path: Path) -> None:
    with sandbox(*FAST, "--credits", "150") as service:
        told = run("generate", "kite", "--takes", "2", "--json", "--data", tmp_path, environ=environment(service))
        assert told.status == 3
        assert sorted(event["phase"] for event in told.events if event.get("file") or event.get("reason")) == [
            "ready",
            "waiting",
        ]
        assert "credits" in told.complaint
        assert len(service.seen().creates) == 1


@pytest.mark.slow
def test_a_wrong_key_is_said_and_the_job_kept(tmp_path: Path) -> None:
    with sandbox(*FAST, "--key", "sk_right") as service:
        told = run(
            "generate", "kite", "--json", "--data", tmp_path, environ=environment(service, SORA_API_KEY="sk_wrong")
        )
        assert told.status == 3
        assert "key" in told.complaint and told.complaint.count("\n") == 1
        assert "sk_wrong" not in told.out + told.complaint
        assert service.seen().creates == []
        after = run("resume", "--json", "--data", tmp_path, environ=environment(service))
        assert after.status == 0 and len(service.seen().creates) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_an_interruption_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with sandbox("--tiny", "--speed", "1") as service:
        environ = environment(service)
        with running("generate", "kite", "--json", "--data", tmp_path, environ=environ) as command:
            command.until_phase("rendering")
            told = command.end(number)
        assert told.status == 3
        assert told.complaint.count("\n") == 1 and "resume" in told.complaint
        assert "Traceback" not in told.complaint
    listed = run("list", "--json", "--data", tmp_path)
    assert json.loads(listed.out)["phase"] == "rendering"


def test_a_queue_that_was_paused_in_the_window_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    SettingsFile(data / "settings.json").save(Settings(paused=True))
    with sandbox(*FAST) as service:
        told = run("generate", "a red kite", "--json", "--data", data, environ=environment(service))
        assert service.seen().creates == []
    assert (told.status, told.phases) == (3, ["waiting"])
    assert "The queue is paused" in told.complaint
