"""The window before its engine is open."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from builders import a_job
from controllers.conftest import CTRL, Hand
from drag_and_drop import drag_enter_event, drag_move_event, drop_event
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QTextEdit, QWidget

from sora_desktop.app.event_loop import open_unless_closed
from sora_desktop.controllers.panels import Panels
from sora_desktop.controllers.window import WindowController
from sora_desktop.domain.job import Ready, RemoteId, Rendering
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.state.actions import Action
from sora_desktop.state.settings_form import SettingsForm
from sora_desktop.state.submit_guard import SubmitGuard
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.draft import DraftFile
from sora_desktop.store.errors import StoreError
from sora_desktop.store.records import Records
from sora_desktop.store.settings import Settings, SettingsFile
from sora_desktop.system.resources import resources
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.dialogs.settings_dialog import SettingsDialog


@pytest.fixture
def panels(qapp: QApplication, late_theme: AppTheme, data_folder: DataFolder) -> Iterator[Panels]:
    """Panels for which ten seconds pass between two clicks, so that none is a double click."""
    clock = itertools.count(0.0, 10.0)
    records, screen = Records(data_folder, resources() / "prices.json"), qapp.primaryScreen().availableSize()
    panels = Panels(late_theme, records, screen, SubmitGuard(now=lambda: next(clock)))
    panels.show()
    yield panels
    panels.window.deleteLater()


async def test_a_request_that_is_submitted_at_once_becomes_a_video(panels: Panels) -> None:
    closed: list[bool] = []
    prompt = panels.window.findChild(QTextEdit, "promptEdit")
    assert isinstance(prompt, QTextEdit)
    QTest.keyClicks(prompt, "A lantern in the fog")
    QTest.keyClick(prompt, Qt.Key.Key_Return, CTRL)
    controller = WindowController(panels, closed=lambda: closed.append(True), sandbox=False)
    hand = Hand(controller)
    try:
        await controller.open()
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        assert hand.jobs()[0].request.prompt == "A lantern in the fog"
        assert closed == []
    finally:
        await controller.aclose()


async def test_a_request_that_is_submitted_while_the_library_is_rebuilt_is_sent_once(
    panels: Panels, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = WindowController(panels, closed=lambda: None, sandbox=False)
    hand = Hand(controller)
    really_open = controller.engine.open

    async def open_slowly() -> None:
        await asyncio.sleep(0)
        hand.type("promptEdit", "A lantern in the fog")
        for _ in range(3):
            hand.key(Qt.Key.Key_Return, CTRL)
        assert panels.window_state.facts.notices == ()
        await really_open()

    monkeypatch.setattr(controller.engine, "open", open_slowly)
    try:
        await controller.open()
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        assert len(list(panels.records.jobs.everything())) == 1
    finally:
        await controller.aclose()


async def test_changed_keys_are_kept_and_what_cannot_be_used_of_them_is_said_once(
    qapp: QApplication, late_theme: AppTheme, data_folder: DataFolder
) -> None:
    file = SettingsFile(data_folder.settings_file)
    file.save(Settings(keys={"clip.star": "G", "of.another.version": "Q"}, last_actions=("player.mute",)))
    warned: list[bool] = []
    for key, last_action in (("G", "player.mute"), ("H", "clip.star")):
        records = Records(data_folder, resources() / "prices.json")
        panels = Panels(late_theme, records, qapp.primaryScreen().availableSize())
        controller = WindowController(panels, closed=lambda: None, sandbox=False)
        try:
            assert panels.window.actions_listed.chosen_keys == {"clip.star": key}
            assert panels.window.last_used == (last_action,), "what the palette has run last"
            panels.window.last_used = ("clip.star",)
            await controller.open()
            warned.append(any("of.another.version" in notice.text for notice in panels.window_state.facts.notices))
            panels.window.actions_listed.choose_keys("clip.star", [QKeySequence("H")])
            assert file.load().keys == {"clip.star": "H"}, "at once, since the program may be killed"
        finally:
            await controller.aclose()
            panels.window.deleteLater()
    assert warned == [True, False]


async def test_a_draft_that_was_typed_before_the_engine_opened_survives_a_kill(
    panels: Panels, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = panels.window.findChild(QTextEdit, "promptEdit")
    assert isinstance(prompt, QTextEdit)
    QTest.keyClicks(prompt, "A lantern in the fog")
    controller = WindowController(panels, closed=lambda: None, sandbox=False)
    monkeypatch.setattr(controller.engine, "open", asyncio.Event().wait)
    opening = asyncio.create_task(controller.open())
    try:
        await Hand(controller).until(lambda: panels.records.draft_file.load()[0].prompt == "A lantern in the fog")
    finally:
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await controller.aclose()


async def test_an_image_that_was_dropped_at_once_is_in_the_request_or_nothing_is_sent(
    panels: Panels, tmp_path: Path
) -> None:
    still = QImage(640, 360, QImage.Format.Format_RGB32)
    still.fill(Qt.GlobalColor.darkCyan)
    assert still.save(str(tmp_path / "still.png"))
    controller = WindowController(panels, closed=lambda: None, sandbox=False)
    hand = Hand(controller)
    hand.type("promptEdit", "A lantern in the fog")
    hand.drop("imageDrop", tmp_path / "still.png")
    hand.drop("imageDrop", tmp_path / "still.png")
    hand.key(Qt.Key.Key_Return, CTRL)
    assert "image is still loading" in panels.composer.view.hint
    try:
        await controller.open()
        await hand.until(lambda: panels.composer.request.image and not panels.composer.view.hint)
        assert not hand.jobs()
        hand.key(Qt.Key.Key_Return, CTRL)
        await hand.until(hand.jobs)
        assert hand.jobs()[0].request.image is not None
    finally:
        await controller.aclose()


async def test_a_request_that_is_repeated_while_the_service_connects_is_sent_once(
    panels: Panels, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = WindowController(panels, closed=lambda: None, sandbox=False)
    hand, there = Hand(controller), asyncio.Event()
    really_load = controller.engine.load_key

    async def load_slowly() -> str:
        await there.wait()
        return await really_load()

    monkeypatch.setattr(controller.engine, "load_key", load_slowly)
    try:
        await controller.open()
        await asyncio.sleep(0)
        hand.type("promptEdit", "A lantern in the fog")
        for _ in range(3):
            hand.key(Qt.Key.Key_Return, CTRL)
            await hand.until(lambda: "as soon as the service" in hand.text("noticeLabel"))
        there.set()
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        assert panels.window_state.facts.notices == ()
        hand.key(Qt.Key.Key_Return, CTRL)
        await hand.until(lambda: len(hand.jobs()) == 2)
    finally:
        await controller.aclose()


async def test_two_requests_submitted_in_turn_while_the_service_connects_are_sent_once_each(panels: Panels) -> None:
    for prompt in ("A lantern", "A kite", "A lantern"):
        panels.composer.set_request(replace(panels.composer.request, prompt=prompt))
        panels.composer.submit()
    controller = WindowController(panels, closed=lambda: None, sandbox=False)
    hand = Hand(controller)
    try:
        await controller.open()
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready] * 2)
        assert sorted(job.request.prompt for job in hand.jobs()) == ["A kite", "A lantern"]
    finally:
        await controller.aclose()


async def test_a_window_can_be_closed_while_it_opens(panels: Panels, monkeypatch: pytest.MonkeyPatch) -> None:
    over = asyncio.Event()
    panels.window.close()
    controller = WindowController(panels, closed=over.set, sandbox=False)
    monkeypatch.setattr(controller.engine, "open", asyncio.Event().wait)
    await open_unless_closed(controller, over)
    assert over.is_set()
    await controller.aclose()


async def test_a_window_that_is_closed_at_once_closes_as_soon_as_it_can(panels: Panels) -> None:
    closed: list[bool] = []
    panels.window.close()
    assert panels.window.isVisible()
    controller = WindowController(panels, closed=lambda: closed.append(True), sandbox=False)
    try:
        await controller.open()
        await Hand(controller).until(lambda: closed)
    finally:
        await controller.aclose()


def test_a_library_of_a_newer_version_opens_no_window(qapp: QApplication, late_theme: AppTheme, tmp_path: Path) -> None:
    data_folder = DataFolder.at(tmp_path / "data")
    data_folder.make()
    with closing(sqlite3.connect(data_folder.database)) as connection:
        connection.execute("PRAGMA user_version=9999")
    with pytest.raises(StoreError, match="newer version"):
        Panels(late_theme, Records(data_folder, resources() / "prices.json"), qapp.primaryScreen().availableSize())


def test_no_part_of_the_window_answers_that_a_dropped_file_was_moved(panels: Panels, tmp_path: Path) -> None:
    """A file manager deletes a file that was moved."""
    mime, spot = QMimeData(), QPoint(20, 20)
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.png"))])
    mime.setText(mime.urls()[0].toString())  # as file managers do
    settings = SettingsDialog(panels.theme, SettingsForm("https://soravideo.art/api/v1", "/videos", 3, "system", False))
    widgets = [*panels.window.findChildren(QWidget), *settings.findChildren(QWidget)]
    accepted = 0
    for widget in widgets:
        if not widget.acceptDrops():
            continue
        for make in (drag_enter_event, drag_move_event, drop_event):
            event = make(spot, mime, Qt.DropAction.MoveAction | Qt.DropAction.CopyAction)
            event.setDropAction(Qt.DropAction.MoveAction)  # what the file manager proposes
            event.setAccepted(False)
            QApplication.sendEvent(widget, event)
            if not event.isAccepted():
                break
            assert event.dropAction() == Qt.DropAction.CopyAction, widget.objectName()
            accepted += 1
    assert accepted >= 9, "the drop area, the form around it and both prompts take files"
    fields = [field.text() for widget in widgets for field in widget.findChildren(QLineEdit)]
    assert not any("a.png" in text for text in fields)
    settings.deleteLater()


ENGINE_MODEL = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
STUDIO = ServiceConfig("Studio", "http://127.0.0.1:9/v1", "openai", found_profile="omni", models=(ENGINE_MODEL,))


@pytest.fixture
def open_panels(
    qapp: QApplication, late_theme: AppTheme, data_folder: DataFolder
) -> Iterator[Callable[[Settings, tuple[VideoRequest, int, str]], Panels]]:
    """Returns a function that shows the window for these settings and this draft, before any engine is open."""
    opened: list[Panels] = []

    def open_with(settings: Settings, draft: tuple[VideoRequest, int, str]) -> Panels:
        SettingsFile(data_folder.settings_file).save(settings)
        DraftFile(data_folder.draft_file).save(*draft)
        records = Records(data_folder, resources() / "prices.json")
        opened.append(Panels(late_theme, records, qapp.primaryScreen().availableSize()))
        opened[-1].show()
        return opened[-1]

    yield open_with
    for panels in opened:
        panels.window.deleteLater()


def is_shown(panels: Panels, name: str) -> bool:
    part = panels.window.findChild(QWidget, name)
    return part is not None and part.isVisible()


def test_the_first_form_is_that_of_the_default_service(
    open_panels: Callable[[Settings, tuple[VideoRequest, int, str]], Panels],
) -> None:
    request = VideoRequest("A kite", model=ENGINE_MODEL, aspect_ratio="", quality="", size="720x1280", fps=24)
    panels = open_panels(Settings(more_services=(STUDIO,), default_service="Studio"), (request, 1, "Studio"))
    assert panels.composer.request == request and panels.composer.view.can_submit
    assert is_shown(panels, "sizeChoice") and is_shown(panels, "fpsChoice:24")
    assert not is_shown(panels, "aspectRatioChoice") and not is_shown(panels, "qualityChoice")
    assert panels.composer.view.price_text == "free"
    assert panels.window_state.view.badge == "Studio · connecting…"
    assert is_shown(panels, "serviceMenu")
    job = a_job(Rendering(RemoteId("video_1")), service="Studio")
    assert panels.job_list.text_of(job).service == "Studio"
    assert panels.job_list.services.cancels(job)
    offered = {one.action for one in panels.job_list.actions_for([job])}
    assert Action.ABANDON in offered and Action.CANCEL not in offered, "no answer in the ledger has named it"


def test_a_draft_for_another_service_is_converted_before_it_is_shown(
    open_panels: Callable[[Settings, tuple[VideoRequest, int, str]], Panels],
) -> None:
    request = VideoRequest("A kite", model=ENGINE_MODEL, aspect_ratio="", quality="", size="720x1280", fps=24)
    panels = open_panels(Settings(more_services=(STUDIO,)), (request, 1, "Studio"))
    shown = panels.composer.request
    assert (shown.model, shown.aspect_ratio, shown.size, shown.fps) == ("sora2", "9:16", "", None)
    assert is_shown(panels, "aspectRatioChoice") and not is_shown(panels, "sizeChoice")
    assert panels.window_state.view.badge == "", "the sandbox may take the place of the first service"
    panels = open_panels(Settings(default_service="Studio", more_services=(STUDIO,)), (VideoRequest("A kite"), 2, ""))
    assert (panels.composer.request.model, panels.composer.request.size) == (ENGINE_MODEL, "1280x720")


def test_a_service_of_a_newer_version_does_not_keep_the_window_from_opening(
    open_panels: Callable[[Settings, tuple[VideoRequest, int, str]], Panels],
) -> None:
    newer = ServiceConfig("Newer", "http://127.0.0.1:9/v1", "carrier pigeon")
    panels = open_panels(Settings(more_services=(newer,), default_service="Newer"), (VideoRequest("A kite"), 1, ""))
    assert panels.composer.request.model == "sora2"
