"""The player: every button and key does what it says, on a real clip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clips import a_job, frame_in
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QSlider, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.domain.job import Job, Rendering
from sora_desktop.domain.job import RemoteId as Remote
from sora_desktop.domain.request import AspectRatio
from sora_desktop.ui.player.player_keys import PlayerCommand, command_for
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.player.scrub_bar import ScrubBar
from sora_desktop.ui.player.video_view import VideoView
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import ElidedLabel

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


class Window(QWidget):
    """Offers the player every key, as the main window does."""

    def __init__(self, panel: PlayerPanel) -> None:
        super().__init__()
        self.panel = panel
        panel.setParent(self)
        panel.resize(900, 700)
        self.resize(900, 700)

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        self.panel.take_key(event)

    def part(self, name: str) -> QWidget:
        found = self.panel.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found

    def button(self, name: str) -> QAbstractButton:
        found = self.part(name)
        assert isinstance(found, QAbstractButton)
        return found

    def time(self) -> str:
        return self.part("timeLabel").accessibleName()

    def picture(self) -> int | None:
        view = self.part("videoView")
        assert isinstance(view, VideoView)
        image = view.image()
        return None if image.isNull() else frame_in(image)


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> Iterator[Window]:
    window = Window(PlayerPanel(theme))
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


def test_nothing_open_says_what_to_do(window: Window) -> None:
    assert "library" in window.part("videoView").accessibleDescription()
    for name in ("playButton", "reuseButton", "extendButton", "showInFolderButton", "exportButton"):
        assert not window.part(name).isEnabled(), name


def test_an_open_clip_says_what_it_is(opened: Window, clip_job: Job) -> None:
    facts = opened.part("clipFacts")
    assert isinstance(facts, QLabel)
    assert (
        facts.text()
        .replace("\N{NO-BREAK SPACE}", " ")
        .startswith("Sora 2 · 16:9 · 5 s · Standard · 720×720 · 24 fps · ")
    )
    assert opened.time() == "0:00.00 of 0:02.00"


def test_play_and_pause_by_button_and_key(opened: Window, qtbot: QtBot) -> None:
    QTest.mouseClick(opened.button("playButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.panel.is_playing and (opened.picture() or 0) > 3)
    assert opened.button("playButton").accessibleName() == "Pause"
    QTest.keyClick(opened, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: not opened.panel.is_playing)
    assert opened.button("playButton").accessibleName() == "Play"


def test_frames_by_keys_and_by_the_bar(opened: Window, qtbot: QtBot) -> None:
    QTest.keyClicks(opened, "...")
    qtbot.waitUntil(lambda: opened.picture() == 3)
    QTest.keyClick(opened, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: opened.picture() == 2)
    bar = opened.part("scrubBar")
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, NONE, QPoint(bar.width() // 2, 10))
    qtbot.waitUntil(lambda: opened.picture() in (23, 24))
    bar.setFocus()
    QTest.keyClick(bar, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: opened.picture() == 47)
    assert isinstance(bar, ScrubBar) and bar.share > 0.95
    assert opened.time().startswith("0:01.95")


def test_speed_loop_and_sound(opened: Window, qtbot: QtBot) -> None:
    heard: list[object] = []
    opened.panel.loop_changed.connect(heard.append)
    opened.panel.volume_changed.connect(heard.append)
    QTest.keyClick(opened, Qt.Key.Key_L, SHIFT)
    assert heard == [False] and not opened.button("loopButton").isChecked()
    QTest.mouseClick(opened.button("loopButton"), Qt.MouseButton.LeftButton)
    assert heard == [False, True] and opened.button("loopButton").isChecked()
    QTest.keyClicks(opened, "}")
    assert opened.button("speedButton").text() == "2×"
    QTest.keyClicks(opened, "[")
    assert opened.button("speedButton").text() == "1.82×"
    QTest.keyClick(opened, Qt.Key.Key_Backspace)
    assert opened.button("speedButton").text() == "1×"
    slider = opened.part("volumeSlider")
    assert isinstance(slider, QSlider)
    slider.setValue(40)
    assert heard[-1] == 0.4
    QTest.keyClick(opened, Qt.Key.Key_M)
    assert opened.button("muteButton").isChecked()


def test_the_frame_on_the_screen_can_be_copied_and_gone_on_from(opened: Window, qtbot: QtBot) -> None:
    went_on: list[tuple[Job, QImage]] = []
    opened.panel.continue_requested.connect(lambda job, image: went_on.append((job, image)))
    QTest.keyClicks(opened, "....")
    qtbot.waitUntil(lambda: opened.picture() == 4)
    QTest.keyClick(opened, Qt.Key.Key_C, CTRL | SHIFT)
    assert frame_in(QGuiApplication.clipboard().image()) == 4
    QTest.keyClick(opened, Qt.Key.Key_Right, CTRL)
    assert [frame_in(image) for _, image in went_on] == [4]


def test_full_screen_shows_the_same_picture_and_leaves_by_escape(opened: Window, qtbot: QtBot) -> None:
    QTest.keyClick(opened, Qt.Key.Key_F)
    full = next(w for w in QApplication.topLevelWidgets() if w.objectName() == "fullScreenView")
    assert isinstance(full, VideoView)
    qtbot.waitUntil(full.isVisible)
    QTest.keyClicks(full, "..")
    qtbot.waitUntil(lambda: frame_in(full.image()) == 2)
    QTest.keyClick(full, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not any(w.objectName() == "fullScreenView" for w in QApplication.topLevelWidgets()))
    assert opened.picture() == 2


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("reuseButton", "reuse_requested"),
        ("extendButton", "extend_requested"),
        ("showInFolderButton", "show_in_folder_requested"),
        ("exportButton", "export_requested"),
    ],
)
def test_each_action_names_the_open_job(opened: Window, clip_job: Job, name: str, signal: str) -> None:
    asked: list[Job] = []
    getattr(opened.panel, signal).connect(asked.append)
    QTest.mouseClick(opened.button(name), Qt.MouseButton.LeftButton)
    assert asked == [clip_job]


def test_a_job_without_a_clip_says_where_it_stands(opened: Window) -> None:
    job = a_job(Rendering(Remote("task_1"), 40))
    opened.panel.show_job(job, "Generating 40 %")
    assert opened.picture() is None
    assert opened.part("videoView").accessibleDescription() == "Generating 40 %"
    assert opened.part("reuseButton").isEnabled()
    assert not opened.part("exportButton").isEnabled()
    QTest.keyClick(opened, Qt.Key.Key_Space)
    assert not opened.panel.is_playing


def test_a_change_of_the_open_job_does_not_start_it_again(opened: Window, clip_job: Job, qtbot: QtBot) -> None:
    QTest.keyClicks(opened, "...")
    qtbot.waitUntil(lambda: opened.picture() == 3)
    opened.panel.open_clip(clip_job, None)
    assert opened.panel.frame == 3 and opened.picture() == 3


@pytest.mark.parametrize(
    ("key", "modifiers", "text", "paused", "command"),
    [
        (Qt.Key.Key_Space, NONE, " ", True, PlayerCommand.TOGGLE),
        (Qt.Key.Key_J, NONE, "j", True, PlayerCommand.BACK),
        (Qt.Key.Key_L, NONE, "l", True, PlayerCommand.FORWARD),
        (Qt.Key.Key_L, SHIFT, "L", True, PlayerCommand.LOOP),
        (Qt.Key.Key_L, CTRL, "", True, None),
        (Qt.Key.Key_BraceRight, SHIFT, "}", True, PlayerCommand.DOUBLE),
        (Qt.Key.Key_BracketLeft, Qt.KeyboardModifier.GroupSwitchModifier, "[", True, PlayerCommand.SLOWER),
        (Qt.Key.Key_Right, NONE, "", True, PlayerCommand.FRAME_FORWARD),
        (Qt.Key.Key_Right, NONE, "", False, None),
        (Qt.Key.Key_Right, CTRL, "", False, PlayerCommand.CONTINUE),
        (Qt.Key.Key_S, CTRL, "", True, None),
        (Qt.Key.Key_A, NONE, "a", True, None),
    ],
)
def test_which_key_means_what(
    key: Qt.Key, modifiers: Qt.KeyboardModifier, text: str, paused: bool, command: PlayerCommand | None
) -> None:
    assert command_for(key, modifiers, text, paused=paused) is command


def test_the_parts_are_named_for_those_who_do_not_see_them(opened: Window, clip_file: Path) -> None:
    for name in ("videoView", "playButton", "scrubBar", "timeLabel", "loopButton", "speedButton", "volumeSlider"):
        assert opened.part(name).accessibleName(), name


def test_a_clip_that_was_put_back_opens_again(opened: Window, clip_job: Job, qtbot: QtBot) -> None:
    opened.panel.show_job(clip_job, "It is no longer there. Put it back.")
    assert not opened.part("playButton").isEnabled()
    opened.panel.open_clip(clip_job, None)
    assert opened.part("playButton").isEnabled()
    qtbot.waitUntil(lambda: opened.picture() == 0)


def test_the_picture_stays_where_it_is_whatever_is_opened(window: Window, clip_job: Job, qtbot: QtBot) -> None:
    places: set[tuple[int, int]] = set()

    def look() -> None:
        QApplication.processEvents()
        places.add((window.part("videoView").height(), window.part("reuseButton").y()))

    look()
    for width in (900, 520):
        places.clear()
        window.panel.resize(width, 700)
        window.panel.close_clip()
        look()
        window.panel.show_job(a_job(Rendering(Remote("task_1"), 40)), "Generating 40 %")
        look()
        window.panel.open_clip(clip_job, None)
        qtbot.waitUntil(lambda: window.picture() == 0)
        look()
        assert len(places) == 1, places


def test_facts_take_two_lines_at_most_and_no_fact_is_torn(opened: Window, clip_job: Job) -> None:
    facts = opened.part("clipFacts")
    assert isinstance(facts, ElidedLabel)
    seen: set[int] = set()
    for width in range(520, 1400, 20):
        opened.panel.resize(width, 700)
        QApplication.processEvents()
        lines = facts.lines
        seen.add(len(lines))
        assert facts.height() == facts.height_of(len(lines))
        if not lines[-1].endswith("…"):
            whole = " ".join(lines)
            assert whole == facts.text()
            assert all(line.startswith("·") or line.endswith("·") or n == 0 for n, line in enumerate(lines[:-1], 1))
    assert seen == {1, 2} and facts.toolTip() == facts.text()


@pytest.mark.parametrize(("shape", "wide", "high"), [("16:9", 800, 450), ("9:16", 360, 640), ("1:1", 600, 600)])
def test_what_is_to_come_has_the_shape_of_its_picture(window: Window, shape: str, wide: int, high: int) -> None:
    view = window.part("videoView")
    assert isinstance(view, VideoView)
    window.panel.show_job(a_job(Rendering(Remote("task_1"), 40), aspect_ratio=AspectRatio(shape)), "Generating 40 %")
    place = view.place()
    assert place.width() == view.width() or place.height() == view.height()
    assert abs(place.width() / place.height() - wide / high) < 0.01
    assert view.rect().contains(place)
    window.panel.close_clip()
    assert view.place() == view.rect()


@pytest.mark.parametrize("look", ["dark", "light"])
def test_nothing_is_painted_around_a_picture_but_the_window(window: Window, theme: Theme, look: str) -> None:
    view = window.part("videoView")
    assert isinstance(view, VideoView)
    theme.choose(look)
    image = QImage(160, 90, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    view.show_image(image)
    taken = window.grab().toImage()
    place = view.place().translated(view.mapTo(window, QPoint(0, 0)))
    assert place.height() < view.height()
    above, ground = QPoint(place.center().x(), place.top() - 3), QPoint(3, 3)
    assert taken.pixelColor(above) == taken.pixelColor(ground)
    assert taken.pixelColor(place.center()).name() == "#ff0000"


@pytest.mark.parametrize("look", ["dark", "light"])
def test_a_loop_that_is_on_can_be_told_without_the_accent(opened: Window, theme: Theme, look: str) -> None:
    theme.choose(look)
    button = opened.button("loopButton")

    def colours() -> set[str]:
        QApplication.processEvents()
        picture = button.grab().toImage()
        return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}

    opened.panel.set_loop(True)
    on = colours()
    opened.panel.set_loop(False)
    off = colours()
    assert theme.tokens.line in on - off and theme.tokens.accent_text not in on


def test_words_and_filmstrip_keep_room_in_the_narrowest_window(opened: Window, clip_job: Job) -> None:
    opened.panel.resize(496, 700)
    QApplication.processEvents()
    title, facts = opened.part("clipTitle"), opened.part("clipFacts")
    assert isinstance(title, ElidedLabel) and isinstance(facts, ElidedLabel)
    assert title.width() > 400 and not facts.lines[-1].endswith("…")
    assert opened.part("scrubBar").width() >= 100
    right = max(opened.part(name).geometry().right() for name in ("exportButton", "fullscreenButton"))
    assert right <= 496 - 16
    for name in ("loopButton", "exportButton"):
        assert opened.part(name).isVisible() and opened.part(name).accessibleName(), name
    opened.panel.resize(660, 700)
    QApplication.processEvents()
    assert opened.part("reuseButton").x() > 200


@pytest.mark.parametrize("name", ["videoView", "loopButton", "muteButton", "volumeSlider"])
def test_space_plays_after_a_click_wherever_the_cursor_was(opened: Window, qtbot: QtBot, name: str) -> None:
    field = QLineEdit(opened)
    field.show()
    field.setFocus()
    assert opened.focusWidget() is field
    part = opened.part(name)
    QTest.mouseClick(part, Qt.MouseButton.LeftButton, NONE, part.rect().center())
    if opened.panel.is_playing:
        opened.panel._ready_playback().pause()
    focus = opened.focusWidget()
    assert focus is not None and focus.objectName() == "playButton"
    QTest.keyClick(focus, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: opened.panel.is_playing)
    assert field.text() == ""


def test_a_click_on_a_button_leaves_the_keys_where_they_were(opened: Window) -> None:
    rows = QTreeView(opened)
    rows.show()
    rows.setFocus()
    for name in ("loopButton", "muteButton", "showInFolderButton", "videoView"):
        QTest.mouseClick(opened.part(name), Qt.MouseButton.LeftButton)
        assert opened.focusWidget() is rows, name
