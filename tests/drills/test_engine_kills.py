"""The program is killed while it uses an engine of each kind: nothing is created twice, and every video is fetched."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from drills.engine_service import EngineService, running_engine
from drills.program_runs import DiskState, ProgramRunner

from sora_desktop.api.openai.profiles import PROFILES
from sora_desktop.domain.ledger import Outcome

#: Where a kill leaves a create without an answer, or a video that nobody has fetched.
MOMENTS = ("after create", "before create", "after naming a clip")
#: Kills in a row without a whole run between them.
DEPTH = 3
LIMIT_OF_STEPS = 400


@pytest.mark.parametrize("like", PROFILES)
def test_at_the_moments_that_matter(runner: ProgramRunner, tmp_path: Path, like: str, long: bool) -> None:
    """Each run is killed at one of them; the next run, with another request, decides what became of the last."""
    moments = [*MOMENTS, "before poll", "after download", "after tasks", "before COMMIT"] if long else MOMENTS
    with running_engine(tmp_path / "service", like) as engine:
        prompts = _prepared(runner, engine, tmp_path / "data")
        for moment in moments:
            prompts += _killed(runner, engine, tmp_path / "data", f"{moment} {len(prompts)}", act=f"kill {moment}")
        print(f"\n  {like}: {len(moments)} kills; {_finish(runner, engine, tmp_path / 'data', prompts)}")


def test_at_every_step(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    """At a vLLM-Omni server, whose list decides everything."""
    with running_engine(tmp_path / "service", "omni") as engine:
        data, kills, step = tmp_path / "data", 0, 1
        prompts = _prepared(runner, engine, data)
        while step < LIMIT_OF_STEPS:
            more = _killed(runner, engine, data, f"kite {step}", step=step)
            if not more:
                break
            prompts += more
            kills += 1
            if kills % DEPTH == 0:
                _resume(runner, engine, data)
            step += 1 if long else 2
        assert step > 20, "no step was reached"
        print(f"\n  omni: {kills} kills at steps 1 to {step}; {_finish(runner, engine, data, prompts)}")


def _prepared(runner: ProgramRunner, engine: EngineService, data: Path) -> list[str]:
    """A data folder that has a video of the engine, which the engine still knows."""
    engine.use_in(data)
    engine.post(data, ["first"])
    _resume(runner, engine, data)
    assert DiskState.read(data).phases == {"ready": 1}
    return ["first"]


def _killed(
    runner: ProgramRunner, engine: EngineService, data: Path, prompt: str, *, step: int = 0, act: str = "kill"
) -> list[str]:
    """The prompt of one more request, whose run was killed; nothing if the run was not killed."""
    engine.post(data, [prompt])
    result = runner.run("resume", "--json", "--data", data, environ=engine.environ, step=step, act=act)
    return [prompt] if result.killed else []


def _resume(runner: ProgramRunner, engine: EngineService, data: Path) -> None:
    result = runner.run("resume", "--json", "--data", data, environ=engine.environ)
    assert not result.killed
    result.check()


def _finish(runner: ProgramRunner, engine: EngineService, data: Path, prompts: list[str]) -> str:
    """Resume to the end and compare disk and engine; return a line of figures."""
    _resume(runner, engine, data)
    state, creates = DiskState.read(data), engine.creates
    asked = {job.request.prompt for job in state.jobs}
    assert asked >= set(prompts) and len(asked) == len(state.jobs)
    state.check_against(creates)
    assert set(state.phases) <= {"ready", "unconfirmed"}, state.phases
    assert not any(phase.safe_to_send or not phase.reason for phase in state.unconfirmed), state.unconfirmed
    lost = Counter(each.outcome for tries in state.attempts.values() for each in tries if each.answer == "no answer")
    decided = lost[Outcome.ACCEPTED] + lost[Outcome.REFUSED]
    if PROFILES[engine.config.profile].list_is_proof:
        assert decided == lost.total() and len(creates) == len(state.jobs)
    return (
        f"{len(state.jobs)} asked for, {len(creates)} creates seen; {decided} of {lost.total()} lost answers decided "
        f"({lost[Outcome.ACCEPTED]} adopted, {lost[Outcome.REFUSED]} surely absent), "
        f"{len(state.unconfirmed)} cannot tell"
    )
