"""Asks a person and waits, while everything else goes on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the two answers."""

    name: str  # the dialog's objectName
    text: str
    details: str
    yes: str
    no: str
    never: str  # the words beside the box that keeps it from being asked again


async def ask(parent: QWidget, question: Question) -> tuple[bool, bool]:
    """Whether the answer is yes, and whether it is never to be asked again. Escape is no.

    Awaited by a future, since a nested event loop stops other tasks for ever under qasync.
    """
    from PySide6.QtWidgets import QCheckBox, QMessageBox  # late: no start needs a dialog

    box = QMessageBox(parent)
    box.setObjectName(question.name)
    box.setWindowTitle("Sora Desktop")
    box.setText(question.text)
    box.setInformativeText(question.details)
    agree = box.addButton(question.yes, QMessageBox.ButtonRole.AcceptRole)
    stay = box.addButton(question.no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(agree)
    box.setEscapeButton(stay)
    never = QCheckBox(question.never)
    box.setCheckBox(never)
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def finished(_: int) -> None:
        if not answer.done():
            answer.set_result(box.clickedButton() is agree)

    box.finished.connect(finished)
    box.open()
    try:
        return await answer, never.isChecked()
    finally:
        box.close()
        box.deleteLater()
