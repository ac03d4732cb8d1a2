"""Where the parts of the compare panel stand in the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sora_desktop.ui.compare.stage_parts import STAGE_MARGIN
from sora_desktop.ui.compare.stage_places import PANE_GAP

_EDGE = 16  # pixels around the pictures


class CompareColumn(QVBoxLayout):
    """From the top: bar, stage, transport, and the footer or what has been added in its place."""

    def __init__(self, panel: QWidget, bar: QWidget, stage: QWidget, transport: QWidget, footer: QWidget) -> None:
        super().__init__(panel)
        self._stage = stage
        self._footer = footer
        self._added: list[QWidget] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(0)
        self.addWidget(bar)
        inner = self._inner = QVBoxLayout()
        inner.setContentsMargins(_EDGE - STAGE_MARGIN, PANE_GAP - STAGE_MARGIN, _EDGE - STAGE_MARGIN, _EDGE)
        inner.setSpacing(_EDGE - STAGE_MARGIN)
        inner.addWidget(stage, 1)
        below = QVBoxLayout()
        below.setContentsMargins(STAGE_MARGIN, 0, STAGE_MARGIN, 0)
        below.addWidget(transport)
        inner.addLayout(below)
        self.addLayout(inner, 1)
        self.addWidget(footer)

    @property
    def added(self) -> list[QWidget]:
        """What has been added in place of the footer."""
        return self._added

    def add_in_place_of_footer(self, part: QWidget) -> None:
        """Add a part below the transport. While it is shown, the footer is not."""
        self._added.append(part)
        self.insertWidget(self.indexOf(self._footer), part)
        part.installEventFilter(self)

    def eventFilter(self, part: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent) and isinstance(part, QWidget):
            self._footer.setVisible(part.isHidden())
        return False

    def take_back(self) -> None:
        """Put the stage and what has been added into their places: another window has shown them."""
        self._inner.insertWidget(0, self._stage, 1)
        self._stage.show()
        for part in self._added:
            is_shown = not part.isHidden()
            self.insertWidget(self.indexOf(self._footer), part)
            part.setVisible(is_shown)
