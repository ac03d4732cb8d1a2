"""The places of panes, table, line and divider on the stage."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QSize

from sora_desktop.ui.compare.stage_places import (
    LEAST_HEIGHT,
    LEAST_WIDTH,
    StagePlaces,
    TableChoice,
    TableRoom,
    beside_each_other,
    over_each_other,
)

HD = QSize(1280, 720)
TALL = QSize(720, 1280)
#: Of the stage in a window of 1440 × 900, and in one of 720 × 560.
WIDE, LOW = QSize(956, 606), QSize(680, 200)
TABLE = TableRoom(whole=340, readable=180)


def parts_of(places: StagePlaces) -> list[QRect]:
    """Everything that is shown."""
    panes = [part for pane in places.panes for part in pane]
    return [part for part in (*panes, places.table, places.line, places.divider) if not part.isEmpty()]


def test_three_clips_leave_the_fourth_cell_to_the_table() -> None:
    places = beside_each_other([HD] * 3, WIDE, TABLE)
    assert [pane.picture for pane in places.panes] == [
        QRect(0, 32, 472, 265),
        QRect(484, 32, 472, 265),
        QRect(0, 341, 472, 265),
    ]
    assert places.table == QRect(484, 309, 472, 297) and places.height == 606


def test_four_clips_leave_the_first_rows_of_the_table_readable() -> None:
    places = beside_each_other([HD] * 4, WIDE, TABLE)
    assert places.table.height() >= 180 and places.table.bottom() == 605
    assert places.panes[3].picture.left() == 484, "they stand in 2 × 2"
    assert places.panes[0].picture.height() >= 160


def test_in_a_window_with_a_notice_pictures_come_before_the_table_unless_it_is_asked_for() -> None:
    room, table = QSize(956, 550), TableRoom(whole=150, readable=150)
    pictures_first = beside_each_other([HD] * 4, room, table)
    assert pictures_first.table.isEmpty() and pictures_first.panes[0].picture.height() == 221
    for asked_for in (table._replace(choice=TableChoice.COVERING), table._replace(share=0.2)):
        both = beside_each_other([HD] * 4, room, asked_for)
        assert both.table.height() >= 150 and both.panes[0].picture.height() >= 140


def test_pictures_without_a_table_stand_in_the_middle() -> None:
    first, second = (pane.picture for pane in beside_each_other([HD] * 2, WIDE, None).panes)
    assert abs(first.top() - 32 - (WIDE.height() - 1 - first.bottom())) <= 1 and second.top() == first.top()


def test_upright_clips_stand_in_a_row_where_they_are_larger() -> None:
    tops = {pane.picture.top() for pane in beside_each_other([TALL] * 3, WIDE, TABLE).panes}
    assert tops == {32}


def test_a_table_is_as_high_as_the_user_wants_it_while_pictures_and_rows_can_be_seen() -> None:
    heights = [
        over_each_other(WIDE, TABLE._replace(choice=TableChoice.BENEATH, share=share)).table.height()
        for share in (0.0, 0.5, 1.0)
    ]
    assert heights == [180, 303, 606 - 32 - 140 - 20]


@pytest.mark.parametrize("clips", [1, 2, 3, 4])
def test_where_there_is_no_room_for_both_a_line_stands_for_the_table_or_the_table_covers_the_pictures(
    clips: int,
) -> None:
    def places(choice: TableChoice, room: QSize) -> StagePlaces:
        table = TABLE._replace(choice=choice)
        return over_each_other(room, table) if clips == 1 else beside_each_other([HD] * clips, room, table)

    for choice in (TableChoice.BENEATH, TableChoice.FOLDED):
        low = places(choice, LOW)
        assert low.table.isEmpty() and low.line.bottom() < LOW.height() and len(low.panes) == clips
    covered = places(TableChoice.COVERING, LOW)
    assert parts_of(covered) == [QRect(0, 0, 680, 200)] and covered.height == 200
    assert places(TableChoice.COVERING, WIDE) == places(TableChoice.BENEATH, WIDE)
    folded = places(TableChoice.FOLDED, WIDE)
    has_room = clips in (2, 3)  # beneath the pictures, or beside them: they would gain nothing
    assert folded.line.isEmpty() == has_room and folded.can_fold == (not has_room)


@pytest.mark.parametrize("shape", [HD, TALL], ids=["wide", "tall"])
@pytest.mark.parametrize("clips", [2, 3, 4])
@pytest.mark.parametrize("room", [WIDE, LOW, QSize(1600, 1100), QSize(300, 120), QSize(900, 420)])
@pytest.mark.parametrize("table", [TABLE, None, TABLE._replace(share=0.6)], ids=["table", "bare", "large table"])
def test_nothing_overlaps_and_everything_can_be_reached(
    shape: QSize, clips: int, room: QSize, table: TableRoom | None
) -> None:
    places = beside_each_other([shape] * clips, room, table)
    parts = parts_of(places)
    assert not any(one.intersects(other) for place, one in enumerate(parts) for other in parts[place + 1 :])
    assert all(QRect(0, 0, max(room.width(), 332), places.height).contains(part) for part in parts)
    assert all(pane.picture.width() >= LEAST_WIDTH and pane.picture.height() >= LEAST_HEIGHT for pane in places.panes)
    assert len(places.panes) == clips and (places.table.isEmpty() != places.line.isEmpty()) == (table is not None)
    assert places.height <= room.height() or room.height() < 32 + LEAST_HEIGHT + 32
