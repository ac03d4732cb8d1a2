"""Animated pictures are clips, still ones are not, and an animation whose end is missing is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from media.image_files import a_jpeg, a_png, a_webp
from odd_clips import KINDS, odd_clip

from sora_desktop.media.errors import MediaError
from sora_desktop.media.video_facts import facts_of


@pytest.mark.parametrize("name", ["gif", "apng"])
def test_a_picture_that_does_not_move_is_no_clip(name: str, tmp_path: Path) -> None:
    file = odd_clip(tmp_path, replace(KINDS[name], frames=2))
    assert facts_of(file).frames == 2
    with pytest.raises(MediaError, match=r"picture|playable"):
        facts_of(odd_clip(tmp_path, replace(KINDS[name], frames=1)))


@pytest.mark.parametrize("image", [a_png, a_webp, a_jpeg])
def test_a_reference_image_is_no_clip(image: Callable[[], bytes], tmp_path: Path) -> None:
    file = tmp_path / "image"
    file.write_bytes(image())
    with pytest.raises(MediaError, match="is not a playable video"):
        facts_of(file)


@pytest.mark.parametrize("name", ["gif", "gif with parts of pictures"])
def test_a_gif_that_is_cut_anywhere_is_refused(name: str, tmp_path: Path) -> None:
    file = odd_clip(tmp_path, KINDS[name])
    content = file.read_bytes()
    for length in range(1000, len(content), 97):
        file.write_bytes(content[:length])
        with pytest.raises(MediaError, match="incomplete"):
            facts_of(file)
        file.write_bytes(content[:length] + bytes(len(content) - length))
        with pytest.raises(MediaError, match="incomplete"):
            facts_of(file)
    file.write_bytes(content + b"trailing bytes")
    assert facts_of(file).frames == 30
