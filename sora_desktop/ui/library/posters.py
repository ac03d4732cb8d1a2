"""Pictures of jobs as pixmaps, read from disk once each."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap

from sora_desktop.domain.job import Job, JobId

#: Posters kept in memory; a screen shows about a dozen.
KEPT = 400
#: Posters are made to cover this, in pixels: a row's poster on a screen of double density.
COVER = QSize(208, 116)


class Posters:
    """Gives a job's poster, or None while it is being made."""

    def __init__(self, file_of: Callable[[Job], Path | None]) -> None:
        self._file_of = file_of
        self._kept: OrderedDict[JobId, QPixmap] = OrderedDict()

    def ask(self, file_of: Callable[[Job], Path | None]) -> None:
        """From now on, who is asked for the file of a poster that is not known yet."""
        self._file_of = file_of

    def __call__(self, job: Job) -> QPixmap | None:
        kept = self._kept.get(job.id)
        if kept is not None:
            self._kept.move_to_end(job.id)
            return kept
        file = self._file_of(job)
        if file is None:
            return None
        image = image_at(file)
        if image is None:
            return None
        size = image.size().scaled(COVER, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        smooth = Qt.TransformationMode.SmoothTransformation
        read = self._kept[job.id] = QPixmap.fromImage(image.scaled(size, mode=smooth))
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return read


def image_at(file: Path | None) -> QImage | None:
    """The picture in a file, or None."""
    if file is None:
        return None
    image = QImage(str(file))
    return None if image.isNull() else image
