"""Several processes on one data folder: one carries the jobs, the others follow, and nothing is done twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from program import environment, run, running
from sandbox_server import sandbox

SLOW = ("--tiny", "--speed", "4")


def test_a_second_command_hands_its_job_to_the_first_and_follows_it_there(tmp_path: Path) -> None:
    with sandbox(*SLOW) as service:
        environ = environment(service)
        arguments = ("--json", "--data", tmp_path)
        with running("generate", "first", *arguments, environ=environ) as first:
            first.until_phase("rendering")
            second = run("generate", "second", *arguments, environ=environ)
            told = first.end()
        seen = service.seen()
    assert (told.status, second.status, second.complaint) == (0, 0, "")
    assert second.phases[0] == "waiting" and second.phases[-1] == "ready"
    assert any("percent" in event for event in second.events if event["phase"] == "rendering")
    assert sorted(create["prompt"] for create in seen.creates) == ["first", "second"]
    assert told.files[0] != second.files[0] and all(file.is_file() for file in told.files + second.files)


@pytest.mark.slow
def test_when_the_owner_is_killed_the_follower_carries_both_on(tmp_path: Path) -> None:
    with sandbox(*SLOW) as service:
        environ = environment(service)
        arguments = ("--json", "--data", tmp_path)
        with (
            running("generate", "first", *arguments, environ=environ) as first,
            running("generate", "second", *arguments, environ=environ) as second,
        ):
            first.until_phase("rendering")
            second.until_phase("rendering")
            first.kill()
            told = second.end()
        assert (told.status, told.complaint) == (0, "")
        listed = run("list", "--json", "--data", tmp_path)
        assert [json.loads(line)["phase"] for line in listed.out.splitlines()] == ["ready", "ready"]
        assert sorted(create["prompt"] for create in service.seen().creates) == ["first", "second"]


@pytest.mark.slow
def test_three_at_the_same_moment_on_a_new_folder(tmp_path: Path) -> None:
    def one(number: int) -> int:
        return run("generate", f"number {number}", "--sandbox", "--json", "--data", tmp_path).status

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(one, range(3))) == [0, 0, 0]
    listed = run("list", "--json", "--data", tmp_path)
    assert [json.loads(line)["phase"] for line in listed.out.splitlines()] == ["ready"] * 3


@pytest.mark.slow
def test_a_follower_ends_when_its_job_stands_although_the_owner_goes_on(tmp_path: Path) -> None:
    with sandbox("--tiny", "--speed", "0.5", "--credits", "150") as service:
        environ = environment(service)
        arguments = ("--json", "--data", tmp_path)
        with running("generate", "first", *arguments, environ=environ) as first:
            first.until_phase("rendering")
            second = run("generate", "second", *arguments, environ=environ)
            assert first.process.poll() is None
        assert second.status == 3
        assert second.events[-1]["phase"] == "waiting" and "credits" in second.complaint


@pytest.mark.slow
def test_another_service_than_the_owners_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with sandbox("--tiny") as service:
        environ = environment(service)
        with running("generate", "first", "--json", "--data", tmp_path, environ=environ) as first:
            first.until_phase("rendering")
            told = run("generate", "second", "--sandbox", "--json", "--data", tmp_path)
            assert told.status == 2 and told.complaint.count("\n") == 1 and service.base_url in told.complaint
            first.kill()
        assert [create["prompt"] for create in service.seen().creates] == ["first"]


@pytest.mark.slow
def test_resume_beside_the_owner_follows_what_is_unfinished(tmp_path: Path) -> None:
    with sandbox("--tiny", "--speed", "2") as service:
        environ = environment(service)
        with running("generate", "first", "--json", "--data", tmp_path, environ=environ) as first:
            first.until_phase("rendering")
            told = run("resume", "--json", "--data", tmp_path, environ=environ)
            assert first.end().status == 0
    assert (told.status, told.phases[-1]) == (0, "ready")
