"""Round corners for windows without a frame: lists of options and menus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QBitmap, QGuiApplication, QPainter, QRegion
from PySide6.QtWidgets import QMenu, QWidget

from sora_desktop.ui.theme import set_property

#: Pixels, as in the stylesheet.
RADIUS = 8


class RoundCorners(QObject):
    """Lets the ground be seen behind the corners of a window, or cuts them off.

    X11 shows transparent parts as black where no compositor runs, which Qt does not tell.
    """

    def __init__(self, window: QWidget) -> None:
        """`window` is a popup that was not shown yet. It or the stylesheet draws its border."""
        super().__init__(window)
        window.setWindowFlags(
            window.windowFlags() | Qt.WindowType.FramelessWindowHint | Qt.WindowType.NoDropShadowWindowHint
        )
        self.cut = QGuiApplication.platformName() == "xcb"
        if self.cut:
            window.installEventFilter(self)
        else:
            window.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            watched.setMask(_rounded(watched.size()))
        return False


def round_menu(menu: QMenu) -> None:
    """Give a menu round corners when it is opened for the first time: a start needs none. More calls do nothing."""

    def round_once() -> None:
        if not menu.property("rounded"):
            set_property(menu, "rounded", True)
            RoundCorners(menu)

    menu.aboutToShow.connect(round_once)


def _rounded(size: QSize) -> QRegion:
    mask = QBitmap(size)
    mask.fill(Qt.GlobalColor.color0)
    painter = QPainter(mask)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(Qt.GlobalColor.color1)
    painter.drawRoundedRect(mask.rect(), RADIUS, RADIUS)
    painter.end()
    return QRegion(mask)
