"""The bar above compared clips: how they are shown, and how large."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from sora_desktop.ui.compare.compare_actions import MODES, CompareActions
from sora_desktop.ui.compare.stage_places import BAR_HEIGHT, Mode
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.player.player_keys import PlayerCommand
from sora_desktop.ui.player.zoom import Zoom
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.action_button import bind_button, name_action
from sora_desktop.ui.widgets.choice_row import ChoiceRow
from sora_desktop.ui.widgets.key_button import KeyCap
from sora_desktop.ui.widgets.round_corners import round_menu

_NARROW, _TIGHT = 860, 700  # pixels; below these widths buttons have no text, and less important parts are hidden
_FIT, _FULL = "fit", "full"


class CompareBar(QFrame):
    """Its buttons are actions."""

    def __init__(self, theme: Theme, actions: CompareActions, of_player: PlayerActions) -> None:
        super().__init__()
        self._theme = theme
        self._actions = actions
        self._is_nudged = False
        self.setObjectName("compareBar")
        self.setFixedHeight(BAR_HEIGHT)
        title = QLabel("Compare")
        title.setTextFormat(Qt.TextFormat.PlainText)
        set_property(title, "weight", "medium")
        self._count = QLabel()
        self._count.setTextFormat(Qt.TextFormat.PlainText)
        self._count.setObjectName("compareCount")
        set_property(self._count, "tone", "muted")
        self._lock = _tool_button("frameLockButton", "Frame lock", "All clips show the same moment; one can be nudged")
        self._lock.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._lock)
        menu.setObjectName("frameLockMenu")
        round_menu(menu)
        menu.addActions([actions.nudge_back, actions.nudge_forward, actions.reset_nudges])
        self._lock.setMenu(menu)
        modes = [(mode.value, label) for mode, (_, label) in MODES.items()]
        self._modes = ChoiceRow("compareMode", "Show", modes, click_focuses=False)
        self._zoom = ChoiceRow("compareZoom", "Zoom", [(_FIT, "Fit"), (_FULL, "100 %")], click_focuses=False)
        self._swap = _tool_button("swapButton", "Swap", "Swap A with the other clip")
        self._close = _tool_button("closeCompareButton", "Close", "Leave compare (Esc)")
        bind_button(self._swap, actions.swap)
        bind_button(self._close, actions.close)
        line = self._line = QFrame()
        line.setObjectName("barDivider")
        line.setFixedSize(1, 20)
        self._escape = KeyCap(theme, "Esc")
        left, right = QHBoxLayout(), QHBoxLayout()
        for part in (title, self._count):
            left.addWidget(part)
        left.addSpacing(4)
        left.addWidget(self._lock)
        left.addStretch(1)
        right.addStretch(1)
        right.addWidget(self._zoom, 0, Qt.AlignmentFlag.AlignVCenter)
        right.addSpacing(8)
        for widget in (self._swap, line, self._close, self._escape):
            right.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        for layout in (left, right, row):
            layout.setSpacing(8)
        row.addLayout(left, 1)  # equal sides: the modes stand in the middle where there is room
        row.addWidget(self._modes, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(right, 1)
        for choice in (self._modes, self._zoom):
            choice.setFixedHeight(34)
        zooms = {_FIT: of_player[PlayerCommand.ZOOM_FIT], _FULL: of_player[PlayerCommand.ZOOM_FULL]}
        self._zoom.chosen.connect(lambda value: zooms[value].trigger())
        for button, action in zip(self._modes.buttons(), actions.modes.values(), strict=True):
            bind_button(button, action)
        for button, action in zip(self._zoom.buttons(), zooms.values(), strict=True):
            name_action(button, action)
        theme.changed.connect(self._update_icons)
        self._update_icons()

    def show_state(self, clips: int, mode: Mode, zoom: Zoom, nudged: str) -> None:
        """`nudged`: which clip is not where the clock is, such as "B +1"; empty if none is."""
        self._count.setText(str(clips))
        self._actions.modes[mode].setChecked(True)
        self._zoom.select(_FIT if zoom.scale is None else _FULL if zoom.scale == 1.0 else "")
        self._lock.setText(f"Nudged: {nudged}" if nudged else "Frame lock")
        self._lock.setAccessibleName(self._lock.text())
        self._is_nudged = bool(nudged)
        self._update_icons()

    @property
    def focused_mode(self) -> Mode | None:
        """The mode whose button has the focus, by keys: a click gives it to none of them."""
        buttons = zip(self._actions.modes, self._modes.buttons(), strict=True)
        return next((mode for mode, button in buttons if button.hasFocus()), None)

    def tab_order(self) -> list[QWidget]:
        """The focusable widgets from left to right."""
        return [self._lock, *self._modes.buttons(), *self._zoom.buttons(), self._swap, self._close]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        style = Qt.ToolButtonStyle
        narrow = event.size().width() < _NARROW
        for button in (self._lock, self._swap):
            button.setToolButtonStyle(style.ToolButtonIconOnly if narrow else style.ToolButtonTextBesideIcon)
        self._escape.setVisible(not narrow)
        for part in (self._count, self._line):
            part.setVisible(event.size().width() >= _TIGHT)

    def _update_icons(self) -> None:
        self._lock.setIcon(self._theme.icon("link-break" if self._is_nudged else "link"))
        self._swap.setIcon(self._theme.icon("arrows-left-right", "text"))
        self._close.setIcon(self._theme.icon("x", "text"))


def _tool_button(name: str, text: str, tool_tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setAccessibleName(text)
    button.setToolTip(tool_tip)
    button.setIconSize(QSize(16, 16))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
