"""The window: folding, menus, shortcuts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from in_memory_library import InMemoryLibrary
from painted_frames import PaintedFrames
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QLineEdit,
    QMenu,
    QMenuBar,
    QSpinBox,
    QTabBar,
    QTextEdit,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import Job
from sora_desktop.state.actions import Action
from sora_desktop.state.clip_text import facts_shown
from sora_desktop.state.job_list import JobList
from sora_desktop.state.notices import Notice, NoticeAction
from sora_desktop.state.queue_text import QueueText
from sora_desktop.state.toasts import Toast
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import WindowState, WindowView
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.library.row_lines import ROW_HEIGHT
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.window.columns import Fold, fold_for
from sora_desktop.ui.window.main_window import MainWindow


class ShownWindow:
    """The window with its panels, and nothing behind them."""

    def __init__(self, qtbot: QtBot, theme: AppTheme, *, width: int = 1440, height: int = 900) -> None:
        self.compose = ComposePanel(theme, CAPABILITIES)
        self.library = LibraryPanel(theme, JobList(InMemoryLibrary(), CAPABILITIES), lambda _: None)
        self.player = PlayerPanel(
            theme, lambda job: facts_shown(job, CAPABILITIES), PaintedFrames(), self.library.job_actions
        )
        self.window = MainWindow(theme, self.compose, self.player, self.library)
        theme.apply_stylesheet()
        qtbot.addWidget(self.window)
        self.window.resize(width, height)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()

    @property
    def search(self) -> QLineEdit:
        found = self.part("searchEdit")
        assert isinstance(found, QLineEdit)
        return found

    @property
    def list_viewport(self) -> QWidget:
        found = self.part("jobList")
        assert isinstance(found, QTreeView)
        return found.viewport()

    def part(self, name: str) -> QWidget:
        found = self.window.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found

    def action(self, text: str) -> QAction:
        for menu in self.window.findChildren(QMenu):
            menu.aboutToShow.emit()
            menu.aboutToHide.emit()
        QApplication.processEvents()  # what the menus have named is forgotten
        return next(action for action in self.window.findChildren(QAction) if action.text().split("\t")[0] == text)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.ControlModifier) -> None:
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifier)


@pytest.fixture
def theme(late_theme: AppTheme) -> AppTheme:
    return late_theme


@pytest.fixture
def shown(qtbot: QtBot, theme: AppTheme) -> ShownWindow:
    return ShownWindow(qtbot, theme)


@pytest.mark.parametrize(
    ("width", "fold"),
    [
        (1440, Fold.WIDE),
        (1100, Fold.WIDE),
        (1099, Fold.MIDDLE),
        (800, Fold.MIDDLE),
        (799, Fold.NARROW),
        (720, Fold.NARROW),
    ],
)
def test_the_widths_at_which_the_window_folds(width: int, fold: Fold) -> None:
    assert fold_for(width) is fold


def test_three_columns_then_two_then_one_and_back(shown: ShownWindow, qtbot: QtBot) -> None:
    def left(widget: QWidget) -> int:
        return widget.mapTo(shown.window, widget.rect().topLeft()).x()

    assert left(shown.compose) < left(shown.player) < left(shown.library)
    assert (shown.compose.width(), shown.library.width()) == (343, 404)
    shown.window.resize(1000, 700)
    qtbot.waitUntil(lambda: left(shown.player) == left(shown.library) > left(shown.compose))
    assert shown.compose.isVisible()
    shown.window.resize(740, 560)
    tabs = shown.part("narrowTabs")
    assert isinstance(tabs, QTabBar) and tabs.isVisible()
    assert shown.compose.isVisible() and not shown.player.isVisible()
    QTest.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(1).center())
    assert not shown.compose.isVisible() and shown.player.isVisible() and shown.library.isVisible()
    shown.window.resize(1440, 900)
    assert shown.compose.isVisible() and not tabs.isVisible()
    qtbot.waitUntil(lambda: left(shown.compose) < left(shown.player) < left(shown.library))


@pytest.mark.parametrize("name", ["searchEdit", "promptEdit", "playButton"])
def test_the_focus_stays_where_it_is_when_the_window_folds(shown: ShownWindow, clip_job: Job, name: str) -> None:
    shown.window.render_view(WindowView(notices=(Notice("The queue is paused."),)))
    shown.player.open_clip(clip_job, None)
    shown.part(name).setFocus()
    for width in (1000, 1440):
        shown.window.resize(width, 700)
        assert shown.part(name).hasFocus()
    shown.player.close_clip()


def test_the_window_is_at_most_as_large_as_the_screen(shown: ShownWindow) -> None:
    shown.window.fit_into(QSize(1280, 740))
    assert (shown.window.width(), shown.window.height()) == (1280, 740)
    shown.window.fit_into(QSize(2000, 2000))
    assert (shown.window.width(), shown.window.height()) == (1280, 740)


def test_a_maximized_window_comes_to_the_front_maximized(shown: ShownWindow) -> None:
    shown.window.setWindowState(Qt.WindowState.WindowMaximized | Qt.WindowState.WindowMinimized)
    shown.window.bring_to_front()
    assert shown.window.isMaximized() and not shown.window.isMinimized()


@pytest.mark.parametrize("size", [(720, 560), (900, 600)])
def test_a_low_window_shows_a_large_picture_and_a_whole_row_above_the_line_of_the_queue(
    shown: ShownWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    shown.window.resize(*size)
    shown.window.show_player()
    shown.window.render_view(WindowView(queue_line=QueueText("The queue is paused.", "Resume (100 credits)")))
    search, line, picture = (shown.part(name) for name in ("searchEdit", "queueBar", "videoView"))

    def room() -> int:
        return line.mapTo(shown.window, QPoint()).y() - search.mapTo(shown.window, search.rect().bottomLeft()).y()

    qtbot.waitUntil(lambda: line.isVisible() and room() > ROW_HEIGHT)
    qtbot.waitUntil(lambda: picture.height() > 0.32 * size[1])
    assert shown.window.minimumSizeHint().height() <= 560


def test_the_window_has_a_minimum_size(shown: ShownWindow) -> None:
    shown.window.resize(100, 100)
    assert (shown.window.width(), shown.window.height()) == (720, 560)


def test_a_view_is_shown(shown: ShownWindow) -> None:
    view = WindowView(
        badge="Sandbox · offline demo",
        badge_tone=Tone.OK,
        balance="1 240 credits",
        money_tip="Balance: 1 240 credits\nReserved: 200 credits",
        money="Reserved 200",
        activity="3 active · 1 queued",
        totals="Library 128 videos",
        queue_line=QueueText("The queue is paused.", "Resume"),
        paused=True,
        pause_text="Resume queue (300 credits)",
    )
    shown.window.render_view(view)
    texts = {label.objectName(): label.text() for label in shown.window.findChildren(QLabel)}
    assert texts["serviceBadge"] == "Sandbox · offline demo"
    assert texts["balanceLabel"] == "1 240 credits"
    assert texts["queueLabel"] == "The queue is paused." and shown.part("queueBar").isVisible()
    assert shown.action("Resume queue (300 credits)").isEnabled()
    assert shown.part("serviceBadge").accessibleName() == "Service: Sandbox · offline demo"
    status = [label.text() for label in shown.part("statusBar").findChildren(QLabel)]
    assert status == ["3 active · 1 queued", "Reserved 200", "Library 128 videos"]
    assert "Reserved: 200 credits" in shown.part("balanceLabel").toolTip()
    shown.window.render_view(WindowView())
    assert not shown.part("balanceLabel").isVisible() and not shown.part("queueBar").isVisible()
    assert not shown.action("Pause queue").isChecked()


def test_a_notice_stays_until_it_is_dismissed(shown: ShownWindow) -> None:
    state = WindowState()
    state.view_changed.connect(shown.window.render_view)
    shown.window.notice_dismissed.connect(state.dismiss_notice)
    bar = shown.part("noticeBar")
    assert not bar.isVisible()
    state.show_notice("The disk is full.", Tone.ERROR)
    state.set_facts(replace(state.facts, waiting=3))
    assert bar.isVisible()
    QTest.mouseClick(shown.part("noticeDismissButton"), Qt.MouseButton.LeftButton)
    assert not bar.isVisible() and state.facts.notices == ()


def test_several_notices_are_counted_shown_and_dismissed_one_by_one(shown: ShownWindow) -> None:
    state, opened = WindowState(), list[str]()
    state.view_changed.connect(shown.window.render_view)
    shown.window.notice_dismissed.connect(state.dismiss_notice)
    state.add_notice(
        Notice("Dead cannot be used.", Tone.WARN, action=NoticeAction("Services…", lambda: opened.append("")))
    )
    state.show_notice("The disk is full.", Tone.ERROR)
    state.show_notice("The queue is paused.", Tone.WARN)

    def texts() -> list[str]:
        labels = [label for label in shown.part("noticeBar").findChildren(QLabel) if label.isVisible()]
        return [label.text() for label in labels]

    def click(name: str) -> None:
        QTest.mouseClick(shown.part(name), Qt.MouseButton.LeftButton)

    more, bar = shown.part("noticeMoreButton"), shown.part("noticeBar")
    assert texts() == ["The disk is full."] and more.accessibleName() == "Show 2 more notices"
    height = bar.height()
    click("noticeMoreButton")
    assert texts() == ["The disk is full.", "The queue is paused.", "Dead cannot be used."]
    assert bar.height() > 2 * height
    click("noticeLink:2")
    assert opened == [""] and len(state.facts.notices) == 3
    click("noticeDismissButton:1")
    assert texts() == ["The disk is full.", "Dead cannot be used."]
    QTest.mouseClick(shown.part("noticeDismissButton"), Qt.MouseButton.LeftButton)
    QTest.mouseDClick(shown.part("noticeDismissButton"), Qt.MouseButton.LeftButton)
    assert texts() == ["Dead cannot be used."], "a double click dismisses no notice that it has brought up"
    assert not more.isVisible() and bar.height() == height


@pytest.mark.parametrize(
    ("key", "signal"),
    [
        (Qt.Key.Key_Comma, "settings_requested"),
        (Qt.Key.Key_Q, "close_requested"),
    ],
)
def test_shortcuts_emit_requests(shown: ShownWindow, qtbot: QtBot, key: Qt.Key, signal: str) -> None:
    shown.compose.focus_prompt()
    with qtbot.waitSignal(getattr(shown.window, signal), timeout=1000):
        shown.key(key)


@pytest.mark.parametrize("width", [1440, 740])
def test_control_return_submits_wherever_the_focus_is_while_the_price_is_in_view(
    qtbot: QtBot, theme: AppTheme, width: int
) -> None:
    shown = ShownWindow(qtbot, theme, width=width)
    asked: list[bool] = []
    shown.compose.submit_requested.connect(lambda: asked.append(True))
    shown.compose.focus_prompt()
    shown.key(Qt.Key.Key_Return)
    shown.key(Qt.Key.Key_F)
    assert shown.window.focusWidget() is shown.search and shown.search.isVisible()
    shown.key(Qt.Key.Key_Return)
    assert len(asked) == (2 if width == 1440 else 1)
    assert shown.compose.isVisible(), "a window that shows one column shows the price first"
    shown.key(Qt.Key.Key_Enter)
    assert len(asked) == (3 if width == 1440 else 2)


@pytest.mark.parametrize("width", [1440, 740])
def test_the_queue_is_resumed_while_its_cost_is_in_view(qtbot: QtBot, theme: AppTheme, width: int) -> None:
    shown = ShownWindow(qtbot, theme, width=width)
    asked: list[bool] = []
    shown.window.pause_requested.connect(asked.append)
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    shown.key(Qt.Key.Key_P, modifiers)
    assert asked == [True]
    paused = WindowView(paused=True, queue_line=QueueText("The queue is paused.", "Resume (300 credits)"))
    shown.window.render_view(paused)
    shown.key(Qt.Key.Key_P, modifiers)
    assert asked == ([True, False] if width == 1440 else [True])
    assert shown.part("queueButton").isVisible()
    shown.key(Qt.Key.Key_P, modifiers)
    assert asked[1:] == [False] * (2 if width == 1440 else 1)


def test_find_and_back_to_the_prompt(shown: ShownWindow) -> None:
    shown.key(Qt.Key.Key_F)
    QTest.keyClicks(shown.window.focusWidget(), "boat")
    assert shown.search.text() == "boat"
    shown.key(Qt.Key.Key_P)
    assert isinstance(shown.window.focusWidget(), QTextEdit)
    shown.key(Qt.Key.Key_L)
    assert shown.window.focusWidget() is shown.part("filterTabs"), "there are no rows"


def test_menu_items_are_the_actions_of_the_player(shown: ShownWindow, clip_job: Job) -> None:
    assert not shown.action("Play or pause").isEnabled()
    shown.player.open_clip(clip_job, None)
    of_jobs, reused = shown.library.job_actions, list[object]()
    shown.library.action_requested.connect(lambda *request: reused.append(request))
    menus = {action.text(): action.menu() for action in shown.window.findChild(QMenuBar).actions()}  # type: ignore[union-attr]
    for title, actions in (
        ("Playback", (shown.player.play_action, shown.player.loop_action, shown.player.fullscreen_action)),
        ("Edit", (of_jobs[Action.REUSE], shown.player.extend_action, of_jobs[Action.SHOW_IN_FOLDER])),
    ):
        menu = menus[title]
        assert isinstance(menu, QMenu)
        assert all(action in menu.actions() and action.isEnabled() for action in actions)
    of_jobs[Action.REUSE].trigger()
    assert reused == [(Action.REUSE, (clip_job.id,))]
    shown.player.close_clip()


@pytest.mark.parametrize(
    ("title", "items"),
    [
        ("File", ["Export…", "Settings…", "Quit"]),
        ("Playback", ["Play or pause", "Speed", "Save this frame…", "Full screen picture"]),
        ("Queue", ["Pause queue"]),
        ("View", ["Trash", "Dark"]),
        ("Help", ["About Sora Desktop"]),
    ],
)
def test_a_menu_offers_what_belongs_to_it(shown: ShownWindow, title: str, items: list[str]) -> None:
    menus = {action.text(): action.menu() for action in shown.window.findChild(QMenuBar).actions()}  # type: ignore[union-attr]
    menu = menus[title]
    assert isinstance(menu, QMenu)
    offered = {item.text().split("\t")[0] for item in menu.actions()}
    assert offered >= set(items), offered


def test_the_focus_is_one_ring_in_the_accent_color_wherever_it_is(
    shown: ShownWindow, theme: AppTheme, clip_job: Job
) -> None:
    ring = QColor(theme.tokens.accent_text)

    def ringed(part: QWidget) -> bool:
        picture = part.grab().toImage()

        def is_ring(x: int, y: int) -> bool:
            color = picture.pixelColor(x, y)
            away = sum(abs(a - b) for a, b in zip(color.getRgb()[:3], ring.getRgb()[:3], strict=True))  # type: ignore[index]
            return away < 60  # the edge of a round part is antialiased; the fill of Generate is farther away

        edge = (1,) if part.property("kind") == "outline" else (0, 1)  # an outline is one pixel wide without focus
        middle = range(picture.height() // 3, picture.height() * 2 // 3)
        top = any(is_ring(x, y) for x in range(picture.width()) for y in edge)
        return top and any(is_ring(x, y) for x in edge for y in middle)

    shown.player.open_clip(clip_job, None)
    rows_and_tabs = ("jobList", "filterTabs")  # which mark the current one of theirs
    stops = [
        part
        for part in shown.window.findChildren(QWidget)
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.isVisible() and part.focusProxy() is None
    ]
    parts = [part for part in stops if part.isEnabled() and part.objectName() not in rows_and_tabs]
    assert len(parts) > 25
    for part, other in zip(parts, parts[1:] + parts[:1], strict=True):
        part.setFocus()
        assert ringed(part) and not ringed(other), (part.objectName(), other.objectName())
    shown.player.close_clip()


def test_the_edit_menu_acts_on_the_text_field_that_has_the_focus(shown: ShownWindow) -> None:
    shown.compose.focus_prompt()
    prompt = shown.part("promptEdit")
    assert isinstance(prompt, QTextEdit)
    QTest.keyClicks(prompt, "a boat")
    menu = next(menu for menu in shown.window.findChildren(QMenu) if shown.action("Paste") in menu.actions())
    menu.popup(shown.window.mapToGlobal(shown.window.rect().center()))
    shown.action("Select all").trigger()
    shown.action("Cut").trigger()
    menu.close()
    assert prompt.toPlainText() == ""
    shown.search.setFocus()
    shown.action("Paste").trigger()
    assert shown.search.text() == "a boat"
    shown.action("Undo").trigger()
    assert shown.search.text() == "" and not shown.action("Undo").isEnabled()
    shown.action("Redo").trigger()
    assert shown.search.text() == "a boat" and not shown.action("Copy").isEnabled()
    shown.action("Select all").trigger()
    assert shown.action("Copy").isEnabled()
    prompt.setFocus()
    shown.action("Undo").trigger()
    assert prompt.toPlainText() == "a boat"


def test_the_edit_menu_acts_on_a_number_field(shown: ShownWindow) -> None:
    takes = shown.part("takesSpin")
    assert isinstance(takes, QSpinBox)
    takes.setFocus()
    shown.action("Select all").trigger()
    shown.action("Copy").trigger()
    assert QGuiApplication.clipboard().text() == "× 1"


def test_undo_acts_on_the_library_while_no_text_field_has_the_focus(shown: ShownWindow) -> None:
    asked: list[str] = []
    shown.window.undo_requested.connect(lambda: asked.append("undo"))
    shown.window.redo_requested.connect(lambda: asked.append("redo"))
    shown.window.render_view(WindowView(undo="Move to Trash", redo=""))
    shown.part("filterTabs").setFocus()
    assert not shown.action("Copy").isEnabled() and not shown.action("Redo").isEnabled()
    shown.key(Qt.Key.Key_Z)
    shown.window.render_view(WindowView(undo="", redo="Move to Trash"))
    shown.action("Redo Move to Trash").trigger()
    assert asked == ["undo", "redo"]
    shown.window.render_view(WindowView(undo="Move to Trash", redo=""))
    shown.compose.focus_prompt()
    shown.key(Qt.Key.Key_Z)
    assert asked == ["undo", "redo"] and not shown.action("Undo").isEnabled()


def test_export_works_for_an_open_clip_and_says_what_is_missing_otherwise(shown: ShownWindow, clip_job: Job) -> None:
    exported, messages = list[object](), list[str]()
    shown.library.action_requested.connect(lambda *request: exported.append(request))
    shown.window.message_requested.connect(messages.append)
    shown.compose.focus_prompt()
    shown.key(Qt.Key.Key_E)
    assert exported == [] and "finished video" in messages[0]
    shown.player.open_clip(clip_job, None)
    shown.key(Qt.Key.Key_E)
    assert exported == [(Action.EXPORT, (clip_job.id,))] and len(messages) == 1
    shown.player.close_clip()


def test_the_theme_is_requested_and_checked(shown: ShownWindow, theme: AppTheme) -> None:
    asked: list[str] = []
    shown.window.theme_requested.connect(asked.append)
    shown.window.theme_requested.connect(theme.choose)
    shown.action("Light").trigger()
    assert asked == ["light"]
    assert shown.action("Light").isChecked()
    assert not shown.action("Dark").isChecked()


def test_position_and_columns_are_restored(shown: ShownWindow, qtbot: QtBot, theme: AppTheme) -> None:
    shown.window.resize(1500, 850)
    text = shown.window.save_geometry()
    other = ShownWindow(qtbot, theme)
    other.window.restore_geometry(text)
    other.window.resize(1500, 850)  # the screen of this test is too small for it
    qtbot.waitUntil(lambda: other.compose.width() == shown.compose.width())
    for nonsense in ("", "x", "e30=", "bnVsbA=="):
        other.window.restore_geometry(nonsense)


def test_a_maximized_window_comes_back_maximized_and_knows_its_normal_place(
    shown: ShownWindow, qtbot: QtBot, theme: AppTheme
) -> None:
    shown.window.move(20, 30)
    shown.window.resize(760, 600)
    before = shown.window.save_geometry()
    shown.window.showMaximized()
    text = shown.window.save_geometry()
    other = ShownWindow(qtbot, theme)
    other.window.restore_geometry(text)
    other.window.fit_frame()
    assert other.window.isMaximized()
    other.window.showNormal()
    third = ShownWindow(qtbot, theme)
    third.window.restore_geometry(before)
    assert not third.window.isMaximized()
    assert (third.window.pos().toTuple(), third.window.size().toTuple()) == ((20, 30), (760, 600))


def test_the_frame_of_a_shown_window_is_kept_on_the_screen(shown: ShownWindow) -> None:
    screen = shown.window.screen().availableGeometry()
    shown.window.move(-50, screen.height())
    shown.window.fit_frame()
    assert screen.contains(shown.window.frameGeometry())


def test_closing_is_requested(shown: ShownWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.window.close_requested, timeout=1000):
        shown.window.close()


def test_the_window_changes_color_with_the_theme(shown: ShownWindow, theme: AppTheme) -> None:
    dark = shown.window.grab().toImage().pixelColor(5, 60).name()
    theme.choose("light")
    assert dark == "#161920"
    assert shown.window.grab().toImage().pixelColor(5, 60).name() == "#ffffff"


@pytest.mark.parametrize("width", [1440, 1000, 760])
def test_a_notice_and_the_queue_line_move_no_part_of_the_window(qtbot: QtBot, theme: AppTheme, width: int) -> None:
    shown = ShownWindow(qtbot, theme, width=width)
    names = ["generateButton", "playButton", "searchEdit", "filterTabs"]
    if width != 760:  # where the prompt may stand below the notice
        names.append("promptEdit")
    viewport = shown.list_viewport

    def places() -> list[tuple[int, ...]]:
        QApplication.processEvents()
        parts = [*map(shown.part, names), viewport]
        return [(*part.mapTo(shown.window, QPoint(0, 0)).toTuple(), part.width()) for part in parts]

    before = places()
    notice = Notice("The library database was damaged. " * 8)
    shown.window.render_view(WindowView(notices=(notice,), queue_line=QueueText("The queue is paused.", "Resume")))
    assert places() == before
    assert shown.part("noticeBar").isVisible()
    bar = _place_of(shown.part("noticeBar"), shown.window)
    assert shown.window.rect().contains(bar)
    assert not bar.intersects(_place_of(shown.part("playerPanel").findChild(QWidget, "videoView"), shown.window))
    shown.window.render_view(WindowView())
    assert places() == before


class ComparedClips(QFrame):
    """Stands for the compare panel."""

    def tab_order(self) -> list[QWidget]:
        return []


@pytest.mark.parametrize("width", [1440, 1000, 760])
def test_a_notice_covers_nothing_of_compared_clips(qtbot: QtBot, theme: AppTheme, width: int) -> None:
    shown, panel = ShownWindow(qtbot, theme, width=width), ComparedClips()
    shown.window.show_compare(panel)  # type: ignore[arg-type]
    shown.window.render_view(WindowView(notices=(Notice("The library database was damaged. " * 8),)))
    QApplication.processEvents()
    whole = panel.height()
    assert not _place_of(shown.part("noticeBar"), shown.window).intersects(_place_of(panel, shown.window))
    shown.window.render_view(WindowView())
    QApplication.processEvents()
    assert panel.height() > whole, "it has its room back"


def _place_of(part: object, window: QWidget) -> QRect:
    assert isinstance(part, QWidget)
    return QRect(part.mapTo(window, QPoint(0, 0)), part.size())


def test_a_notice_of_two_lines_covers_no_field_of_a_narrow_window(qtbot: QtBot, theme: AppTheme) -> None:
    theme.apply_stylesheet()
    shown = ShownWindow(qtbot, theme, width=720)
    shown.window.render_view(WindowView(notices=(Notice("The engine cannot be reached. " * 4),)))
    QApplication.processEvents()
    bar = shown.part("noticeBar")
    place = QRect(bar.mapTo(shown.window, QPoint(0, 0)), bar.size())
    assert place.height() > 40, "two lines"
    for name in ("promptEdit", "narrowTabs"):
        part = shown.part(name)
        size = part.sizeHint() if name == "narrowTabs" else part.size()  # it is wider than its tabs
        assert not place.intersects(QRect(part.mapTo(shown.window, QPoint(0, 0)), size)), name


def test_a_notice_stands_over_the_player_and_is_as_high_as_its_text(shown: ShownWindow) -> None:
    shown.window.render_view(WindowView(notices=(Notice("short"),)))
    bar, player = shown.part("noticeBar"), shown.part("playerPanel")
    player_left = player.mapTo(shown.window, QPoint(0, 0)).x()
    assert player_left < bar.x() < bar.geometry().right() < player_left + player.width()
    height = bar.height()
    shown.window.render_view(WindowView(notices=(Notice("a long message " * 30),)))
    assert bar.height() > 2 * height


def test_a_price_that_changes_while_the_button_of_the_queue_is_pressed_is_not_accepted(shown: ShownWindow) -> None:
    asked: list[bool] = []
    shown.window.resume_requested.connect(lambda: asked.append(True))
    shown.window.render_view(WindowView(queue_line=QueueText("The queue is paused.", "Resume (100 credits)")))
    button = shown.part("queueButton")
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    shown.window.render_view(WindowView(queue_line=QueueText("The queue is paused.", "Resume (200 credits)")))
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert asked == []
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [True]


def test_toasts_stand_over_the_library_alone(qtbot: QtBot, theme: AppTheme) -> None:
    shown = ShownWindow(qtbot, theme, width=1100, height=700)
    shown.window.toasts.render_slots((Toast("Video exported"), None, None))
    QApplication.processEvents()
    card = shown.part("toast:0")
    left = shown.library.mapTo(shown.window, QPoint(0, 0)).x()
    assert left < card.x() and card.geometry().right() < left + shown.library.width()


def test_toasts_leave_the_queue_line_free(qtbot: QtBot, theme: AppTheme) -> None:
    shown = ShownWindow(qtbot, theme)
    shown.window.toasts.render_slots((Toast("Video exported"), None, None))
    QApplication.processEvents()
    bar, card = shown.library.queue_bar, shown.part("toast:0")
    at_first = card.pos()
    shown.window.render_view(WindowView(queue_line=QueueText("The queue is paused.", "Resume")))
    qtbot.waitUntil(lambda: bar.isVisible() and bar.mapTo(shown.window, QPoint()).y() - card.geometry().bottom() > 0)
    shown.window.render_view(WindowView())
    qtbot.waitUntil(lambda: card.pos() == at_first)


def test_toasts_over_a_library_under_the_player_leave_its_search_free(qtbot: QtBot, theme: AppTheme) -> None:
    shown = ShownWindow(qtbot, theme, width=1000, height=700)
    shown.window.toasts.render_slots((Toast("Video exported"), Toast("Video moved"), Toast("Frame copied")))
    QApplication.processEvents()
    top = shown.library.mapTo(shown.window, QPoint(0, 0)).y()
    for slot in range(3):
        card = shown.part(f"toast:{slot}")
        assert card.isVisible() and card.mapTo(shown.window, card.rect().bottomLeft()).y() < top


def test_the_focus_goes_back_when_the_line_of_the_queue_goes(shown: ShownWindow) -> None:
    window, queue = shown.window, QueueText("Not enough credits.", "Top up (free)")
    window.render_view(WindowView(notices=(Notice("You are in the sandbox."),), queue_line=queue))
    shown.compose.focus_prompt()
    shown.part("queueButton").setFocus()
    window.render_view(WindowView(notices=(Notice("You are in the sandbox."),)))
    focused = window.focusWidget()
    assert focused is not None and focused.objectName() == "promptEdit", "Space does not dismiss the notice"


def test_a_long_name_of_a_service_leaves_the_menus_and_the_balance_their_room(qtbot: QtBot, theme: AppTheme) -> None:
    theme.apply_stylesheet()
    shown = ShownWindow(qtbot, theme, width=720)
    name = "Reseller with an extremely long name · cannot be used"
    shown.window.render_view(WindowView(badge=name, badge_tone=Tone.ERROR, balance="1 240 credits"))
    QApplication.processEvents()
    badge, balance = shown.part("serviceBadge"), shown.part("balanceLabel")
    assert badge.width() < badge.sizeHint().width() and balance.width() >= balance.sizeHint().width()
    menus = shown.window.findChild(QMenuBar)
    assert menus is not None and menus.width() >= menus.sizeHint().width()
    assert badge.geometry().right() < balance.geometry().left()
    assert balance.geometry().right() < shown.window.width()
