"""The library column: rows show the state of their jobs, and mouse and keys reach every action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from builders import NOW, a_clip, a_job
from drag_and_drop import drag_and_drop, drag_enter_event, drag_move_event, drop_event
from engine_models import ANIMATE, ENGINE
from in_memory_library import InMemoryLibrary
from PySide6.QtCore import QEvent, QItemSelectionModel, QMimeData, QPoint, QRect, QSize, Qt, QUrl
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFontMetrics,
    QKeyEvent,
    QPaintEvent,
    QPalette,
    QPixmap,
    QRegion,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import (
    Failed,
    Job,
    JobId,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Trashed,
    Unconfirmed,
    Waiting,
)
from sora_desktop.domain.library import Counts, LibraryView, Tab
from sora_desktop.domain.marks import Flag
from sora_desktop.domain.money import Price, PriceTable, format_amount
from sora_desktop.domain.queue import Before
from sora_desktop.state.actions import PAID, Action, JobAction, RetryOn
from sora_desktop.state.dragged_jobs import jobs_in
from sora_desktop.state.job_list import JobList
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.loaded_part import PAGE
from sora_desktop.state.queue_text import QueueText
from sora_desktop.ui.library.filter_tabs import FilterTabs
from sora_desktop.ui.library.job_list_view import JobListView
from sora_desktop.ui.library.landing import Landing, landing_of
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.library.link_guard import UNSEEN
from sora_desktop.ui.library.loaded_rows import ROWS_BELOW
from sora_desktop.ui.library.row_lines import lines_of, parts_of
from sora_desktop.ui.library.service_filter import NamedService
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import wrapped

LEFT = Qt.MouseButton.LeftButton


class Column:
    def __init__(self, qtbot: QtBot, theme: Theme, *jobs: Job) -> None:
        self.theme = theme
        self.model = JobList(InMemoryLibrary(jobs), CAPABILITIES, now=lambda: NOW + 60)
        #: Seconds of the clock that says how long a link has been under the pointer. It never moves by itself.
        self.tick = 0.0
        self.panel = LibraryPanel(theme, self.model, lambda _: None, lambda: self.tick)
        #: ("opened", id) or (request, id), in the order of the signals.
        self.emitted: list[tuple[JobAction | str, str]] = []
        panel = self.panel
        panel.opened.connect(lambda job: self.emitted.append(("opened", job.id)))
        panel.action_requested.connect(lambda request, ids: self.emitted.extend((request, id) for id in ids))
        panel.view_chosen.connect(self.model.set_view)
        qtbot.addWidget(panel)
        panel.resize(404, 600)
        panel.show()
        found = panel.findChild(QTreeView, "jobList")
        assert isinstance(found, QTreeView)
        self.list = found

    def spot(self, row: int) -> QPoint:
        return self.list.visualRect(self.model.index(row)).topLeft() + QPoint(40, 30)

    def link(self, row: int) -> QPoint:
        job = self.model.job_at(self.model.index(row))
        assert job is not None
        place = parts_of(self.list.visualRect(self.model.index(row))).text
        found = lines_of(job, self.model.text_of(job), place, self.list.font()).link
        assert found is not None
        return found.center()

    def click(self, point: QPoint) -> None:
        QTest.mouseClick(self.list.viewport(), LEFT, pos=point)

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.list, key)


MakeColumn = Callable[..., Column]
MovePointer = Callable[[QWidget, QPoint], None]
FAILED = Failed("The service is overloaded")


@pytest.fixture
def column(qtbot: QtBot, theme: Theme) -> MakeColumn:
    return lambda *jobs: Column(qtbot, theme, *jobs)


def test_a_click_opens_and_a_double_click_plays(column: MakeColumn, clip_job: Job) -> None:
    shown = column(clip_job)
    shown.click(shown.spot(0))
    QTest.mouseDClick(shown.list.viewport(), LEFT, pos=shown.spot(0))
    assert shown.emitted == [("opened", "job1"), (Action.PLAY, "job1")]


def test_the_selected_row_is_in_the_color_of_the_focus_only_while_the_list_has_it(
    column: MakeColumn, theme: Theme
) -> None:
    shown = column(a_job(FAILED))
    shown.click(shown.spot(0))
    edge = parts_of(shown.list.visualRect(shown.model.index(0))).card.center()

    def edges() -> set[str]:
        picture = shown.list.viewport().grab().toImage()
        return {picture.pixelColor(x, edge.y()).name() for x in range(8)}

    shown.panel.activateWindow()
    assert QTest.qWaitForWindowActive(shown.panel)
    shown.list.setFocus()
    assert theme.tokens.accent_text in edges() and theme.tokens.faint not in edges()
    search = shown.panel.findChild(QLineEdit, "searchEdit")
    assert search is not None
    search.setFocus()
    assert theme.tokens.faint in edges() and theme.tokens.accent_text not in edges()


def test_the_list_has_the_focus_again_when_its_last_row_comes_back(column: MakeColumn) -> None:
    job = a_job(FAILED)
    shown = column(job)
    shown.panel.activateWindow()
    assert QTest.qWaitForWindowActive(shown.panel)
    shown.list.setFocus()
    tabs = shown.panel.findChild(FilterTabs, "filterTabs")
    assert tabs is not None
    shown.model.upsert(replace(job, phase=Removed()))
    assert tabs.hasFocus(), "and not the next panel"
    shown.model.upsert(job)
    assert shown.list.hasFocus()
    tabs.setFocus()
    shown.model.upsert(replace(job, phase=Removed()))
    shown.model.upsert(job)
    assert tabs.hasFocus(), "where the user has put it"


def test_a_double_click_on_a_link_that_spends_requests_once(column: MakeColumn) -> None:
    shown = column(a_job(FAILED))
    shown.click(shown.link(0))
    QTest.mouseDClick(shown.list.viewport(), LEFT, pos=shown.link(0))
    QTest.mouseRelease(shown.list.viewport(), LEFT, pos=shown.link(0))
    assert shown.emitted == [("opened", "job1"), (Action.RETRY, "job1")]


def test_clicks_at_one_place_buy_once_however_the_rows_move(column: MakeColumn, move_pointer: MovePointer) -> None:
    """A retry adds a row at the top: then the link of another row is under the pointer."""
    shown = column(*(a_job(FAILED, number) for number in (1, 2, 3)))
    place = shown.link(1)
    for number in (4, 5, 6):
        shown.click(place)
        shown.model.upsert(a_job(FAILED, number))
        QApplication.processEvents()
        shown.tick += 2 * UNSEEN  # a slow machine, or a patient user
    assert [action for action, _ in shown.emitted].count(Action.RETRY) == 1
    move_pointer(shown.list.viewport(), shown.spot(0))
    move_pointer(shown.list.viewport(), place)
    shown.click(place)
    assert [action for action, _ in shown.emitted].count(Action.RETRY) == 2, "the pointer was moved on purpose"


def test_a_price_that_changes_during_a_click_is_not_accepted(column: MakeColumn) -> None:
    shown = column(a_job(FAILED))
    shown.model.set_prices(PriceTable((Price(Decimal(100)),)))
    QTest.mousePress(shown.list.viewport(), LEFT, pos=shown.link(0))
    shown.model.set_prices(PriceTable((Price(Decimal(200)),)))
    QTest.mouseRelease(shown.list.viewport(), LEFT, pos=shown.link(0))
    assert (Action.RETRY, "job1") not in shown.emitted
    shown.click(shown.link(0))
    assert (Action.RETRY, "job1") in shown.emitted


def test_a_price_that_changes_while_the_menu_is_open_is_shown_before_it_is_accepted(column: MakeColumn) -> None:
    shown = column(a_job(FAILED))

    def retry_item() -> QAction:
        menu = next(menu for menu in shown.list.findChildren(QMenu, "jobMenu") if menu.isVisible())
        return next(item for item in menu.actions() if item.objectName() == "verb:retry")

    shown.model.set_prices(PriceTable((Price(Decimal(100)),)))
    shown.list.setCurrentIndex(shown.model.index(0))
    QTest.keyClick(shown.list, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    outdated = retry_item()
    assert outdated.text() == "Retry (costs 100 credits)"
    shown.model.set_prices(PriceTable((Price(Decimal(200)),)))
    messages: list[str] = []
    shown.panel.job_actions.message_requested.connect(messages.append)
    for menu in shown.list.findChildren(QMenu, "jobMenu"):
        menu.hide()
    outdated.trigger()
    assert (Action.RETRY, "job1") not in shown.emitted and "changed" in messages[0]
    QTest.keyClick(shown.list, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert retry_item().text() == "Retry (costs 200 credits)"
    retry_item().trigger()
    assert (Action.RETRY, "job1") in shown.emitted
    for menu in shown.list.findChildren(QMenu, "jobMenu"):
        menu.close()


def test_a_long_menu_has_groups_and_names_the_keys(column: MakeColumn) -> None:
    shown = column(a_job(Ready(a_clip()), starred=True))
    shown.list.setCurrentIndex(shown.model.index(0))
    QTest.keyClick(shown.list, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    (menu,) = shown.list.findChildren(QMenu, "jobMenu")
    groups = " ".join("|" if item.isSeparator() else item.objectName()[5:] for item in menu.actions())
    assert groups == ("open compare review | export show_in_folder | reuse retry | star pick reject | report remove")
    keys = {item.objectName()[5:]: item.shortcut().toString() for item in menu.actions() if not item.isSeparator()}
    assert {name: key for name, key in keys.items() if key} == {
        "open": "Return",
        "compare": "C",
        "export": "Ctrl+E",
        "review": "R",
        "star": "S",
        "pick": "P",
        "reject": "X",
        "remove": "Del",
    }
    menu.close()


def test_the_menu_offers_other_services_with_what_they_cost(column: MakeColumn) -> None:
    shown = column(a_job(FAILED, service="live"))
    live, studio = JobService("Live", CAPABILITIES), JobService("Studio & co", replace(CAPABILITIES, unit=None))
    animate = JobService("Animate", replace(ENGINE, models=(ANIMATE,)))
    known = {"live": live, "studio": studio, "animate": animate}
    shown.model.set_services(JobServices(live, known, "live"))
    shown.list.setCurrentIndex(shown.model.index(0))

    def item(service: str) -> QAction:
        menu = next(menu for menu in shown.list.findChildren(QMenu, "jobMenu") if menu.isVisible())
        (others,) = menu.findChildren(QMenu, "retryOnMenu")
        return next(item for item in others.actions() if item.objectName() == f"retryOn:{service}")

    QTest.keyClick(shown.list, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert item("studio").text() == "Studio && co (free)"
    assert not item("animate").isEnabled() and "image" in item("animate").toolTip()
    outdated = item("studio")
    shown.model.set_services(JobServices(live, {**known, "studio": live}, "live"))
    for menu in shown.list.findChildren(QMenu, "jobMenu"):
        menu.hide()
    outdated.trigger()
    assert not [action for action, _ in shown.emitted if action != "opened"], "it would cost by now"
    shown.model.set_services(JobServices(live, known, "live"))
    for menu in shown.list.findChildren(QMenu, "jobMenu"):
        menu.close()
    QTest.keyClick(shown.list, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    item("studio").trigger()
    assert (RetryOn("studio"), "job1") in shown.emitted
    for menu in shown.list.findChildren(QMenu, "jobMenu"):
        menu.close()


def test_the_palette_offers_other_services_with_what_they_cost(column: MakeColumn) -> None:
    shown, messages = column(a_job(FAILED, service="live")), list[str]()
    live, studio = JobService("Live", CAPABILITIES), JobService("Studio", replace(CAPABILITIES, unit=None))
    rows = shown.panel.job_actions
    rows.message_requested.connect(messages.append)
    shown.model.set_services(JobServices(live, {"live": live, "studio": studio}, "live"))
    assert rows.services_to_retry_on == [], "no row is selected"
    shown.list.setCurrentIndex(shown.model.index(0))
    (outdated,) = rows.services_to_retry_on
    assert (outdated.text(), outdated.statusTip(), outdated.isEnabled()) == ("Studio (free)", "free", True)
    shown.model.set_services(JobServices(live, {"live": live, "studio": replace(live, label="Studio")}, "live"))
    outdated.trigger()
    assert "changed" in messages[0] and not [one for one, _ in shown.emitted if one != "opened"], "it would cost by now"
    (current,) = rows.services_to_retry_on
    current.trigger()
    assert (RetryOn("studio"), "job1") in shown.emitted


def connected(name: str, *, can_reconcile: bool = True) -> JobServices:
    service = JobService(name, CAPABILITIES, can_reconcile=can_reconcile)
    return JobServices(service, {name: service}, name)


def test_a_row_of_another_service_offers_nothing_that_spends(column: MakeColumn) -> None:
    phases: tuple[Phase, ...] = (
        FAILED,
        Unconfirmed("found", safe_to_send=True),
        Unconfirmed("found"),
        Waiting(),
        Ready(a_clip()),
    )
    jobs = [
        a_job(phase, number, on_hold=isinstance(phase, Waiting), service="sandbox")
        for number, phase in enumerate(phases)
    ]
    shown = column(*jobs)
    shown.model.set_services(connected("https://live.example/api/v1"))
    for job in jobs:
        assert not {one.action for one in shown.model.actions_for([job])} & PAID, job.phase
    shown.model.set_services(connected("sandbox"))
    for job in jobs:
        assert {one.action for one in shown.model.actions_for([job])} & PAID, job.phase


def test_a_service_without_a_balance_offers_no_look_at_it(column: MakeColumn) -> None:
    jobs = [a_job(Unconfirmed("Outcome unknown"), number) for number in (1, 2)]
    shown = column(*jobs)

    def offers() -> list[bool]:
        return [Action.RECONCILE in {one.action for one in shown.model.actions_for(some)} for some in (jobs[:1], jobs)]

    assert offers() == [True, True]
    shown.model.set_services(connected("sandbox", can_reconcile=False))
    assert offers() == [False, False] and shown.model.actions_for(jobs)
    shown.model.set_services(connected("sandbox"))
    assert offers() == [True, True]


def test_a_press_elsewhere_that_ends_on_a_link_requests_nothing(column: MakeColumn) -> None:
    shown = column(a_job(FAILED))
    QTest.mousePress(shown.list.viewport(), LEFT, pos=shown.spot(0))
    QTest.mouseRelease(shown.list.viewport(), LEFT, pos=shown.link(0))
    assert shown.emitted == [("opened", "job1")]


def test_the_pointer_is_a_hand_over_a_link(column: MakeColumn, move_pointer: MovePointer) -> None:
    shown = column(a_job(FAILED))
    move_pointer(shown.list.viewport(), shown.spot(0))
    move_pointer(shown.list.viewport(), shown.link(0))
    assert shown.list.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    move_pointer(shown.list.viewport(), shown.spot(0))
    assert shown.list.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor


def test_rows_are_loaded_as_the_list_is_scrolled_and_not_before(column: MakeColumn, qtbot: QtBot) -> None:
    shown = column(*(a_job(Waiting(), number) for number in range(250)))
    QApplication.processEvents()
    shown.list.doItemsLayout()  # a layout alone must not load more
    QApplication.processEvents()
    assert shown.model.rowCount() == PAGE
    shown.list.scrollToBottom()
    qtbot.waitUntil(lambda: shown.model.rowCount() == 2 * PAGE)
    shown.list.scrollToBottom()
    qtbot.waitUntil(lambda: shown.model.rowCount() == 250)


def test_all_videos_are_selected_and_end_goes_to_the_last_one_also_where_a_page_is_loaded(
    column: MakeColumn, qtbot: QtBot
) -> None:
    jobs = [a_job(FAILED, number) for number in range(350)]
    shown = column(*jobs)
    shown.list.selectAll()
    assert shown.model.rowCount() == PAGE  # the others follow a page at a time
    qtbot.waitUntil(lambda: len(shown.list.selectionModel().selectedRows()) == len(jobs))
    QApplication.processEvents()  # rows that are far below are unloaded
    assert len(shown.list.selectionModel().selectedRows()) == len(jobs)
    hasty = column(*jobs)
    hasty.list.selectAll()
    assert len(hasty.panel.selection()) == len(jobs)  # an action that follows at once is about all of them
    other = column(*jobs)
    other.list.setCurrentIndex(other.model.index(0))
    QTest.keyClick(other.list, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert other.model.rowCount() == PAGE
    qtbot.waitUntil(lambda: [job.id for job in other.panel.selection()] == ["job0"])
    away = column(*jobs)
    away.list.setCurrentIndex(away.model.index(0))
    QTest.keyClick(away.list, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(away.list, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)  # before the last page
    assert [job.id for job in away.panel.selection()] == ["job349"] and away.model.rowCount() == PAGE
    requested = list[tuple[object, ...]]()
    again = column(*jobs)
    again.list.setCurrentIndex(again.model.index(0))
    again.panel.action_requested.connect(lambda *asked: requested.append(asked))
    QTest.keyClick(again.list, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(again.list, Qt.Key.Key_Return)
    assert requested == [(Action.PLAY, ("job0",))]  # a key that follows at once is for the last video


def test_videos_that_come_back_are_selected_and_seen_also_beyond_the_page_that_is_loaded(
    column: MakeColumn, qtbot: QtBot
) -> None:
    jobs = [a_job(FAILED, number) for number in range(350)]
    shown = column(*jobs)
    back = [job for job in jobs if int(job.id[3:]) in (5, 6, 60)]  # the newest stands first
    hidden = a_job(Trashed(FAILED, 1.0), 400)
    shown.panel.select([hidden], opens=True)
    assert shown.panel.selection() == ()
    shown.panel.select([*back, hidden], opens=True)
    qtbot.waitUntil(lambda: {job.id for job in shown.panel.selection()} == {job.id for job in back})
    first = shown.model.index(shown.model.row_of(back[-1].id) or 0)
    assert shown.list.viewport().rect().contains(shown.list.visualRect(first).center())
    assert shown.emitted == [], "of several, the player keeps what it shows"
    for opens, emitted in ((False, []), (True, [("opened", "job300")])):
        shown.panel.select([jobs[200]], opens=False)
        shown.panel.select([jobs[300]], opens=opens)
        assert shown.emitted == emitted


def test_new_jobs_unload_rows_that_are_far_below_but_never_the_selected_one(column: MakeColumn) -> None:
    shown = column(*(a_job(FAILED, number) for number in range(50)))
    shown.click(shown.spot(3))
    shown.emitted.clear()
    for number in range(100, 900):
        shown.model.upsert(a_job(FAILED, number))
        if number % 50 == 0:
            QApplication.processEvents()
    selected = shown.panel.selected()
    assert selected is not None and selected.id == "job46" and shown.emitted == []
    shown.list.setCurrentIndex(shown.model.index(0))
    shown.list.scrollToTop()
    for number in range(900, 1100):
        shown.model.upsert(a_job(FAILED, number))
        QApplication.processEvents()
    assert shown.model.rowCount() < ROWS_BELOW + 4 * PAGE


def test_keys_move_through_rows_and_request_actions(column: MakeColumn) -> None:
    shown = column(a_job(FAILED, 2), a_job(Rendering(RemoteId("t"), 5), 1))
    shown.list.setCurrentIndex(shown.model.index(1))
    for key in (Qt.Key.Key_Return, Qt.Key.Key_S, Qt.Key.Key_Delete, Qt.Key.Key_Up, Qt.Key.Key_Delete):
        shown.key(key)
    assert shown.emitted == [
        ("opened", "job2"),
        (Action.PLAY, "job2"),
        (Action.STAR, "job2"),
        (Action.TRASH, "job2"),
        ("opened", "job1"),
    ]


def test_several_rows_are_selected_and_share_keys_and_menu(column: MakeColumn) -> None:
    shown = column(*(a_job(FAILED, number, starred=number == 3) for number in (4, 3, 2, 1)))
    for row, modifier in ((0, Qt.KeyboardModifier.NoModifier), (1, Qt.KeyboardModifier.ControlModifier)):
        QTest.mouseClick(shown.list.viewport(), LEFT, modifier, shown.spot(row))
    assert [job.id for job in shown.panel.selection()] == ["job4", "job3"]
    shown.key(Qt.Key.Key_S)
    menus = shown.panel.findChildren(QMenu, "jobMenu")
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, shown.spot(1), QPoint(0, 0))
    QApplication.sendEvent(shown.list.viewport(), event)
    (menu,) = set(shown.panel.findChildren(QMenu, "jobMenu")) - set(menus)
    assert "Move 2 videos to Trash" in [item.text() for item in menu.actions()]
    menu.close()
    shown.click(shown.spot(1))  # one of several alone: it is opened
    assert shown.emitted == [("opened", "job4"), (Action.STAR, "job4"), (Action.STAR, "job3"), ("opened", "job3")]


def test_the_menu_key_opens_the_menu_of_the_current_row(column: MakeColumn) -> None:
    shown = column(a_job(FAILED, 3), a_job(Waiting(), 2), a_job(FAILED, 1))
    shown.list.setCurrentIndex(shown.model.index(0))
    middle = shown.list.rect().center()
    QApplication.sendEvent(
        shown.list, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, shown.list.mapToGlobal(middle))
    )
    menu = shown.list.findChild(QMenu, "jobMenu")
    assert isinstance(menu, QMenu)
    assert "verb:remove" in [action.objectName() for action in menu.actions()]
    assert "Move to Trash" in [action.text() for action in menu.actions()]
    menu.close()


def test_a_finished_row_can_be_dragged_out_as_its_file(column: MakeColumn, clip_job: Job) -> None:
    shown = column(clip_job)
    index = shown.model.index(0)
    assert shown.model.flags(index) & Qt.ItemFlag.ItemIsDragEnabled and shown.list.dragEnabled()
    assert isinstance(clip_job.phase, Ready)
    assert [url.toLocalFile() for url in shown.model.mimeData([index]).urls()] == [str(clip_job.phase.clip.file)]


def test_the_search_waits_for_the_end_of_typing_and_says_that_nothing_matches(column: MakeColumn, qtbot: QtBot) -> None:
    shown = column(a_job(FAILED))
    views: list[LibraryView] = []
    shown.panel.view_chosen.connect(views.append)
    field = shown.panel.findChild(QLineEdit, "searchEdit")
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, "boat")
    qtbot.waitUntil(lambda: len(views) > 0)
    assert views == [LibraryView(Tab.ALL, "boat")]
    empty = shown.panel.findChild(QLabel, "emptyLibrary")
    assert isinstance(empty, QLabel) and empty.isVisible() and "boat" in empty.text()


@pytest.mark.parametrize("text", ["🦊" * 60, "雨の夜の街の灯り" * 9, "word " * 60, "x" * 200])
def test_every_line_of_a_long_prompt_fits_and_no_character_is_split(theme: Theme, text: str) -> None:
    font = QApplication.font()
    lines = wrapped(text, font, 200, 2)
    assert len(lines) == 2 and lines[1].endswith("…")
    assert text.startswith(lines[0].strip()) and text[len(lines[0]) :].strip().startswith(lines[1][:-1].strip()[:3])


def test_no_line_breaks_in_an_amount(theme: Theme) -> None:
    before, after = format_amount(Decimal(4900), CAPABILITIES.unit), "4\u2009800 credits"  # as older versions wrote it
    text = f"Charged, but its id was lost: the balance was {before} and is {after}."
    font = QApplication.font()
    counts = set()
    for width in range(QFontMetrics(font).horizontalAdvance(f"{before} and"), 400):
        lines = wrapped(text, font, width, 20)
        counts.add(len(lines))
        assert " ".join(lines) == text
        assert any(before in line for line in lines) and any(after in line for line in lines), lines
    assert len(counts) > 2
    narrow = QFontMetrics(font).horizontalAdvance("Generating 62") + 1
    assert wrapped("Generating 62 %", font, narrow, 2) == ["Generating", "62 %"]


def test_the_open_job_stays_selected_through_searches_and_is_not_opened_again(column: MakeColumn) -> None:
    shown = column(*(a_job(FAILED, number) for number in (1, 2, 3)))
    shown.click(shown.spot(1))
    for search in ("prompt", "prompt 2", "prompt 3", "prompt"):
        shown.model.set_view(LibraryView(Tab.ALL, search))
        job = shown.panel.selected()
        assert (None if job is None else job.id) == (None if search == "prompt 3" else "job2"), search
    shown.key(Qt.Key.Key_Down)
    assert shown.emitted == [("opened", "job2"), ("opened", "job1")]


def test_the_last_row_opens_again_after_it_was_deleted_and_restored(column: MakeColumn) -> None:
    job = a_job(FAILED)
    shown = column(job)
    shown.click(shown.spot(0))
    shown.model.upsert(replace(job, phase=Trashed(FAILED, 1.0)))
    assert shown.model.rowCount() == 0
    shown.model.upsert(job)
    shown.click(shown.spot(0))
    assert shown.emitted == [("opened", job.id)] * 2, "the player was closed in between"


FIVE_ROWS = (*(a_job(Waiting(), number) for number in (2, 4, 5)), a_job(FAILED, 3), a_job(FAILED, 1))


@pytest.mark.parametrize(
    ("dragged", "landings"),
    [
        # rows from the top: 2, 4 and 5 wait, 2 is sent next; 3 and 1 failed
        ("job2", [None, None, (Before(JobId("job5")), 2), *[(Action.MOVE_TO_END, 3)] * 3]),
        ("job4", [(Before(JobId("job2")), 0), None, None, *[(Action.MOVE_TO_END, 3)] * 3]),
        ("job5", [(Before(JobId("job2")), 0), (Before(JobId("job4")), 1), None, None, None, None]),
    ],
)
def test_where_a_dragged_row_lands(dragged: str, landings: list[tuple[JobAction, int] | None]) -> None:
    found = [landing_of(FIVE_ROWS, JobId(dragged), gap) for gap in range(6)]
    assert found == [None if landing is None else Landing(*landing) for landing in landings]


class Hand:
    """A fake of the system drag: moves to a point of the list and drops there."""

    def __init__(self, rows: JobListView, to: QPoint) -> None:
        self._rows, self._to = rows, to
        self.lines = 0

    def __call__(self, source: object) -> Hand:
        return self

    def setMimeData(self, data: QMimeData) -> None:
        self.data = data

    def setPixmap(self, picture: QPixmap) -> None:
        self.picture = picture

    def setHotSpot(self, point: QPoint) -> None:
        place = QRect(-point, self.picture.deviceIndependentSize().toSize())
        assert place.left() > 0 < place.top() and place.width() < 80, "what is under the pointer stays in sight"
        assert 0 < self.picture.toImage().pixelColor(20, 20).alpha() < 255

    def exec(self, actions: Qt.DropAction) -> None:
        view = self._rows.viewport()
        enter = drag_enter_event(self._to, self.data, actions)
        QApplication.sendEvent(view, enter)
        if not enter.isAccepted():
            return
        move = drag_move_event(self._to, self.data, actions)
        QApplication.sendEvent(view, move)
        picture = self._rows.grab().toImage()
        text = self._rows.palette().color(QPalette.ColorRole.Text)
        lines = [y for y in range(picture.height()) if all(picture.pixelColor(x, y) == text for x in range(20, 300))]
        self.lines = len(lines)
        if move.isAccepted():
            QApplication.sendEvent(view, drop_event(self._to, self.data, actions))


@pytest.mark.parametrize(("gap", "emitted", "lines"), [(0, [(Before(JobId("job2")), "job4")], 2), (2, [], 0)])
def test_a_waiting_row_is_dragged_to_another_place_in_the_queue(
    column: MakeColumn, monkeypatch: pytest.MonkeyPatch, gap: int, emitted: list[tuple[JobAction, str]], lines: int
) -> None:
    shown = column(*FIVE_ROWS)
    rows = shown.list
    assert isinstance(rows, JobListView)
    shown.click(shown.spot(1))
    shown.emitted.clear()
    hand = Hand(rows, rows.visualRect(shown.model.index(gap)).topLeft() + QPoint(60, 4))
    monkeypatch.setattr("sora_desktop.ui.library.row_drag.QDrag", hand)
    rows.startDrag(Qt.DropAction.CopyAction)
    assert (shown.emitted, hand.lines) == (emitted, lines)


def test_finished_rows_are_dragged_by_a_small_picture_with_their_number(
    column: MakeColumn, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = column(*(a_job(Ready(a_clip(Path(f"/{number}.mp4"))), number) for number in (1, 2, 3)), a_job(FAILED, 4))
    rows = shown.list
    assert isinstance(rows, JobListView)
    hand, pictures = Hand(rows, QPoint(60, 4)), []
    monkeypatch.setattr("sora_desktop.ui.library.row_drag.QDrag", hand)
    for number in (1, 3, 4):
        row = shown.model.row_of(JobId(f"job{number}"))
        assert row is not None
        rows.selectionModel().select(shown.model.index(row), QItemSelectionModel.SelectionFlag.Select)
        rows.selectionModel().setCurrentIndex(shown.model.index(row), QItemSelectionModel.SelectionFlag.NoUpdate)
        rows.startDrag(Qt.DropAction.CopyAction)
        pictures.append(hand.picture.toImage())
    assert [url.path() for url in hand.data.urls()] == ["/1.mp4", "/3.mp4"], "a failed one has nothing to drag"
    assert jobs_in(hand.data) == ("job1", "job3")
    one, two, _ = pictures
    assert one.pixelColor(56, 11).alpha() < 255 == two.pixelColor(56, 11).alpha(), "the number of the rows"


def test_files_cannot_be_dropped_into_the_queue(column: MakeColumn) -> None:
    shown = column(*FIVE_ROWS)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/tmp/picture.png")])
    assert not drag_and_drop(shown.list.viewport(), data)


def test_keys_go_from_the_search_to_its_results(column: MakeColumn) -> None:
    shown = column(*(a_job(FAILED, number) for number in (1, 2, 3)))
    field = shown.panel.findChild(QLineEdit, "searchEdit")
    assert isinstance(field, QLineEdit)
    field.setFocus()
    QTest.keyClicks(field, "prompt 2")
    QTest.keyClick(field, Qt.Key.Key_Down)  # at once, before the search timer runs out
    assert shown.emitted == [("opened", "job2")] and shown.panel.focusWidget() is shown.list
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "" and shown.panel.focusWidget() is field
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert shown.panel.focusWidget() is shown.list and shown.model.rowCount() == 3
    assert shown.emitted == [("opened", "job2")]


def test_the_queue_line_waits_until_the_pointer_has_left_the_rows_that_it_covers(
    column: MakeColumn, move_pointer: MovePointer
) -> None:
    shown = column(*(a_job(FAILED, number) for number in range(1, 12)))
    viewport = shown.list.viewport()
    move_pointer(viewport, QPoint(60, viewport.height() - 10))
    text = QueueText("The queue is paused. 3 videos in line.", "Resume (300 credits)")
    shown.panel.show_queue_text(text)
    assert shown.panel.queue_bar.isHidden()
    shown.panel.show_queue_line_now()
    assert shown.panel.queue_bar.isVisible()
    shown.panel.queue_bar.show_text(QueueText())
    move_pointer(viewport, QPoint(60, 100))
    assert shown.panel.queue_bar.isVisible() and shown.panel.queue_bar.shown_text == text


def test_the_rows_at_the_end_stay_when_the_queue_line_goes(column: MakeColumn, move_pointer: MovePointer) -> None:
    shown = column(*(a_job(FAILED, number) for number in range(1, 12)))
    shown.panel.show_queue_text(QueueText("The queue is paused.", "Resume"))
    QApplication.processEvents()
    shown.list.verticalScrollBar().setValue(shown.list.verticalScrollBar().maximum())
    move_pointer(shown.list.viewport(), QPoint(60, 100))
    before = shown.list.visualRect(shown.model.index(10)).top()
    shown.panel.show_queue_text(QueueText())
    QApplication.processEvents()
    assert shown.panel.queue_bar.isHidden()
    assert shown.list.visualRect(shown.model.index(10)).top() == before


@pytest.mark.parametrize("width", [404, 340, 300, 283])
def test_no_tab_is_cut_off_in_a_narrow_column(qtbot: QtBot, theme: Theme, width: int) -> None:
    tabs = FilterTabs(theme)
    qtbot.addWidget(tabs)
    tabs.resize(width, 34)
    tabs.show()
    tabs.show_counts(Counts(128_531, 12, 119_408, 345, 6, trashed=17))
    last = tabs.count() - 1
    assert tabs.tabRect(0).left() >= 0 and tabs.tabRect(last).right() < width
    names = [tabs.tabText(number) for number in range(tabs.count())]
    room = [
        tabs.tabRect(number).width() - tabs.fontMetrics().horizontalAdvance(name) for number, name in enumerate(names)
    ]
    assert min(room) >= 4
    assert not any(button.isVisible() for button in tabs.findChildren(QToolButton)), "no buttons to scroll"
    assert tabs.accessibleTabName(0) == "All videos: 128531"


def test_counts_are_painted_while_there_is_room_for_them(qtbot: QtBot, theme: Theme) -> None:
    tabs = FilterTabs(theme)
    qtbot.addWidget(tabs)
    tabs.resize(382, 34)
    tabs.show()
    tabs.show_counts(Counts(12_531, 3, 12_408, 5, 6, trashed=31))
    for number in range(tabs.count()):
        text = tabs.fontMetrics().horizontalAdvance(tabs.shown_text(number))
        assert tabs.tabRect(number).width() >= text + 10, tabs.shown_text(number)
    trash = list(Tab).index(Tab.TRASH)
    tabs.show_counts(Counts(128, 4, 119, 5, 6))
    assert tabs.tabRect(trash).width() < tabs.tabRect(0).width(), "an icon takes no more room than it needs"


def test_a_count_of_as_many_digits_repaints_its_tab_alone_and_lays_out_nothing(qtbot: QtBot, theme: Theme) -> None:
    class Tabs(FilterTabs):
        def event(self, event: QEvent) -> bool:
            seen.append(event.region() if isinstance(event, QPaintEvent) else event.type())
            return super().event(event)

        def tabSizeHint(self, index: int) -> QSize:
            laid_out.append(index)
            return super().tabSizeHint(index)

    seen: list[object] = []
    laid_out: list[int] = []
    tabs = Tabs(theme)
    qtbot.addWidget(tabs)
    tabs.show_counts(Counts(120, 1, 118, 1, 0))
    tabs.resize(tabs.sizeHint())
    tabs.move(300, 300)  # away from the pointer
    tabs.show()
    QApplication.processEvents()
    seen.clear()
    laid_out.clear()
    tabs.show_counts(Counts(120, 0, 119, 1, 0))
    QApplication.processEvents()
    changed = QRegion(tabs.tabRect(1)).united(tabs.tabRect(2))
    assert [region for region in seen if isinstance(region, QRegion)] == [changed] and not laid_out
    assert [tabs.shown_text(number) for number in range(4)] == ["All 120", "Active 0", "Done 119", "Failed 1"]
    tabs.show_counts(Counts(121, 10, 110, 1, 0))
    assert laid_out, "a digit more needs room"


def test_the_tab_trash_restores_deletes_and_empties(column: MakeColumn) -> None:
    in_trash = a_job(Trashed(Ready(a_clip(size=6_400_000)), NOW), 2)
    shown = column(a_job(FAILED, 1), in_trash, a_job(Trashed(Waiting(), NOW), 3))
    emptied: list[bool] = []
    shown.panel.empty_trash_requested.connect(lambda: emptied.append(True))
    bar, button = shown.panel.findChild(QLabel, "trashLabel"), shown.panel.findChild(QPushButton, "emptyTrashButton")
    assert isinstance(bar, QLabel) and isinstance(button, QPushButton)
    assert bar.isHidden() or not bar.isVisible(), "other tabs do not show what the Trash holds"
    shown.panel.show_trash()
    assert [shown.model.index(row).data() for row in range(2)] == ["prompt 3", "prompt 2"]
    assert bar.isVisible() and bar.text() == "2 videos · 6.4 MB"
    button.click()
    shown.list.setCurrentIndex(shown.model.index(1))
    shown.emitted.clear()
    shown.key(Qt.Key.Key_Delete)
    shown.key(Qt.Key.Key_S)
    shown.click(shown.link(1))
    assert shown.emitted == [(Action.DELETE_PERMANENTLY, "job2"), (Action.RESTORE, "job2")] and emptied == [True]
    tabs = shown.panel.findChild(FilterTabs, "filterTabs")
    assert isinstance(tabs, FilterTabs)
    button.setFocus()
    for number in (2, 3):
        shown.model.upsert(a_job(Removed(), number))
    assert not bar.isVisible() and shown.panel.focusWidget() is tabs, "the focus stays in the library"
    empty = shown.panel.findChild(QLabel, "emptyLibrary")
    assert isinstance(empty, QLabel) and empty.text().startswith("The Trash is empty.")


def test_the_videos_of_one_service_are_chosen_in_a_menu(column: MakeColumn) -> None:
    here, there = a_job(FAILED, 1, service="here"), a_job(FAILED, 2, service="there")
    shown = column(here, there)
    button = shown.panel.findChild(QToolButton, "serviceFilter")
    assert isinstance(button, QToolButton) and button.isHidden()
    shown.panel.show_services([NamedService("here", "Studio & cluster"), NamedService("there", "Sandbox")])
    assert button.isVisible() and button.accessibleName() == "Service: All services"

    def rows() -> list[Job | None]:
        return [shown.model.job_at(shown.model.index(row)) for row in range(shown.model.rowCount())]

    menu = button.menu()
    assert isinstance(menu, QMenu)
    assert [item.text() for item in menu.actions()] == ["All services", "Studio && cluster", "Sandbox"]
    menu.actions()[1].trigger()
    assert rows() == [here] and button.accessibleName() == "Service: Studio & cluster"
    assert [item.isChecked() for item in menu.actions()] == [False, True, False]
    shown.model.upsert(a_job(FAILED, 3, service="there"))
    assert rows() == [here]
    shown.panel.show_services([NamedService("there", "Sandbox"), NamedService("more", "More")])
    assert [None if job is None else job.id for job in rows()] == ["job2", "job1"], "its service was removed"
    menu.actions()[2].trigger()
    empty = shown.panel.findChild(QLabel, "emptyLibrary")
    assert isinstance(empty, QLabel) and "No videos of this service" in empty.text()
    shown.panel.show_services([NamedService("there", "Sandbox")])
    assert button.isHidden() and len(rows()) == 2


def test_the_service_stands_where_its_line_has_room(column: MakeColumn, theme: Theme) -> None:
    ready = a_job(Ready(a_clip()), 1, service="s", prompt="a long prompt " * 9)
    shown = column(ready, a_job(Rendering(RemoteId("t"), 40), 2, service="s"))
    service = JobService("Studio cluster", CAPABILITIES)
    before = shown.list.viewport().grab().toImage()
    shown.model.set_services(JobServices(service, {"s": service}, "s", shows_labels=True))
    after = shown.list.viewport().grab().toImage()
    for row, is_at_the_end in ((0, False), (1, True)):
        job = shown.model.job_at(shown.model.index(row))
        assert job is not None
        text = parts_of(shown.list.visualRect(shown.model.index(row))).text
        place = lines_of(job, shown.model.text_of(job), text, shown.list.font()).service
        assert place is not None and text.contains(place)
        assert (place.left() > text.left()) is is_at_the_end, "what moves has its line alone"
        assert before.copy(place) != after.copy(place)
    tip = shown.model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "On Studio cluster" in tip


@pytest.mark.parametrize(
    ("width", "prompt", "name", "place"),
    [
        (404, "short", "Studio", "state"),
        (404, "a long prompt " * 9, "Studio", "state"),
        (404, "a long prompt " * 9, "Studio cluster in the cellar of the old building", "state"),
        (300, "short", "Studio cluster", "own line"),
        (300, "a long prompt " * 9, "Studio cluster", "own line"),
    ],
)
def test_the_service_of_a_job_takes_a_line_of_the_prompt_where_there_is_no_other_room(
    column: MakeColumn, width: int, prompt: str, name: str, place: str
) -> None:
    shown = column(a_job(Ready(a_clip()), 1, service="s", prompt=prompt))
    shown.panel.resize(width, 600)
    service = JobService(name, CAPABILITIES)
    shown.model.set_services(JobServices(service, {"s": service}, "s", shows_labels=True))
    job = shown.model.job_at(shown.model.index(0))
    assert job is not None
    row = parts_of(shown.list.visualRect(shown.model.index(0))).text
    lines = lines_of(job, shown.model.text_of(job), row, shown.list.font())
    assert lines.service is not None and row.contains(lines.service)
    assert (lines.service.top() == lines.state_top) is (place == "state")
    assert (lines.service.left() == row.left()) is (place == "own line")
    assert len(lines.prompt) == (2 if place == "state" and prompt != "short" else 1)


def test_a_row_names_its_service_once(column: MakeColumn) -> None:
    shown = column(a_job(Waiting("The service cannot be reached."), 1, service="s"))
    service = JobService("Studio cluster", CAPABILITIES)
    shown.model.set_services(JobServices(service, {"s": service, "t": service}, "t", shows_labels=True))
    job = shown.model.job_at(shown.model.index(0))
    assert job is not None
    text = shown.model.text_of(job)
    assert "to Studio cluster yet" in text.text and text.service == ""


def test_home_and_end_are_for_frames_and_with_ctrl_for_rows(column: MakeColumn) -> None:
    shown = column(*(a_job(Ready(a_clip()), number) for number in (1, 2, 3)))
    shown.list.setCurrentIndex(shown.model.index(1))
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Left):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(shown.list, event)
        assert not event.isAccepted() and shown.list.currentIndex().row() == 1
    QTest.keyClick(shown.list, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert shown.list.currentIndex().row() == 2 and len(shown.list.selectedIndexes()) == 1
    QTest.keyClick(shown.list, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    assert shown.list.currentIndex().row() == 0


def test_keys_mark_the_selected_rows(column: MakeColumn) -> None:
    clips = [a_job(Ready(a_clip()), number) for number in (1, 2, 3)]
    shown = column(*clips)
    shown.list.setCurrentIndex(shown.model.index(0))
    QTest.keyClick(shown.list, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    shown.emitted.clear()
    for key in (Qt.Key.Key_P, Qt.Key.Key_X, Qt.Key.Key_U):
        shown.key(key)
    assert shown.emitted == [
        (Action.PICK, "job3"),
        (Action.PICK, "job2"),
        (Action.REJECT, "job3"),
        (Action.REJECT, "job2"),
    ]
    picked = replace(clips[2], flag=Flag.PICKED, starred=True)
    shown.model.upsert(picked)
    assert "Starred. Picked" in shown.model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    shown.emitted.clear()
    shown.key(Qt.Key.Key_U)
    assert shown.emitted == [(Action.CLEAR_MARKS, "job3")]
    shown.emitted.clear()
    QTest.mouseClick(shown.list.viewport(), Qt.MouseButton.RightButton, pos=shown.spot(1))
    point = shown.spot(1)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, shown.list.viewport().mapToGlobal(point))
    QApplication.sendEvent(shown.list.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    keep = next(item for item in menu.actions() if item.objectName() == "verb:keep_this")
    keep.trigger()
    menu.close()
    assert shown.emitted[-2:] == [(Action.KEEP_THIS, "job2"), (Action.KEEP_THIS, "job3")], "the one pointed at is kept"


def test_a_row_shows_its_marks_in_their_colors(column: MakeColumn) -> None:
    marked = a_job(Ready(a_clip()), 1, starred=True, flag=Flag.REJECTED)
    shown = column(marked, a_job(Ready(a_clip()), 2))

    def tones(row: int) -> set[str]:
        place = parts_of(shown.list.visualRect(shown.model.index(row))).text
        picture = shown.list.viewport().grab().toImage()
        corner = QRect(place.right() - 33, place.top() + 18, 34, 24)
        return {
            picture.pixelColor(x, y).name()
            for x in range(corner.left(), corner.right() + 1)
            for y in range(corner.top(), corner.bottom() + 1)
        }

    tokens = shown.theme.tokens
    assert {tokens.warn, tokens.error} <= tones(1) and not {tokens.warn, tokens.error} & tones(0)


def test_the_list_is_filtered_by_marks(column: MakeColumn) -> None:
    picked, plain = a_job(Ready(a_clip()), 1, flag=Flag.PICKED), a_job(Ready(a_clip()), 2)
    shown = column(picked, plain)
    button = shown.panel.findChild(QToolButton, "markFilter")
    assert button is not None
    button.click()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [item.text() for item in menu.actions()] == [
        "All videos",
        "Starred\t0",
        "Picks\t1",
        "Rejects\t0",
        "Not marked\t1",
    ]
    menu.actions()[2].trigger()
    menu.close()
    assert shown.model.rowCount() == 1 and button.accessibleName() == "Marks: Picks"
    shown.model.upsert(replace(picked, flag=Flag.NONE))
    empty = shown.panel.findChild(QLabel, "emptyLibrary")
    assert empty is not None and empty.isVisible() and empty.text().startswith("No picks here.")
    shown.model.set_view(replace(shown.model.view, search="dog"))
    assert empty.text().startswith("No picks match “dog”."), "both may be the reason"


def test_the_actions_for_all_picks_and_rejects_name_their_numbers(column: MakeColumn) -> None:
    clips = [a_job(Ready(a_clip()), number) for number in (1, 2, 3)]
    shown = column(*clips)
    actions = shown.panel.mark_actions.all
    assert [(each.text(), each.isEnabled()) for each in actions] == [
        ("Export picks…", False),
        ("Move rejects to Trash", False),
    ]
    shown.model.upsert(replace(clips[0], flag=Flag.REJECTED))
    for clip in clips[1:]:
        shown.model.upsert(replace(clip, flag=Flag.PICKED))
    assert [(each.text(), each.isEnabled()) for each in actions] == [
        ("Export 2 picks…", True),
        ("Move 1 reject to Trash", True),
    ]
