"""One toast on screen: a card that goes by itself and never takes the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.state.toasts import Toast
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.announcement import announce
from sora_desktop.ui.widgets.elided_label import ElidedLabel

#: Milliseconds that a toast stays while neither pointer nor focus is on it.
LASTS = 6_000
#: Pixels, as all sizes here.
SIZE = QSize(372, 64)
_PICTURE = QSize(76, 43)
_WIDTH_WITH_PICTURE = 340


class ToastCard(QFrame):
    """One toast: picture, text with its link, detail, and a button that closes it."""

    closed = Signal(object)  # Toast
    followed = Signal(object)  # Toast

    def __init__(self, theme: Theme, host: QWidget, lasts: int) -> None:
        super().__init__(host)
        self._theme = theme
        self._toast: Toast | None = None
        self._pressed: Toast | None = None  # what the link said when it was pressed
        self.setProperty("kind", "toast")
        self.setCursor(Qt.CursorShape.ArrowCursor)  # the full screen hides its own
        self.setFixedSize(SIZE)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(lasts)
        self._timer.timeout.connect(self._close)
        self._picture = QLabel()
        self._picture.setFixedSize(_PICTURE)
        self._text = ElidedLabel()
        self._text.setObjectName("toastText")
        self._text.setProperty("weight", "medium")
        self._link = QPushButton()
        self._link.setObjectName("toastLink")
        self._link.setProperty("kind", "link")
        self._link.setAutoDefault(False)
        self._link.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus where it is
        self._link.pressed.connect(self._remember_pressed)
        self._link.clicked.connect(lambda _: self.followed.emit(self._pressed))
        self._detail = ElidedLabel()
        self._detail.setObjectName("toastDetail")
        self._detail.setProperty("tone", "muted")
        self._detail.setProperty("fontSize", "small")
        self._close_button = QToolButton()
        self._close_button.setObjectName("toastCloseButton")
        self._close_button.setAccessibleName("Close message")
        self._close_button.setToolTip("Close")
        self._close_button.setIconSize(QSize(16, 16))
        self._close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close_button.clicked.connect(lambda _: self._close())
        self._dot = QLabel("·")
        self._dot.setProperty("tone", "muted")
        title = QHBoxLayout()
        title.setSpacing(6)
        title.addWidget(self._text, 100)  # all the room up to its width; the rest goes behind the link
        title.addWidget(self._dot)
        title.addWidget(self._link)
        title.addStretch(0)
        lines = QVBoxLayout()
        lines.setSpacing(1)
        lines.addStretch(1)
        lines.addLayout(title)
        lines.addWidget(self._detail)
        lines.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 6, 4)
        row.setSpacing(12)
        row.addWidget(self._picture)
        row.addLayout(lines, 1)
        row.addWidget(self._close_button)
        self.hide()
        theme.changed.connect(self._update_icon)
        self._update_icon()

    @property
    def tab_stops(self) -> tuple[QWidget, ...]:
        """The focusable widgets from left to right."""
        return self._link, self._close_button

    def show_toast(self, toast: Toast | None) -> None:
        """Show a toast and announce it to screen readers; None hides the card."""
        if toast is self._toast:
            return
        before, self._toast = self._toast, toast
        if toast is None:
            self._timer.stop()
            self.hide()
            return
        label = "" if toast.action is None else toast.action.label
        self._text.set_max_lines(1 if toast.detail or label else 2)
        self._text.show_text(toast.text)
        most = QSizePolicy.Policy.Maximum if label else QSizePolicy.Policy.Ignored  # the link follows the text
        self._text.setSizePolicy(most, QSizePolicy.Policy.Fixed)
        self._link.setText(label)
        for part in (self._dot, self._link):
            part.setVisible(bool(label))
        self._detail.show_text(toast.detail)
        self._detail.setVisible(bool(toast.detail))
        self._show_picture(toast)
        self.setAccessibleName(" ".join(filter(None, (toast.text, toast.detail))))
        self.show()
        self.raise_()
        self._wait()
        if before is None or before.text != toast.text:
            announce(self, self.accessibleName())

    def move_to(self, host: QWidget) -> None:
        """Stand over another widget, as visible as before."""
        self.setParent(host)
        if self._toast is not None:
            self.show()
            self.raise_()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._wait()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def watch_focus(self) -> None:
        """Stay while the focus is on a part of the card."""
        if self._is_held() == self._timer.isActive():
            self._wait()

    def _is_held(self) -> bool:
        focused = QApplication.focusWidget()
        return self.underMouse() or (focused is not None and self.isAncestorOf(focused))

    def _wait(self) -> None:
        """Start the time to go, unless pointer or focus is on the card."""
        if self._toast is None or self._is_held():
            self._timer.stop()
        else:
            self._timer.start()

    def _remember_pressed(self) -> None:
        self._pressed = self._toast

    def _close(self) -> None:
        if self._toast is not None:
            self.closed.emit(self._toast)

    def _show_picture(self, toast: Toast) -> None:
        image = QImage() if toast.picture is None else QImage(str(toast.picture))
        self._picture.setVisible(not image.isNull() and self.width() >= _WIDTH_WITH_PICTURE)
        if image.isNull():
            return
        density = self.devicePixelRatioF()
        smooth = Qt.TransformationMode.SmoothTransformation
        covering = image.scaled(_PICTURE * density, Qt.AspectRatioMode.KeepAspectRatioByExpanding, smooth)
        middle = QRect(0, 0, round(_PICTURE.width() * density), round(_PICTURE.height() * density))
        middle.moveCenter(covering.rect().center())
        pixmap = QPixmap.fromImage(covering.copy(middle))
        pixmap.setDevicePixelRatio(density)
        self._picture.setPixmap(pixmap)

    def _update_icon(self) -> None:
        self._close_button.setIcon(self._theme.icon("x", "muted"))
