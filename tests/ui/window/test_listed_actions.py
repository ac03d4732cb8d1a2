"""Every action of the window: in a menu or on a button, in the palette, and harmless when nothing is open."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from builders import a_clip, a_job
from in_memory_library import InMemoryLibrary
from painted_frames import PaintedFrames
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMenuBar,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import Job, JobId, Ready, Trashed
from sora_desktop.domain.library import LibraryView, Tab
from sora_desktop.domain.marks import MarkFilter
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.state.actions import Action
from sora_desktop.state.clip_text import facts_shown
from sora_desktop.state.job_list import JobList
from sora_desktop.state.notices import Notice
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import WindowView
from sora_desktop.ui.actions.action_list import id_of, new_action
from sora_desktop.ui.actions.action_table import ACTION_TABLE, RETRY_ON, SPECS, ActionGroup, row_id
from sora_desktop.ui.actions.palette_rows import all_rows
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.compare.stage_places import Mode
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.compose.generate_button import GenerateButton
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.library.service_filter import NamedService
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.window.edit_actions import EditActions
from sora_desktop.ui.window.main_window import MainWindow

NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
#: Actions that are in no menu themselves, and the button, or the menu with their options, that does the same.
ELSEWHERE = {
    "player.speed": "speedButton",
    "window.theme": "themeMenu",
    "library.tab": "filterTabs",
    "library.marks": "markFilter",
    "library.service": "serviceFilter",
    "library.empty_trash": "emptyTrashButton",
    "form.remove_image": "imageRemoveButton",
    "form.new_seed": "seedDice",
    "form.discard_edit": "editLeaveButton",
    "window.dismiss_notice": "noticeDismissButton",
}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
READY = a_job(Ready(a_clip()), 1)


class Shown:
    """The window with one finished video in its list, and nothing behind it."""

    def __init__(self, theme: AppTheme) -> None:
        self.compose = ComposePanel(theme, CAPABILITIES)
        self.jobs = JobList(InMemoryLibrary([READY]), CAPABILITIES)
        self.library = LibraryPanel(theme, self.jobs, lambda _: None)
        self.player = PlayerPanel(
            theme, lambda job: facts_shown(job, CAPABILITIES), PaintedFrames(), self.library.job_actions
        )
        self.window = MainWindow(theme, self.compose, self.player, self.library)
        self.listed = self.window.actions_listed
        self.asked: list[tuple[object, object]] = []
        self.views: list[LibraryView] = []
        self.gains: list[int] = []
        self.library.view_chosen.connect(self.views.append)
        self.window.compare_actions.gain_chosen.connect(self.gains.append)
        self.library.action_requested.connect(lambda *request: self.asked.append(request))

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifier)

    def part(self, name: str) -> QWidget:
        found = self.window.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found


@pytest.fixture
def shown(qtbot: QtBot, late_theme: AppTheme) -> Iterator[Shown]:
    shown = Shown(late_theme)
    late_theme.apply_stylesheet()
    qtbot.addWidget(shown.window)
    shown.window.resize(1440, 900)
    with qtbot.waitActive(shown.window):
        shown.window.show()
        shown.window.activateWindow()
    yield shown
    shown.player.close_clip()


def in_menus(menu: QMenu | QMenuBar) -> Iterator[QAction]:
    for action in menu.actions():
        yield action
        submenu = action.menu()
        if isinstance(submenu, QMenu):
            yield from in_menus(submenu)


def test_every_action_of_the_table_is_listed_and_can_be_reached_with_the_mouse(shown: Shown) -> None:
    assert {id_of(action) for action in shown.listed} == {spec.id for spec in ACTION_TABLE}
    bar = shown.window.findChild(QMenuBar)
    assert isinstance(bar, QMenuBar)
    reached = {id_of(action) for action in in_menus(bar)} | set(ELSEWHERE)
    of_rows = {row_id(action) for action in Action} | {RETRY_ON}
    missing = [spec.id for spec in ACTION_TABLE if spec.id not in reached | of_rows]
    assert missing == []
    for name in {*ELSEWHERE.values()} - {"themeMenu", "seedDice"}:  # the dice is made when a model takes a seed
        assert isinstance(shown.part(name), QAbstractButton | QTabBar)
    assert [action.text() for action in in_menus(bar)].count("Dark") == 1


def test_the_keys_of_a_new_window_are_the_default(shown: Shown) -> None:
    assert shown.listed.chosen_keys == {}, "the system has more keys for Undo than the table: they are not the user's"
    assert QKeySequence("Ctrl+Z") in shown.listed["edit.undo"].shortcuts()


def test_a_key_that_is_held_down_undoes_one_step(shown: Shown) -> None:
    undone: list[bool] = []
    shown.window.undo_requested.connect(lambda: undone.append(True))
    edits = shown.window.findChild(EditActions)
    assert edits is not None
    shown.library.focus_list()
    edits.show_library_undo("Pick video", "")
    for repeats in (False, True, True):
        press = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Z, CTRL, "", repeats)
        QApplication.sendEvent(shown.window.windowHandle(), press)
    assert undone == [True]


def test_in_a_text_field_undo_is_about_what_was_done_last(shown: Shown) -> None:
    undone: list[str] = []
    shown.window.undo_requested.connect(lambda: undone.append("undo"))
    shown.window.redo_requested.connect(lambda: undone.append("redo"))
    edits, search = shown.window.findChild(EditActions), shown.part("searchEdit")
    assert edits is not None and isinstance(search, QLineEdit)
    shown.library.focus_search()
    QTest.keyClicks(search, "cat")
    edits.show_library_undo("Move 2 videos to Trash", "")
    assert edits.undo.text() == "Undo Move 2 videos to Trash"
    shown.key(Qt.Key.Key_Z, CTRL)
    assert (undone, search.text()) == (["undo"], "cat")
    edits.show_library_undo("", "Move 2 videos to Trash")
    shown.key(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert undone == ["undo", "redo"]
    shown.key(Qt.Key.Key_Z, CTRL)
    assert search.text() == "", "before that, the text was edited"
    edits.show_library_undo("Move 2 videos to Trash", "")
    QTest.keyClicks(search, "dog")
    shown.key(Qt.Key.Key_Z, CTRL)
    assert search.text() == "" and len(undone) == 2
    edits.show_library_undo("Move 2 videos to Trash", "", 2)
    shown.key(Qt.Key.Key_Z, CTRL)
    assert len(undone) == 3, "done last, though it has the name of what was done before"


def test_every_action_is_in_the_palette_once_with_text_and_icon(shown: Shown, theme: AppTheme, clip_job: Job) -> None:
    rows = all_rows(shown.listed)
    assert sorted(id_of(row.action) for row in rows) == sorted(
        spec.id for spec in ACTION_TABLE if spec.id != "window.palette"
    )
    for row in rows:
        assert row.text and row.group and not theme.icon(row.icon).isNull(), row
        assert row.enabled or row.detail, f"{row.text}: nothing says why it cannot be done"
    shown.player.open_clip(clip_job, None)
    assert [row.text for row in all_rows(shown.listed) if row.detail == "open a finished video first"] == []


def test_every_action_that_is_enabled_can_be_triggered(shown: Shown, clip_job: Job) -> None:
    shown.player.open_clip(clip_job, None)
    for action in shown.listed:
        if action.isEnabled() and id_of(action) != "player.full_screen":
            action.trigger()
    for dialog in shown.window.findChildren(QDialog):
        dialog.close()


def test_keys_follow_the_user_and_letters_never_act_in_a_text_field(shown: Shown) -> None:
    triggered: list[str] = []
    for id in ("library.find", "window.settings"):
        shown.listed[id].triggered.connect(lambda _, id=id: triggered.append(id))
    shown.listed.choose_keys("library.find", [QKeySequence("G")])
    shown.listed.choose_keys("window.settings", [QKeySequence("Ctrl+J")])
    shown.compose.focus_prompt()
    shown.key(Qt.Key.Key_G)
    assert triggered == []
    shown.key(Qt.Key.Key_J, CTRL)
    shown.part("generateButton").setFocus()
    shown.key(Qt.Key.Key_G)
    assert triggered == ["window.settings", "library.find"]
    shown.key(Qt.Key.Key_F, CTRL)
    shown.key(Qt.Key.Key_Comma, CTRL)
    assert triggered == ["window.settings", "library.find"], "the default keys are free"


def test_keys_of_rows_act_on_the_selected_rows_and_follow_the_user(shown: Shown) -> None:
    shown.library.focus_list()
    shown.key(Qt.Key.Key_S)
    shown.listed.choose_keys("clip.star", [QKeySequence("G")])
    shown.listed.choose_keys("video.remove", [QKeySequence("Ctrl+D")])
    for key in (Qt.Key.Key_S, Qt.Key.Key_Delete, Qt.Key.Key_G):
        shown.key(key)
    shown.key(Qt.Key.Key_D, CTRL)
    assert shown.asked == [(action, (READY.id,)) for action in (Action.STAR, Action.STAR, Action.TRASH)]


def test_marks_are_for_the_rows_while_the_list_has_the_focus_and_else_for_the_clip_that_is_shown(
    shown: Shown, clip_job: Job
) -> None:
    in_player = replace(clip_job, id=JobId("shown"), starred=True)
    shown.player.open_clip(in_player, None)
    star = shown.listed["clip.star"]
    shown.part("generateButton").setFocus()
    star.trigger()
    shown.library.focus_list()
    star.trigger()
    menus = shown.part("headerBar").findChild(QMenuBar)
    assert menus is not None
    menus.setFocus(Qt.FocusReason.MenuBarFocusReason)
    star.trigger()
    assert shown.asked == [(Action.UNSTAR, (in_player.id,)), *[(Action.STAR, (READY.id,))] * 2]


def test_what_a_menu_has_named_is_done_to_the_rows_that_it_was_opened_for(shown: Shown) -> None:
    shown.library.focus_list()
    all_rows(shown.listed)
    other = a_job(Ready(a_clip()), 2)
    shown.jobs.upsert(other)
    shown.jobs.upsert(replace(READY, phase=Trashed(Ready(a_clip()), 0.0)))
    assert shown.library.selection() == (other,)
    for id in ("clip.star", "video.report", "video.review"):
        shown.listed[id].trigger()
    assert [ids for _, ids in shown.asked] == [(READY.id,)] * 3


#: What is chosen with the mouse, by the action of the palette that offers it.
CHOICES = {
    "library.tab": ("Videos in the Trash", lambda shown: shown.views[-1].tab is Tab.TRASH),
    "library.marks": ("Rejects", lambda shown: shown.views[-1].marks is MarkFilter.REJECTED),
    "library.service": ("Studio", lambda shown: shown.views[-1].service == "studio"),
    "compare.gain": ("8×", lambda shown: shown.gains == [8]),
}


@pytest.mark.parametrize(("id", "choice", "is_done"), [(id, *rest) for id, rest in CHOICES.items()], ids=CHOICES)
def test_what_the_mouse_chooses_is_chosen_in_the_palette(
    shown: Shown, id: str, choice: str, is_done: Callable[[Shown], bool]
) -> None:
    shown.library.show_services([NamedService("sandbox", "Sandbox"), NamedService("studio", "Studio")])
    shown.window.compare_actions.set_open(True)
    shown.window.compare_actions.show_choice(3, Mode.DIFFERENCE, 0, 1, 4)
    shown.listed[id].trigger()
    field = shown.part("paletteField")
    QTest.keyClicks(field, choice)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert is_done(shown)


def test_the_palette_offers_the_compared_clips_that_are_there(shown: Shown) -> None:
    compare = shown.window.compare_actions
    compare.set_open(True)
    compare.show_choice(3, Mode.WIPE, 0, 2, 4)
    rows = {id_of(row.action): row for row in all_rows(shown.listed)}
    assert [choice.text() for choice in rows["compare.current"].options] == ["Clip A", "Clip B", "Clip C"]
    assert [choice.text() for choice in rows["compare.against"].options] == ["Clip B", "Clip C"]
    assert rows["compare.against"].detail == "Clip C"
    assert (rows["compare.gain"].enabled, rows["compare.gain"].detail) == (False, "compare the difference first")


def test_notices_and_the_trash_are_cleared_without_the_mouse(shown: Shown) -> None:
    asked: list[str] = []
    shown.window.notice_dismissed.connect(asked.append)
    shown.library.empty_trash_requested.connect(lambda: asked.append("trash"))
    both = [shown.listed["window.dismiss_notice"], shown.listed["library.empty_trash"]]
    assert [action.isEnabled() for action in both] == [False, False]
    notice = Notice("The disk is full.", Tone.WARN, key="disk")
    shown.window.render_view(WindowView(notices=(notice,)))
    shown.jobs.upsert(replace(READY, phase=Trashed(Ready(a_clip()), 0.0)))
    for action in both:
        action.trigger()
    assert asked == ["disk", "trash"]


def test_ctrl_k_opens_the_palette_over_the_window_and_f1_the_shortcuts(shown: Shown) -> None:
    shown.key(Qt.Key.Key_K, CTRL)
    field = shown.part("paletteField")
    assert isinstance(field, QLineEdit) and field.hasFocus()
    QTest.keyClicks(field, "trash")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert shown.part("filterTabs").isVisible() and shown.library.selection() == ()
    shown.key(Qt.Key.Key_F1)
    sheet = shown.window.findChild(QDialog, "keysDialog")
    assert isinstance(sheet, QDialog) and sheet.isVisible()
    sheet.close()


def test_keys_are_about_the_clip_that_is_shown_also_after_the_shortcuts_were(shown: Shown) -> None:
    of_jobs = shown.library.job_actions
    of_jobs.show_clip(READY, is_open=True)
    shown.key(Qt.Key.Key_F1)
    sheet = shown.window.findChild(QDialog, "keysDialog")
    assert isinstance(sheet, QDialog)
    sheet.close()
    other = a_job(Ready(a_clip()), 2)
    of_jobs.show_clip(other, is_open=True)
    of_jobs[Action.PICK].trigger()
    assert shown.asked == [(Action.PICK, (other.id,))]


def test_an_action_on_rows_that_spends_is_not_done_at_another_price_than_was_shown(shown: Shown) -> None:
    messages: list[str] = []
    shown.window.message_requested.connect(messages.append)
    shown.library.focus_list()
    shown.jobs.set_prices(PriceTable((Price(Decimal(100)),)))
    retry = {row.text: row for row in all_rows(shown.listed)}["Make another take"]
    assert (retry.spends, retry.group, retry.detail) == (True, ActionGroup.SELECTION, "costs 100 credits")
    retry.action.trigger()
    assert shown.asked == [(Action.RETRY, (READY.id,))]
    shown.jobs.set_prices(PriceTable((Price(Decimal(200)),)))
    retry.action.trigger()
    assert len(shown.asked) == 1 and "changed" in messages[0]


#: The keys of the product's table, by the action that has them.
KEYS = {
    "form.generate": "Ctrl+Return",
    "player.play": "Space, K",
    "player.shuttle_back": "J",
    "player.shuttle_forward": "L",
    "player.frame_back": ",, Left",
    "player.frame_forward": "., Right",
    "player.range_start": "I",
    "player.range_end": "O",
    "player.clear_range": "Alt+X",
    "player.loop": "Shift+L",
    "player.slower": "[",
    "player.faster": "]",
    "player.half_speed": "{",
    "player.double_speed": "}",
    "player.normal_speed": "Backspace",
    "clip.copy_frame": "Ctrl+Shift+C",
    "clip.star": "S",
    "clip.pick": "P",
    "clip.reject": "X",
    "clip.clear_marks": "U",
    "clip.compare": "C",
    "library.list": "Ctrl+L",
    "window.palette": "Ctrl+K",
    "window.shortcuts": "F1, ?",
    "edit.undo": "Ctrl+Z",
    "edit.redo": "Ctrl+Shift+Z",
    "player.full_screen": "F",
    "library.find": "Ctrl+F",
    "clip.export": "Ctrl+E",
    "clip.continue": "Ctrl+Right",
}


@pytest.mark.parametrize(("id", "keys"), KEYS.items())
def test_each_key_of_the_product_runs_its_action(qapp: QApplication, id: str, keys: str) -> None:
    """The keys of compare that cannot be changed are tested with its panel."""
    action = new_action(id, qapp)
    assert {QKeySequence(key) for key in keys.split(", ")} <= set(action.shortcuts())


NAMED = {
    "playButton": "player.play",
    "loopButton": "player.loop",
    "fullscreenButton": "player.full_screen",
    "speedButton": "player.faster",
    "timeLabel": "player.go_to",
    "volumeButton": "player.mute",
    "exportButton": "clip.export",
    "starButton": "clip.star",
    "pickButton": "clip.pick",
    "generateButton": "form.generate",
}


def test_tool_tips_and_texts_name_the_keys_that_the_user_has_chosen(shown: Shown) -> None:
    generate = shown.part("generateButton")
    assert isinstance(generate, GenerateButton) and generate.shown_aside == "Ctrl+⏎"
    for number, (name, id) in enumerate(NAMED.items(), start=1):
        default = SPECS[id].keys[0]
        assert default in shown.part(name).toolTip(), name
        shown.listed.choose_keys(id, [QKeySequence(f"Ctrl+Alt+F{number}")])
        assert f"Ctrl+Alt+F{number}" in shown.part(name).toolTip() and f"({default}" not in shown.part(name).toolTip()
        shown.listed.choose_keys(id, [])
        assert f"F{number}" not in shown.part(name).toolTip(), name
    assert generate.shown_aside == ""
    shown.listed.choose_keys("clip.star", [QKeySequence("G")])
    shown.jobs.set_view(LibraryView(marks=MarkFilter.STARRED))
    empty = shown.part("emptyLibrary")
    assert isinstance(empty, QLabel) and "Press G to star" in empty.text()
    shown.listed.choose_keys("clip.star", [])
    assert "Press" not in empty.text()


UI = Path(__file__).parents[3] / "sora_desktop" / "ui"
CHANGEABLE = sorted({key for spec in ACTION_TABLE if not spec.fixed for key in spec.keys}, key=len, reverse=True)
NAMES_A_KEY = re.compile(
    rf"(?:\((?:[^)]* )?|[Pp]ress )(?:{'|'.join(re.escape(key) for key in CHANGEABLE if key.isascii())})(?=[ ).,]|$)"
)


def texts_with_keys(source: str) -> list[str]:
    """Constant texts that name a key which the user can change, but for docstrings."""
    tree = ast.parse(source)
    docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, DOCUMENTED)}
    constants = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sorted(text for text in constants - docs if NAMES_A_KEY.search(text))


def test_no_fixed_text_names_a_key_that_can_be_changed() -> None:
    assert texts_with_keys(
        'tip("Loop (Shift+L)"); tip("Volume (M mutes)"); "Press S to star"; "Close (Esc)"; "(%s)"'
    ) == [
        "Loop (Shift+L)",
        "Press S to star",
        "Volume (M mutes)",
    ]
    found = {text for file in UI.rglob("*.py") for text in texts_with_keys(file.read_text("utf-8"))}
    (of_image,) = found
    assert of_image.startswith("Drop an image, paste one, or press Space to choose one."), "Space presses every button"


def full_screen() -> QWidget | None:
    return next(
        (w for w in QApplication.topLevelWidgets() if w.objectName() == "fullScreenView" and w.isVisible()), None
    )


def test_every_key_works_on_the_full_screen_and_none_spends_there(shown: Shown, clip_job: Job, qtbot: QtBot) -> None:
    triggered: list[str] = []
    for id in ("form.generate", "edit.undo", "window.palette", "window.shortcuts", "library.find"):
        shown.listed[id].triggered.connect(lambda _, id=id: triggered.append(id))
    shown.player.open_clip(clip_job, None)
    shown.listed.choose_keys("player.full_screen", [QKeySequence("G")])
    shown.listed.choose_keys("library.find", [QKeySequence("W")])

    def press_there(key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> bool:
        """Press a key on the full screen. True if it is still shown."""
        if full_screen() is None:
            shown.listed["player.full_screen"].trigger()
        view = full_screen()
        assert view is not None
        view.activateWindow()
        qtbot.waitUntil(view.isActiveWindow)
        QTest.keyClick(view, key, modifier)
        return full_screen() is not None

    assert press_there(Qt.Key.Key_S) and press_there(Qt.Key.Key_F) and not press_there(Qt.Key.Key_G)
    assert not press_there(Qt.Key.Key_W) and not press_there(Qt.Key.Key_Return, CTRL)
    assert triggered == ["library.find"], "the price of a video is not in sight on the full screen"
    assert not press_there(Qt.Key.Key_K, CTRL)
    assert shown.part("palette").isVisible()
    QTest.keyClick(shown.part("paletteField"), Qt.Key.Key_Escape)
    assert not press_there(Qt.Key.Key_F1)
    assert triggered == ["library.find", "window.palette", "window.shortcuts"]
    for dialog in shown.window.findChildren(QDialog):
        dialog.close()
