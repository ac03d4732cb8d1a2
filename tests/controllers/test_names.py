"""Every part of the window that a person can act on has its name, a name for screen readers, and a place for Tab."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from controllers.conftest import Hand, Opened
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtWidgets import QAbstractButton, QDialog, QWidget

OpenProgram = Callable[[], Opened]

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
    "volumeSlider",
    "fullscreenButton",
    "reuseButton",
    "extendButton",
    "showInFolderButton",
    "exportButton",
)
LIBRARY = ("jobList", "searchEdit", "filterTabs")
SETTINGS = ("apiKeyEdit", "baseUrlEdit", "libraryFolderEdit")
#: Parts that say something or hold others; Tab need not stop there.
SAYING = (
    "imageRemoveButton",  # while there is no image
    "modelChoice",
    "aspectRatioChoice",
    "durationChoice",
    "qualityChoice",
    "composeHint",
    "playerPanel",
    "videoView",
    "timeLabel",
    "serviceBadge",
    "balanceLabel",
    "statusBar",
)


def spoken(part: QWidget) -> str:
    interface = QAccessible.queryAccessibleInterface(part)
    return interface.text(QAccessible.Text.Name) if interface is not None else part.accessibleName()


def stops_of_tab(window: QWidget) -> list[str]:
    """Where Tab stops, in its order, as far as the chain leads."""
    found, part = [], window.nextInFocusChain()
    while part is not None and part is not window:
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(part.objectName())
        part = part.nextInFocusChain()
    return found


async def test_every_part_has_its_name_and_says_it(open_program: OpenProgram) -> None:
    async with open_program() as hand:
        await hand.until(lambda: not hand.part("balanceLabel").isHidden())
        for name in (*FORM, *PLAYER, *LIBRARY, *SAYING):
            assert spoken(hand.part(name)).strip(), f"{name} says nothing to a screen reader"
        for name in FORM:
            if ":" in name:
                button = hand.part(name)
                assert isinstance(button, QAbstractButton) and button.isCheckable(), name


async def test_tab_stops_at_every_part_in_reading_order(open_program: OpenProgram) -> None:
    async with open_program() as hand:
        stops = stops_of_tab(hand.controller.window)
        missing = [name for name in (*FORM, *PLAYER, *LIBRARY) if name not in stops]
        assert not missing
        for names in (FORM, PLAYER):
            places = [stops.index(name) for name in names]
            assert places == sorted(places), names


async def test_the_cursor_begins_in_the_prompt(open_program: OpenProgram) -> None:
    async with open_program() as hand:
        assert hand.controller.window.focusWidget() is hand.part("promptEdit")


async def test_the_sheet_of_settings_has_its_names(open_program: OpenProgram) -> None:
    async with open_program() as hand:
        hand.controller.window.settings_requested.emit()
        sheet = hand.part("settingsDialog")
        assert isinstance(sheet, QDialog)
        for name in SETTINGS:
            assert spoken(hand.part(name)).strip(), name
        assert set(SETTINGS) <= set(stops_of_tab(sheet))
        silent = [button.objectName() for button in sheet.findChildren(QAbstractButton) if not spoken(button).strip()]
        assert not [name for name in silent if name and not name.startswith("qt_")]
        hand.click("settingsCancelButton")


@pytest.mark.parametrize("dialog", ["Settings…", "Prices…", "Keys", "About Sora Desktop"])
async def test_escape_closes_every_sheet(open_program: OpenProgram, dialog: str) -> None:
    async with open_program() as hand:
        menu_entry(hand, dialog).trigger()
        sheets = [sheet for sheet in hand.controller.window.findChildren(QDialog) if sheet.isVisible()]
        assert len(sheets) == 1, dialog
        sheets[0].reject()
        await hand.until(lambda: not [one for one in hand.controller.window.findChildren(QDialog) if one.isVisible()])


def menu_entry(hand: Hand, text: str) -> QAction:
    return next(action for action in hand.controller.window.findChildren(QAction) if action.text() == text)
