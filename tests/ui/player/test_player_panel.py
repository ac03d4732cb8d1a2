"""The player panel, driven by keyboard and mouse on a real clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import a_clip, a_job
from frame_numbers import frame_in
from listed_jobs import job_actions
from painted_frames import PaintedFrames
from painted_widgets import painted_widgets
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QAccessible, QAction, QContextMenuEvent, QImage, QResizeEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QSlider,
    QToolButton,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.frames import Picture
from sora_desktop.domain.job import Failed, Job, JobId, Ready, RemoteId, Rendering
from sora_desktop.state.actions import Action
from sora_desktop.state.clip_text import facts_shown, timecode
from sora_desktop.state.plain_text import plain_tip
from sora_desktop.state.row_text import RowLink
from sora_desktop.ui.actions.job_actions import JobActions
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.library.link_guard import UNSEEN
from sora_desktop.ui.player import fading_controls, message_link
from sora_desktop.ui.player.message_link import JobLink, MessageLink
from sora_desktop.ui.player.picture_message import PictureMessage, PlacedMessage
from sora_desktop.ui.player.player_keys import PlayerCommand
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.player.screen_cover import ScreenCover
from sora_desktop.ui.player.scrub_bar import ScrubBar
from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.widgets.elided_label import ElidedLabel, centered_flags, wrapped_facts
from sora_desktop.ui.widgets.spend_button import SpendButton

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
CLIP_BUTTONS = ("playButton", "reuseButton", "extendButton", "showInFolderButton", "exportButton")


def turn_wheel(widget: QWidget, angle: int) -> None:
    """Turn the mouse wheel over the middle of a widget. 120 is one notch away from the user."""
    center = QPointF(widget.rect().center())
    buttons, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    wheel = QWheelEvent(center, widget.mapToGlobal(center), QPoint(), QPoint(0, angle), buttons, NONE, phase, False)
    QApplication.sendEvent(widget, wheel)


def placed_in(view: VideoView) -> PlacedMessage:
    """The message in place of the picture, as it is painted."""
    message = view.findChild(PictureMessage)
    assert isinstance(message, PictureMessage)
    return message.placed(view.picture_rect())


class Window(QWidget):
    """Passes unused keys to the player, as the main window does."""

    def __init__(self, panel: PlayerPanel, of_jobs: JobActions) -> None:
        super().__init__()
        self.panel, self.of_jobs = panel, of_jobs
        panel.setParent(self)
        panel.resize(900, 700)
        self.resize(900, 700)

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        self.panel.handle_key(event)

    def widget(self, name: str) -> QWidget:
        found = self.panel.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found

    def button(self, name: str) -> QAbstractButton:
        found = self.widget(name)
        assert isinstance(found, QAbstractButton)
        return found

    def time(self) -> str:
        return self.widget("timeLabel").accessibleName()

    def picture(self) -> int | None:
        view = self.widget("videoView")
        assert isinstance(view, VideoView)
        image = view.image()
        return None if image.isNull() else frame_in(image)


@pytest.fixture
def window(qtbot: QtBot, theme: AppTheme) -> Iterator[Window]:
    of_jobs = job_actions(theme)
    window = Window(PlayerPanel(theme, lambda job: facts_shown(job, CAPABILITIES), PaintedFrames(), of_jobs), of_jobs)
    window.panel.set_volume(0.0)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.panel.close_clip()


@pytest.fixture
def opened(window: Window, clip_job: Job, qtbot: QtBot) -> Window:
    window.panel.open_clip(clip_job, None)
    qtbot.waitUntil(lambda: window.picture() == 0)
    return window


def test_without_a_clip_the_player_shows_what_to_do(window: Window) -> None:
    assert "library" in window.widget("videoView").accessibleDescription()
    for name in CLIP_BUTTONS:
        assert not window.widget(name).isEnabled(), name


def test_the_facts_follow_what_is_known_of_the_service(qtbot: QtBot, theme: AppTheme, clip_job: Job) -> None:
    known = ["wan-2.2"]
    panel = PlayerPanel(theme, lambda _: tuple(known), PaintedFrames(), job_actions(theme))
    qtbot.addWidget(panel)
    panel.show_job(clip_job, "Generating")
    known[:] = ["Studio cluster", "Wan 2.2"]
    panel.refresh_facts()
    facts = panel.findChild(QLabel, "clipFacts")
    assert isinstance(facts, QLabel) and facts.text() == "Studio cluster · Wan 2.2"


def test_an_open_clip_shows_its_facts(opened: Window, clip_job: Job) -> None:
    facts = opened.widget("clipFacts")
    assert isinstance(facts, QLabel)
    assert facts.text().startswith("Sora 2 · 16:9 · 5 s · Standard · 720×720 · 24 fps · ")
    assert opened.time() == "0:00.00 of 0:02.00"


def test_play_and_pause_by_button_and_key(opened: Window, qtbot: QtBot) -> None:
    QTest.mouseClick(opened.button("playButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.panel.is_playing and (opened.picture() or 0) > 3)
    assert opened.button("playButton").accessibleName() == "Pause"
    QTest.keyClick(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: not opened.panel.is_playing)
    assert opened.button("playButton").accessibleName() == "Play"


def test_a_picture_that_plays_is_painted_before_what_stands_around_it_and_nothing_behind(
    opened: Window, qtbot: QtBot
) -> None:
    is_before: dict[int, bool] = {}

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and opened.panel.is_playing:
                number = opened.picture() or 0  # it may be painted more than once
                is_before.setdefault(number, opened.time() != f"{timecode(number / 24)} of 0:02.00")
            return False

    opened.setObjectName("window")
    opened.panel.play()
    qtbot.waitUntil(lambda: (opened.picture() or 0) > 3)
    is_before[opened.picture() or 0] = True  # it has been painted
    watch = Watch()
    opened.widget("videoView").installEventFilter(watch)
    with painted_widgets() as painted:
        qtbot.waitUntil(lambda: (opened.picture() or 0) > 9)
    assert painted - {""} == {"playerPanel", "videoView", "scrubBar", "timeLabel"}
    assert len(is_before) > 1 and all(is_before.values())
    opened.button("playButton").click()
    qtbot.waitUntil(lambda: opened.time() == f"{timecode((opened.picture() or 0) / 24)} of 0:02.00")


def test_keys_and_the_scrub_bar_reach_frames(opened: Window, qtbot: QtBot) -> None:
    QTest.keyClicks(opened, "...")
    qtbot.waitUntil(lambda: opened.picture() == 3)
    QTest.keyClick(opened, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: opened.picture() == 2)
    bar = opened.widget("scrubBar")
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, NONE, QPoint(bar.width() // 2, 10))
    qtbot.waitUntil(lambda: opened.picture() in (23, 24))
    bar.setFocus()
    QTest.keyClick(bar, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: opened.picture() == 47)
    assert isinstance(bar, ScrubBar) and bar.share > 0.95
    assert opened.time().startswith("0:01.95")


def test_speed_loop_and_volume(opened: Window, qtbot: QtBot) -> None:
    emitted: list[object] = []
    opened.panel.loop_changed.connect(emitted.append)
    opened.panel.volume_changed.connect(emitted.append)
    QTest.keyClick(opened, Qt.Key.Key_L, SHIFT)
    assert emitted == [False] and not opened.button("loopButton").isChecked()
    QTest.mouseClick(opened.button("loopButton"), Qt.MouseButton.LeftButton)
    assert emitted == [False, True] and opened.button("loopButton").isChecked()
    QTest.keyClicks(opened, "}")
    assert opened.button("speedButton").text() == "2×"
    QTest.keyClicks(opened, "[")
    assert opened.button("speedButton").text() == "1.82×"
    QTest.keyClick(opened, Qt.Key.Key_Backspace)
    assert opened.button("speedButton").text() == "1×"
    slider = opened.widget("volumeSlider")
    assert isinstance(slider, QSlider)
    slider.setValue(40)
    assert emitted[-1] == 0.4
    QTest.keyClick(opened, Qt.Key.Key_M)
    assert opened.button("muteButton").isChecked()


def test_the_speed_fits_its_button_and_is_ticked_in_the_menu(opened: Window) -> None:
    button = opened.widget("speedButton")
    assert isinstance(button, QToolButton)

    def ticked() -> list[str]:
        return [choice.text() for choice in button.menu().actions() if choice.isChecked()]

    assert ticked() == ["1×"]
    next(choice for choice in button.menu().actions() if choice.text() == "1.25×").trigger()
    assert button.text() == "1.25×" and ticked() == ["1.25×"]
    next(choice for choice in button.menu().actions() if choice.text() == "1.25×").trigger()
    assert ticked() == ["1.25×"]
    for key in "}}[[[[[[[{{[[[{{":
        QTest.keyClicks(opened, key)
        QApplication.processEvents()
        assert button.width() >= button.sizeHint().width(), button.text()
    assert button.text() == "0.1×" and ticked() == []


def test_the_buttons_beside_the_filmstrip_take_no_more_room_than_they_need(opened: Window) -> None:
    opened.panel.resize(692, 700)  # as in a window of 1440 pixels
    QApplication.processEvents()
    for name, icon, text in (("loopButton", 24, "Loop"), ("speedButton", 0, "0.00×"), ("volumeButton", 16, "")):
        button = opened.widget(name)
        room = icon + button.fontMetrics().horizontalAdvance(text)
        assert room < button.width() <= room + 12, name
    strip = opened.widget("scrubBar")
    width = strip.width()
    for key in "[[[{}}":
        QTest.keyClicks(opened, key)
        QApplication.processEvents()
        assert strip.width() == width, opened.button("speedButton").text()


def test_the_volume_opens_above_the_speaker_and_is_set_by_mouse_and_keys(opened: Window, qtbot: QtBot) -> None:
    volumes: list[float] = []
    opened.panel.volume_changed.connect(volumes.append)
    opened.panel.set_volume(0.5)
    speaker, slider = opened.button("volumeButton"), opened.widget("volumeSlider")
    assert not slider.isVisible() and speaker.accessibleName() == "Volume 50 %"
    speaker.setFocus()
    QTest.keyClick(speaker, Qt.Key.Key_Up)
    QTest.keyClick(speaker, Qt.Key.Key_Space)
    qtbot.waitUntil(slider.isVisible)
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert volumes == [0.55, 0.6]
    QTest.keyClick(slider, Qt.Key.Key_M)
    assert opened.button("muteButton").isChecked() and speaker.accessibleName() == "Volume, muted"
    QTest.keyClick(slider, Qt.Key.Key_Left)
    assert not opened.button("muteButton").isChecked()
    QTest.keyClick(slider, Qt.Key.Key_Escape)
    assert not slider.isVisible() and opened.focusWidget() is speaker
    for notch in (120, -120, -120):
        turn_wheel(speaker, notch)
    assert volumes[3:] == [0.6, 0.55, 0.5]


def test_every_command_of_the_picture_is_in_its_context_menu(opened: Window, qtbot: QtBot) -> None:
    asked: list[str] = []
    opened.panel.continue_requested.connect(lambda _, frame: asked.append(f"continue from {frame}"))
    opened.panel.copy_frame_requested.connect(lambda _, frame: asked.append(f"copy {frame}"))
    opened.of_jobs.requested.connect(lambda action, _: asked.append(action.value))
    view = opened.widget("videoView")
    center = view.rect().center()

    def open_menu() -> QMenu:
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, center, view.mapToGlobal(center))
        QApplication.sendEvent(view, event)
        menu = opened.panel.findChild(QMenu, "pictureMenu")
        assert isinstance(menu, QMenu) and menu.isVisible()
        return menu

    menu = open_menu()
    items = {item.text().split("\t")[0]: item for item in menu.actions()}
    items["Next frame"].trigger()
    qtbot.waitUntil(lambda: opened.picture() == 1)
    assert not items["Clear range"].isEnabled()
    items["Set start of range"].trigger()
    assert items["Clear range"].isEnabled()
    items["Clear range"].trigger()
    assert not items["Clear range"].isEnabled()
    items["Copy this frame"].trigger()
    items["Continue from this frame"].trigger()
    items["Export…"].trigger()
    assert asked == ["copy 1", "continue from 1", "export"]
    assert {
        "Play or pause",
        "Loop",
        "Speed",
        "Sound",
        "Show in folder",
        "Full screen picture",
        "Save this frame…",
        "Export range…",
        "Go to",
        "Zoom",
        "Open in system player",
    } <= items.keys()
    menu.close()
    QApplication.sendPostedEvents(menu, QEvent.Type.DeferredDelete)
    opened.panel.close_clip()
    menu = open_menu()
    assert not any(item.isEnabled() for item in menu.actions() if not item.isSeparator())
    menu.close()
    QApplication.sendPostedEvents(menu, QEvent.Type.DeferredDelete)
    assert opened.panel.findChild(QMenu, "pictureMenu") is None


def test_the_scrub_bar_is_a_slider_over_the_frames_for_screen_readers(opened: Window, qtbot: QtBot) -> None:
    interface = QAccessible.queryAccessibleInterface(opened.widget("scrubBar"))
    values = interface.valueInterface()
    assert interface.role() == QAccessible.Role.Slider
    assert (values.minimumValue(), values.currentValue(), values.maximumValue()) == (0, 0, 47)
    values.setCurrentValue(30)
    qtbot.waitUntil(lambda: opened.picture() == 30)
    assert values.currentValue() == 30 and interface.text(QAccessible.Text.Description) == "0:01.25 of 0:02.00"
    opened.panel.close_clip()
    assert values.maximumValue() == 0


def test_the_filmstrip_is_as_large_as_in_the_picture_of_the_window(opened: Window) -> None:
    opened.panel.resize(692, 800)
    QApplication.processEvents()
    bar = opened.widget("scrubBar")
    assert bar.height() == 38 and bar.width() > 320


def test_continuing_at_the_end_takes_the_last_frame_and_leaves_the_player_there(opened: Window, qtbot: QtBot) -> None:
    continued: list[int] = []
    opened.panel.continue_requested.connect(lambda _, frame: continued.append(frame))
    opened.panel.set_loop(False)
    QTest.keyClick(opened, Qt.Key.Key_End)
    for _ in range(2):
        QTest.keyClicks(opened, ",")
    qtbot.waitUntil(lambda: opened.picture() == 45)
    opened.panel.play()
    qtbot.waitUntil(lambda: not opened.panel.is_playing and opened.picture() == 47)
    QTest.keyClick(opened, Qt.Key.Key_Right, CTRL)
    QTest.keyClick(opened, Qt.Key.Key_Right, CTRL)
    assert continued == [47, 47] and opened.panel.frame == 47 and opened.time() == "0:01.95 of 0:02.00"


def test_full_screen_shows_the_same_picture_and_escape_leaves_it(opened: Window, qtbot: QtBot) -> None:
    covers: list[object] = []
    opened.panel.covers.connect(covers.append)
    QTest.keyClick(opened, Qt.Key.Key_F)
    full_screen = next(w for w in QApplication.topLevelWidgets() if w.objectName() == "fullScreenView")
    assert isinstance(full_screen, VideoView) and covers == [full_screen]
    qtbot.waitUntil(full_screen.isVisible)
    QTest.keyClicks(full_screen, "..")
    qtbot.waitUntil(lambda: frame_in(full_screen.image()) == 2)
    QTest.keyClick(full_screen, Qt.Key.Key_Escape)
    assert covers == [full_screen, None]
    qtbot.waitUntil(lambda: not any(w.objectName() == "fullScreenView" for w in QApplication.topLevelWidgets()))
    assert opened.picture() == 2


def test_full_screen_without_controls_shows_time_and_frame_while_the_user_steps(opened: Window, qtbot: QtBot) -> None:
    QTest.keyClick(opened, Qt.Key.Key_F)
    view: Any = next(w for w in QApplication.topLevelWidgets() if w.objectName() == "fullScreenView")
    controls, note = view.findChild(QWidget, "fullScreenControls"), view.findChild(QLabel, "placeNote")
    assert isinstance(controls, QWidget) and isinstance(note, QLabel)
    qtbot.waitUntil(lambda: frame_in(view.image()) == 0)
    QTest.keyClicks(view, ".")
    qtbot.waitUntil(lambda: note.text() == "0:00.04 / 0:02.00\nframe 1 / 48")
    controls.show()
    assert note.isHidden(), "the controls say it"
    controls.hide()
    assert note.isVisible(), "the step was a moment ago"
    QTest.keyClicks(view, ".")
    qtbot.waitUntil(lambda: note.text().endswith("frame 2 / 48"))
    assert frame_in(view.image()) == 2 and controls.isHidden() and view.rect().contains(note.geometry())
    view.resize(view.width() // 2, view.height() // 2)
    assert view.rect().contains(note.geometry())
    QTest.keyClicks(view, " ")
    assert note.isHidden(), "it would be behind the picture"
    QTest.keyClicks(view, " ")
    qtbot.waitUntil(note.isVisible)
    opened.panel.open_clip(a_job(Ready(a_clip(Path("other.mp4"))), 2), None)
    assert note.isHidden(), "its first picture is not there yet"
    QTest.keyClick(view, Qt.Key.Key_Escape)


def test_what_happens_in_another_window_leaves_full_screen(opened: Window, qtbot: QtBot) -> None:
    def is_full_screen() -> bool:
        return any(w.objectName() == "fullScreenView" and w.isVisible() for w in QApplication.topLevelWidgets())

    QTest.keyClick(opened, Qt.Key.Key_F)
    qtbot.waitUntil(is_full_screen)
    opened.of_jobs[Action.EXPORT].trigger()
    assert not is_full_screen()


def test_saving_the_frame_shown_pauses_and_leaves_full_screen(opened: Window, qtbot: QtBot) -> None:
    def is_full_screen() -> bool:
        return any(w.objectName() == "fullScreenView" and w.isVisible() for w in QApplication.topLevelWidgets())

    saved: list[tuple[int, int | None]] = []
    opened.panel.save_frame_requested.connect(lambda _, frame: saved.append((frame, opened.picture())))
    QTest.keyClick(opened, Qt.Key.Key_F)
    qtbot.waitUntil(is_full_screen)
    opened.panel.play()
    qtbot.waitUntil(lambda: opened.panel.frame > 5)
    next(item for item in opened.panel.findChildren(QAction) if item.text() == "Save this frame…").trigger()
    assert not is_full_screen() and not opened.panel.is_playing
    ((frame, picture),) = saved
    assert frame == picture == opened.panel.frame


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("reuseButton", Action.REUSE),
        ("showInFolderButton", Action.SHOW_IN_FOLDER),
        ("exportButton", Action.EXPORT),
        ("starButton", Action.STAR),
        ("pickButton", Action.PICK),
        ("rejectButton", Action.REJECT),
    ],
)
def test_each_button_triggers_its_action_for_the_open_job(
    opened: Window, clip_job: Job, name: str, action: Action
) -> None:
    triggered, emitted = list[bool](), list[object]()
    opened.of_jobs[action].triggered.connect(lambda _: triggered.append(True))
    opened.of_jobs.requested.connect(lambda *request: emitted.append(request))
    QTest.mouseClick(opened.button(name), Qt.MouseButton.LeftButton)
    assert len(triggered) == 1 and emitted == [(action, (clip_job.id,))]


def test_a_job_without_a_clip_shows_its_state(opened: Window) -> None:
    job = a_job(Rendering(RemoteId("task_1"), 40))
    opened.panel.show_job(job, "Generating 40 %")
    assert opened.picture() is None
    assert opened.widget("videoView").accessibleDescription() == "Generating 40 %"
    enabled = {
        name for name in ("reuseButton", "starButton", "pickButton", "exportButton") if opened.widget(name).isEnabled()
    }
    assert enabled == {"reuseButton", "starButton"}, "what the actions would do to it"
    QTest.keyClick(opened, Qt.Key.Key_Space)
    assert not opened.panel.is_playing


def test_reopening_the_open_clip_keeps_its_position(opened: Window, clip_job: Job, qtbot: QtBot) -> None:
    QTest.keyClicks(opened, "...")
    qtbot.waitUntil(lambda: opened.picture() == 3)
    opened.panel.open_clip(clip_job, None)
    assert opened.panel.frame == 3 and opened.picture() == 3


def test_the_button_extend_and_its_action_are_one(opened: Window, clip_job: Job) -> None:
    shared, emitted = opened.panel.extend_action, list[Job]()
    opened.panel.extend_requested.connect(emitted.append)
    shared.trigger()
    QTest.mouseClick(opened.button("extendButton"), Qt.MouseButton.LeftButton)
    assert emitted == [clip_job, clip_job]
    opened.panel.close_clip()
    assert not shared.isEnabled() and not opened.button("extendButton").isEnabled()
    shared.trigger()
    assert emitted == [clip_job, clip_job]


def test_the_playback_actions_and_their_buttons_are_one(opened: Window, qtbot: QtBot) -> None:
    panel = opened.panel
    panel.play_action.trigger()
    qtbot.waitUntil(lambda: panel.is_playing)
    loops: list[bool] = []
    panel.loop_changed.connect(loops.append)
    panel.set_loop(True)
    assert panel.loop_action.isChecked() and opened.button("loopButton").isChecked()
    panel.loop_action.trigger()
    assert loops == [False] and not opened.button("loopButton").isChecked()
    opened.button("loopButton").click()
    assert loops == [False, True] and panel.loop_action.isChecked()
    panel.close_clip()
    actions = (panel.play_action, panel.loop_action, panel.fullscreen_action)
    buttons = (opened.button("playButton"), opened.button("loopButton"), opened.button("fullscreenButton"))
    assert not any(shared.isEnabled() for shared in (*actions, *buttons))


def test_the_widgets_have_accessible_names(opened: Window) -> None:
    for name in ("videoView", "playButton", "scrubBar", "timeLabel", "loopButton", "speedButton", "volumeSlider"):
        assert opened.widget(name).accessibleName(), name


def test_a_clip_that_was_missing_opens_again(opened: Window, clip_job: Job, qtbot: QtBot) -> None:
    opened.panel.show_job(clip_job, "The file is missing.")
    assert not opened.widget("playButton").isEnabled()
    opened.panel.open_clip(clip_job, None)
    assert opened.widget("playButton").isEnabled()
    qtbot.waitUntil(lambda: opened.picture() == 0)


def test_the_picture_does_not_move_when_another_job_is_shown(window: Window, clip_job: Job, qtbot: QtBot) -> None:
    positions: set[tuple[int, int]] = set()

    def record() -> None:
        QApplication.processEvents()
        positions.add((window.widget("videoView").height(), window.widget("reuseButton").y()))

    record()
    for width in (900, 520):
        positions.clear()
        window.panel.resize(width, 700)
        window.panel.close_clip()
        record()
        window.panel.show_job(a_job(Rendering(RemoteId("task_1"), 40)), "Generating 40 %")
        record()
        window.panel.open_clip(clip_job, None)
        qtbot.waitUntil(lambda: window.picture() == 0)
        record()
        assert len(positions) == 1, positions


def test_facts_take_at_most_two_lines_and_break_between_facts(opened: Window, clip_job: Job) -> None:
    facts = opened.widget("clipFacts")
    assert isinstance(facts, ElidedLabel)
    line_counts: set[int] = set()
    for width in range(520, 1400, 7):
        opened.panel.resize(width, 700)
        QApplication.processEvents()
        lines = facts.lines
        line_counts.add(len(lines))
        assert facts.height() == facts.height_of(len(lines))
        if not lines[-1].endswith("…"):
            assert " ".join(lines) == facts.text()
            assert all(line.endswith("·") for line in lines[:-1])
    assert line_counts == {1, 2} and facts.toolTip() == plain_tip(facts.text())


@pytest.mark.parametrize(
    "fact",
    ["高画質 (1080p)", "sora-2-pro-hd", "4k/60", "anna|bea", "ultra\N{EM DASH}fine", "a\N{ZERO WIDTH SPACE}b c\nd"],
)
def test_no_fact_is_split_whatever_its_letters(fact: str, clip_job: Job, qtbot: QtBot) -> None:
    job = replace(clip_job, request=replace(clip_job.request, quality=fact))
    facts = facts_shown(job, CAPABILITIES)
    label = ElidedLabel(9)
    qtbot.addWidget(label)
    label.show_facts(facts)
    widest = max(label.fontMetrics().horizontalAdvance(f"{each} ·") for each in facts)
    numbers = set()
    for width in range(widest + 1, 500):
        label.resize(width, 20)
        QApplication.sendEvent(label, QResizeEvent(QSize(width, 20), QSize()))
        numbers.add(len(label.lines))
        assert " ".join(label.lines) == label.text()
        assert all(line.endswith(" ·") for line in label.lines[:-1]), label.lines
        assert all(label.fontMetrics().horizontalAdvance(line) <= width for line in label.lines)
    assert len(numbers) > 2


@pytest.mark.parametrize(
    ("aspect_ratio", "width", "height"),
    [("16:9", 800, 450), ("9:16", 360, 640), ("1:1", 600, 600), ("1280x720", 1280, 720)],
)
def test_a_video_in_progress_has_the_shape_of_its_picture(
    window: Window, aspect_ratio: str, width: int, height: int
) -> None:
    view = window.widget("videoView")
    assert isinstance(view, VideoView)
    window.panel.show_job(a_job(Rendering(RemoteId("task_1"), 40), aspect_ratio=aspect_ratio), "Generating 40 %")
    rect = view.picture_rect()
    assert rect.width() == view.width() or rect.height() == view.height()
    assert abs(rect.width() / rect.height() - width / height) < 0.01
    assert view.rect().contains(rect)
    window.panel.close_clip()
    assert view.picture_rect() == view.rect()


@pytest.mark.parametrize("aspect_ratio", ["16:9", "9:16"])
@pytest.mark.parametrize("size", [(900, 700), (560, 175), (300, 130), (160, 90)])
def test_a_message_is_read_from_its_beginning_however_small_the_picture(
    window: Window, aspect_ratio: str, size: tuple[int, int]
) -> None:
    view = window.widget("videoView")
    assert isinstance(view, VideoView)
    reason = f"The renderer ran out of memory in /videos/{'long' * 20}/clip.mp4; try again with a shorter video."
    message = f"{reason}\nCharged 100 credits, refunded"
    window.panel.show_job(a_job(Rendering(RemoteId("task_1")), aspect_ratio=aspect_ratio), message)
    view.setFixedSize(*size)
    frame, lines = placed_in(view)
    assert view.rect().contains(frame)
    assert len(lines) * view.fontMetrics().height() <= frame.height()
    assert all(view.fontMetrics().horizontalAdvance(line) <= frame.width() for line in lines)
    assert lines[0].startswith("The renderer")
    if size[1] > 150:
        assert lines[-1].endswith("refunded")
    else:
        assert lines[-1].endswith(("refunded", "…")) and view.accessibleDescription() == message


def test_a_message_comes_near_the_edges_only_where_there_is_no_other_room(window: Window) -> None:
    view = window.widget("videoView")
    assert isinstance(view, VideoView)
    window.panel.show_job(a_job(Rendering(RemoteId("task_1")), aspect_ratio="9:16"), "word " * 40)
    widths = {}
    for height in (175, 90):
        view.setFixedSize(560, height)
        widths[height] = max(map(view.fontMetrics().horizontalAdvance, placed_in(view).lines))
    assert widths[175] <= 560 - 2 * 32 < widths[90]
    assert not placed_in(view).lines[-1].endswith("…")


def test_a_line_in_the_middle_has_the_direction_of_its_text() -> None:
    right_to_left = int(Qt.TextFlag.TextForceRightToLeft)
    assert centered_flags("\N{HEBREW LETTER ALEF}: 5 s") & right_to_left
    assert not centered_flags("A: \N{HEBREW LETTER ALEF}") & right_to_left


def test_facts_that_do_not_fit_are_left_out_of_the_last_line(qtbot: QtBot) -> None:
    """Half a number is another number; only a fact that is longer than a line is cut."""
    label = ElidedLabel(2)
    qtbot.addWidget(label)
    facts = ("16:9", "10 s", "1280×720", "24 fps", "6.4 MB")
    width = label.fontMetrics().horizontalAdvance("1280×720 · 24 fps · 6.4")
    assert wrapped_facts(facts, label.font(), width, 2) == ["16:9 · 10 s · 1280×720 ·", "24 fps · 6.4 MB"]
    assert wrapped_facts(facts, label.font(), width, 1) == ["16:9 · 10 s · …"]
    assert wrapped_facts(facts[2:], label.font(), width, 1) == ["1280×720 · 24 fps · …"]
    (cut,) = wrapped_facts(("a-model-with-a-very-long-name", "16:9"), label.font(), width, 1)
    assert cut.startswith("a-model-with") and cut.endswith("…")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_picture_has_no_border(window: Window, theme: AppTheme, scheme: str) -> None:
    view = window.widget("videoView")
    assert isinstance(view, VideoView)
    theme.choose(scheme)
    view.show_picture(Picture(0, 160, 90, 640, memoryview(bytes((0, 0, 255, 255)) * 160 * 90)))
    screenshot = window.grab().toImage()
    rect = view.picture_rect().translated(view.mapTo(window, QPoint(0, 0)))
    assert rect.height() < view.height()
    above, background = QPoint(rect.center().x(), rect.top() - 3), QPoint(3, 3)
    assert screenshot.pixelColor(above) == screenshot.pixelColor(background)
    assert screenshot.pixelColor(rect.center()).name() == "#ff0000"


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_an_active_loop_is_visible_without_the_accent_color(opened: Window, theme: AppTheme, scheme: str) -> None:
    theme.choose(scheme)
    button = opened.button("loopButton")

    def colors() -> set[str]:
        QApplication.processEvents()
        picture = button.grab().toImage()
        return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}

    opened.panel.set_loop(True)
    on = colors()
    opened.panel.set_loop(False)
    off = colors()
    assert theme.tokens.line in on - off and theme.tokens.accent_text not in on


def test_text_and_filmstrip_keep_their_room_in_the_narrowest_window(opened: Window, clip_job: Job) -> None:
    opened.panel.resize(496, 700)
    QApplication.processEvents()
    title, facts = opened.widget("clipTitle"), opened.widget("clipFacts")
    assert isinstance(title, ElidedLabel) and isinstance(facts, ElidedLabel)
    assert title.width() > 400 and not facts.lines[-1].endswith("…")
    assert opened.widget("scrubBar").width() >= 100
    right = max(opened.widget(name).geometry().right() for name in ("exportButton", "fullscreenButton"))
    assert right <= 496 - 16
    for name in ("loopButton", "exportButton"):
        assert opened.widget(name).isVisible() and opened.widget(name).accessibleName(), name
    opened.panel.resize(660, 700)
    QApplication.processEvents()
    assert opened.widget("reuseButton").x() > 200


@pytest.mark.parametrize("name", ["videoView", "loopButton", "volumeButton"])
def test_space_plays_after_a_click_in_the_player(opened: Window, qtbot: QtBot, name: str) -> None:
    field = QLineEdit(opened)
    field.show()
    field.setFocus()
    assert opened.focusWidget() is field
    widget = opened.widget(name)
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, NONE, widget.rect().center())
    if opened.panel.is_playing:
        opened.panel.play_action.trigger()
    focus = opened.focusWidget()
    assert focus is not None and focus.objectName() == "playButton"
    QTest.keyClick(focus, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: opened.panel.is_playing)
    assert field.text() == ""


@pytest.mark.parametrize("kind", [QLineEdit, SpendButton])
def test_space_pauses_what_was_played_from_elsewhere(
    opened: Window, kind: type[QLineEdit | SpendButton], qtbot: QtBot
) -> None:
    """As by *Play* of a notification or a toast."""
    part = kind("", opened)
    part.show()
    part.setFocus()
    opened.panel.play()
    qtbot.waitUntil(lambda: opened.panel.is_playing)
    focused = opened.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Space)
    assert not opened.panel.is_playing


def test_a_click_on_a_button_keeps_the_focus_of_the_list(opened: Window) -> None:
    rows = QTreeView(opened)
    rows.show()
    rows.setFocus()
    for name in ("loopButton", "volumeButton", "showInFolderButton", "videoView"):
        QTest.mouseClick(opened.widget(name), Qt.MouseButton.LeftButton)
        assert opened.focusWidget() is rows, name


@pytest.mark.parametrize(
    ("typed", "frame"), [("30", 30), ("+3", 4), ("0:01,5", 36), ("1.25 s", 30), ("900", 47), ("f30", 30)]
)
def test_a_time_or_a_frame_can_be_typed(opened: Window, qtbot: QtBot, typed: str, frame: int) -> None:
    QTest.keyClicks(opened, ".")
    qtbot.waitUntil(lambda: opened.picture() == 1)
    QTest.mouseDClick(opened.widget("timeLabel"), Qt.MouseButton.LeftButton)
    field = opened.widget("placeEdit")
    assert isinstance(field, QLineEdit) and field.isVisible() and opened.focusWidget() is field
    assert field.text() == "0:00.04" == field.selectedText()
    label = opened.widget("timeLabel")
    label.setMinimumWidth(label.width() + 20)  # as with a wider font
    qtbot.waitUntil(lambda: field.geometry() == label.rect())
    QTest.keyClicks(field, "0:")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.isVisible() and field.text() == "0:", "that is no place yet"
    field.selectAll()
    QTest.keyClicks(field, typed)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert not field.isVisible() and opened.focusWidget() is opened.widget("playButton"), "keys act on the clip"
    qtbot.waitUntil(lambda: opened.picture() == frame)
    opened.panel.actions_of_playback[PlayerCommand.GO_TO].trigger()
    assert field.isVisible() and opened.focusWidget() is field


def test_the_playhead_leaves_no_trace_where_it_was(opened: Window, qtbot: QtBot) -> None:
    def on_screen() -> QImage:
        return opened.screen().grabWindow(opened.winId()).toImage()

    QTest.keyClick(opened, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: opened.picture() == 47)
    QTest.keyClick(opened, Qt.Key.Key_Comma)
    qtbot.waitUntil(lambda: opened.picture() == 46)
    QApplication.processEvents()
    painted_in_part = on_screen()
    opened.repaint()
    opened.widget("scrubBar").repaint()
    assert painted_in_part == on_screen()


def test_the_brackets_of_the_range_are_dragged_and_the_rest_of_the_strip_scrubs(opened: Window, qtbot: QtBot) -> None:
    bar = opened.widget("scrubBar")
    step = (bar.width() - 2) / 48
    QTest.keyClicks(opened, "i")
    middle = bar.height() // 2  # of the playhead, which stands on the bracket
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, NONE, QPoint(1, middle))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, NONE, QPoint(round(1 + 5.5 * step), middle))
    qtbot.waitUntil(lambda: opened.picture() == 5)
    QTest.keyClick(opened, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: opened.picture() == 47)
    QTest.keyClicks(opened, "o")
    start, end = QPoint(1, 10), QPoint(bar.width() - 1, 10)
    for place, to in ((start, 12), (end, 23)):
        QTest.mousePress(bar, Qt.MouseButton.LeftButton, NONE, place)
        QTest.mouseMove(bar, QPoint(round(1 + (to + 0.5) * step), 10))
        QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, NONE, QPoint(round(1 + (to + 0.5) * step), 10))
    opened.panel.play()
    qtbot.waitUntil(lambda: opened.panel.frame == 12)
    opened.panel.play_action.trigger()
    QTest.keyClick(opened, Qt.Key.Key_O, SHIFT)
    qtbot.waitUntil(lambda: opened.picture() == 23)
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, NONE, QPoint(round(1 + 30.5 * step), 10))
    qtbot.waitUntil(lambda: opened.picture() == 30)
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, NONE, QPoint(round(1 + 31.5 * step), 10))
    qtbot.waitUntil(lambda: opened.picture() == 31)


def test_the_picture_is_zoomed_at_the_pointer_and_dragged(opened: Window, qtbot: QtBot) -> None:
    view = opened.widget("videoView")
    assert isinstance(view, VideoView)
    width = view.image().width()
    QTest.keyClick(opened, Qt.Key.Key_1, CTRL)
    qtbot.waitUntil(lambda: view.image().width() == 720 > width)  # in full size
    assert view.zoom.scale == 1.0
    clicks: list[None] = []
    view.clicked.connect(lambda: clicks.append(None))
    QTest.keyClicks(opened, "++")
    before = view.zoom
    QTest.mousePress(view, Qt.MouseButton.LeftButton, NONE, QPoint(200, 200))
    QTest.mouseMove(view, QPoint(150, 180))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, NONE, QPoint(150, 180))
    assert view.zoom.scale == before.scale and view.zoom.x > before.x and view.zoom.y > before.y and not clicks
    dragged = view.zoom
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up):
        QTest.keyClick(opened, key, CTRL | SHIFT)
    assert view.zoom.x < dragged.x and view.zoom.y < dragged.y
    QTest.keyClicks(opened, "0")
    assert view.zoom.scale is None
    place, none = QPointF(100, 100), Qt.MouseButton.NoButton
    turn = QWheelEvent(place, place, QPoint(), QPoint(0, 120), none, CTRL, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(view, turn)
    assert view.zoom.scale is not None and view.zoom.y < 0.5
    stepped, zoom = list[PlayerCommand](), view.zoom
    opened.panel.actions_of_playback.requested.connect(stepped.append)
    turn_wheel(view, -120)
    turn_wheel(view, 120)
    assert stepped == [PlayerCommand.FRAME_FORWARD, PlayerCommand.FRAME_BACK] and view.zoom == zoom
    opened.panel.close_clip()
    assert view.zoom.scale is None


def test_a_clip_that_cannot_be_read_is_offered_to_another_program(opened: Window, qtbot: QtBot) -> None:
    asked: list[Job] = []
    opened.panel.open_in_system_requested.connect(asked.append)
    job = a_job(Ready(a_clip(Path("gone.mp4"))))
    opened.panel.open_clip(job, None)
    button = opened.button("openInSystemButton")
    qtbot.waitUntil(button.isVisible)
    assert opened.widget("videoView").accessibleDescription() == "gone.mp4 is missing."
    enabled = {name for name in CLIP_BUTTONS if opened.widget(name).isEnabled()}
    assert enabled == {"reuseButton", "showInFolderButton", "exportButton"}
    assert opened.widget("playButton").accessibleDescription().startswith("This clip cannot be shown")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [job]
    opened.panel.open_clip(job, None)  # it has changed in the list
    assert not opened.widget("extendButton").isEnabled()
    view = opened.panel.findChild(VideoView)
    assert view is not None
    for height in (92, 110, 140, 300):
        view.resize(view.width(), height)
        placed = placed_in(view)
        bottom = placed.frame.center().y() + view.fontMetrics().height() * len(placed.lines) // 2
        assert bottom <= button.y() and button.geometry().bottom() < height, height
    button.setStyleSheet("QPushButton { padding: 9px 40px }")
    qtbot.waitUntil(lambda: button.size() == button.sizeHint())


RETRY, DEARER = RowLink("Retry (100 credits)", Action.RETRY), RowLink("Retry (200 credits)", Action.RETRY)


def test_what_a_job_without_a_clip_offers_is_a_button_below_its_state(
    opened: Window, clip_job: Job, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_link, "UNSEEN", 0.0)
    followed: list[object] = []
    opened.panel.link_followed.connect(lambda job, link, _: followed.append((job, link)))
    failed, button = a_job(Failed("It broke.")), opened.button("messageLink")
    opened.panel.show_job(failed, "It broke.", RETRY)
    assert button.isVisible() and button.text() == RETRY.label
    view = opened.panel.findChild(VideoView)
    assert view is not None
    placed = placed_in(view)
    bottom = placed.frame.center().y() + view.fontMetrics().height() * len(placed.lines) // 2
    assert bottom <= button.y() and view.rect().contains(button.geometry())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert followed == [(failed, RETRY)]
    opened.panel.show_job(failed, "It broke.", None)
    assert not button.isVisible()
    opened.panel.show_job(failed, "It broke.", RowLink("Retry (costs another 1 250 000 credits)", Action.RETRY))
    width = view.width()
    for narrow in (True, False):
        view.resize(button.sizeHint().width() - 1 if narrow else width, view.height())
        assert button.isVisible() is not narrow, "a price is not cut off"
    button.setFocus()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not button.hasFocus(), "Space must not spend after a click in the player"
    opened.panel.open_clip(clip_job, None)
    assert not button.isVisible(), "the state of the job before stays a moment, and is not to be acted on"
    qtbot.waitUntil(lambda: opened.picture() == 0)
    assert not button.isVisible()


class Pressed:
    """A button on a clock of its own, and what it was pressed for."""

    def __init__(self, qtbot: QtBot) -> None:
        self.now, self.followed = 10.0, list[tuple[JobId, str]]()
        self.view = QWidget()
        qtbot.addWidget(self.view)
        self.button = MessageLink(self.view, now=lambda: self.now)
        self.button.followed.connect(lambda job, link, _: self.followed.append((job.id, link.label)))
        self.view.show()

    def offer(self, job: Job, link: RowLink) -> None:
        self.button.offer(JobLink(job, link))
        self.button.show()

    def click(self) -> list[tuple[JobId, str]]:
        QTest.mouseClick(self.button, Qt.MouseButton.LeftButton)
        return self.followed


ONE, OTHER = a_job(Failed("It broke."), 1), a_job(Failed("It broke."), 2)


def test_a_button_that_spends_must_be_seen_before_it_is_pressed(qtbot: QtBot) -> None:
    pressed = Pressed(qtbot)
    for job, link in ((ONE, RETRY), (OTHER, RETRY), (OTHER, DEARER)):
        pressed.offer(job, link)
        assert not pressed.click()
        pressed.now += UNSEEN / 2
        pressed.offer(job, link)  # told again
        assert not pressed.click()
        pressed.now += UNSEEN / 2
    pressed.button.hide()
    pressed.offer(OTHER, DEARER)
    assert not pressed.click(), "it has come again"
    pressed.now += UNSEEN
    assert pressed.click() == [(OTHER.id, DEARER.label)]
    pressed.offer(ONE, RowLink("Resume waiting", Action.RESUME))
    assert pressed.click()[1:] == [(ONE.id, "Resume waiting")], "it is free"
    pressed.button.offer(None)
    assert len(pressed.click()) == 2


def test_a_press_is_for_what_the_button_said_then(qtbot: QtBot) -> None:
    pressed = Pressed(qtbot)
    pressed.offer(ONE, RETRY)
    QTest.mousePress(pressed.button, Qt.MouseButton.LeftButton)
    pressed.now += UNSEEN
    QTest.mouseRelease(pressed.button, Qt.MouseButton.LeftButton)
    assert not pressed.followed, "it was pressed before it was seen"
    QTest.mousePress(pressed.button, Qt.MouseButton.LeftButton)
    pressed.offer(ONE, DEARER)
    pressed.now += UNSEEN
    QTest.mouseRelease(pressed.button, Qt.MouseButton.LeftButton)
    assert not pressed.followed, "it costs more by now"


def test_a_pointer_that_rests_on_the_button_spends_once(
    qtbot: QtBot, move_pointer: Callable[[QWidget, QPoint], None]
) -> None:
    pressed = Pressed(qtbot)
    pressed.offer(ONE, RETRY)
    pressed.now += UNSEEN
    move_pointer(pressed.button, QPoint(4, 4))
    pressed.button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    pressed.click()
    pressed.now += 100.0
    assert len(pressed.click()) == 1
    QApplication.sendEvent(pressed.button, QEvent(QEvent.Type.Leave))
    assert len(pressed.click()) == 2


def test_the_controls_on_the_full_screen_fade_unless_they_are_used(
    opened: Window,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    move_pointer: Callable[[QWidget, QPoint], None],
) -> None:
    monkeypatch.setattr(fading_controls, "FADE_AFTER", 1)
    monkeypatch.setattr(fading_controls, "FADE_TIME", 1)
    QTest.keyClicks(opened, "f")
    view: Any = next(widget for widget in QApplication.topLevelWidgets() if widget.objectName() == "fullScreenView")
    controls = view.findChild(QWidget, "fullScreenControls")
    assert isinstance(controls, QWidget)
    qtbot.waitUntil(controls.isHidden)
    assert view.cursor().shape() is Qt.CursorShape.BlankCursor
    seen: list[bool] = []
    view.findChild(ScreenCover).used.connect(lambda: seen.append(controls.isVisible()))
    move_pointer(view, QPoint(40, 40))
    controls.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)  # as after they were shown under the pointer
    qtbot.waitUntil(lambda: seen[-1:] == [True])
    qtbot.waitUntil(controls.isHidden)
    button = view.findChild(QAbstractButton, "playButton")
    assert isinstance(button, QAbstractButton)
    QTest.keyClick(view, Qt.Key.Key_Tab)
    assert controls.isVisible() and controls.isAncestorOf(view.focusWidget())
    button.click()
    assert opened.panel.is_playing
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert opened.panel.is_playing and opened.button("playButton").accessibleName() == "Pause"
