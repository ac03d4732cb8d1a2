"""PySide must not lose references: below Python 3.12, losing one to None with each call aborts after some thousand.

PySide6 6.12.0 loses a reference to None with every C++ call that returns nothing, and one to True with every emit.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QLabel

CALLS = 5_000
#: References that the interpreter itself may add or drop during the calls.
TOLERANCE = 200


class Emitter(QObject):
    with_object = Signal(object)
    without_value = Signal()
    with_bool = Signal(bool)


def emit_an_object(emitter: Emitter, _: QLabel) -> None:
    emitter.with_object.emit(None)


def emit_nothing(emitter: Emitter, _: QLabel) -> None:
    emitter.without_value.emit()


def emit_a_bool(emitter: Emitter, _: QLabel) -> None:
    emitter.with_bool.emit(True)


def set_a_text(_: Emitter, label: QLabel) -> None:
    label.setText("a")
    label.setText("b")


def set_a_bool(_: Emitter, label: QLabel) -> None:
    label.setEnabled(False)
    label.setEnabled(True)


def get_a_bool(_: Emitter, label: QLabel) -> None:
    label.isEnabled()
    label.parent()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None, True and False are immortal from Python 3.12 on")
@pytest.mark.parametrize("call", [emit_an_object, emit_nothing, emit_a_bool, set_a_text, set_a_bool, get_a_bool])
def test_calls_lose_no_references(qapp: QApplication, call: Callable[[Emitter, QLabel], None]) -> None:
    emitter, label = Emitter(), QLabel()
    received: set[tuple[object, ...]] = set()
    for signal in (emitter.with_object, emitter.without_value, emitter.with_bool):
        signal.connect(lambda *values: received.add(values))
    call(emitter, label)
    gc.collect()
    before = [sys.getrefcount(value) for value in (None, True, False)]
    for _ in range(CALLS):
        call(emitter, label)
    gc.collect()
    after = [sys.getrefcount(value) for value in (None, True, False)]
    changes = [new - old for new, old in zip(after, before, strict=True)]
    assert all(abs(change) < TOLERANCE for change in changes), (
        f"references of None, True and False changed by {changes}"
    )
    label.deleteLater()
