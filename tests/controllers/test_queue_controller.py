"""What the window's requests about the queue do, without a service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from builders import a_job

from sora_desktop.api.errors import Unreachable
from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.controllers.question import Answer, Question
from sora_desktop.controllers.queue import QueueController
from sora_desktop.domain.job import Unconfirmed
from sora_desktop.domain.queue import QueueState
from sora_desktop.engine.connection import Connected, Connection
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.queue_cost import QueueCost
from sora_desktop.state.window_view import WindowState


class Request:
    """Stands for a signal of the window."""

    def __init__(self) -> None:
        self.emit: Callable[..., object] = lambda: None

    def connect(self, act: Callable[..., object]) -> None:
        self.emit = act


class RunTasks:
    """Tasks that run at once, in a loop of their own."""

    unfinished_files: tuple[str, ...] = ()

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        asyncio.run(work)


class UnreadRunner:
    """A runner whose balance cannot be read."""

    def __init__(self, *, bills: bool) -> None:
        self.bills = bills
        self.balance_error = "The service cannot be reached." if bills else ""

    async def read_balance(self) -> None:
        return None


SERVICES = JobServices(JobService("", CAPABILITIES))


def a_window() -> SimpleNamespace:
    names = ("close", "pause", "resume", "balance", "prices")
    return SimpleNamespace(**{f"{name}_requested": Request() for name in names})


def a_controller(engine: object, window: object, state: WindowState) -> QueueController:
    panels = SimpleNamespace(
        window=window, window_state=state, job_list=SimpleNamespace(queue=(0, QueueCost()), services=SERVICES)
    )
    controller = QueueController(cast(Any, engine), cast(Any, panels), cast(Any, RunTasks()), lambda: None)
    controller.connect_signals()
    return controller


@pytest.mark.parametrize(
    ("bills", "text"),
    [
        (True, "The balance could not be read. The service cannot be reached."),
        (False, "This service has no balance to read."),
    ],
)
def test_a_refreshed_balance_that_is_not_known_is_explained(bills: bool, text: str) -> None:
    connection: Connection = Connected("test", cast(Any, UnreadRunner(bills=bills)))
    window, state = a_window(), WindowState()
    a_controller(SimpleNamespace(connection=connection, connected=True), window, state)
    window.balance_requested.emit()
    assert [notice.text for notice in state.facts.notices] == [text]


@pytest.mark.parametrize("paused", [True, False])
def test_whether_the_queue_is_paused_is_read_from_the_settings(paused: bool) -> None:
    """What the window shows of it may be older."""
    done: list[str] = []
    commands = SimpleNamespace(go_on=lambda: done.append("go on"))
    engine = SimpleNamespace(
        connection=Connected("test", cast(Any, SimpleNamespace(commands=commands))),
        settings=SimpleNamespace(paused=paused),
        pause=lambda paused: done.append(f"pause {paused}"),
    )
    window, state = a_window(), WindowState()
    state.set_facts(replace(state.facts, queue=QueueState(paused=not paused)))
    a_controller(engine, window, state)
    window.resume_requested.emit()
    assert done == (["pause False"] if paused else ["go on"])


@pytest.mark.parametrize(
    ("tops_up", "paused", "done"),
    [(True, False, ["top up"]), (False, False, ["go on"]), (True, True, ["pause False"])],
)
def test_the_button_tops_up_a_balance_that_the_queue_waits_for(tops_up: bool, paused: bool, done: list[str]) -> None:
    happened: list[str] = []

    async def top_up() -> None:
        happened.append("top up")

    commands = SimpleNamespace(go_on=lambda: happened.append("go on"), top_up=top_up)
    engine = SimpleNamespace(
        connection=Connected("test", cast(Any, SimpleNamespace(commands=commands))),
        settings=SimpleNamespace(paused=paused),
        pause=lambda paused: happened.append(f"pause {paused}"),
    )
    window, state = a_window(), WindowState()
    state.set_facts(replace(state.facts, queue=QueueState(paused, "Too few.", tops_up=tops_up)))
    a_controller(engine, window, state)
    window.resume_requested.emit()
    assert happened == done and state.facts.notices == ()


def test_a_balance_that_cannot_be_topped_up_is_explained() -> None:
    async def top_up() -> None:
        raise Unreachable("The service cannot be reached.")

    runner = SimpleNamespace(commands=SimpleNamespace(top_up=top_up))
    engine = SimpleNamespace(
        connection=Connected("test", cast(Any, runner)), settings=SimpleNamespace(paused=False), connected=True
    )
    window, state = a_window(), WindowState()
    state.set_facts(replace(state.facts, queue=QueueState(reason="Too few.", tops_up=True)))
    a_controller(engine, window, state)
    window.resume_requested.emit()
    (notice,) = state.facts.notices
    assert notice.text == "The balance could not be topped up. The service cannot be reached."


@pytest.mark.parametrize("bills", [True, False])
def test_the_question_before_closing_names_the_balance_only_of_a_service_that_has_one(
    bills: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[Question] = []

    async def keep_open(_: object, question: Question) -> Answer:
        questions.append(question)
        return Answer(yes=False)

    monkeypatch.setattr("sora_desktop.controllers.queue.ask", keep_open)
    lost = a_job(Unconfirmed())
    charging = SimpleNamespace(bills=bills, jobs=lambda: [lost])
    idle = SimpleNamespace(bills=not bills, jobs=list)
    free = SimpleNamespace(bills=not bills, jobs=lambda: [lost])
    engine = SimpleNamespace(
        connection=Connected("free", cast(Any, free)),
        lanes={
            "charging": SimpleNamespace(runner=charging, capabilities=CAPABILITIES),
            "idle": SimpleNamespace(runner=idle, capabilities=CAPABILITIES),
            "free": SimpleNamespace(runner=free, capabilities=replace(CAPABILITIES, unit=None)),
        },
        settings=SimpleNamespace(paused=False, ask_before_closing=True),
        jobs=[lost],
        seconds_to_answer=30.0,
    )
    window = a_window()
    a_controller(engine, window, WindowState())
    window.close_requested.emit()
    (question,) = questions
    assert ("checks the balance" in question.details) is bills
