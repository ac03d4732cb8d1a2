"""Every way to send a request that costs money, and the proof that there is no other in the window."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import click
import pytest
from builders import NOW, a_clip, a_job
from controllers.conftest import CTRL, Hand
from drag_and_drop import drag_and_drop
from fakes import do_nothing
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QAction, QGuiApplication, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QPushButton, QTreeView, QWidget
from sandbox_server import SandboxServer, sandbox

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.cli.program import program
from sora_desktop.controllers.jobs import JobController
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.window import WindowController
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobId,
    Ready,
    RemoteId,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.early_commands import EarlyCommands
from sora_desktop.state.actions import PAID, Action, actions_for
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.queue_cost import QueueCost
from sora_desktop.state.row_text import RowLink
from sora_desktop.state.submit_guard import REPEATED, SAME_CLICK, SubmitGuard
from sora_desktop.state.toasts import Toasts
from sora_desktop.state.undo_history import UndoHistory
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.records import Records
from sora_desktop.system.resources import resources
from sora_desktop.ui.actions.palette_list import PaletteList
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.library.row_lines import lines_of, parts_of
from sora_desktop.ui.player import message_link
from sora_desktop.ui.widgets.amount_spin import AmountSpin

LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Sight(Enum):
    """How the user sees a price before the request is sent."""

    CONTROL = "the control that is pressed names it"
    QUESTION = "a question names it first"
    EARLIER = "it was in sight when the job was queued; until it is sent, the status bar shows what is reserved"
    COMMAND = "a command was typed whose only purpose it is"


@dataclass(frozen=True)
class Way:
    """One way to spend."""

    name: str
    sight: Sight
    shown: str  # what the user sees when the control is pressed
    creates: int  # how many requests are sent
    act: Callable[[User], Awaitable[str]] | None  # does it and returns what was seen; None: tested elsewhere


class User(Hand):
    """The user of a window of which the test moves the clock of the guard."""

    def __init__(self, controller: WindowController, service: SandboxServer, clock: list[float]) -> None:
        super().__init__(controller)
        self.service = service
        self.clock = clock

    @property
    def view(self) -> QTreeView:
        return cast(QTreeView, self.part("jobList"))

    @property
    def name(self) -> str:
        return self.controller.engine.service_name

    def wait(self) -> None:
        """Let time pass, so that no press counts as a repeat."""
        self.clock[0] += 10 * SAME_CLICK
        self.move_to(QPoint(3, 3))

    def request(self, prompt: str, takes: int = 1) -> None:
        self.controller.composer.load_request(VideoRequest(prompt), takes)

    async def row(self, job: Job) -> Job:
        """Put a job into the library, select its row, and return the job."""
        await self.controller.engine.store.add([job])
        self.controller.job_list.reload()
        row = self.controller.job_list.row_of(job.id)
        assert row is not None
        self.view.setCurrentIndex(self.controller.job_list.index(row))
        self.view.setFocus()
        await asyncio.sleep(0.01)
        return job

    def place(self, job: Job) -> QRect:
        """Where the job's row is now."""
        row = self.controller.job_list.row_of(job.id)
        assert row is not None
        return self.view.visualRect(self.controller.job_list.index(row))

    def link(self, job: Job) -> tuple[str, QPoint]:
        """The label and the place of the link in the job's row."""
        text = self.controller.job_list.text_of(job)
        place = lines_of(job, text, parts_of(self.place(job)).text, self.view.font()).link
        assert text.link is not None and place is not None
        return text.link.label, place.center()

    def move_to(self, point: QPoint) -> None:
        """QTest.mouseMove would process events, which blocks the other tasks."""
        spot, glob = QPointF(point), QPointF(self.view.viewport().mapToGlobal(point))
        move = QMouseEvent(QEvent.Type.MouseMove, spot, glob, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, NONE)
        QApplication.sendEvent(self.view.viewport(), move)

    def click_at(self, point: QPoint) -> None:
        self.move_to(point)
        QTest.mouseClick(self.view.viewport(), LEFT, pos=point)

    def open_menu(self) -> QMenu:
        QTest.keyClick(self.view, Qt.Key.Key_F10, SHIFT)
        return next(menu for menu in self.view.findChildren(QMenu, "jobMenu") if menu.isVisible())

    def choose_item(self, action: Action) -> str:
        """Choose an item of the current row's menu, and return its text."""
        menu = self.open_menu()
        item = next(item for item in menu.actions() if item.objectName() == f"verb:{action.value}")
        text = item.text()
        menu.setActiveAction(item)
        QTest.keyClick(menu, Qt.Key.Key_Return)
        return text

    def menu_item(self, begins: str) -> QAction:
        return next(
            action for action in self.controller.window.findChildren(QAction) if action.text().startswith(begins)
        )

    @property
    def button(self) -> str:
        return self.part("generateButton").accessibleName()

    async def pause(self) -> None:
        self.menu_item("Pause queue").trigger()
        await self.until(lambda: self.controller.engine.settings.paused)


