"""Signals that are held until something can answer them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from sora_desktop.controllers.held_signals import HeldSignals


class Emitter(QObject):
    first = Signal(str, int)
    second = Signal()


def test_held_signals_are_emitted_once_and_in_order() -> None:
    emitter, received = Emitter(), list[tuple[object, ...]]()
    held = HeldSignals(emitter.first, emitter.second)
    emitter.first.emit("a", 1)
    emitter.second.emit()
    emitter.first.emit("b", 2)
    emitter.first.connect(lambda *values: received.append(values))
    emitter.second.connect(lambda: received.append(()))
    held.release()
    assert received == [("a", 1), (), ("b", 2)]
    held.release()
    emitter.second.emit()
    assert received == [("a", 1), (), ("b", 2), ()]


def test_the_same_values_twice_in_a_row_are_one_request() -> None:
    emitter, received = Emitter(), list[tuple[object, ...]]()
    held = HeldSignals(emitter.first, emitter.second)
    for value in (1, 1, 2, 1):
        emitter.first.emit("a", value)
        emitter.second.emit()
    emitter.first.connect(lambda *values: received.append(values))
    held.release()
    assert received == [("a", 1), ("a", 2), ("a", 1)]
