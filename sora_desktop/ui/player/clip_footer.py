"""What the open clip is, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sora_desktop.domain.job import Job
from sora_desktop.state.clip_text import facts_text, title_of
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import ElidedLabel

_LINES_OF_FACTS = 2
_BETWEEN = 3  # pixels from the title to the facts


class ClipFooter(QWidget):
    """Title, facts, and four buttons. As high for one clip as for another: the picture above must not move."""

    reuse_pressed = Signal()
    extend_pressed = Signal()
    folder_pressed = Signal()
    export_pressed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._title = ElidedLabel()
        self._title.setObjectName("clipTitle")
        self._title.setProperty("weight", "bold")
        self._facts = ElidedLabel(_LINES_OF_FACTS)
        self._facts.setObjectName("clipFacts")
        self._facts.setProperty("tone", "muted")
        self._facts.setProperty("fontSize", "small")
        self._reuse = _action("reuseButton", "Reuse", "Put this request into the form again")
        self._extend = _action("extendButton", "Extend", "Begin a new video from this one's last frame")
        self._folder = _action("showInFolderButton", "Show in folder", "Show the file in the file manager")
        self._export = _action("exportButton", "Export…", "Save a copy elsewhere (Ctrl+E)")
        self._export.setProperty("kind", "outline")
        told = QWidget()
        told.setFixedHeight(self._title.height_of(1) + _BETWEEN + self._facts.height_of(_LINES_OF_FACTS))
        words = QVBoxLayout(told)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(_BETWEEN)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._facts)
        words.addStretch(1)
        actions = QHBoxLayout()
        actions.setSpacing(8)
        for button in self.buttons():
            actions.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addWidget(told, 1)
        self._row.addLayout(actions)
        for button, signal in zip(
            self.buttons(),
            (self.reuse_pressed, self.extend_pressed, self.folder_pressed, self.export_pressed),
            strict=True,
        ):
            button.clicked.connect(lambda _=False, signal=signal: signal.emit())
        theme.changed.connect(self._tint)
        self._tint()

    def show_clip(self, job: Job) -> None:
        """Tell of a job that has a clip; all can be done with it."""
        self._tell(job)
        self._able(True)

    def show_job(self, job: Job) -> None:
        """Tell of a job that has none; its request can be used again."""
        self._tell(job)
        self._able(False)
        self._reuse.setEnabled(True)

    def clear(self) -> None:
        """Tell of nothing."""
        self._title.show_text("")
        self._facts.show_text("")
        self._able(False)

    def go_below(self, below: bool) -> None:
        """The buttons stand under the words, or beside them."""
        direction = QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight
        if direction is not self._row.direction():
            self._row.setDirection(direction)
            self._row.activate()  # at once: the picture above takes what is left

    def buttons(self) -> tuple[QPushButton, ...]:
        """From left to right, for the tab order."""
        return self._reuse, self._extend, self._folder, self._export

    def _tell(self, job: Job) -> None:
        self._title.show_text(title_of(job))
        self._facts.show_text(facts_text(job))

    def _able(self, able: bool) -> None:
        for button in self.buttons():
            button.setEnabled(able)

    def _tint(self) -> None:
        self._reuse.setIcon(self._theme.icon("arrow-counter-clockwise", "text"))
        self._extend.setIcon(self._theme.icon("arrow-line-right", "text"))


def _action(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text.rstrip("…"))
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click, Space is to play, not to click again
    button.setIconSize(QSize(15, 15))
    button.setFixedHeight(34)
    return button
