"""The room that the stage of the compare panel has."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from sora_desktop.ui.compare.compare_stage import CompareStage


class CompareStageArea(QScrollArea):
    """Scrolls the stage where the window is too low for it."""

    def __init__(self, stage: CompareStage) -> None:
        super().__init__()
        self._stage = stage
        self.setObjectName("compareStageArea")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(stage)

    def tab_order(self) -> list[QWidget]:
        """The focusable widgets of the stage, itself first."""
        return [self._stage, *self._stage.tab_order()]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys step frames: they do not scroll."""
        event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._stage.set_room(self.viewport().size())
