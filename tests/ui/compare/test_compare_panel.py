"""The compare panel, with frames that are painted in one color for each clip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest
from builders import a_job, video_facts
from fake_frames import times_of
from listed_jobs import job_actions
from painted_widgets import painted_widgets
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QKeyEvent, QRegion, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.clip import Clip
from sora_desktop.domain.frames import ClipOpened, FrameEvent, Loop, Picture, PicturesRead, ReadClip, ReadingFailed
from sora_desktop.domain.job import Job, Ready
from sora_desktop.state.actions import Action
from sora_desktop.state.clip_text import facts_shown
from sora_desktop.state.compare_view import CompareView, compare_view
from sora_desktop.state.differences import ComparedJob
from sora_desktop.state.job_services import JobService
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compare.compare_panel import ComparePanel
from sora_desktop.ui.compare.compare_stage import CompareStage
from sora_desktop.ui.compare.pane_header import PaneHeader
from sora_desktop.ui.compare.review_bar import ReviewBar
from sora_desktop.ui.compare.stage_places import Mode
from sora_desktop.ui.compare.wipe_line import WipeLine
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import PlayerCommand
from sora_desktop.ui.player.time_label import Position, TimeLabel
from sora_desktop.ui.player.transport import Transport
from sora_desktop.ui.widgets.letter_chip import LetterChip

Part = TypeVar("Part", bound=QWidget)
LEFT = Qt.MouseButton.LeftButton
COLORS = {
    "a": QColor(200, 40, 40),
    "b": QColor(40, 180, 40),
    "c": QColor(40, 40, 160),
    "short": QColor(90, 90, 90),
    "damaged": QColor(200, 200, 0),
}
STRIP = QColor(10, 120, 200)
SERVICE = JobService("Sora 2 Video API", CAPABILITIES)


@dataclass
class ColoredFrameSet:
    """Answers at once.

    A clip named "missing" cannot be read, of "damaged" not the second frame. "short" is half as long as the others.
    """

    clips: Sequence[ReadClip]
    receive: Callable[[FrameEvent], None]
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    asked: list[tuple[int, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for place, clip in enumerate(self.clips):
            failed = clip.file.stem == "missing"
            opened = ClipOpened(place, times_of(24 if clip.file.stem == "short" else 48, 24), 64, 36, has_sound=False)
            self._later(ReadingFailed(place, "It cannot be read.") if failed else opened)

    def show(
        self, frames: Sequence[int], *, direction: int = 0, is_scrub: bool = False, loops: Sequence[Loop] = ()
    ) -> None:
        self.asked.append(tuple(frames))
        self._later(PicturesRead(tuple(map(self._picture, self.clips, frames))))

    def set_size(self, clip: int, width: int, height: int) -> None:
        self.sizes[clip] = width, height

    def start_sound(self, clip: int, stream: int, *, start: int, speed: float, first: int, last: int | None) -> None:
        pass

    def read_sound(self, stream: int, frames: int) -> None:
        pass

    def close(self) -> None:
        self.receive = lambda _: None

    def _picture(self, clip: ReadClip, frame: int) -> Picture | None:
        color = COLORS.get(clip.file.stem)
        if color is None or (clip.file.stem, frame) == ("damaged", 1):
            return None
        pixel = bytes((color.blue(), color.green(), color.red(), 255))
        return Picture(frame, 64, 36, 256, memoryview(pixel * 64 * 36))

    def _later(self, event: FrameEvent) -> None:
        QTimer.singleShot(0, lambda: self.receive(event))


class Compared:
    """A panel with the clips of these names, and what it has emitted."""

    def __init__(
        self,
        qtbot: QtBot,
        theme: AppTheme,
        *names: str,
        size: tuple[int, int] = (988, 830),
        prompts: Sequence[str] = (),
    ) -> None:
        self._qtbot = qtbot
        self.sets: list[ColoredFrameSet] = []
        self.window = QFrame()
        self.window.setProperty("ground", "bg")
        qtbot.addWidget(self.window, before_close_func=lambda _: self.panel.close_clips())
        of_jobs = job_actions(self.window)
        self.actions, self.player_actions = CompareActions(self.window), PlayerActions(self.window, of_jobs)
        self.player_actions.show_state(is_open=True)
        self.panel = ComparePanel(
            theme,
            lambda job: facts_shown(job, CAPABILITIES),
            lambda _: filmstrip(),
            self._open,
            self.player_actions,
            self.actions,
        )
        self.emitted: list[object] = []
        self.panel.close_requested.connect(lambda: self.emitted.append("close"))
        of_jobs.requested.connect(lambda action, ids: self.emitted.append((action, *ids)))
        self.panel.keep_requested.connect(lambda job: self.emitted.append(("keep", job.id)))
        self.panel.swap_requested.connect(lambda one, other: self.emitted.append(("swap", one, other)))
        column = QVBoxLayout(self.window)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self.window.resize(*size)
        self.window.show()
        prompts = prompts or ["a bay at golden hour"] * len(names)
        self.jobs = [job_of(*one) for one in zip(names, count(1), prompts, strict=False)]
        self.panel.show_view(view_of(self.jobs))
        qtbot.waitUntil(lambda: any(shown.image is not None for shown in self.stage.images))

    @property
    def stage(self) -> CompareStage:
        return self.part("compareStage", CompareStage)

    def part(self, name: str, kind: type[Part]) -> Part:
        found = self.panel.findChild(kind, name)
        assert isinstance(found, kind), name
        return found

    def click(self, pane: int) -> None:
        QTest.mouseClick(self.stage, LEFT, pos=self.stage.area_of(pane).center())

    def key(self, key: Qt.Key) -> bool:
        return self.panel.handle_key(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))

    def turn_wheel(self, angle: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Over the second picture."""
        spot, none = QPointF(self.stage.area_of(1).center()), Qt.MouseButton.NoButton
        place = QPointF(self.stage.mapToGlobal(spot.toPoint()))
        phase = Qt.ScrollPhase.NoScrollPhase
        wheel = QWheelEvent(spot, place, QPoint(), QPoint(0, angle), none, modifiers, phase, False)
        QApplication.sendEvent(self.stage, wheel)

    def color_at(self, point: QPoint) -> QColor:
        return self.stage.grab().toImage().pixelColor(point)

    def _open(self, clips: Sequence[ReadClip], receive: Callable[[FrameEvent], None]) -> ColoredFrameSet:
        self.sets.append(ColoredFrameSet(clips, receive))
        return self.sets[-1]


