"""The actions of the player and their keys."""

from __future__ import annotations

import pytest
from listed_jobs import job_actions
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import PlayerCommand

NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@pytest.mark.parametrize(
    ("key", "modifiers", "text", "paused", "command"),
    [
        (Qt.Key.Key_Space, NONE, " ", True, PlayerCommand.PLAY_PAUSE),
        (Qt.Key.Key_J, NONE, "j", True, PlayerCommand.SHUTTLE_BACK),
        (Qt.Key.Key_L, NONE, "l", True, PlayerCommand.SHUTTLE_FORWARD),
        (Qt.Key.Key_L, SHIFT, "L", True, PlayerCommand.LOOP),
        (Qt.Key.Key_L, CTRL, "", True, None),
        (Qt.Key.Key_BraceRight, SHIFT, "}", True, PlayerCommand.DOUBLE_SPEED),
        (Qt.Key.Key_BracketLeft, Qt.KeyboardModifier.GroupSwitchModifier, "[", True, PlayerCommand.SLOWER),
        (Qt.Key.Key_Right, NONE, "", True, PlayerCommand.FRAME_FORWARD),
        (Qt.Key.Key_Right, NONE, "", False, None),
        (Qt.Key.Key_Right, CTRL, "", False, PlayerCommand.CONTINUE),
        (Qt.Key.Key_S, CTRL, "", True, None),
        (Qt.Key.Key_A, NONE, "a", True, None),
    ],
)
def test_the_command_of_a_key(
    qapp: QApplication,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier,
    text: str,
    paused: bool,
    command: PlayerCommand | None,
) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text)
    parent = QWidget()
    actions = PlayerActions(parent, job_actions(parent))
    actions.show_state(is_open=False)
    assert actions.command_for(event, paused=paused) is None, "no clip is open"
    actions.show_state(is_open=True)
    assert actions.command_for(event, paused=paused) is command
