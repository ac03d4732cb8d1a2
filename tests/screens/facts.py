"""Facts about what is on screen, read from widgets and pixels. Each check returns its faults as sentences."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, groupby
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QSplitterHandle,
    QWidget,
)
from screens.painted_text import PaintedText, painted_texts

from sora_desktop.ui.theme import Tokens

#: WCAG 2.2: contrast of text (level AA, and AAA where the user asks for high contrast), and of what shows the focus.
TEXT, HIGH_TEXT, FOCUS = 4.5, 7.0, 3.0
#: Of text in the faint color: decoration, disabled parts, and what is said elsewhere too.
FAINT = 2.3
#: Parts that stand over others on purpose.
_OVERLAYS = ("noticeBar", "toast:", "paletteDim", "fullScreenControls")
_NO_BAR = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
_SLACK = 1.5  # pixels: antialiasing
_DENSITY = 2  # of the picture in which colors are measured: at least one pixel of each stem is full ink
_NEAR = 40  # a distance of colors that are hardly told apart
_COARSE = 0xF0F0F0  # of a pixel: colors that are similar have it in common


class Color(NamedTuple):
    """0-255 each."""

    red: int
    green: int
    blue: int

    @property
    def luminance(self) -> float:
        """Relative luminance as WCAG 2 defines it."""
        parts = [value / 255 for value in self]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def distance(self, other: Color) -> int:
        return sum(abs(one - another) for one, another in zip(self, other, strict=True))

    def __str__(self) -> str:
        return "#{:02x}{:02x}{:02x}".format(*self)


def contrast(one: Color, other: Color) -> float:
    """Contrast ratio as WCAG 2 defines it, 1 to 21."""
    low, high = sorted((one.luminance, other.luminance))
    return (high + 0.05) / (low + 0.05)


def visible_parts(root: QWidget) -> list[QWidget]:
    """The root and everything in it that can be seen."""
    parts = [part for part in root.findChildren(QWidget) if part.isVisible() and part.window() is root.window()]
    return [root, *(part for part in parts if not part.visibleRegion().isEmpty())]


def faults_in(root: QWidget, tokens: Tokens, *, high_contrast: bool, grounds: Grounds | None) -> list[str]:
    """Every fault of a window, dialog or popup: cut texts, overlaps, parts outside, contrast.

    `grounds`: those that are known from other pictures. None: contrast is not measured.
    """
    texts = [text for part in visible_parts(root) for text in painted_texts(part)]
    faults = [*cut_texts(texts), *texts_over_texts(texts), *overlaps(root), *parts_outside(root)]
    if grounds is not None:
        faults += low_contrasts(root, texts, tokens, HIGH_TEXT if high_contrast else TEXT, grounds)
    return faults


def low_contrasts(
    root: QWidget, texts: list[PaintedText], tokens: Tokens, least: float, grounds: Grounds
) -> Iterator[str]:
    """Texts whose pixels have too little contrast to the most frequent color around them."""
    picture = _Picture(root)
    overlays = [part for part in visible_parts(root) if part.objectName().startswith(_OVERLAYS)]
    for text in texts:
        place = _in_root(text, root)
        covering = (overlay for overlay in overlays if overlay is not text.widget)
        if any(_place_in(part, root).intersects(place) and not part.isAncestorOf(text.widget) for part in covering):
            continue
        ink = pixel_color(text.ink.rgb())
        ground = grounds.of(ink, picture.pixels(place))
        if ground is None:
            continue  # out of sight, transparent, or under another part
        is_faint = text.ink.name() == tokens.faint or not text.widget.isEnabled()
        measured = contrast(ink, ground)
        if measured < (FAINT if is_faint else least):
            yield f"{_named(text)} has a contrast of {measured:.2f}: {ink} on {ground}"


def cut_texts(texts: list[PaintedText]) -> Iterator[str]:
    """Texts that are painted beyond the edges of their widget."""
    for text in texts:
        widget, box = text.widget, text.box
        if isinstance(widget, QLineEdit) and not isinstance(widget.parentWidget(), QAbstractSpinBox):
            continue  # it scrolls
        if box.left() < -_SLACK or box.right() > widget.width() + _SLACK:
            yield f"{_named(text)} is cut: {box.left():.0f} to {box.right():.0f} in a width of {widget.width()}"
        if _scrolls(widget):
            continue
        if box.top() < -_SLACK or box.bottom() > widget.height() + _SLACK:
            yield f"{_named(text)} is cut: {box.top():.0f} to {box.bottom():.0f} in a height of {widget.height()}"


def texts_over_texts(texts: list[PaintedText]) -> Iterator[str]:
    """Texts that one widget paints over each other, as the rows of the library would."""
    for widget, of_widget in groupby(texts, lambda text: text.widget):
        boxes = sorted(of_widget, key=lambda text: text.box.top())
        for number, one in enumerate(boxes):
            for other in boxes[number + 1 :]:
                if other.box.top() >= one.box.bottom():
                    break
                common = one.box.intersected(other.box)
                if common.width() > 2 * _SLACK and common.height() > _SLACK:
                    yield f"“{one.text}” and “{other.text}” are painted over each other in {name_of(widget)}"


def overlaps(root: QWidget) -> Iterator[str]:
    """Siblings that cover each other."""
    for parent in visible_parts(root):
        if isinstance(parent, QAbstractScrollArea | QAbstractSpinBox | QLineEdit):
            continue  # their buttons and bars stand within them
        children = [
            child
            for child in parent.children()
            if isinstance(child, QWidget) and child.isVisible() and not child.isWindow() and not _lies_over(child)
        ]
        for one, other in combinations(children, 2):
            common = one.geometry().intersected(other.geometry())
            if not common.isEmpty():
                yield f"{name_of(one)} and {name_of(other)} share {common.width()} × {common.height()} pixels"


def parts_outside(root: QWidget) -> Iterator[str]:
    """Parts that are not wholly within their parents, other than what is scrolled."""
    for part in visible_parts(root)[1:]:
        if isinstance(part, QScrollArea) and (content := part.widget()) is not None:
            seen, is_fixed = part.viewport().width(), part.horizontalScrollBarPolicy() is _NO_BAR
            if is_fixed and content.childrenRect().right() >= seen:
                yield f"what {name_of(part)} scrolls is {content.childrenRect().right() + 1} wide, and {seen} are seen"
        if _scrolls(part) or part.isWindow():
            continue
        parent = part.parentWidget()
        assert parent is not None
        if not parent.rect().contains(part.geometry()):
            places = _text_of(part.geometry()), _text_of(parent.rect())
            yield f"{name_of(part)} at {places[0]} is not within {name_of(parent)}, {places[1]}"
        least = part.minimumSizeHint()
        if part.width() < least.width() and not isinstance(part, QAbstractSpinBox | QLineEdit):
            yield f"{name_of(part)} is {part.width()} wide and needs {least.width()}"


class Grounds:
    """Finds the color behind a text, once for equal pictures: most texts are the same in many states."""

    def __init__(self) -> None:
        self._known: dict[tuple[Color, bytes], Color | None] = {}

    def of(self, ink: Color, pixels: bytes) -> Color | None:
        """The most frequent color that is not the ink's; None if no pixel has the ink's color."""
        key = ink, hashlib.blake2b(pixels, digest_size=16).digest()
        if key not in self._known:
            self._known[key] = _ground(ink, pixels)
        return self._known[key]


def _ground(ink: Color, pixels: bytes) -> Color | None:
    exact = Counter(memoryview(pixels).cast("I").tolist())
    similar: dict[int, list[int]] = {}
    for pixel in exact:
        similar.setdefault(pixel & _COARSE, []).append(pixel)
    groups = [
        (pixel_color(max(group, key=exact.__getitem__)), sum(map(exact.__getitem__, group)))
        for group in similar.values()
    ]
    grounds = [(color, count) for color, count in groups if ink.distance(color) > _NEAR]
    if len(grounds) == len(groups):
        return None  # also of no pixels
    return max(grounds, key=lambda ground: ground[1])[0] if grounds else ink


class _Picture:
    """The pixels of a window, with more of them than on screen: at least one of each stem is full ink."""

    def __init__(self, root: QWidget) -> None:
        self._image = QImage(root.size() * _DENSITY, QImage.Format.Format_RGB32)
        self._image.setDevicePixelRatio(_DENSITY)
        root.render(self._image)

    def pixels(self, place: QRect) -> bytes:
        """Four bytes for each."""
        if place.isEmpty():
            return b""
        part = self._image.copy(QRect(place.topLeft() * _DENSITY, place.size() * _DENSITY))  # owns the memory
        return bytes(part.constBits())


def _place_in(part: QWidget, root: QWidget) -> QRect:
    return QRect(part.mapTo(root, QPoint(0, 0)), part.size())


def _in_root(text: PaintedText, root: QWidget) -> QRect:
    """The visible part of the text's box, in pixels of the root."""
    seen = text.box.intersected(QRectF(text.widget.visibleRegion().boundingRect())).toRect()
    return seen.translated(text.widget.mapTo(root, QPoint(0, 0))).intersected(root.rect())