def failed(user: User, number: int, **changes: Any) -> Job:
    return a_job(Failed("It broke."), id=f"failed{number}", made=NOW + number, service=user.name, **changes)


async def click_generate(user: User) -> str:
    user.request("clicked")
    shown = user.button
    user.click("generateButton")
    return shown


async def press_space_on_generate(user: User) -> str:
    user.request("space")
    user.part("generateButton").setFocus()
    shown = user.button
    QTest.keyClick(user.part("generateButton"), Qt.Key.Key_Space)
    return shown


def shortcut(key: Qt.Key) -> Callable[[User], Awaitable[str]]:
    async def press(user: User) -> str:
        user.request(f"shortcut {key.name}")
        user.part("searchEdit").setFocus()
        assert user.part("generateButton").isVisible()
        shown = user.button
        user.key(key, CTRL)
        return shown

    return press


async def choose_generate(user: User) -> str:
    user.request("from the menu bar")
    item = user.menu_item("Generate")
    shown = item.text()
    item.trigger()
    return shown


def choose_in_palette(user: User, typed: str) -> str:
    """Find an action, see that Return alone does nothing, and press Ctrl+Return. Returns what the row says."""
    user.key(Qt.Key.Key_K, CTRL)
    field = user.part("paletteField")
    QTest.keyClicks(field, typed)
    row = cast(PaletteList, user.part("paletteList")).current
    assert row is not None and row.spends
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.isVisible()
    QTest.keyClick(field, Qt.Key.Key_Return, CTRL)
    return row.spoken


async def generate_in_palette(user: User) -> str:
    user.request("from the palette")
    return choose_in_palette(user, "generate")


async def another_take_in_palette(user: User) -> str:
    await user.row(a_job(Ready(a_clip()), id="again", made=NOW + 55, service=user.name))
    return choose_in_palette(user, "make another take")


def resume_in_palette(user: User) -> str:
    return choose_in_palette(user, "resume queue")


async def three_takes(user: User) -> str:
    user.request("takes", 3)
    shown = user.button
    user.click("generateButton")
    return shown


async def unknown_price(user: User) -> str:
    commands = user.controller.engine.connection.runner.commands  # type: ignore[union-attr]
    before = user.controller.engine.prices
    commands.set_prices(PriceTable())
    user.request("unknown price", 2)
    shown = user.button
    user.click("generateButton")
    await user.until(lambda: "unknown price" in [job.request.prompt for job in user.jobs()])
    await user.until(lambda: len(user.service.seen().creates) >= 1)
    await user.until(lambda: not [job for job in user.jobs() if isinstance(job.phase, Waiting)])
    commands.set_prices(before)
    return shown


async def click_retry(user: User) -> str:
    label, place = user.link(await user.row(failed(user, 1)))
    user.click_at(place)
    return label


async def press_retry_in_player(user: User) -> str:
    job = await user.row(failed(user, 5))
    button, player = cast(QAbstractButton, user.part("messageLink")), user.controller.panels.player
    await user.until(lambda: player.job is not None and player.job.id == job.id and button.isVisible())
    shown = button.text()
    button.click()
    return shown


async def choose_retry(user: User) -> str:
    await user.row(failed(user, 2))
    return user.choose_item(Action.RETRY)


async def choose_another_take(user: User) -> str:
    await user.row(a_job(Ready(a_clip()), id="ready", made=NOW + 50, service=user.name))
    return user.choose_item(Action.RETRY)


