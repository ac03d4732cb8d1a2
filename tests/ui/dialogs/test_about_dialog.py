"""The about box: facts that can be copied, folders that can be opened."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from sora_desktop.ui.dialogs.about_dialog import AboutDialog, NamedFolder
from sora_desktop.ui.theme import Theme


def test_the_about_box_says_version_license_and_where_data_is(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    clips = tmp_path / "<b>clips & more</b>"
    about = AboutDialog("9.9", (NamedFolder("data", "Data", tmp_path), NamedFolder("clips", "Clips", clips)))
    qtbot.addWidget(about)
    about.show()
    texts = {label.objectName(): label for label in about.findChildren(QLabel)}
    assert texts["aboutVersion"].text() == "Sora Desktop 9.9" and "MIT" in texts["aboutLicense"].text()
    for name in ("aboutVersion", "aboutLicense"):
        assert texts[name].textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard
    path = about.findChild(QLineEdit, "aboutPath:clips")
    assert isinstance(path, QLineEdit) and path.text() == str(clips) and path.isReadOnly()
    opened: list[Path] = []
    about.folder_requested.connect(opened.append)
    button = about.findChild(QPushButton, "aboutOpen:clips")
    assert isinstance(button, QPushButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert opened == [clips]
