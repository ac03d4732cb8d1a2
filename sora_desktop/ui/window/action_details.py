"""What the palette shows beside the text of each action: details, options, why it is disabled, whether it spends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction

from sora_desktop.state.actions import MOST_COMPARED, MOST_REVIEWED, PAID, Action
from sora_desktop.state.marks import Mark
from sora_desktop.state.window_view import WindowView
from sora_desktop.ui.actions.action_list import ActionList, Extra
from sora_desktop.ui.actions.action_table import ACTION_TABLE, RETRY_ON, ActionGroup, row_id
from sora_desktop.ui.actions.job_actions import MARK_IDS
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.player.player_actions import OF_RANGE
from sora_desktop.ui.player.player_panel import PlayerPanel

_NO_CLIP, _NOT_SHOWN = "open a finished video first", "this clip cannot be shown"
#: The actions that do nothing but offer others, in the palette.
OFFERS = (
    "window.theme",
    "player.speed",
    "library.tab",
    "library.marks",
    "library.service",
    "compare.current",
    "compare.against",
    "compare.gain",
    "review.at_once",
    "review.pick_more",
)
_EXPORT_NEEDS_CLIP = "Select a finished video in the library to export it."
#: Why an action is disabled, for those of which one sentence is always true.
_NOT_NOW = {
    "library.export_picks": "no video is picked",
    "library.trash_rejects": "no video is rejected",
    "library.empty_trash": "the Trash is empty",
    "form.remove_image": "there is no image",
    "form.new_seed": "the model takes no seed",
    "form.discard_edit": "no queued video is edited",
    "window.dismiss_notice": "no notice is shown",
}


def describe_actions(
    listed: ActionList,
    compose: ComposePanel,
    player: PlayerPanel,
    library: LibraryPanel,
    compare: CompareActions,
    themes: Sequence[QAction],
    view: Callable[[], WindowView],
) -> None:
    """Set the details of all actions of a window. `view` returns what the window shows."""
    reasons = {
        ActionGroup.COMPARE: "compare two or more finished videos first",
        ActionGroup.REVIEW: "not in this moment of a review",
        ActionGroup.TEXT: "no text field has the focus",
    }

    of_jobs, of_playback = library.job_actions, player.actions_of_playback

    def is_comparing() -> bool:
        return listed["compare.close"].isEnabled()

    def no_clip() -> str:
        return _NOT_SHOWN if player.is_unreadable else _NO_CLIP

    for spec in ACTION_TABLE:
        if spec.group is ActionGroup.SELECTION and spec.id != RETRY_ON:
            spends = spec.id in map(row_id, PAID)
            listed.describe(
                spec.id,
                Extra(
                    reason=lambda: _row_reason(library),
                    applies=lambda id=spec.id: of_jobs.is_offered(id),  # type: ignore[misc]
                    spends=_always if spends else bool,
                ),
            )
        elif spec.group in (ActionGroup.CLIP, ActionGroup.PLAYER):
            listed.describe(spec.id, Extra(reason=no_clip))
        elif spec.group in reasons:
            listed.describe(spec.id, Extra(reason=lambda text=reasons[spec.group]: text))  # type: ignore[misc]

    def group_of(id: str) -> str:
        return ActionGroup.SELECTION if library.selection() and of_jobs.is_for_others(id) else ""

    for id, mark in MARK_IDS.items():
        no_job = "there is no mark" if mark is Mark.CLEAR else "not for this video"
        listed.describe(
            id,
            Extra(
                reason=lambda text=no_job: text if player.job or library.selection() else _NO_CLIP,  # type: ignore[misc]
                group=lambda id=id: group_of(id),  # type: ignore[misc]
            ),
        )
    listed.describe(
        "clip.compare",
        Extra(reason=lambda: _number_reason(library, MOST_COMPARED, _NO_CLIP), group=lambda: group_of("clip.compare")),
    )
    review = row_id(Action.REVIEW)
    listed.describe(
        review,
        Extra(
            reason=lambda: _number_reason(library, MOST_REVIEWED, "no video is selected"),
            applies=lambda: of_jobs.is_offered(review),
        ),
    )
    keep = row_id(Action.KEEP_THIS)  # would keep the current row, not the current one of the compared clips
    listed.describe(
        keep,
        Extra(
            reason=lambda: "of the compared clips, keep the current one" if is_comparing() else _row_reason(library),
            applies=lambda: of_jobs.is_offered(keep) and not is_comparing(),
        ),
    )
    listed.describe(
        RETRY_ON,
        Extra(
            reason=lambda: "no other service can take it" if library.selection() else "no video is selected",
            spends=_always,
            options=lambda: of_jobs.services_to_retry_on,
        ),
    )
    listed.describe("clip.export", Extra(reason=lambda: _EXPORT_NEEDS_CLIP, explains=True))
    for command in OF_RANGE:
        listed.describe(command.value, Extra(reason=lambda: "no range is set" if player.has_clip else no_clip()))
    for id in ("clip.extend", "clip.continue"):
        listed.describe(id, Extra(lambda: compose.next_video_text, no_clip))
    for id in ("player.loop", "player.mute"):
        listed.describe(id, Extra(lambda action=listed[id]: _on_or_off(action), no_clip))  # type: ignore[misc]
    listed.describe(
        "player.speed",
        Extra(lambda: of_playback.speed_text, no_clip, options=lambda: of_playback.speeds),
    )
    for id, choices, reason in (
        ("compare.current", compare.clips, ""),
        ("compare.against", compare.others, "compare three or four clips with a wipe or the difference first"),
        ("compare.gain", compare.gains, "compare the difference first"),
    ):
        listed.describe(
            id,
            Extra(
                lambda choices=choices: _checked(choices),  # type: ignore[misc]
                lambda reason=reason: reason if reason and is_comparing() else reasons[ActionGroup.COMPARE],  # type: ignore[misc]
                options=lambda choices=choices: [choice for choice in choices if choice.isVisible()],  # type: ignore[misc]
            ),
        )
    for id, offers in (
        ("review.at_once", lambda: list(compare.review.numbers.values())),
        ("review.pick_more", lambda: compare.review.picks),
    ):
        listed.describe(
            id,
            Extra(
                lambda offers=offers: _checked(offers()),  # type: ignore[misc]
                lambda: reasons[ActionGroup.REVIEW],
                options=offers,
            ),
        )
    for id, offered in library.view_actions.offers.items():
        listed.describe(
            id,
            Extra(
                lambda offered=offered: _checked(offered()),  # type: ignore[misc]
                lambda: "there is one service",
                options=offered,
            ),
        )
    for id, reason in _NOT_NOW.items():
        listed.describe(id, Extra(reason=lambda reason=reason: reason))  # type: ignore[misc]
    listed.describe("form.generate", Extra(spends=_always))
    listed.describe("queue.pause", Extra(spends=lambda: view().paused))
    listed.describe(
        "service.choose",
        Extra(lambda: compose.service_label, lambda: "there is one service", options=compose.service_options),
    )
    listed.describe("service.balance", Extra(lambda: view().balance))
    listed.describe("service.limit", Extra(lambda: view().limit))
    listed.describe("window.theme", Extra(lambda: _checked(themes), options=lambda: themes))
    for id in ("edit.undo", "edit.redo"):
        listed.describe(id, Extra(reason=lambda: "nothing to do here"))


def _always() -> bool:
    return True


def _on_or_off(action: QAction) -> str:
    return "on" if action.isChecked() else "off"


def _checked(actions: Sequence[QAction]) -> str:
    return next((action.text() for action in actions if action.isChecked()), "")


def _number_reason(library: LibraryPanel, most: int, without: str) -> str:
    """Why the selected videos cannot be shown beside each other. `without`: if none is selected."""
    return f"select 2 to {most} finished videos" if library.selection() else without


def _row_reason(library: LibraryPanel) -> str:
    return "not for the selected videos" if library.selection() else "no video is selected"
