"""The theme that the user chooses: light, dark or high contrast, also at run time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette, QRawFont
from PySide6.QtWidgets import QApplication

from sora_desktop.ui.theme import Shared, Theme, Tokens

#: What the user can choose, by name; "system" follows the desktop. The other names are those of color schemes.
THEMES = {
    "system": "Same as system",
    "light": "Light",
    "dark": "Dark",
    "contrast-light": "High contrast, light",
    "contrast-dark": "High contrast, dark",
}
_CONTRAST = "contrast-"  # begins the names of color schemes with high contrast


def read_tokens(file: Path) -> dict[str, Tokens]:
    """The color schemes by name: "dark", "light", "contrast-dark" and "contrast-light"."""
    return {name: Tokens(**colors) for name, colors in json.loads(file.read_text("utf-8")).items()}


class AppTheme(Theme):
    """The theme that the user has chosen. Styles the application with it."""

    def __init__(
        self,
        tokens_dir: Path,
        app: QApplication,
        *,
        styled: bool = True,
        wants_contrast: Callable[[], bool] | None = None,
    ) -> None:
        """`tokens_dir` holds tokens.json and window.qss. `wants_contrast`: whether the system asks for high contrast.

        `styled=False` leaves the stylesheet to `apply_stylesheet()`: with a stylesheet set, Qt polishes the whole
        window again for each widget that is added to it.
        """
        app.setStyle("Fusion")
        self._font = _window_font()
        template = Template((tokens_dir / "window.qss").read_text("utf-8"))
        super().__init__(Shared(template, stems_darkened=_has_darkened_stems(self._font, app.devicePixelRatio())))
        self._app = app
        self._styled = styled
        self._schemes = read_tokens(tokens_dir / "tokens.json")
        self._choice = "system"
        self._animates = True
        self._hints = app.styleHints()  # kept: with this object, PySide gives up the one that it returns for access
        self._wants_contrast = wants_contrast or self._system_wants_contrast
        self._scheme = self._current_scheme()
        self._apply()
        self._hints.colorSchemeChanged.connect(self.follow_system)
        self._hints.accessibility().contrastPreferenceChanged.connect(self.follow_system)

    @property
    def choice(self) -> str:
        """What the user chose: a name of THEMES."""
        return self._choice

    @property
    def is_dark(self) -> bool:
        return self._scheme.endswith("dark")

    @property
    def tokens(self) -> Tokens:
        return self._schemes[self._scheme]

    def choose(self, name: str) -> None:
        """Set the theme to one of THEMES. An unknown name follows the system."""
        self._choice = name if name in THEMES else "system"
        base = self._choice.removeprefix(_CONTRAST)
        qt_schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
        self._hints.setColorScheme(qt_schemes.get(base, Qt.ColorScheme.Unknown))
        self.follow_system()

    def follow_system(self) -> None:
        """Read again what the system prefers. High contrast counts for "light" and "dark" as well."""
        scheme = self._current_scheme()
        if scheme != self._scheme:
            self._scheme = scheme
            self._apply()
            self.changed.emit()

    def apply_stylesheet(self) -> None:
        """Set the stylesheet that `styled=False` deferred."""
        self._styled = True
        self._apply()

    @property
    def tokens_on_black(self) -> Tokens:
        dark = f"{_CONTRAST}dark" if self._scheme.startswith(_CONTRAST) else "dark"
        return self._schemes[dark]._replace(bg="#000000")

    @property
    def animates(self) -> bool:
        return self._animates

    def set_animates(self, animates: bool) -> None:
        """Let parts move, or show each at once where it ends; menus and tool tips, too."""
        self._animates = animates
        if not animates:
            for effect in Qt.UIEffect:
                self._app.setEffectEnabled(effect, False)

    def _current_scheme(self) -> str:
        scheme = self._choice
        if scheme == "system":
            scheme = "light" if self._hints.colorScheme() == Qt.ColorScheme.Light else "dark"
        return scheme if scheme.startswith(_CONTRAST) or not self._wants_contrast() else _CONTRAST + scheme

    def _system_wants_contrast(self) -> bool:
        return self._hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast

    def _apply(self) -> None:
        self._app.setFont(self.weighted(self._font, "normal"))
        self._app.setPalette(_palette(self.tokens))
        if self._styled:
            self._app.setStyleSheet(self.stylesheet)


def _window_font() -> QFont:
    """Inter if installed, else the system font, at 13 px."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if QFontDatabase.hasFamily("Inter"):
        font.setFamilies(["Inter", font.family()])
    font.setPixelSize(13)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _has_darkened_stems(font: QFont, scale: float) -> bool:
    """True if Qt draws the font bolder than it is, by FreeType's stem darkening, which Qt cannot turn off.

    Affects small fonts with PostScript outlines, such as Inter.
    """
    if sys.platform in ("win32", "darwin") or scale >= 1.5:
        return False
    return not QRawFont.fromFont(font).fontTable("CFF ").isEmpty()


def _palette(tokens: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for name, color in {
        role.Window: tokens.bg,
        role.WindowText: tokens.text,
        role.Base: tokens.raised,
        role.AlternateBase: tokens.panel,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.placeholder,
        role.Button: tokens.raised,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.error,
        role.ToolTipBase: tokens.raised,
        role.ToolTipText: tokens.text,
        role.Highlight: tokens.button,
        role.HighlightedText: tokens.on_accent,
        role.Accent: tokens.accent,
        role.Link: tokens.accent_text,
        role.LinkVisited: tokens.accent_text,
        role.Mid: tokens.line,
        role.Dark: tokens.line,
        role.Shadow: tokens.bg,
        role.Light: tokens.raised,
        role.Midlight: tokens.line,
    }.items():
        palette.setColor(name, QColor(color))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.faint))
    return palette
