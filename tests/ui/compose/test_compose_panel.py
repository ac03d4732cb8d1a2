"""The compose panel, driven by keyboard and mouse."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest
from drag_and_drop import drag_and_drop, drag_enter_event, drag_move_event, drop_event
from media.image_files import a_jpeg, exif, jpeg_with, segment
from painted_widgets import painted_widgets
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAccessible, QGuiApplication, QImage, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDoubleSpinBox,
    QFileDialog,
    QLabel,
    QScrollArea,
    QSpinBox,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from sora_desktop.api.sora.capabilities import CAPABILITIES, SANDBOX_CAPABILITIES
from sora_desktop.domain.capabilities import Choice, Quality
from sora_desktop.domain.job import JobId
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.state.composer import Composer
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.compose.generate_button import GenerateButton
from sora_desktop.ui.compose.image_drop import ImageDrop
from sora_desktop.ui.compose.image_offer import ImageOffer
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import ElidedLabel

T = TypeVar("T", bound=QWidget)


class Form:
    """The panel connected to a composer as in the program."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.panel = ComposePanel(theme, CAPABILITIES)
        self.composer = Composer(CAPABILITIES, prices=PriceTable((Price(Decimal(100)),)))
        self.submitted: list[tuple[VideoRequest, int]] = []
        self.offers: list[ImageOffer] = []
        panel, composer = self.panel, self.composer
        composer.view_changed.connect(panel.render_view)
        composer.request_submitted.connect(lambda request, takes, _: self.submitted.append((request, takes)))
        panel.request_edited.connect(composer.set_request)
        panel.takes_edited.connect(composer.set_takes)
        panel.image_removed.connect(lambda: composer.set_image(None))
        panel.image_offered.connect(self.offers.append)
        panel.image_refused.connect(composer.set_image_error)
        panel.submit_requested.connect(composer.submit)
        panel.render_view(composer.view)
        qtbot.addWidget(panel)
        panel.resize(343, 834)
        with qtbot.waitActive(panel):
            panel.show()
            panel.activateWindow()
        self.prompt = self.part(QTextEdit, "promptEdit")
        self.negative = self.part(QTextEdit, "negativePromptEdit")
        self.drop = self.part(ImageDrop, "imageDrop")
        self.hint = self.part(QLabel, "composeHint")
        self.generate = self.part(GenerateButton, "generateButton")

    def part(self, kind: type[T], name: str) -> T:
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found

    def click(self, name: str) -> None:
        QTest.mouseClick(self.part(QAbstractButton, name), Qt.MouseButton.LeftButton)


@pytest.fixture
def form(qtbot: QtBot, theme: Theme) -> Form:
    return Form(qtbot, theme)


def reference_image(file: Path, width: int = 60, height: int = 40) -> ReferenceImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    assert image.save(str(file))
    return ReferenceImage(file, file.name, width, height, 2_100_000, file.name)


