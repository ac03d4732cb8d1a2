"""Where the window stands after a restart."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect

from sora_desktop.ui.window.window_place import Extent, WindowPlace, fitted

SCREEN = QRect(0, 30, 1440, 870)  # below a panel


@pytest.mark.parametrize(
    ("outer", "to"),
    [
        (QRect(100, 100, 800, 600), QRect(100, 100, 800, 600)),
        (QRect(0, 0, 1442, 927), SCREEN),
        (QRect(900, 500, 800, 600), QRect(640, 300, 800, 600)),
        (QRect(-500, -500, 800, 600), QRect(0, 30, 800, 600)),
        (QRect(2000, 100, 800, 600), QRect(640, 100, 800, 600)),
    ],
)
def test_the_frame_is_kept_on_the_screen(outer: QRect, to: QRect) -> None:
    assert fitted(outer, SCREEN) == to


@pytest.mark.parametrize("extent", Extent)
def test_a_place_is_read_as_it_was_stored(extent: Extent) -> None:
    place = WindowPlace(-3, 40, 1200, 700, extent)
    assert WindowPlace.from_json(place.to_json()) == place


@pytest.mark.parametrize("value", [None, [], [1, 2, 3, 4], [1, 2, 3, 4, "tiny"], ["a", 2, 3, 4, "normal"], {"left": 1}])
def test_anything_else_is_no_place(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        WindowPlace.from_json(value)
