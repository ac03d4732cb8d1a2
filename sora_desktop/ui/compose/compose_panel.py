"""The form in which a request is written."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QMimeData, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QImage, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from sora_desktop.domain.request import TAKES_LIMIT, AspectRatio, Duration, Model, Quality
from sora_desktop.state.composer import ComposeView
from sora_desktop.ui.compose.generate_button import GenerateButton
from sora_desktop.ui.compose.image_drop import ImageDrop
from sora_desktop.ui.compose.prompt_edit import GrowingEdit, PromptEdit
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.choice_row import ChoiceRow
from sora_desktop.ui.widgets.step_spin import StepSpin


class ComposePanel(QFrame):
    """Shows a ComposeView and tells what the person wishes. It decides nothing."""

    prompt_edited = Signal(str)
    negative_prompt_edited = Signal(str)
    model_chosen = Signal(str)
    aspect_ratio_chosen = Signal(str)
    duration_chosen = Signal(int)
    quality_chosen = Signal(str)
    takes_chosen = Signal(int)
    image_offered = Signal(Path)  # a file or folder, unchecked
    image_data_offered = Signal(QImage)
    image_removed = Signal()
    submitted = Signal()
    edit_left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("composePanel")
        self.setAccessibleName("Compose")
        self.setProperty("ground", "panel")
        self.setMinimumWidth(300)
        self.setMaximumWidth(560)
        self._theme = theme

        self._prompt = PromptEdit("promptEdit", "Prompt")
        self._prompt.setPlaceholderText("Describe the video: what is seen, how it moves, in what light")
        self._prompt.setMinimumHeight(150)
        self._prompt.setMaximumHeight(150)
        self._counter = _small("", "promptCounter")
        self._negative = GrowingEdit("negativePromptEdit", "Negative prompt: what to avoid")
        self._negative.setPlaceholderText("Negative prompt — what to avoid")
        self._image = ImageDrop(theme)
        self._model = ChoiceRow("modelChoice", "Model", [(model.value, model.label) for model in Model])
        self._aspect = ChoiceRow("aspectRatioChoice", "Aspect ratio", [(a.value, a.value) for a in AspectRatio])
        self._duration = ChoiceRow("durationChoice", "Duration", [(str(d.value), f"{d.value} s") for d in Duration])
        self._quality = ChoiceRow("qualityChoice", "Quality", [(quality.value, quality.label) for quality in Quality])
        self._hint = QLabel()
        self._hint.setObjectName("composeHint")
        self._hint.setAccessibleName("What to mend before sending")
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setWordWrap(True)
        self._hint.setProperty("fontSize", "small")
        self._hint.hide()
        self._edit_words = _small("You are changing a video that waits in the queue.", "editWords")
        self._edit_words.setWordWrap(True)
        self._edit_leave = QPushButton("Leave it as it was")
        self._edit_leave.setObjectName("editLeaveButton")
        self._edit_leave.setAccessibleName("Leave the queued video as it was")
        self._edit_leave.setProperty("kind", "link")
        self._edit_leave.setAutoDefault(False)
        self._edit_row = QWidget()
        self._edit_row.hide()
        self._takes = StepSpin(theme, "takesSpin", "Number of takes", 1, TAKES_LIMIT)
        self._takes.setPrefix("× ")
        self._takes.setFixedWidth(96)
        self._takes.setToolTip("How many videos of the same request")
        self._generate = GenerateButton(theme)

        #: Ctrl+Return. The window puts it into a menu too, so that it works while this panel is out of sight.
        self.generate_action = QAction("Generate", self)
        self.generate_action.setShortcuts([QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")])
        self.generate_action.setAutoRepeat(False)  # held down, it would buy one video after another
        self.addAction(self.generate_action)

        self._lay_out()
        self._connect()
        theme.changed.connect(self._tint)
        self._tint()

    def render_view(self, view: ComposeView) -> None:
        """Show this view and nothing else. Nothing is announced by it."""
        request = view.request
        self._prompt.show_text(request.prompt)
        self._negative.show_text(request.negative_prompt)
        self._counter.setText(view.counter)
        set_property(self._counter, "tone", "error" if view.over_limit else "muted")
        self._image.show_image(request.image)
        self._model.take(request.model.value)
        self._aspect.take(request.aspect_ratio.value)
        self._duration.take(str(request.duration.value))
        self._quality.take(request.quality.value)
        self._edit_row.setVisible(view.editing)
        self._takes.setEnabled(not view.editing)
        with QSignalBlocker(self._takes):
            self._takes.setValue(view.takes)
        hint = "\n".join(sentence for sentence in (view.image_error, view.hint) if sentence)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        set_property(self._hint, "tone", "warn" if view.can_submit and not view.image_error else "error")
        self._generate.show_offer(view.button_text, view.price_text, dim=not view.can_submit)

    def choose_image(self) -> None:
        """Open the file dialog for a reference image."""
        self._image.choose()

    def focus_prompt(self) -> None:
        """Put the cursor into the prompt."""
        self._prompt.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        form = QWidget()
        form.setObjectName("scrolled")
        column = QVBoxLayout(form)
        column.setContentsMargins(16, 17, 16, 8)
        column.setSpacing(0)
        for part in (
            _titled("Prompt", self._prompt, aside=self._counter),
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
        column.addStretch(1)

        scroll = QScrollArea()
        scroll.setViewport(QWidget())  # asked for Qt's own, PySide would load every kind of widget that it might be
        scroll.setWidget(form)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

        send = QHBoxLayout()
        send.setSpacing(12)
        send.addWidget(self._takes)
        send.addWidget(self._generate, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 8, 16, 16)
        foot.setSpacing(8)
        edit = QHBoxLayout(self._edit_row)
        edit.setContentsMargins(0, 0, 0, 0)
        edit.addWidget(self._edit_words, 1)
        edit.addWidget(self._edit_leave)
        foot.addWidget(self._edit_row)
        foot.addWidget(self._hint)
        foot.addLayout(send)

        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scroll, 1)
        whole.addLayout(foot)

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
            self._edit_leave,
            self._takes,
            self._generate,
        ]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _connect(self) -> None:
        self._prompt.edited.connect(self.prompt_edited)
        self._negative.edited.connect(self.negative_prompt_edited)
        self._prompt.image_given.connect(self._offer)
        self._negative.image_given.connect(self._offer)
        self._image.file_offered.connect(self.image_offered)
        self._image.data_offered.connect(self.image_data_offered)
        self._image.removed.connect(self.image_removed)
        self._model.chosen.connect(self.model_chosen)
        self._aspect.chosen.connect(self.aspect_ratio_chosen)
        self._duration.chosen.connect(self._duration_chosen)
        self._quality.chosen.connect(self.quality_chosen)
        self._takes.valueChanged.connect(self.takes_chosen)
        self._generate.clicked.connect(self._submit)
        self._edit_leave.clicked.connect(lambda _: self.edit_left.emit())
        self.generate_action.triggered.connect(self._submit)

    def _offer(self, mime: QMimeData) -> None:
        self._image.offer(mime)

    def _duration_chosen(self, seconds: str) -> None:
        self.duration_chosen.emit(int(seconds))

    def _submit(self) -> None:
        self.submitted.emit()

    def _tint(self) -> None:
        self._aspect.show_shapes(self._theme)


def _small(text: str, name: str = "") -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setProperty("tone", "muted")
    label.setProperty("fontSize", "small")
    return label


def _titled(title: str, control: QWidget, aside: QWidget | None = None) -> QWidget:
    """A control under its title, with a word at the title's right."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(7)
    if title:
        head = QHBoxLayout()
        label = QLabel(title)
        label.setProperty("kind", "title")
        label.setBuddy(control)
        head.addWidget(label)
        head.addStretch(1)
        if aside is not None:
            head.addWidget(aside)
        column.addLayout(head)
    column.addWidget(control)
    return whole