def unknown(user: User, id: str, **facts: bool) -> Job:
    return a_job(Unconfirmed("Looked up.", **facts), id=id, made=NOW + 60, service=user.name)


async def click_send_again(user: User) -> str:
    label, place = user.link(await user.row(unknown(user, "safe1", safe_to_send=True)))
    user.click_at(place)
    return label


async def choose_send_again_not_charged(user: User) -> str:
    await user.row(unknown(user, "safe2", safe_to_send=True))
    return user.choose_item(Action.SEND_AGAIN)


async def choose_send_again_charged(user: User) -> str:
    await user.row(unknown(user, "billed", billed=True))
    return user.choose_item(Action.SEND_AGAIN)


async def choose_send_again_unknown(user: User) -> str:
    await user.row(unknown(user, "unknown"))
    return user.choose_item(Action.SEND_AGAIN)


def on_hold(user: User, id: str) -> Job:
    return a_job(Waiting(), id=id, made=NOW + 70, on_hold=True, service=user.name)


async def click_release(user: User) -> str:
    label, place = user.link(await user.row(on_hold(user, "held1")))
    user.click_at(place)
    return label


async def choose_release(user: User) -> str:
    await user.row(on_hold(user, "held2"))
    return user.choose_item(Action.RELEASE)


async def several_retries(user: User) -> str:
    """No control selects several rows; a caller of the controller is asked."""
    jobs = [failed(user, 3), failed(user, 4)]
    for job in jobs:
        await user.row(job)
    user.controller.job_controller.run(Action.RETRY, [job.id for job in jobs])
    await user.until(lambda: bool(user.controller.window.findChildren(QWidget, "confirmDialog")))
    box = cast(Any, user.part("confirmDialog"))
    assert box.defaultButton().text() == "Cancel", "a hasty Return pays nothing"
    shown = str(box.text())
    next(button for button in box.findChildren(QAbstractButton) if button.text() == "Continue").click()
    return shown


async def save_edit(user: User) -> str:
    await user.pause()
    user.request("waits")
    user.click("generateButton")
    await user.until(lambda: any(isinstance(job.phase, Waiting) and not job.on_hold for job in user.jobs()))
    job = next(job for job in user.jobs() if isinstance(job.phase, Waiting) and not job.on_hold)
    user.controller.job_controller.run(Action.EDIT_QUEUED, [job.id])
    user.click("modelChoice:sora2-pro")
    shown = user.button
    user.click("generateButton")
    await user.until(lambda: any(one.request.model == "sora2-pro" for one in user.jobs()))
    user.click("queueButton")
    return shown


def resume_by(press: Callable[[User], str]) -> Callable[[User], Awaitable[str]]:
    async def resume(user: User) -> str:
        await user.pause()
        for prompt in ("one in line", "two in line"):
            user.request(prompt)
            user.click("generateButton")
        await user.until(lambda: user.controller.job_list.queue[0] == 2)
        await user.until(lambda: "200" in user.menu_item("Resume queue").text())
        await user.until(lambda: "Reserved 200" in user.text("moneyLabel"))  # the one before was answered
        user.controller.window.activateWindow()
        await user.until(user.controller.window.isActiveWindow)
        return press(user)

    return resume


def press_resume(user: User) -> str:
    shown = cast(QAbstractButton, user.part("queueButton")).text()
    user.click("queueButton")
    return shown


def choose_resume(user: User) -> str:
    item = user.menu_item("Resume queue")
    shown = item.text()
    item.trigger()
    return shown


def shortcut_resume(user: User) -> str:
    shown = cast(QAbstractButton, user.part("queueButton")).text()
    assert user.part("queueButton").isVisible()
    user.key(Qt.Key.Key_P, CTRL | SHIFT)
    return shown


async def raise_the_limit(user: User) -> str:
    engine = user.controller.engine
    engine.connection.runner.commands.set_spending_limit(Decimal(1))  # type: ignore[union-attr]
    user.request("over the limit")
    user.click("generateButton")
    await user.until(lambda: "daily spending limit" in user.text("queueLabel"))
    assert cast(QAbstractButton, user.part("queueButton")).text() == "Try now (100 credits)"
    user.controller.window.settings_requested.emit()
    cast(AmountSpin, user.part("dailyCapSpin")).set_value(None)
    shown = user.text("moneyLabel")
    user.click("settingsSaveButton")
    return shown


