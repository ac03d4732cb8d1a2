"""No text of a prompt, a file or a service is read as HTML or as a mnemonic."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from sora_desktop.state.plain_text import is_right_to_left, plain_tip
from sora_desktop.ui.widgets.elided_label import ElidedLabel

PACKAGE = Path(__file__).parents[2] / "sora_desktop"
ROOMS = ("ui", "controllers", "app")
#: What `QMessageBox` offers as functions: their text cannot be made plain.
FUNCTIONS = ("about", "critical", "information", "question", "warning")


def is_constant(node: ast.expr) -> bool:
    """True for text of the program itself: a constant, or what is named `tool_tip`, which gets constants and counts."""
    match node:
        case ast.Constant():
            return True
        case ast.IfExp(body=body, orelse=orelse):
            return is_constant(body) and is_constant(orelse)
        case ast.Name(id=name):
            return name == "tool_tip"
        case _:
            return False


def html_in(source: str) -> Iterator[str]:
    """Each label, message box and tool tip of a file that may read foreign text as HTML."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    plain = {ast.unparse(call.func.value) for call in calls if is_call_of(call, "setTextFormat")}  # type: ignore[attr-defined]
    set_texts: dict[str, list[ast.expr]] = {}
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("setText", "setInformativeText") and call.args:
            set_texts.setdefault(ast.unparse(call.func.value), []).append(call.args[0])
        if is_call_of(call, "setToolTip", "setTabToolTip"):
            tip = call.args[-1]
            if not (is_constant(tip) or (isinstance(tip, ast.Call) and ast.unparse(tip.func) == "plain_tip")):
                yield f"tool tip: {ast.unparse(tip)}"
        if is_call_of(call, *FUNCTIONS) and ast.unparse(call.func.value) == "QMessageBox":  # type: ignore[attr-defined]
            yield f"message box: {ast.unparse(call)}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = ast.unparse(node.value.func)
            if made in ("QLabel", "QMessageBox"):
                name = ast.unparse(node.targets[0])
                texts = [*(node.value.args if made == "QLabel" else []), *set_texts.get(name, [])]
                if name not in plain and not all(map(is_constant, texts)):
                    yield f"{made}: {name}"
        is_label = isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "QLabel" for base in node.bases)
        if is_label and "setTextFormat" not in ast.unparse(node):
            yield f"class: {node.name}"  # type: ignore[attr-defined]


def is_call_of(call: ast.Call, *names: str) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in names


FILES = sorted(file for room in ROOMS for file in (PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_no_label_box_or_tool_tip_reads_foreign_text_as_html(file: Path) -> None:
    assert list(html_in(file.read_text("utf-8"))) == []


def test_labels_boxes_and_tool_tips_that_read_html_are_found() -> None:
    source = """
class Badge(QLabel): pass
fine = QLabel("Fixed")
label = QLabel(prompt)
late = QLabel(); late.setText(prompt)
plain = QLabel(); plain.setTextFormat(Qt.TextFormat.PlainText); plain.setText(prompt)
box = QMessageBox(parent); box.setText(message)
button.setToolTip(name); button.setToolTip("Close"); button.setToolTip(plain_tip(name))
QMessageBox.critical(None, "Title", message)
"""
    assert sorted(html_in(source)) == [
        "QLabel: label",
        "QLabel: late",
        "QMessageBox: box",
        "class: Badge",
        "message box: QMessageBox.critical(None, 'Title', message)",
        "tool tip: name",
    ]


def test_a_label_shows_tags_and_its_tool_tip_too(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(400, 20)
    label.show_text("<b>bold</b> & <img src='x.png'>")
    assert label.textFormat() is Qt.TextFormat.PlainText and label.lines == ["<b>bold</b> & <img src='x.png'>"]
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; &lt;img" in label.toolTip()


def test_a_tool_tip_keeps_lines_and_direction(qapp: QApplication) -> None:
    assert plain_tip("") == ""
    tip = QLabel(plain_tip("Balance: 1\nSpent: 2"))
    assert "Balance: 1<br>Spent: 2" in tip.text()
    tip.deleteLater()
    assert "<p dir='rtl'>" in plain_tip("קיטור מעל הים") and "<p dir='ltr'>" in plain_tip("steam (קיטור)")


@pytest.mark.parametrize(
    ("text", "right_to_left"),
    [("", False), ("123", False), ("A قارب", False), ("قارب A", True), ("“קיטור”", True), ("3 قوارب", True)],
)
def test_the_direction_of_a_text_is_that_of_its_first_letter(text: str, right_to_left: bool) -> None:
    assert is_right_to_left(text) is right_to_left


@pytest.mark.parametrize(("text", "side"), [("a small boat", "left"), ("סירה קטנה", "right")])
def test_a_label_begins_on_the_side_where_its_text_begins(qtbot: QtBot, text: str, side: str) -> None:
    label = ElidedLabel(2)
    qtbot.addWidget(label)
    label.resize(400, 40)
    label.show_text(text)
    picture = label.grab().toImage()
    ground = picture.pixelColor(200, picture.height() - 1)
    ink = [x for x in range(400) for y in range(picture.height()) if picture.pixelColor(x, y) != ground]
    assert (max(ink) > 390 and min(ink) > 200) if side == "right" else (min(ink) < 10 and max(ink) < 200)


def test_a_text_from_right_to_left_is_elided_at_its_end(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(120, 20)
    label.show_text("סירה קטנה בים " * 10)
    (line,) = label.lines
    assert line.startswith("סירה") and line.endswith("…")
