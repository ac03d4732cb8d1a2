"""A question to the user that can be awaited."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import NamedTuple

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
    aside: str = ""  # label of a third button, for something to do first


class Answer(NamedTuple):
    """The answer to a question. Neither `yes` nor `aside`: no."""

    yes: bool
    aside: bool = False  # the third button was pressed
    never_again: bool = False  # the check box is checked


async def ask(parent: QWidget, question: Question) -> Answer:
    """The user's answer. Escape answers no.

    Awaits a future: under qasync, a nested event loop would block all other tasks.
    """
    from PySide6.QtWidgets import QMessageBox  # late: the first paint needs no dialog

    from sora_desktop.ui.widgets.check_box import CheckBox

    box = QMessageBox(parent)
    box.setObjectName(question.name)
    box.setWindowTitle("Sora Desktop")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question.text)
    box.setInformativeText(question.details)
    yes = box.addButton(question.yes, QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton(question.no, QMessageBox.ButtonRole.RejectRole)
    aside = box.addButton(question.aside, QMessageBox.ButtonRole.ActionRole) if question.aside else None
    box.setDefaultButton(no if question.return_answers_no else yes)
    box.setEscapeButton(no)
    never = CheckBox(question.never, box)
    never.hide()
    if question.never:
        box.setCheckBox(never)
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def finished(_: int) -> None:
        if not answer.done():
            clicked = box.clickedButton()
            answer.set_result(Answer(clicked is yes, aside is not None and clicked is aside, never.isChecked()))

    box.finished.connect(finished)
    box.open()
    try:
        return await answer
    finally:
        box.close()
        box.deleteLater()