WAYS = (
    Way("click on Generate", Sight.CONTROL, "Generate, 100 credits", 1, click_generate),
    Way("Space on Generate", Sight.CONTROL, "Generate, 100 credits", 1, press_space_on_generate),
    Way("Ctrl+Return", Sight.CONTROL, "Generate, 100 credits", 1, shortcut(Qt.Key.Key_Return)),
    Way("Ctrl+Enter", Sight.CONTROL, "Generate, 100 credits", 1, shortcut(Qt.Key.Key_Enter)),
    Way("File › Generate", Sight.CONTROL, "Generate (100 credits)", 1, choose_generate),
    Way("Generate in the palette", Sight.CONTROL, "Generate, 100 credits, Ctrl+Return", 1, generate_in_palette),
    Way(
        "a row's action in the palette",
        Sight.CONTROL,
        "Make another take, costs 100 credits",
        1,
        another_take_in_palette,
    ),
    Way(
        "Resume in the palette",
        Sight.CONTROL,
        "Resume queue, 200 credits, Ctrl+Shift+P",
        2,
        resume_by(resume_in_palette),
    ),
    Way("several takes", Sight.CONTROL, "Generate 3, 300 credits", 3, three_takes),
    Way("a request of unknown price", Sight.CONTROL, "Generate 2, price unknown", 2, unknown_price),
    Way("Save changes to a queued video", Sight.CONTROL, "Save changes, 200 credits", 1, save_edit),
    Way("the link of a failed row", Sight.CONTROL, "Retry (100 credits)", 1, click_retry),
    Way("the button of a failed video", Sight.CONTROL, "Retry (100 credits)", 1, press_retry_in_player),
    Way("Retry in a menu", Sight.CONTROL, "Retry (costs 100 credits)", 1, choose_retry),
    Way("Another take in a menu", Sight.CONTROL, "Make another take (costs 100 credits)", 1, choose_another_take),
    Way("Retry of several", Sight.QUESTION, "Make 2 more takes (costs 200 credits)?", 2, several_retries),
    Way("the link of a row that was not charged", Sight.CONTROL, "Send again (100 credits)", 1, click_send_again),
    Way(
        "Send again in a menu, not charged",
        Sight.CONTROL,
        "Send again (100 credits; the first attempt was not charged)",
        1,
        choose_send_again_not_charged,
    ),
    Way(
        "Send again in a menu, charged",
        Sight.CONTROL,
        "Send again (costs another 100 credits)",
        1,
        choose_send_again_charged,
    ),
    Way(
        "Send again in a menu, unknown",
        Sight.CONTROL,
        "Send again (may cost another 100 credits)",
        1,
        choose_send_again_unknown,
    ),
    Way("the link of a row on hold", Sight.CONTROL, "Release (100 credits)", 1, click_release),
    Way("Release in a menu", Sight.CONTROL, "Release (costs 100 credits)", 1, choose_release),
    Way("Resume over the list", Sight.CONTROL, "Resume (200 credits)", 2, resume_by(press_resume)),
    Way("Queue › Resume queue", Sight.CONTROL, "Resume queue (200 credits)", 2, resume_by(choose_resume)),
    Way("Ctrl+Shift+P in a paused queue", Sight.CONTROL, "Resume (200 credits)", 2, resume_by(shortcut_resume)),
    Way("a higher spending limit in the settings", Sight.EARLIER, "Reserved 100", 1, raise_the_limit),
    # What sends jobs that were queued with the price in sight, and is tested where the name says.
    Way("a start while jobs wait (controllers/test_queue.py)", Sight.EARLIER, "", 0, None),
    Way("a rate limit, a block or a pause of the service that ends (jobs/sending)", Sight.EARLIER, "", 0, None),
    Way("Prices… and Settings… that end a block (jobs/money)", Sight.EARLIER, "", 0, None),
    Way("Retry on and Move to another service (controllers/test_services.py)", Sight.QUESTION, "", 0, None),
    # The commands of the command line.
    Way("generate (whole/test_generate.py)", Sight.COMMAND, "a service that charges does so for each", 0, None),
    Way("resume (whole/test_kills.py)", Sight.EARLIER, "", 0, None),
    Way("queue resume and queue release beside a window (cli/test_queue_command.py)", Sight.EARLIER, "", 0, None),
)


