"""Where the parts of the compare panel stand in the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sora_desktop.ui.compare.stage_parts import STAGE_MARGIN
from sora_desktop.ui.compare.stage_places import PANE_GAP
from sora_desktop.ui.widgets.tab_order import chain

if TYPE_CHECKING:
    from sora_desktop.ui.compare.compare_bar import CompareBar
    from sora_desktop.ui.compare.compare_footer import CompareFooter
    from sora_desktop.ui.compare.review_bar import ReviewBar
    from sora_desktop.ui.compare.stage_area import CompareStageArea
    from sora_desktop.ui.player.transport import Transport

_EDGE = 16  # pixels around the pictures


class CompareColumn(QVBoxLayout):
    """From the top: bar, stage, transport, and the footer or what has been added in its place."""

    bar_shown = Signal(bool)  # what has been added is in sight, or not any more

    def __init__(
        self, panel: QWidget, bar: CompareBar, stage: CompareStageArea, transport: Transport, footer: CompareFooter
    ) -> None:
        super().__init__(panel)
        self._bar = bar
        self._stage = stage
        self._transport = transport
        self._footer = footer
        self._added: list[ReviewBar] = []
        self._order: list[QWidget] = []
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
    def added(self) -> list[ReviewBar]:
        """What has been added in place of the footer."""
        return self._added

    def add_in_place_of_footer(self, part: ReviewBar) -> None:
        """Add a part below the transport. While it is shown, the footer is not."""
        self._added.append(part)
        self.insertWidget(self.indexOf(self._footer), part)
        part.installEventFilter(self)
        self.set_tab_order()

    def tab_order(self) -> list[QWidget]:
        """The focusable widgets from the top."""
        below = [*self._transport.tab_order(), *(button for part in self._added for button in part.buttons())]
        return [*self._bar.tab_order(), *self._stage.tab_order(), *below, *self._footer.buttons()]

    def set_tab_order(self) -> None:
        """Let Tab reach everything from the top, after what comes before the bar. Call it when parts may be new."""
        order = self.tab_order()
        if order != self._order:
            self._order = order
            chain(order)

    def set_tab_order_of_cover(self, transport: Transport) -> None:
        """The same for what the whole screen shows, with a transport of its own below the bars."""
        bars = (button for part in self._added for button in part.buttons())
        chain([*self._stage.tab_order(), *bars, *transport.tab_order()])

    def eventFilter(self, part: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent) and isinstance(part, QWidget):
            self._footer.setVisible(part.isHidden())
            self.bar_shown.emit(not part.isHidden())
        return False

    def take_back(self) -> None:
        """Put the stage and what has been added into their places: another window has shown them."""
        self._inner.insertWidget(0, self._stage, 1)
        self._stage.show()
        for part in self._added:
            is_shown = not part.isHidden()
            self.insertWidget(self.indexOf(self._footer), part)
            part.setVisible(is_shown)
        self._order = []  # Qt has put them behind everything else
        self.set_tab_order()
