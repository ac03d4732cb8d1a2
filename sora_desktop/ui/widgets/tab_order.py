"""The order in which Tab reaches widgets."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtWidgets import QWidget


def chain(parts: Iterable[QWidget]) -> None:
    """Let Tab reach these widgets one after the other."""
    for earlier, later in pairwise(parts):
        QWidget.setTabOrder(earlier, later)
