"""Phosphor icons from the font in QtAwesome.

QtAwesome itself is not imported: that loads QtPy and a dozen fonts, about 0.2 s. The window needs one font and its
table of names.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap

_SIZES = (16, 20, 24, 32, 48)  # pixels; the larger ones are for high-density screens


class IconFont:
    """Paints icons by name. An unknown name is a programming error and raises KeyError."""

    def __init__(self) -> None:
        folder = _fonts_folder()
        self._codes: dict[str, str] = json.loads(next(folder.glob("phosphor-charmap*.json")).read_text("utf-8"))
        number = QFontDatabase.addApplicationFont(str(next(folder.glob("phosphor*.ttf"))))
        families = QFontDatabase.applicationFontFamilies(number)
        if not families:
            raise RuntimeError("Qt cannot read QtAwesome's Phosphor font.")
        self._family = families[0]
        self._cache: dict[tuple[str, str, str], QIcon] = {}

    def icon(self, name: str, color: QColor, disabled_color: QColor) -> QIcon:
        """The icon in one color, and in another for its disabled state."""
        key = (name, color.name(), disabled_color.name())
        if key not in self._cache:
            icon = QIcon()
            for size in _SIZES:
                icon.addPixmap(self._paint(name, size, color))
                icon.addPixmap(self._paint(name, size, disabled_color), QIcon.Mode.Disabled)
            self._cache[key] = icon
        return self._cache[key]

    def _paint(self, name: str, size: int, color: QColor) -> QPixmap:
        glyph = chr(int(self._codes[name].removeprefix("0x"), 16))  # an error must not leave an active painter behind
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        font = QFont(self._family)
        font.setPixelSize(size)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setFont(font)
        painter.setPen(color)
        painter.drawText(QRect(0, 0, size, size), int(Qt.AlignmentFlag.AlignCenter), glyph)
        painter.end()
        return pixmap


def _fonts_folder() -> Path:
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("QtAwesome, which contains the icons, is not installed.")
    return Path(spec.submodule_search_locations[0]) / "fonts"
