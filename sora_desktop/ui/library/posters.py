"""Posters as pixmaps, read from disk once each: those in sight while they are painted, new ones before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from sora_desktop.domain.job import Job, JobId, Phase

#: Posters kept in memory; a screen shows about a dozen.
CACHED = 400
#: Size of a poster in pixels: that of a row on a screen of double density.
CELL = QSize(208, 116)
#: Pictures of about the proportions of the cell fill it. Others stand whole over themselves, blurred and dimmed.
_FILLS = (1.6, 2.0)
_BLURRED = QSize(13, 7)
_DIMMED = QColor(0, 0, 0, 120)


class Posters:
    """Returns the poster of a job, or None while there is none."""

    def __init__(self, file_of: Callable[[Job], Path | None]) -> None:
        """`file_of` returns the file of a poster, or None while there is none."""
        self._file_of = file_of
        self._cache: OrderedDict[JobId, QPixmap] = OrderedDict()
        self._missing: dict[JobId, Phase] = {}  # jobs without a poster, as they were then

    def set_source(self, file_of: Callable[[Job], Path | None]) -> None:
        """Replace `file_of`, which is asked for posters that are not cached."""
        self._file_of = file_of
        self._missing.clear()

    def __contains__(self, id: JobId) -> bool:
        return id in self._cache

    def __call__(self, job: Job) -> QPixmap | None:
        """The poster as it is known. That of a job that had none comes by `add`: it is not looked for at each paint."""
        cached = self._cache.get(job.id)
        if cached is not None:
            self._cache.move_to_end(job.id)
            return cached
        if self._missing.get(job.id) is job.phase:
            return None
        file = self._file_of(job)
        if file is None:
            self._missing = {} if len(self._missing) >= CACHED else self._missing
            self._missing[job.id] = job.phase
            return None
        return self.add(job.id, cell_at(file))

    def add(self, id: JobId, cell: QImage | None) -> QPixmap | None:
        """Keep a poster that was read by `cell_at`. None: there is none yet, or it cannot be read."""
        self._missing.pop(id, None)
        if cell is None:
            return None
        pixmap = self._cache[id] = QPixmap.fromImage(cell)
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        return pixmap


def cell_at(file: Path) -> QImage | None:
    """The picture in a file, in the size of the cell, or None if it cannot be read. Blocks; runs in any thread."""
    image = image_at(file)
    return None if image is None else in_cell(image)


def in_cell(image: QImage) -> QImage:
    """The picture in the size of the cell, whole unless it has about the cell's proportions."""
    filled = _filling(image)
    if _FILLS[0] <= image.width() / image.height() <= _FILLS[1]:
        return filled
    smooth, stretch = Qt.TransformationMode.SmoothTransformation, Qt.AspectRatioMode.IgnoreAspectRatio
    cell = filled.scaled(_BLURRED, stretch, smooth).scaled(CELL, stretch, smooth)
    cell = cell.convertToFormat(QImage.Format.Format_RGB32)
    whole = image.scaled(CELL, Qt.AspectRatioMode.KeepAspectRatio, smooth)
    painter = QPainter(cell)
    painter.fillRect(cell.rect(), _DIMMED)
    painter.drawImage((CELL.width() - whole.width()) // 2, (CELL.height() - whole.height()) // 2, whole)
    painter.end()
    return cell


def _filling(image: QImage) -> QImage:
    """The middle of the picture, in the size of the cell."""
    smooth, expand = Qt.TransformationMode.SmoothTransformation, Qt.AspectRatioMode.KeepAspectRatioByExpanding
    covering = image.scaled(CELL, expand, smooth)
    middle = QRect(QPoint(0, 0), CELL)
    middle.moveCenter(covering.rect().center())
    return covering.copy(middle)


def image_at(file: Path | None) -> QImage | None:
    """The image in a file, or None if it cannot be read."""
    if file is None:
        return None
    image = QImage(str(file))
    return None if image.isNull() else image
