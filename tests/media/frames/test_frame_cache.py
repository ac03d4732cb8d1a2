"""Which frames are forgotten."""

from __future__ import annotations

from dataclasses import replace

from av.video.frame import VideoFrame

from sora_desktop.media.frames.fill_plan import window_of
from sora_desktop.media.frames.frame_cache import MOST_FRAMES, FrameCache
from sora_desktop.media.frames.pictures import SizedFrame


def test_the_window_is_kept_and_the_most_distant_frames_are_forgotten() -> None:
    frame = SizedFrame(VideoFrame(64, 48, "gray8"), 64, 48, (64, 48))
    cache = FrameCache()
    window = window_of(500, 1, 40, 1000)
    for number in range(440, 560):
        cache.put(number, frame)
        cache.trim(60 * frame.bytes, window)
        assert len(cache) <= 60
    assert all(number in cache for number in window.frames)
    assert 440 not in cache and 559 in cache


def test_where_a_loop_jumps_to_is_kept_before_what_is_nearer() -> None:
    frame = SizedFrame(VideoFrame(64, 48, "gray8"), 64, 48, (64, 48))
    cache = FrameCache()
    window = replace(window_of(500, 1, 40, 1000), landing=range(5))
    for number in (*window.landing, *window.frames):
        cache.put(number, frame)
    cache.trim(20 * frame.bytes, window)
    assert len(cache) <= 20 and all(number in cache for number in (*window.landing, 500))


def test_frames_are_limited_also_if_they_are_tiny() -> None:
    frame = SizedFrame(VideoFrame(16, 16, "gray8"), 16, 16, (16, 16))
    cache = FrameCache()
    window = window_of(2500, 0, MOST_FRAMES, 5000)
    for number in range(5000):
        cache.put(number, frame)
        if number % 500 == 499:
            cache.trim(1 << 30, window)
    assert len(cache) <= MOST_FRAMES
    assert sum(number in cache for number in window.frames) > MOST_FRAMES * 0.9
