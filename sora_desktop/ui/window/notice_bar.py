"""The messages above the player."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from sora_desktop.state.notices import Notice, Notices
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.announcement import announce


class _DismissButton(QToolButton):
    """Ignores the second half of a double click: by then, another notice has come under the pointer."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()


class _NoticeRow(QWidget):
    """One notice: its text, the link to what can be done about it, and a button that dismisses it."""

    dismissed = Signal(str)  # the subject of the notice
    followed = Signal(object)  # NoticeAction

    def __init__(self, theme: Theme, suffix: str) -> None:
        """`suffix`: what follows the object names, which differ between rows."""
        super().__init__()
        self._theme = theme
        self._notice = Notice("")
        self._label = QLabel()
        self._label.setObjectName(f"noticeLabel{suffix}")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.link = _link(f"noticeLink{suffix}")
        self.link.clicked.connect(lambda _: self.followed.emit(self._notice.action))
        self.dismiss_button = _DismissButton()
        self.dismiss_button.setObjectName(f"noticeDismissButton{suffix}")
        self.dismiss_button.setAccessibleName("Dismiss notice")
        self.dismiss_button.setToolTip("Dismiss")
        self.dismiss_button.setIconSize(QSize(16, 16))
        self.dismiss_button.clicked.connect(lambda _: self.dismissed.emit(self._notice.subject))
        self.parts = QHBoxLayout(self)
        self.parts.setContentsMargins(0, 0, 0, 0)
        self.parts.addWidget(self._label, 1)
        self.parts.addWidget(self.link)
        self.parts.addWidget(self.dismiss_button)
        theme.changed.connect(self._update_icon)
        self._update_icon()

    def show_notice(self, notice: Notice) -> None:
        """Show this notice and nothing else."""
        self._notice = notice
        self._label.setText(notice.text)
        self._label.setAccessibleName(f"Notice: {notice.text}")
        set_property(self._label, "tone", notice.tone)
        self.link.setText("" if notice.action is None else notice.action.label)
        self.link.setVisible(notice.action is not None)
        self.parts.activate()  # at once: the bar asks for the height

    def _update_icon(self) -> None:
        self.dismiss_button.setIcon(self._theme.icon("x", "muted"))


class NoticeBar(QFrame):
    """Shows the first notice and how many more there are, or all of them. Hidden while there is none."""

    dismissed = Signal(str)  # the subject of the notice
    resized = Signal()  # its height may have changed

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        """Its place in `parent` is another part's to keep, which makes room for it."""
        super().__init__(parent)
        self._theme = theme
        self._notices: Notices = ()
        self._is_expanded = False
        self._rows: list[_NoticeRow] = []
        self.setObjectName("noticeBar")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(14, 5, 8, 5)
        self._column.setSpacing(6)
        first = self._add_row()
        self._more_button = _link("noticeMoreButton")
        self._more_button.clicked.connect(lambda _: self._expand(not self._is_expanded))
        first.parts.insertWidget(2, self._more_button)
        #: The window gives them their place in the tab order.
        self.tab_stops: tuple[QWidget, ...] = (first.link, self._more_button, first.dismiss_button)
        self.hide()

    def show_notices(self, notices: Notices) -> None:
        """Show these notices, the most important first."""
        new = [notice.text for notice in notices if notice.text not in {other.text for other in self._notices}]
        self._notices = notices
        if len(notices) < 2:
            self._is_expanded = False
        self._render()
        for text in new:
            announce(self, text)

    def stand_at(self, corner: QPoint, width: int) -> None:
        """Stand with the top left corner at this point of the parent, as high as the messages need."""
        self.setGeometry(QRect(corner, QSize(width, self.heightForWidth(width))))
        self.raise_()

    def _expand(self, is_expanded: bool) -> None:
        self._is_expanded = is_expanded
        self._render()

    def _render(self) -> None:
        shown = self._notices if self._is_expanded else self._notices[:1]
        while len(self._rows) < len(shown):
            self._add_row()
        for row, notice in zip(self._rows, shown, strict=False):
            row.show_notice(notice)
        for number, row in enumerate(self._rows):
            row.setVisible(number < len(shown))
        more = len(self._notices) - 1
        self._more_button.setText("Show less" if self._is_expanded else f"{more} more")
        self._more_button.setAccessibleName("Show less" if self._is_expanded else f"Show {more} more notices")
        self._more_button.setVisible(more > 0)
        self.setVisible(bool(shown))
        self.resized.emit()

    def _add_row(self) -> _NoticeRow:
        number = len(self._rows)
        row = _NoticeRow(self._theme, f":{number}" if number else "")
        row.dismissed.connect(self.dismissed)
        row.followed.connect(lambda action: action.run())
        self._rows.append(row)
        self._column.addWidget(row)
        return row


def _link(name: str) -> QPushButton:
    link = QPushButton()
    link.setObjectName(name)
    link.setProperty("kind", "link")
    link.setAutoDefault(False)
    link.hide()
    return link
