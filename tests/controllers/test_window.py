"""One prompt from the form to an exported video: typed, sent over HTTP, polled, downloaded, played."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from controllers.conftest import CTRL, Hand, Opened
from frame_numbers import frame_in
from PySide6 import QtGui
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAction, QImage
from PySide6.QtWidgets import QFileDialog, QLineEdit, QSpinBox, QTextEdit, QWidget
from sandbox_server import SandboxServer

from sora_desktop.domain.job import Failed, JobId, Ready, Rendering
from sora_desktop.media.video_facts import facts_of
from sora_desktop.state.actions import Action
from sora_desktop.state.window_view import WAITING_FOR_SERVICE
from sora_desktop.ui.library import posters
from sora_desktop.ui.player.video_view import VideoView

OpenProgram = Callable[[], Opened]


def shown_frame(hand: Hand) -> int | None:
    view = hand.part("videoView")
    assert isinstance(view, VideoView)
    image = view.image()
    return None if image.isNull() else frame_in(image)


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What screen readers are made to speak."""
    texts: list[str] = []

    def note(widget: QWidget, text: str) -> QAccessibleEvent:
        texts.append(text)
        return QAccessibleEvent(widget, QAccessible.Event.NameChanged)

    monkeypatch.setattr(QtGui, "QAccessibleAnnouncementEvent", note)
    return texts


