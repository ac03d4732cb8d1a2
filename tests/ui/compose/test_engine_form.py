"""The form with what engines offer: sizes, frames, numbers, a seed, and a menu of services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

import pytest
from builders import an_image
from engine_models import ANIMATE, ENGINE, LTX, MANY, WAN
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDoubleSpinBox, QLabel, QLineEdit, QTextEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES, SANDBOX_CAPABILITIES
from sora_desktop.domain.capabilities import Capabilities, ModelCapabilities
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.composer import Composer
from sora_desktop.state.service_menu import ServiceRow
from sora_desktop.state.tone import Tone
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.compose.generate_button import GenerateButton
from sora_desktop.ui.widgets.drop_down import DropDown

T = TypeVar("T", bound=QWidget)
SERVICES = (
    ServiceRow("live", "Sora 2 Video API (live)", "1 240 credits", Tone.OK, True),
    ServiceRow("cluster", "Studio cluster", "4 models · free", Tone.OK, False),
    ServiceRow("sandbox", "Sandbox", "renders on this machine", Tone.MUTED, False),
)


class EngineForm:
    """The panel connected to a composer as in the program."""

    def __init__(self, qtbot: QtBot, theme: AppTheme, capabilities: Capabilities) -> None:
        self.panel = panel = ComposePanel(theme, CAPABILITIES)
        self.composer = composer = Composer(
            capabilities, capabilities.default_request("A cat"), service="cluster", roll=lambda _: 4711
        )
        self.submitted: list[VideoRequest] = []
        composer.view_changed.connect(panel.render_view)
        composer.request_submitted.connect(lambda request, *_: self.submitted.append(request))
        panel.request_edited.connect(composer.set_request)
        panel.submit_requested.connect(composer.submit)
        panel.seed_rolled.connect(composer.roll_seed)
        panel.seed_lock_toggled.connect(composer.lock_seed)
        panel.image_removed.connect(lambda: composer.set_image(None))
        panel.render_view(composer.view)
        qtbot.addWidget(panel)
        panel.resize(344, 834)
        with qtbot.waitActive(panel):
            panel.show()
            panel.activateWindow()

    def part(self, kind: type[T], name: str) -> T:
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found

    def shows(self, name: str) -> bool:
        found = self.panel.findChild(QWidget, name)
        return found is not None and found.isVisible()

    def click(self, name: str) -> None:
        QTest.mouseClick(self.part(QAbstractButton, name), Qt.MouseButton.LeftButton)

    def type_into(self, name: str, text: str) -> None:
        spin = self.part(QDoubleSpinBox, name)
        spin.setFocus()
        spin.selectAll()
        QTest.keyClicks(spin, text)

    @property
    def request(self) -> VideoRequest:
        return self.composer.request

    @property
    def hint(self) -> str:
        return self.part(QLabel, "composeHint").text()


@contextmanager
def american_numbers() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale.c())
    yield
    QLocale.setDefault(before)


@pytest.fixture
def form(qtbot: QtBot, theme: AppTheme) -> Iterator[EngineForm]:
    with american_numbers():
        yield EngineForm(qtbot, theme, ENGINE)


def with_model(qtbot: QtBot, theme: AppTheme, model: ModelCapabilities) -> EngineForm:
    return EngineForm(qtbot, theme, replace(ENGINE, models=(model,)))


def test_only_what_the_model_takes_is_shown(form: EngineForm) -> None:
    options = ("secondsSpin", "framesSpin", "fpsChoice", "fpsSpin", "stepsSpin", "guidanceSpin", "seedSpin", "sizeEdit")
    texts = ("negativePromptEdit", "imageDrop", "aspectRatioChoice", "durationChoice", "qualityChoice")
    shown = {name for name in (*options, *texts) if form.shows(name)}
    wan = {"secondsSpin", "fpsChoice", "stepsSpin", "guidanceSpin", "seedSpin", "negativePromptEdit", "imageDrop"}
    assert shown == wan
    form.composer.set_request(replace(form.request, model="ltx-2"))
    shown = {name for name in (*options, *texts) if form.shows(name)}
    assert shown == {"framesSpin", "fpsSpin", "stepsSpin", "seedSpin", "sizeEdit"}
    form.composer.set_capabilities(CAPABILITIES)
    shown = {name for name in (*options, *texts) if form.shows(name)}
    assert shown == set(texts)


def test_every_option_edits_the_request(form: EngineForm) -> None:
    form.click("sizeChoice:720x1280")
    form.click("fpsChoice:24")
    form.type_into("secondsSpin", "8")
    form.type_into("stepsSpin", "25")
    form.type_into("guidanceSpin", "7.5")
    form.type_into("seedSpin", "123")
    request = form.request
    assert (request.size, request.fps, request.duration) == ("720x1280", 24, 8)
    assert (request.steps, request.guidance, request.seed) == (25, 7.5, 123)
    assert form.composer.view.can_submit
    assert form.part(QLabel, "secondsRange").text() == "2 – 8"
    button = form.part(GenerateButton, "generateButton")
    assert button.accessibleName() == "Generate, free" and button.shown_aside == "free · Ctrl+⏎"


def test_frames_follow_the_rule_and_show_their_length(qtbot: QtBot, theme: AppTheme) -> None:
    form = with_model(qtbot, theme, LTX)
    frames = form.part(QDoubleSpinBox, "framesSpin")
    assert form.part(QLabel, "framesLength").text() == "5.0 s"
    QTest.keyClick(frames, Qt.Key.Key_Up)
    assert form.request.frames == 129
    QTest.keyClick(frames, Qt.Key.Key_Down)
    QTest.keyClick(frames, Qt.Key.Key_Down)
    assert form.request.frames == 113
    form.type_into("framesSpin", "100")
    assert not form.composer.view.can_submit
    QTest.keyClick(frames, Qt.Key.Key_Return)
    assert (form.request.frames, form.request.duration) == (97, 4) and form.composer.view.can_submit
    form.type_into("framesSpin", "257")
    QTest.keyClick(frames, Qt.Key.Key_Up)
    assert form.request.frames == 257
    form.type_into("fpsSpin", "60")
    assert form.part(QLabel, "framesLength").text() == "4.3 s"


def test_a_number_that_the_service_chooses_can_be_left_to_it(qtbot: QtBot, theme: AppTheme) -> None:
    form = with_model(qtbot, theme, ANIMATE)
    rate = form.part(QDoubleSpinBox, "fpsSpin")
    assert rate.text() == "Auto" and form.request.fps is None
    QTest.keyClick(rate, Qt.Key.Key_Up)
    assert [form.request.fps] == [1]
    QTest.keyClick(rate, Qt.Key.Key_Down)
    assert rate.text() == "Auto" and form.request.fps is None


def test_a_number_above_the_highest_is_reported_while_it_is_typed(form: EngineForm) -> None:
    for name, number, hint in (
        ("secondsSpin", "900", "The duration in seconds must be between 2 and 8."),
        ("stepsSpin", "201", "The number of steps must be between 1 and 200."),
        ("guidanceSpin", "30", "The guidance must be between 0 and 20."),
    ):
        before = form.request
        form.type_into(name, number)
        assert form.hint == hint and not form.composer.view.can_submit
        form.composer.set_request(before)
    form.composer.set_capabilities(SANDBOX_CAPABILITIES)
    form.type_into("seedSpin", str(2**31))
    assert form.hint == "The seed must be between 0 and 2147483647." and not form.composer.view.can_submit
    form.type_into("seedSpin", str(2**31 - 1))
    assert form.hint == "" and form.composer.view.can_submit


def test_the_form_says_which_models_render_sound(form: EngineForm) -> None:
    assert not form.shows("modelSound")
    form.composer.set_request(replace(form.request, model="ltx-2"))
    assert form.part(QLabel, "modelSound").text() == "with sound" and form.shows("modelSound")


def test_any_size_can_be_typed(qtbot: QtBot, theme: AppTheme) -> None:
    form = with_model(qtbot, theme, LTX)
    assert not form.shows("sizeEdit")
    form.click("sizeChoice:other")
    edit = form.part(QLineEdit, "sizeEdit")
    assert edit.isVisible() and edit.hasFocus() and form.request.size == "768x512"
    edit.selectAll()
    QTest.keyClicks(edit, "640 × 3")
    assert form.hint == "“640x3” is no size. Write width and height in pixels, such as 1280x720."
    QTest.keyClicks(edit, "84")
    assert (form.request.size, form.hint, edit.text()) == ("640x384", "", "640 × 384")
    form.click("sizeChoice:512x768")
    assert form.request.size == "512x768" and not form.shows("sizeEdit")


def test_a_model_without_listed_sizes_has_a_field(qtbot: QtBot, theme: AppTheme) -> None:
    form = with_model(qtbot, theme, ANIMATE)
    edit = form.part(QLineEdit, "sizeEdit")
    assert edit.isVisible() and "Chosen by the service" in edit.placeholderText()
    QTest.keyClicks(edit, "832x480")
    assert form.request.size == "832x480"


def test_an_image_of_other_proportions_is_told_beside_it(qtbot: QtBot, theme: AppTheme) -> None:
    form = EngineForm(qtbot, theme, ENGINE)
    note = form.part(QLabel, "imageNote")
    form.composer.set_image(replace(an_image(), width=900, height=900))
    assert form.shows("imageNote") and "The image is 900 × 900 and the video 1280 × 720: " in note.toolTip()
    assert form.hint == "", "it may be what the user wants"
    assert note.width() >= note.sizeHint().width(), "nothing is cut off"
    form.composer.set_image(replace(an_image(), width=1920, height=1080))
    assert not form.shows("imageNote")


def test_an_image_is_required_or_has_to_be_removed(qtbot: QtBot, theme: AppTheme) -> None:
    form = with_model(qtbot, theme, ANIMATE)
    assert form.part(QWidget, "imageDrop").accessibleName() == "Reference image, required"
    form.click("generateButton")
    assert form.hint == "Animate starts from an image. Add a reference image." and not form.submitted
    form.composer.set_image(an_image())
    form.composer.set_service("other", replace(ENGINE, models=(LTX,)))
    assert form.shows("imageDrop")
    assert form.hint.startswith("LTX-2 cannot start from an image. Remove the reference image.")
    form.click("imageRemoveButton")
    assert not form.shows("imageDrop") and form.composer.view.can_submit


def test_a_negative_prompt_that_is_not_taken_stays_until_it_is_removed(form: EngineForm) -> None:
    negative = form.part(QTextEdit, "negativePromptEdit")
    negative.setPlainText("rain")
    form.composer.set_request(replace(form.request, model="ltx-2"))
    assert negative.isVisible() and form.hint.startswith("LTX-2 takes no negative prompt. Remove it.")
    negative.setPlainText("")
    assert not negative.isVisible() and form.composer.view.can_submit


def test_many_options_are_in_a_list_that_opens(form: EngineForm) -> None:
    assert isinstance(form.part(QWidget, "modelChoice"), DropDown)
    form.click("modelChoice")
    form.click(f"modelChoice:{MANY.name}")
    assert form.request.model == MANY.name
    sizes = form.part(DropDown, "sizeChoice")
    assert sizes.accessibleName() == "Size: 1280×720"
    sizes.setFocus()
    QTest.keyClick(sizes, Qt.Key.Key_Down)
    assert form.request.size == "720x1280"
    QTest.keyClick(sizes, Qt.Key.Key_Return)
    row = form.part(QAbstractButton, "sizeChoice:720x1280")
    assert row.hasFocus() and row.isChecked()
    QTest.keyClick(row, Qt.Key.Key_End)
    QTest.keyClick(form.part(QAbstractButton, "sizeChoice:720x720"), Qt.Key.Key_Return)
    assert form.request.size == "720x720" and not form.shows("sizeChoiceList")


def test_names_that_fit_beside_each_other_are_in_a_row(qtbot: QtBot, theme: AppTheme) -> None:
    names = ("Wan 2.2", "Wan 2.2 I2V", "Wan 2.2 5B", "LTX-2")
    models = tuple(replace(WAN, name=name, label=name) for name in names)
    form = EngineForm(qtbot, theme, replace(ENGINE, models=models))
    for name in names:
        button = form.part(QAbstractButton, f"modelChoice:{name}")
        assert button.width() >= button.fontMetrics().horizontalAdvance(name), name


@pytest.mark.parametrize("width", [344, 300])
def test_a_seed_of_seven_digits_is_not_cut(qtbot: QtBot, theme: AppTheme, width: int) -> None:
    theme.apply_stylesheet()
    form = EngineForm(qtbot, theme, ENGINE)
    form.panel.resize(width, 834)
    form.composer.set_request(replace(form.request, seed=8_888_888))
    spin, lock = form.part(QDoubleSpinBox, "seedSpin"), form.part(QToolButton, "seedLock")
    edit = spin.lineEdit()

    def has_room() -> bool:
        begin = edit.mapTo(form.panel, edit.rect().topLeft()).x() + edit.textMargins().left()
        end = begin + edit.fontMetrics().horizontalAdvance(spin.text())
        return end <= lock.mapTo(form.panel, lock.rect().topLeft()).x()

    qtbot.waitUntil(has_room)


def test_a_narrow_panel_has_lists_instead_of_rows(qtbot: QtBot, theme: AppTheme) -> None:
    form = with_model(qtbot, theme, WAN)
    assert form.part(QAbstractButton, "sizeChoice:1280x720").isChecked()
    form.panel.resize(300, 834)
    sizes = form.part(QWidget, "sizeChoice")
    qtbot.waitUntil(lambda: isinstance(form.part(QWidget, "sizeChoice"), DropDown))
    form.panel.resize(344, 834)
    qtbot.waitUntil(lambda: not isinstance(form.part(QWidget, "sizeChoice"), DropDown))
    assert form.part(QAbstractButton, "sizeChoice:1280x720").isChecked() and sizes is not None


def test_the_dice_rolls_a_seed_and_the_lock_keeps_it(form: EngineForm) -> None:
    seed, lock = form.part(QDoubleSpinBox, "seedSpin"), form.part(QToolButton, "seedLock")
    assert seed.text() == "Random" and not lock.isChecked()
    form.click("seedDice")
    assert (seed.text(), form.request.seed, lock.isChecked()) == ("4711", 4711, False)
    form.click("seedLock")
    assert form.composer.view.seed_locked and lock.accessibleDescription().startswith("Locked")
    form.type_into("seedSpin", "9007199254740992")
    form.click("generateButton")
    assert [request.seed for request in form.submitted] == [2**53]
    form.composer.load_request(replace(form.request, seed=None))
    assert seed.text() == "Random" and not lock.isChecked()


def test_the_tab_order_is_the_order_on_the_screen(form: EngineForm) -> None:
    form.composer.set_services(SERVICES)
    stops, seen = list[str](), set[QWidget]()
    widget: QWidget | None = form.part(QWidget, "serviceMenu")
    while widget is not None and widget not in seen:
        seen.add(widget)
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            stops.append(widget.objectName())
        widget = widget.nextInFocusChain()
    expected = [
        *("serviceMenu", "promptEdit", "negativePromptEdit", "imageDrop", "modelChoice"),
        *("sizeChoice:1280x720", "sizeChoice:720x1280", "sizeChoice:960x960"),
        *("secondsSpin", "fpsChoice:16", "fpsChoice:24", "stepsSpin", "guidanceSpin"),
        *("seedSpin", "seedLock", "seedDice", "takesSpin", "generateButton"),
    ]
    assert [stop for stop in stops if stop in expected] == expected
    for name in expected:
        assert form.part(QWidget, name).accessibleName(), name


def test_the_service_menu_is_hidden_until_there_is_a_choice(form: EngineForm) -> None:
    assert form.panel.findChild(QWidget, "serviceMenu") is None
    form.composer.set_services(SERVICES)
    assert form.part(DropDown, "serviceMenu").accessibleName() == "Service: Sora 2 Video API (live)"
    form.composer.set_services(())
    assert not form.shows("serviceMenu")


def test_choosing_a_service_or_adding_one_is_asked_for(form: EngineForm) -> None:
    chosen, added = list[str](), list[bool]()
    form.panel.service_chosen.connect(chosen.append)
    form.panel.add_service_requested.connect(lambda: added.append(True))
    form.composer.set_services(SERVICES)
    form.click("serviceMenu")
    rows = [form.part(QAbstractButton, f"serviceMenu:{row.name}") for row in SERVICES]
    assert [row.height() for row in rows] == [44, 44, 44] and rows[0].isChecked() and rows[0].hasFocus()
    assert rows[1].accessibleName() == "Studio cluster, 4 models · free"
    form.click("serviceMenu:cluster")
    assert chosen == ["cluster"]
    menu = form.part(DropDown, "serviceMenu")
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClicks(form.part(QAbstractButton, "serviceMenu:live"), "sa")
    QTest.keyClick(form.part(QAbstractButton, "serviceMenu:sandbox"), Qt.Key.Key_Down)
    QTest.keyClick(form.part(QAbstractButton, "serviceMenuExtra"), Qt.Key.Key_Return)
    assert added == [True] and chosen == ["cluster"]
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(form.part(QAbstractButton, "serviceMenu:live"), Qt.Key.Key_Escape)
    assert not form.shows("serviceMenuList")
    menu.open_list()
    form.composer.set_services((*SERVICES[:1], SERVICES[1]._replace(detail="does not answer", tone=Tone.ERROR)))
    assert form.part(QAbstractButton, "serviceMenu:cluster").accessibleName() == "Studio cluster, does not answer"
