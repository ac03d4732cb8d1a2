"""What a window says that finds its own small files damaged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from controllers.conftest import Opened
from PySide6.QtWidgets import QLineEdit
from sandbox_server import Address

from sora_desktop.store.places import Places

OpenDesk = Callable[[], Opened]


async def test_each_damaged_file_is_said_and_nothing_is_sent_by_itself(open_desk: OpenDesk, places: Places) -> None:
    for file in (places.settings_file, places.prices_file, places.draft_file):
        file.write_text('{"broken')
    async with open_desk() as hand:
        notice = hand.text("noticeLabel")
        for word in ("settings", "prices", "draft"):
            assert f"The {word}" in notice
        assert "The queue is paused" in notice
        assert hand.desk.engine.settings.paused
        assert hand.text("queueLabel").startswith("The queue is paused.")
        assert len(list(places.root.glob("*.damaged-*"))) == 2


async def test_what_was_damaged_is_not_hidden_by_the_greeting(
    open_desk: OpenDesk, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.draft_file.mkdir()
    monkeypatch.delenv("SORA_API_KEY")
    async with open_desk() as hand:
        await hand.until(lambda: hand.text("serviceBadge").startswith("Sandbox"))
        assert "The draft in" in hand.text("noticeLabel")


async def test_a_full_disk_lets_the_theme_change(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    async with open_desk() as hand:
        monkeypatch.setattr(hand.desk.engine, "change_settings", refuse)
        hand.desk.window.theme_asked.emit("light")
        assert hand.text("noticeLabel").startswith("The theme holds for this run only")


async def test_a_library_folder_needs_its_whole_path(open_desk: OpenDesk, service: Address) -> None:
    async with open_desk() as hand:
        for given in ("", "clips", "~nobody-of-that-name/clips"):
            hand.desk.window.settings_asked.emit()
            folder = hand.part("libraryFolderEdit")
            assert isinstance(folder, QLineEdit)
            folder.setText(given)
            hand.click("settingsSaveButton")
            await hand.until(lambda: "whole path" in hand.text("settingsTrouble"))
            hand.click("settingsCancelButton")
            await hand.until(lambda: not hand.desk.window.findChildren(QLineEdit, "libraryFolderEdit"))
