"""The dialog for one service: add it, change it, test it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.domain.amounts import NotAnAmount
from sora_desktop.state.service_form import (
    Dialect,
    ExaminationLine,
    ServiceField,
    ServiceForm,
    plain_http_hosts,
    urls_in,
)
from sora_desktop.ui.dialogs.examination_view import ExaminationView
from sora_desktop.ui.dialogs.fields import add_field, button, error_label, line_edit, note
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.amount_spin import AmountSpin
from sora_desktop.ui.widgets.check_box import CheckBox
from sora_desktop.ui.widgets.choice_row import ChoiceRow
from sora_desktop.ui.widgets.drop_down import DropDown, DropDownOption
from sora_desktop.ui.widgets.step_spin import StepSpin

_FOUND = "Detected automatically"
_MOST_JOBS = 100
_URL_LINES = 3


class ServiceDialog(QDialog):
    """Edits one service. Save and Test emit what was entered; the owner calls `accept`, or shows what is wrong."""

    saved = Signal(object, str)  # ServiceForm, and a new API key; "" keeps the stored one
    test_requested = Signal(object, str)  # the same
    test_cancelled = Signal()
    key_forgotten = Signal()  # at once, whether the dialog is saved or not

    def __init__(
        self, theme: Theme, form: ServiceForm, dialects: Sequence[Dialect], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._form = form
        self._dialects = {dialect.value: dialect for dialect in dialects}
        self._is_testing = False
        self.setObjectName("serviceDialog")
        self.setWindowTitle("Add a service" if form.is_new else f"Service “{form.name}”")
        self.setMinimumWidth(600)

        self._name = line_edit(ServiceField.NAME, "Name", form.name)
        self._name.setPlaceholderText("Studio cluster")
        if not form.is_new:
            self._name.setReadOnly(True)
            self._name.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._name.setToolTip("The name is stored with each video, and stays")
        self._dialect = ChoiceRow("serviceDialect", "Protocol", [(one.value, one.label) for one in dialects])
        self._dialect.select(form.dialect)
        self._urls = QPlainTextEdit("\n".join(form.urls))
        self._urls.setObjectName(ServiceField.URLS)
        self._urls.setAccessibleName("Addresses, one per line")
        self._urls.setTabChangesFocus(True)
        self._urls.setFixedHeight(_URL_LINES * self._urls.fontMetrics().lineSpacing() + 20)
        self._url_note = note("serviceUrlsNote", "")
        self._profile = DropDown(theme, "serviceProfile", "Kind of server", height=38)
        self._profile_value = form.profile
        self._jobs = StepSpin(theme, "serviceJobsSpin", "Jobs at once", 1, _MOST_JOBS)
        self._jobs.setValue(form.jobs_at_once)
        self._limit = AmountSpin(
            theme, ServiceField.LIMIT, "Daily spending limit; empty for no limit", empty_text="No limit", step=100
        )
        self._limit.set_value(form.spending_limit)
        self._key = line_edit(ServiceField.KEY, "API key", "")
        self._key.setEchoMode(QLineEdit.EchoMode.Password)
        self._forget = button("serviceKeyForgetButton", "Remove")
        self._forget.setAccessibleName("Remove stored key")
        self._forget.setToolTip("Remove the stored key now. The service is used without one from then on")
        self._variable = line_edit(ServiceField.KEY_VARIABLE, "Environment variable with the key", form.key_variable)
        self._variable.setPlaceholderText("STUDIO_API_KEY")
        self._in_file = CheckBox("If this system has no keyring, store the key in a file that only I can read")
        self._in_file.setObjectName("serviceKeyInFileCheck")
        self._allow_plain = CheckBox()
        self._allow_plain.setObjectName("serviceAllowPlainHttpCheck")
        self._allow_plain.setChecked(bool(form.plain_http_host))
        self._errors = {field: error_label(f"{field}:problem") for field in ServiceField}
        self._error = error_label("serviceProblem")
        self._result = ExaminationView(theme)
        self._test_state = note("serviceTestState", "")
        self._test_state.hide()
        self.test_button = button("serviceTestButton", "Test")
        self.save_button = button("serviceSaveButton", "Add" if form.is_new else "Save")
        self.save_button.setProperty("kind", "strong")
        self.save_button.setDefault(True)
        cancel = button("serviceCancelButton", "Cancel")

        self._arrange(cancel)
        self._dialect.chosen.connect(lambda _: self._show_dialect())
        self._profile.chosen.connect(self._choose_profile)
        self._profile.chosen.connect(lambda _: self._drop_result())
        self._dialect.chosen.connect(lambda _: self._drop_result())
        self._allow_plain.toggled.connect(lambda _: self._drop_result())
        for entry in (self._urls, self._key, self._variable):
            entry.textChanged.connect(self._drop_result)
        self._forget.clicked.connect(lambda _: self.key_forgotten.emit())
        self._urls.textChanged.connect(self._show_plain_http)
        self._key.textChanged.connect(lambda _: self._show_plain_http())
        self._variable.textChanged.connect(lambda _: self._show_plain_http())
        self.save_button.clicked.connect(lambda _: self._save())
        self.test_button.clicked.connect(lambda _: self._test())
        cancel.clicked.connect(self.reject)
        self.finished.connect(lambda _: self._stop_test())
        self._show_dialect(keeps_jobs=True)
        (self._name if form.is_new else self._urls).setFocus(Qt.FocusReason.OtherFocusReason)

    def show_problems(self, problems: Mapping[ServiceField, str]) -> None:
        """Show what is wrong at each field, and put the focus on the first one. Save can be pressed again."""
        for field, label in self._errors.items():
            label.setText(problems.get(field, ""))
            label.setVisible(field in problems)
        first = next((field for field in ServiceField if field in problems), None)
        if first is not None:
            part = self.findChild(QWidget, str(first))
            assert isinstance(part, QWidget)
            part.setFocus(Qt.FocusReason.OtherFocusReason)
        self.show_error("")

    def show_error(self, sentence: str) -> None:
        """Show why the service was not saved, and enable Save again."""
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))
        self.save_button.setEnabled(True)
        self._fit()

    def show_without_key(self) -> None:
        """The stored key was removed."""
        self._form = replace(self._form, has_key=False)
        self._show_dialect(keeps_jobs=True)
        self._key.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_testing(self) -> None:
        """The test has begun: the button cancels it."""
        self._is_testing = True
        self.show_problems({})
        self._result.show_lines(())
        self._test_state.setText("Asking the service what it can do…")
        self._test_state.show()
        self.test_button.setText("Cancel test")
        self._fit()

    def show_result(self, lines: Sequence[ExaminationLine]) -> None:
        """Show what the test has found so far or, once it has ended, at all."""
        self._result.show_lines(lines)
        self._fit()

    def end_test(self, sentence: str = "") -> None:
        """The test has ended. `sentence`: why it has no result."""
        self._is_testing = False
        self._test_state.setText(sentence)
        self._test_state.setVisible(bool(sentence))
        self.test_button.setText("Test")
        self._fit()

    def sizeHint(self) -> QSize:
        layout = self.layout()
        hint = super().sizeHint()
        return hint if layout is None else QSize(hint.width(), layout.totalHeightForWidth(hint.width()))

    @property
    def _chosen(self) -> Dialect:
        return self._dialects.get(self._dialect.value) or next(iter(self._dialects.values()))

    def _arrange(self, cancel: QWidget) -> None:
        content = QWidget()
        content.setObjectName("scrolled")
        column = QVBoxLayout(content)
        column.setContentsMargins(24, 20, 24, 12)
        column.setSpacing(6)

        def field(title: str, control: QWidget, *below: QWidget) -> QLabel:
            label = add_field(column, title, control)
            for part in below:
                column.addWidget(part)
            column.addSpacing(8)
            return label

        field("Name", self._name, self._errors[ServiceField.NAME])
        field("Protocol", self._dialect)
        self._urls_title = field(
            "Addresses", self._urls, self._url_note, self._errors[ServiceField.URLS], self._allow_plain
        )
        pair = QHBoxLayout()
        pair.setSpacing(16)
        self._profile_part, self._limit_part = QWidget(), QWidget()
        titles: list[QLabel] = []
        for part, title, control, share in (
            (self._profile_part, "Kind of server", self._profile, 3),
            (QWidget(), "Jobs at once", self._jobs, 2),
            (self._limit_part, "Daily spending limit", self._limit, 3),
        ):
            inner = QVBoxLayout(part)
            inner.setContentsMargins(0, 0, 0, 0)
            inner.setSpacing(6)
            titles.append(add_field(inner, title, control))
            inner.addStretch(1)
            pair.addWidget(part, share)
        self._jobs_title = titles[1]
        column.addLayout(pair)
        column.addWidget(self._errors[ServiceField.LIMIT])
        column.addSpacing(8)
        keys = QHBoxLayout()
        keys.setSpacing(16)
        stored = QHBoxLayout()
        stored.setSpacing(8)
        stored.addWidget(self._key, 1)
        stored.addWidget(self._forget)
        for title, key_field in (("API key", stored), ("or the environment variable that has it", self._variable)):
            inner = QVBoxLayout()
            inner.setSpacing(6)
            add_field(inner, title, key_field)
            keys.addLayout(inner, 1)
        column.addLayout(keys)
        self._key_note = note("serviceKeyNote", "")
        column.addWidget(self._key_note)
        for key_error in (ServiceField.KEY, ServiceField.KEY_VARIABLE):
            column.addWidget(self._errors[key_error])
        column.addWidget(self._in_file)
        column.addSpacing(4)
        column.addWidget(self._test_state)
        column.addWidget(self._result)
        column.addWidget(self._error)
        column.addStretch(1)

        self._scroll = QScrollArea()
        self._scroll.setObjectName("serviceScroll")
        self._scroll.setWidget(content)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(24, 8, 24, 20)
        buttons.setSpacing(8)
        buttons.addWidget(self.test_button)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.save_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._scroll, 1)
        outer.addLayout(buttons)
        self._content = content

    def _show_dialect(self, *, keeps_jobs: bool = False) -> None:
        """Show the fields that a service of the chosen protocol has."""
        dialect = self._chosen
        self._dialect.select(dialect.value)
        self._urls.setPlaceholderText(dialect.url_example)
        self._urls_title.setText("Addresses" if dialect.has_places else "Address")
        self._jobs_title.setText("Jobs at once at each address" if dialect.has_places else "Jobs at once")
        self._url_note.setText(
            "One per line. Several are several engines without a common memory: each job stays with the one it was "
            "sent to. An engine that spreads over several GPUs has one address."
        )
        self._url_note.setVisible(dialect.has_places)
        self._profile_part.setVisible(bool(dialect.profiles))
        self._choose_profile(self._profile_value)
        self._limit_part.setVisible(dialect.bills)
        if not keeps_jobs:
            self._jobs.setValue(dialect.jobs_at_once)
        self._forget.setVisible(self._form.has_key)
        stored = "A key is stored"
        self._key.setPlaceholderText(
            stored if self._form.has_key else "" if dialect.needs_key else "If the engine asks for one"
        )
        without = "" if dialect.needs_key else " Leave both empty for an engine without a key."
        self._key_note.setText(f"The key is stored in the system keyring, and sent to no other host.{without}")
        self._show_plain_http()

    def _choose_profile(self, value: str) -> None:
        options = [DropDownOption("", _FOUND), *(DropDownOption(*option) for option in self._chosen.profiles)]
        self._profile_value = value if value in [option.value for option in options] else ""
        self._profile.show_options(options, self._profile_value)

    def _show_plain_http(self) -> None:
        """Offer to send the key without encryption, where that is what the addresses would need."""
        hosts = plain_http_hosts(urls_in(self._urls.toPlainText())) if self._sends_key else ()
        self._allow_plain.setVisible(len(hosts) == 1)
        host = hosts[0] if hosts else ""
        self._allow_plain.setText(f"Send the key to {host} without encryption: anyone in that network can read it")
        self._fit()

    @property
    def _sends_key(self) -> bool:
        return bool(self._form.has_key or self._key.text().strip() or self._variable.text().strip())

    def _entered(self) -> ServiceForm | None:
        """The form as it was filled in; None if a field cannot be read, which is shown."""
        dialect = self._chosen
        try:
            limit = self._limit.value() if dialect.bills else None
        except NotAnAmount as error:
            self.show_problems({ServiceField.LIMIT: str(error)})
            return None
        urls = urls_in(self._urls.toPlainText())
        hosts = plain_http_hosts(urls)
        allows = len(hosts) == 1 and not self._allow_plain.isHidden() and self._allow_plain.isChecked()
        return replace(
            self._form,
            name=" ".join(self._name.text().split()),
            dialect=dialect.value,
            urls=urls,
            profile=self._profile_value,
            key_variable=self._variable.text().strip(),
            jobs_at_once=self._jobs.value(),
            spending_limit=limit,
            plain_http_host=hosts[0] if allows else "",
            key_in_file=self._in_file.isChecked(),
        )

    def _save(self) -> None:
        form = self._entered()
        if form is not None:
            self.save_button.setEnabled(False)  # until the owner answers: storing a key may take seconds
            self.saved.emit(form, self._key.text().strip())

    def _test(self) -> None:
        if self._is_testing:
            self._stop_test()
            self.end_test("The test was cancelled.")
        elif (form := self._entered()) is not None:
            self.test_requested.emit(form, self._key.text().strip())

    def _stop_test(self) -> None:
        if self._is_testing:
            self.test_cancelled.emit()

    def _drop_result(self) -> None:
        """What a test has found does not hold for other entries."""
        self._stop_test()
        self._result.show_lines(())
        self.end_test()

    def _fit(self) -> None:
        """Grow with the content, as far as the screen has room."""
        layout = self._content.layout()
        if layout is None:
            return
        layout.activate()
        wanted = layout.totalHeightForWidth(self.width()) + 72
        room = self.screen().availableGeometry().height() - 80
        self.resize(self.width(), max(self.height(), min(wanted, room)))
