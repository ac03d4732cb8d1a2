"""A question to the user that can be awaited."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Question:
    """A question with two answers, and a check box if `never` is not empty."""

    name: str  # objectName of the dialog
    text: str
    details: str
    yes: str
    no: str
    never: str = ""  # label of the check box that keeps the question from being asked again
    return_answers_no: bool = False  # for what a hasty Return must not do


async def ask(parent: QWidget, question: Question) -> tuple[bool, bool]:
    """Whether the answer is yes, and whether the check box is checked. Escape answers no.

    Awaits a future: under qasync, a nested event loop would block all other tasks.
    """
    from PySide6.QtWidgets import QCheckBox, QMessageBox  # late: the first paint needs no dialog

    box = QMessageBox(parent)
    box.setObjectName(question.name)
    box.setWindowTitle("Sora Desktop")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question.text)
    box.setInformativeText(question.details)
    yes = box.addButton(question.yes, QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton(question.no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(no if question.return_answers_no else yes)
    box.setEscapeButton(no)
    never = QCheckBox(question.never, box)
    never.hide()
    if question.never:
        box.setCheckBox(never)
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def finished(_: int) -> None:
        if not answer.done():
            answer.set_result(box.clickedButton() is yes)

    box.finished.connect(finished)
    box.open()
    try:
        return await answer, never.isChecked()
    finally:
        box.close()
        box.deleteLater()
