"""Which frames are kept, and which are decoded next."""

from __future__ import annotations

import pytest

from sora_desktop.domain.frames import Loop
from sora_desktop.media.frames.fill_plan import Window, next_to_decode, window_of

NOTHING = range(0)


def next_run(window: Window, done: range | set[int], head: int = -1, keys: int = 1000) -> range | None:
    """`keys`: frames from one key frame to the next."""
    found = next_to_decode(window, lambda frame: frame in done, [head], lambda frame: frame - frame % keys)
    return None if found is None else found.frames


@pytest.mark.parametrize(
    ("current", "direction", "capacity", "kept"),
    [
        (50, 0, 500, range(100)),  # the whole clip
        (50, 0, 40, range(30, 70)),
        (50, 1, 40, range(40, 80)),
        (50, -1, 40, range(20, 60)),
        (3, -1, 40, range(40)),  # at the ends nothing is lost
        (97, 1, 40, range(60, 100)),
        (50, 1, 0, range(50, 51)),
    ],
)
def test_frames_are_kept_in_the_direction_of_travel(current: int, direction: int, capacity: int, kept: range) -> None:
    assert window_of(current, direction, capacity, 100).frames == kept


@pytest.mark.parametrize(("direction", "landing"), [(1, range(10, 20)), (-1, range(80, 90))])
def test_the_place_where_a_loop_lands_is_kept_too(direction: int, landing: range) -> None:
    window = window_of(40, direction, 40, 100, Loop(10, 89))
    assert window.landing == landing
    assert (len(window.frames) == 30 and 40 in window and 15 in window) or 85 in window


@pytest.mark.parametrize(
    ("current", "kept", "landing"),
    [
        (30, range(20, 50), range(10, 20)),
        (70, range(60, 90), range(10, 20)),
        (85, range(75, 90), range(10, 35)),  # as many ahead as before, of those that are shown
        (89, range(79, 90), range(10, 39)),
        (95, range(85, 96), range(10, 39)),  # behind the end of the loop
        (5, range(30), range(10, 20)),
    ],
)
def test_playing_forward_the_window_goes_on_where_the_loop_jumps_to(current: int, kept: range, landing: range) -> None:
    window = window_of(current, 1, 40, 100, Loop(10, 89))
    assert (window.frames, window.landing) == (kept, landing)
    assert len(window.frames) + len(window.landing) <= 40


@pytest.mark.parametrize("current", range(20, 50))
def test_a_loop_that_can_be_kept_is_kept_whole(current: int) -> None:
    window = window_of(current, 1, 40, 100, Loop(20, 49))
    assert all(frame in window for frame in range(20, 50))


@pytest.mark.parametrize(
    ("current", "direction", "done", "head", "run"),
    [
        (50, 0, NOTHING, -1, range(50, 70)),
        (50, 0, range(50, 70), -1, range(30, 50)),  # the whole block back
        (50, 0, range(30, 70), -1, None),
        (50, 1, range(40, 55), -1, range(55, 80)),
        (50, 1, range(40, 75), -1, range(75, 80)),  # whatever it costs: it is not needed at once yet
        (50, 0, range(30, 65), -1, None),  # more than half is left: not worth a seek
        (50, 0, range(30, 65), 65, range(65, 70)),  # needs no seek
        (50, -1, range(29, 60), -1, None),
        (50, -1, range(29, 60), 25, range(25, 29)),  # needs no seek
        (50, -1, range(31, 60), -1, range(20, 31)),
        (50, -1, set(range(35, 60)) - {40}, -1, range(20, 41)),  # one way for all
        (50, -1, {50, *range(20, 45)}, -1, range(45, 50)),  # the nearest gap first
    ],
)
def test_what_is_decoded_next(
    current: int, direction: int, done: range | set[int], head: int, run: range | None
) -> None:
    assert next_run(window_of(current, direction, 40, 100), done, head) == run


def test_a_clip_that_can_be_kept_is_decoded_whole() -> None:
    window = window_of(90, 0, 100, 100)
    assert next_run(window, range(5, 100)) == range(5)
    assert next_run(window, range(100)) is None


def test_what_follows_the_jump_of_a_loop_is_decoded_after_what_comes_before() -> None:
    window = window_of(85, 1, 40, 100, Loop(10, 89))
    assert next_run(window, range(85, 88)) == range(88, 90)
    assert next_run(window, range(85, 90)) == range(10, 35)
    assert next_run(window, {*range(85, 90), *range(10, 20)}) == range(20, 35)
    backward = window_of(40, -1, 40, 100, Loop(10, 89))
    assert next_run(backward, set(backward.frames)) == range(80, 90)


@pytest.mark.parametrize(
    ("direction", "done", "until_needed"),
    [(1, range(80, 88), 3), (1, range(80, 90), 5), (1, {*range(80, 90), *range(10, 20)}, 15), (-1, range(70, 90), 15)],
)
def test_the_frames_until_one_is_needed_are_counted_as_they_are_shown(
    direction: int, done: range | set[int], until_needed: int
) -> None:
    window = window_of(85, direction, 40, 100, Loop(10, 89))
    found = next_to_decode(window, lambda frame: frame in done, [], lambda _: 0)
    assert found is not None and found.until_needed == until_needed


def test_groups_of_frames_are_decoded_backward() -> None:
    window = window_of(80, -1, 80, 100)
    assert next_run(window, range(80, 100), keys=50) == range(50, 80)
    assert next_run(window, range(50, 100), keys=50) == range(20, 50)


def test_playing_forward_does_not_go_back_for_frames_that_were_left_out() -> None:
    """They were late. Decoding them costs their group, and going on costs another one."""
    window = Window(current=100, direction=1, frames=range(80, 180))
    done = set(range(80, 180)) - {97, 99}
    assert next_run(window, done, head=180) is None
