"""Zoom: at the pointer, within the picture, and alike for pictures of different sizes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF

from sora_desktop.ui.player.zoom import LARGEST_SCALE, Zoom, ZoomedFrame

HD = QSize(1280, 720)


@pytest.mark.parametrize(
    ("picture", "view", "density", "zoom", "place"),
    [
        (HD, (640, 360), 1.0, Zoom(), (0, 0, 640, 360)),
        (HD, (640, 400), 1.0, Zoom(), (0, 20, 640, 360)),
        (HD, (640, 360), 2.0, Zoom(1.0), (0, 0, 640, 360)),  # a picture pixel is a device pixel
        (HD, (640, 360), 1.0, Zoom(1.0), (-320, -180, 1280, 720)),
        (HD, (640, 360), 1.0, Zoom(1.0, 0.0, 1.0), (0, -360, 1280, 720)),  # no blank space beside it
        (QSize(720, 1280), (640, 640), 1.0, Zoom(), (140, 0, 360, 640)),
    ],
)
def test_where_a_picture_stands(
    picture: QSize, view: tuple[int, int], density: float, zoom: Zoom, place: tuple[int, int, int, int]
) -> None:
    assert ZoomedFrame(picture, QSizeF(*view), density).place(zoom) == QRectF(*place)


@pytest.mark.parametrize("density", [1.0, 1.5, 2.0])
def test_the_point_under_the_pointer_stays_while_zooming(density: float) -> None:
    frame, zoom, at = ZoomedFrame(HD, QSizeF(640, 360), density), Zoom(), QPointF(400, 100)
    for _ in range(4):
        before = frame.place(zoom)
        zoom = frame.zoomed(zoom, 1.25, at)
        after = frame.place(zoom)
        share = ((at.x() - before.left()) / before.width(), (at.y() - before.top()) / before.height())
        assert after.left() + share[0] * after.width() == pytest.approx(at.x())
        assert after.top() + share[1] * after.height() == pytest.approx(at.y())
    for _ in range(8):
        zoom = frame.zoomed(zoom, 0.8, at)
    assert zoom == Zoom()
    for _ in range(40):
        zoom = frame.zoomed(zoom, 1.25, at)
    assert zoom.scale == LARGEST_SCALE


def test_zooming_stops_at_100_percent() -> None:
    frame = ZoomedFrame(QSize(1280, 720), QSizeF(660, 371))
    zoom, scales = Zoom(), list[float | None]()
    for factor in (1.25, 1.25, 1.25, 1.25, 0.8, 0.8):
        zoom = frame.zoomed(zoom, factor, QPointF(300, 200))
        scales.append(zoom.scale)
    assert scales[2:] == [1.0, 1.25, 1.0, 0.8]


def test_panning_ends_at_the_edges() -> None:
    frame = ZoomedFrame(HD, QSizeF(640, 360))
    assert frame.panned(Zoom(), QPointF(50, 50)) == Zoom()
    moved = frame.panned(Zoom(1.0), QPointF(100, -50))
    assert frame.place(moved) == QRectF(-220, -230, 1280, 720)
    assert frame.place(frame.panned(moved, QPointF(5000, -5000))) == QRectF(0, -360, 1280, 720)


def test_after_zooming_out_at_a_corner_every_pan_moves_the_picture() -> None:
    frame = ZoomedFrame(HD, QSizeF(640, 360))
    corner = frame.zoomed(Zoom(4.0, 0.0625, 0.0625), 0.3, QPointF(640, 360))
    assert frame.panned(corner, QPointF()) == corner, "its middle is not where blank space would show"


def test_pictures_of_other_sizes_show_the_same_part() -> None:
    small, large = ZoomedFrame(HD, QSizeF(640, 360)), ZoomedFrame(QSize(1920, 1080), QSizeF(640, 360))
    zoom = Zoom(1.0, 0.3, 0.6)
    assert large.place(large.like(zoom, small)) == small.place(zoom)


def test_a_key_moves_the_view_towards_its_side_by_a_tenth() -> None:
    frame, zoom = ZoomedFrame(HD, QSizeF(640, 360)), Zoom(1.0)
    before = frame.place(zoom)
    assert frame.place(frame.stepped(zoom, 1, 0)) == before.translated(-64, 0)
    assert frame.place(frame.stepped(zoom, 0, -1)) == before.translated(0, 36)
    assert frame.stepped(Zoom(), 1, 0) == Zoom()
