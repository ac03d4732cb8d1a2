"""Where the panes and the table stand. All measures are pixels."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, StrEnum, auto
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
#: Height of the line that stands for the table, and of the space above it.
LINE, ABOVE_LINE = 16, 16
#: Pictures are at least so high above a table; where there is less room, a line stands for the table. The second is for
#: a user who has asked for the table.
_USEFUL_HEIGHT, _ENOUGH_HEIGHT = 164, 140
#: The table in the cell beside three pictures needs this height.
_LEAST_CELL = 150
#: The part of the height that a table beneath the pictures gets if the user has not moved the line between them.
_TABLE_SHARE = 0.3
#: Three and four clips stand in one row if their pictures are larger there by this factor: upright ones.
_ROW_GAIN = 1.15


class Mode(StrEnum):
    """How the clips are shown."""

    SIDE_BY_SIDE = "side_by_side"
    WIPE = "wipe"
    FLIP = "flip"
    DIFFERENCE = "difference"


class TableChoice(Enum):
    """What the user wants to see of the table."""

    BENEATH = auto()  # the table beneath the pictures if there is room for both, else the line
    COVERING = auto()  # the table, in place of the pictures if there is no room for both
    FOLDED = auto()  # the line


class TableRoom(NamedTuple):
    """The table that is to be placed."""

    whole: int  # height that shows all rows
    readable: int  # height that shows the first rows
    choice: TableChoice = TableChoice.BENEATH
    share: float | None = None  # of the height of the stage, as the user has chosen; None: as it suits

    @property
    def is_asked_for(self) -> bool:
        """True if the user has done something to see it."""
        return self.choice is TableChoice.COVERING or self.share is not None


class Pane(NamedTuple):
    """The places of one clip."""

    header: QRect
    picture: QRect


class StagePlaces(NamedTuple):
    """The places of everything on the stage; empty of what is not shown.

    The height may be more than the room that was given: the stage scrolls.
    """

    panes: tuple[Pane, ...] = ()
    table: QRect = QRect()
    line: QRect = QRect()  # what stands for the table
    divider: QRect = QRect()  # between pictures and table
    height: int = 0
    can_fold: bool = True  # without the table the pictures would be larger

    def moved_by(self, margin: int) -> StagePlaces:
        """The same with a margin around it."""
        panes = tuple(
            Pane(pane.header.translated(margin, margin), pane.picture.translated(margin, margin)) for pane in self.panes
        )
        table, line, divider = (part.translated(margin, margin) for part in (self.table, self.line, self.divider))
        return StagePlaces(panes, table, line, divider, self.height + 2 * margin, self.can_fold)


def beside_each_other(shapes: Sequence[QSize], room: QSize, table: TableRoom | None) -> StagePlaces:
    """One or two panes in a row, three and four in 2 × 2, or in a row where they are larger there.

    The table stands in the free cell or beneath. `shapes`: the sizes of the pictures. `table`: None if there is none.
    """
    count = len(shapes)
    places = _arranged(shapes, min(count, 2), room, table)
    if count > 2 and (room.width() - PANE_GAP * (count - 1)) // count >= LEAST_WIDTH:
        row = _arranged(shapes, count, room, table)
        is_too_high = places.height > max(room.height(), row.height)
        if is_too_high or _area(shapes, row) > _area(shapes, places) * _ROW_GAIN:
            places = row
    return _covered(places, room, table)


def over_each_other(room: QSize, table: TableRoom | None) -> StagePlaces:
    """One large picture, with a header above it and the table or the line beneath."""
    return _covered(_arranged([QSize()], 1, room, table), room, table)


def _covered(places: StagePlaces, room: QSize, table: TableRoom | None) -> StagePlaces:
    """The table in place of everything, if the user wants it and there is no room for both."""
    if table is None or table.choice is not TableChoice.COVERING or places.line.isEmpty():
        return places
    return StagePlaces(table=QRect(0, 0, room.width(), room.height()), height=room.height())


def _arranged(shapes: Sequence[QSize], columns: int, room: QSize, table: TableRoom | None) -> StagePlaces:
    """Panes of equal size in columns. A shape that is empty takes the whole height."""
    count, above = len(shapes), HEADER + BELOW_HEADER
    rows = -(-count // columns)
    width = max((room.width() - PANE_GAP * (columns - 1)) // columns, LEAST_WIDTH)
    wanted = max(room.height() if shape.isEmpty() else width * shape.height() // shape.width() for shape in shapes)
    gaps = PANE_GAP * (rows - 1)
    cell = (room.height() - gaps) // rows
    in_cell = table is not None and rows * columns > count and cell >= max(_LEAST_CELL, above + LEAST_HEIGHT)
    useful = _ENOUGH_HEIGHT if table is not None and table.is_asked_for else _USEFUL_HEIGHT
    least = rows * (above + min(wanted, useful)) + gaps
    largest = rows * (above + wanted) + gaps
    is_free = table is not None and room.height() - largest - ABOVE_TABLE >= min(table.readable, table.whole)
    if table is not None and is_free:
        table = table._replace(choice=TableChoice.BENEATH)  # the pictures would gain nothing
    tall = 0 if table is None or in_cell else _height_beneath(table, room.height(), least + ABOVE_TABLE)
    beneath = 0 if table is None or in_cell else ABOVE_TABLE + tall if tall else ABOVE_LINE + LINE
    height = max(min(wanted, (room.height() - beneath - gaps) // rows - above), LEAST_HEIGHT)
    bottom = rows * (above + height) + gaps
    first = max(room.height() - bottom, 0) // 2 if table is None else 0  # in the middle, if nothing else is there
    panes = []
    for number in range(count):
        left = number % columns * (width + PANE_GAP)
        top = first + number // columns * (above + height + PANE_GAP)
        panes.append(Pane(QRect(left, top, width, HEADER), QRect(left, top + above, width, height)))
    places = StagePlaces(tuple(panes), height=first + bottom)
    if table is None:
        return places
    if in_cell:
        top = above + height + PANE_GAP
        free = QRect(width + PANE_GAP, top, width, max(bottom, room.height()) - top)
        return places._replace(table=free, height=max(bottom, room.height()), can_fold=False)
    whole = columns * width + PANE_GAP * (columns - 1)
    if tall:
        divider = QRect(0, bottom, whole, ABOVE_TABLE)
        below = QRect(0, bottom + ABOVE_TABLE, whole, room.height() - bottom - ABOVE_TABLE)
        return places._replace(table=below, divider=divider, height=room.height(), can_fold=not is_free)
    top = max(bottom + ABOVE_LINE, room.height() - LINE if shapes[0].isEmpty() else 0)
    return places._replace(line=QRect(0, top, whole, LINE), height=top + LINE)


def _height_beneath(table: TableRoom, room: int, besides: int) -> int:
    """The height of a table beneath pictures, which with the space between need `besides`; 0: there is no room."""
    most, least = room - besides, min(table.readable, table.whole)
    if table.choice is TableChoice.FOLDED or most < least:
        return 0
    if table.share is None:
        return min(max(least, min(table.whole, round(room * _TABLE_SHARE))), most)
    return max(min(round(room * table.share), most), least)


def _area(shapes: Sequence[QSize], places: StagePlaces) -> int:
    """What all pictures cover, in pixels."""
    area = 0
    for shape, pane in zip(shapes, places.panes, strict=False):
        room = pane.picture.size()
        high = min(room.height(), room.width() * max(shape.height(), 1) // max(shape.width(), 1))
        area += high * high * max(shape.width(), 1) // max(shape.height(), 1)
    return area
