"""The prompt as a small line of text, from a picture of letters: no font of the system is needed."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter

#: What `packaging/caption_font.py` draws: Latin, Greek and Cyrillic letters, and signs.
CHARACTERS = (
    "".join(
        chr(code)
        for first, last in ((0x20, 0x7E), (0xA1, 0x17F), (0x384, 0x3CE), (0x400, 0x45F))
        for code in range(first, last + 1)
        if unicodedata.category(chr(code)) not in ("Cn", "Cf")
    )
    + "ẞ–—‘’‚“”„•…‹›€™−"
)
#: The layout of the picture: cells in a row, pixels of a cell, of the letters' size, and from the top to the base line.
COLUMNS, CELL_WIDTH, CELL_HEIGHT, EM, ASCENT = 32, 36, 40, 28, 30
_GLYPHS = Path(__file__).with_name("glyphs.png")
#: Seconds for which the caption fades in and out: a clip that continues another one starts without its caption.
_FADE = 0.8


class Caption:
    """The prompt at the bottom left. What the font does not have is left out."""

    def __init__(self, prompt: str, width: int, height: int, duration: float, lift: int = 0) -> None:
        """`width` and `height` of the picture, and the room to leave below, in pixels; `duration` in seconds."""
        shorter = min(width, height)
        scale = max(8.0, shorter * 0.025) / EM
        self._duration = duration
        margin = max(3, round(shorter * 0.034))
        room = min(width - 2 * margin, shorter * 0.95)
        line = _line(shown_text(prompt, room / scale))
        self._image = line.scaledToHeight(round(line.height() * scale), Qt.TransformationMode.SmoothTransformation)
        self._place = QPoint(margin, height - max(margin, lift) - self._image.height())

    def paint(self, painter: QPainter, time: float) -> None:
        """Paint it as it is `time` seconds after the start."""
        painter.setOpacity(0.85 * max(0.0, min(1.0, time / _FADE, (self._duration - time) / _FADE)))
        painter.drawImage(self._place, self._image)
        painter.setOpacity(1)


def shown_text(prompt: str, room: float) -> str:
    """What of the prompt is shown in `room` pixels of the font's own size: one line, with … if it is cut."""
    text = " ".join("".join(_drawable(letter) for letter in unicodedata.normalize("NFC", prompt)).split())
    text = text if any(letter.isalnum() for letter in text) else ""
    advances = _advances()
    if sum(advances[letter] for letter in text) <= room:
        return text
    while text and sum(advances[letter] for letter in f"{text}…") > room:
        text = text[:-1]
    head, space, _ = text.rpartition(" ")
    whole = head if space and len(head) > len(text) // 2 else text
    return f"{whole.rstrip(' ,;:')}…" if whole else ""


def _drawable(letter: str) -> str:
    if letter.isspace():
        return " "
    if letter in _advances():
        return letter
    return "".join(part for part in unicodedata.normalize("NFKD", letter) if part in _advances())


def _line(text: str) -> QImage:
    """The text in white with a soft shadow, in the font's own size; a transparent pixel if there is no text."""
    width = sum(_advances()[letter] for letter in text)
    image = QImage(width + 8, CELL_HEIGHT + 6, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    with QPainter(image) as painter:
        for color, offsets in (("#000000", ((0, 2), (1, 1), (2, 2), (1, 3))), ("#ffffff", ((1, 1),))):
            for across, down in offsets:
                painter.setOpacity(0.34 if color == "#000000" else 1.0)
                left = 1 + across
                for letter in text:
                    painter.drawImage(left, down, _letter(letter, color))
                    left += _advances()[letter]
    return image


@cache
def _glyphs() -> QImage:
    image = QImage(str(_GLYPHS)).convertToFormat(QImage.Format.Format_Grayscale8)
    image.reinterpretAsFormat(QImage.Format.Format_Alpha8)
    return image


@cache
def _advances() -> dict[str, int]:
    """The width of each character in pixels."""
    image, widths = _glyphs(), {}
    for index, character in enumerate(CHARACTERS):
        left, top = index % COLUMNS * CELL_WIDTH, index // COLUMNS * CELL_HEIGHT
        widths[character] = sum(image.pixelColor(left + x, top).alpha() > 127 for x in range(CELL_WIDTH))
    return widths


@cache
def _letter(character: str, color: str) -> QImage:
    index = CHARACTERS.index(character)
    cell = QRect(index % COLUMNS * CELL_WIDTH, index // COLUMNS * CELL_HEIGHT + 1, CELL_WIDTH, CELL_HEIGHT - 1)
    image = QImage(cell.size(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(color))
    with QPainter(image) as painter:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        painter.drawImage(0, 0, _glyphs().copy(cell))
    return image
