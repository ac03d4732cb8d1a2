"""The menu of compared pictures: everything that can be done with them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.player.player_actions import PlayerActions
from sora_desktop.ui.widgets.round_corners import round_menu


def pictures_menu(parent: QWidget, actions: CompareActions, of_player: PlayerActions) -> QMenu:
    """A menu that is deleted when it closes."""
    menu = QMenu(parent)
    menu.setObjectName("comparedPicturesMenu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addActions(actions.of_compare)
    menu.addSeparator()
    if actions.review.is_going_on:
        reviewing = menu.addMenu("Review")
        reviewing.addActions(actions.review.all)
        round_menu(reviewing)
    playback = menu.addMenu("Playback")
    of_player.fill(playback)
    round_menu(menu)
    return menu
