"""What a test of a service has found."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from sora_desktop.state.service_form import ExaminationLine
from sora_desktop.ui.theme import Theme

_ICON = QSize(16, 16)  # pixels


class ExaminationView(QFrame):
    """A line with a mark for each result. Hidden while there is none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines: tuple[ExaminationLine, ...] = ()
        self._marks: list[tuple[QLabel, ExaminationLine]] = []
        self.setObjectName("examinationView")
        self.setAccessibleName("Result of the test")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 4)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.hide()
        theme.changed.connect(self._paint_marks)

    @property
    def lines(self) -> tuple[ExaminationLine, ...]:
        """What is shown."""
        return self._lines

    def show_lines(self, lines: Sequence[ExaminationLine]) -> None:
        """Show these lines instead of those before."""
        self._lines, self._marks = tuple(lines), []
        while (item := self._grid.takeAt(0)) is not None:
            part = item.widget()
            if isinstance(part, QWidget):
                part.hide()
                part.deleteLater()
        for row, line in enumerate(lines):
            text = QLabel(line.text)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            text.setProperty("tone", str(line.tone if line.tone is not line.tone.OK else line.tone.TEXT))
            text.setProperty("fontSize", "small")
            text.setWordWrap(True)
            if not line.mark:
                text.setProperty("weight", "bold")
                self._grid.addWidget(text, row, 0, 1, 2)
                continue
            mark = QLabel()
            mark.setFixedSize(_ICON)
            self._marks.append((mark, line))
            self._grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(text, row, 1)
        self._paint_marks()
        self.setAccessibleDescription(" ".join(line.text for line in lines))
        self.setVisible(bool(lines))

    def _paint_marks(self) -> None:
        for mark, line in self._marks:
            mark.setPixmap(self._theme.icon(line.mark, str(line.tone)).pixmap(_ICON))
