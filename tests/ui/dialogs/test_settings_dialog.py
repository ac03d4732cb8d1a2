"""The settings dialog stays open until its owner accepts what was entered."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from sora_desktop.state.service_form import ExaminationLine
from sora_desktop.state.service_lines import ServiceLine
from sora_desktop.state.settings_form import SettingsForm
from sora_desktop.state.tone import Tone
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.dialogs.settings_dialog import SettingsDialog
from sora_desktop.ui.widgets.amount_spin import AmountSpin

FORM = SettingsForm("https://soravideo.art/api/v1", "/videos", 3, "system", False)


@pytest.fixture
def dialog(qtbot: QtBot, theme: AppTheme) -> SettingsDialog:
    dialog = SettingsDialog(theme, FORM)
    qtbot.addWidget(dialog)
    with qtbot.waitActive(dialog):
        dialog.open()
        dialog.activateWindow()
    return dialog


def line(dialog: SettingsDialog, name: str) -> QLineEdit:
    found = dialog.findChild(QLineEdit, name)
    assert found is not None, name
    return found


def click(dialog: SettingsDialog, name: str) -> None:
    button = dialog.findChild(QAbstractButton, name)
    assert button is not None, name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_save_emits_what_was_entered_and_the_dialog_stays_open(dialog: SettingsDialog) -> None:
    saved: list[tuple[SettingsForm, str]] = []
    dialog.saved.connect(lambda form, key: saved.append((form, key)))
    QTest.keyClicks(line(dialog, "apiKeyEdit"), " sk_secret ")
    address = line(dialog, "baseUrlEdit")
    address.selectAll()
    QTest.keyClicks(address, "http://127.0.0.1:8000/api/v1")
    spin = dialog.findChild(QSpinBox, "jobsAtOnceSpin")
    assert spin is not None
    QTest.keyClick(spin, Qt.Key.Key_Up)
    click(dialog, "themeChoice")
    click(dialog, "themeChoice:light")
    click(dialog, "settingsSaveButton")
    wanted = replace(FORM, base_url="http://127.0.0.1:8000/api/v1", jobs_at_once=4, theme="light", has_key=True)
    assert saved == [(wanted, "sk_secret")]
    assert dialog.isVisible()
    dialog.accept()
    assert not dialog.isVisible()


def test_an_error_is_shown_in_the_dialog_and_can_be_fixed(dialog: SettingsDialog) -> None:
    saved: list[SettingsForm] = []
    dialog.saved.connect(lambda form, key: saved.append(form))
    click(dialog, "settingsSaveButton")
    click(dialog, "settingsSaveButton")
    assert len(saved) == 1, "Save is disabled until the owner answers"
    dialog.show_error("The address must begin with https://.")
    error = dialog.findChild(QLabel, "settingsTrouble")
    assert error is not None and error.isVisible()
    assert error.text() == "The address must begin with https://."
    QTest.keyClick(line(dialog, "baseUrlEdit"), Qt.Key.Key_Return)
    assert len(saved) == 2
    assert error.isHidden()


def test_the_key_is_never_shown(qtbot: QtBot, theme: AppTheme, dialog: SettingsDialog) -> None:
    assert line(dialog, "apiKeyEdit").echoMode() is QLineEdit.EchoMode.Password
    stored = SettingsDialog(theme, replace(FORM, has_key=True))
    qtbot.addWidget(stored)
    assert line(stored, "apiKeyEdit").text() == ""
    assert "stored" in line(stored, "apiKeyEdit").placeholderText()


def test_the_dialog_says_what_counts_instead_of_it(qtbot: QtBot, theme: AppTheme, dialog: SettingsDialog) -> None:
    def notes(of: SettingsDialog) -> list[str]:
        found = [of.findChild(QLabel, name) for name in ("keyNote", "baseUrlNote")]
        return [label.text() for label in found if isinstance(label, QLabel)]

    assert len(notes(dialog)) == 1 and "system keyring" in notes(dialog)[0]
    form = replace(FORM, key_override="The variable counts.", base_url_override="The other one counts.")
    overridden = SettingsDialog(theme, form)
    qtbot.addWidget(overridden)
    assert notes(overridden) == ["The variable counts.", "The other one counts."]


@pytest.mark.parametrize(
    ("typed", "limit"), [("1 500,5", "1500.5"), ("1,5", "1.5"), ("0", "0"), ("", None), ("1.200,50", "1200.5")]
)
def test_the_limit_that_is_typed_is_the_one_that_is_saved(
    dialog: SettingsDialog, typed: str, limit: str | None
) -> None:
    saved: list[SettingsForm] = []
    dialog.saved.connect(lambda form, key: saved.append(form))
    spin = dialog.findChild(AmountSpin, "dailyCapSpin")
    assert spin is not None
    QTest.keyClicks(spin, typed)
    click(dialog, "settingsSaveButton")
    assert [form.spending_limit for form in saved] == [None if limit is None else Decimal(limit)]


@pytest.mark.parametrize("typed", ["1,200", "1.200", "-5", "1e3", "much"])
def test_a_limit_that_can_be_misread_is_not_saved(dialog: SettingsDialog, qtbot: QtBot, typed: str) -> None:
    spin = dialog.findChild(AmountSpin, "dailyCapSpin")
    error = dialog.findChild(QLabel, "settingsTrouble")
    assert spin is not None and error is not None
    QTest.keyClicks(spin, typed)
    with qtbot.assertNotEmitted(dialog.saved):
        click(dialog, "settingsSaveButton")
    assert error.text().startswith(f"Daily spending limit: “{typed}”")
    assert dialog.save_button.isEnabled()


@pytest.mark.parametrize("limit", ["0", "0.5", "1.234", "150", "2500000", "1500.75"])
def test_saving_without_a_change_keeps_the_limit(qtbot: QtBot, theme: AppTheme, limit: str) -> None:
    form = replace(FORM, spending_limit=Decimal(limit))
    dialog = SettingsDialog(theme, form)
    qtbot.addWidget(dialog)
    saved: list[SettingsForm] = []
    dialog.saved.connect(lambda form, key: saved.append(form))
    click(dialog, "settingsSaveButton")
    assert saved == [form]


def test_arrows_change_the_limit_by_a_hundred(dialog: SettingsDialog) -> None:
    spin = dialog.findChild(AmountSpin, "dailyCapSpin")
    assert spin is not None
    shown = [spin.text()]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(spin, key)
        shown.append(spin.text())
    assert shown == ["", "", "100", "200", "100", ""]
    spin.lineEdit().setText("much")
    QTest.keyClick(spin, Qt.Key.Key_Up)
    assert spin.text() == "much"


def test_a_folder_can_be_chosen(dialog: SettingsDialog) -> None:
    button = dialog.findChild(QPushButton, "libraryFolderButton")
    assert button is not None
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Return)
    files = dialog.findChild(QFileDialog)
    assert files is not None and dialog.isVisible(), "Return presses what has the focus, not Save"
    files.fileSelected.emit("/elsewhere")
    files.close()
    assert line(dialog, "libraryFolderEdit").text() == "/elsewhere"


def test_escape_leaves_without_saving(dialog: SettingsDialog, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(dialog.saved):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_long_error_does_not_squeeze_the_controls(dialog: SettingsDialog, qtbot: QtBot) -> None:
    spin = dialog.findChild(QSpinBox, "jobsAtOnceSpin")
    theme = dialog.findChild(QWidget, "themeChoice")
    assert spin is not None and theme is not None
    before = spin.height(), theme.height()
    dialog.show_error("The library folder cannot be written. " * 8)
    error = dialog.findChild(QLabel, "settingsTrouble")
    assert error is not None
    qtbot.waitUntil(lambda: error.height() >= error.heightForWidth(error.width()) > 40)
    assert (spin.height(), theme.height()) == before


def test_the_result_of_a_test_does_not_cover_the_list_of_services(qtbot: QtBot, theme: AppTheme) -> None:
    theme.apply_stylesheet()
    dialog = SettingsDialog(theme, FORM)
    qtbot.addWidget(dialog)
    dialog.show_services()
    names = [f"Engine {number}" for number in range(12)]
    lines = [ServiceLine(name, name, "http://gpu/v1", Tone.OK, "Online", "", False, True, True, True) for name in names]
    dialog.services.show_lines(lines)
    dialog.open()
    found = ExaminationLine("It has a model with a name so long that the line of the result breaks. " * 2, Tone.OK, "x")
    dialog.services.show_result("Engine 0", [found] * 7)
    rows, add = dialog.findChild(QListWidget, "serviceList"), dialog.findChild(QPushButton, "serviceAddButton")
    assert rows is not None and add is not None

    def stands_apart() -> bool:
        return rows.geometry().bottom() < add.geometry().top() and rows.height() >= 96

    qtbot.waitUntil(stands_apart)
