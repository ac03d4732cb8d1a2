"""Every control has an object name, a name for screen readers, and a place in the tab order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from controllers.conftest import Hand, Opened
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtWidgets import QAbstractButton, QDialog, QWidget
from sandbox_server import SandboxServer, sandbox

OpenProgram = Callable[[], Opened]


@pytest.fixture(scope="module")
def service() -> Iterator[SandboxServer]:
    """One sandbox for all tests: none of them buys anything."""
    with sandbox("--tiny") as there:
        yield there


FORM = (
    "promptEdit",
    "negativePromptEdit",
    "imageDrop",
    *(f"modelChoice:{value}" for value in ("sora2", "sora2-pro")),
    *(f"aspectRatioChoice:{value}" for value in ("16:9", "9:16", "1:1")),
    *(f"durationChoice:{value}" for value in ("5", "10", "15")),
    *(f"qualityChoice:{value}" for value in ("standard", "high")),
    "takesSpin",
    "generateButton",
)
PLAYER = (
    "playButton",
    "scrubBar",
    "loopButton",
    "speedButton",
    "volumeButton",
    "fullscreenButton",
    "reuseButton",
    "extendButton",
    "showInFolderButton",
    "exportButton",
)
LIBRARY = ("filterTabs", "searchEdit", "jobList")
SETTINGS = ("apiKeyEdit", "baseUrlEdit", "libraryFolderEdit")
#: Parts that show something or contain others. They need not be in the tab order.
PASSIVE = (
    "imageRemoveButton",  # while there is no image
    "modelChoice",
    "aspectRatioChoice",
    "durationChoice",
    "qualityChoice",
    "composeHint",
    "playerPanel",
    "videoView",
    "volumeSlider",  # in a frame that `volumeButton` opens
    "timeLabel",
    "serviceBadge",
    "balanceLabel",
    "statusBar",
)


def accessible_name(part: QWidget) -> str:
    return accessible_text(part, QAccessible.Text.Name) or part.accessibleName()


def accessible_text(part: QWidget, kind: QAccessible.Text) -> str:
    interface = QAccessible.queryAccessibleInterface(part)
    return interface.text(kind) if interface is not None else ""


def tab_order(window: QWidget) -> list[str]:
    """The object names of the widgets at which Tab stops, in order."""
    found, part = [], window.nextInFocusChain()
    while part is not None and part is not window:
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(part.objectName())
        part = part.nextInFocusChain()
    return found


async def test_every_part_has_a_name_for_screen_readers(open_program: OpenProgram) -> None:
    async with open_program() as hand:
        await hand.until(lambda: not hand.part("balanceLabel").isHidden())
        for name in (*FORM, *PLAYER, *LIBRARY, *PASSIVE):
            assert accessible_name(hand.part(name)).strip(), f"{name} has no name for screen readers"
        for part in hand.controller.window.findChildren(QWidget):
            description = accessible_text(part, QAccessible.Text.Description)
            assert "<" not in description, f"{part.objectName()} is described with tags: {description}"
        for name in FORM:
            if ":" in name:
                button = hand.part(name)
                assert isinstance(button, QAbstractButton) and button.isCheckable(), name


async def test_tab_stops_at_every_control_in_reading_order(open_program: OpenProgram) -> None:
    async with open_program() as hand:
        stops = tab_order(hand.controller.window)
        missing = [name for name in (*FORM, *PLAYER, *LIBRARY) if name not in stops]
        assert not missing
        *above, rows = LIBRARY
        in_order = [*FORM, "noticeDismissButton", *PLAYER, *above, "emptyTrashButton", rows, "queueButton"]
        assert sorted(in_order, key=stops.index) == in_order


async def test_the_cursor_starts_in_the_prompt(open_program: OpenProgram) -> None:
    async with open_program() as hand:
        assert hand.controller.window.focusWidget() is hand.part("promptEdit")


async def test_the_settings_dialog_has_names_for_screen_readers(open_program: OpenProgram) -> None:
    async with open_program() as hand:
        hand.controller.window.settings_requested.emit()
        dialog = hand.part("settingsDialog")
        assert isinstance(dialog, QDialog)
        for name in SETTINGS:
            assert accessible_name(hand.part(name)).strip(), name
        assert set(SETTINGS) <= set(tab_order(dialog))
        unnamed = [
            button.objectName()
            for button in dialog.findChildren(QAbstractButton)
            if not accessible_name(button).strip()
        ]
        assert not [name for name in unnamed if name and not name.startswith("qt_")]
        hand.click("settingsCancelButton")


@pytest.mark.parametrize("text", ["Settings…", "Prices…", "Keyboard shortcuts", "About Sora Desktop"])
async def test_escape_closes_every_dialog(open_program: OpenProgram, text: str) -> None:
    async with open_program() as hand:
        menu_item(hand, text).trigger()
        dialogs = [dialog for dialog in hand.controller.window.findChildren(QDialog) if dialog.isVisible()]
        assert len(dialogs) == 1, text
        dialogs[0].reject()
        await hand.until(lambda: not [one for one in hand.controller.window.findChildren(QDialog) if one.isVisible()])


def menu_item(hand: Hand, text: str) -> QAction:
    return next(action for action in hand.controller.window.findChildren(QAction) if action.text() == text)