@pytest.fixture
def service() -> Iterator[SandboxServer]:
    """A sandbox with money for every way."""
    with sandbox("--tiny", "--speed", "80", "--credits", "100000") as there:
        yield there


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def panels(qapp: QApplication, late_theme: AppTheme, data_folder: DataFolder, clock: list[float]) -> Iterator[Panels]:
    records, screen = Records(data_folder, resources() / "prices.json"), qapp.primaryScreen().availableSize()
    panels = Panels(late_theme, records, screen, SubmitGuard(now=lambda: clock[0]))
    panels.window.resize(1440, 900)
    panels.show()
    yield panels
    panels.window.deleteLater()


async def opened(panels: Panels, service: SandboxServer, clock: list[float]) -> User:
    controller = WindowController(panels, closed=lambda: None, sandbox=False)
    user = User(controller, service, clock)
    await controller.open()
    await user.until(lambda: controller.engine.connected)
    panels.window.resize(1440, 900)
    panels.window.activateWindow()
    return user


@pytest.mark.slow
async def test_every_way_to_spend_shows_its_price_and_sends_what_it_says(
    panels: Panels, service: SandboxServer, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_link, "UNSEEN", 0.0)
    user = await opened(panels, service, clock)
    try:
        for way in (way for way in WAYS if way.act is not None):
            assert way.act is not None
            user.wait()
            before = len(service.seen().creates)
            shown = await way.act(user)
            assert shown == way.shown or (way.sight is Sight.EARLIER and way.shown in shown), (way.name, shown)
            wanted = before + way.creates
            await user.until(lambda wanted=wanted: len(service.seen().creates) >= wanted)  # type: ignore[misc]
            await user.until(lambda: not user.controller.job_list.queue[0])
            assert len(service.seen().creates) == wanted, way.name
    finally:
        await user.controller.aclose()


async def test_a_press_that_is_repeated_pays_once(panels: Panels, service: SandboxServer, clock: list[float]) -> None:
    user = await opened(panels, service, clock)
    try:
        for act in (click_generate, choose_retry):
            user.wait()
            before = len(service.seen().creates)
            await act(user)
            for _ in range(3):
                await asyncio.sleep(0.05)
                clock[0] += 0.9
                await act(user)
            await user.until(lambda before=before: len(service.seen().creates) > before)  # type: ignore[misc]
            await user.until(lambda: not user.controller.job_list.queue[0])
            assert len(service.seen().creates) == before + 1, act.__name__
            assert REPEATED.text in user.toasts
    finally:
        await user.controller.aclose()


async def test_keys_and_double_clicks_on_rows_send_nothing(
    panels: Panels, service: SandboxServer, clock: list[float]
) -> None:
    user = await opened(panels, service, clock)
    try:
        jobs = (
            failed(user, 1),
            unknown(user, "safe", safe_to_send=True),
            unknown(user, "unknown"),
            on_hold(user, "held"),
            a_job(Ready(a_clip()), id="ready", service=user.name),
            a_job(Abandoned(RemoteId("t1")), id="abandoned", service=user.name),
        )
        for job in jobs:
            await user.row(job)
            before = {each.id: each.phase for each in user.jobs()}
            for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
                for _ in range(3):
                    user.key(key)
                    clock[0] += 0.9
            spot = user.place(job).topLeft() + QPoint(40, 30)
            QTest.mouseClick(user.view.viewport(), LEFT, pos=spot)
            QTest.mouseDClick(user.view.viewport(), LEFT, pos=spot)
            user.part("searchEdit").setFocus()
            for _ in range(4):
                user.key(Qt.Key.Key_Return)
                clock[0] += 0.9
            await asyncio.sleep(0.02)
            assert {each.id: each.phase for each in user.jobs()} == before, job.id
            shown = panels.player.job
            assert shown is not None and shown.id == job.id, "Return shows the row"
        assert service.seen().creates == []
        assert not user.controller.job_list.queue[0]
    finally:
        await user.controller.aclose()