def mime_of(*files: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    return mime


def test_keys_and_clicks_edit_the_whole_request(form: Form) -> None:
    QTest.keyClicks(form.prompt, "A paper boat")
    QTest.keyClicks(form.negative, "rain")
    for name in ("modelChoice:sora2-pro", "aspectRatioChoice:9:16", "durationChoice:10", "qualityChoice:high"):
        form.click(name)
        assert form.part(QAbstractButton, name).isChecked()
    spin = form.part(QSpinBox, "takesSpin")
    QTest.keyClick(spin, Qt.Key.Key_Up)
    form.click("generateButton")
    ((request, takes),) = form.submitted
    assert (request.prompt, request.negative_prompt, takes) == ("A paper boat", "rain", 2)
    assert (request.model, request.aspect_ratio, request.duration, request.quality) == ("sora2-pro", "9:16", 10, "high")
    assert form.prompt.toPlainText() == "A paper boat", "the form keeps its content"


@pytest.mark.parametrize("focused", ["promptEdit", "negativePromptEdit", "imageDrop", "takesSpin", "modelChoice:sora2"])
def test_control_return_submits_from_every_widget(form: Form, focused: str) -> None:
    form.composer.load_request(VideoRequest("A cat"))
    widget = form.part(QWidget, focused)
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(form.submitted) == 1
    assert form.submitted[0][0].prompt == "A cat"


def test_the_generate_action_submits_once(form: Form) -> None:
    form.composer.load_request(VideoRequest("A cat"))
    form.panel.generate_action.trigger()
    assert len(form.submitted) == 1


def test_return_does_not_press_generate_where_it_presses_other_buttons(form: Form) -> None:
    form.composer.load_request(VideoRequest("A cat"))
    form.generate.setAutoDefault(True)  # as each button on GNOME
    form.generate.setFocus()
    QTest.keyClick(form.generate, Qt.Key.Key_Return)
    assert form.submitted == []
    QTest.keyClick(form.generate, Qt.Key.Key_Space)
    assert len(form.submitted) == 1


def test_space_after_a_click_on_generate_sends_nothing(form: Form) -> None:
    form.composer.load_request(VideoRequest("A cat"))
    form.prompt.setFocus()
    form.click("generateButton")
    focused = form.panel.window().focusWidget()
    assert focused is form.prompt and len(form.submitted) == 1
    QTest.keyClick(focused, Qt.Key.Key_Space)
    assert len(form.submitted) == 1


def test_return_inserts_a_line_break(form: Form) -> None:
    QTest.keyClicks(form.prompt, "a")
    QTest.keyClick(form.prompt, Qt.Key.Key_Return)
    QTest.keyClicks(form.prompt, "b")
    assert form.composer.request.prompt == "a\nb"
    assert form.submitted == []


def test_the_button_shows_price_and_takes(form: Form) -> None:
    assert form.generate.is_dimmed
    QTest.keyClicks(form.prompt, "x")
    form.composer.set_takes(2)
    assert not form.generate.is_dimmed
    assert form.generate.text() == "Generate 2"
    assert form.generate.accessibleName() == "Generate 2, 200 credits"


def test_clicking_generate_in_an_empty_form_shows_what_is_missing(form: Form) -> None:
    assert form.hint.isHidden()
    form.click("generateButton")
    assert form.hint.text().startswith("Describe the video")
    assert form.hint.isVisible()
    QTest.keyClicks(form.prompt, "x")
    assert form.hint.isHidden()


def test_a_prompt_over_the_limit_is_pasted_whole_and_reported(form: Form) -> None:
    QGuiApplication.clipboard().setText("y" * 2100)
    QTest.keyClick(form.prompt, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert len(form.prompt.toPlainText()) == 2100
    counter = form.part(QLabel, "promptCounter")
    assert (counter.text(), counter.property("tone")) == ("2100 / 2000", "error")
    assert "100 characters too long" in form.hint.text()
    form.click("generateButton")
    assert form.submitted == []


def test_showing_the_same_text_keeps_cursor_and_undo(form: Form) -> None:
    QTest.keyClicks(form.prompt, "one two")
    form.prompt.moveCursor(QTextCursor.MoveOperation.Start)
    form.panel.render_view(form.composer.view)
    QTest.keyClicks(form.prompt, "X")
    assert form.prompt.toPlainText() == "Xone two"
    assert form.prompt.textCursor().position() == 1
    QTest.keyClick(form.prompt, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert form.composer.request.prompt == "one two"


def test_undo_in_the_prompt_takes_no_part_of_a_request_back_that_has_filled_the_form(form: Form) -> None:
    QTest.keyClicks(form.prompt, "mine")
    form.composer.load_request(VideoRequest("an older one\u00a0again"))
    assert form.composer.request.prompt == "an older one\u00a0again", "showing a text must not edit it"
    form.click("qualityChoice:high")
    assert form.composer.request.prompt == "an older one\u00a0again", "editing another field must not edit the prompt"
    form.prompt.moveCursor(QTextCursor.MoveOperation.Start)
    form.panel.render_view(form.composer.view)
    assert form.prompt.textCursor().position() == 0
    form.prompt.setFocus()
    QTest.keyClick(form.prompt, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert form.composer.request.prompt == "an older one\u00a0again", "the rest of the form would stay"
    form.prompt.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(form.prompt, "!")
    QTest.keyClick(form.prompt, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert form.prompt.toPlainText() == "an older one again"


def test_an_image_that_arrives_while_the_user_types_is_kept(form: Form, tmp_path: Path) -> None:
    image = reference_image(tmp_path / "harbor.png")
    QTest.keyClicks(form.prompt, "one ")
    form.composer.set_image(image)
    QTest.keyClicks(form.prompt, "two")
    assert (form.composer.request.prompt, form.composer.request.image) == ("one two", image)


def test_edits_add_up_without_a_composer(qtbot: QtBot, theme: Theme) -> None:
    panel, requests = ComposePanel(theme, CAPABILITIES), list[VideoRequest]()
    qtbot.addWidget(panel)
    panel.request_edited.connect(requests.append)
    for name in ("modelChoice:sora2-pro", "durationChoice:15"):
        button = panel.findChild(QAbstractButton, name)
        assert button is not None
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [(request.model, request.duration) for request in requests] == [("sora2-pro", 5), ("sora2-pro", 15)]


def test_the_prompt_grows_with_the_window_and_with_its_text(form: Form, qtbot: QtBot) -> None:
    def bottom(part: QWidget) -> int:
        return part.mapTo(form.panel, part.rect().bottomLeft()).y()

    assert form.prompt.height() == 150
    form.prompt.insertPlainText("A paper boat drifts through the harbor at dusk. " * 12)
    qtbot.waitUntil(lambda: form.prompt.height() > 200 and not form.prompt.verticalScrollBar().isVisible())
    form.prompt.insertPlainText("A paper boat drifts through the harbor at dusk. " * 25)
    qtbot.waitUntil(lambda: bottom(form.part(QWidget, "qualityChoice")) >= form.generate.y() - 40)
    assert bottom(form.part(QWidget, "qualityChoice")) < form.generate.y(), "the rest of the form stays in view"
    form.prompt.selectAll()
    form.prompt.cut()
    qtbot.waitUntil(lambda: form.prompt.height() == 150)
    form.panel.resize(343, 1000)
    qtbot.waitUntil(lambda: form.prompt.height() == 150 + 1000 - 834)
    form.panel.resize(343, 2000)
    qtbot.waitUntil(lambda: form.prompt.height() == 416)
    form.panel.resize(343, 560)
    qtbot.waitUntil(lambda: form.prompt.height() == 110)


def test_the_prompt_gives_way_before_the_form_scrolls(form: Form, qtbot: QtBot) -> None:
    """The sandbox's form has one field more, and a desktop a title bar."""
    form.composer.set_capabilities(SANDBOX_CAPABILITIES)
    form.panel.resize(343, 740)
    qtbot.waitUntil(lambda: 110 < form.prompt.height() < 150)
    (bar,) = {area.verticalScrollBar() for area in form.panel.findChildren(QScrollArea)}
    assert bar.maximum() == 0


def test_a_prompt_begins_on_the_side_of_its_first_letter(form: Form) -> None:
    def begins_right() -> bool:
        form.prompt.grab()  # lays the text out
        line = form.prompt.document().firstBlock().layout().lineAt(0)
        return line.naturalTextRect().left() > form.prompt.viewport().width() / 2

    QTest.keyClicks(form.prompt, "Boat")
    assert not begins_right()
    form.prompt.selectAll()
    form.prompt.insertPlainText("שלום, a boat")
    assert begins_right()
    form.prompt.undo()
    assert form.prompt.toPlainText() == "Boat" and not begins_right()
    form.composer.set_request(replace(form.composer.view.request, prompt="سفينة"))
    assert begins_right()


def test_lines_are_18_pixels_apart_however_the_text_came(form: Form) -> None:
    prompt = form.prompt
    interface = QAccessible.queryAccessibleInterface(prompt)

    def tops() -> list[int]:
        cursor, found = prompt.textCursor(), []
        cursor.movePosition(QTextCursor.MoveOperation.Start)
        while not cursor.atEnd():
            cursor.movePosition(QTextCursor.MoveOperation.EndOfLine)
            found.append(prompt.cursorRect(cursor).bottom())
            cursor.movePosition(QTextCursor.MoveOperation.Right)
        return [after - before for before, after in pairwise(found)]

    QTest.keyClicks(prompt, "a boat in rain, " * 4)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Backspace):
        QTest.keyClick(prompt, key)
    QTest.keyClicks(prompt, "b")
    assert prompt.toPlainText().endswith(", \n\nb") and tops() == [18, 18, 18]
    while prompt.document().isUndoAvailable():
        prompt.undo()
    assert prompt.toPlainText() == "" and form.composer.request.prompt == ""
    prompt.insertPlainText("a\nb\nc")
    assert tops() == [18, 18]
    form.composer.load_request(VideoRequest("d\ne"))
    assert tops() == [18]
    interface.setText(QAccessible.Text.Value, "<b>f</b><br>g")  # as programs that take dictation do
    assert prompt.toPlainText() == "f\ng" and tops() == [18] and not prompt.currentFont().bold()
    prompt.selectAll()
    prompt.copy()
    copied = QGuiApplication.clipboard().mimeData()
    assert copied.text() == "f\ng" and not copied.hasHtml()


def test_options_are_radio_buttons_for_screen_readers(form: Form) -> None:
    form.composer.set_request(replace(form.composer.view.request, duration=10))
    for name, checked in (("durationChoice:5", False), ("durationChoice:10", True)):
        interface = QAccessible.queryAccessibleInterface(form.part(QAbstractButton, name))
        assert interface.role() == QAccessible.Role.RadioButton
        assert bool(interface.state().checked) is checked


def test_a_screen_reader_says_what_to_fix(form: Form) -> None:
    form.composer.set_request(replace(form.composer.view.request, prompt=""))
    form.composer.submit()
    interface = QAccessible.queryAccessibleInterface(form.hint)
    assert form.hint.text() and interface.text(QAccessible.Text.Name).endswith(form.hint.text())


def test_the_negative_prompt_grows_to_three_lines(form: Form, qtbot: QtBot) -> None:
    low = form.negative.height()
    for _ in range(6):
        QTest.keyClick(form.negative, Qt.Key.Key_Return)
    assert form.negative.height() == low + 2 * 18


def test_dropped_files_and_folders_are_offered(form: Form, tmp_path: Path) -> None:
    file = tmp_path / "näme with space.png"
    reference_image(file)
    for target in (form.drop, form.prompt.viewport()):
        assert drag_and_drop(target, mime_of(file, tmp_path))
    assert drag_and_drop(form.drop, mime_of(tmp_path))
    assert [offer.files for offer in form.offers] == [(file, tmp_path), (file, tmp_path), (tmp_path,)]
    assert form.prompt.toPlainText() == ""


def test_dropped_and_pasted_image_data_is_offered(form: Form) -> None:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.blue)
    mime = QMimeData()
    mime.setImageData(image)
    assert drag_and_drop(form.drop, mime)
    QGuiApplication.clipboard().setImage(image)
    for target in (form.drop, form.prompt):
        QTest.keyClick(target, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    pictures = [offer.picture for offer in form.offers]
    assert [picture.size() for picture in pictures if isinstance(picture, QImage)] == [image.size()] * 3


def test_dropped_text_is_not_an_image(form: Form) -> None:
    mime = QMimeData()
    mime.setText("https://example.com/a.png")
    assert not drag_and_drop(form.drop, mime)
    QGuiApplication.clipboard().setText("some words")
    QTest.keyClick(form.drop, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert form.hint.text().startswith("The clipboard holds no image.") and form.offers == []


def test_the_address_of_an_image_is_refused_with_what_to_do(form: Form) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.com/a.png")])
    assert drag_and_drop(form.drop, mime)
    assert form.hint.text().startswith("“a.png” came as an address, without the image. Save the image as a file")
    assert form.offers == []


def test_an_address_that_is_dropped_on_the_prompt_is_text(form: Form) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.com/a.png")])
    assert drag_and_drop(form.prompt.viewport(), mime)
    assert form.prompt.toPlainText() == "https://example.com/a.png" and form.offers == []


def test_text_with_a_picture_of_it_is_text_in_the_prompt(form: Form) -> None:
    """As a word processor copies it."""
    mime = QMimeData()
    mime.setText("a boat")
    mime.setData("image/png", b"picture of these words")
    assert drag_and_drop(form.prompt.viewport(), mime)
    assert form.prompt.toPlainText() == "a boat" and form.offers == []


@pytest.mark.parametrize("name", ["imageDrop", "promptEdit", "negativePromptEdit", "beside"])
def test_a_dropped_file_is_copied_and_never_moved(form: Form, tmp_path: Path, name: str) -> None:
    """A file manager deletes the file after a move."""
    target: QWidget = form.panel if name == "beside" else form.part(QWidget, name)
    if isinstance(target, QTextEdit):
        target = target.viewport()
    mime, spot = mime_of(tmp_path / "a.png"), QPoint(20, 20)
    actions = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    events = [make(spot, mime, actions) for make in (drag_enter_event, drag_move_event, drop_event)]
    for event in events:
        event.setDropAction(Qt.DropAction.MoveAction)  # what the file manager proposes
        QApplication.sendEvent(target, event)
        assert event.isAccepted() and event.dropAction() == Qt.DropAction.CopyAction
    assert [offer.files for offer in form.offers] == [(tmp_path / "a.png",)]


def test_the_image_is_shown_and_can_be_removed(form: Form, qtbot: QtBot, tmp_path: Path) -> None:
    form.composer.set_image(reference_image(tmp_path / "harbor.png"))
    texts = [label.text() for label in form.drop.findChildren(QLabel) if label.isVisible()]
    assert "harbor.png" in texts and "60 × 40 · 2.1 MB" in texts
    thumbnail = form.part(QLabel, "imageThumbnail")
    qtbot.waitUntil(lambda: not thumbnail.pixmap().isNull())
    assert thumbnail.pixmap().toImage().pixelColor(80, 80).name() == "#ff0000"
    form.click("imageRemoveButton")
    assert form.composer.request.image is None
    assert not form.part(QAbstractButton, "imageRemoveButton").isVisible()


def test_the_drop_area_is_painted_as_usual_once_the_pointer_has_left(form: Form, qtbot: QtBot) -> None:
    QTest.mouseMove(form.drop)
    qtbot.waitUntil(form.drop.underMouse)
    QApplication.processEvents()
    with painted_widgets() as painted:
        QTest.mouseMove(form.prompt)
        qtbot.waitUntil(lambda: "imageDrop" in painted)


def test_a_long_file_name_is_elided(form: Form, tmp_path: Path) -> None:
    form.composer.set_image(reference_image(tmp_path / f"{'harbor at dusk ' * 12}.png"))
    (line,) = form.part(ElidedLabel, "imageName").lines
    assert line.startswith("harbor at dusk") and line.endswith("…")


def test_the_sides_shown_are_those_of_the_picture_shown(form: Form, qtbot: QtBot, tmp_path: Path) -> None:
    """Version 0.1.0 noted the sides of a photo as its file stores them, and the photo was sent lying on its side."""
    file = tmp_path / "harbor.jpg"
    file.write_bytes(jpeg_with(a_jpeg(64, 40), segment(0xE1, b"Exif\0\0" + exif(6))))
    form.composer.set_image(ReferenceImage(file, "harbor.jpg", 64, 40, 2_100_000, "ab" * 32))
    qtbot.waitUntil(lambda: not form.part(QLabel, "imageThumbnail").pixmap().isNull())
    texts = [label.text() for label in form.drop.findChildren(QLabel)]
    assert "40 × 64 · 2.1 MB" in texts


def test_the_reason_for_a_rejected_image_is_shown(form: Form) -> None:
    QTest.keyClicks(form.prompt, "x")
    form.composer.set_image_error("notes.png is not an image.")
    assert form.hint.text() == "notes.png is not an image."
    assert form.hint.property("tone") == "error"


@pytest.mark.parametrize("device", ["mouse", "keyboard", "action"])
def test_the_file_dialog_does_not_block(form: Form, device: str) -> None:
    if device == "mouse":
        QTest.mouseClick(form.drop, Qt.MouseButton.LeftButton)
    elif device == "action":
        form.panel.open_image_action.trigger()
    else:
        form.drop.setFocus()
        QTest.keyClick(form.drop, Qt.Key.Key_Space)
    dialog = form.drop.findChild(QFileDialog)
    assert dialog is not None and dialog.isVisible()
    dialog.fileSelected.emit("/some/where.png")
    assert form.offers == [ImageOffer((Path("/some/where.png"),))]
    dialog.close()


def test_arrow_keys_choose_an_option(form: Form) -> None:
    first = form.part(QAbstractButton, "durationChoice:5")
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Right)
    assert form.composer.request.duration == 10


def test_tab_follows_the_reading_order(form: Form) -> None:
    form.prompt.setFocus()
    stops = ["promptEdit"]
    for _ in range(8):
        QTest.keyClick(form.panel.focusWidget(), Qt.Key.Key_Tab)
        stops.append(form.panel.focusWidget().objectName())
    assert stops == [
        "promptEdit",
        "negativePromptEdit",
        "imageDrop",
        "modelChoice:sora2",
        "aspectRatioChoice:16:9",
        "durationChoice:5",
        "qualityChoice:standard",
        "takesSpin",
        "generateButton",
    ]


def test_every_focusable_widget_has_an_accessible_name(form: Form) -> None:
    for widget in form.panel.findChildren(QWidget):
        name = widget.objectName()
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and name and not name.startswith("qt_"):
            assert widget.accessibleName(), name


def test_the_shortcut_is_dropped_before_the_price(form: Form) -> None:
    for text, price in (("Save changes", "100 credits"), ("Generate 10", "15 000 credits")):
        form.generate.show_content(text, price, dimmed=False)
        assert form.generate.shown_aside.startswith(price), text
    form.generate.resize(400, 42)
    assert form.generate.shown_aside == "15 000 credits · Ctrl+⏎"


@pytest.mark.parametrize("width", [150, 200, 400])
def test_the_price_is_painted_at_every_width(form: Form, theme: Theme, width: int) -> None:
    def painted(price: str) -> QImage:
        form.generate.show_content("Generate 20", price, dimmed=False)
        form.generate.resize(width, 42)
        assert form.generate.shown_aside.startswith(price)
        return form.generate.grab().toImage()

    assert painted("4 000 credits") != painted("5 000 credits")
    assert painted("price unknown") != painted("")


def test_nothing_is_submitted_while_the_price_is_out_of_view(form: Form) -> None:
    form.composer.load_request(VideoRequest("A cat"))
    asked: list[bool] = []
    form.panel.shown_requested.connect(lambda: asked.append(True))
    form.panel.hide()
    form.panel.generate_action.trigger()
    assert (form.submitted, asked) == ([], [True])
    assert form.panel.generate_action.text() == "Generate (100 credits)"


def test_the_edit_label_is_not_cut(form: Form, qtbot: QtBot) -> None:
    form.composer.edit_job(JobId("j"), VideoRequest("a boat"))
    label = form.part(QLabel, "editWords")
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()) > 0)


def test_a_held_shortcut_submits_once(form: Form) -> None:
    """Qt repeats a held shortcut about every 30 ms if its action allows it."""
    assert not form.panel.generate_action.autoRepeat()


def test_the_seed_is_shown_only_where_the_model_takes_one(form: Form) -> None:
    assert form.panel.findChild(QWidget, "seedSpin") is None
    form.composer.set_capabilities(SANDBOX_CAPABILITIES)
    seed = form.part(QDoubleSpinBox, "seedSpin")
    assert seed.isVisible() and seed.text() == "Random"
    muted = seed.lineEdit().palette().text().color()
    form.prompt.setPlainText("A cat")
    seed.setFocus()
    seed.selectAll()
    QTest.keyClicks(seed, "2147483647")
    assert form.composer.request == VideoRequest("A cat", seed=2**31 - 1)
    assert seed.lineEdit().palette().text().color() != muted
    QTest.keyClick(seed, Qt.Key.Key_Up)
    assert form.composer.request.seed == 2**31 - 1
    seed.setValue(seed.minimum())
    assert form.composer.request.seed is None and seed.text() == "Random"
    assert seed.lineEdit().palette().text().color() == muted


def test_a_seed_that_the_service_does_not_take_stays_until_the_user_removes_it(form: Form) -> None:
    form.composer.load_request(VideoRequest("A cat", seed=7))
    seed = form.part(QDoubleSpinBox, "seedSpin")
    assert seed.isVisible() and seed.value() == 7 and not form.composer.view.can_submit
    form.click("generateButton")
    assert form.hint.text() == "Sora 2 takes no seed. Remove the seed." and form.submitted == []
    seed.setValue(seed.minimum())
    assert not seed.isVisible() and form.composer.view.can_submit


def test_the_form_offers_what_the_selected_model_of_the_connected_service_can_do(form: Form) -> None:
    wide = replace(
        CAPABILITIES.models[0],
        name="wide",
        label="Wide",
        aspect_ratios=(Choice("21:9", "21:9"), Choice("16:9", "16:9")),
        durations=(Choice(8, "8 s"),),
        qualities=(Quality("fast", "Fast"),),
    )
    form.composer.set_capabilities(replace(CAPABILITIES, models=(CAPABILITIES.models[0], wide), takes_limit=2))
    assert form.part(QSpinBox, "takesSpin").maximum() == 2
    assert form.part(QAbstractButton, "durationChoice:5").isChecked()
    form.click("modelChoice:wide")
    assert form.composer.request == VideoRequest(model="wide", duration=8, quality="fast")
    assert form.hint.text() == "The length is 8 s instead of 5 s.", "a request is never changed silently"
    assert form.panel.findChild(QAbstractButton, "durationChoice:5") is None
    assert form.part(QAbstractButton, "aspectRatioChoice:16:9").isChecked()
    assert form.part(QAbstractButton, "durationChoice:8").isChecked()
    form.click("aspectRatioChoice:21:9")
    form.prompt.setPlainText("A cat")
    assert form.hint.isHidden() and form.composer.view.can_submit
    form.click("modelChoice:sora2")
    assert form.hint.text() == "The aspect ratio is 16:9 instead of 21:9. The length is 10 s instead of 8 s."
    assert form.part(QAbstractButton, "durationChoice:10").isChecked()
