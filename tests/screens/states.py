"""The states of the window that screenshots show and checks look at, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import NamedTuple

from engine_models import ENGINE, LTX, WAN
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox, QPushButton, QToolButton, QWidget
from screens import compare_states
from screens.sample_jobs import SAILBOAT
from screens.sample_window import OVERLAYS, SampleWindow
from screens.scripts import ARABIC, GERMAN, JAPANESE, LONG

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.notices import Notice, NoticeAction
from sora_desktop.state.service_menu import ServiceRow
from sora_desktop.state.settings_form import SettingsForm
from sora_desktop.state.toasts import Toast, ToastAction
from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import SANDBOX_GREETING
from sora_desktop.store.prices import PriceFile
from sora_desktop.ui.dialogs.price_dialog import PriceDialog
from sora_desktop.ui.dialogs.settings_dialog import SettingsDialog
from sora_desktop.ui.widgets.drop_down import DropDown


class State(NamedTuple):
    """How to bring a window with sample jobs into a state."""

    bring: Callable[[SampleWindow], Awaitable[None]]
    jobs: str = "sample"  # which jobs are in the library, as `ScreenshotTaker` names them
    needs_clip: bool = False  # plays one, so the clips have to be rendered
    checked: str = ""  # object name of what is checked, if the rest of the window is dimmed; or OVERLAYS

    @property
    def depends_on_size(self) -> bool:
        """False for dialogs and menus over a window that is looked at in other states."""
        return self.checked != OVERLAYS


async def _empty(sample: SampleWindow) -> None:
    sample.window_state.set_facts(replace(sample.window_state.facts, notices=(SANDBOX_GREETING,)))
    sample.compose.focus_prompt()


async def _typing(sample: SampleWindow) -> None:
    sample.composer.load_request(VideoRequest(SAILBOAT, duration=10, image=sample.image), takes=2)
    sample.compose.focus_prompt()


async def _rendering(sample: SampleWindow) -> None:
    await _typing(sample)
    sample.select("city")
    sample.window.show_player()


async def _playing(sample: SampleWindow) -> None:
    await _typing(sample)
    sample.select("sailboat")
    sample.window.show_player()
    await sample.play_from(91)
    sample.compose.focus_prompt()


async def _failed(sample: SampleWindow) -> None:
    sample.composer.load_request(VideoRequest(SAILBOAT, duration=10))
    sample.select("singer")
    sample.window.show_player()
    sample.list.setFocus()


async def _unknown(sample: SampleWindow) -> None:
    sample.select("boat")
    sample.window.show_player()
    sample.list.setFocus()


async def _services(sample: SampleWindow) -> None:
    """The menu of services, above the form for an engine."""
    models = (WAN, replace(WAN, name="hunyuan-1.5", label="Hunyuan 1.5"), LTX)
    engine = replace(ENGINE, models=models)
    sample.select("sailboat")
    sample.show_chosen_service("Studio cluster", engine)
    sample.composer.set_service("Studio cluster", engine)
    sample.composer.load_request(replace(engine.default_request(SAILBOAT), image=sample.image), takes=2)
    sample.composer.set_services(
        (
            ServiceRow("live", "Sora 2 Video API (live)", "1 240 credits", Tone.OK, is_current=False),
            ServiceRow("Studio cluster", "Studio cluster – vLLM-Omni", "3 models · free", Tone.OK, is_current=True),
            ServiceRow("", "Sandbox · offline demo", "renders on this machine", Tone.MUTED, is_current=False),
        )
    )
    menu = sample.window.findChild(DropDown, "serviceMenu")
    assert isinstance(menu, DropDown)
    await sample.idle()  # the list is as wide as the menu
    menu.open_list()
    opened = QApplication.activePopupWidget()
    assert opened is not None
    sample.overlays.append(opened)


async def _settings(sample: SampleWindow) -> None:
    await _typing(sample)
    form = SettingsForm("https://soravideo.art/api/v1", "/home/ada/Videos/Sora Desktop", 3, "system", has_key=False)
    sample.open_dialog(SettingsDialog(sample.theme, form, sample.window))


async def _prices(sample: SampleWindow) -> None:
    table = PriceFile(sample.folder / "prices.json", sample.resources / "prices.json").load()
    sample.open_dialog(PriceDialog(table, CAPABILITIES, sample.window))


async def _shortcuts(sample: SampleWindow) -> None:
    sample.window.actions_listed["window.shortcuts"].trigger()
    sample.overlays.append(sample.dialog())


async def _recording(sample: SampleWindow) -> None:
    """The list of shortcuts while it asks for a key that another action has."""
    await _shortcuts(sample)
    button = sample.dialog().findChild(QPushButton, "keyButton:clip.continue")
    assert isinstance(button, QPushButton)
    button.click()
    recorder = sample.dialog().findChild(QWidget, "keyRecorder")
    assert isinstance(recorder, QWidget)
    QTest.keyClick(recorder, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)


async def _palette(sample: SampleWindow, typed: str = "co") -> None:
    sample.composer.load_request(VideoRequest(SAILBOAT, duration=10, image=sample.image), takes=2)
    sample.select("sailboat")
    sample.window.actions_listed["window.palette"].trigger()
    field = sample.window.findChild(QLineEdit, "paletteField")
    assert isinstance(field, QLineEdit)
    QTest.keyClicks(field, typed)


async def _palette_of_all(sample: SampleWindow) -> None:
    await _palette(sample, "")


async def _question(sample: SampleWindow) -> None:
    box = QMessageBox(sample.window)
    box.setText("2 videos are not finished. Close anyway?")
    box.setInformativeText("They continue at the service, and are downloaded at the next start. Nothing is sent twice.")
    box.addButton("Close", QMessageBox.ButtonRole.AcceptRole)
    box.addButton("Keep open", QMessageBox.ButtonRole.RejectRole)
    sample.open_dialog(box)


async def _notice(sample: SampleWindow) -> None:
    """A long notice above others, three toasts, and a request that cannot be sent."""
    notice = Notice(
        "The default service “Renderwerkstatt” is not there any more. Requests go to the sandbox until you choose "
        "another default service.",
        Tone.WARN,
        action=NoticeAction("Settings › Services", lambda: None),
    )
    sample.window_state.set_facts(replace(sample.window_state.facts, notices=(SANDBOX_GREETING, notice)))
    sample.composer.load_request(VideoRequest("", duration=10))
    poster = sample.samples.folder / "sailboat.jpg"
    follow = ToastAction("Play", lambda: None)
    sample.window.toasts.render_slots(
        (
            Toast("Clip is ready", "Waves crashing on a basalt beach, aerial top-down", follow, poster),
            Toast("Moved 3 videos to Trash", action=ToastAction("Undo", lambda: None)),
            Toast("The frame was copied to the clipboard"),
        )
    )


async def _long_prompt(sample: SampleWindow) -> None:
    sample.composer.load_request(VideoRequest(LONG, negative_prompt=LONG[:300], image=sample.image))
    sample.select("long")
    sample.compose.focus_prompt()


async def _german(sample: SampleWindow) -> None:
    """Long words in the prompt, the service, the models and the facts of a clip."""
    label = "Donaudampfschifffahrtsgesellschaft – Renderwerkstatt im Hinterhof"
    models = tuple(
        replace(WAN, name=name, label=name)
        for name in ("hunyuan-video-1.5-480p-image-to-video-distilled", "wan-2.2-ti2v-5b-turbo-lightx2v")
    )
    engine = replace(ENGINE, models=models)
    sample.show_chosen_service(label, engine)
    sample.composer.set_service(label, engine)
    sample.composer.set_services((ServiceRow(label, label, "Zwei Modelle · kostenlos", Tone.OK, is_current=True),))
    sample.composer.load_request(engine.default_request(GERMAN))
    sample.select("german")
    sample.list.setFocus()


async def _right_to_left(sample: SampleWindow) -> None:
    sample.composer.load_request(VideoRequest(ARABIC, image=sample.image))
    sample.select("arabic")
    sample.list.setFocus()


async def _east_asian(sample: SampleWindow) -> None:
    sample.composer.load_request(VideoRequest(JAPANESE))
    sample.select("japanese")
    sample.list.setFocus()


async def _library_of_scripts(sample: SampleWindow) -> None:
    """What a narrow window shows of the library, with posters that are missing."""
    sample.select("hebrew")
    sample.window.show_player()
    sample.list.setFocus()


async def _trash(sample: SampleWindow) -> None:
    sample.window.show_player()
    sample.jobs.show_trash()
    await sample.wait_until(lambda: sample.job_list.rowCount() == 0)


async def _range(sample: SampleWindow) -> None:
    """The player with a range and a part of the picture."""
    sample.select("sailboat")
    sample.window.show_player()
    for frame, id in ((48, "player.range_start"), (180, "player.range_end"), (91, "player.zoom_full")):
        await sample.go_to(frame)
        sample.window.actions_listed[id].trigger()


async def _time_field(sample: SampleWindow) -> None:
    sample.select("sailboat")
    sample.window.show_player()
    await sample.go_to(91)
    sample.window.actions_listed["player.go_to"].trigger()


async def _full_screen(sample: SampleWindow) -> None:
    """The picture on the whole screen, with its controls."""
    sample.select("sailboat")
    await sample.go_to(91)
    _cover_screen(sample, "fullScreenView")


async def _compare_full_screen(sample: SampleWindow) -> None:
    """Compared pictures on the whole screen, with the bar of a review above the controls."""
    await compare_states.review(sample)
    _cover_screen(sample, "compareFullScreen")


def _cover_screen(sample: SampleWindow, name: str) -> None:
    """Open a full screen, as large as the window."""
    sample.window.actions_listed["player.full_screen"].trigger()
    view = next(part for part in QApplication.topLevelWidgets() if part.objectName() == name)
    view.showNormal()
    view.setGeometry(QRect(sample.window.mapToGlobal(QPoint(0, 0)), sample.window.size()))
    sample.overlays.append(view)
    sample.covers.append(view)
    button = view.findChild(QWidget, "playButton")
    assert isinstance(button, QWidget)
    button.setFocus()  # its controls fade otherwise


async def _mark_filter(sample: SampleWindow) -> None:
    sample.select("sailboat")
    sample.window.show_player()
    button = sample.window.findChild(QToolButton, "markFilter")
    assert isinstance(button, QToolButton)
    button.click()
    opened = QApplication.activePopupWidget()
    assert opened is not None
    corner = button.mapToGlobal(QPoint(button.width() - opened.width(), button.height()))
    opened.move(corner)  # the screen is smaller than some of the windows
    sample.overlays.append(opened)


#: In the order in which a new user sees them.
STATES = {
    "empty": State(_empty, jobs="none"),
    "typing": State(_typing),
    "rendering": State(_rendering),
    "ready-playing": State(_playing, needs_clip=True),
    "failed": State(_failed),
    "unknown": State(_unknown),
    "services": State(_services),
    "settings": State(_settings, checked=OVERLAYS),
    "prices": State(_prices, checked=OVERLAYS),
    "shortcuts": State(_shortcuts, checked=OVERLAYS),
    "recording": State(_recording, checked=OVERLAYS),
    "palette": State(_palette, checked="palette"),
    "palette-all": State(_palette_of_all, checked="palette"),
    "range": State(_range),
    "time-field": State(_time_field),
    "full-screen": State(_full_screen, checked="fullScreenView"),
    "mark-filter": State(_mark_filter, checked=OVERLAYS),
    "compare-two": State(compare_states.two, jobs="compared"),
    "compare-three": State(compare_states.three, jobs="compared"),
    "compare-four": State(compare_states.four, jobs="compared"),
    "compare-wipe": State(compare_states.wipe, jobs="compared"),
    "compare-flip": State(compare_states.flip, jobs="compared"),
    "compare-difference": State(compare_states.difference, jobs="compared"),
    "compare-review": State(compare_states.review, jobs="compared"),
    "compare-review-four": State(compare_states.review_of_four, jobs="compared"),
    "compare-order": State(compare_states.order, jobs="compared"),
    "compare-full-screen": State(_compare_full_screen, jobs="compared", checked="compareFullScreen"),
    "compare-scripts": State(compare_states.scripts, jobs="finished-scripts"),
    "question": State(_question, checked=OVERLAYS),
    "notice": State(_notice),
    "trash": State(_trash),
    "long-prompt": State(_long_prompt, jobs="scripts"),
    "german": State(_german, jobs="scripts"),
    "right-to-left": State(_right_to_left, jobs="scripts"),
    "east-asian": State(_east_asian, jobs="scripts"),
    "missing-posters": State(_library_of_scripts, jobs="scripts"),
}
