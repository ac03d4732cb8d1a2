"""Takes are compared in the window: chosen in the list, shown at the same moment, kept, exported, left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from controllers.conftest import CTRL, Hand, Opened
from frame_numbers import frame_in
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QTreeView

from sora_desktop.domain.job import Ready
from sora_desktop.domain.marks import Flag
from sora_desktop.ui.compare.compare_stage import CompareStage
from sora_desktop.ui.player.player_keys import PlayerCommand

OpenProgram = Callable[[], Opened]


def frames_shown(hand: Hand) -> list[int | None]:
    """The numbers in the pictures of all panes."""
    stage = hand.part("compareStage")
    assert isinstance(stage, CompareStage)
    return [None if shown.image is None else frame_in(shown.image) for shown in stage.images]


def clip_of(hand: Hand, row: int) -> str:
    """The name of the file."""
    phase = hand.jobs()[row].phase
    assert isinstance(phase, Ready)
    return phase.clip.file.name


def select(hand: Hand, *rows: int) -> QTreeView:
    view = hand.part("jobList")
    assert isinstance(view, QTreeView)
    view.setFocus()
    for number, row in enumerate(rows):
        spot = view.visualRect(hand.controller.job_list.index(row)).topLeft() + QPoint(40, 30)
        modifier = CTRL if number else Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, spot)
    return view


@pytest.mark.slow
async def test_takes_are_compared_kept_exported_and_left(open_program: OpenProgram, tmp_path: Path) -> None:
    async with open_program() as hand:
        controller = hand.controller
        hand.type("promptEdit", "A lone sailboat drifts")
        controller.composer.set_takes(4)
        hand.click("generateButton")
        await hand.until(lambda: len(hand.jobs()) == 4 and all(isinstance(job.phase, Ready) for job in hand.jobs()))

        select(hand, 0, 1, 2)
        hand.key(Qt.Key.Key_C)
        await hand.until(lambda: frames_shown(hand) == [0, 0, 0])
        assert hand.text("compareCount") == "3" and not hand.part("composePanel").isVisible()
        actions = controller.panels.player.actions_of_playback
        for _ in range(3):
            actions[PlayerCommand.FRAME_FORWARD].trigger()
        await hand.until(lambda: frames_shown(hand) == [3, 3, 3])
        hand.key(Qt.Key.Key_F)
        full_screen = hand.part("compareFullScreen")
        QTest.keyClick(full_screen, Qt.Key.Key_Period)
        QTest.keyClick(full_screen, Qt.Key.Key_2)
        await hand.until(lambda: frames_shown(hand) == [4, 4, 4])
        QTest.keyClick(full_screen, Qt.Key.Key_F, CTRL)
        assert not full_screen.isVisible() and controller.window.focusWidget() is hand.part("searchEdit")
        select(hand, 0, 1, 2)
        hand.key(Qt.Key.Key_2)
        kept = hand.jobs()[1].id
        controller.window.actions_listed["clip.export"].trigger()
        asked = hand.part("exportDialog")
        assert isinstance(asked, QFileDialog) and Path(asked.selectedFiles()[0]).name == clip_of(hand, 1)
        asked.close()
        hand.click("keepButton")
        await hand.until(
            lambda: [job.flag for job in hand.jobs()] == [Flag.REJECTED, Flag.PICKED, Flag.REJECTED, Flag.NONE]
        )
        hand.click("exportPicksButton")
        dialog = hand.part("exportFolderDialog")
        assert isinstance(dialog, QFileDialog)
        dialog.fileSelected.emit(str(tmp_path))
        dialog.close()
        await hand.until(lambda: len(list(tmp_path.glob("*.mp4"))) == 1)

        controller.window.jobs_dropped.emit((hand.jobs()[3].id,))
        await hand.until(lambda: len(frames_shown(hand)) == 4 and None not in frames_shown(hand))
        hand.key(Qt.Key.Key_Escape)
        shown = controller.panels.player.job
        assert not controller.window.is_comparing and shown is not None and shown.id == kept
        assert hand.part("composePanel").isVisible()
