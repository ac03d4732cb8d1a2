"""Where the panes and the table stand. All measures are pixels."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from PySide6.QtCore import QRect, QSize

#: Of the bar above the stage.
BAR_HEIGHT = 48
PANE_GAP = 12
HEADER = 28
BELOW_HEADER = 4
#: Between the pictures and a table beneath them.
ABOVE_TABLE = 20
#: A picture is never narrower, nor lower.
LEAST_WIDTH, LEAST_HEIGHT = 160, 90
#: Height of the line of what differs, where the pictures lie over each other, and of the space above it.
BENEATH, ABOVE_LINE = 16, 16


class Mode(StrEnum):
    """How the clips are shown."""

    SIDE_BY_SIDE = "side_by_side"
    WIPE = "wipe"
    FLIP = "flip"
    DIFFERENCE = "difference"


class Pane(NamedTuple):
    """The places of one clip."""

    header: QRect
    picture: QRect


class StagePlaces(NamedTuple):
    """The places of everything on the stage. Its height may be more than the room that was given: the stage scrolls."""

    panes: tuple[Pane, ...]
    table: QRect
    height: int

    def moved_by(self, margin: int) -> StagePlaces:
        """The same with a margin around it."""
        panes = tuple(
            Pane(pane.header.translated(margin, margin), pane.picture.translated(margin, margin)) for pane in self.panes
        )
        return StagePlaces(panes, self.table.translated(margin, margin), self.height + 2 * margin)


def beside_each_other(shapes: Sequence[QSize], room: QSize, table_height: int, least_table: int) -> StagePlaces:
    """One or two panes in a row, three and four in 2 × 2; the table in the free cell or beneath.

    `shapes`: the sizes of the pictures. `table_height` is what the table needs, `least_table` what it gets in any case
    where it stands beneath.
    """
    count = len(shapes)
    columns, rows = (count, 1) if count < 3 else (2, 2)
    has_free_cell = count == 3
    width = max((room.width() - PANE_GAP * (columns - 1)) // columns, LEAST_WIDTH)
    above = HEADER + BELOW_HEADER
    beneath = 0 if has_free_cell else ABOVE_TABLE + min(table_height, least_table)
    free = (room.height() - beneath - PANE_GAP * (rows - 1)) // rows - above
    wanted = max(width * max(shape.height(), 1) // max(shape.width(), 1) for shape in shapes)
    height = max(min(wanted, free), LEAST_HEIGHT)
    panes = []
    for number in range(count):
        left = number % columns * (width + PANE_GAP)
        top = number // columns * (above + height + PANE_GAP)
        panes.append(Pane(QRect(left, top, width, HEADER), QRect(left, top + above, width, height)))
    bottom = rows * (above + height) + PANE_GAP * (rows - 1)
    if has_free_cell:
        top = above + height + PANE_GAP
        tall = max(bottom - top, room.height() - top)
        return StagePlaces(tuple(panes), QRect(width + PANE_GAP, top, width, tall), max(bottom, top + tall))
    top = bottom + ABOVE_TABLE
    whole = columns * width + PANE_GAP * (columns - 1)
    tall = max(room.height() - top, min(table_height, least_table))
    return StagePlaces(tuple(panes), QRect(0, top, whole, tall), top + tall)


def over_each_other(room: QSize) -> StagePlaces:
    """One large picture with a header above it and a line of what differs beneath."""
    above = HEADER + BELOW_HEADER
    width = max(room.width(), LEAST_WIDTH)
    height = max(room.height() - above - ABOVE_LINE - BENEATH, LEAST_HEIGHT)
    top = above + height + ABOVE_LINE
    pane = Pane(QRect(0, 0, width, HEADER), QRect(0, above, width, height))
    return StagePlaces((pane,), QRect(0, top, width, BENEATH), top + BENEATH)
