"""The compose panel: the form in which the user writes a request."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.domain.capabilities import SEED, Capabilities
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.compose_view import ComposeView
from sora_desktop.state.service_menu import ServiceRow
from sora_desktop.ui.actions.action_list import new_action
from sora_desktop.ui.compose.generate_button import GenerateButton
from sora_desktop.ui.compose.image_drop import ImageDrop
from sora_desktop.ui.compose.image_offer import ImageOffer
from sora_desktop.ui.compose.option_fields import OptionFields
from sora_desktop.ui.compose.prompt_edit import GrowingEdit, TallPromptEdit
from sora_desktop.ui.compose.titled import small_label, titled
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.step_spin import StepSpin

if TYPE_CHECKING:
    from sora_desktop.ui.compose.service_menu import ServiceMenu

#: The prompt takes the free space first, against 1 for the space below the form.
_PROMPT_STRETCH = 1000


class ComposePanel(QFrame):
    """Renders a ComposeView and emits what the user changes. Makes no decisions."""

    request_edited = Signal(VideoRequest)  # the request last shown, with one field changed; never its image
    takes_edited = Signal(int)
    image_offered = Signal(ImageOffer)
    jobs_dropped = Signal(object)  # tuple[JobId, ...]: rows of the list, for their requests
    image_refused = Signal(str)  # why, before anything was read
    image_removed = Signal()
    submit_requested = Signal()
    shown_requested = Signal()  # the user submits while this panel, and with it the price, is not in view
    discard_edit_requested = Signal()
    seed_rolled = Signal()
    seed_lock_toggled = Signal(bool)
    service_chosen = Signal(str)  # its name
    add_service_requested = Signal()

    def __init__(self, theme: Theme, capabilities: Capabilities) -> None:
        super().__init__()
        self.setObjectName("composePanel")
        self.setAccessibleName("Compose")
        self.setProperty("ground", "panel")
        self.setMinimumWidth(300)
        self.setMaximumWidth(560)
        self._theme = theme
        self._request = VideoRequest()  # as shown, with every edit since

        self._prompt = TallPromptEdit("promptEdit", "Prompt", "Describe the video: subject, movement, light")
        self._counter = small_label("", "promptCounter")
        avoided = "Negative prompt: what to avoid"
        self._negative = GrowingEdit("negativePromptEdit", avoided, avoided)
        self._image = ImageDrop(theme)
        self.setAcceptDrops(True)
        self._options = OptionFields(theme)
        self._options.show_request(self._request, capabilities, seed_locked=False)
        #: The menu of services, made when there is a choice.
        self._service: ServiceMenu | None = None
        self._service_rows: tuple[ServiceRow, ...] = ()
        self._next_video_text = ""
        self._hint = QLabel()
        self._hint.setObjectName("composeHint")
        self._hint.setAccessibleName("Fix before submitting")
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setWordWrap(True)
        self._hint.setProperty("fontSize", "small")
        self._hint.hide()
        self._edit_label = small_label("Editing a queued video.", "editWords")
        self._edit_label.setWordWrap(True)
        self._discard_edit = QPushButton("Discard changes")
        self._discard_edit.setObjectName("editLeaveButton")
        self._discard_edit.setAccessibleName("Discard changes to the queued video")
        self._discard_edit.setProperty("kind", "link")
        self._discard_edit.setAutoDefault(False)
        self._edit_row = QWidget()
        self._edit_row.hide()
        self._takes = StepSpin(theme, "takesSpin", "Number of takes", 1, capabilities.takes_limit)
        self._takes.setPrefix("× ")
        self._takes.setFixedWidth(96)
        self._takes.setToolTip("Number of videos from the same request")

        #: The window adds both actions to a menu, so that their shortcuts also work while this panel is hidden.
        self.generate_action = new_action("form.generate", self)
        self.generate_action.setAutoRepeat(False)  # a key held down would buy one video after another
        self.addAction(self.generate_action)
        self._generate = GenerateButton(theme, self.generate_action)
        self.open_image_action = new_action("form.open_image", self)
        self.remove_image_action = new_action("form.remove_image", self)
        self.new_seed_action = new_action("form.new_seed", self)
        self.discard_edit_action = new_action("form.discard_edit", self)

        self._build_layout()
        self._connect()

    def render_view(self, view: ComposeView) -> None:
        """Show the view. Emits no signal."""
        request = self._request = view.request
        self._prompt.show_text(request.prompt)
        self._negative.show_text(request.negative_prompt)
        self._counter.setText(view.counter)
        set_property(self._counter, "tone", "error" if view.over_limit else "muted")
        self._show_content_parts(view)
        self._options.show_request(request, view.capabilities, seed_locked=view.seed_locked)
        self._show_services(view.services)
        self._edit_row.setVisible(view.editing)
        self.discard_edit_action.setEnabled(view.editing)
        self.remove_image_action.setEnabled(request.image is not None)
        model = view.capabilities.model(request.model)
        self.new_seed_action.setEnabled(model is not None and model.number(SEED) is not None)
        self._takes.setEnabled(not view.editing)
        with QSignalBlocker(self._takes):
            self._takes.setMaximum(view.capabilities.takes_limit)
            self._takes.setValue(view.takes)
        hint = "\n".join(message for message in (view.image_error, view.hint) if message)
        self._hint.setText(hint)
        self._hint.setAccessibleName(f"Fix before submitting: {hint}" if hint else "Fix before submitting")
        self._hint.setVisible(bool(hint))
        set_property(self._hint, "tone", "warn" if view.can_submit and not view.image_error else "error")
        self._generate.show_content(view.button_text, view.price_text, dimmed=not view.can_submit)
        price = f" ({view.price_text})" if view.price_text else ""
        self._next_video_text = " · ".join(filter(None, (f"with {model.label}" if model else "", view.price_text)))
        self.generate_action.setText(f"{view.button_text}{price}")

    def _show_content_parts(self, view: ComposeView) -> None:
        """Negative prompt and image: shown if the model takes them, and while they have to be removed."""
        request, model = view.request, view.capabilities.model(view.request.model)
        self._image.show_image(request.image)
        self._image.show_note("May be cut or stretched" if view.image_note else "", view.image_note)
        self._negative_part.setVisible(model is None or model.takes_negative_prompt or bool(request.negative_prompt))
        self._image_part.setVisible(model is None or model.takes_image or request.image is not None)
        needed = model is not None and model.needs_image
        self._image_need.setText("required" if needed else "optional")
        self._image.setAccessibleName(f"Reference image, {self._image_need.text()}")

    def _show_services(self, rows: tuple[ServiceRow, ...]) -> None:
        self._service_rows = rows
        if self._service is None and rows:
            from sora_desktop.ui.compose.service_menu import ServiceMenu  # late: a start without engines needs none

            self._service = ServiceMenu(self._theme)
            self._service.service_chosen.connect(self.service_chosen)
            self._service.add_requested.connect(self.add_service_requested)
            self._form.insertWidget(0, self._service)
            self._set_tab_order()
        if self._service is not None:
            self._service.render_rows(rows)

    # What misses the drop area by a little is meant for it.

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._image.dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._image.dragMoveEvent(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._image.dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._image.dropEvent(event)

    @property
    def actions_to_list(self) -> list[QAction]:
        """Every action of the form."""
        return [
            self.generate_action,
            self.open_image_action,
            self.remove_image_action,
            self.new_seed_action,
            self.discard_edit_action,
        ]

    @property
    def next_video_text(self) -> str:
        """What the next video will be made with and cost, such as "with Sora 2 · 100 credits"."""
        return self._next_video_text

    @property
    def service_label(self) -> str:
        """The label of the current service; empty if there is no choice."""
        return next((row.label for row in self._service_rows if row.is_current), "")

    def service_options(self) -> list[QAction]:
        """An action for each service to choose from; none if there is no choice."""
        return [self._service_option(row) for row in self._service_rows]

    def open_service_menu(self) -> None:
        """Open the list of services, if there is a choice."""
        if self._service is not None and self._service_rows:
            self._service.button.setFocus(Qt.FocusReason.OtherFocusReason)
            self._service.button.open_list()

    def _service_option(self, row: ServiceRow) -> QAction:
        option = QAction(row.label, self)
        option.setStatusTip(row.detail)
        option.setCheckable(True)
        option.setChecked(row.is_current)
        option.triggered.connect(lambda _: self.service_chosen.emit(row.name))
        return option

    def choose_image(self) -> None:
        """Open the file dialog for a reference image."""
        self._image.choose()

    def focus_prompt(self) -> None:
        """Move the keyboard focus to the prompt."""
        self._prompt.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._prompt.fit_panel(event.size().height())

    def _build_layout(self) -> None:
        form = QWidget()
        form.setObjectName("scrolled")
        self._form = column = QVBoxLayout(form)
        column.setContentsMargins(16, 17, 16, 8)
        column.setSpacing(0)
        column.addWidget(titled("Prompt", self._prompt, aside=self._counter), _PROMPT_STRETCH)
        self._negative_part = titled("", self._negative)
        self._image_need = small_label("optional")
        self._image_part = titled("Reference image", self._image, aside=self._image_need)
        for part in (self._negative_part, self._image_part, self._options):
            part.setContentsMargins(0, 14, 0, 0)
            column.addWidget(part)
        column.addStretch(1)

        self._scroll = scroll = QScrollArea()
        scroll.setViewport(QWidget())  # returning Qt's default viewport would make PySide import many widget types
        scroll.setWidget(form)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

        submit = QHBoxLayout()
        submit.setSpacing(12)
        submit.addWidget(self._takes)
        submit.addWidget(self._generate, 1)
        footer = QVBoxLayout()
        footer.setContentsMargins(16, 8, 16, 16)
        footer.setSpacing(8)
        edit = QHBoxLayout(self._edit_row)
        edit.setContentsMargins(0, 0, 0, 0)
        edit.addWidget(self._edit_label, 1)
        edit.addWidget(self._discard_edit)
        footer.addWidget(self._edit_row)
        footer.addWidget(self._hint)
        footer.addLayout(submit)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scroll, 1)
        layout.addLayout(footer)

        self._set_tab_order()

    @property
    def last_tab_stop(self) -> QWidget:
        return self._generate

    def _set_tab_order(self) -> None:
        order: list[QWidget] = [
            *([self._service.button] if self._service is not None else ()),
            self._prompt,
            self._negative,
            self._image,
            self._image.replace_button,
            self._image.remove_button,
            *self._options.tab_stops,
            self._discard_edit,
            self._takes,
            self._generate,
        ]
        for earlier, later in pairwise(order):
            QWidget.setTabOrder(earlier, later)

    def _connect(self) -> None:
        self._prompt.edited.connect(lambda text: self._edit(prompt=text))
        self._negative.edited.connect(lambda text: self._edit(negative_prompt=text))
        self._options.edited.connect(lambda changes: self._edit(**changes))
        self._options.seed_rolled.connect(self.new_seed_action.trigger)
        self._options.seed_lock_toggled.connect(self.seed_lock_toggled)
        self._options.parts_changed.connect(self._set_tab_order)
        self._takes.valueChanged.connect(self.takes_edited)
        self._prompt.image_offered.connect(self._image.offer)
        self._negative.image_offered.connect(self._image.offer)
        self._image.offered.connect(self.image_offered)
        self._image.jobs_offered.connect(self.jobs_dropped)
        self._image.refused.connect(self.image_refused)
        self._image.removed.connect(self.remove_image_action.trigger)
        bind_button(self._image.remove_button, self.remove_image_action)
        bind_button(self._image.replace_button, self.open_image_action)
        bind_button(self._generate, self.generate_action)
        self.generate_action.triggered.connect(lambda _: self._submit())
        self.open_image_action.triggered.connect(lambda _: self.choose_image())
        self.remove_image_action.triggered.connect(lambda _: self.image_removed.emit())
        self.new_seed_action.triggered.connect(lambda _: self.seed_rolled.emit())
        self.discard_edit_action.triggered.connect(lambda _: self.discard_edit_requested.emit())
        bind_button(self._discard_edit, self.discard_edit_action)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._scroll_to_focus)

    def _scroll_to_focus(self, _: QWidget | None, focused: QWidget | None) -> None:
        """Qt scrolls to a field only if Tab came from another one of the form."""
        if focused is not None and self._scroll.isAncestorOf(focused):
            self._scroll.ensureWidgetVisible(focused)

    def _submit(self) -> None:
        (self.submit_requested if self.isVisible() else self.shown_requested).emit()

    def _edit(self, **changes: Any) -> None:
        """Change one field of the request.

        The other widgets are not read: a text field replaces no-break spaces of the request by plain ones.
        """
        self._request = replace(self._request, **changes)
        self.request_edited.emit(self._request)
