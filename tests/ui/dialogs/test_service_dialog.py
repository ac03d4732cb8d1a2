"""The dialog for one service, and the page that lists all."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QLabel, QLineEdit, QListWidget, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.state.service_form import Dialect, ExaminationLine, Option, ServiceField, ServiceForm
from sora_desktop.state.service_lines import ServiceLine
from sora_desktop.state.tone import Tone
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.dialogs.examination_view import ExaminationView
from sora_desktop.ui.dialogs.service_dialog import ServiceDialog
from sora_desktop.ui.dialogs.services_page import ServicesPage
from sora_desktop.ui.widgets.amount_spin import AmountSpin

ENGINE = Dialect(
    "openai",
    "Engine",
    "http://127.0.0.1:8091/v1",
    (Option("omni", "vLLM-Omni"), Option("sglang", "SGLang")),
    has_places=True,
    needs_key=False,
    bills=False,
    jobs_at_once=2,
)
SORA = Dialect("sora", "Sora 2 Video API", "https://example.com/api/v1")
NEW = ServiceForm(dialect="openai", jobs_at_once=2)


class Shown:
    """A dialog on screen, with what it has emitted."""

    def __init__(self, qtbot: QtBot, theme: AppTheme, form: ServiceForm) -> None:
        self.dialog = ServiceDialog(theme, form, (ENGINE, SORA))
        self.saved: list[tuple[ServiceForm, str]] = []
        self.tested: list[tuple[ServiceForm, str]] = []
        self.cancelled = 0
        self.dialog.saved.connect(lambda form, key: self.saved.append((form, key)))
        self.dialog.test_requested.connect(lambda form, key: self.tested.append((form, key)))
        self.dialog.test_cancelled.connect(self._count)
        qtbot.addWidget(self.dialog)
        with qtbot.waitActive(self.dialog):
            self.dialog.open()
            self.dialog.activateWindow()

    def _count(self) -> None:
        self.cancelled += 1

    def part(self, name: str) -> QWidget:
        found = self.dialog.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found

    def line(self, name: str) -> QLineEdit:
        found = self.part(name)
        assert isinstance(found, QLineEdit)
        return found

    def urls(self) -> QPlainTextEdit:
        found = self.part(ServiceField.URLS)
        assert isinstance(found, QPlainTextEdit)
        return found

    def click(self, name: str) -> None:
        found = self.part(name)
        assert isinstance(found, QAbstractButton) and found.isVisible(), name
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)

    def problem(self, field: ServiceField) -> str:
        label = self.part(f"{field}:problem")
        assert isinstance(label, QLabel)
        return label.text() if label.isVisible() else ""


def test_a_new_engine_is_returned_as_it_was_entered(qtbot: QtBot, theme: AppTheme) -> None:
    shown = Shown(qtbot, theme, NEW)
    QTest.keyClicks(shown.line(ServiceField.NAME), "  Studio   cluster ")
    shown.urls().setPlainText("http://127.0.0.1:8091/v1\nhttp://127.0.0.1:8092/v1\n")
    QTest.keyClicks(shown.line(ServiceField.KEY_VARIABLE), "STUDIO_KEY")
    profile = shown.part("serviceProfile")
    QTest.keyClick(profile, Qt.Key.Key_Down)
    assert shown.part(ServiceField.LIMIT).isHidden() or not shown.part(ServiceField.LIMIT).isVisible()
    shown.click("serviceSaveButton")
    shown.click("serviceSaveButton")
    wanted = replace(
        NEW,
        name="Studio cluster",
        urls=("http://127.0.0.1:8091/v1", "http://127.0.0.1:8092/v1"),
        profile="omni",
        key_variable="STUDIO_KEY",
    )
    assert shown.saved == [(wanted, "")], "Save is disabled until the owner answers"
    assert shown.dialog.isVisible()


def test_the_protocol_decides_which_fields_there_are(qtbot: QtBot, theme: AppTheme) -> None:
    shown = Shown(qtbot, theme, NEW)
    limit = shown.part(ServiceField.LIMIT)
    assert isinstance(limit, AmountSpin)
    assert shown.part("serviceProfile").isVisible() and not limit.isVisible()

    def titles() -> set[str]:
        return {label.text() for label in shown.dialog.findChildren(QLabel) if "at once" in label.text()}

    assert titles() == {"Jobs at once at each address"}
    shown.click("serviceDialect:sora")
    assert titles() == {"Jobs at once"}, "it has one address"
    assert not shown.part("serviceProfile").isVisible() and limit.isVisible()
    assert shown.urls().placeholderText() == SORA.url_example
    shown.urls().setPlainText("https://example.com/api/v1")
    QTest.keyClicks(limit, "1,200")
    shown.click("serviceSaveButton")
    assert "1,200" in shown.problem(ServiceField.LIMIT) and not shown.saved
    limit.set_value(Decimal(500))
    shown.click("serviceSaveButton")
    ((form, _),) = shown.saved
    assert (form.dialect, form.profile, form.spending_limit, form.jobs_at_once) == ("sora", "", Decimal(500), 3)


def test_a_problem_stands_at_its_field_and_gets_the_focus(qtbot: QtBot, theme: AppTheme) -> None:
    shown = Shown(qtbot, theme, NEW)
    shown.click("serviceSaveButton")
    shown.dialog.show_problems({ServiceField.URLS: "Enter the address of the service."})
    assert shown.problem(ServiceField.URLS) == "Enter the address of the service."
    assert shown.problem(ServiceField.NAME) == "" and shown.urls().hasFocus()
    shown.click("serviceSaveButton")
    assert len(shown.saved) == 2, "Save can be pressed again"
    shown.dialog.show_problems({})
    assert shown.problem(ServiceField.URLS) == ""


def test_a_key_without_encryption_needs_a_check_for_that_host(qtbot: QtBot, theme: AppTheme) -> None:
    shown = Shown(qtbot, theme, NEW)
    allow = shown.part("serviceAllowPlainHttpCheck")
    assert isinstance(allow, QCheckBox)
    shown.urls().setPlainText("http://gpu2:8091/v1")
    assert not allow.isVisible(), "nothing secret is sent"
    QTest.keyClicks(shown.line(ServiceField.KEY), "sk_1")
    assert allow.isVisible() and "gpu2 without encryption" in allow.text()
    shown.click("serviceSaveButton")
    assert shown.saved[-1][0].plain_http_host == "" and shown.saved[-1][1] == "sk_1"
    shown.dialog.show_problems({})
    allow.setChecked(True)
    shown.click("serviceSaveButton")
    assert shown.saved[-1][0].plain_http_host == "gpu2"
    shown.dialog.show_problems({})
    shown.urls().setPlainText("https://gpu2:8091/v1")
    shown.click("serviceSaveButton")
    assert shown.saved[-1][0].plain_http_host == "", "the allowance goes with the address"


def test_a_test_shows_its_lines_and_can_be_cancelled(qtbot: QtBot, theme: AppTheme) -> None:
    shown = Shown(qtbot, theme, replace(NEW, name="Studio", urls=("http://127.0.0.1:1/v1",), is_new=False))
    assert shown.line(ServiceField.NAME).isReadOnly()
    shown.click("serviceTestButton")
    assert len(shown.tested) == 1
    shown.dialog.show_testing()
    state, button = shown.part("serviceTestState"), shown.dialog.test_button
    assert state.isVisible() and button.text() == "Cancel test"
    shown.click("serviceTestButton")
    assert shown.cancelled == 1 and button.text() == "Test" and len(shown.tested) == 1
    shown.dialog.show_testing()
    lines = (
        ExaminationLine("The server answers.", Tone.OK, "check-circle"),
        ExaminationLine("The key is wrong. Enter another.", Tone.ERROR, "x-circle"),
    )
    shown.dialog.show_result(lines)
    shown.dialog.end_test()
    view = shown.dialog.findChild(ExaminationView)
    assert isinstance(view, ExaminationView) and view.isVisible() and view.lines == lines
    assert [label.text() for label in view.findChildren(QLabel) if label.text()] == [line.text for line in lines]
    QTest.keyClicks(shown.line(ServiceField.KEY), "k")
    assert view.isHidden() and shown.cancelled == 1, "it does not hold for another key"
    shown.dialog.show_testing()
    shown.urls().setPlainText("http://127.0.0.1:2/v1")
    assert shown.cancelled == 2 and state.isHidden() and button.text() == "Test", "nor for another address"
    shown.dialog.show_testing()
    assert view.isHidden()
    shown.dialog.reject()
    assert shown.cancelled == 3, "closing the dialog ends the test"


def test_the_key_is_never_shown(qtbot: QtBot, theme: AppTheme) -> None:
    shown = Shown(qtbot, theme, replace(NEW, name="Studio", has_key=True, is_new=False))
    assert shown.line(ServiceField.KEY).echoMode() is QLineEdit.EchoMode.Password
    assert shown.line(ServiceField.KEY).text() == "" and "stored" in shown.line(ServiceField.KEY).placeholderText()


LINES = (
    ServiceLine("first", "Live", "https://a", Tone.OK, "Online", "", True, False, False, True),
    ServiceLine("Studio", "Studio", "http://gpu", Tone.ERROR, "Offline", "Nothing answers.", False, True, True, True),
    ServiceLine("sandbox", "Sandbox", "here", Tone.MUTED, "Not connected", "", False, False, False, False),
)


@pytest.fixture
def page(qtbot: QtBot, theme: AppTheme) -> ServicesPage:
    page = ServicesPage(theme, LINES)
    qtbot.addWidget(page)
    page.resize(552, 420)
    page.show()
    return page


def button(page: ServicesPage, name: str) -> QAbstractButton:
    found = page.findChild(QAbstractButton, name)
    assert found is not None, name
    return found


def test_the_page_offers_what_can_be_done_to_the_selected_service(page: ServicesPage) -> None:
    emitted: list[tuple[str, str]] = []
    for name in ("edit", "remove", "default", "test"):
        getattr(page, f"{name}_requested").connect(lambda service, name=name: emitted.append((name, service)))
    names = ("serviceEditButton", "serviceRemoveButton", "serviceDefaultButton", "servicePageTestButton")

    def enabled() -> list[bool]:
        return [button(page, name).isEnabled() for name in names]

    assert page.chosen == "first" and enabled() == [False, False, False, True]
    page.choose("Studio")
    assert enabled() == [True] * 4
    reason = page.findChild(QLabel, "serviceReason")
    assert reason is not None and reason.isVisible() and reason.text() == "Nothing answers."
    for name in names:
        button(page, name).click()
    assert emitted == [("edit", "Studio"), ("remove", "Studio"), ("default", "Studio"), ("test", "Studio")]
    page.choose("sandbox")
    assert enabled() == [False] * 4 and reason.isHidden()


def test_the_selected_service_stays_selected_when_the_states_change(page: ServicesPage) -> None:
    page.choose("Studio")
    page.show_lines([*LINES[:2], LINES[2]._replace(tone=Tone.OK)])
    assert page.chosen == "Studio"
    page.show_lines([LINES[0], LINES[2]])
    assert page.chosen == "first"
    rows = page.findChild(QListWidget, "serviceList")
    assert rows is not None and rows.count() == 2
    spoken = rows.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Live. Online. Default. https://a"


def test_why_something_was_refused_stays_until_another_service_is_selected(page: ServicesPage) -> None:
    page.choose("Studio")
    page.show_reason("Its videos are not finished.")
    page.show_lines([LINES[0], LINES[1]._replace(reason="Nothing answers. Again."), LINES[2]])
    reason = page.findChild(QLabel, "serviceReason")
    assert reason is not None and reason.text() == "Its videos are not finished."
    page.choose("first")
    page.choose("Studio")
    assert reason.text() == "Nothing answers. Again."


def test_return_in_the_list_edits_the_service(page: ServicesPage) -> None:
    edited: list[str] = []
    page.edit_requested.connect(edited.append)
    rows = page.findChild(QListWidget, "serviceList")
    assert rows is not None
    QTest.keyClick(rows, Qt.Key.Key_Return)
    page.choose("Studio")
    QTest.keyClick(rows, Qt.Key.Key_Return)
    assert edited == ["Studio"], "the first one is not the user's own"


def test_the_result_of_a_test_goes_with_another_selection(page: ServicesPage) -> None:
    page.choose("Studio")
    line = ExaminationLine("The server answers.", Tone.OK, "check-circle")
    page.show_result("Studio", (line,))
    view = page.findChild(ExaminationView)
    assert isinstance(view, ExaminationView) and view.isVisible()
    page.choose("first")
    assert view.isHidden()
    page.show_result("Studio", (line,))
    assert view.isHidden(), "another service is selected by now"


def test_a_test_does_not_say_again_what_is_known(page: ServicesPage) -> None:
    page.choose("Studio")
    reason = page.findChild(QLabel, "serviceReason")
    assert reason is not None and reason.isVisible() and reason.text() == "Nothing answers."
    page.show_result("Studio", (ExaminationLine("Nothing answers.", Tone.ERROR, "x-circle"),))
    assert not reason.isVisible()


def test_rows_are_painted_in_both_themes(page: ServicesPage, theme: AppTheme) -> None:
    rows = page.findChild(QListWidget, "serviceList")
    assert rows is not None
    pictures = []
    for name in ("dark", "light"):
        theme.choose(name)
        pictures.append(rows.grab().toImage())
    assert pictures[0] != pictures[1]
    colors = {pictures[1].pixelColor(x, y).name() for x in range(12, 20) for y in range(50, 75)}
    assert theme.color("error").name() in colors, "the dot of the service that is offline"
