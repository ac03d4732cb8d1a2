"""Colors, font weights and icons of the window and of its parts."""

from __future__ import annotations

from functools import cached_property
from string import Template
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QIcon
from PySide6.QtWidgets import QWidget

from sora_desktop.ui.widgets.icons import IconFont


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


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the stylesheet selects by, such as tone, and restyle the widget."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


class Shared:
    """What the themes of all parts have in common."""

    def __init__(self, stylesheet: Template, *, stems_darkened: bool) -> None:
        """`stylesheet` names tokens and font weights. `stems_darkened`: whether Qt draws the font bolder than it is."""
        self.stylesheet = stylesheet
        self.stems_darkened = stems_darkened

    @cached_property
    def icons(self) -> IconFont:
        """The icons. They are loaded when the first one is asked for."""
        return IconFont()


class Theme(QObject):
    """What a part of the window looks like. Widgets that paint or show icons update on `changed`."""

    changed = Signal()

    def __init__(self, shared: Shared) -> None:
        super().__init__()
        self.shared = shared

    @property
    def tokens(self) -> Tokens:
        raise NotImplementedError

    @property
    def tokens_on_black(self) -> Tokens:
        """The colors of what stands around pictures on black, in every color scheme."""
        raise NotImplementedError

    @property
    def is_dark(self) -> bool:
        raise NotImplementedError

    @property
    def animates(self) -> bool:
        """False if the user has asked the system for less motion. Whatever moves by itself asks."""
        raise NotImplementedError

    @property
    def stylesheet(self) -> str:
        """The stylesheet of widgets in this theme."""
        return self.shared.stylesheet.substitute(self.tokens._asdict() | self._weights())

    def color(self, tone: str) -> QColor:
        """The color of text in this tone, which is a token's name; "accent" returns the accent readable as text."""
        return QColor(getattr(self.tokens, "accent_text" if tone == "accent" else tone))

    def color_on_picture(self, tone: str) -> QColor:
        """The color of a sign in this tone on a dark ground, such as a poster's, in every color scheme."""
        return QColor(getattr(self.tokens_on_black, tone))

    def icon(self, name: str, tone: str = "muted") -> QIcon:
        """A Phosphor icon, such as "ph.play" or "play", in this tone."""
        return self.shared.icons.icon(name.removeprefix("ph."), self.color(tone), self.color("faint"))

    def weighted(self, font: QFont, weight: str) -> QFont:
        """A copy of the font that looks "normal", "medium" or "bold" on this system."""
        copy = QFont(font)
        copy.setWeight(QFont.Weight(self._weights()[weight]))
        return copy

    def _weights(self) -> dict[str, int]:
        """Font weights that look like 400, 500 and 600. Stem darkening is most visible in light text on dark."""
        if self.shared.stems_darkened and self.is_dark:
            return {"normal": 350, "medium": 400, "bold": 500}
        return {"normal": 400, "medium": 500, "bold": 600}


class PartTheme(Theme):
    """The theme of one part of the window, which may be shown on black: with light texts in every color scheme."""

    def __init__(self, theme: Theme) -> None:
        """`theme`: of the window."""
        super().__init__(theme.shared)
        self._theme = theme
        self._part: QWidget | None = None  # while it is on black
        theme.changed.connect(self._follow)

    @property
    def tokens(self) -> Tokens:
        return self._theme.tokens if self._part is None else self.tokens_on_black

    @property
    def tokens_on_black(self) -> Tokens:
        return self._theme.tokens_on_black

    @property
    def is_dark(self) -> bool:
        return self._theme.is_dark or self._part is not None

    @property
    def animates(self) -> bool:
        return self._theme.animates

    def show_on_black(self, part: QWidget | None) -> None:
        """Style this part for a black ground, or the last one for the window again: None."""
        before, self._part = self._part, part
        if before is not None:
            before.setStyleSheet("")
        self._follow()

    def _follow(self) -> None:
        if self._part is not None:
            self._part.setStyleSheet(self.stylesheet)
        self.changed.emit()