@pytest.fixture
def in_window_thread(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each poster that is read, whether the window's thread does it."""
    reads, read = list[bool](), posters.image_at

    def note(file: Path) -> QImage | None:
        reads.append(threading.current_thread() is threading.main_thread())
        return read(file)

    monkeypatch.setattr(posters, "image_at", note)
    return reads


async def test_two_takes_are_generated_played_and_exported(
    open_program: OpenProgram,
    service: SandboxServer,
    tmp_path: Path,
    announced: list[str],
    in_window_thread: list[bool],
) -> None:
    async with open_program() as hand:
        seen: set[type] = set()
        progress: list[int | None] = []
        hand.controller.job_list.dataChanged.connect(lambda *_: seen.update(type(job.phase) for job in hand.jobs()))
        hand.controller.job_list.dataChanged.connect(
            lambda *_: progress.extend(job.phase.percent for job in hand.jobs() if isinstance(job.phase, Rendering))
        )
        hand.type("promptEdit", "A lone sailboat drifts")
        hand.click("aspectRatioChoice:9:16")
        hand.click("durationChoice:10")
        hand.click("qualityChoice:high")
        spin = hand.part("takesSpin")
        assert isinstance(spin, QSpinBox)
        spin.stepUp()
        hand.key(Qt.Key.Key_Return, CTRL)
        await hand.until(lambda: len(hand.jobs()) == 2)
        await hand.until(lambda: all(isinstance(job.phase, Ready) for job in hand.jobs()))
        await hand.until(lambda: all(job.id in hand.controller.panels.posters for job in hand.jobs()))
        assert in_window_thread == [False, False], "each poster is read once, and not while its row is painted"
        assert Rendering in seen
        told = [text for text in announced if text != WAITING_FOR_SERVICE.text]  # which is told of once, if at all
        assert len(progress) > len(told) == 2, "each end is announced, and no progress"
        assert all("ready" in text and text.endswith("A lone sailboat drifts") for text in told)
        creates = service.seen().creates
        assert [create["prompt"] for create in creates] == ["A lone sailboat drifts"] * 2
        asked = hand.jobs()[0].request
        assert (asked.aspect_ratio, asked.duration, asked.quality) == (
            "9:16",
            10,
            "high",
        )
        for row in (0, 1):
            hand.choose_row(row)
            await hand.until(lambda: shown_frame(hand) == 0)
            hand.click("playButton")
            await hand.until(lambda: (shown_frame(hand) or 0) > 5)
            hand.click("playButton")
        job = hand.jobs()[1]
        assert isinstance(job.phase, Ready)
        hand.click("exportButton")
        dialog = hand.part("exportDialog")
        assert isinstance(dialog, QFileDialog)
        target = tmp_path / "mine.mp4"
        dialog.selectFile(str(target))
        dialog.accept()
        await hand.until(target.exists)
        await hand.until(lambda: hand.controller.panels.toasts.find("export"))
        assert target.read_bytes() == job.phase.clip.file.read_bytes()
        shown = shown_frame(hand)
        next(one for one in hand.controller.window.findChildren(QAction) if one.text() == "Save this frame…").trigger()
        dialog = hand.part("frameDialog")
        assert isinstance(dialog, QFileDialog)
        dialog.setObjectName("")
        (taken := tmp_path / "taken.png").mkdir()
        dialog.fileSelected.emit(str(taken))
        dialog.reject()
        await hand.until(lambda: "could not be saved" in hand.notices)
        next(one for one in hand.controller.window.findChildren(QAction) if one.text() == "Save this frame…").trigger()
        dialog = hand.part("frameDialog")
        assert isinstance(dialog, QFileDialog)
        picture = tmp_path / "still.png"
        dialog.selectFile(str(picture))
        dialog.accept()
        await hand.until(lambda: hand.controller.panels.toasts.find("frame"))
        assert "could not be saved" not in hand.notices, "the next try ends the notice"
        assert frame_in(QImage(str(picture))) == shown == hand.controller.panels.player.frame
        for text in ("Set end of range", "Export range…"):
            next(one for one in hand.controller.window.findChildren(QAction) if one.text() == text).trigger()
        dialog = hand.part("rangeDialog")
        assert isinstance(dialog, QFileDialog)
        dialog.selectFile(str(tmp_path / "range.mp4"))
        dialog.accept()
        await hand.until(lambda: "Range exported: exact copy" in hand.toasts)
        assert facts_of(tmp_path / "range.mp4").frames == shown + 1
        assert hand.text("balanceLabel") == "1\u202f800 credits"


async def test_a_video_from_an_image_and_files_that_are_no_images(
    open_program: OpenProgram, service: SandboxServer, tmp_path: Path
) -> None:
    false = tmp_path / "false.png"
    false.write_text("this is a text")
    true = tmp_path / "true.png"
    image = QImage(320, 200, QImage.Format.Format_RGB32)
    image.fill(0x3366CC)
    assert image.save(str(true))
    async with open_program() as hand:
        hand.drop("imageDrop", false)
        await hand.until(lambda: "text" in hand.text("composeHint"))
        hand.drop("imageDrop", tmp_path)
        await hand.until(lambda: "folder" in hand.text("composeHint"))
        assert hand.controller.composer.request.image is None
        hand.drop("imageDrop", true)
        await hand.until(lambda: hand.controller.composer.request.image is not None)
        assert hand.part("composeHint").isHidden()
        hand.click("generateButton")
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        assert service.seen().counts["upload"] == 1


async def test_a_rejected_request_says_why_and_can_be_edited(open_program: OpenProgram, service: SandboxServer) -> None:
    async with open_program() as hand:
        hand.type("promptEdit", "a portrait of a celebrity on stage")
        hand.click("generateButton")
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Failed])
        (job,) = hand.jobs()
        assert isinstance(job.phase, Failed) and job.phase.by_policy
        prompt = hand.part("promptEdit")
        assert isinstance(prompt, QTextEdit)
        prompt.clear()
        hand.choose_row(0)
        hand.controller.job_controller.run(Action.EDIT_AS_NEW, [job.id])
        assert prompt.toPlainText() == "a portrait of a celebrity on stage"
        await hand.until(lambda: hand.text("balanceLabel") == "2\u202f000 credits")


