"""What screen readers speak: the role of a part, and what appears without the focus."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

#: The property of a widget that names its role, of QAccessible.Role; see ui/widgets/spoken_parts.py. To be set before
#: the accessible name, which Qt tells of at once, with the role that it knows then.
SPOKEN_ROLE = "spokenRole"


def announce(widget: QWidget, text: str) -> None:
    """Let screen readers speak a text that `widget` has begun to show."""
    from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent  # late: PySide builds many enums for them

    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
