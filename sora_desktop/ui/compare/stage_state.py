"""What the stage shows of the compared clips, and how."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sora_desktop.state.compare_view import CompareView
from sora_desktop.ui.compare.stage_places import Mode, TableChoice
from sora_desktop.ui.player.zoom import Zoom


@dataclass(frozen=True, slots=True)
class StageState:
    """What is shown of the clips, and how."""

    view: CompareView = field(default_factory=CompareView)
    mode: Mode = Mode.SIDE_BY_SIDE
    current: int = 0
    against: int = 1  # the other clip of a wipe or a difference
    gain: int = 4
    zoom: Zoom = field(default_factory=Zoom)
    table_beside: TableChoice = TableChoice.BENEATH  # while the pictures stand side by side
    table_layered: TableChoice = TableChoice.FOLDED  # while they lie over each other
    table_reviewed: TableChoice = TableChoice.FOLDED  # while a review asks about more than two
    table_share: float | None = None  # of the height of the stage; None: as it suits
    is_bare: bool = False  # pictures alone: no table and no line
    is_reviewed: bool = False  # the bar of a review is in sight

    @property
    def is_layered(self) -> bool:
        """True while the pictures lie over each other."""
        return self.mode is not Mode.SIDE_BY_SIDE

    @property
    def is_review_of_many(self) -> bool:
        """True while a review shows more than two clips side by side: their pictures need all the room."""
        return self.is_reviewed and not self.is_layered and len(self.view.panes) > 2

    @property
    def table(self) -> TableChoice:
        """What the user wants to see of the table as the clips are shown."""
        if self.is_review_of_many:
            return self.table_reviewed
        return self.table_layered if self.is_layered else self.table_beside

    def with_table(self, choice: TableChoice) -> StageState:
        """The same with another table, as long as the clips are shown like this."""
        if self.is_review_of_many:
            return replace(self, table_reviewed=choice)
        return replace(self, table_layered=choice) if self.is_layered else replace(self, table_beside=choice)
