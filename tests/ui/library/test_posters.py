"""Posters in the cells of rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from builders import a_clip, a_job
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from sora_desktop.domain.job import Job, JobId, Ready
from sora_desktop.ui.library.posters import CELL, Posters, cell_at, in_cell

RED, BLUE = QColor("#d02020"), QColor("#2020d0")


def in_halves(width: int, height: int) -> QImage:
    """Red above, blue below."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(RED)
    for y in range(height // 2, height):
        for x in range(width):
            image.setPixelColor(x, y, BLUE)
    return image


@pytest.mark.parametrize(
    ("width", "height", "corner"),
    [
        (90, 160, (72, 1)),  # 65 wide, in the middle of 208
        (120, 120, (47, 1)),
        (240, 100, (1, 16)),  # 87 high, in the middle of 116
    ],
)
def test_a_picture_of_other_proportions_stands_whole_over_itself_dimmed(
    qapp: QApplication, width: int, height: int, corner: tuple[int, int]
) -> None:
    cell = in_cell(in_halves(width, height))
    assert cell.size() == CELL
    left, top = corner
    right, bottom = CELL.width() - 1 - left, CELL.height() - 1 - top
    assert [cell.pixelColor(x, top) for x in (left, right)] == [RED, RED]
    assert [cell.pixelColor(x, bottom) for x in (left, right)] == [BLUE, BLUE]
    beside = cell.pixelColor(max(left - 3, 0), max(top - 3, 0))
    assert beside.red() > beside.blue() and beside.red() < RED.red() * 0.7, "its own picture, dimmed"


def test_a_picture_of_the_proportions_of_the_cell_fills_it(qapp: QApplication) -> None:
    cell = in_cell(in_halves(320, 180))
    assert cell.size() == CELL
    assert cell.pixelColor(0, 0) == RED and cell.pixelColor(CELL.width() - 1, CELL.height() - 1) == BLUE


def test_a_poster_is_read_once(qapp: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "poster.png"
    assert in_halves(90, 160).save(str(file))
    posters = Posters(lambda _: file if file.exists() else None)
    job = a_job(Ready(a_clip()))
    first = posters(job)
    file.unlink()
    assert first is not None and posters(job) is first and first.size() == CELL


def test_a_poster_that_is_made_later_is_neither_looked_for_nor_read_while_the_row_is_painted(
    qapp: QApplication, tmp_path: Path
) -> None:
    asked: list[Job] = []
    posters = Posters(lambda job: asked.append(job))
    job = a_job(Ready(a_clip()))
    assert [posters(job) for _ in range(3)] == [None] * 3 and asked == [job]
    changed = replace(job, phase=Ready(a_clip()))
    assert posters(changed) is None and asked == [job, changed]
    file = tmp_path / "poster.png"
    assert in_halves(90, 160).save(str(file))
    posters.add(job.id, cell_at(file))
    assert posters(changed) is not None and len(asked) == 2
    posters.add(JobId("other"), cell_at(tmp_path / "none.png"))
    assert JobId("other") not in posters
