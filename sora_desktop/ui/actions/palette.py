"""The palette: every action of the window, found by typing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from sora_desktop.ui.actions.action_list import ActionList, id_of
from sora_desktop.ui.actions.keys import is_pressed
from sora_desktop.ui.actions.palette_list import NO_MATCH, PaletteList
from sora_desktop.ui.actions.palette_rows import PaletteRow, all_rows, fitting_rows, option_rows
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.announcement import announce
from sora_desktop.ui.widgets.key_chips import KeyChips

#: Pixels, as all sizes here.
_WIDTH, _TOP, _FIELD, _FOOTER = 640, 112, 52, 36
_MARGIN, _ABOVE_LIST, _PADDING = 16, 4, 8
_MOST_LIST = 420
_PAGE = 8  # rows
#: Of 255: how much of the window is hidden behind the palette.
_DIM, _DIM_OF_LIGHT = 150, 90


class Palette(QWidget):
    """Covers the window while it is open, and is deleted when it closes. Until then it has the focus, and all keys.

    Return runs what does not spend. What spends names its price, and is run by Ctrl+Return or a click.
    """

    ran = Signal(str)  # id of the action that was run

    def __init__(self, window: QWidget, theme: Theme, actions: ActionList, last_used: Sequence[str] = ()) -> None:
        super().__init__(window)
        for other in window.findChildren(Palette):
            other.close_palette()  # both would keep the focus
        self._window = window
        self._theme = theme
        self._actions = actions
        self._last_used = tuple(last_used)
        self._rows = all_rows(actions)
        self._options_of: PaletteRow | None = None
        self._focus_before = window.focusWidget()
        self.setObjectName("paletteDim")
        self._box = QFrame(self)
        self._box.setObjectName("palette")
        self._box.setAccessibleName("Find an action")
        self._count = QLabel()
        self._count.setObjectName("paletteCount")
        self._count.setTextFormat(Qt.TextFormat.PlainText)
        set_property(self._count, "tone", "muted")
        self._title = QLabel()
        self._title.setObjectName("paletteTitle")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        set_property(self._title, "tone", "muted")
        self._title.hide()
        self._field = QLineEdit()
        self._field.setObjectName("paletteField")
        self._field.setAccessibleName("Find an action")
        self._field.setPlaceholderText("Find an action")
        self._field.setProperty("passing", True)  # Cut and Paste are for the field that had the focus before
        self._field.installEventFilter(self)
        self._field.textChanged.connect(lambda _: self._show_rows())
        self._list = PaletteList(theme)
        self._list.chosen.connect(self._click)
        self._list.current_changed.connect(self._show_current)
        self._run_keys = KeyChips(theme, ("⏎",))
        self._run_text = QLabel("run")
        self._run_text.setObjectName("paletteRunText")
        self._run_text.setTextFormat(Qt.TextFormat.PlainText)
        self._option_keys = KeyChips(theme, ("Tab",))
        self._option_text = QLabel("options")
        self._close_text = QLabel("close")
        self._build_layout()
        window.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._application = application
        self._application.focusChanged.connect(self._keep_focus)

    def open(self, options_of: str = "") -> None:
        """Show the palette, at the options of an action if its id is given."""
        self.setGeometry(self._window.rect())
        self._show_rows()
        self.show()
        self.raise_()
        self._field.setFocus(Qt.FocusReason.PopupFocusReason)
        row = next((row for row in self._rows if id_of(row.action) == options_of), None)
        if row is not None:
            self._open_options(row)

    def close_palette(self) -> None:
        """Close, and give the focus back to the part that had it."""
        if not self.isVisible():
            return
        self._window.removeEventFilter(self)
        self._application.focusChanged.disconnect(self._keep_focus)
        self._actions.hidden.emit()
        before = self._focus_before
        if before is not None and isValid(before) and before.isVisible() and before.isEnabled():
            before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.hide()
        for part in (self, self._box, self._field):
            part.setObjectName("")  # it is found by its name until Qt deletes it
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window:
            if event.type() == QEvent.Type.Resize:
                self.setGeometry(self._window.rect())
                self._place()
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # no key runs an action of the window behind
            return True
        if event.type() == QEvent.Type.FocusOut and not self._is_in_active_window:
            self.close_palette()
            return False
        return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._take_key(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()  # the window behind must not get what the field does not take

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._box.geometry().contains(event.position().toPoint()):
            self.close_palette()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        dark = self._theme.is_dark
        ground = QColor(self._theme.color("bg" if dark else "text"))
        ground.setAlpha(_DIM if dark else _DIM_OF_LIGHT)
        painter.fillRect(self.rect(), ground)
        painter.end()

    @property
    def _is_in_active_window(self) -> bool:
        """`isActiveWindow` is true as well while a dialog of the window is active."""
        return QApplication.activeWindow() is self._window

    def _keep_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        """What the window does meanwhile may move the focus, which would send the next letters to other parts."""
        if now is not self._field and self.isVisible() and self._is_in_active_window:
            self._focus_before = now or self._focus_before
            self._field.setFocus(Qt.FocusReason.PopupFocusReason)

    def _take_key(self, event: QKeyEvent) -> bool:
        """Handle a key before the field gets it. False if it is for the field."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        match event.key():
            case Qt.Key.Key_Escape:
                self._back_or_close()
            case Qt.Key.Key_Backspace if not self._field.text() and self._options_of is not None:
                self._back_or_close()
            case Qt.Key.Key_Up:
                self._list.step(-1)
            case Qt.Key.Key_Down:
                self._list.step(1)
            case Qt.Key.Key_PageUp:
                self._list.step(-_PAGE)
            case Qt.Key.Key_PageDown:
                self._list.step(_PAGE)
            case Qt.Key.Key_Tab | Qt.Key.Key_Backtab:
                if self._list.current is not None and self._list.current.enabled and self._list.current.options:
                    self._open_options(self._list.current)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if self._list.current is not None and not event.isAutoRepeat():
                    self._run(self._list.current, may_spend=modifiers == Qt.KeyboardModifier.ControlModifier)
            case _:
                if any(is_pressed(key, event) for key in self._actions["window.palette"].shortcuts()):
                    self.close_palette()
                    return True
                return False
        return True

    def _back_or_close(self) -> None:
        if self._options_of is None:
            self.close_palette()
            return
        row, self._options_of = self._options_of, None
        self._title.hide()
        self._field.setPlaceholderText("Find an action")
        self._field.setText(row.text)
        self._field.selectAll()

    def _open_options(self, row: PaletteRow) -> None:
        self._options_of = row
        self._title.setText(f"{row.text} ›")
        self._title.show()
        self._field.setPlaceholderText("Choose")
        self._field.clear()
        self._show_rows()

    def _click(self, row: PaletteRow) -> None:
        self._run(row, may_spend=True)

    def _run(self, row: PaletteRow, *, may_spend: bool) -> None:
        if not row.enabled:
            set_property(self._run_text, "tone", "warn")
            announce(self._field, f"{row.text}: {row.detail}")
        elif row.options:
            self._open_options(row)
        elif row.spends and not may_spend:
            self._run_text.setText("run: Return alone never spends")
            set_property(self._run_text, "tone", "warn")
            announce(self._field, f"{row.text}, {row.detail}. Press Control and Return to spend it.")
        else:
            run: QAction = row.action
            id = id_of(run if self._options_of is None else self._options_of.action)
            self.close_palette()
            self.ran.emit(id)
            run.trigger()

    def _show_rows(self) -> None:
        rows = self._rows if self._options_of is None else option_rows(self._options_of)
        last_used = self._last_used if self._options_of is None else ()
        fitting = fitting_rows(rows, self._field.text(), last_used)
        kind = "actions" if self._options_of is None else "options"
        self._count.setText(f"{len(fitting)} of {len(rows)} {kind}")
        shows_choice = self._options_of is not None and not self._field.text()
        chosen = next((row for row in fitting if shows_choice and row.action.isChecked()), None)
        self._list.show_rows(fitting, chosen)
        self._place()

    def _show_current(self, row: PaletteRow | None) -> None:
        spends = row is not None and row.enabled and row.spends and not row.options
        self._run_keys.show_keys(("Ctrl", "⏎") if spends else ("⏎",))
        can_run = row is not None and row.enabled
        self._run_keys.setVisible(can_run)
        self._run_text.setText(
            "run, spends" if spends else "run" if can_run else "" if row is None else "cannot be done now"
        )
        set_property(self._run_text, "tone", "muted")
        for part in (self._option_keys, self._option_text):
            part.setVisible(row is not None and row.enabled and bool(row.options))
        self._close_text.setText("close" if self._options_of is None else "back")
        if self._field.hasFocus():
            announce(self._field, NO_MATCH if row is None else row.spoken)

    def _build_layout(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(21, 0, 21, 0)
        top.setSpacing(12)
        icon = QLabel()
        icon.setPixmap(self._theme.icon("magnifying-glass").pixmap(18, 18))
        for part in (icon, self._title):
            top.addWidget(part)
        top.addWidget(self._field, 1)
        top.addWidget(self._count)
        field = QFrame()
        field.setObjectName("paletteTop")
        field.setFixedHeight(_FIELD)
        field.setLayout(top)
        footer = QFrame()
        footer.setObjectName("paletteFooter")
        footer.setFixedHeight(_FOOTER)
        keys = QHBoxLayout(footer)
        keys.setContentsMargins(21, 0, 21, 0)
        keys.setSpacing(8)
        choose = QLabel("choose")
        for label in (choose, self._run_text, self._option_text, self._close_text):
            set_property(label, "tone", "muted")
            label.setProperty("fontSize", "small")
        for chips, label in (
            (KeyChips(self._theme, ("↑", "↓")), choose),
            (self._run_keys, self._run_text),
            (self._option_keys, self._option_text),
        ):
            keys.addWidget(chips)
            keys.addWidget(label)
            keys.addSpacing(8)
        keys.addStretch(1)
        keys.addWidget(KeyChips(self._theme, ("Esc",)))
        keys.addWidget(self._close_text)
        column = QVBoxLayout(self._box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(field)
        column.addSpacing(_ABOVE_LIST)
        column.addWidget(self._list, 1)
        column.addSpacing(_PADDING)
        column.addWidget(footer)

    def _place(self) -> None:
        """Stand in the middle, as high as the rows need and the window allows."""
        around = _FIELD + _FOOTER + _ABOVE_LIST + _PADDING + 2
        top = min(_TOP, max((self.height() - around - _MOST_LIST) // 2, _MARGIN))
        room = self.height() - top - _MARGIN - around
        height = around + max(min(self._list.height_of_all, _MOST_LIST, room), 0)
        width = min(_WIDTH, self.width() - 2 * _MARGIN)
        self._box.setGeometry(QRect((self.width() - width) // 2, top, width, height))
