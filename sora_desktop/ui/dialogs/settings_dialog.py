"""The settings dialog."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.domain.amounts import NotAnAmount
from sora_desktop.state.settings_form import SettingsForm
from sora_desktop.ui.app_theme import THEMES
from sora_desktop.ui.dialogs.fields import add_field, button, error_label, line_edit, note
from sora_desktop.ui.dialogs.services_page import ServicesPage
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.amount_spin import AmountSpin
from sora_desktop.ui.widgets.check_box import CheckBox
from sora_desktop.ui.widgets.drop_down import DropDown
from sora_desktop.ui.widgets.step_spin import StepSpin

_FRAME = 48  # pixels that the frame of the window takes from the height of the screen


class SettingsDialog(QDialog):
    """Edits the settings. Save emits them; the dialog stays open until its owner calls `accept` or `show_error`.

    The fields of the first service are on the first page. On the second one, all services are listed.
    """

    saved = Signal(object, str)  # SettingsForm, and a new API key; "" keeps the stored one
    key_forgotten = Signal()

    def __init__(self, theme: Theme, form: SettingsForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self.setObjectName("settingsDialog")
        self.setWindowTitle("Settings")
        self.setMinimumWidth(600)

        self._key = line_edit("apiKeyEdit", "API key", "")
        self._key.setEchoMode(QLineEdit.EchoMode.Password)
        self._key.setPlaceholderText("A key is stored. Enter another to replace it." if form.has_key else "sk_…")
        self._forget = button("keyForgetButton", "Remove")
        self._forget.setAccessibleName("Remove stored key")
        self._forget.setToolTip("Remove the stored key. The sandbox is used from then on")
        self._forget.setVisible(form.has_key)
        self._forget.clicked.connect(lambda _: self.key_forgotten.emit())
        self._in_file = CheckBox("If this system has no keyring, store the key in a file that only I can read")
        self._in_file.setObjectName("keyInFileCheck")
        self._base_url = line_edit("baseUrlEdit", "Base URL", form.base_url)
        self._folder = line_edit("libraryFolderEdit", "Library folder", form.clips_folder)
        choose = button("libraryFolderButton", "Choose…")
        choose.setAccessibleName("Choose library folder")
        choose.clicked.connect(self._choose_folder)
        self._jobs = StepSpin(theme, "jobsAtOnceSpin", "Jobs at once", 1, 10)
        self._jobs.setValue(form.jobs_at_once)
        self._limit = AmountSpin(
            theme, "dailyCapSpin", "Daily spending limit; empty for no limit", empty_text="No limit", step=100
        )
        self._limit.set_value(form.spending_limit)
        self._limit.setToolTip("The queue stops for the day once this amount is spent")
        self._theme_name = form.theme if form.theme in THEMES else "system"
        self._theme_choice = DropDown(theme, "themeChoice", "Theme", height=38)
        self._theme_choice.chosen.connect(self._show_theme)
        self._show_theme(self._theme_name)
        self._notify = CheckBox("Tell me on the desktop when a clip is ready and this window is not in front")
        self._notify.setObjectName("notifyCheck")
        self._notify.setChecked(form.notify)
        self.services = ServicesPage(theme)
        self._tabs = QTabBar()
        self._tabs.setObjectName("settingsTabs")
        self._tabs.setAccessibleName("Pages")
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        for title in ("General", "Services"):
            self._tabs.addTab(title)
        self._error = error_label("settingsTrouble")
        self.save_button = QPushButton("Save")
        self.save_button.setObjectName("settingsSaveButton")
        self.save_button.setProperty("kind", "strong")
        self.save_button.setDefault(True)
        self.save_button.clicked.connect(self._save)
        cancel = button("settingsCancelButton", "Cancel")
        cancel.clicked.connect(self.reject)

        key_row = QHBoxLayout()
        key_row.setSpacing(8)
        key_row.addWidget(self._key, 1)
        key_row.addWidget(self._forget)
        folder_row = QHBoxLayout()
        folder_row.setSpacing(8)
        folder_row.addWidget(self._folder, 1)
        folder_row.addWidget(choose)
        pair = QHBoxLayout()
        pair.setSpacing(16)
        jobs_column = QVBoxLayout()
        add_field(jobs_column, "Jobs at once", self._jobs)
        limit_column = QVBoxLayout()
        add_field(limit_column, "Daily spending limit", self._limit)
        theme_column = QVBoxLayout()
        add_field(theme_column, "Theme", self._theme_choice)
        for place, share in ((jobs_column, 2), (limit_column, 3), (theme_column, 5)):
            place.setSpacing(6)
            place.addStretch(1)
            pair.addLayout(place, share)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.save_button)

        general = QWidget()
        column = QVBoxLayout(general)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        add_field(column, "API key", key_row)
        where = "Stored in the system keyring. Without a key, the sandbox on this machine is used."
        column.addWidget(note("keyNote", self._form.key_override or where))
        column.addWidget(self._in_file)
        column.addSpacing(8)
        add_field(column, "Base URL", self._base_url)
        if self._form.base_url_override:
            column.addWidget(note("baseUrlNote", self._form.base_url_override))
        column.addSpacing(8)
        add_field(column, "Library folder", folder_row)
        column.addSpacing(8)
        column.addLayout(pair)
        column.addSpacing(8)
        column.addWidget(self._notify)
        column.addSpacing(8)
        column.addWidget(self._error)
        column.addStretch(1)
        self._pages = QStackedWidget()
        self._pages.addWidget(general)
        self._pages.addWidget(self.services)
        self._tabs.currentChanged.connect(self._pages.setCurrentIndex)
        self.services.grown.connect(self._fit)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 16, 24, 20)
        outer.setSpacing(12)
        outer.addWidget(self._tabs)
        outer.addWidget(self._pages, 1)
        outer.addLayout(buttons)
        self._key.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_services(self) -> None:
        """Show the page with the services."""
        self._tabs.setCurrentIndex(1)

    def focus_limit(self) -> None:
        """Put the cursor into the daily spending limit."""
        self._limit.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_error(self, sentence: str) -> None:
        """Show why the settings were not saved, and enable Save again."""
        if sentence:
            self._tabs.setCurrentIndex(0)
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))
        self.save_button.setEnabled(True)
        if sentence:
            self._fit()

    def _fit(self) -> None:
        """Grow with the content, as far as the screen has room."""
        layout = self.layout()
        if layout is not None and self.isVisible():
            layout.activate()
            room = self.screen().availableGeometry().height() - _FRAME
            self.resize(self.width(), max(self.height(), min(layout.totalHeightForWidth(self.width()), room)))

    def _save(self) -> None:
        try:
            limit = self._limit.value()
        except NotAnAmount as error:
            self.show_error(f"Daily spending limit: {error}")
            return
        self.show_error("")
        self.save_button.setEnabled(False)  # until the owner answers: storing a key may take seconds
        self.saved.emit(
            replace(
                self._form,
                base_url=self._base_url.text().strip(),
                clips_folder=self._folder.text().strip(),
                jobs_at_once=self._jobs.value(),
                theme=self._theme_name,
                notify=self._notify.isChecked(),
                has_key=self._form.has_key or bool(self._key.text().strip()),
                key_in_file=self._in_file.isChecked(),
                spending_limit=limit,
            ),
            self._key.text().strip(),
        )

    def _show_theme(self, name: str) -> None:
        self._theme_name = name
        self._theme_choice.show_choices(tuple(THEMES.items()), name, has_shapes=False)

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, "Choose library folder", self._folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._folder.setText)
        dialog.open()
