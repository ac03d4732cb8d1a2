"""What the window shows when its own files are damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from builders import a_clip, a_job
from controllers.conftest import Opened
from PySide6.QtWidgets import QLineEdit
from sandbox_server import SandboxServer, sandbox
from store.opened_store import opened_store

from sora_desktop.domain.job import Ready
from sora_desktop.store.data_folder import DataFolder

OpenProgram = Callable[[], Opened]


@pytest.fixture(scope="module")
def service() -> Iterator[SandboxServer]:
    """One sandbox for all tests: none of them buys anything."""
    with sandbox("--tiny") as there:
        yield there


async def test_each_damaged_file_is_reported_and_the_queue_is_paused(
    open_program: OpenProgram, data_folder: DataFolder
) -> None:
    for file in (data_folder.settings_file, data_folder.prices_file(), data_folder.draft_file):
        file.write_text('{"broken')
    async with open_program() as hand:
        notice = hand.notices
        for word in ("settings", "prices", "draft"):
            assert f"The {word}" in notice
        assert "The queue is paused" in notice
        assert hand.text("noticeMoreButton") == "3 more" and notice.count("\n") == 3
        assert hand.controller.engine.settings.paused
        assert hand.text("queueLabel").startswith("The queue is paused.")
        assert len(list(data_folder.root.glob("*.damaged-*"))) == 2
        hand.controller.queue_controller.pause(False)
        assert "The queue is paused" not in hand.notices and "The prices" in hand.notices


async def test_a_job_that_cannot_be_read_is_reported_and_the_others_are_listed(
    open_program: OpenProgram, data_folder: DataFolder
) -> None:
    async with opened_store(data_folder.database) as store:
        await store.add([a_job(Ready(a_clip()), 1), a_job(Ready(a_clip()), 2, id="bad")])
    with closing(sqlite3.connect(data_folder.database)) as connection:
        connection.execute("UPDATE job SET phase = 'polishing' WHERE id = 'bad'")
        connection.commit()
    async with open_program() as hand:
        assert "set aside: bad." in hand.notices
        assert [job.id for job in hand.jobs()] == ["job1"]


async def test_a_message_that_makes_no_sense_is_reported_at_the_start_and_later(
    open_program: OpenProgram, data_folder: DataFolder
) -> None:
    (data_folder.inbox / "1.json").write_text("{half")
    async with open_program() as hand:
        assert "1.json.failed" in hand.notices
        (data_folder.inbox / "2.json").write_text("{half")
        await hand.until(lambda: "2.json.failed" in hand.notices)


async def test_the_sandbox_greeting_does_not_hide_a_damaged_file(
    open_program: OpenProgram, data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_folder.draft_file.mkdir()
    monkeypatch.delenv("SORA_API_KEY")
    async with open_program() as hand:
        await hand.until(lambda: hand.text("serviceBadge").startswith("Sandbox"))
        assert "The draft in" in hand.notices


async def test_the_theme_changes_on_a_full_disk(open_program: OpenProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    async with open_program() as hand:
        monkeypatch.setattr(hand.controller.engine, "change_settings", refuse)
        hand.controller.window.theme_requested.emit("light")
        assert hand.notices.startswith("The theme applies to this run only")


async def test_the_queue_pauses_on_a_full_disk(open_program: OpenProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    async with open_program() as hand:
        monkeypatch.setattr(hand.controller.engine.records.settings_file, "save", refuse)
        hand.controller.window.pause_requested.emit(True)
        assert hand.notices.startswith("This applies to this run only")
        await hand.until(lambda: hand.text("queueLabel").startswith("The queue is paused."))


async def test_a_library_folder_needs_a_full_path(open_program: OpenProgram, service: SandboxServer) -> None:
    async with open_program() as hand:
        for path in ("", "clips", "~nobody-of-that-name/clips"):
            hand.controller.window.settings_requested.emit()
            folder = hand.part("libraryFolderEdit")
            assert isinstance(folder, QLineEdit)
            folder.setText(path)
            hand.click("settingsSaveButton")
            await hand.until(lambda: "full path" in hand.text("settingsTrouble"))
            hand.click("settingsCancelButton")
            await hand.until(lambda: not hand.controller.window.findChildren(QLineEdit, "libraryFolderEdit"))
