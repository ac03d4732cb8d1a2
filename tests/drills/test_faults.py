"""Every fault at every call, alone and in pairs: no crash, no second create, no lost clip, readable messages."""

from __future__ import annotations

import itertools
import random
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from drills.program_runs import DiskState, ProgramRun, ProgramRunner, RunResult
from drills.service import running_service
from PySide6.QtGui import QImage

from sora_desktop.domain.job import Failed, Unconfirmed
from sora_desktop.sandbox.fault_script import BAD_ENDS, CALLS_BY_FAULT, REFUSING_FAULTS, REPLACING_FAULTS

Fault: TypeAlias = dict[str, object]

#: The calls that the program makes. It makes posters itself and fetches no thumbnail.
CALLS = ("create", "look", "upload", "credits", "file")
#: Statuses that end a task. As a fault they are false: the task goes on.
ENDED = ("cancelled", "expired", "deleted")
#: Cases in the short form.
SINGLES, PAIRS = 28, 12
#: Pairs in the long form.
ALL_PAIRS = 400
#: Further runs without faults, at most, until nothing is left to do.
MORE_RUNS = 4

#: Real seconds, or bytes a second: enough for the fault to have an effect, without making the drill long.
_VALUES: dict[str, object] = {"delay": 0.2, "stall": 1.5, "slow": 40_000, "2003": 2, "429": 0.3, "2001": 0.3}
_REASONS: tuple[object, ...] = (
    "The model crashed",
    {},
    {"error": "plain"},
    {"error": {"code": "c", "message": "m"}},
    {"error_message": "m"},
    {"failure_reason": "content_policy_violation"},
    {"msg": "m"},
    {"error": {"code": 17, "message": None}},
)
#: Codes of refusals that name a task.
_REFUSALS: tuple[object, ...] = (2002, 3001, 400, 401, 404, 503, {"code": 4001, "place": "error.task.id"})


def _fault(call: str, fault: str, **more: object) -> Fault:
    return {"call": call, "fault": fault, **more}


def _variants() -> Iterator[Fault]:
    """Faults with unusual values and counts."""
    odds: tuple[object, ...] = ("57", 250, -3, None, [], "NaN", 1e308)
    for odd in odds:
        yield _fault("look", "progress", value=odd)
    for status in (*ENDED, "queued"):
        yield _fault("look", "unknown_status", value=status)
    for call, reason in itertools.product(("create", "look"), _REASONS):
        yield _fault(call, "failed", value=reason)
    for gone in (403, 404, 410):
        yield _fault("file", "expired", value=gone)
    for share in (0.0, 0.3, 0.99):
        yield _fault("file", "cut_short", value=share)
    yield _fault("file", "wrong_length", value=-1000)
    for call, code in itertools.product(CALLS, (400, 401, 429, 500, 9999)):
        yield _fault(call, "code_in_200", value=code)
    for call in CALLS:
        yield _fault(call, "redirect", value="localhost")
    for call, how in itertools.product(("create", "look", "upload", "credits"), BAD_ENDS):
        yield _fault(call, "bad_end", value=how)
    for refusal in _REFUSALS:
        yield _fault("create", "names_task", value=refusal)
    for more in (-1, -4):
        yield _fault("create", "cut_after_id", value=more)
    yield _fault("look", "other_task", value="task_9999", count=4)
    for fault in ("reset_after", "html", "503_html", "expired"):
        yield _fault("file", fault, count=4)
    for fault in ("reset_before", "stuck_99", "502_html", "truncated"):
        yield _fault("look", fault, count=4)


def _singles() -> list[Fault]:
    found: list[Fault] = []
    for fault, calls in CALLS_BY_FAULT.items():
        for call in CALLS:
            if call not in calls:
                continue
            planned: Fault = {"call": call, "fault": fault}
            if fault in _VALUES:
                planned["value"] = _VALUES[fault]
            found.append(planned)
            # a refusal without an id is believed: no client can tell that a service has charged and then refused
            if call != "file" and (fault == "delay" or fault in REPLACING_FAULTS - {*REFUSING_FAULTS, "expired"}):
                found.append({**planned, "after": True})
    return found + list(_variants())


