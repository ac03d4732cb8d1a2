"""Several services beside each other in the window: added, tested, chosen, cancelled, retried on another, removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from builders import a_job
from controllers.conftest import Hand, Opened
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QMessageBox, QPlainTextEdit, QTextEdit, QToolButton
from sandbox_server import SandboxServer, sandbox

from sora_desktop.domain.job import Cancelled, Job, Ready, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.domain.service_state import Availability
from sora_desktop.state.actions import Action, RetryOn
from sora_desktop.state.window_view import SANDBOX_GREETING
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import StoreError
from sora_desktop.store.settings import Settings, SettingsFile
from sora_desktop.ui.dialogs.examination_view import ExaminationView
from sora_desktop.ui.dialogs.service_dialog import ServiceDialog
from sora_desktop.ui.dialogs.services_page import ServicesPage
from sora_desktop.ui.library.filter_tabs import FilterTabs
from sora_desktop.ui.window.header_bar import Pill

OpenProgram = Callable[[], Opened]

KEY = "STUDIO_KEY"
DEAD = ServiceConfig("Dead", "http://127.0.0.1:9/v1", "openai")


@pytest.fixture(autouse=True)
def key_of_the_studio(monkeypatch: pytest.MonkeyPatch, service: SandboxServer) -> None:
    """The environment variable that `studio` names."""
    monkeypatch.setenv(KEY, service.key)


@pytest.fixture
def slow_engine() -> Iterator[SandboxServer]:
    """An engine that renders for minutes."""
    with sandbox("--tiny", "--speed", "0.1") as there:
        yield there


def with_services(data_folder: DataFolder, *services: ServiceConfig) -> None:
    """Write settings with these services."""
    SettingsFile(data_folder.settings_file).save(Settings(more_services=services))


def studio(server: SandboxServer) -> ServiceConfig:
    return ServiceConfig("Studio cluster", server.engine_urls[0], "openai", key_variable=KEY)


def dialog_of(hand: Hand) -> ServiceDialog:
    found = hand.part("serviceDialog")
    assert isinstance(found, ServiceDialog)
    return found


def badge(hand: Hand) -> tuple[str, str]:
    pill = hand.part("serviceBadge")
    assert isinstance(pill, Pill)
    return pill.text(), pill.tone


def is_online(hand: Hand, name: str) -> bool:
    states = hand.controller.engine.services.states
    return any(state.name == name and state.availability is Availability.ONLINE for state in states)


async def choose(hand: Hand, name: str) -> None:
    hand.controller.panels.compose.service_chosen.emit(name)
    await hand.until(lambda: hand.controller.engine.service_name == name and hand.controller.engine.connected)


def job_with(hand: Hand, prompt: str) -> Job:
    return next(job for job in hand.jobs() if job.request.prompt == prompt)


async def generate(hand: Hand, prompt: str) -> None:
    edit = hand.part("promptEdit")
    assert isinstance(edit, QTextEdit)
    edit.setPlainText(prompt)
    hand.click("generateButton")
    await hand.until(lambda: any(job.request.prompt == prompt for job in hand.jobs()))


async def test_a_service_is_tested_and_added_and_renders(open_program: OpenProgram, service: SandboxServer) -> None:
    async with open_program() as hand:
        before = badge(hand)
        hand.controller.window.services_requested.emit()
        hand.click("serviceAddButton")
        hand.click("serviceSaveButton")
        problem = hand.part("serviceNameEdit:problem")
        assert isinstance(problem, QLabel)
        await hand.until(lambda: problem.isVisible() and "name" in problem.text())
        name, urls = hand.part("serviceNameEdit"), hand.part("serviceUrlsEdit")
        assert isinstance(name, QLineEdit) and isinstance(urls, QPlainTextEdit)
        urls.setPlainText(service.origin)
        hand.click("serviceTestButton")  # a test needs no name
        view = dialog_of(hand).findChild(ExaminationView)
        assert isinstance(view, ExaminationView)
        await hand.until(lambda: any(line.tone == "error" for line in view.lines))
        urls.setPlainText(service.engine_urls[0])
        hand.click("serviceTestButton")
        await hand.until(lambda: any("key" in line.text for line in view.lines if line.tone == "error"))
        hand.type("serviceKeyEdit", service.key)
        hand.type("serviceNameEdit", "Studio cluster")
        hand.click("serviceTestButton")
        await hand.until(lambda: any("vLLM-Omni" in line.text for line in view.lines))
        assert not any(line.tone == "error" for line in view.lines)
        hand.click("serviceSaveButton")
        await hand.until(lambda: is_online(hand, "Studio cluster"))
        hand.click("settingsCancelButton")
        assert hand.part("serviceFilter").isVisible() and badge(hand) == ("Sora 2 Video API (live)", "ok") != before
        hand.controller.panels.window_state.add_notice(SANDBOX_GREETING)
        await choose(hand, "Studio cluster")
        await hand.until(lambda: badge(hand) == ("Studio cluster", "ok"))
        assert SANDBOX_GREETING.text not in hand.notices
        assert hand.part("balanceLabel").isHidden(), "an engine has no balance"
        assert hand.controller.composer.view.price_text in ("", "free")
        hand.controller.window.prices_requested.emit()
        assert "free" in hand.toasts
        lost = a_job(Unconfirmed("No answer came."), service="Studio cluster")
        offered = {one.action: one.label for one in hand.controller.job_list.actions_for([lost])}
        assert (offered[Action.RECONCILE], offered[Action.SEND_AGAIN]) == ("Check again", "Send again")
        await generate(hand, "a harbor at dawn")
        await hand.until(lambda: isinstance(job_with(hand, "a harbor at dawn").phase, Ready))
        (create,) = service.seen().engines["creates"]
        assert create["prompt"] == "a harbor at dawn" and not service.seen().creates
        job = job_with(hand, "a harbor at dawn")
        assert hand.controller.job_list.text_of(job).service == "Studio cluster"
        assert hand.controller.job_list.facts_of(job)[0] == "Studio cluster"
        await choose(hand, hand.controller.engine.services.configured.first.name)
        await hand.until(lambda: not hand.part("balanceLabel").isHidden())
        await generate(hand, "a boat")
        await hand.until(lambda: isinstance(job_with(hand, "a boat").phase, Ready))
        assert [create["prompt"] for create in service.seen().creates] == ["a boat"]
        button = hand.part("serviceFilter")
        assert isinstance(button, QToolButton)
        menu = button.menu()
        next(item for item in menu.actions() if item.text() == "Studio cluster").trigger()
        assert [job.request.prompt for job in hand.jobs()] == ["a harbor at dawn"]
        all_counts = hand.controller.job_list.all_counts
        assert [counts.done for counts in all_counts] == [2, 1] and "2 videos" in hand.text("totalsLabel")
        tabs = hand.part("filterTabs")
        assert isinstance(tabs, FilterTabs)
        assert "Done 1" in [tabs.shown_text(number) for number in range(tabs.count())]


async def test_a_dead_service_says_so_on_its_own_rows_and_its_request_moves_to_another(
    open_program: OpenProgram,
    service: SandboxServer,
    data_folder: DataFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_services(data_folder, studio(service), DEAD)
    async with open_program() as hand:
        await hand.until(lambda: is_online(hand, "Studio cluster"))
        hand.controller.panels.compose.service_chosen.emit("Dead")
        await hand.until(lambda: badge(hand)[1] == "error")
        assert badge(hand)[0].startswith("Dead")
        await generate(hand, "waits in vain")
        text = hand.controller.job_list.text_of
        reason = f"No engine answers at {DEAD.base_url}. Start the engine"  # the same as in Settings
        await hand.until(lambda: reason in " ".join(text(job_with(hand, "waits in vain")).all))
        await choose(hand, "Studio cluster")
        await generate(hand, "works on")
        await hand.until(lambda: isinstance(job_with(hand, "works on").phase, Ready))
        stuck = job_with(hand, "waits in vain")
        assert isinstance(stuck.phase, Waiting) and reason in text(stuck).text, "its queue line is not shown"
        engine = hand.controller.engine
        first, meanwhile = engine.services.configured.first.name, list[Job | None]()

        async def disk_is_full(_: object) -> list[Job]:
            meanwhile.append(engine.store.read(stuck.id))
            raise StoreError("The disk is full.")

        with monkeypatch.context() as patch:
            patch.setattr(engine.lanes[first].runner.commands, "submit", disk_is_full)
            hand.controller.job_controller.run(RetryOn(first), [stuck.id])
            await answer(hand, "Send")
            await hand.until(lambda: hand.text("noticeLabel") == "The disk is full.")
        (held,) = meanwhile
        assert held is not None and held.on_hold, "two services must not render it"
        stuck = job_with(hand, "waits in vain")
        assert isinstance(stuck.phase, Waiting) and not stuck.on_hold, "it waits as before, and is not in the Trash"
        hand.controller.job_controller.run(RetryOn("Studio cluster"), [stuck.id])
        await answer(hand, "Send")
        await hand.until(lambda: len(service.seen().engines["creates"]) == 2)
        await hand.until(lambda: all(isinstance(job.phase, Ready) for job in hand.jobs()))
        assert [job.request.prompt for job in hand.jobs()].count("waits in vain") == 1
        assert hand.controller.job_list.counts().trashed == 1, "the one that waited"


async def test_the_notice_about_a_dead_service_goes_when_the_service_answers(
    open_program: OpenProgram, service: SandboxServer, data_folder: DataFolder
) -> None:
    entries = (studio(service), DEAD, ServiceConfig("Garage", None, "openai"))
    SettingsFile(data_folder.settings_file).save(Settings(more_services=entries, default_service="Garage"))
    async with open_program() as hand:
        await hand.until(lambda: "Dead cannot be used; the other" in hand.notices)
        lost = "default service “Garage” cannot be used"
        assert lost in hand.notices, "one warning does not take the place of another"
        assert hand.text("noticeMoreButton") == "2 more"
        show, dead = hand.controller.services_controller.show_states, hand.controller.engine.services.states
        alive = [replace(state, availability=Availability.ONLINE, reason="") for state in dead]
        show(alive)
        assert lost in hand.notices and "Dead" not in hand.notices
        await hand.controller.services_controller.choose(hand.controller.engine.services.configured.first.name)
        assert lost in hand.notices, "another one is current, and the default is still lost"
        hand.controller.engine.change_settings(default_service="")
        show(alive)
        assert lost not in hand.notices
        show(dead)
        assert hand.text("noticeLabel").startswith("Dead cannot be used; the other")
        show(alive)
        assert hand.notices == "A service in settings.json is ignored. “Garage” has no address. Add it as base_url."


async def test_cancel_stops_the_engine_and_retry_on_another_asks_what_may_be_lost(
    open_program: OpenProgram, service: SandboxServer, slow_engine: SandboxServer, data_folder: DataFolder
) -> None:
    with_services(data_folder, studio(slow_engine))
    async with open_program() as hand:
        await hand.until(lambda: is_online(hand, "Studio cluster"))
        await choose(hand, "Studio cluster")
        await generate(hand, "much too long")
        await hand.until(lambda: isinstance(job_with(hand, "much too long").phase, Rendering))
        job = job_with(hand, "much too long")
        offered = [one.action for one in hand.controller.job_list.actions_for([job])]
        assert Action.CANCEL in offered and Action.ABANDON not in offered
        hand.controller.job_controller.run(Action.CANCEL, [job.id])
        await hand.until(lambda: isinstance(job_with(hand, "much too long").phase, Cancelled))
        (create,) = slow_engine.seen().engines["creates"]
        assert (create["deleted"], create["rendering"]) == (True, "stopped")
        assert create["frames_rendered"] < create["frames"]
        assert slow_engine.seen().engines["engines"] == [{"running": None, "waiting": []}]
        first = hand.controller.engine.services.configured.first.name
        hand.controller.job_controller.run(RetryOn(first), [job.id])
        await hand.until(lambda: _question(hand) is not None)
        question = _question(hand)
        assert question is not None and "•" in question.informativeText()
        assert any("100 credits" in button.text() for button in question.buttons())
        assert not service.seen().creates
        await answer(hand, "Send")
        await hand.until(lambda: any(isinstance(job.phase, Ready) for job in hand.jobs()))
        assert [create["prompt"] for create in service.seen().creates] == ["much too long"]


async def answer(hand: Hand, text: str) -> None:
    """Press the button of the question before a request is sent to another service."""
    await hand.until(lambda: _question(hand) is not None)
    question = _question(hand)
    assert question is not None
    next(button for button in question.buttons() if text in button.text()).click()


def _question(hand: Hand) -> QMessageBox | None:
    found = hand.controller.window.findChild(QMessageBox, "retryOnDialog")
    return found if isinstance(found, QMessageBox) and found.isVisible() else None


async def test_a_service_is_changed_made_the_default_and_removed(
    open_program: OpenProgram, service: SandboxServer, data_folder: DataFolder
) -> None:
    with_services(data_folder, studio(service), DEAD)
    async with open_program() as hand:
        services = hand.controller.engine.services
        hand.controller.window.services_requested.emit()
        settings = hand.part("settingsDialog")
        assert isinstance(settings, QDialog)
        page = hand.part("servicesPage")
        assert isinstance(page, ServicesPage)
        page.choose("Dead")
        await services.configured.key_ring(DEAD).save("sk_old")
        hand.click("serviceEditButton")
        await hand.until(lambda: any(isinstance(part, ServiceDialog) for part in settings.findChildren(QDialog)))
        urls = hand.part("serviceUrlsEdit")
        assert isinstance(urls, QPlainTextEdit) and urls.toPlainText() == DEAD.base_url
        hand.click("serviceKeyForgetButton")
        await hand.until(lambda: hand.part("serviceKeyForgetButton").isHidden())
        assert await services.configured.key_of(DEAD) == "", "without Save"
        urls.setPlainText("not an address")
        hand.click("serviceSaveButton")
        problem = hand.part("serviceUrlsEdit:problem")
        assert isinstance(problem, QLabel)
        await hand.until(lambda: problem.isVisible())
        urls.setPlainText(service.engine_urls[0])
        hand.type("serviceKeyVariableEdit", KEY)
        hand.click("serviceSaveButton")
        await hand.until(lambda: is_online(hand, "Dead"))
        hand.click("serviceDefaultButton")
        assert services.configured.default == "Dead"
        hand.click("serviceRemoveButton")
        await hand.until(lambda: settings.findChild(QMessageBox, "removeServiceDialog") is not None)
        question = settings.findChild(QMessageBox, "removeServiceDialog")
        assert isinstance(question, QMessageBox)
        next(button for button in question.buttons() if button.text() == "Remove").click()
        await hand.until(lambda: services.configured.config("Dead") is None)
        assert services.configured.default == services.configured.first.name
        await hand.until(lambda: page.chosen != "Dead")
