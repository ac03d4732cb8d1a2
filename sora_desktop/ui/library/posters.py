"""Posters as pixmaps, read from disk once each."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap

from sora_desktop.domain.job import Job, JobId

#: Posters kept in memory; a screen shows about a dozen.
CACHED = 400
#: Posters are scaled to cover this size in pixels: the poster of a row on a screen of double density.
COVER = QSize(208, 116)


class Posters:
    """Returns the poster of a job, or None while there is none."""

    def __init__(self, file_of: Callable[[Job], Path | None]) -> None:
        """`file_of` returns the file of a poster, or None while there is none."""
        self._file_of = file_of
        self._cache: OrderedDict[JobId, QPixmap] = OrderedDict()

    def set_source(self, file_of: Callable[[Job], Path | None]) -> None:
        """Replace `file_of`, which is asked for posters that are not cached."""
        self._file_of = file_of

    def __call__(self, job: Job) -> QPixmap | None:
        cached = self._cache.get(job.id)
        if cached is not None:
            self._cache.move_to_end(job.id)
            return cached
        file = self._file_of(job)
        if file is None:
            return None
        image = image_at(file)
        if image is None:
            return None
        size = image.size().scaled(COVER, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        smooth = Qt.TransformationMode.SmoothTransformation
        pixmap = self._cache[job.id] = QPixmap.fromImage(image.scaled(size, mode=smooth))
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        return pixmap


def image_at(file: Path | None) -> QImage | None:
    """The image in a file, or None if it cannot be read."""
    if file is None:
        return None
    image = QImage(str(file))
    return None if image.isNull() else image
