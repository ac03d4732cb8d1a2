"""Records the texts that widgets paint, with their places and colors, instead of guessing them from properties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPaintDevice,
    QPaintEngine,
    QPaintEngineState,
    QPainterPath,
    QRegion,
    QTextItem,
    QTransform,
)
from PySide6.QtWidgets import QWidget

_METRICS = QPaintDevice.PaintDeviceMetric


class PaintedText(NamedTuple):
    """A piece of text in one font and one color. A line consists of several if its scripts differ."""

    text: str
    box: QRectF  # in the widget, in pixels: as wide as the text, and as high as its letters
    ink: QColor
    widget: QWidget


def painted_texts(widget: QWidget) -> Iterator[PaintedText]:
    """The texts that the widget itself paints, its children not.

    Of a text that is painted twice at one place, the first one: Qt paints what is selected, and then the same text in
    its usual color where a clip leaves room for it.
    """
    recorder = _Recorder(widget.size())
    widget.render(recorder, QPoint(), QRegion(), QWidget.RenderFlag(0))
    seen: list[tuple[str, QRectF]] = []
    for text, box, ink in recorder.engine.texts:
        if (text, box) not in seen:
            seen.append((text, box))
            yield PaintedText(text, box, ink, widget)


class _Engine(QPaintEngine):
    """Keeps the texts and paints nothing."""

    def __init__(self) -> None:
        super().__init__(QPaintEngine.PaintEngineFeature.AllFeatures)
        self.texts: list[tuple[str, QRectF, QColor]] = []
        self._transform = QTransform()
        self._ink = QColor()

    def begin(self, device: QPaintDevice) -> bool:
        return True

    def end(self) -> bool:
        return True

    def type(self) -> QPaintEngine.Type:
        return QPaintEngine.Type.User

    def updateState(self, state: QPaintEngineState) -> None:
        if state.state() & QPaintEngine.DirtyFlag.DirtyTransform:
            self._transform = state.transform()
        if state.state() & QPaintEngine.DirtyFlag.DirtyPen:
            self._ink = state.pen().color()

    def drawTextItem(self, at: QPointF | QPoint | QPainterPath.Element, item: QTextItem) -> None:
        if item.text().strip():
            assert isinstance(at, QPointF)
            letters = QFontMetricsF(item.font()).tightBoundingRect(item.text())  # a font's ascent may be far above them
            box = QRectF(at.x(), at.y() + letters.top(), item.width(), letters.height())
            self.texts.append((item.text(), self._transform.mapRect(box), self._ink))

    def drawPath(self, *_: object) -> None: ...
    def drawPixmap(self, *_: object) -> None: ...
    def drawImage(self, *_: object) -> None: ...
    def drawTiledPixmap(self, *_: object) -> None: ...
    def drawPolygon(self, *_: object) -> None: ...


class _Recorder(QPaintDevice):
    """A device as large as a widget."""

    def __init__(self, size: QSize) -> None:
        super().__init__()
        self.engine = _Engine()
        self._size = size

    def paintEngine(self) -> QPaintEngine:
        return self.engine

    def metric(self, metric: QPaintDevice.PaintDeviceMetric) -> int:
        match metric:
            case _METRICS.PdmWidth:
                return self._size.width()
            case _METRICS.PdmHeight:
                return self._size.height()
            case _METRICS.PdmDevicePixelRatioScaled:
                return int(self.devicePixelRatioFScale())
            case _METRICS.PdmDepth:
                return 32
            case _METRICS.PdmDpiX | _METRICS.PdmDpiY | _METRICS.PdmPhysicalDpiX | _METRICS.PdmPhysicalDpiY:
                return 96
            case _:
                return 1
