"""The computer's clock, or the service's, is wrong or jumps: nothing stops, nothing is bought twice."""

from __future__ import annotations

import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from drills.program_runs import DiskState, ProgramRunner, RunResult, post_requests
from drills.service import SPEED, Service, prompts, running_service

#: Hours by which the clock jumps for a moment.
JUMPS = (25, -25)
#: Renderings take a minute on the fast clock: longer than a jump.
SLOW = 4.0
#: That of `fast_clock.py`, which would change the clock of this process as well.
FACTOR = 20.0


def _check(result: RunResult, service: Service, data: Path, jobs: int) -> None:
    result.check()
    state = DiskState.read(data)
    state.check_against(service.creates)
    assert result.status == 0 and state.phases == {"ready": jobs}, (state.phases, result.errors)


@pytest.mark.parametrize("hours", JUMPS)
def test_a_clock_that_jumps_for_a_moment(runner: ProgramRunner, tmp_path: Path, long: bool, hours: int) -> None:
    """During a rendering, and at other steps."""
    for step in range(2, 60, 3) if long else (28,):
        data = tmp_path / f"data {step}"
        with running_service(tmp_path / f"service {step}", speed=SLOW) as service:
            post_requests(data, service.base_url, prompts(1))
            arguments = ("resume", "--json", "--data", data)
            result = runner.run(*arguments, environ=service.environ, step=step, act=f"jump {hours}")
            _check(result, service, data, 1)


@pytest.mark.parametrize("hours", JUMPS)
def test_a_start_while_the_clock_is_wrong(runner: ProgramRunner, tmp_path: Path, hours: int) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service", speed=SLOW) as service:
        post_requests(data, service.base_url, prompts(1))
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            run.until("rendering")
            run.end(signal.SIGKILL)
        result = runner.run("resume", "--json", "--data", data, environ=service.environ, step=1, act=f"jump {hours}")
        _check(result, service, data, 1)
        assert len(service.creates) == 1


#: The cases of the short form.
SAMPLE: list[list[dict[str, object]]] = [
    [{"call": "credits", "fault": "clock", "value": 3600}],
    [{"call": "credits", "fault": "reset_in_ms"}],
]


@pytest.mark.parametrize(
    "faults",
    [
        *SAMPLE,
        [{"call": "credits", "fault": "clock", "value": 170}],
        [{"call": "credits", "fault": "clock", "value": -14 * 3600}],
        [{"call": "credits", "fault": "clock", "value": 3600}, {"call": "credits", "fault": "reset_in_ms"}],
        [{"call": "look", "fault": "clock", "value": 3600}],
    ],
    ids=lambda faults: " + ".join(f"{fault['fault']} {fault.get('value', '')}".strip() for fault in faults),
)
@pytest.mark.parametrize("act", ["count", "back", "forth"])
def test_a_service_whose_clock_differs(
    runner: ProgramRunner, tmp_path: Path, faults: list[dict[str, object]], act: str, long: bool
) -> None:
    """The reset of the minute lies hours ahead by our clock, or is in milliseconds."""
    if not long and (act != "count" or faults not in SAMPLE):
        pytest.skip("in the long form only")
    data, began = tmp_path / "data", time.time()
    with running_service(tmp_path / "service", *faults, speed=SPEED / FACTOR) as service:
        state = service.inner.state
        state.options = replace(state.options, documented_limits=True)
        state.now = lambda: began + (time.time() - began) * FACTOR  # its minutes are as short as the program's
        post_requests(data, service.base_url, prompts(7))
        result = runner.run("resume", "--json", "--data", data, environ=service.environ, step=1, act=act)
        _check(result, service, data, 7)
