"""The rows of the palette: which actions fit what was typed, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from PySide6.QtGui import QAction, QKeySequence

from sora_desktop.state.action_search import fit_of
from sora_desktop.ui.actions.action_list import ActionList, id_of
from sora_desktop.ui.actions.action_table import SPECS, ActionGroup
from sora_desktop.ui.actions.keys import sequences_of, spoken_keys

_LAST_USED = "Last used"


class PaletteRow(NamedTuple):
    """One action, or one of the options of an action."""

    action: QAction
    text: str
    detail: str  # beside the text; of a disabled row: why it is disabled
    group: str = ""
    icon: str = ""
    keys: tuple[QKeySequence, ...] = ()
    letters: frozenset[int] = frozenset()  # places in the text that were typed
    enabled: bool = True
    spends: bool = False  # text or detail name the price
    options: tuple[QAction, ...] = ()  # to choose from, instead of running the action

    @property
    def spoken(self) -> str:
        """What a screen reader says."""
        keys = spoken_keys(self.keys[:1])
        state = "" if self.enabled else "not available"
        return ", ".join(filter(None, (self.text, state, self.detail, keys)))


def all_rows(actions: ActionList) -> tuple[PaletteRow, ...]:
    """A row for each action that is listed, as it is now."""
    actions.about_to_show.emit()
    return tuple(_row(actions, action) for action in actions if id_of(action) != "window.palette")


def option_rows(row: PaletteRow) -> tuple[PaletteRow, ...]:
    """A row for each option of a row."""
    return tuple(
        PaletteRow(
            option,
            _without_price(option.text()) if row.spends else option.text(),
            option.statusTip(),
            icon="check" if option.isChecked() else "",
            enabled=option.isEnabled(),
            spends=row.spends,
        )
        for option in row.options
    )


def fitting_rows(rows: Sequence[PaletteRow], typed: str, last_used: Sequence[str] = ()) -> list[PaletteRow]:
    """The rows that fit what was typed, group by group; the best group first, and in it the best row.

    Nothing typed: all that can be done now, with those in front whose ids were `last_used`.
    """
    if not typed.strip():
        by_id = {id_of(row.action): row for row in rows}
        used = [by_id[id]._replace(group=_LAST_USED) for id in last_used if id in by_id and by_id[id].enabled]
        shown = [one.action for one in used]
        return [*used, *_by_group(row for row in rows if row.enabled and row.action not in shown)]
    found: list[tuple[int, PaletteRow]] = []
    for row in rows:
        spec = SPECS.get(id_of(row.action))
        fit = fit_of(typed, row.text, "" if spec is None else f"{spec.also} {row.group}")
        if fit is not None:
            found.append((fit.score - (0 if row.enabled else 1000), row._replace(letters=fit.letters)))
    return _grouped(found)


def _without_price(text: str) -> str:
    return text.partition(" (")[0].replace("&&", "&")


def _grouped(found: Iterable[tuple[int, PaletteRow]]) -> list[PaletteRow]:
    """The rows in the order of the table, except where the score decides."""
    best: dict[str, int] = {}
    for score, row in found:
        best[row.group] = max(score, best.get(row.group, score))
    order = list(best)
    ranked = sorted(found, key=lambda each: (-best[each[1].group], order.index(each[1].group), -each[0]))
    return [row for _, row in ranked]


def _by_group(rows: Iterable[PaletteRow]) -> list[PaletteRow]:
    """The same under one heading for each group, in the order of the table."""
    places: dict[str, int] = {group: place for place, group in enumerate(ActionGroup)}
    return sorted(rows, key=lambda row: places.get(row.group, 0))  # options have no group


def _row(actions: ActionList, action: QAction) -> PaletteRow:
    id = id_of(action)
    spec, extra = SPECS[id], actions.extra(id)
    text, detail, spends = action.text(), extra.detail(), extra.spends()
    if spends and text.endswith(")"):
        detail = detail or text.removesuffix(")").partition(" (")[2]
        text = _without_price(text)
    options = tuple(extra.options()) if extra.options is not tuple else ()
    enabled = action.isEnabled() and extra.applies() and (bool(options) or extra.options is tuple)
    return PaletteRow(
        action,
        text,
        detail if enabled else extra.reason(),
        extra.group() or spec.group,
        spec.icon,
        tuple(action.shortcuts() or sequences_of(spec.part_keys)),
        enabled=enabled,
        spends=spends,
        options=options,
    )
