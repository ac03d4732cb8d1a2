"""The context menu of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from sora_desktop.state.actions import Action, OfferedAction
from sora_desktop.state.plain_text import plain_tip
from sora_desktop.state.retry_on import RetryTarget
from sora_desktop.ui.widgets.round_corners import round_menu

#: The items before which the services stand to which the request can be sent.
_AFTER_TARGETS = (Action.STAR, Action.UNSTAR)


def job_menu(
    parent: QWidget,
    offers: Sequence[OfferedAction],
    targets: Sequence[RetryTarget],
    targets_title: str,
    act: Callable[[OfferedAction], None],
    retry: Callable[[RetryTarget], None],
) -> QMenu:
    """A menu of actions, with one of services in it if there are `targets`. It deletes itself when it is closed."""
    menu = QMenu(parent)
    menu.setObjectName("jobMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    round_menu(menu)
    for offered in offers:
        if targets and offered.action in _AFTER_TARGETS:
            _add_targets(menu, targets_title, targets, retry)
        item = menu.addAction(offered.label)
        item.setObjectName(f"verb:{offered.action.value}")
        item.triggered.connect(lambda _=False, offered=offered: act(offered))
    return menu


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
