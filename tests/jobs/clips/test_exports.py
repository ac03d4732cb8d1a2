"""An exported clip is whole, has a name of its own, and leaves the original as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sora_desktop.jobs.clips.exports import copy_into, copy_to

CONTENT = b"a whole video"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    file = tmp_path / "clips" / "kite.mp4"
    file.parent.mkdir()
    file.write_bytes(CONTENT)
    return file


def test_a_copy_is_whole_and_nothing_else_is_left(clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "mine.mp4"
    target.parent.mkdir()
    target.write_bytes(b"an older file")
    assert copy_to(clip, target) == target
    assert target.read_bytes() == CONTENT
    assert clip.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_a_clip_that_is_exported_onto_itself_is_kept(clip: Path) -> None:
    assert copy_to(clip, clip) == clip
    assert clip.read_bytes() == CONTENT


def test_a_failed_copy_leaves_the_older_file(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "mine.mp4"
    target.write_bytes(b"an older file")

    def fail_in_the_middle(source: Path, part: Path) -> None:
        part.write_bytes(CONTENT[:4])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", fail_in_the_middle)
    with pytest.raises(OSError, match="No space left"):
        copy_to(clip, target)
    assert target.read_bytes() == b"an older file"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clips", "mine.mp4"]


def test_a_taken_name_gets_a_number(clip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    copies = [copy_into(clip, folder).name for _ in range(3)]
    assert copies == ["kite.mp4", "kite 2.mp4", "kite 3.mp4"]
    assert all((folder / name).read_bytes() == CONTENT for name in copies)
