"""Several processes share a data folder: one runs the jobs, the others follow, and nothing is done twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from program import environment, run, running
from sandbox_server import sandbox

SLOW = ("--tiny", "--speed", "4")


@pytest.mark.slow
def test_a_second_command_gives_its_job_to_the_first_and_follows_it(tmp_path: Path) -> None:
    with sandbox(*SLOW) as service:
        environ = environment(service)
        arguments = ("--json", "--data", tmp_path)
        with running("generate", "first", *arguments, environ=environ) as first:
            first.until_phase("rendering")
            second = run("generate", "second", *arguments, environ=environ)
            result = first.end()
        seen = service.seen()
    assert (result.status, second.status, second.stderr) == (0, 0, "")
    assert second.phases[0] == "waiting" and second.phases[-1] == "ready"
    assert any("percent" in event for event in second.events if event["phase"] == "rendering")
    assert sorted(create["prompt"] for create in seen.creates) == ["first", "second"]
    assert result.files[0] != second.files[0] and all(file.is_file() for file in result.files + second.files)


@pytest.mark.slow
def test_when_the_owner_is_killed_the_follower_continues_both_jobs(tmp_path: Path) -> None:
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
            result = second.end()
        assert (result.status, result.stderr) == (0, "")
        listed = run("list", "--json", "--data", tmp_path)
        assert [json.loads(line)["phase"] for line in listed.stdout.splitlines()] == ["ready", "ready"]
        assert sorted(create["prompt"] for create in service.seen().creates) == ["first", "second"]


@pytest.mark.slow
def test_three_commands_start_at_once_in_a_new_folder(tmp_path: Path) -> None:
    def generate(number: int) -> int:
        return run("generate", f"number {number}", "--sandbox", "--json", "--data", tmp_path).status

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(generate, range(3))) == [0, 0, 0]
    listed = run("list", "--json", "--data", tmp_path)
    assert [json.loads(line)["phase"] for line in listed.stdout.splitlines()] == ["ready"] * 3


@pytest.mark.slow
def test_a_follower_ends_when_its_job_is_blocked_while_the_owner_goes_on(tmp_path: Path) -> None:
    with sandbox("--tiny", "--speed", "0.5", "--credits", "150") as service:
        environ = environment(service)
        arguments = ("--json", "--data", tmp_path)
        with running("generate", "first", *arguments, environ=environ) as first:
            first.until_phase("rendering")
            second = run("generate", "second", *arguments, environ=environ)
            assert first.process.poll() is None
        assert second.status == 3
        assert second.events[-1]["phase"] == "waiting" and "credits" in second.stderr


@pytest.mark.slow
def test_another_service_than_the_owners_is_refused(tmp_path: Path) -> None:
    with sandbox("--tiny") as service:
        environ = environment(service)
        with running("generate", "first", "--json", "--data", tmp_path, environ=environ) as first:
            first.until_phase("rendering")
            result = run("generate", "second", "--sandbox", "--json", "--data", tmp_path)
            assert result.status == 2 and result.stderr.count("\n") == 1 and service.base_url in result.stderr
            first.kill()
        assert [create["prompt"] for create in service.seen().creates] == ["first"]


@pytest.mark.slow
def test_resume_beside_the_owner_follows_unfinished_jobs(tmp_path: Path) -> None:
    with sandbox("--tiny", "--speed", "2") as service:
        environ = environment(service)
        with running("generate", "first", "--json", "--data", tmp_path, environ=environ) as first:
            first.until_phase("rendering")
            result = run("resume", "--json", "--data", tmp_path, environ=environ)
            assert first.end().status == 0
    assert (result.status, result.phases[-1]) == (0, "ready")
