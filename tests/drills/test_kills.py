"""A program killed at random instants or between any two steps buys nothing twice and loses nothing paid for."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from drills.program_runs import DiskState, ProgramRunner, RunResult, post_requests
from drills.service import Service, prompts, running_service
from waiting import wait_until

from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import StoreError

QUEUE = 20
#: Kills in the long form: on the fast clock, of the program as the user starts it, and of the window.
FAST, PLAIN, WINDOWS = 200, 60, 20


def _slow_creates() -> list[dict[str, object]]:
    """Delays before and after each create, so that kills hit both."""
    return [{"call": "create", "fault": "delay", "value": 0.15, "after": bool(n % 2)} for n in range(10 * QUEUE)]


def _resume(runner: ProgramRunner, data: Path, environ: dict[str, str]) -> RunResult:
    result = runner.run("resume", "--json", "--data", data, environ=environ)
    assert not result.killed
    result.check()
    return result


def _send_again(runner: ProgramRunner, data: Path, environ: dict[str, str]) -> list[str]:
    """Sends again, as the user would, what is safe to send; returns the jobs' ids."""
    with runner.start("user", "send-again", data, environ=environ) as run:
        result = run.end()
        assert result.status == 0, result.errors
        return [str(id) for id in json.loads(run.output.splitlines()[-1])]


def _finish(runner: ProgramRunner, service: Service, data: Path, asked: int) -> str:
    """Resumes to the end, sends again what is safe, and compares disk and service; returns a line of figures."""
    _resume(runner, data, service.environ)
    before = DiskState.read(data)
    before.check_against(service.creates)
    assert set(before.phases) <= {"ready", "unconfirmed"} and len(before.jobs) == asked, before.phases
    resent = _send_again(runner, data, service.environ) if before.unconfirmed else []
    state = DiskState.read(data)
    state.check_against(service.creates, resent=resent)
    lost = len(state.unconfirmed)
    assert state.phases["ready"] == asked - lost
    assert not any(each.safe_to_send for each in state.unconfirmed)
    billed = len(service.creates) - state.phases["ready"]
    assert 0 <= billed <= lost
    return (
        f"{asked} asked for, {len(service.creates)} creates, {state.phases['ready']} ready, {lost} outcome unknown "
        f"({billed} of them billed), {len(resent)} sent again by the user"
    )


def test_at_random_instants(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    rng = random.Random(2026)
    kills, queues, wanted = 0, 0, FAST if long else 20
    began = time.monotonic()
    while kills < wanted:
        queues += 1
        data = tmp_path / f"data {queues}"
        with running_service(tmp_path / f"service {queues}", *_slow_creates()) as service:
            post_requests(data, service.base_url, prompts(QUEUE))
            while kills < wanted:
                with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
                    time.sleep(rng.uniform(0.02, 0.75))
                    if run.has_ended() or not run.end(signal.SIGKILL).killed:  # it may end between the two calls
                        break
                    kills += 1
            print(f"\n  queue {queues}, {kills} kills so far:", _finish(runner, service, data, QUEUE))
    print(f"  {kills} kills in {time.monotonic() - began:.0f} s")
    assert kills >= wanted


def test_the_program_as_the_user_starts_it(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    _kill_processes(runner, tmp_path, ["resume", "--json"], kills=PLAIN if long else 4, longest=2.5)


def test_the_window(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    if not long:
        pytest.skip("only in the long form")
    _kill_processes(runner, tmp_path, [], kills=WINDOWS, longest=5.0)


def _kill_processes(runner: ProgramRunner, tmp_path: Path, arguments: list[str], *, kills: int, longest: float) -> None:
    rng = random.Random(7)
    asked = QUEUE if kills > 10 else 6
    queues = done = 0
    while done < kills:
        queues += 1
        data = tmp_path / f"data {queues}"
        with running_service(tmp_path / f"service {queues}") as service:
            post_requests(data, service.base_url, prompts(asked))
            environ = {**service.environ, "QT_QPA_PLATFORM": "offscreen"}
            command = [sys.executable, "-m", "sora_desktop", "--data", str(data), *arguments]
            while done < kills and _unfinished(data, asked):
                process = subprocess.Popen(
                    command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
                )
                try:
                    process.wait(rng.uniform(0.5, longest))
                except subprocess.TimeoutExpired:
                    done += 1
                process.kill()
                process.wait()
            print(f"\n  queue {queues}, {done} kills so far:", _finish(runner, service, data, asked))


def _unfinished(data: Path, asked: int) -> bool:
    """True until every job is ready or waits for the user, and so ends the program before it can be killed.

    There is no database before the first run, nor after a very short one.
    """
    if not DataFolder.at(data).database.exists():
        return True
    try:
        phases = DiskState.read(data).phases
        return phases["ready"] + phases["unconfirmed"] < asked
    except StoreError:
        return True


def test_between_any_two_steps(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    steps, unknown = 0, 0
    while True:
        steps += 1 if long or steps < 1 else 8
        data = tmp_path / f"data {steps}"
        with running_service(tmp_path / f"service {steps}") as service:
            post_requests(data, service.base_url, prompts(2))
            result = runner.run("resume", "--json", "--data", data, environ=service.environ, step=steps, act="kill")
            if not result.killed:
                break
            if steps % 5 == 0:  # the next run is killed, too
                runner.run("resume", "--json", "--data", data, environ=service.environ, step=steps // 2, act="kill")
            _resume(runner, data, service.environ)
            state = DiskState.read(data)
            state.check_against(service.creates)
            assert len(state.jobs) == 2 and set(state.phases) <= {"ready", "unconfirmed"}, (steps, state.phases)
            unknown += len(state.unconfirmed)
            if state.unconfirmed and (long or steps % 4 == 0):
                _finish(runner, service, data, 2)
    print(f"\n  killed at {steps - 1} steps; {unknown} outcomes unknown")
    assert steps > 50, "no step was reached"


def test_killed_during_a_create_that_is_not_charged_yet(runner: ProgramRunner, tmp_path: Path) -> None:
    """The next run reads the balance, and again when the service must have ended the create: after 130 seconds."""
    data = tmp_path / "data"
    with running_service(tmp_path / "service", {"call": "create", "fault": "delay", "value": 1.0}) as service:
        post_requests(data, service.base_url, prompts(1))
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            wait_until(lambda: service.calls["create"])
            run.end(signal.SIGKILL)
        result = _resume(runner, data, service.environ)
        (last,) = result.last.values()
        assert result.status == 3 and last["phase"] == "unconfirmed" and last["reason"]
        assert service.calls["create"] == 1
        DiskState.read(data).check_against(service.creates)


def test_killed_while_generate_takes_the_request(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    """Every job that `generate` has printed is kept, and nothing is sent that is not kept."""
    with running_service(tmp_path / "service") as service:
        for step in range(1, 30, 1 if long else 7):
            data = tmp_path / f"data {step}"
            sent = len(service.creates)
            result = runner.run(
                "generate", f"kite {step}", "--json", "--data", data, environ=service.environ, step=step, act="kill"
            )
            assert result.killed
            if not (data / "library.db").exists():
                assert not result.events and len(service.creates) == sent
                continue
            _resume(runner, data, service.environ)
            state = DiskState.read(data)
            state.check_against(service.creates, unasked=sent)
            assert len(state.jobs) >= len(result.last)
