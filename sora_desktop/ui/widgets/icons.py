"""Phosphor icons from the font in QtAwesome.

QtAwesome itself is not imported: that loads QtPy and a dozen fonts, about 0.2 s. The window needs one font and its
table of names.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

_GAP, _GAP_OF_QT = 8, 4  # pixels between icon and text


def size_beside_text(side: int) -> QSize:
    """The icon size of a button whose icon, so many pixels wide and high, stands 8 pixels before its text."""
    return QSize(side + _GAP - _GAP_OF_QT, side)


class IconFont:
    """Makes icons by name. An unknown name is a programming error and raises KeyError."""

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
            glyph = chr(int(self._codes[name].removeprefix("0x"), 16))
            self._cache[key] = QIcon(_GlyphEngine(self._family, glyph, color, disabled_color))
        return self._cache[key]


class _GlyphEngine(QIconEngine):
    """Paints a glyph in each size that is asked for, and keeps the picture. Most icons are never seen.

    In a size that is wider than high, the glyph stands at the left.
    """

    def __init__(self, family: str, glyph: str, color: QColor, disabled_color: QColor) -> None:
        super().__init__()
        self._family, self._glyph = family, glyph
        self._color, self._disabled_color = color, disabled_color
        self._pixmaps: dict[tuple[int, int, bool], QPixmap] = {}

    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._family, self._glyph, self._color, self._disabled_color)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        scale = painter.device().devicePixelRatioF()
        painter.drawPixmap(rect, self.pixmap(rect.size() * scale, mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, _: QIcon.State) -> QPixmap:
        key = (size.width(), size.height(), mode == QIcon.Mode.Disabled)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._painted(*key)
        return self._pixmaps[key]

    def _painted(self, width: int, height: int, disabled: bool) -> QPixmap:
        """`width` and `height` are in physical pixels."""
        side = min(width, height)
        pixmap = QPixmap(width, height)
        pixmap.fill(Qt.GlobalColor.transparent)
        font = QFont(self._family)
        font.setPixelSize(side)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setFont(font)
        painter.setPen(self._disabled_color if disabled else self._color)
        painter.drawText(QRect(0, (height - side) // 2, side, side), int(Qt.AlignmentFlag.AlignCenter), self._glyph)
        painter.end()
        return pixmap


def _fonts_folder() -> Path:
    spec = importlib.util.find_spec("qtawesome")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("QtAwesome, which contains the icons, is not installed.")
    return Path(spec.submodule_search_locations[0]) / "fonts"
