"""The binding must not lose references: on Python below 3.12 a lost None per call ends the program after some thousand.

PySide6 6.12.0 loses one of None with every C++ call that returns nothing and one of True with every emit.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QLabel

CALLS = 5_000
#: References that the interpreter itself may take or let go meanwhile.
NOISE = 200


class Speaker(QObject):
    said = Signal(object)
    silent = Signal()
    flag = Signal(bool)


def emit_an_object(speaker: Speaker, _: QLabel) -> None:
    speaker.said.emit(None)


def emit_nothing(speaker: Speaker, _: QLabel) -> None:
    speaker.silent.emit()


def emit_a_truth(speaker: Speaker, _: QLabel) -> None:
    speaker.flag.emit(True)


def set_a_text(_: Speaker, label: QLabel) -> None:
    label.setText("a")
    label.setText("b")


def set_a_truth(_: Speaker, label: QLabel) -> None:
    label.setEnabled(False)
    label.setEnabled(True)


def ask_a_truth(_: Speaker, label: QLabel) -> None:
    label.isEnabled()
    label.parent()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None, True and False are immortal from Python 3.12 on")
@pytest.mark.parametrize("call", [emit_an_object, emit_nothing, emit_a_truth, set_a_text, set_a_truth, ask_a_truth])
def test_thousands_of_calls_lose_no_reference(qapp: QApplication, call: Callable[[Speaker, QLabel], None]) -> None:
    speaker, label = Speaker(), QLabel()
    heard: set[tuple[object, ...]] = set()
    for signal in (speaker.said, speaker.silent, speaker.flag):
        signal.connect(lambda *said: heard.add(said))
    call(speaker, label)
    gc.collect()
    before = [sys.getrefcount(thing) for thing in (None, True, False)]
    for _ in range(CALLS):
        call(speaker, label)
    gc.collect()
    after = [sys.getrefcount(thing) for thing in (None, True, False)]
    changes = [now - then for now, then in zip(after, before, strict=True)]
    assert all(abs(change) < NOISE for change in changes), f"references of None, True and False changed by {changes}"
    label.deleteLater()