async def test_a_request_is_not_queued_at_another_price_than_the_button_showed(
    panels: Panels, service: SandboxServer, clock: list[float]
) -> None:
    """Learned prices arrive with the connection."""
    user = User(WindowController(panels, closed=lambda: None, sandbox=False), service, clock)
    user.request("early")
    panels.composer.submit()
    panels.records.price_file.save(PriceTable((Price(Decimal(250)),)))  # by another process, for example
    try:
        await user.controller.open()
        await user.until(lambda: "the price is 250 credits, and the button showed 100" in user.text("noticeLabel"))
        assert not user.jobs()
        assert user.button == "Generate, 250 credits"
    finally:
        await user.controller.aclose()


# Nothing else in the window spends: every key, click and drop, without an engine behind the panels.

_KEYS = (
    *(Qt.Key(number) for number in range(int(Qt.Key.Key_A.value), int(Qt.Key.Key_Z.value) + 1)),
    *(Qt.Key.Key_0, Qt.Key.Key_1, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Escape),
    *(Qt.Key.Key_Insert, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Select, Qt.Key.Key_Menu),
    *(Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Up, Qt.Key.Key_Down),
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Period, Qt.Key.Key_Comma),
    *(Qt.Key(number) for number in range(int(Qt.Key.Key_F1.value), int(Qt.Key.Key_F12.value) + 1)),
)
_MODIFIERS = (NONE, SHIFT, CTRL, ALT, CTRL | SHIFT, CTRL | ALT)
_TARGETS = (
    *("promptEdit", "negativePromptEdit", "imageDrop", "modelChoice:sora2", "takesSpin", "generateButton"),
    *("jobList", "searchEdit", "filterTabs", "queueButton", "playButton", "scrubBar", "reuseButton", "messageLink"),
)
#: The keys of the table: target ("" is any), modifiers, key.
_PAID_KEYS = {
    ("", CTRL, Qt.Key.Key_Return),
    ("", CTRL, Qt.Key.Key_Enter),
    ("", CTRL | SHIFT, Qt.Key.Key_P),
    *(
        (button, modifiers, key)
        for button in ("generateButton", "queueButton", "messageLink")
        for modifiers in _MODIFIERS
        for key in (Qt.Key.Key_Space, Qt.Key.Key_Select)
    ),
}


FAILED = a_job(Failed("It broke."), 1)


class Watched:
    """Panels with a row in each phase and a paused queue, and everything they emit that leads to a create."""

    def __init__(self, panels: Panels, clock: list[float]) -> None:
        self.panels = panels
        self.paid: list[str] = []
        self._clock = clock
        composer, window = panels.composer, panels.window
        composer.request_submitted.connect(lambda *_: self.paid.append("submit"))
        composer.edit_submitted.connect(lambda *_: self.paid.append("edit"))
        panels.library.action_requested.connect(self._note_action)
        panels.player.link_followed.connect(lambda job, link, _: self._note_action(link.action, (job.id,)))
        window.resume_requested.connect(lambda: self.paid.append("resume"))
        window.pause_requested.connect(lambda paused: None if paused else self.paid.append("resume"))
        self.reset()

    def _note_action(self, action: object, ids: Sequence[JobId]) -> None:
        if action in PAID:
            self.paid.append(str(action))

    def reset(self) -> None:
        """A request in the form that could be sent, a queue that could be resumed, and a failed video in the player."""
        self._clock[0] += 10 * SAME_CLICK
        panels = self.panels
        panels.player.show_job(FAILED, "It broke.", RowLink("Retry (100 credits)", Action.RETRY))
        if panels.composer.request != VideoRequest("a boat"):
            panels.composer.load_request(VideoRequest("a boat"))
        facts = panels.window_state.facts
        if not facts.queue.paused:
            state = QueueState(paused=True)
            cost = QueueCost(Decimal(100))
            panels.window_state.set_facts(
                type(facts)(unit=facts.unit, queue=state, waiting=1, waiting_cost=cost, counts=facts.counts)
            )

    def part(self, name: str) -> QWidget:
        found = self.panels.window.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found

    def close_dialogs(self) -> None:
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
        for widget in QApplication.topLevelWidgets():
            if widget.isVisible() and widget is not self.panels.window:
                widget.close()
                widget.deleteLater()


