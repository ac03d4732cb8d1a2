"""Where panes and table stand, in the measures of the design and in small windows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QSize

from sora_desktop.ui.compare.stage_places import LEAST_HEIGHT, LEAST_WIDTH, beside_each_other

HD = QSize(1280, 720)
TALL = QSize(720, 1280)


def test_three_clips_leave_the_fourth_cell_to_the_table() -> None:
    places = beside_each_other([HD] * 3, QSize(956, 606), 340, 112)
    assert [pane.picture for pane in places.panes] == [
        QRect(0, 32, 472, 265),
        QRect(484, 32, 472, 265),
        QRect(0, 341, 472, 265),
    ]
    assert places.table.topLeft() == places.panes[2].header.topLeft() + (
        places.panes[1].header.topLeft() - places.panes[0].header.topLeft()
    )
    assert places.height == 606


@pytest.mark.parametrize("shape", [HD, TALL], ids=["wide", "tall"])
@pytest.mark.parametrize("clips", [2, 3, 4])
@pytest.mark.parametrize("room", [QSize(956, 606), QSize(680, 200), QSize(1600, 1100), QSize(300, 120)])
def test_nothing_overlaps_and_the_table_can_be_reached(shape: QSize, clips: int, room: QSize) -> None:
    places = beside_each_other([shape] * clips, room, 340, 112)
    parts = [part for pane in places.panes for part in pane] + [places.table]
    assert not any(one.intersects(other) for place, one in enumerate(parts) for other in parts[place + 1 :])
    assert all(QRect(0, 0, max(room.width(), 332), places.height).contains(part) for part in parts)
    assert all(pane.picture.width() >= LEAST_WIDTH and pane.picture.height() >= LEAST_HEIGHT for pane in places.panes)
    assert places.table.height() >= 112
