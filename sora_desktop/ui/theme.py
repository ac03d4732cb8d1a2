"""Colors, font and icons of the window. Switches between light, dark and high contrast at run time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette, QRawFont
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.ui.widgets.icons import IconFont

#: What the user can choose, by name; "system" follows the desktop. The other names are those of color schemes.
THEMES = {
    "system": "Same as system",
    "light": "Light",
    "dark": "Dark",
    "contrast-light": "High contrast, light",
    "contrast-dark": "High contrast, dark",
}
_CONTRAST = "contrast-"  # begins the names of color schemes with high contrast


class Tokens(NamedTuple):
    """The colors of one color scheme, as #rrggbb unless said otherwise."""

    bg: str
    panel: str
    raised: str
    selected: str
    line: str
    text: str
    muted: str
    placeholder: str
    faint: str  # decoration, disabled parts, and what is said elsewhere too
    accent: str
    accent_text: str
    ok: str
    warn: str
    error: str
    button: str  # ground of the one button in the accent color; darker, for the contrast of small text
    on_accent: str  # text on the accent or the button
    hover: str
    edge: str  # border of what is selected or stands over other parts
    outline: str  # the same where a ground is enough unless high contrast is asked for: "transparent"


def read_tokens(file: Path) -> dict[str, Tokens]:
    """The color schemes by name: "dark", "light", "contrast-dark" and "contrast-light"."""
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
        super().__init__()
        self._app = app
        self._styled = styled
        self._schemes = read_tokens(tokens_dir / "tokens.json")
        self._stylesheet = Template((tokens_dir / "window.qss").read_text("utf-8"))
        self._icons: IconFont | None = None
        self._choice = "system"
        self._animates = True
        self._hints = app.styleHints()  # kept: with this object, PySide gives up the one that it returns for access
        self._wants_contrast = wants_contrast or self._system_wants_contrast
        app.setStyle("Fusion")
        self._font = _window_font()
        self._stems_darkened = _has_darkened_stems(self._font, app.devicePixelRatio())
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

    def color(self, tone: str) -> QColor:
        """The color of text in this tone, which is a token's name; "accent" returns the accent readable as text."""
        return QColor(getattr(self.tokens, "accent_text" if tone == "accent" else tone))

    def color_on_picture(self, tone: str) -> QColor:
        """The color of a sign in this tone on a dark ground, such as a poster's, in every color scheme."""
        return QColor(getattr(self.tokens_on_black, tone))

    @property
    def tokens_on_black(self) -> Tokens:
        """The colors of what stands around pictures on black, in every color scheme."""
        dark = f"{_CONTRAST}dark" if self._scheme.startswith(_CONTRAST) else "dark"
        return self._schemes[dark]._replace(bg="#000000")

    @property
    def animates(self) -> bool:
        """False if the user has asked the system for less motion. Whatever moves by itself asks."""
        return self._animates

    def set_animates(self, animates: bool) -> None:
        """Let parts move, or show each at once where it ends; menus and tool tips, too."""
        self._animates = animates
        if not animates:
            for effect in Qt.UIEffect:
                self._app.setEffectEnabled(effect, False)

    def icon(self, name: str, tone: str = "muted") -> QIcon:
        """A Phosphor icon, such as "ph.play" or "play", in this tone."""
        return self._icon_font().icon(name.removeprefix("ph."), self.color(tone), self.color("faint"))

    def _icon_font(self) -> IconFont:
        if self._icons is None:
            self._icons = IconFont()
        return self._icons

    def _weights(self) -> dict[str, int]:
        """Font weights that look like 400, 500 and 600. Stem darkening is most visible in light text on dark."""
        if self._stems_darkened and self.is_dark:
            return {"normal": 350, "medium": 400, "bold": 500}
        return {"normal": 400, "medium": 500, "bold": 600}

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
            self._app.setStyleSheet(self._stylesheet_of(self.tokens))

    def _stylesheet_of(self, tokens: Tokens) -> str:
        return self._stylesheet.substitute(tokens._asdict() | self._weights())

    def weighted(self, font: QFont, weight: str) -> QFont:
        """A copy of the font that looks "normal", "medium" or "bold" on this system."""
        copy = QFont(font)
        copy.setWeight(QFont.Weight(self._weights()[weight]))
        return copy


class PartTheme(Theme):
    """The theme of one part of the window, which may be shown on black: with light texts in every color scheme."""

    def __init__(self, theme: Theme) -> None:
        QObject.__init__(self)  # it styles no application
        self._theme = theme
        self._part: QWidget | None = None  # while it is on black
        self._stems_darkened = theme._stems_darkened
        theme.changed.connect(self._follow)

    @property
    def choice(self) -> str:
        return self._theme.choice

    @property
    def is_dark(self) -> bool:
        return self._theme.is_dark or self._part is not None

    @property
    def tokens(self) -> Tokens:
        return self._theme.tokens if self._part is None else self.tokens_on_black

    @property
    def tokens_on_black(self) -> Tokens:
        return self._theme.tokens_on_black

    @property
    def animates(self) -> bool:
        return self._theme.animates

    def show_on_black(self, part: QWidget | None) -> None:
        """Style this part for a black ground, or the last one for the window again: None."""
        before, self._part = self._part, part
        if before is not None:
            before.setStyleSheet("")
        self._follow()

    def _icon_font(self) -> IconFont:
        return self._theme._icon_font()

    def _follow(self) -> None:
        if self._part is not None:
            self._part.setStyleSheet(self._theme._stylesheet_of(self.tokens))
        self.changed.emit()


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
