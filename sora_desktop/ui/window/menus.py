"""The menus of the window, built from the QActions of the window and of its panels."""

from __future__ import annotations

from PySide6.QtWidgets import QMenuBar

from sora_desktop.state.actions import Action
from sora_desktop.ui.actions.action_list import ActionList
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.widgets.round_corners import round_menu
from sora_desktop.ui.window.edit_actions import EditActions
from sora_desktop.ui.window.window_actions import WindowActions


def build_menus(
    bar: QMenuBar,
    listed: ActionList,
    window: WindowActions,
    edits: EditActions,
    compare: CompareActions,
    compose: ComposePanel,
    player: PlayerPanel,
    library: LibraryPanel,
) -> None:
    """Fill the menu bar. `listed` is told when a menu is opened and closed."""
    of_jobs = library.job_actions
    file = bar.addMenu("File")
    file.addAction(compose.generate_action)
    file.addSeparator()
    file.addAction(compose.open_image_action)
    file.addAction(window.open_clips_folder)
    file.addAction(of_jobs[Action.EXPORT])
    file.addAction(library.mark_actions.export_picks)
    file.addSeparator()
    file.addAction(window.choose_service)
    file.addAction(window.add_service)
    file.addAction(window.services)
    file.addAction(window.settings)
    file.addSeparator()
    file.addAction(window.quit)

    edit = bar.addMenu("Edit")
    edit.addActions([edits.undo, edits.redo])
    edit.addSeparator()
    edit.addActions([edits.cut, edits.copy, edits.paste, edits.select_all])
    edit.addSeparator()
    edit.addAction(window.palette)
    edit.addAction(library.find_action)
    edit.addAction(library.list_action)
    edit.addAction(window.go_to_prompt)
    edit.addSeparator()
    edit.addActions([of_jobs[Action.REUSE], player.extend_action, of_jobs[Action.SHOW_IN_FOLDER]])
    edit.addSeparator()
    edit.addAction(library.mark_actions.trash_rejects)

    playback = bar.addMenu("Playback")
    player.fill_menu(playback)

    queue = bar.addMenu("Queue")
    queue.addActions([window.pause, window.refresh_balance, window.prices, window.limit])

    view = bar.addMenu("View")
    view.addAction(library.trash_action)
    comparing = view.addMenu("Compare")
    comparing.addAction(of_jobs[Action.COMPARE])
    comparing.addSeparator()
    comparing.addActions(compare.of_compare)
    reviewing = view.addMenu("Review takes")
    reviewing.addActions(compare.review.all)
    view.addSeparator()
    view.addActions(list(window.themes.values()))
    view.addSeparator()
    view.addAction(window.full_screen)

    help_menu = bar.addMenu("Help")
    help_menu.addActions([window.shortcuts, window.about])
    for menu in (file, edit, queue, view, comparing, reviewing, help_menu):
        round_menu(menu)
    for menu in (file, edit, playback, queue, view, help_menu):
        menu.aboutToShow.connect(listed.about_to_show)
        menu.aboutToHide.connect(listed.hidden)
