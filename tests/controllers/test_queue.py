"""The queue in the window: paused, edited, reordered, explained; and the question before closing."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from controllers.conftest import CTRL, Hand, Opened
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QTableWidget, QTextEdit
from sandbox_server import SandboxServer, sandbox

from sora_desktop.domain.job import Ready, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.queue import Before
from sora_desktop.state.actions import Action
from sora_desktop.ui.widgets.amount_spin import AmountSpin

OpenProgram = Callable[[], Opened]


def choose(hand: Hand, text: str) -> None:
    """Trigger an item of the menus."""
    next(action for action in hand.controller.window.findChildren(QAction) if action.text() == text).trigger()


def line(hand: Hand) -> str:
    return "" if hand.part("queueBar").isHidden() else hand.text("queueLabel")


async def queue_three(hand: Hand) -> None:
    """Three videos wait in a paused queue."""
    choose(hand, "Pause queue")
    await hand.until(lambda: "paused" in line(hand))
    for name in ("one", "two", "three"):
        prompt = hand.part("promptEdit")
        assert isinstance(prompt, QTextEdit)
        prompt.clear()
        hand.type("promptEdit", name)
        hand.controller.composer.submit()
        await hand.until(lambda name=name: name in [job.request.prompt for job in hand.jobs()])  # type: ignore[misc]


async def test_a_paused_queue_is_reordered_edited_held_and_resumed(
    open_program: OpenProgram, service: SandboxServer
) -> None:
    async with open_program() as hand:
        await queue_three(hand)
        assert line(hand) == "The queue is paused. 3 videos in line."
        one, two, three = hand.jobs()
        hand.controller.job_controller.run(Action.MOVE_TO_FRONT, [three.id])
        await hand.until(lambda: [job.request.prompt for job in hand.jobs()] == ["three", "one", "two"])
        hand.controller.job_controller.run(Before(three.id), [one.id])
        await hand.until(lambda: [job.request.prompt for job in hand.jobs()] == ["one", "three", "two"])
        hand.controller.job_controller.run(Action.MOVE_TO_FRONT, [three.id])
        hand.controller.job_controller.run(Action.HOLD, [two.id])
        await hand.until(lambda: line(hand) == "The queue is paused. 2 videos in line.")
        hand.controller.job_controller.run(Action.EDIT_QUEUED, [one.id])
        prompt = hand.part("promptEdit")
        assert isinstance(prompt, QTextEdit)
        assert prompt.toPlainText() == "one"
        hand.type("promptEdit", " better")
        assert hand.part("editWords").isVisible()
        hand.key(Qt.Key.Key_Return, CTRL)
        await hand.until(lambda: "one better" in [job.request.prompt for job in hand.jobs()])
        await hand.until(lambda: prompt.toPlainText() == "three")  # the draft is back
        assert service.seen().creates == []
        hand.click("queueButton")
        await hand.until(lambda: sum(isinstance(job.phase, Ready) for job in hand.jobs()) == 2)
        assert [create["prompt"] for create in service.seen().creates] == ["three", "one better"]
        assert [job.on_hold for job in hand.jobs() if isinstance(job.phase, Waiting)] == [True]


def toast_text(hand: Hand, key: str = "trash") -> str:
    toast = hand.controller.panels.toasts.find(key)
    return "" if toast is None else toast.text


async def test_jobs_go_to_the_trash_and_come_back_on_hold(open_program: OpenProgram, service: SandboxServer) -> None:
    async with open_program() as hand:
        await queue_three(hand)
        one, two, three = hand.jobs()
        hand.choose_row(0)
        hand.key(Qt.Key.Key_Delete)
        await hand.until(lambda: [job.id for job in hand.jobs()] == [two.id, three.id])
        await hand.until(lambda: toast_text(hand) == "Moved to Trash")
        hand.key(Qt.Key.Key_Z, CTRL)
        await hand.until(lambda: [job.id for job in hand.jobs()] == [one.id, two.id, three.id])
        assert hand.jobs() == [replace(one, on_hold=True), two, three]
        await hand.until(lambda: toast_text(hand) == "Restored on hold")
        hand.key(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
        await hand.until(lambda: [job.id for job in hand.jobs()] == [two.id, three.id])
        hand.controller.job_controller.run(Action.TRASH, [two.id, three.id])
        await hand.until(lambda: toast_text(hand) == "2 videos moved to Trash")
        toast = hand.controller.panels.toasts.find("trash")
        assert toast is not None and toast.action is not None and toast.action.label == "Undo"
        hand.controller.panels.toasts.follow(toast)
        await hand.until(lambda: hand.jobs() == [replace(two, on_hold=True), replace(three, on_hold=True)])
        assert service.seen().creates == []


async def test_a_pause_survives_a_restart(open_program: OpenProgram, service: SandboxServer) -> None:
    async with open_program() as hand:
        await queue_three(hand)
    async with open_program() as hand:
        await hand.until(lambda: line(hand) == "The queue is paused. 3 videos in line.")
        assert service.seen().creates == []


async def test_the_daily_spending_limit_blocks_the_queue_and_says_so(
    open_program: OpenProgram, service: SandboxServer
) -> None:
    async with open_program() as hand:
        hand.controller.window.settings_requested.emit()
        limit = hand.part("dailyCapSpin")
        assert isinstance(limit, AmountSpin)
        limit.set_value(Decimal(150))
        hand.click("settingsSaveButton")
        await hand.until(lambda: hand.controller.engine.settings.spending_limit == Decimal(150))
        hand.type("promptEdit", "over the spending limit")
        hand.part("takesSpin").setProperty("value", 2)
        hand.click("generateButton")
        await hand.until(lambda: "daily spending limit of 150" in line(hand))
        await hand.until(lambda: sum(isinstance(job.phase, Ready) for job in hand.jobs()) == 1)
        assert len(service.seen().creates) == 1
        assert "Spent today 100 of 150" in hand.text("moneyLabel")
        assert hand.controller.panels.window_state.view.limit == "150 credits, 50 left"
        hand.controller.window.actions_listed["service.limit"].trigger()
        limit = hand.part("dailyCapSpin")
        assert isinstance(limit, AmountSpin) and limit.window().focusWidget() is limit
        limit.set_value(None)
        hand.click("settingsSaveButton")
        await hand.until(lambda: sum(isinstance(job.phase, Ready) for job in hand.jobs()) == 2)


async def test_an_edited_price_is_shown_on_the_button(open_program: OpenProgram) -> None:
    async with open_program() as hand:
        choose(hand, "Prices…")
        rows = hand.part("priceRows")
        assert isinstance(rows, QTableWidget)
        item = rows.item(0, 4)
        assert item is not None
        item.setText("123")
        hand.click("priceSaveButton")
        await hand.until(lambda: hand.part("generateButton").accessibleName() == "Generate, 123 credits")


async def test_closing_says_what_happens_and_can_be_canceled(open_program: OpenProgram, service: SandboxServer) -> None:
    opened = open_program()
    async with opened as hand:
        hand.controller.window.close()
        await hand.until(lambda: opened.closed == [True])  # nothing is in progress: no question
        opened.closed.clear()
        await queue_three(hand)
        hand.controller._tasks.start(asyncio.Event().wait(), "export range", writes="range.mp4")
        hand.controller.window.close()
        await hand.until(lambda: bool(hand.controller.window.findChildren(QMessageBox, "closeDialog")))
        box = hand.part("closeDialog")
        assert isinstance(box, QMessageBox)
        assert "3 videos are waiting in the queue, not sent and not paid for." in box.informativeText()
        assert "The export to “range.mp4” is not finished. Closing stops it." in box.informativeText()
        box.reject()
        await hand.until(lambda: not box.isVisible())
        assert opened.closed == [] and hand.controller.window.isVisible()
        hand.controller.window.close()
        await hand.until(lambda: any(d.isVisible() for d in hand.controller.window.findChildren(QMessageBox)))
        box = next(d for d in hand.controller.window.findChildren(QMessageBox) if d.isVisible())
        next(b for b in box.findChildren(QPushButton) if b.text() == "Close").click()
        await hand.until(lambda: opened.closed == [True])


@pytest.fixture
def unanswering() -> Iterator[SandboxServer]:
    """A service that accepts the first create and closes the connection without an answer."""
    with sandbox("--tiny", "--speed", "40", script=[{"call": "create", "fault": "reset_after"}]) as there:
        yield there


async def test_a_lost_answer_is_reconciled_by_the_balance_and_reported(
    unanswering: SandboxServer, open_program: OpenProgram, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SORA_BASE_URL", unanswering.base_url)
    async with open_program() as hand:
        hand.type("promptEdit", "lost")
        hand.key(Qt.Key.Key_Return, CTRL)
        await hand.until(lambda: any(isinstance(j.phase, Unconfirmed) and j.phase.billed for j in hand.jobs()))
        (job,) = hand.jobs()
        assert isinstance(job.phase, Unconfirmed)
        assert "100 credits" in job.phase.reason
        hand.controller.job_controller.run(Action.REPORT, [job.id])
        dialog = hand.part("reportDialog")
        assert isinstance(dialog, QFileDialog)
        target = tmp_path / "report.zip"
        dialog.selectFile(str(target))
        dialog.accept()
        await hand.until(target.exists)
        with zipfile.ZipFile(target) as report:
            content = json.loads(report.read("report.json"))
            everything = b"".join(report.read(name) for name in report.namelist())
        assert unanswering.key.encode() not in everything
        assert "lost" in json.dumps(content)
        hand.controller.job_controller.run(Action.SEND_AGAIN, [job.id])
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        assert len(unanswering.seen().creates) == 2, "one lost, one that the user sent again"


@pytest.mark.parametrize("is_undone", [False, True])
async def test_waiting_is_stopped_and_resumed(
    open_program: OpenProgram, service: SandboxServer, is_undone: bool
) -> None:
    async with open_program() as hand:
        hand.type("promptEdit", "stopped")
        hand.click("durationChoice:15")
        hand.key(Qt.Key.Key_Return, CTRL)
        await hand.until(lambda: any(isinstance(job.phase, Rendering) for job in hand.jobs()))
        hand.controller.job_controller.run(Action.ABANDON, [hand.jobs()[0].id])
        await hand.until(lambda: type(hand.jobs()[0].phase).__name__ == "Abandoned")
        await hand.until(lambda: toast_text(hand, "wait").startswith("Stopped waiting"))
        if is_undone:
            hand.part("jobList").setFocus()
            hand.key(Qt.Key.Key_Z, CTRL)
        else:
            hand.controller.job_controller.run(Action.RESUME, [hand.jobs()[0].id])
        await hand.until(lambda: isinstance(hand.jobs()[0].phase, Ready))
        assert not toast_text(hand, "wait"), "its link would do the same again"
        assert len(service.seen().creates) == 1


async def test_a_balance_that_cannot_be_read_says_why(
    open_program: OpenProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORA_API_KEY", "sk_wrong")
    async with open_program() as hand:
        choose(hand, "Refresh balance")
        await hand.until(lambda: "does not accept the API key" in hand.text("noticeLabel"))
