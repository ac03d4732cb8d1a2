"""The context menu of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from sora_desktop.state.actions import Action, OfferedAction
from sora_desktop.state.plain_text import plain_tip
from sora_desktop.state.retry_on import RetryTarget
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


def job_menu(
    parent: QWidget,
    offers: Sequence[OfferedAction],
    targets: Sequence[RetryTarget],
    targets_title: str,
    act: Callable[[OfferedAction], None],
    retry: Callable[[RetryTarget], None],
    key_for: Callable[[Action], QKeySequence],
) -> QMenu:
    """A menu of actions, with one of services in it if there are `targets`. It deletes itself when it is closed.

    `key_for` gives the key that each item names.
    """
    menu = QMenu(parent)
    menu.setObjectName("jobMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    round_menu(menu)
    group = None if not offers else _group_of(offers[0].action)
    for offered in offers:
        if targets and offered.action in _AFTER_TARGETS:
            _add_targets(menu, targets_title, targets, retry)
        if len(offers) >= _FEWEST_WITH_LINES and _group_of(offered.action) != group:
            group = _group_of(offered.action)
            menu.addSeparator()
        item = menu.addAction(offered.label)
        item.setShortcut(key_for(offered.action))
        item.setShortcutVisibleInContextMenu(True)
        item.setObjectName(f"verb:{offered.action.value}")
        item.triggered.connect(lambda _=False, offered=offered: act(offered))
    return menu


def _group_of(action: Action) -> int:
    return next((number for number, group in enumerate(_GROUPS) if action in group), len(_GROUPS))


def _add_targets(menu: QMenu, title: str, targets: Sequence[RetryTarget], retry: Callable[[RetryTarget], None]) -> None:
    others = menu.addMenu(title)
    others.setObjectName("retryOnMenu")
    round_menu(others)
    others.setToolTipsVisible(True)
    for target in targets:
        item = others.addAction(target.text.replace("&", "&&"))
        item.setObjectName(f"retryOn:{target.service}")
        item.setEnabled(not target.problem)
        item.setToolTip(plain_tip(*target.tip))
        item.triggered.connect(lambda _=False, target=target: retry(target))