def pixels_of(image: QImage) -> list[int]:
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    return memoryview(plain.constBits()).cast("I").tolist()


def pixel_color(pixel: int) -> Color:
    return Color(pixel >> 16 & 0xFF, pixel >> 8 & 0xFF, pixel & 0xFF)


def _scrolls(widget: QWidget) -> bool:
    """True for what a scroll area shows, and for its bars."""
    parent = widget.parentWidget()
    while parent is not None and not widget.isWindow():
        if isinstance(parent, QAbstractScrollArea):
            return True
        widget, parent = parent, parent.parentWidget()
    return False


def _lies_over(part: QWidget) -> bool:
    return (
        part.objectName().startswith(_OVERLAYS)
        or part.property("kind") == "inField"
        or isinstance(part, QSplitterHandle | QScrollBar)
    )


def name_of(part: QWidget) -> str:
    text = part.text() if isinstance(part, QAbstractButton) else ""
    ancestor: QWidget = part
    while not ancestor.objectName() and (parent := ancestor.parentWidget()) is not None:
        ancestor = parent
    inside = "" if ancestor is part else f" in {ancestor.objectName()}"
    return " ".join(filter(None, (type(part).__name__, part.objectName(), text and f"“{text}”"))) + inside


def _named(text: PaintedText) -> str:
    return f"“{text.text}” ({name_of(text.widget)})"


def _text_of(place: QRect) -> str:
    return f"{place.width()} × {place.height()} from {place.x()}, {place.y()}"
