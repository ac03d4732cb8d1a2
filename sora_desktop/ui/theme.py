"""Colors, font and icons of the window. Switches between light and dark at run time."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from string import Template
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette, QRawFont
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.ui.widgets.icons import IconFont

#: What the user can choose; "system" follows the desktop.
THEME_NAMES = ("system", "light", "dark")


class Tokens(NamedTuple):
    """The colors of one color scheme, as #rrggbb."""

    bg: str
    panel: str
    raised: str
    selected: str
    line: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_text: str
    ok: str
    warn: str
    error: str


def read_tokens(file: Path) -> dict[str, Tokens]:
    """Both color schemes, "dark" and "light"."""
    return {name: Tokens(**colors) for name, colors in json.loads(file.read_text("utf-8")).items()}


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the stylesheet selects by, such as tone, and restyle the widget."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


class Theme(QObject):
    """Styles the application. Widgets that paint or show icons update on `changed`."""

    changed = Signal()

    def __init__(self, tokens_dir: Path, app: QApplication, *, styled: bool = True) -> None:
        """`tokens_dir` holds tokens.json and window.qss.

        `styled=False` leaves the stylesheet to `apply_stylesheet()`: with a stylesheet set, Qt polishes the whole
        window again for each widget that is added to it.
        """
        super().__init__()
        self._app = app
        self._styled = styled
        self._schemes = read_tokens(tokens_dir / "tokens.json")
        self._stylesheet = Template((tokens_dir / "window.qss").read_text("utf-8"))
        self._icons: IconFont | None = None
        self._choice = "system"
        app.setStyle("Fusion")
        self._font = _window_font()
        self._stems_darkened = _has_darkened_stems(self._font, app.devicePixelRatio())
        self._scheme = self._current_scheme()
        self._apply()
        app.styleHints().colorSchemeChanged.connect(self._update_scheme)

    @property
    def choice(self) -> str:
        """What the user chose: "system", "dark" or "light"."""
        return self._choice

    @property
    def is_dark(self) -> bool:
        return self._scheme == "dark"

    @property
    def tokens(self) -> Tokens:
        return self._schemes[self._scheme]

    def choose(self, name: str) -> None:
        """Set the theme to one of THEME_NAMES. An unknown name follows the system."""
        self._choice = name if name in THEME_NAMES else "system"
        qt_schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
        self._app.styleHints().setColorScheme(qt_schemes.get(self._choice, Qt.ColorScheme.Unknown))
        self._update_scheme()

    def apply_stylesheet(self) -> None:
        """Set the stylesheet that `styled=False` deferred."""
        self._styled = True
        self._apply()

    def color(self, tone: str) -> QColor:
        """The color of text in this tone, which is a token's name; "accent" returns the accent readable as text."""
        return QColor(getattr(self.tokens, "accent_text" if tone == "accent" else tone))

    def icon(self, name: str, tone: str = "muted") -> QIcon:
        """A Phosphor icon, such as "ph.play" or "play", in this tone."""
        if self._icons is None:
            self._icons = IconFont()
        return self._icons.icon(name.removeprefix("ph."), self.color(tone), self.color("faint"))

    def _weights(self) -> dict[str, int]:
        """Font weights that look like 400, 500 and 600. Stem darkening is most visible in light text on dark."""
        if self._stems_darkened and self.is_dark:
            return {"normal": 350, "medium": 400, "bold": 500}
        return {"normal": 400, "medium": 500, "bold": 600}

    def _current_scheme(self) -> str:
        if self._choice != "system":
            return self._choice
        return "light" if self._app.styleHints().colorScheme() == Qt.ColorScheme.Light else "dark"

    def _update_scheme(self) -> None:
        scheme = self._current_scheme()
        if scheme != self._scheme:
            self._scheme = scheme
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        tokens = self.tokens
        weights = self._weights()
        self._app.setFont(self.weighted(self._font, "normal"))
        self._app.setPalette(_palette(tokens))
        if not self._styled:
            return
        hover = tokens.line if self.is_dark else "#e6e9ef"
        edge = tokens.selected if self.is_dark else tokens.line
        self._app.setStyleSheet(
            self._stylesheet.substitute(tokens._asdict() | weights, hover=hover, selected_edge=edge)
        )

    def weighted(self, font: QFont, weight: str) -> QFont:
        """A copy of the font that looks "normal", "medium" or "bold" on this system."""
        copy = QFont(font)
        copy.setWeight(QFont.Weight(self._weights()[weight]))
        return copy


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
        role.PlaceholderText: tokens.faint,
        role.Button: tokens.raised,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.error,
        role.ToolTipBase: tokens.raised,
        role.ToolTipText: tokens.text,
        role.Highlight: tokens.accent,
        role.HighlightedText: "#ffffff",
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
