"""The window before anything is at work behind it."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from controllers.conftest import CTRL, Hand
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from sora_desktop.app.event_loop import _open_unless_closed
from sora_desktop.controllers.panels import HeldSignals, Panels
from sora_desktop.controllers.window import WindowController
from sora_desktop.domain.job import Ready
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import StoreError
from sora_desktop.store.records import Records
from sora_desktop.system.resources import resources
from sora_desktop.ui.theme import Theme


class Wisher(QObject):
    first = Signal(str, int)
    second = Signal()


def test_wishes_are_held_and_granted_once_in_their_order() -> None:
    wisher, heard = Wisher(), list[tuple[object, ...]]()
    held = HeldSignals(wisher.first, wisher.second)
    wisher.first.emit("a", 1)
    wisher.second.emit()
    wisher.first.emit("b", 2)
    wisher.first.connect(lambda *values: heard.append(values))
    wisher.second.connect(lambda: heard.append(()))
    held.grant()
    assert heard == [("a", 1), (), ("b", 2)]
    held.grant()
    wisher.second.emit()
    assert heard == [("a", 1), (), ("b", 2), ()]


def test_the_same_wish_again_is_the_same_wish_while_nobody_answers() -> None:
    wisher, heard = Wisher(), list[tuple[object, ...]]()
    held = HeldSignals(wisher.first, wisher.second)
    for value in (1, 1, 2, 1):
        wisher.first.emit("a", value)
        wisher.second.emit()
    wisher.first.connect(lambda *values: heard.append(values))
    held.grant()
    assert heard == [("a", 1), ("a", 2), ("a", 1)]


@pytest.fixture
def panels(qapp: QApplication, theme: Theme, data_folder: DataFolder) -> Iterator[Panels]:
    panels = Panels(theme, Records(data_folder, resources() / "prices.json"), qapp.primaryScreen().availableSize())
    panels.show()
    yield panels
    panels.window.deleteLater()


async def test_what_is_typed_and_sent_at_once_becomes_a_video(panels: Panels) -> None:
    closed: list[bool] = []
    prompt = panels.window.findChild(QPlainTextEdit, "promptEdit")
    assert isinstance(prompt, QPlainTextEdit)
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


async def test_what_is_wished_while_the_library_is_being_rebuilt_is_heard_once(
    panels: Panels, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = WindowController(panels, closed=lambda: None, sandbox=False)
    hand = Hand(controller)
    really_open, clock = controller.engine.open, itertools.count(0.0, 10.0)
    monkeypatch.setattr(panels.composer, "_now", lambda: next(clock))

    async def open_slowly() -> None:
        await asyncio.sleep(0)
        hand.type("promptEdit", "A lantern in the fog")
        for _ in range(3):
            hand.key(Qt.Key.Key_Return, CTRL)
        assert not panels.window.notice
        await really_open()

    monkeypatch.setattr(controller.engine, "open", open_slowly)
    try:
        await controller.open()
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        assert len(list(panels.records.jobs.everything())) == 1
    finally:
        await controller.aclose()


async def test_what_was_typed_before_anybody_listened_outlives_a_kill(
    panels: Panels, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = panels.window.findChild(QPlainTextEdit, "promptEdit")
    assert isinstance(prompt, QPlainTextEdit)
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


async def test_an_image_that_was_dropped_at_once_is_in_the_video_or_none_is_bought(
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


async def test_who_asks_again_while_the_service_is_not_there_yet_buys_once(
    panels: Panels, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller = WindowController(panels, closed=lambda: None, sandbox=False)
    hand, there = Hand(controller), asyncio.Event()
    really_load, clock = controller.engine.load_key, itertools.count(0.0, 10.0)
    monkeypatch.setattr(panels.composer, "_now", lambda: next(clock))

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
        assert not panels.window.notice
        hand.key(Qt.Key.Key_Return, CTRL)
        await hand.until(lambda: len(hand.jobs()) == 2)
    finally:
        await controller.aclose()


async def test_a_window_that_opens_for_long_can_be_closed_meanwhile(
    panels: Panels, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = asyncio.Event()
    panels.window.close()
    controller = WindowController(panels, closed=over.set, sandbox=False)
    monkeypatch.setattr(controller.engine, "open", asyncio.Event().wait)
    await _open_unless_closed(controller, over)
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


def test_a_library_of_a_newer_version_opens_no_window(qapp: QApplication, theme: Theme, tmp_path: Path) -> None:
    data_folder = DataFolder.at(tmp_path / "data")
    data_folder.make()
    with closing(sqlite3.connect(data_folder.database)) as connection:
        connection.execute("PRAGMA user_version=9999")
    with pytest.raises(StoreError, match="newer version"):
        Panels(theme, Records(data_folder, resources() / "prices.json"), qapp.primaryScreen().availableSize())