@pytest.fixture
def watched(panels: Panels, clock: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(message_link, "UNSEEN", 0.0)
    jobs = [
        FAILED,
        a_job(Unconfirmed("Found.", safe_to_send=True), 2),
        a_job(Unconfirmed("Found."), 3),
        a_job(Waiting(), 4, on_hold=True),
        a_job(Waiting(), 5),
        a_job(Unsaved(RemoteId("t"), "cut"), 6),
        a_job(Abandoned(RemoteId("t")), 7),
        a_job(Failed("Rejected.", by_policy=True), 8),
    ]
    for job in jobs:
        panels.job_list.upsert(job)
    panels.window.activateWindow()
    watched = Watched(panels, clock)
    yield watched
    watched.close_dialogs()


def rows(watched: Watched) -> Iterator[QWidget]:
    """The list, with each row selected in turn."""
    view = cast(QTreeView, watched.part("jobList"))
    for row in range(watched.panels.job_list.rowCount()):
        view.setCurrentIndex(watched.panels.job_list.index(row))
        yield view


@pytest.mark.slow  # presses every key in every part of the window
def test_no_other_key_spends(watched: Watched) -> None:
    found: set[tuple[str, Qt.KeyboardModifier, Qt.Key]] = set()
    for button in watched.panels.window.findChildren(QPushButton):
        button.setAutoDefault(True)  # Return presses it, as each button on GNOME
    for name in _TARGETS:
        parts = rows(watched) if name == "jobList" else iter([watched.part(name)])
        for part in parts:
            for modifiers in _MODIFIERS:
                for key in _KEYS:
                    watched.reset()
                    part.setFocus()
                    QTest.keyClick(part, key, modifiers)
                    if QApplication.activePopupWidget() or QApplication.activeModalWidget():
                        watched.close_dialogs()
                    if watched.paid:
                        found.add((name, modifiers, key))
                        watched.paid.clear()
    unlisted = {each for each in found if each not in _PAID_KEYS and ("", *each[1:]) not in _PAID_KEYS}
    assert not unlisted
    assert {("", *each[1:]) for each in found} >= {each for each in _PAID_KEYS if not each[0]}, "the sweep sees these"
    assert ("generateButton", NONE, Qt.Key.Key_Space) in found


def test_no_other_button_or_menu_item_spends(watched: Watched) -> None:
    """A double click, a middle and a right click, and each click once."""
    paid: set[str] = set()
    for button in watched.panels.window.findChildren(QAbstractButton):
        for click_with in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton, LEFT):
            watched.reset()
            if button.isVisible():
                QTest.mouseClick(button, click_with)
            watched.close_dialogs()
            if watched.paid:
                assert click_with is LEFT and button.isVisible()
                paid.add(button.objectName())
                watched.paid.clear()
    for action in watched.panels.window.findChildren(QAction):
        watched.reset()
        text = action.text()
        action.trigger()
        watched.close_dialogs()
        if watched.paid:
            assert "100 credits" in text
            paid.add(text)
            watched.paid.clear()
    assert paid == {
        "generateButton",
        "queueButton",
        "messageLink",
        "Generate (100 credits)",
        "Resume queue (100 credits)",
    }


def test_no_other_click_on_a_row_spends(watched: Watched) -> None:
    model = watched.panels.job_list
    for view in rows(watched):
        row = cast(QTreeView, view).currentIndex().row()
        place = cast(QTreeView, view).visualRect(model.index(row))
        job = model.job_at(model.index(row))
        assert job is not None
        text = model.text_of(job)
        link = lines_of(job, text, parts_of(place).text, view.font()).link
        viewport = cast(QTreeView, view).viewport()
        for x in range(place.left() + 4, place.right(), 40):
            for y in range(place.top() + 4, place.bottom(), 14):
                spot = QPoint(x, y)
                on_link = link is not None and link.adjusted(-2, -2, 2, 2).contains(spot)
                for press in (QTest.mouseClick, QTest.mouseDClick):
                    for button in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton, LEFT):
                        if on_link and button is LEFT and press is QTest.mouseClick:
                            continue
                        press(viewport, button, NONE, spot)
                        watched.close_dialogs()
                        assert not watched.paid, (job.phase, spot, press, button)


