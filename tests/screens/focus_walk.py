"""Walks with Tab through a window, and says which parts it misses, where it jumps, and where the focus is not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)
from screens.facts import FOCUS, contrast, name_of, pixel_color, pixels_of, visible_parts

_LEAST_RING = 30  # pixels that the focus changes at least, or as many as the part is wide
#: What the user acts on, whatever its focus policy is.
_CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
)
#: Parts of the window that are walked through one after the other.
_REGIONS = (
    "composePanel",
    "composeRail",
    "noticeBar",
    "playerPanel",
    "comparePanel",
    "jobPanel",
    "toast:0",
    "toast:1",
    "toast:2",
    "fullScreenControls",
)


def tab_stops(window: QWidget, key: Qt.Key = Qt.Key.Key_Tab) -> Iterator[QWidget]:
    """Where Tab stops, in order: real key presses from the part that has the focus until it has it again.

    Between two stops the focus may be taken away, if it is given back. Raises AssertionError if Tab is trapped,
    or leads to a part that is out of sight.
    """
    first = window.focusWidget()
    assert first is not None, "nothing has the focus"
    met, part = [first], first
    yield first
    while True:
        QTest.keyClick(part, key)
        part = window.focusWidget() or window
        QApplication.processEvents()
        # an opaque viewport, which covers its list, is no part of the list's own region
        seen = part.viewport() if isinstance(part, QAbstractScrollArea) else part
        shown = seen.visibleRegion().boundingRect()
        assert shown.width() > seen.width() / 2 and shown.height() > seen.height() / 2, (
            f"{name_of(part)} is out of sight"
        )
        if part is first:
            return
        assert part not in met, (
            f"{key.name} goes in a circle at {name_of(part)} and does not come back to {name_of(first)}"
        )
        met.append(part)
        yield part


def faults_of_walk(window: QWidget, stops: list[QWidget], *, looks: bool = True) -> list[str]:
    """Every fault of a walk through the window, from where the focus is. All stops are added to `stops`.

    Parts that it misses, stops that are not in reading order, other stops on the way back, and, if it `looks`, a focus
    that is not seen.
    """
    first = window.focusWidget()
    assert first is not None, "nothing has the focus"
    QTest.keyClick(first, Qt.Key.Key_Backtab)  # what shows a focus that Tab has moved need not show another one
    walk: list[QWidget] = []
    faults: list[str] = []
    if looks:
        faults += unseen_focus(window, walk)
    else:
        walk += tab_stops(window)
    back = [*tab_stops(window, Qt.Key.Key_Backtab)]
    if back != [walk[0], *walk[:0:-1]]:
        faults.append("Shift+Tab goes another way: " + ", ".join(map(name_of, back)))
    faults += [f"Tab does not reach {name_of(part)}" for part in missed_controls(window, walk)]
    faults += leaps(walk)
    stops += walk
    return faults


def missed_controls(window: QWidget, stops: list[QWidget]) -> Iterator[QWidget]:
    """What can be seen and used, and is none of the stops. Of exclusive buttons, arrow keys reach the others."""
    groups = {_group_of(part) for part in stops}
    for part in visible_parts(window):
        if part in stops or not part.isEnabled() or part is window:
            continue
        if isinstance(part, _CONTROLS):
            is_missed = not _is_inside_of_control(part) and (_group_of(part) is None or _group_of(part) not in groups)
        elif isinstance(part, QScrollArea) and part.verticalScrollBar().isVisible():
            is_missed = not any(part.isAncestorOf(stop) for stop in stops)  # what it scrolls is seen by mouse only
        else:
            is_missed = bool(part.focusPolicy() & Qt.FocusPolicy.TabFocus) and part.focusProxy() is None
        if is_missed:
            yield part


def leaps(stops: list[QWidget]) -> list[str]:
    """Stops that lie before the stop that they follow, as one reads, other than the first one.

    Regions are left for good. Since the walk may have begun anywhere, it is read from where it makes the most sense.
    """
    turns = (_leaps_from(stops[start:] + stops[:start]) for start in range(len(stops)))
    return min(turns, key=len, default=[])


def _leaps_from(stops: list[QWidget]) -> list[str]:
    found, left = [], set()
    for one, other in pairwise(stops):
        region, next_region = _region_of(one), _region_of(other)
        if region != next_region:
            left.add(region)
            if next_region in left:
                found.append(f"Tab enters {next_region} again, at {name_of(other)}")
        elif _lies_before(_place(other), _place(one)):
            found.append(f"Tab goes back from {name_of(one)} to {name_of(other)}")
    return found


def _lies_before(one: QRect, other: QRect) -> bool:
    """True if `one` is read before `other`: it is above it, or left of it in the same line."""
    if one.isEmpty() or other.isEmpty() or one.contains(other) or other.contains(one):
        return False
    return one.bottom() <= other.top() or (one.right() <= other.left() and one.top() <= other.bottom())


def unseen_focus(window: QWidget, stops: list[QWidget]) -> Iterator[str]:
    """Tab stops at which the focus cannot be seen: too few pixels change, or too little.

    All stops are added to `stops`.
    """
    for part in tab_stops(window):
        stops.append(part)
        if part is window:
            continue  # a picture on the whole screen
        place = QRect(part.mapTo(window, QPoint(-3, -3)), part.size() + QSize(6, 6)).intersected(window.rect())
        focused = window.grab(place).toImage()
        part.clearFocus()
        QApplication.processEvents()
        plain = window.grab(place).toImage()
        part.setFocus()
        pairs = Counter(zip(pixels_of(focused), pixels_of(plain), strict=True))
        changed = sum(
            count
            for (one, other), count in pairs.items()
            if one != other and contrast(pixel_color(one), pixel_color(other)) >= FOCUS
        )
        if changed < min(part.width(), _LEAST_RING):
            yield f"the focus on {name_of(part)} changes {changed} pixels"


def _place(part: QWidget) -> QRect:
    """Of what is seen of it; empty if it is scrolled out of sight."""
    return part.visibleRegion().boundingRect().translated(part.mapTo(part.window(), QPoint(0, 0)))


def _region_of(part: QWidget) -> str:
    ancestor: QWidget | None = part
    while ancestor is not None and ancestor.objectName() not in _REGIONS:
        ancestor = ancestor.parentWidget()
    return "" if ancestor is None else ancestor.objectName()


def _group_of(part: QWidget) -> object:
    """The buttons of which one is checked, or None."""
    if not isinstance(part, QAbstractButton) or not (part.autoExclusive() or part.group() is not None):
        return None
    return part.group() or part.parentWidget()


def _is_inside_of_control(part: QWidget) -> bool:
    """True for bars and fields that belong to another control."""
    if isinstance(part, QScrollBar | QHeaderView):
        return True
    ancestor = part.parentWidget()
    return isinstance(ancestor, QAbstractSpinBox | QComboBox | QLineEdit | QTabBar) or (
        isinstance(ancestor, QAbstractScrollArea) and isinstance(part, QAbstractButton)
    )