def _describe(faults: Sequence[Fault]) -> str:
    return " + ".join(" ".join(str(part) for part in fault.values()) for fault in faults)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("image") / "picture.png"
    picture = QImage(320, 180, QImage.Format.Format_RGB32)
    picture.fill(0x336699)
    assert picture.save(str(file))
    return file


def _end_of(run: ProgramRun) -> RunResult:
    """Waits for the end of a run; one that sleeps until midnight is terminated."""
    while not run.has_ended():
        if any("midnight" in str(event.get("reason", "")) for event in run.events()):
            return run.end(signal.SIGTERM)
        time.sleep(0.01)
    return run.end()


def _try(runner: ProgramRunner, folder: Path, image: Path, faults: Sequence[Fault]) -> None:
    data = folder / "data"
    ended_falsely = any(fault.get("value") in ENDED for fault in faults)
    with running_service(folder / "service", *faults) as service:
        environ = service.environ
        arguments: list[Any] = ["generate", "a red kite", "--json", "--data", data]
        if any(fault["call"] == "upload" for fault in faults):
            arguments += ["--image", image]
        with runner.start(*arguments, environ=environ) as run:
            result = _end_of(run)
        result.check()
        daily_limit = any(fault["fault"] == "2003" for fault in faults)
        for number in range(MORE_RUNS):
            is_unfinished = result.status == 3  # it may have ended before its task, which completes meanwhile
            DiskState.read(data).check_against(service.creates, given_up=ended_falsely or is_unfinished)
            if result.status in (0, 1):
                break
            service.finish()
            # a run may end in a new daily limit, which is available again on the next day, by the service's clock
            if daily_limit:
                service.inner.state.clock_offset = 86400.0 * (number + 1)
            act = f"forth {number + 1}" if daily_limit else "count"
            with runner.start("resume", "--json", "--data", data, environ=environ, step=1, act=act) as run:
                result = _end_of(run)
            result.check()
        state = DiskState.read(data)
        state.check_against(service.creates, given_up=ended_falsely)
        (job,) = state.jobs
        assert any(service.calls[str(fault["call"])] for fault in faults), "the program never makes these calls"
        if isinstance(job.phase, Failed):
            assert ended_falsely or all(create["status"] == "failed" for create in service.creates), job
        elif not state.phases["ready"]:
            assert isinstance(job.phase, Unconfirmed), (job, result.errors)
            assert any(fault["call"] in ("create", "credits") for fault in faults), job
        assert not state.parts or isinstance(job.phase, Unconfirmed | Failed), state.parts


def _try_all(runner: ProgramRunner, tmp_path: Path, image: Path, cases: Sequence[Sequence[Fault]], what: str) -> None:
    started, failed = time.monotonic(), []
    for number, faults in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            _try(runner, folder, image, faults)
        except AssertionError as error:
            failed.append(f"{_describe(faults)}: {str(error).splitlines()[0] if str(error) else repr(error)}")
            print(failed[-1])
    print(f"\n  {len(cases)} {what} tried in {time.monotonic() - started:.0f} s")
    assert not failed, "\n".join(failed)


def test_each_alone(runner: ProgramRunner, tmp_path: Path, image: Path, long: bool) -> None:
    every = [[fault] for fault in _singles()]
    cases = every if long else random.Random(1).sample(every, SINGLES)
    _try_all(runner, tmp_path, image, cases, "faults")


def test_in_pairs(runner: ProgramRunner, tmp_path: Path, image: Path, long: bool) -> None:
    every = [list(pair) for pair in itertools.product(_singles(), repeat=2)]
    cases = random.Random(2).sample(every, ALL_PAIRS if long else PAIRS)
    _try_all(runner, tmp_path, image, cases, f"pairs of {len(every)}")
