"""The compose panel: the form in which the user writes a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.domain.capabilities import SEED, Capabilities, Choice, ModelCapabilities
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.compose_view import ComposeView
from sora_desktop.ui.compose.generate_button import GenerateButton
from sora_desktop.ui.compose.image_drop import ImageDrop
from sora_desktop.ui.compose.image_offer import ImageOffer
from sora_desktop.ui.compose.prompt_edit import GrowingEdit, TallPromptEdit
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.choice_row import ChoiceRow
from sora_desktop.ui.widgets.step_spin import StepSpin

#: Value of the seed's field while the service chooses the seed.
_NO_SEED = -1
#: The prompt takes the free space first, against 1 for the space below the form.
_PROMPT_STRETCH = 1000


class ComposePanel(QFrame):
    """Renders a ComposeView and emits what the user changes. Makes no decisions."""

    request_edited = Signal(VideoRequest)  # the request last shown, with one field changed; never its image
    takes_edited = Signal(int)
    image_offered = Signal(ImageOffer)
    image_refused = Signal(str)  # why, before anything was read
    image_removed = Signal()
    submit_requested = Signal()
    shown_requested = Signal()  # the user submits while this panel, and with it the price, is not in view
    discard_edit_requested = Signal()

    def __init__(self, theme: Theme, capabilities: Capabilities) -> None:
        super().__init__()
        self.setObjectName("composePanel")
        self.setAccessibleName("Compose")
        self.setProperty("ground", "panel")
        self.setMinimumWidth(300)
        self.setMaximumWidth(560)
        self._theme = theme
        self._request = VideoRequest()  # as shown, with every edit since
        self._capabilities = capabilities
        self._offered_model = ""  # the model whose choices are shown; empty: those of all models

        self._prompt = TallPromptEdit("promptEdit", "Prompt")
        self._prompt.setPlaceholderText("Describe the video: subject, movement, light")
        self._counter = _small("", "promptCounter")
        self._negative = GrowingEdit("negativePromptEdit", "Negative prompt: what to avoid")
        self._negative.setPlaceholderText("Negative prompt: what to avoid")
        self._image = ImageDrop(theme)
        self.setAcceptDrops(True)
        self._model = ChoiceRow("modelChoice", "Model", [(model.name, model.label) for model in capabilities.models])
        self._aspect = ChoiceRow("aspectRatioChoice", "Aspect ratio", _options(capabilities.aspect_ratios))
        self._duration = ChoiceRow("durationChoice", "Duration", _options(capabilities.durations))
        self._quality = ChoiceRow("qualityChoice", "Quality", _options(capabilities.qualities))
        self._seed = StepSpin(theme, "seedSpin", "Seed", _NO_SEED, _NO_SEED)
        self._seed.setSpecialValueText("Random")
        self._seed.setToolTip("The same request with the same seed gives the same pictures")
        self._seed_row = _titled("Seed", self._seed)
        self._seed_row.setContentsMargins(0, 14, 0, 0)
        self._seed_row.hide()
        self._hint = QLabel()
        self._hint.setObjectName("composeHint")
        self._hint.setAccessibleName("Fix before submitting")
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setWordWrap(True)
        self._hint.setProperty("fontSize", "small")
        self._hint.hide()
        self._edit_label = _small("Editing a queued video.", "editWords")
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
        self._generate = GenerateButton(theme)

        #: The window adds both actions to a menu, so that their shortcuts also work while this panel is hidden.
        self.generate_action = QAction("Generate", self)
        self.generate_action.setShortcuts([QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")])
        self.generate_action.setAutoRepeat(False)  # a key held down would buy one video after another
        self.addAction(self.generate_action)
        self.open_image_action = QAction("Open image…", self)
        self.open_image_action.setShortcut(QKeySequence("Ctrl+O"))

        self._build_layout()
        self._connect()
        theme.changed.connect(self._update_icons)
        self._update_icons()

    def render_view(self, view: ComposeView) -> None:
        """Show the view. Emits no signal."""
        request = self._request = view.request
        self._prompt.show_text(request.prompt)
        self._negative.show_text(request.negative_prompt)
        self._counter.setText(view.counter)
        set_property(self._counter, "tone", "error" if view.over_limit else "muted")
        self._image.show_image(request.image)
        self._show_choices(view.capabilities, request.model)
        self._model.select(request.model)
        self._aspect.select(request.aspect_ratio)
        self._duration.select(str(request.duration))
        self._quality.select(request.quality)
        self._show_seed(request.seed, view.capabilities.model(request.model))
        self._edit_row.setVisible(view.editing)
        self._takes.setEnabled(not view.editing)
        with QSignalBlocker(self._takes):
            self._takes.setValue(view.takes)
        hint = "\n".join(message for message in (view.image_error, view.hint) if message)
        self._hint.setText(hint)
        self._hint.setAccessibleName(f"Fix before submitting: {hint}" if hint else "Fix before submitting")
        self._hint.setVisible(bool(hint))
        set_property(self._hint, "tone", "warn" if view.can_submit and not view.image_error else "error")
        self._generate.show_content(view.button_text, view.price_text, dimmed=not view.can_submit)
        price = f" ({view.price_text})" if view.price_text else ""
        self.generate_action.setText(f"{view.button_text}{price}")

    def _show_choices(self, capabilities: Capabilities, model: str) -> None:
        """Offer what the selected model can do; for a model that the service does not have, what all models can."""
        if capabilities is self._capabilities and model == self._offered_model:
            return
        self._capabilities, self._offered_model = capabilities, model
        offered = capabilities.model(model) or capabilities
        changed = [
            self._model.set_options([(each.name, each.label) for each in capabilities.models]),
            self._aspect.set_options(_options(offered.aspect_ratios)),
            self._duration.set_options(_options(offered.durations)),
            self._quality.set_options(_options(offered.qualities)),
        ]
        with QSignalBlocker(self._takes):
            self._takes.setMaximum(capabilities.takes_limit)
        if any(changed):
            self._update_icons()
            self._set_tab_order()

    def _show_seed(self, seed: int | None, model: ModelCapabilities | None) -> None:
        """Show the field if the model takes a seed, or if a seed has to be removed."""
        option = None if model is None else model.number(SEED)
        self._seed_row.setVisible(option is not None or seed is not None)
        with QSignalBlocker(self._seed):
            self._seed.setMaximum(max(seed or 0, 0) if option is None else int(option.highest))
            self._seed.setValue(_NO_SEED if seed is None else seed)

    # What misses the drop area by a little is meant for it.

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._image.dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._image.dragMoveEvent(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._image.dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._image.dropEvent(event)

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
        column = QVBoxLayout(form)
        column.setContentsMargins(16, 17, 16, 8)
        column.setSpacing(0)
        column.addWidget(_titled("Prompt", self._prompt, aside=self._counter), _PROMPT_STRETCH)
        column.addSpacing(14)
        for part in (
            _titled("", self._negative),
            _titled("Reference image", self._image, aside=_small("optional")),
            _titled("Model", self._model),
            _titled("Aspect ratio", self._aspect),
        ):
            column.addWidget(part)
            column.addSpacing(14)
        pair = QHBoxLayout()
        pair.setSpacing(12)
        pair.addWidget(_titled("Duration", self._duration), 1)
        pair.addWidget(_titled("Quality", self._quality), 1)
        column.addLayout(pair)
        column.addWidget(self._seed_row)
        column.addStretch(1)

        scroll = QScrollArea()
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
            self._prompt,
            self._negative,
            self._image,
            self._image.replace_button,
            self._image.remove_button,
            *self._model.buttons(),
            *self._aspect.buttons(),
            *self._duration.buttons(),
            *self._quality.buttons(),
            self._seed,
            self._discard_edit,
            self._takes,
            self._generate,
        ]
        for earlier, later in pairwise(order):
            QWidget.setTabOrder(earlier, later)

    def _connect(self) -> None:
        self._prompt.edited.connect(lambda text: self._edit(prompt=text))
        self._negative.edited.connect(lambda text: self._edit(negative_prompt=text))
        self._model.chosen.connect(lambda value: self._edit(model=value))
        self._aspect.chosen.connect(lambda value: self._edit(aspect_ratio=value))
        self._duration.chosen.connect(lambda value: self._edit(duration=int(value)))
        self._quality.chosen.connect(lambda value: self._edit(quality=value))
        self._seed.valueChanged.connect(lambda value: self._edit(seed=None if value == _NO_SEED else value))
        self._takes.valueChanged.connect(self.takes_edited)
        self._prompt.image_offered.connect(self._image.offer)
        self._negative.image_offered.connect(self._image.offer)
        self._image.offered.connect(self.image_offered)
        self._image.refused.connect(self.image_refused)
        self._image.removed.connect(self.image_removed)
        bind_button(self._generate, self.generate_action)
        self.generate_action.triggered.connect(lambda _: self._submit())
        self.open_image_action.triggered.connect(lambda _: self.choose_image())
        self._discard_edit.clicked.connect(lambda _: self.discard_edit_requested.emit())

    def _submit(self) -> None:
        (self.submit_requested if self.isVisible() else self.shown_requested).emit()

    def _edit(self, **changes: Any) -> None:
        """Change one field of the request.

        The other widgets are not read: a text field replaces no-break spaces of the request by plain ones.
        """
        self._request = replace(self._request, **changes)
        self.request_edited.emit(self._request)

    def _update_icons(self) -> None:
        self._aspect.show_shapes(self._theme)


def _options(choices: Iterable[Choice[str]] | Iterable[Choice[int]]) -> list[tuple[str, str]]:
    return [(str(choice.value), choice.label) for choice in choices]


def _small(text: str, name: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setObjectName(name)
    label.setProperty("tone", "muted")
    label.setProperty("fontSize", "small")
    return label


def _titled(title: str, control: QWidget, aside: QWidget | None = None) -> QWidget:
    """A control below its title, with an optional widget to the right of the title."""
    container = QWidget()
    column = QVBoxLayout(container)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(7)
    column.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)  # no higher than its control may be
    if title:
        head = QHBoxLayout()
        label = QLabel(title)
        label.setProperty("kind", "title")
        label.setBuddy(control)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        head.addWidget(label)
        head.addStretch(1)
        if aside is not None:
            aside.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            head.addWidget(aside)
        column.addLayout(head)
    column.addWidget(control)
    return container
