"""The window before anything is at work behind it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from desk.conftest import CTRL, Hand
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from sora_desktop.bundle import resources
from sora_desktop.desk.desk import Desk
from sora_desktop.desk.front import Front, HeldWishes
from sora_desktop.domain.job import Ready
from sora_desktop.store.places import Places
from sora_desktop.store.problems import StoreProblem
from sora_desktop.store.records import Records
from sora_desktop.ui.theme import Theme


class Wisher(QObject):
    first = Signal(str, int)
    second = Signal()


def test_wishes_are_held_and_granted_once_in_their_order() -> None:
    wisher, heard = Wisher(), list[tuple[object, ...]]()
    held = HeldWishes(wisher.first, wisher.second)
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


@pytest.fixture
def front(qapp: QApplication, theme: Theme, places: Places) -> Iterator[Front]:
    front = Front(theme, Records(places, resources() / "prices.json"), qapp.primaryScreen().availableSize())
    front.show()
    yield front
    front.window.deleteLater()


async def test_what_is_typed_and_sent_at_once_becomes_a_video(front: Front) -> None:
    closed: list[bool] = []
    prompt = front.window.findChild(QPlainTextEdit, "promptEdit")
    assert isinstance(prompt, QPlainTextEdit)
    QTest.keyClicks(prompt, "A lantern in the fog")
    QTest.keyClick(prompt, Qt.Key.Key_Return, CTRL)
    desk = Desk(front, closed=lambda: closed.append(True), sandbox=False)
    hand = Hand(desk)
    try:
        await desk.open()
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        assert hand.jobs()[0].request.prompt == "A lantern in the fog"
        assert closed == []
    finally:
        await desk.aclose()


async def test_a_window_that_is_closed_at_once_closes_as_soon_as_it_can(front: Front) -> None:
    closed: list[bool] = []
    front.window.close()
    assert front.window.isVisible()
    desk = Desk(front, closed=lambda: closed.append(True), sandbox=False)
    try:
        await desk.open()
        await Hand(desk).until(lambda: closed)
    finally:
        await desk.aclose()


def test_a_library_of_a_newer_version_opens_no_window(qapp: QApplication, theme: Theme, tmp_path: Path) -> None:
    places = Places.at(tmp_path / "data")
    places.make()
    with closing(sqlite3.connect(places.database)) as connection:
        connection.execute("PRAGMA user_version=9999")
    with pytest.raises(StoreProblem, match="newer version"):
        Front(theme, Records(places, resources() / "prices.json"), qapp.primaryScreen().availableSize())
