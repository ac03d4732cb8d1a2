#!/usr/bin/env python3
"""Draws `sora_desktop/sandbox/scenery/glyphs.png`, the letters of the sandbox's captions, from a font file.

The picture is gray. It has COLUMNS cells side by side, CELL_WIDTH by CELL_HEIGHT pixels each, one for each character of
CHARACTERS in order. The first row of a cell is white for as many pixels as the letter is wide.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QGuiApplication, QImage, QPainter

from sora_desktop.sandbox.scenery.caption import ASCENT, CELL_HEIGHT, CELL_WIDTH, CHARACTERS, COLUMNS, EM

TARGET = Path(__file__).resolve().parents[1] / "sora_desktop" / "sandbox" / "scenery" / "glyphs.png"


def main(font_file: str) -> None:
    """Draw the picture from that font, such as Inter-Medium.otf."""
    app = QGuiApplication(["caption_font", "-platform", "offscreen"])
    families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(font_file))
    font = QFont(families[0])
    font.setPixelSize(EM)
    font.setWeight(QFont.Weight.Medium)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    widths = QFontMetricsF(font)
    rows = -(-len(CHARACTERS) // COLUMNS)
    image = QImage(COLUMNS * CELL_WIDTH, rows * CELL_HEIGHT, QImage.Format.Format_Grayscale8)
    image.fill(0)
    with QPainter(image) as painter:
        painter.setFont(font)
        painter.setPen(QColor("white"))
        for index, character in enumerate(CHARACTERS):
            left, top = index % COLUMNS * CELL_WIDTH, index // COLUMNS * CELL_HEIGHT
            painter.drawText(left + 1, top + ASCENT, character)
            painter.fillRect(left, top, CELL_WIDTH, 1, QColor("black"))
            painter.fillRect(left, top, round(widths.horizontalAdvance(character)), 1, QColor("white"))
    image.save(str(TARGET))
    app.quit()


if __name__ == "__main__":
    main(sys.argv[1])