async def test_the_form_and_the_library_are_restored_after_a_restart(open_program: OpenProgram) -> None:
    async with open_program() as hand:
        hand.type("promptEdit", "rain on a tin roof")
        hand.type("negativePromptEdit", "people")
        hand.click("modelChoice:sora2-pro")
        hand.click("generateButton")
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        hand.choose_row(0)
        await hand.until(lambda: shown_frame(hand) == 0)
        hand.part("scrubBar").setFocus()
        for _ in range(3):
            hand.key(Qt.Key.Key_Right)
        await hand.until(lambda: shown_frame(hand) == 3)
        hand.type("promptEdit", ", at night")
        hand.click("durationChoice:15")
    async with open_program() as hand:
        prompt, negative = hand.part("promptEdit"), hand.part("negativePromptEdit")
        assert isinstance(prompt, QTextEdit) and isinstance(negative, QTextEdit)
        assert prompt.toPlainText() == "rain on a tin roof, at night"
        assert negative.toPlainText() == "people"
        assert hand.controller.composer.request.duration == 15
        assert [job.request.prompt for job in hand.jobs()] == ["rain on a tin roof"]
        await hand.until(lambda: shown_frame(hand) == 3)
        selected = hand.controller.panels.library.selected()
        assert selected is not None and selected.request.prompt == "rain on a tin roof"
        assert not hand.controller.panels.player.is_playing
        assert hand.part("promptEdit").hasFocus()
        hand.click("reuseButton")
        assert prompt.toPlainText() == "rain on a tin roof"


async def test_a_clip_is_extended_from_its_last_frame_and_gives_its_form_back(
    open_program: OpenProgram, service: SandboxServer, tmp_path: Path
) -> None:
    async with open_program() as hand:
        composer = hand.controller.composer
        hand.type("promptEdit", "a kite")
        hand.type("negativePromptEdit", "people")
        hand.click("durationChoice:10")
        hand.click("generateButton")
        await hand.until(lambda: [type(job.phase) for job in hand.jobs()] == [Ready])
        hand.choose_row(0)
        await hand.until(lambda: shown_frame(hand) == 0)
        hand.click("extendButton")
        await hand.until(lambda: composer.request.image is not None)
        image = composer.request.image
        assert image is not None
        (job,) = hand.jobs()
        assert isinstance(job.phase, Ready)
        assert frame_in(QImage(str(image.file))) == job.phase.clip.facts.frames - 1

        exported = tmp_path / "renamed.mp4"
        shutil.copy(job.phase.clip.file, exported)
        drops: list[Callable[[str], None]] = [
            lambda name: hand.drop(name, exported),
            lambda name: hand.drop_rows(name, job),
        ]
        for drop, name in product(drops, ("imageDrop", "promptEdit")):
            hand.type("promptEdit", " that rises")
            before = composer.request
            hand.part("jobList").setFocus()  # as a mouse that drags a row does
            drop(name)
            await hand.until(lambda: composer.request == job.request)
            assert "Form filled a kite" in hand.toasts
            hand.key(Qt.Key.Key_Z, CTRL)
            await hand.until(partial(lambda text: composer.request.prompt == text, before.prompt))
            assert composer.request == before
        hand.drop_rows("imageDrop", job, replace(job, id=JobId("another")))
        await hand.until(lambda: "Only the first of 2 videos is used" in hand.toasts)
        await hand.until(lambda: composer.request == job.request)
        hand.key(Qt.Key.Key_Z, CTRL)
        await hand.until(partial(lambda text: composer.request.prompt == text, before.prompt))
        stranger = tmp_path / "holiday.mp4"
        stranger.write_bytes(b"\0\0\0\x18ftypisom from a phone")
        hand.drop("imageDrop", stranger)
        await hand.until(lambda: "“holiday.mp4” is no clip of this library" in hand.text("composeHint"))
        assert composer.request.prompt.endswith(" that rises") and len(service.seen().creates) == 1


async def test_invalid_settings_are_reported_in_the_dialog(open_program: OpenProgram, tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("in the way")
    async with open_program() as hand:
        hand.controller.window.settings_requested.emit()
        address, folder = hand.part("baseUrlEdit"), hand.part("libraryFolderEdit")
        assert isinstance(address, QLineEdit) and isinstance(folder, QLineEdit)
        right = address.text()
        address.setText("http://elsewhere.example/api/v1")
        hand.click("settingsSaveButton")
        await hand.until(lambda: "https" in hand.text("settingsTrouble"))
        address.setText(right)
        folder.setText(str(blocked / "clips"))
        hand.click("settingsSaveButton")
        await hand.until(lambda: "cannot be used" in hand.text("settingsTrouble"))
        hand.click("settingsCancelButton")
        assert hand.controller.engine.settings.clips_folder is None
