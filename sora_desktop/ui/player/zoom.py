"""How large a picture is shown, and which part of it."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF

#: Device pixels for a pixel of the picture, at most.
LARGEST_SCALE = 8.0
#: From one step of the wheel or key to the next.
ZOOM_STEP = 1.25
#: Share of the view by which a key moves the picture.
_PAN_STEP = 0.1


class Zoom(NamedTuple):
    """The scale of a picture, and which of its points is in the middle of the view.

    The same zoom shows the same part of pictures with the same proportions, whatever their sizes.
    """

    scale: float | None = None  # device pixels for a pixel of the picture; None: as large as fits
    x: float = 0.5  # share of the width
    y: float = 0.5  # share of the height


class ZoomedFrame(NamedTuple):
    """A picture and the view that shows it."""

    picture: QSize  # at full size
    view: QSizeF  # logical pixels
    density: float = 1.0  # device pixels for a logical one

    @property
    def fit(self) -> float:
        """The scale at which the whole picture is as large as fits."""
        wide = self.view.width() * self.density / max(self.picture.width(), 1)
        high = self.view.height() * self.density / max(self.picture.height(), 1)
        return max(min(wide, high), 1e-6)

    def place(self, zoom: Zoom) -> QRectF:
        """Where the picture stands in the view, in logical pixels; it may be larger than the view."""
        scale = (self.fit if zoom.scale is None else zoom.scale) / self.density
        width, height = self.picture.width() * scale, self.picture.height() * scale
        left = _edge(width, self.view.width(), zoom.x)
        top = _edge(height, self.view.height(), zoom.y)
        return QRectF(left, top, width, height)

    def zoomed(self, zoom: Zoom, factor: float, at: QPointF) -> Zoom:
        """Larger or smaller, with the point of the picture at `at` staying there. As small as fits is a fit.

        On its way it stops at 100 %.
        """
        before = self.place(zoom)
        now = self.fit if zoom.scale is None else zoom.scale
        scale = min(now * factor, max(LARGEST_SCALE, self.fit))
        if min(now, scale) < 1 < max(now, scale):
            scale = 1.0
        return self.scaled(scale, at, before)

    def scaled(self, scale: float, at: QPointF, before: QRectF) -> Zoom:
        """At a scale, with the point of the picture that stood at `at` staying there. `before`: where it stood."""
        if scale <= self.fit * 1.0001:
            return Zoom()
        width, height = self.picture.width() * scale / self.density, self.picture.height() * scale / self.density
        share_x = (at.x() - before.left()) / max(before.width(), 1e-6)
        share_y = (at.y() - before.top()) / max(before.height(), 1e-6)
        x = share_x + (self.view.width() / 2 - at.x()) / width
        y = share_y + (self.view.height() / 2 - at.y()) / height
        return self._kept_in_view(Zoom(scale, x, y))

    def panned(self, zoom: Zoom, by: QPointF) -> Zoom:
        """The picture moved by logical pixels, as far as there is more of it."""
        if zoom.scale is None:
            return zoom
        place = self.place(zoom)
        return self._kept_in_view(zoom._replace(x=zoom.x - by.x() / place.width(), y=zoom.y - by.y() / place.height()))

    def stepped(self, zoom: Zoom, x: int, y: int) -> Zoom:
        """The view moved by a key: 1 is right or down, -1 left or up."""
        return self.panned(zoom, QPointF(-x * self.view.width() * _PAN_STEP, -y * self.view.height() * _PAN_STEP))

    def like(self, zoom: Zoom, other: ZoomedFrame) -> Zoom:
        """The zoom at which this frame shows what `other` shows with `zoom`: larger pictures at a smaller scale."""
        return zoom if zoom.scale is None else zoom._replace(scale=zoom.scale * self.fit / other.fit)

    def _kept_in_view(self, zoom: Zoom) -> Zoom:
        place = self.place(zoom)
        return zoom._replace(
            x=_middle(place.width(), self.view.width(), zoom.x), y=_middle(place.height(), self.view.height(), zoom.y)
        )


def _edge(length: float, room: float, middle: float) -> float:
    """Where the picture begins: in the middle if it is smaller than the view."""
    if length <= room:
        return (room - length) / 2
    return min(max(room / 2 - middle * length, room - length), 0.0)


def _middle(length: float, room: float, middle: float) -> float:
    """The nearest middle at which no blank space shows."""
    if length <= room:
        return 0.5
    half = room / 2 / length
    return min(max(middle, half), 1 - half)
