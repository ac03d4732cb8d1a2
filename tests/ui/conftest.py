"""A clip with frame numbers in its pictures, so that tests can identify the frame shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from builders import a_job
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QCursor, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, Ready
from sora_desktop.media.video_facts import facts_of
from sora_desktop.sandbox.render import Scene, render


@pytest.fixture(scope="session")
def clip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds, 48 frames, 720 × 720, with sound and encoded frame numbers."""
    folder = tmp_path_factory.mktemp("clips")
    file = folder / "clip.mp4"
    render(Scene("seed", "a test clip", "1:1", 2, frame_strip=True), file, folder / "clip.jpg")
    return file


@pytest.fixture(scope="session")
def clip_facts(clip_file: Path) -> VideoFacts:
    """Facts of `clip_file`."""
    return facts_of(clip_file)


@pytest.fixture
def clip_job(clip_file: Path, clip_facts: VideoFacts) -> Job:
    """A finished job with `clip_file`."""
    return a_job(Ready(Clip(clip_file, clip_facts)))


@pytest.fixture
def move_pointer(qapp: QApplication) -> Iterator[Callable[[QWidget, QPoint], None]]:
    """Moves the pointer to a point of a widget, and away from all windows at the end."""

    def move(widget: QWidget, point: QPoint) -> None:
        to = widget.mapToGlobal(point)
        QCursor.setPos(to)
        QApplication.processEvents()
        none = Qt.MouseButton.NoButton  # sent again, since a popup that another test has left would get the first one
        moved = QMouseEvent(QEvent.Type.MouseMove, point, to, none, none, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(widget, moved)

    yield move
    QCursor.setPos(3000, 3000)
    QApplication.processEvents()
