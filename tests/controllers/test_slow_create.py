"""The settings change, or the window closes, while the answer to a create is awaited: it is not given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from controllers.conftest import Hand, Opened
from drills.service import Service, running_service
from sandbox_server import SandboxServer

from sora_desktop.domain.job import Ready, Rendering, Unconfirmed
from sora_desktop.ui.window.header_bar import Pill

OpenProgram = Callable[[], Opened]


@pytest.fixture
def slow_service(monkeypatch: pytest.MonkeyPatch, data_folder: object, tmp_path: Path) -> Iterator[Service]:
    """The service that the window connects to, whose answers a test holds back."""
    with running_service(tmp_path / "service") as there:
        monkeypatch.setenv("SORA_BASE_URL", there.base_url)
        yield there


async def send(hand: Hand, service: Service) -> None:
    """Send a request, and return when the service has charged for it."""
    hand.type("promptEdit", "A lantern in the fog")
    hand.click("generateButton")
    await hand.until(lambda: service.creates)
    assert [job.phase for job in hand.jobs()] == [Unconfirmed()]


def badge_of(hand: Hand) -> str:
    badge = hand.part("serviceBadge")
    assert isinstance(badge, Pill)
    return badge.text()


async def test_another_service_is_used_while_the_answer_is_awaited(
    open_program: OpenProgram, service: SandboxServer, slow_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_program() as hand:
        engine = hand.controller.engine
        with slow_service.held_answers_to("create"):
            await send(hand, slow_service)
            monkeypatch.setenv("SORA_BASE_URL", service.base_url)
            await hand.controller.connection.reconnect()
            assert engine.service_name == service.base_url and engine.connected and badge_of(hand) == "Live"
            assert set(engine.lanes) == {service.base_url, slow_service.base_url}
            balance = hand.part("balanceLabel")
            await hand.until(lambda: not balance.isHidden())
        await hand.until(lambda: set(engine.lanes) == {service.base_url})
        (job,) = hand.jobs()
        assert isinstance(job.phase, Rendering) and job.phase.remote_id == slow_service.creates[0]["task_id"]
        assert hand.text("balanceLabel") == "2\u202f000 credits", "the balance of the service that is shown"
        monkeypatch.setenv("SORA_BASE_URL", slow_service.base_url)
        await hand.controller.connection.reconnect()
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        assert len(slow_service.creates) == 1 and not service.seen().creates


async def test_the_same_service_waits_for_the_answer_and_the_window_says_so(
    open_program: OpenProgram, slow_service: Service
) -> None:
    async with open_program() as hand:
        engine = hand.controller.engine
        lanes: set[int] = set()
        with slow_service.held_answers_to("create"):
            await send(hand, slow_service)
            reconnecting = asyncio.create_task(hand.controller.connection.reconnect(), name="reconnect")
            await hand.until(lambda: hand.text("noticeLabel").startswith("Waiting up to 1"))
            assert hand.text("noticeLabel").endswith("The new settings apply after that.")
            assert not engine.connected and badge_of(hand) == "Connecting…"
            hand.type("promptEdit", " at night")  # the window is not frozen
            hand.click("generateButton")
            for _ in range(10):
                await asyncio.sleep(0.01)
                lanes.add(len(engine.lanes))
            assert not reconnecting.done()
        while not reconnecting.done():
            await asyncio.sleep(0.001)
            lanes.add(len(engine.lanes))
        await reconnecting
        assert lanes <= {0, 1}, "two lanes held the same job"
        assert hand.part("noticeLabel").isHidden() or "Waiting" not in hand.text("noticeLabel")
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready, Ready])
        prompts = [create["prompt"] for create in slow_service.creates]
        assert prompts == ["A lantern in the fog", "A lantern in the fog at night"]


async def test_a_window_that_is_closed_stays_until_the_answer_is_saved(
    open_program: OpenProgram, slow_service: Service
) -> None:
    opened = open_program()
    async with opened as hand:
        controller = hand.controller
        with slow_service.held_answers_to("create"):
            await send(hand, slow_service)
            closing = asyncio.create_task(controller.aclose(), name="close")
            await hand.until(lambda: hand.text("noticeLabel").startswith("Waiting up to 1"))
            assert hand.text("noticeLabel").endswith("Then the window closes.")
            for _ in range(2):
                controller.window.close()
                await asyncio.sleep(0.02)
                assert controller.window.isVisible() and not closing.done()
        await closing
        assert not controller.window.isVisible()
        (job,) = controller.engine.store.unfinished()
        assert isinstance(job.phase, Rendering)
    async with open_program() as hand:
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        assert len(slow_service.creates) == 1
