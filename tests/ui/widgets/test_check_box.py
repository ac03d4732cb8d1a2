from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

import sora_desktop
from sora_desktop.ui.app_theme import THEMES, AppTheme
from sora_desktop.ui.widgets.check_box import CheckBox


@pytest.mark.parametrize("scheme", [name for name in THEMES if name != "system"])
def test_a_checked_box_has_a_check_mark_and_not_a_square(scheme: str, qtbot: QtBot, theme: AppTheme) -> None:
    theme.choose(scheme)
    box = CheckBox("")
    qtbot.addWidget(box)
    off = box.grab().toImage()
    box.setChecked(True)
    on = box.grab().toImage()
    mark = {
        (x, y) for x in range(on.width()) for y in range(on.height()) if on.pixelColor(x, y) != off.pixelColor(x, y)
    }
    left, right = min(x for x, _ in mark), max(x for x, _ in mark)
    low = {x: max(y for column, y in mark if column == x) for x in range(left, right + 1)}
    lowest = max(low, key=lambda x: low[x])
    assert left < lowest < (left + right) / 2, "a short stroke down, and a longer one up"
    assert low[left] < low[lowest] and low[right] < low[left]
    text = QColor(theme.tokens.text).lightness()
    assert min(abs(on.pixelColor(x, y).lightness() - text) for x, y in mark) < 16


def test_all_check_boxes_have_the_mark() -> None:
    package = Path(sora_desktop.__file__).parent
    plain = {file.name for file in package.rglob("*.py") if " QCheckBox(" in file.read_text("utf-8")}
    assert plain == set(), "use CheckBox"
