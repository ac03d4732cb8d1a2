"""Phosphor icons out of QtAwesome's font, painted without its start-up cost.

Importing QtAwesome loads QtPy and a dozen fonts, some 0.2 s; the window needs one font and its table of names.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap

_SIZES = (16, 20, 24, 32, 48)  # pixels; the larger ones serve dense screens too


class IconFont:
    """Names to icons. A name that the font does not have is a KeyError: it is a mistake of ours."""

    def __init__(self) -> None:
        folder = _fonts_folder()
        self._codes: dict[str, str] = json.loads(next(folder.glob("phosphor-charmap*.json")).read_text("utf-8"))
        number = QFontDatabase.addApplicationFont(str(next(folder.glob("phosphor*.ttf"))))
        families = QFontDatabase.applicationFontFamilies(number)
        if not families:
            raise RuntimeError("Qt cannot read QtAwesome's Phosphor font.")
        self._family = families[0]
        self._made: dict[tuple[str, str, str], QIcon] = {}

    def icon(self, name: str, ink: QColor, faint: QColor) -> QIcon:
        """The icon in one colour, and in another where it is disabled."""
        key = (name, ink.name(), faint.name())
        if key not in self._made:
            icon = QIcon()
            for size in _SIZES:
                icon.addPixmap(self._painted(name, size, ink))
                icon.addPixmap(self._painted(name, size, faint), QIcon.Mode.Disabled)
            self._made[key] = icon
        return self._made[key]

    def _painted(self, name: str, size: int, ink: QColor) -> QPixmap:
        glyph = chr(int(self._codes[name].removeprefix("0x"), 16))  # before the painter: it must not outlive its pixmap
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        font = QFont(self._family)
        font.setPixelSize(size)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(QRect(0, 0, size, size), int(Qt.AlignmentFlag.AlignCenter), glyph)
        painter.end()
        return pixmap


def _fonts_folder() -> Path:
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("QtAwesome, which brings the icons, is not installed.")
    return Path(spec.submodule_search_locations[0]) / "fonts"
