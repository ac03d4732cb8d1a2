"""Compose, player and library beside one another, folding as the window narrows."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QSplitter, QTabBar, QVBoxLayout, QWidget

#: Widths of the window, in pixels, below which the library goes under the player, and compose becomes a tab.
LIBRARY_FOLDS = 1100
COMPOSE_FOLDS = 800

_COMPOSE, _LIBRARY = 343, 404  # pixels, as in the mockups


class Fold(Enum):
    """How much stands side by side."""

    WIDE = "three columns"
    MIDDLE = "the library under the player"
    NARROW = "one column, compose in a tab"


def fold_for(width: int) -> Fold:
    """How the window is folded at that width in pixels."""
    if width < COMPOSE_FOLDS:
        return Fold.NARROW
    return Fold.MIDDLE if width < LIBRARY_FOLDS else Fold.WIDE


class Columns(QWidget):
    """Three parts, split by lines that can be dragged."""

    def __init__(self, compose: QWidget, player: QWidget, library: QWidget) -> None:
        super().__init__()
        self._compose = compose
        self._library = library
        self._fold = Fold.WIDE
        self._wished = (_COMPOSE, _LIBRARY)  # had again after a time in a window too narrow for them
        self._tabs = QTabBar()
        self._tabs.setObjectName("narrowTabs")
        self._tabs.setAccessibleName("Compose or watch")
        self._tabs.addTab("Compose")
        self._tabs.addTab("Watch")
        self._tabs.setExpanding(False)
        self._tabs.hide()
        self._tabs.currentChanged.connect(self._show_parts)
        self._middle = QSplitter(Qt.Orientation.Vertical)
        self._wide = QSplitter(Qt.Orientation.Horizontal)
        for splitter in (self._wide, self._middle):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
        ground = QFrame()
        ground.setProperty("ground", "bg")
        around = QVBoxLayout(ground)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(player)
        ground.setMinimumSize(496, 240)  # as narrow as the transport can be
        library.setMinimumSize(300, 160)
        self._middle.addWidget(ground)
        self._wide.addWidget(compose)
        self._wide.addWidget(self._middle)
        self._wide.addWidget(library)
        for place, stretch in enumerate((0, 1, 0)):
            self._wide.setStretchFactor(place, stretch)
        self._wide.setSizes([_COMPOSE, 10_000, _LIBRARY])
        self._wide.splitterMoved.connect(self._wish)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tabs)
        column.addWidget(self._wide, 1)

    @property
    def fold(self) -> Fold:
        return self._fold

    def sizes(self) -> tuple[int, int]:
        """Widths of compose and of the library, in pixels; 0 for one that is not a column now."""
        sizes = self._wide.sizes()
        return sizes[0], sizes[2] if len(sizes) > 2 else 0

    def fit(self, width: int) -> None:
        """Fold as a window of that width asks for."""
        fold = fold_for(width)
        if fold is self._fold:
            return
        was, self._fold = self._fold, fold
        if fold is Fold.WIDE:
            self._wide.addWidget(self._library)
            self._wide.setStretchFactor(2, 0)
            self._give_wished()
        elif was is Fold.WIDE:
            self._middle.addWidget(self._library)
            self._middle.setStretchFactor(0, 3)
            self._middle.setStretchFactor(1, 2)
            self._middle.setSizes([600, 400])
        self._compose.setMaximumWidth(16_777_215 if fold is Fold.NARROW else 560)
        self._tabs.setVisible(fold is Fold.NARROW)
        self._show_parts()

    def set_sizes(self, compose: int, library: int) -> None:
        """Give the columns these widths in pixels."""
        if compose > 0 and library > 0:
            self._wished = (compose, library)
            if self._fold is Fold.WIDE:
                self._give_wished()

    def show_compose(self) -> None:
        """Bring the compose form into sight where it is a tab."""
        self._tabs.setCurrentIndex(0)

    def show_watch(self) -> None:
        """Bring player and library into sight where compose is a tab."""
        self._tabs.setCurrentIndex(1)

    def _wish(self) -> None:
        if self._fold is Fold.WIDE:
            self._wished = self.sizes()

    def _give_wished(self) -> None:
        compose, library = self._wished
        self._wide.setSizes([compose, 10_000, library])

    def _show_parts(self) -> None:
        narrow = self._fold is Fold.NARROW
        self._compose.setVisible(not narrow or self._tabs.currentIndex() == 0)
        self._middle.setVisible(not narrow or self._tabs.currentIndex() == 1)
