"""Toasts over the library's bottom corner, above each other."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPoint, QPropertyAnimation, QRect, QTimer, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.state.toasts import Slots
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.tab_order import chain
from sora_desktop.ui.window.toast_card import LASTS, SIZE, ToastCard

#: Milliseconds between two looks whether the pointer has left the stack, and for which a toast moves.
_WAIT, _MOVES = 100, 160
#: Pixels, as all sizes here.
_MARGIN, _GAP = 16, 8
_LEAST_WIDTH = 240
_ROOM = SIZE.width() + 2 * _MARGIN


class ToastStack(QObject):
    """The toasts in a corner of the window, or of what covers the screen: the one that came first nearest to it.

    When one goes, those that came later move up to the corner. They wait while the pointer is on the stack: the next
    click must not hit another toast.
    """

    closed = Signal(object)  # Toast
    followed = Signal(object)  # Toast

    def __init__(self, theme: Theme, host: QWidget, lasts: int = LASTS) -> None:
        """`lasts`: milliseconds until a toast goes by itself."""
        super().__init__(host)
        self._host = self._window = host
        self._top: int | None = None
        self._lift = self._next_lift = 0
        self._theme = theme
        self._lasts = lasts
        self._width = SIZE.width()
        self._cards: list[ToastCard] = []  # made when their slot is first used: a start needs none
        self._places: list[ToastCard | None] = []  # from the corner on; None: one has gone
        self._moves: list[QPropertyAnimation] = []
        self._waiting = QTimer(self)  # for the pointer to leave the stack
        self._waiting.setInterval(_WAIT)
        self._waiting.timeout.connect(self._close_up)
        host.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_changed)

    def render_slots(self, slots: Slots) -> None:
        """Show these toasts."""
        for slot in range(len(self._cards), len(slots)):
            if any(slots[slot:]):
                self._add_card(slot)
        if not any(self._places):
            self._lift = self._next_lift
        for card, toast in zip(self._cards, slots, strict=False):
            if toast is None and card in self._places:
                self._places[self._places.index(card)] = None
            elif toast is not None and card not in self._places:
                self._places.append(card)
                card.move(self._corner_of(card))
            card.show_toast(toast)
        self._close_up()
        seen = [card for card in self._places if card is not None]
        chain(stop for card in (reversed(seen) if self._top is None else seen) for stop in card.tab_stops)

    def place(self, top: int | None, lift: int = 0, room: int = _ROOM) -> None:
        """Stand in the bottom corner; with `top`, in the top corner, so many pixels below the edge.

        `lift`: pixels that stay free below the toasts; they move once the pointer is not on them. `room`: the width of
        what they stand over; they are narrower if it is.
        """
        self._top = top
        self._next_lift = lift
        self._width = min(SIZE.width(), max(room - 2 * _MARGIN, _LEAST_WIDTH))
        self._move()
        self._close_up()

    def stand_over(self, cover: QWidget | None) -> None:
        """Stand in the top corner of what covers the screen instead; None: of the window again."""
        self._host.removeEventFilter(self)
        self._host = self._window if cover is None else cover
        self._host.installEventFilter(self)
        for card in self._cards:
            card.move_to(self._host)
        self._move()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._move()
        return False

    def _add_card(self, slot: int) -> None:
        card = ToastCard(self._theme, self._host, self._lasts)
        card.setObjectName(f"toast:{slot}")
        card.closed.connect(self.closed)
        card.followed.connect(self.followed)
        card.setFixedWidth(self._width)
        self._cards.append(card)

    def _close_up(self) -> None:
        """Move the toasts to the corner, once the pointer is not on them."""
        while self._places and self._places[-1] is None:
            self._places.pop()
        if None not in self._places and self._lift == self._next_lift:
            self._waiting.stop()
        elif self._places and self._is_pointed_at():
            self._waiting.start()
        else:
            self._waiting.stop()
            self._lift = self._next_lift
            self._places = [card for card in self._places if card is not None]
            self._move(animated=self._theme.animates)

    def _is_pointed_at(self) -> bool:
        """True if the pointer is on a toast, or where one has been."""
        first, last = (self._place_at(step) for step in (0, len(self._places) - 1))
        return first.united(last).contains(self._host.mapFromGlobal(QCursor.pos()))

    def _move(self, *, animated: bool = False) -> None:
        for move in self._moves:
            move.stop()
            move.deleteLater()
        self._moves = []
        for card in self._cards:
            card.setFixedWidth(self._width)
            end = self._corner_of(card)
            if animated and card.isVisible() and card.pos() != end:
                move = QPropertyAnimation(card, b"pos", self)
                move.setDuration(_MOVES)
                move.setEasingCurve(QEasingCurve.Type.OutCubic)
                move.setEndValue(end)
                move.start()
                self._moves.append(move)
            else:
                card.move(end)

    def _corner_of(self, card: ToastCard) -> QPoint:
        step = self._places.index(card) if card in self._places else 0
        return self._place_at(step).topLeft()

    def _place_at(self, step: int) -> QRect:
        """In the host, the place so many toasts away from the corner."""
        left, away = self._host.width() - _MARGIN - self._width, step * (SIZE.height() + _GAP)
        top = self._top if self._host is self._window else 0
        if top is None:
            bottom = self._host.height() - self._lift - _MARGIN
            return QRect(left, bottom - SIZE.height() - away, self._width, SIZE.height())
        return QRect(left, top + _MARGIN + away, self._width, SIZE.height())

    def _focus_changed(self) -> None:
        for card in self._cards:
            card.watch_focus()
