"""The context menu of rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from sora_desktop.domain.job import Job
from sora_desktop.state.actions import Action
from sora_desktop.state.retry_on import retry_title
from sora_desktop.ui.actions.job_actions import JobActions
from sora_desktop.ui.widgets.round_corners import round_menu

#: Items that belong together. A long menu has lines between the groups.
_GROUPS = (
    frozenset({Action.PLAY, Action.COMPARE, Action.REVIEW}),
    frozenset({Action.EXPORT, Action.SHOW_IN_FOLDER}),
    frozenset({Action.REUSE, Action.EDIT_AS_NEW, Action.RETRY}),
    frozenset(
        {
            Action.STAR,
            Action.UNSTAR,
            Action.PICK,
            Action.UNPICK,
            Action.REJECT,
            Action.UNREJECT,
            Action.KEEP_THIS,
            Action.CLEAR_MARKS,
        }
    ),
)
_FEWEST_WITH_LINES = 8  # items
#: The items before which the services stand to which the request can be sent.
_AFTER_TARGETS = (Action.STAR, Action.UNSTAR)


def job_menu(parent: QWidget, actions: JobActions, jobs: Sequence[Job]) -> QMenu:
    """A menu of what these jobs offer, with one of services in it if there are other ones for the request of one job.

    It deletes itself when it is closed.
    """
    menu = QMenu(parent)
    menu.setObjectName("jobMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    round_menu(menu)
    offers = actions.name_in(menu, jobs)
    services = actions.services_to_retry_on
    group = None if not offers else _group_of(offers[0].action)
    for offered in offers:
        if services and offered.action in _AFTER_TARGETS:
            others = menu.addMenu(retry_title(jobs[0]))
            others.setObjectName("retryOnMenu")
            round_menu(others)
            others.setToolTipsVisible(True)
            others.addActions(services)
        if len(offers) >= _FEWEST_WITH_LINES and _group_of(offered.action) != group:
            group = _group_of(offered.action)
            menu.addSeparator()
        menu.addAction(actions[offered.action])
    return menu


def _group_of(action: Action) -> int:
    return next((number for number, group in enumerate(_GROUPS) if action in group), len(_GROUPS))
