"""Short confirmations that go by themselves. Errors and warnings are notices, which stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from PySide6.QtCore import QObject, Signal

#: Toasts that stand over each other at a time. Others wait until a slot is free.
SLOTS = 3


class ToastAction(NamedTuple):
    """The one thing that can be done from a toast. It never spends."""

    label: str
    run: Callable[[], object]


class Toast(NamedTuple):
    """A short confirmation, in plain text."""

    text: str
    detail: str = ""  # the second line, elided
    action: ToastAction | None = None
    picture: Path | None = None  # an image file, such as a poster
    #: Toasts about one subject share a key: the later one takes the place of the earlier one. Empty: no other.
    key: str = ""


#: What each slot holds. A toast never changes its slot; where slots stand on screen is another part's.
Slots: TypeAlias = tuple[Toast | None, ...]


class Toasts(QObject):
    """Holds the toasts on screen and those that wait for a slot."""

    changed = Signal(object)  # Slots

    def __init__(self) -> None:
        super().__init__()
        self._slots: list[Toast | None] = [None] * SLOTS
        self._taken: list[int] = []  # the slots that hold a toast, in the order in which they came
        self._waiting: list[Toast] = []

    @property
    def slots(self) -> Slots:
        """What is on screen now."""
        return tuple(self._slots)

    def show(self, toast: Toast) -> None:
        """Show a toast in the first free slot, or in place of the one with its key."""
        for slot, shown in enumerate(self._slots):
            if toast.key and shown is not None and shown.key == toast.key:
                self._put(slot, toast)
                return
        self._waiting = [other for other in self._waiting if not toast.key or other.key != toast.key] + [toast]
        self._fill()

    def find(self, key: str) -> Toast | None:
        """The toast with that key, on screen or waiting for a slot."""
        return next((toast for toast in (*self._slots, *self._waiting) if toast is not None and toast.key == key), None)

    def close(self, toast: Toast) -> None:
        """Take a toast off the screen. One that is not there is ignored."""
        for slot, shown in enumerate(self._slots):
            if shown is toast:
                self._put(slot, None)
        self._fill()

    def end(self, key: str) -> None:
        """Take the toast with that key off the screen, or out of those that wait."""
        self._waiting = [toast for toast in self._waiting if toast.key != key]
        if (shown := self.find(key)) is not None:
            self.close(shown)

    def close_latest(self) -> bool:
        """Take the toast that came last off the screen. False if there is none."""
        latest = self._slots[self._taken[-1]] if self._taken else None
        if latest is not None:
            self.close(latest)
        return latest is not None

    def follow(self, toast: Toast) -> None:
        """Take the toast off the screen and run its action."""
        self.close(toast)
        if toast.action is not None:
            toast.action.run()

    def _fill(self) -> None:
        while self._waiting and None in self._slots:
            self._put(self._slots.index(None), self._waiting.pop(0))

    def _put(self, slot: int, toast: Toast | None) -> None:
        if toast is None:
            self._taken.remove(slot)
        elif slot not in self._taken:
            self._taken.append(slot)
        self._slots[slot] = toast
        self.changed.emit(self.slots)