def test_nothing_that_is_dropped_or_pasted_spends(watched: Watched, tmp_path: Path) -> None:
    picture, clip = tmp_path / "still.png", tmp_path / "clip.mp4"
    image = QImage(64, 36, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkCyan)
    assert image.save(str(picture))
    clip.write_bytes(b"no clip")
    offers: list[QMimeData] = []
    for urls in ((picture,), (clip,), (picture, clip), (tmp_path,)):
        files = QMimeData()
        files.setUrls([QUrl.fromLocalFile(str(each)) for each in urls])
        offers.append(files)
    text, web, pixels, row = QMimeData(), QMimeData(), QMimeData(), QMimeData()
    text.setText("a boat\n\n")
    web.setUrls([QUrl("https://example.org/a.png")])
    pixels.setImageData(image)
    row.setData("application/x-sora-desktop-row", b"job4")
    offers += [text, web, pixels, row]
    accepted = 0
    window = watched.panels.window
    for part in (window, *window.findChildren(QWidget)):
        if not part.isVisible():
            continue
        for offer in offers:
            watched.reset()
            accepted += drag_and_drop(part, offer)
            assert not watched.paid, part.objectName()
    assert accepted > 5
    clipboard = QGuiApplication.clipboard()
    for name in _TARGETS:
        for content in ("a boat\n\n", image):
            watched.reset()
            clipboard.setImage(content) if isinstance(content, QImage) else clipboard.setText(content)
            watched.part(name).setFocus()
            QTest.keyClick(watched.part(name), Qt.Key.Key_V, CTRL)
            QTest.keyClick(watched.part(name), Qt.Key.Key_Insert, SHIFT)
            assert not watched.paid, name


class NamedCommands:
    """Stands for a runner and its commands, which only note their names."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.commands = self

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        async def command(*_: object) -> object:
            self.done.append(name)
            return []

        return command

    def queue_order(self) -> list[JobId]:
        return []


class RunTasks:
    """Tasks that run at once, in a loop of their own."""

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        asyncio.run(work)


@pytest.mark.parametrize("action", list(Action))
def test_no_other_action_reaches_a_command_that_spends(action: Action) -> None:
    runner = NamedCommands()
    store = SimpleNamespace(read=lambda _: None)
    services = JobServices(JobService("", CAPABILITIES))
    job_list = SimpleNamespace(find=lambda _: None, find_all=lambda _: {}, actions_for=actions_for, services=services)
    engine = SimpleNamespace(early_commands=EarlyCommands(), runner_of=lambda _: runner, store=store, connected=True)
    player, history = SimpleNamespace(job=None), UndoHistory()
    panels = SimpleNamespace(job_list=job_list, player=player, undo_history=history, toasts=Toasts())
    controller = JobController(
        cast(Any, engine),
        cast(Any, panels),
        cast(Any, RunTasks()),
        SubmitGuard(lambda: 0.0),
        do_nothing,
        do_nothing,
        do_nothing,
    )
    controller.run(action, [JobId("job1")])
    spent = {"retry", "send_again", "release", "submit", "accept", "go_on"} & {*runner.done}
    assert bool(spent) is (action in PAID)


def test_every_command_of_the_command_line_is_in_the_table() -> None:
    listed = {way.name.split()[0] for way in WAYS}
    free = {"list", "sandbox", "service"}
    assert set(program.commands) - free <= listed
    takes = next(each for each in program.commands["generate"].params if each.name == "takes")
    shown = next(way.shown for way in WAYS if way.sight is Sight.COMMAND)
    assert shown in (cast(click.Option, takes).help or "")


def test_every_action_that_spends_is_in_the_table() -> None:
    shown = " ".join(way.shown for way in WAYS)
    assert {action.name for action in PAID} == {"RETRY", "SEND_AGAIN", "RELEASE"}
    for label in (
        "Retry (",
        "Make another take (",
        "Send again (",
        "Release (",
        "Resume (",
        "Generate",
        "Save changes",
    ):
        assert label in shown
