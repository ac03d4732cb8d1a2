"""Colours, font and icons of the window, light and dark, switched live."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette, QRawFont
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.ui.widgets.icons import IconFont

#: What a person can choose; "system" follows the desktop.
THEME_NAMES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one look, as #rrggbb."""

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
    """Both looks, "dark" and "light"."""
    return {name: Tokens(**colours) for name, colours in json.loads(file.read_text("utf-8")).items()}


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the stylesheet selects by, such as tone, and have the widget look again."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


class Theme(QObject):
    """Dresses the application. Whoever paints or shows an icon asks again on `changed`."""

    changed = Signal()

    def __init__(self, tokens_dir: Path, app: QApplication, *, dressed: bool = True) -> None:
        """`tokens_dir` holds tokens.json and window.qss.

        Where it is not `dressed` yet, the stylesheet waits for `dress()`: a window that is built under one is polished
        again from top to bottom with each part that is put into it.
        """
        super().__init__()
        self._app = app
        self._dressed = dressed
        self._looks = read_tokens(tokens_dir / "tokens.json")
        self._sheet = Template((tokens_dir / "window.qss").read_text("utf-8"))
        self._icons: IconFont | None = None
        self._choice = "system"
        app.setStyle("Fusion")
        self._font = _window_font()
        self._thickened = _is_thickened(self._font, app.devicePixelRatio())
        self._name = self._wanted()
        self._dress()
        app.styleHints().colorSchemeChanged.connect(self._look_again)

    @property
    def choice(self) -> str:
        """What the person chose: "system", "dark" or "light"."""
        return self._choice

    @property
    def is_dark(self) -> bool:
        return self._name == "dark"

    @property
    def tokens(self) -> Tokens:
        return self._looks[self._name]

    def choose(self, name: str) -> None:
        """Follow the system, or stay dark or light. An unknown name follows the system."""
        self._choice = name if name in THEME_NAMES else "system"
        schemes = {"dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
        self._app.styleHints().setColorScheme(schemes.get(self._choice, Qt.ColorScheme.Unknown))
        self._look_again()

    def dress(self) -> None:
        """Put the stylesheet on, over all that is built."""
        self._dressed = True
        self._dress()

    def ink(self, tone: str) -> QColor:
        """The colour in which text of that tone is written: a token's name; "accent" gives the readable accent."""
        return QColor(getattr(self.tokens, "accent_text" if tone == "accent" else tone))

    def icon(self, name: str, tone: str = "muted") -> QIcon:
        """A Phosphor icon, such as "ph.play" or "play", in that tone."""
        if self._icons is None:
            self._icons = IconFont()
        return self._icons.icon(name.removeprefix("ph."), self.ink(tone), self.ink("faint"))

    def _weights(self) -> dict[str, int]:
        """What looks like 400, 500 and 600. Light text on a dark ground is where thickened stems show most."""
        if self._thickened and self.is_dark:
            return {"normal": 350, "medium": 400, "bold": 500}
        return {"normal": 400, "medium": 500, "bold": 600}

    def _wanted(self) -> str:
        if self._choice != "system":
            return self._choice
        return "light" if self._app.styleHints().colorScheme() == Qt.ColorScheme.Light else "dark"

    def _look_again(self) -> None:
        name = self._wanted()
        if name != self._name:
            self._name = name
            self._dress()
            self.changed.emit()

    def _dress(self) -> None:
        tokens = self.tokens
        weights = self._weights()
        self._app.setFont(self.weighted(self._font, "normal"))
        self._app.setPalette(_palette(tokens))
        if not self._dressed:
            return
        hover = tokens.line if self.is_dark else "#e6e9ef"
        edge = tokens.selected if self.is_dark else tokens.line
        self._app.setStyleSheet(self._sheet.substitute(asdict(tokens) | weights, hover=hover, selected_edge=edge))

    def weighted(self, font: QFont, weight: str) -> QFont:
        """The font in a weight that looks "normal", "medium" or "bold" here."""
        made = QFont(font)
        made.setWeight(QFont.Weight(self._weights()[weight]))
        return made


def _window_font() -> QFont:
    """Inter where it is installed, else the system's own, at 13 px."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    if QFontDatabase.hasFamily("Inter"):
        font.setFamilies(["Inter", font.family()])
    font.setPixelSize(13)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _is_thickened(font: QFont, scale: float) -> bool:
    """True where Qt draws the font bolder than it is: FreeType's stem darkening, which nothing turns off.

    It befalls fonts with PostScript outlines (Inter's, say) while they are small.
    """
    if sys.platform in ("win32", "darwin") or scale >= 1.5:
        return False
    return not QRawFont.fromFont(font).fontTable("CFF ").isEmpty()


def _palette(tokens: Tokens) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for name, colour in {
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
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.faint))
    return palette
