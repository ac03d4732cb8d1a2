"""The speeds at which clips are played."""

from __future__ import annotations

import pytest

from sora_desktop.ui.player.speeds import limited_speed, next_shuttle_speed


@pytest.mark.parametrize(
    ("speed", "forward", "next_speed"),
    [
        (0.0, True, 1.0),
        (1.0, True, 2.0),
        (2.0, True, 4.0),
        (4.0, True, 8.0),
        (8.0, True, 8.0),
        (4.0, False, -1.0),
        (-1.0, False, -2.0),
        (-8.0, False, -8.0),
        (-2.0, True, 1.0),
        (0.5, True, 1.0),
    ],
)
def test_the_shuttle_speed_after_another_press(speed: float, forward: bool, next_speed: float) -> None:
    assert next_shuttle_speed(speed, forward) == next_speed


@pytest.mark.parametrize(("speed", "limited"), [(0.01, 0.1), (0.5, 0.5), (9.0, 4.0)])
def test_a_speed_stays_within_what_can_be_chosen(speed: float, limited: float) -> None:
    assert limited_speed(speed) == limited
