"""The layout of rows: what their texts may move."""

from __future__ import annotations

from builders import NOW, a_clip, a_job
from PySide6.QtCore import QRect
from PySide6.QtGui import QFont, QFontMetrics

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.forecast import Forecast
from sora_desktop.domain.job import Phase, Ready, RemoteId, Rendering, Saving, Trashed, Waiting
from sora_desktop.domain.marks import Flag
from sora_desktop.state.row_text import row_text
from sora_desktop.ui.library.row_lines import Lines, lines_of
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.letter_chip import small_font

_NOW = NOW + 1000.0


def _lines(
    phase: Phase,
    width: int,
    *,
    prompt: str = "a long prompt " * 9,
    starred: bool = False,
    flag: Flag = Flag.NONE,
    now: float = _NOW,
) -> Lines:
    job = a_job(phase, prompt=prompt, starred=starred, flag=flag)
    text = row_text(job, CAPABILITIES, now=now, queue_place=12)._replace(service="Studio cluster")
    font = QFont()
    font.setPixelSize(13)
    return lines_of(job, text, QRect(0, 0, width, 66), font)


def test_no_part_of_a_row_moves_while_its_job_gets_on(theme: Theme) -> None:
    on_their_way: tuple[Phase, ...] = (
        Waiting(),
        Rendering(RemoteId("t"), 7),
        Rendering(RemoteId("t"), 100, warning="The service cannot be reached; it is tried again."),
        Rendering(RemoteId("t"), forecast=Forecast(_NOW - 900, _NOW - 5, _NOW + 9000)),
        Rendering(RemoteId("t"), forecast=Forecast(_NOW - 90, _NOW - 5, _NOW + 6)),
        Saving(RemoteId("t"), 900_000_000, 1_600_000_000),
    )
    for width in range(150, 500, 10):
        lines = [_lines(phase, width) for phase in on_their_way]
        assert len({(len(each.prompt), each.state_top, each.service) for each in lines}) == 1, width


def test_marks_move_no_part_of_a_row(theme: Theme) -> None:
    for width in range(150, 500, 10):
        plain, marked = _lines(Ready(a_clip()), width), _lines(Ready(a_clip()), width, starred=True, flag=Flag.PICKED)
        assert (plain.prompt, plain.state_top) == (marked.prompt, marked.state_top), width


def test_no_part_of_a_row_moves_while_its_age_grows(theme: Theme) -> None:
    for width in range(150, 500, 10):
        for phase in (Ready(a_clip()), Trashed(Ready(a_clip()), NOW)):
            ages = [_lines(phase, width, now=NOW + 60 * minutes) for minutes in (0, 9, 10, 59, 61, 3000, 40_000)]
            assert len({(each.prompt, each.state_top, each.note) for each in ages}) == 1, width


def test_a_service_is_named_in_full_where_the_row_has_room(theme: Theme) -> None:
    font = QFont()
    font.setPixelSize(13)
    name = QFontMetrics(small_font(font)).horizontalAdvance("Studio cluster")
    for width in range(150, 500, 10):
        rows = [_lines(phase, width) for phase in (Waiting(), Rendering(RemoteId("t"), 62))]
        rows.append(_lines(Ready(a_clip()), width, prompt="a bay", starred=True, flag=Flag.PICKED))
        for lines in rows:
            assert lines.service is not None and lines.service.width() >= name, width