def filmstrip() -> QImage:
    strip = QImage(192, 9, QImage.Format.Format_RGB32)
    strip.fill(STRIP)
    return strip


def job_of(name: str, number: int, prompt: str) -> Job:
    facts = video_facts(frames=48, seconds=2.0, width=64, height=36)
    return a_job(Ready(Clip(Path(f"/{name}.mp4"), facts)), number, prompt=prompt)


def view_of(jobs: Sequence[Job]) -> CompareView:
    return compare_view([ComparedJob(job, SERVICE, Decimal(100), 60) for job in jobs], [""] * len(jobs))


@pytest.fixture
def compared(qtbot: QtBot, theme: AppTheme) -> Callable[..., Compared]:
    return lambda *names, **options: Compared(qtbot, theme, *names, **options)


def test_each_pane_shows_its_clip_and_keys_choose_the_current_one(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b", "c")
    for pane, name in enumerate("abc"):
        assert shown.color_at(shown.stage.area_of(pane).center()) == COLORS[name]
    assert shown.panel.current_job.id == "job1"
    shown.click(1)
    assert shown.panel.current_job.id == "job2"
    assert shown.stage.accessibleDescription().startswith("B: ")
    assert shown.key(Qt.Key.Key_3) and shown.panel.current_job.id == "job3"
    assert not shown.key(Qt.Key.Key_4), "there is no fourth clip"
    assert shown.part("keepButton", QWidget).accessibleName() == "Keep C, reject others"
    shown.actions.keep.trigger()
    shown.player_actions.of_jobs[Action.REJECT].trigger()
    next(choice for choice in shown.player_actions.speeds if choice.data() == 2.0).trigger()
    assert shown.part("speedButton", QAbstractButton).text() == shown.player_actions.speed_text == "2×"
    shown.key(Qt.Key.Key_Escape)
    assert shown.emitted == [("keep", "job3"), (Action.REJECT, "job3"), "close"]


def test_a_click_on_a_button_leaves_space_to_the_clips(compared: Callable[..., Compared], qtbot: QtBot) -> None:
    shown = compared("a", "b", "c")
    shown.actions.modes[Mode.WIPE].trigger()
    buttons = [one for one in shown.panel.findChildren(QAbstractButton) if one.objectName() != "playButton"]
    clicked = [one.objectName() for one in buttons if one.focusPolicy() & Qt.FocusPolicy.ClickFocus]
    assert len(buttons) > 15 and not clicked, "Space would press this button once more"


def test_the_time_of_other_clips_is_shown_before_they_are_open(
    compared: Callable[..., Compared], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = compared("a", "b", "c")
    shown.player_actions[PlayerCommand.JUMP_TO_END].trigger()
    label = shown.part("timeLabel", TimeLabel)
    qtbot.waitUntil(lambda: label.lines == ("0:01.95 / 0:02.00", "frame 47 / 48 · 24 fps"))
    seen: set[tuple[str, str]] = set()
    show = label.show_position

    def note(position: Position) -> None:
        show(position)
        seen.add(label.lines)

    monkeypatch.setattr(label, "show_position", note)
    shown.panel.show_view(view_of(shown.jobs[1:]), frame=12)
    assert seen == {("0:00.50 / 0:02.00", "frame 12 / 48 · 24 fps")}
    qtbot.waitUntil(lambda: shown.panel.frame_of(0) == 12 and len(shown.sets[-1].asked) > 0)
    shown.player_actions[PlayerCommand.FRAME_FORWARD].trigger()
    qtbot.waitUntil(lambda: len(seen) > 1)
    assert all(time.startswith("0:00.5") for time, _ in seen)


def test_a_wipe_shows_one_clip_on_each_side_of_its_line(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b", "c")
    shown.actions.modes[Mode.WIPE].trigger()
    area, line = shown.stage.area_of(0), shown.part("wipeLine", WipeLine)

    def sides() -> tuple[QColor, QColor]:
        level = area.center().y()
        return (
            shown.color_at(QPoint(round(line.x_in_parent) - 30, level)),
            shown.color_at(QPoint(round(line.x_in_parent) + 30, level)),
        )

    assert sides() == (COLORS["a"], COLORS["b"])
    middle = line.x_in_parent
    QTest.mousePress(line, LEFT, pos=line.rect().center())
    QTest.mouseMove(line, line.rect().center() + QPoint(120, 0))
    QTest.mouseRelease(line, LEFT, pos=line.rect().center())
    QTest.keyClick(line, Qt.Key.Key_Right)
    assert line.x_in_parent > middle and sides() == (COLORS["a"], COLORS["b"])
    QTest.mouseClick(shown.part("against:C", QWidget), LEFT)
    assert sides() == (COLORS["a"], COLORS["c"])
    shown.actions.swap.trigger()
    assert sides() == (COLORS["c"], COLORS["a"])
    assert line.x_in_parent > middle, "the clips are the same"
    shown.panel.show_view(view_of(shown.jobs[:2]))
    assert line.value() == line.maximum() // 2, "others may have nothing on that side"


def test_a_difference_is_multiplied_by_its_gain(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b")
    shown.actions.modes[Mode.DIFFERENCE].trigger()
    middle = shown.stage.area_of(0).center()
    gains = {item.text(): item for item in shown.part("gainMenu", QMenu).actions()}
    for gain, color in ((1, (160, 140, 0)), (2, (255, 255, 0)), (16, (255, 255, 0))):
        gains[f"{gain}×"].trigger()
        assert shown.color_at(middle) == QColor(*color)
        assert [item for item in gains.values() if item.isChecked()] == [gains[f"{gain}×"]]


def test_actions_choose_the_clips_and_the_table(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b", "c")
    shown.actions.clips[2].trigger()
    assert shown.panel.current_job == shown.jobs[2]
    shown.actions.modes[Mode.WIPE].trigger()
    shown.actions.others[1].trigger()
    assert shown.part("against:B", QAbstractButton).isChecked()
    table = shown.part("differenceTable", QWidget)
    before = table.isVisible()
    for is_shown in (not before, before):
        shown.actions.table.trigger()
        assert table.isVisible() is is_shown


def test_tab_flips_and_shift_tab_leaves_the_picture(compared: Callable[..., Compared], qtbot: QtBot) -> None:
    shown = compared("a", "b", "c")
    shown.window.activateWindow()
    qtbot.waitUntil(shown.window.isActiveWindow)
    shown.actions.modes[Mode.FLIP].trigger()
    seen = []
    for _ in range(3):
        seen.append(shown.color_at(shown.stage.area_of(0).center()))
        QTest.keyClick(shown.stage, Qt.Key.Key_Tab)
    assert seen == [COLORS["a"], COLORS["b"], COLORS["c"]] and shown.panel.current_job.id == "job1"
    QTest.keyClick(shown.stage, Qt.Key.Key_Backtab)
    assert not shown.stage.hasFocus()
    letter = shown.part("against:B", QAbstractButton)
    letter.setFocus()
    QTest.keyClick(letter, Qt.Key.Key_Tab)
    assert not letter.hasFocus() and shown.panel.current_job.id == "job1", "Tab flips on the picture alone"


def test_the_focus_stays_in_sight_when_a_mode_is_chosen_by_keys(
    compared: Callable[..., Compared], qtbot: QtBot
) -> None:
    shown = compared("a", "b", "c")
    shown.window.activateWindow()
    qtbot.waitUntil(shown.window.isActiveWindow)
    fit, flip = shown.part("compareZoom:fit", QWidget), shown.part("compareMode:flip", QWidget)
    fit.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(fit, Qt.Key.Key_Backtab)
    assert shown.part("compareMode:side_by_side", QWidget).hasFocus(), "the one that is chosen, and not the last one"
    for _ in range(2):
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Right)
    assert shown.actions.modes[Mode.FLIP].isChecked() and flip.hasFocus()
    QTest.keyClick(flip, Qt.Key.Key_Right)
    shown.actions.quick_flip.trigger()
    assert shown.stage.hasFocus()
    flip.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(flip, Qt.Key.Key_Space)
    assert shown.stage.hasFocus(), "where Tab flips"
    with_ring = shown.stage.grab().toImage()
    shown.stage.clearFocus()
    assert with_ring != shown.stage.grab().toImage()


def test_a_flip_is_on_the_screen_at_once(compared: Callable[..., Compared], qtbot: QtBot) -> None:
    shown = compared("a", "b")
    shown.actions.modes[Mode.FLIP].trigger()
    point = shown.stage.mapTo(shown.window, shown.stage.area_of(0).center())

    def on_screen() -> QColor:
        return shown.window.screen().grabWindow(shown.window.winId()).toImage().pixelColor(point)

    qtbot.waitUntil(lambda: on_screen() == COLORS["a"])
    shown.panel.choose(1)
    assert on_screen() == COLORS["b"], "no event has been processed"


def test_the_filmstrip_is_shown_until_the_first_picture_is_there(
    compared: Callable[..., Compared], qtbot: QtBot
) -> None:
    shown = compared("a", "b")
    others = [job_of(name, number, "a bay") for number, name in enumerate("ca", start=4)]
    shown.panel.show_view(view_of(others))
    middle = shown.stage.area_of(0).center()
    assert shown.color_at(middle) == STRIP
    qtbot.waitUntil(lambda: shown.color_at(middle) == COLORS["c"])


def test_a_frame_paints_the_pictures_and_the_playhead_alone(compared: Callable[..., Compared], qtbot: QtBot) -> None:
    shown = compared("a", "b", "c")
    QApplication.processEvents()
    with painted_widgets() as painted:
        shown.player_actions[PlayerCommand.FRAME_FORWARD].trigger()
        qtbot.waitUntil(lambda: "compareStage" in painted)
    assert painted - {""} == {"comparePanel", "compareStage", "scrubBar", "timeLabel"}


def test_a_clip_that_cannot_be_read_says_so_and_the_others_play(compared: Callable[..., Compared]) -> None:
    shown = compared("missing", "b")
    assert shown.color_at(shown.stage.area_of(1).center()) == COLORS["b"]
    assert shown.stage.images[0].image is None
    shown.player_actions[PlayerCommand.FRAME_FORWARD].trigger()
    assert shown.sets[-1].asked[-1][1] == 1


def test_a_frame_that_cannot_be_decoded_is_not_shown_as_another_one(
    compared: Callable[..., Compared], qtbot: QtBot
) -> None:
    shown = compared("damaged", "b")
    corner = shown.stage.area_of(0).topLeft() + QPoint(12, 12)
    assert shown.color_at(corner) == COLORS["damaged"]
    shown.player_actions[PlayerCommand.FRAME_FORWARD].trigger()
    qtbot.waitUntil(lambda: shown.color_at(corner) != COLORS["damaged"])
    shown.player_actions[PlayerCommand.FRAME_FORWARD].trigger()
    qtbot.waitUntil(lambda: shown.color_at(corner) == COLORS["damaged"])


def test_clips_that_change_places_stay_open(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b", "c")
    shown.click(1)
    shown.actions.swap.trigger()
    assert shown.emitted == [("swap", 0, 1)]
    first, second, third = shown.jobs
    shown.panel.show_view(view_of([second, replace(first, starred=True), third]), current=0)
    assert shown.color_at(shown.stage.area_of(0).center()) == COLORS["b"]
    assert shown.color_at(shown.stage.area_of(1).center()) == COLORS["a"]
    assert len(shown.sets) == 1 and shown.panel.view.letters == {"job2": "A", "job1": "B", "job3": "C"}


def test_one_clip_is_nudged_and_the_bar_says_so(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b")
    shown.click(1)
    for _ in range(2):
        shown.actions.nudge_forward.trigger()
    lock = shown.part("frameLockButton", QToolButton)
    assert shown.sets[-1].asked[-1] == (0, 2) and lock.text() == "Nudged: B +2"
    time = shown.part("timeLabel", TimeLabel)
    QTest.qWait(1)
    assert (
        "frame 2 (+2) / 48" in time.lines[1] and time.accessibleDescription() == "frame 2 of 48, 2 later than the clock"
    )
    transport = shown.panel.findChild(Transport)
    assert isinstance(transport, Transport)
    transport.place_typed.emit("12")
    assert shown.sets[-1].asked[-1] == (10, 12), "the number that is typed is the clip's own"
    shown.player_actions[PlayerCommand.JUMP_TO_START].trigger()
    for _ in range(3):
        shown.actions.nudge_back.trigger()
    assert lock.text() == "Nudged: B \N{MINUS SIGN}1"
    shown.actions.reset_nudges.trigger()
    assert shown.sets[-1].asked[-1] == (0, 0) and lock.text() == "Frame lock"


def test_the_filmstrip_of_a_shorter_clip_ends_with_it(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "short")
    strip = shown.part("scrubBar", QWidget)

    def colors() -> list[QColor]:
        image = strip.grab().toImage()
        return [image.pixelColor(image.width() * eighth // 8 + 8, image.height() // 2) for eighth in (1, 3, 5, 7)]

    assert colors() == [STRIP] * 4
    shown.click(1)
    before, after = colors()[:2], colors()[2:]
    assert before == [STRIP] * 2 and STRIP not in after


def test_clips_go_on_as_they_were_when_another_one_leaves(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b", "c")
    shown.click(2)
    shown.actions.nudge_forward.trigger()
    shown.player_actions[PlayerCommand.DOUBLE_SPEED].trigger()
    shown.player_actions[PlayerCommand.RANGE_END].trigger()
    assert shown.player_actions[PlayerCommand.CLEAR_RANGE].isEnabled()
    shown.player_actions[PlayerCommand.PLAY_PAUSE].trigger()
    shown.panel.show_view(view_of(shown.jobs[1:]), current=1, frame=shown.panel.frame)
    assert shown.player_actions[PlayerCommand.CLEAR_RANGE].isEnabled(), "the range is kept"
    assert shown.panel.is_playing and shown.part("speedButton", QToolButton).text() == "2×"
    assert shown.part("frameLockButton", QToolButton).text() == "Nudged: B +1", "B was C before"


def test_the_range_of_a_nudged_clip_is_that_of_its_own_frames(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b")
    frame = times_of(48, 24).starts
    shown.player_actions[PlayerCommand.FRAME_FORWARD].trigger()
    shown.player_actions[PlayerCommand.FRAME_FORWARD].trigger()
    QTest.qWait(1)
    shown.player_actions[PlayerCommand.RANGE_START].trigger()
    assert shown.panel.play_range == (frame[2], None)
    shown.click(1)
    for _ in range(3):
        shown.actions.nudge_forward.trigger()
    assert shown.panel.play_range == (frame[5], None)


def test_a_clip_that_is_not_in_sight_is_decoded_small(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b", "c")
    shown.actions.modes[Mode.WIPE].trigger()
    sizes = shown.sets[-1].sizes
    assert sizes[0] == sizes[1] and sizes[0][0] > 900 and sizes[2] == (320, 180)
    shown.actions.others[2].trigger()
    assert sizes[0] == sizes[2] and sizes[1] == (320, 180)
    shown.actions.modes[Mode.FLIP].trigger()
    assert sizes[0] == sizes[1] == sizes[2]


def test_all_clips_zoom_together(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b")
    before = dict(shown.sets[-1].sizes)
    shown.turn_wheel(120, Qt.KeyboardModifier.ControlModifier)
    after = shown.sets[-1].sizes
    assert after[0] == after[1] and after[0][0] > before[0][0]
    shown.player_actions[PlayerCommand.ZOOM_FIT].trigger()
    assert shown.sets[-1].sizes == before


def test_the_wheel_steps_by_frames_unless_it_scrolls(compared: Callable[..., Compared], qtbot: QtBot) -> None:
    shown = compared("a", "b")
    stepped: list[PlayerCommand] = []
    shown.player_actions.requested.connect(stepped.append)
    shown.turn_wheel(-120)
    shown.turn_wheel(120)
    assert stepped == [PlayerCommand.FRAME_FORWARD, PlayerCommand.FRAME_BACK]
    shown.window.resize(shown.window.width(), 160)
    area = shown.stage.parentWidget()
    assert area is not None
    qtbot.waitUntil(lambda: shown.stage.height() > area.height())
    shown.turn_wheel(-120)
    assert len(stepped) == 2


def test_one_clip_is_shown_alone_and_then_all_as_before(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b", "c")
    shown.click(1)
    width = shown.stage.area_of(0).width()
    shown.actions.quick_flip.trigger()
    assert shown.color_at(shown.stage.area_of(0).center()) == COLORS["b"] and shown.stage.area_of(0).width() > width
    assert shown.key(Qt.Key.Key_1)
    assert shown.color_at(shown.stage.area_of(0).center()) == COLORS["a"]
    shown.actions.quick_flip.trigger()
    assert shown.stage.area_of(0).width() == width
    shown.actions.modes[Mode.WIPE].trigger()
    for _ in range(2):
        shown.actions.quick_flip.trigger()
    assert shown.part("wipeLine", WipeLine).isVisible()


def test_as_many_other_clips_are_shown_in_the_same_mode(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b")
    shown.actions.modes[Mode.WIPE].trigger()
    others = [job_of(name, number, "a bay") for number, name in enumerate("bca", start=4)]
    shown.panel.show_view(view_of(others[:2]))
    assert shown.part("wipeLine", WipeLine).isVisible()
    shown.panel.show_view(view_of(others))
    assert not shown.part("wipeLine", WipeLine).isVisible() and shown.stage.area_of(2).isValid()
    shown.actions.modes[Mode.FLIP].trigger()
    shown.panel.close_clips()
    shown.panel.show_view(view_of(others))
    assert shown.stage.area_of(2) != shown.stage.area_of(0), "all are in sight when compare is opened again"


def test_the_ground_of_the_stage_reaches_its_edges_at_every_scale(
    compared: Callable[..., Compared], theme: AppTheme
) -> None:
    """At a scale of 1.5 the last pixel of an odd width is half beyond the edge; a dark line stood there."""
    theme.choose("light")
    stage = compared("a", "b", size=(987, 830)).stage
    assert stage.width() % 2 and stage.height() % 2
    picture = QImage(round(stage.width() * 1.5 + 0.5), round(stage.height() * 1.5 + 0.5), QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(1.5)
    picture.fill(QColor("black"))
    stage.render(picture, QPoint(), QRegion(), QWidget.RenderFlag(0))
    for corner in (QPoint(0, 0), QPoint(picture.width() - 1, 5), QPoint(5, picture.height() - 1)):
        assert picture.pixelColor(corner) == theme.color("bg"), corner


def test_the_pictures_fill_the_screen_with_their_bars_and_come_back(
    compared: Callable[..., Compared], theme: AppTheme, qtbot: QtBot
) -> None:
    shown = compared("a", "b", prompts=("a bay at golden hour", "a bay at night"))
    bar = ReviewBar(theme, shown.actions.review, lambda _: None)
    shown.panel.add_in_place_of_footer(bar)
    bar.show()
    stage = shown.stage
    theme.choose("light")
    assert shown.color_at(QPoint(1, 1)) == theme.color("bg")
    table, width = shown.part("differenceTable", QWidget), shown.stage.area_of(0).width()
    shown.player_actions[PlayerCommand.FULL_SCREEN].trigger()
    ground = next(each for each in QApplication.topLevelWidgets() if each.objectName() == "compareFullScreen")
    assert ground.isAncestorOf(stage) and ground.isAncestorOf(bar) and bar.isVisible()
    transport = ground.findChild(Transport)
    assert transport is not None and transport.scrub.strip.width() == filmstrip().width()
    assert shown.panel.is_full_screen and not table.isVisible()
    picture = stage.grab().toImage()
    header = next(part for part in stage.findChildren(PaneHeader) if part.isVisible()).geometry()
    assert picture.pixelColor(1, 1) == QColor("black"), "as the full screen of the player"
    inks = {picture.pixelColor(x, header.center().y()).lightness() for x in range(header.x() + 30, header.right())}
    assert min(inks) == 0 and max(inks) > 150, "light texts on black"
    shown.player_actions[PlayerCommand.FRAME_FORWARD].trigger()
    note = ground.findChild(QLabel, "placeNote")
    assert isinstance(note, QLabel)
    qtbot.waitUntil(lambda: "\nA  frame 1 / " in note.text())  # the current clip, whose frames are counted
    shown.player_actions[PlayerCommand.FRAME_BACK].trigger()
    QTest.keyClick(stage, Qt.Key.Key_Escape)
    assert not shown.panel.is_full_screen and not shown.emitted, "the clips are still compared"
    assert shown.color_at(QPoint(1, 1)) == theme.color("bg")
    assert shown.panel.isAncestorOf(stage) and shown.panel.isAncestorOf(bar) and bar.isVisible()
    assert table.isVisible() and shown.stage.area_of(0).width() == width
    shown.player_actions[PlayerCommand.FRAME_FORWARD].trigger()  # with the transport of the window alone
    assert shown.sets[-1].asked[-1] == (1, 1)


def test_in_a_small_window_every_part_is_there(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b", "c", size=(720, 460))
    for name in ("compareMode:wipe", "compareZoom:full", "closeCompareButton", "playButton", "exportPicksButton"):
        part = shown.part(name, QWidget)
        corner = part.mapTo(shown.panel, part.rect().bottomRight())
        assert shown.panel.rect().contains(corner), name
    table = shown.part("differenceTable", QWidget)
    assert table.isVisibleTo(shown.panel) and table.geometry().bottom() <= shown.stage.minimumHeight()
    assert shown.part("differenceCount", QLabel).text() == "0"


def test_the_line_above_the_table_is_dragged_and_the_table_folded(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b", "c", "a")
    shares: list[object] = []
    shown.panel.table_share_changed.connect(shares.append)
    table, divider = shown.part("differenceTable", QWidget), shown.part("tableDivider", QWidget)
    height = table.height()
    middle = divider.rect().center()
    QTest.mousePress(divider, LEFT, pos=middle)
    QTest.mouseMove(divider, middle - QPoint(0, 80))
    assert table.height() == pytest.approx(height + 80, abs=2) and not shares
    QTest.mouseRelease(divider, LEFT, pos=divider.rect().center())
    assert shares == [pytest.approx(table.height() / shown.stage.height(), abs=0.02)]
    QTest.keyClick(divider, Qt.Key.Key_Down)
    assert table.height() < height + 70 and len(shares) == 2
    picture = shown.stage.area_of(0).height()
    shown.part("foldTableButton", QAbstractButton).click()
    assert not table.isVisible() and shown.stage.area_of(0).height() > picture


def test_a_review_of_many_folds_the_table_until_the_user_wants_it(
    compared: Callable[..., Compared], theme: AppTheme
) -> None:
    shown = compared("a", "b", "c", "a")
    table = shown.part("differenceTable", QWidget)
    assert table.isVisible()
    bar = ReviewBar(theme, shown.actions.review, lambda _: None)
    shown.panel.add_in_place_of_footer(bar)
    bar.show()
    assert not table.isVisible()
    height = shown.stage.area_of(0).height()
    shown.actions.table.trigger()
    assert table.isVisible() and shown.stage.area_of(0).height() < height, "the user's own choice"
    bar.hide()
    shown.actions.table.trigger()
    assert not table.isVisible()
    bar.show()
    assert table.isVisible(), "each has its own"
    shown.actions.table.trigger()
    shown.panel.show_view(view_of(shown.jobs[:2]))
    shown.panel.show_view(view_of(shown.jobs))
    assert not table.isVisible(), "between two questions"


def test_the_table_stands_beneath_a_wipe_when_it_is_asked_for(compared: Callable[..., Compared]) -> None:
    shown = compared("a", "b", prompts=("a bay at golden hour", "a bay at night"))
    shown.actions.modes[Mode.WIPE].trigger()
    table = shown.part("differenceTable", QWidget)
    assert not table.isVisible()
    button = shown.part("showTableButton", QAbstractButton)
    assert button.text() == "Show table", "one difference, which the line has already"
    button.click()
    assert table.isVisible() and shown.part("wipeLine", WipeLine).isVisible(), "it is still a wipe"
    shown.part("foldTableButton", QAbstractButton).click()
    assert not table.isVisible()
    shown.window.resize(720, 330)
    button.click()
    assert table.isVisible() and not shown.part("wipeLine", WipeLine).isVisible(), "there is no room for both"


def test_the_table_has_its_title_in_line_with_the_pictures_and_letters_only_above_rows(
    compared: Callable[..., Compared],
) -> None:
    shown = compared("a", "b", "c")
    table = shown.part("differenceTable", QWidget)
    title, headers = table.findChildren(QLabel)[0], shown.stage.findChildren(PaneHeader)
    middles = [part.mapTo(shown.stage, part.rect().center()).y() for part in (title, *headers)]
    assert title.text() == "What differs" and middles[0] == max(middles)

    def letters() -> int:
        return sum(chip.isVisible() for chip in table.findChildren(LetterChip))

    assert shown.part("differenceCount", QLabel).text() == "0" and letters() == 0
    shown.part("showAllRowsButton", QAbstractButton).click()
    assert letters() == 3
