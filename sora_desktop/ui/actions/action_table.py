"""Every action of the window, once: its stable id, text, group, icon and default keys."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from sora_desktop.state.actions import Action


class ActionGroup(StrEnum):
    """The heading under which the palette and the list of shortcuts show an action, in their order."""

    CLIP = "This clip"
    SELECTION = "Selected videos"
    PLAYER = "Player"
    COMPARE = "Compare"
    REVIEW = "Review takes"
    FORM = "New video"
    LIBRARY = "Library"
    QUEUE = "Queue"
    SERVICE = "Service and money"
    TEXT = "Text"
    WINDOW = "Window"


class ActionSpec(NamedTuple):
    """What is the same for an action in every window."""

    id: str  # kept in the settings: it never changes
    text: str  # as long as the action has no other, such as one with a price
    group: ActionGroup
    icon: str = ""  # Phosphor
    keys: tuple[str, ...] = ()  # the default keys, as QKeySequence writes them
    also: str = ""  # more words by which the palette finds it
    fixed: bool = False  # its keys belong to the system, and cannot be changed
    in_list: bool = False  # its keys act only while the list of videos has the focus
    part_keys: tuple[str, ...] = ()  # keys that a part of the window handles where it has the focus; not the QAction's


_CLIP, _PLAYER, _FORM = ActionGroup.CLIP, ActionGroup.PLAYER, ActionGroup.FORM
_COMPARE, _REVIEW = ActionGroup.COMPARE, ActionGroup.REVIEW
_LIBRARY, _QUEUE, _SERVICE = ActionGroup.LIBRARY, ActionGroup.QUEUE, ActionGroup.SERVICE
_TEXT, _WINDOW = ActionGroup.TEXT, ActionGroup.WINDOW


#: The id of what sends the request of a video to another service.
RETRY_ON = "video.retry_on"


def row_id(action: Action) -> str:
    """The id of what a row's menu offers."""
    return f"video.{action.value}"


def _row(
    action: Action, text: str, icon: str = "", keys: tuple[str, ...] = (), *, fixed: bool = False, also: str = ""
) -> ActionSpec:
    return ActionSpec(row_id(action), text, ActionGroup.SELECTION, icon, keys, also, fixed=fixed, in_list=True)


def _answer(id: str, text: str, icon: str, keys: tuple[str, ...], also: str) -> ActionSpec:
    return ActionSpec(id, text, _REVIEW, icon, also=also, fixed=True, part_keys=keys)


#: Each has one QAction, which `new_action` makes and the window adds to its `ActionList`.
ACTION_TABLE = (
    ActionSpec("clip.reuse", "Reuse this request", _CLIP, "arrow-counter-clockwise", (), "edit as new again remix"),
    ActionSpec("clip.extend", "Extend from the last frame", _CLIP, "arrow-line-right", (), "continue longer"),
    ActionSpec("clip.continue", "Continue from this frame", _CLIP, "arrow-line-right", ("Ctrl+Right",), "extend"),
    ActionSpec("clip.copy_frame", "Copy this frame", _CLIP, "copy", ("Ctrl+Shift+C",), "picture image clipboard"),
    ActionSpec("clip.save_frame", "Save this frame…", _CLIP, "floppy-disk", (), "picture image still"),
    ActionSpec("clip.star", "Star", _CLIP, "star", ("S",), "favorite mark"),
    ActionSpec("clip.pick", "Pick", _CLIP, "flag", ("P",), "keep flag mark"),
    ActionSpec("clip.reject", "Reject", _CLIP, "x-circle", ("X",), "cull flag mark"),
    ActionSpec("clip.clear_marks", "Clear marks", _CLIP, "eraser", ("U",), "unmark star pick reject"),
    ActionSpec("clip.compare", "Compare", _CLIP, "columns", ("C",), "side by side takes selected differences"),
    ActionSpec("clip.export", "Export…", _CLIP, "export", ("Ctrl+E",), "save copy file"),
    ActionSpec("clip.export_range", "Export range…", _CLIP, "export", (), "save part trim cut in out"),
    ActionSpec("clip.open_in_system", "Open in system player", _CLIP, "monitor-play", (), "external"),
    ActionSpec("clip.show_in_folder", "Show in folder", _CLIP, "folder-open", (), "file manager"),
    _row(Action.RESUME, "Resume waiting", "arrow-clockwise", also="check status"),
    _row(Action.FETCH, "Download again", "download-simple"),
    _row(Action.RECONCILE, "Check again", "scales", also="balance outcome"),
    _row(Action.SEND_AGAIN, "Send again", "paper-plane-tilt", fixed=True),
    _row(Action.PLAY, "Play", "play-circle", ("Return",), fixed=True, also="show state open"),
    _row(Action.EDIT_QUEUED, "Edit in queue", "pencil-simple"),
    _row(Action.EDIT_AS_NEW, "Edit as new request", "note-pencil", also="reuse again form"),
    _row(Action.MOVE_TO_FRONT, "Send next", "arrow-line-up", also="queue order front first"),
    _row(Action.MOVE_UP, "Send sooner", "arrow-up", also="queue order up"),
    _row(Action.MOVE_DOWN, "Send later", "arrow-down", also="queue order down"),
    _row(Action.HOLD, "Hold", "hand", also="pause"),
    _row(Action.RELEASE, "Release", "play", fixed=True),
    _row(Action.RETRY, "Make another take", "repeat", fixed=True, also="retry again"),
    ActionSpec(
        RETRY_ON, "Retry on another service", ActionGroup.SELECTION, "hard-drives", (), "send take", in_list=True
    ),
    _row(Action.REPORT, "Save support report…", "file-text", also="help problem"),
    _row(Action.ABANDON, "Stop waiting", "stop-circle"),
    _row(Action.CANCEL, "Cancel", "prohibit"),
    _row(Action.REVIEW, "Review takes", "list-numbers", ("R",), also="compare order knockout best"),
    _row(Action.KEEP_THIS, "Keep this, reject the others", "flag", also="pick cull"),
    _row(Action.TRASH, "Move to Trash", "trash", ("Del",), also="delete permanently remove"),
    _row(Action.RESTORE, "Restore", "arrow-u-up-left"),
    ActionSpec("player.play", "Play or pause", _PLAYER, "play", ("Space", "K")),
    ActionSpec("player.shuttle_back", "Play backward, again: faster", _PLAYER, "rewind", ("J",), "reverse shuttle"),
    ActionSpec("player.shuttle_forward", "Play forward, again: faster", _PLAYER, "fast-forward", ("L",), "shuttle"),
    ActionSpec("player.frame_back", "Previous frame", _PLAYER, "caret-left", (",", "Left"), "step"),
    ActionSpec("player.frame_forward", "Next frame", _PLAYER, "caret-right", (".", "Right"), "step"),
    ActionSpec("player.range_start", "Set start of range", _PLAYER, "skip-back", ("I",), "in point mark"),
    ActionSpec("player.range_end", "Set end of range", _PLAYER, "skip-forward", ("O",), "out point mark"),
    ActionSpec("player.clear_range", "Clear range", _PLAYER, "brackets-square", ("Alt+X",), "in out points"),
    ActionSpec("player.jump_to_start", "Go to the first frame", _PLAYER, "skip-back", ("Home",), "jump beginning"),
    ActionSpec("player.jump_to_end", "Go to the last frame", _PLAYER, "skip-forward", ("End",), "jump"),
    ActionSpec(
        "player.jump_to_range_start",
        "Go to the start of the range",
        _PLAYER,
        "skip-back",
        ("Shift+I",),
        "jump in point",
    ),
    ActionSpec(
        "player.jump_to_range_end",
        "Go to the end of the range",
        _PLAYER,
        "skip-forward",
        ("Shift+O",),
        "jump out point",
    ),
    ActionSpec("player.go_to", "Go to time or frame…", _PLAYER, "hash", ("Ctrl+G",), "jump timecode number"),
    ActionSpec("player.loop", "Loop", _PLAYER, "repeat", ("Shift+L",), "repeat"),
    ActionSpec("player.mute", "Mute", _PLAYER, "speaker-slash", ("M",), "sound silent volume"),
    ActionSpec("player.louder", "Louder", _PLAYER, "speaker-high", (), "volume up sound"),
    ActionSpec("player.quieter", "Quieter", _PLAYER, "speaker-low", (), "volume down sound"),
    ActionSpec("player.speed", "Speed", _PLAYER, "gauge", (), "slow motion rate"),
    ActionSpec("player.slower", "Slower by 10 %", _PLAYER, "minus", ("[",), "speed"),
    ActionSpec("player.faster", "Faster by 10 %", _PLAYER, "plus", ("]",), "speed"),
    ActionSpec("player.half_speed", "Half the speed", _PLAYER, "minus", ("{",), "slow motion"),
    ActionSpec("player.double_speed", "Double the speed", _PLAYER, "plus", ("}",), "fast"),
    ActionSpec("player.normal_speed", "Normal speed", _PLAYER, "timer", ("Backspace",), "reset"),
    ActionSpec("player.zoom_in", "Zoom in", _PLAYER, "magnifying-glass-plus", ("+", "="), "larger"),
    ActionSpec("player.zoom_out", "Zoom out", _PLAYER, "magnifying-glass-minus", ("-",), "smaller"),
    ActionSpec("player.zoom_fit", "Fit the picture", _PLAYER, "arrows-in", ("0",), "zoom whole"),
    ActionSpec(
        "player.zoom_full", "Picture at 100 %", _PLAYER, "frame-corners", ("Ctrl+1",), "zoom pixels actual size"
    ),
    ActionSpec("player.pan_left", "Pan left", _PLAYER, "arrow-left", ("Ctrl+Shift+Left",), "move zoomed picture"),
    ActionSpec("player.pan_right", "Pan right", _PLAYER, "arrow-right", ("Ctrl+Shift+Right",), "move zoomed picture"),
    ActionSpec("player.pan_up", "Pan up", _PLAYER, "arrow-up", ("Ctrl+Shift+Up",), "move zoomed picture"),
    ActionSpec("player.pan_down", "Pan down", _PLAYER, "arrow-down", ("Ctrl+Shift+Down",), "move zoomed picture"),
    ActionSpec("player.full_screen", "Full screen picture", _PLAYER, "corners-out", ("F",)),
    ActionSpec("compare.side_by_side", "Compare side by side", _COMPARE, "columns", (), "beside"),
    ActionSpec("compare.wipe", "Compare with a wipe", _COMPARE, "square-half", (), "line split"),
    ActionSpec("compare.flip", "Compare by flipping", _COMPARE, "stack", (), "switch toggle"),
    ActionSpec("compare.difference", "Compare the difference", _COMPARE, "intersect", (), "subtract gain"),
    ActionSpec(
        "compare.quick_flip", "Show this clip alone, again: back", _COMPARE, "stack", ("V",), "flip toggle full"
    ),
    ActionSpec("compare.current", "Current clip", _COMPARE, "hash", (), "choose letter pane"),
    ActionSpec(
        "compare.against", "Compare it against", _COMPARE, "arrows-left-right", (), "other clip wipe difference"
    ),
    ActionSpec("compare.gain", "Gain of the difference", _COMPARE, "sun", (), "brightness amplify times"),
    ActionSpec("compare.table", "Show or hide the table of differences", _COMPARE, "table", (), "what differs rows"),
    ActionSpec("compare.form", "Show or fold the form", _COMPARE, "note-pencil", (), "compose request new video"),
    ActionSpec("compare.swap", "Swap clips", _COMPARE, "swap", (), "exchange left right"),
    ActionSpec("compare.nudge_back", "Nudge this clip a frame earlier", _COMPARE, "arrow-left", ("Alt+Left",)),
    ActionSpec("compare.nudge_forward", "Nudge this clip a frame later", _COMPARE, "arrow-right", ("Alt+Right",)),
    ActionSpec("compare.reset_nudges", "Reset nudges", _COMPARE, "link", (), "show all clips at the same time lock"),
    ActionSpec("compare.keep", "Keep this clip, reject the others", _COMPARE, "check", (), "pick winner"),
    ActionSpec("compare.export_picks", "Export compared picks…", _COMPARE, "export", (), "save copy folder"),
    ActionSpec("compare.close", "Leave compare", _COMPARE, "x", ("Esc",), "back player", fixed=True),
    _answer("review.a", "A is the best", "arrow-left", ("1", "Left"), "better first left winner"),
    _answer("review.b", "B is the best", "arrow-right", ("2", "Right"), "better second right winner"),
    _answer("review.c", "C is the best", "trophy", ("3",), "better third winner"),
    _answer("review.d", "D is the best", "trophy", ("4",), "better fourth winner"),
    _answer("review.equal", "They are equal", "equals", ("0",), "tie cannot decide"),
    _answer("review.back", "Back to the last question", "arrow-u-up-left", ("Backspace",), "undo answer"),
    ActionSpec("review.at_once", "Clips in one question", _REVIEW, "columns", (), "pairs fours two four at once"),
    ActionSpec("review.finish", "Show the order so far", _REVIEW, "list-numbers", (), "finish enough result"),
    ActionSpec("review.go_on", "Go on with the questions", _REVIEW, "play", (), "continue"),
    ActionSpec("review.pick", "Pick the first of the order", _REVIEW, "flag", (), "winner best"),
    ActionSpec("review.pick_more", "Pick more of the order", _REVIEW, "flag", (), "first two three best"),
    ActionSpec("review.reject", "Reject the rest of the order", _REVIEW, "x-circle", (), "cull"),
    ActionSpec("review.export_picks", "Export the picks of the order…", _REVIEW, "export", (), "save copy folder"),
    ActionSpec("review.again", "Review again from the start", _REVIEW, "arrow-clockwise", (), "restart"),
    ActionSpec("review.end", "End the review", _REVIEW, "x", (), "stop leave close"),
    ActionSpec("form.generate", "Generate", _FORM, "sparkle", ("Ctrl+Return", "Ctrl+Enter"), "submit send create"),
    ActionSpec("form.prompt", "Go to prompt", _FORM, "pencil-simple", ("Ctrl+P",), "write form compose"),
    ActionSpec("form.open_image", "Open image…", _FORM, "image", ("Ctrl+O",), "reference picture"),
    ActionSpec("form.remove_image", "Remove image", _FORM, "eraser", (), "reference picture without"),
    ActionSpec("form.new_seed", "Roll a new seed", _FORM, "dice-five", (), "random number"),
    ActionSpec("form.discard_edit", "Discard changes to the queued video", _FORM, "x", (), "cancel edit"),
    ActionSpec("library.list", "Go to the list", _LIBRARY, "list-bullets", ("Ctrl+L",), "videos rows library"),
    ActionSpec("library.find", "Find", _LIBRARY, "magnifying-glass", ("Ctrl+F",), "search prompts"),
    ActionSpec(
        "library.tab", "Tab of the library", _LIBRARY, "browsers", (), "show all active done failed starred trash"
    ),
    ActionSpec("library.marks", "Videos with marks", _LIBRARY, "flag", (), "filter starred picks rejects not marked"),
    ActionSpec("library.service", "Videos of a service", _LIBRARY, "funnel-simple", (), "filter engine"),
    ActionSpec("library.trash", "Trash", _LIBRARY, "trash", (), "deleted removed"),
    ActionSpec("library.export_picks", "Export picks…", _LIBRARY, "export", (), "save copy all picked clips"),
    ActionSpec("library.trash_rejects", "Move rejects to Trash", _LIBRARY, "trash", (), "delete remove rejected cull"),
    ActionSpec("library.empty_trash", "Empty Trash…", _LIBRARY, "trash", (), "delete permanently"),
    ActionSpec("library.open_folder", "Open library folder", _LIBRARY, "folder", (), "files disk"),
    ActionSpec("queue.pause", "Pause queue", _QUEUE, "pause", ("Ctrl+Shift+P",), "resume stop sending"),
    ActionSpec("service.choose", "Choose service", _SERVICE, "hard-drives", ("Ctrl+Shift+E",), "engine switch"),
    ActionSpec("service.add", "Add a service…", _SERVICE, "plus", (), "connect engine"),
    ActionSpec("service.list", "Services…", _SERVICE, "cloud", (), "engines settings"),
    ActionSpec("service.balance", "Refresh balance", _SERVICE, "arrow-clockwise", ("F5",), "money funds left"),
    ActionSpec("service.prices", "Prices…", _SERVICE, "tag", (), "cost money"),
    ActionSpec("service.limit", "Daily spending limit…", _SERVICE, "gauge", (), "money cap budget settings"),
    ActionSpec("edit.undo", "Undo", _TEXT, "arrow-u-up-left", ("Ctrl+Z",), fixed=True),
    ActionSpec("edit.redo", "Redo", _TEXT, "arrow-u-up-right", ("Ctrl+Shift+Z",), fixed=True),
    ActionSpec("edit.cut", "Cut", _TEXT, "scissors", ("Ctrl+X",), fixed=True),
    ActionSpec("edit.copy", "Copy", _TEXT, "copy-simple", ("Ctrl+C",), fixed=True),
    ActionSpec("edit.paste", "Paste", _TEXT, "clipboard", ("Ctrl+V",), fixed=True),
    ActionSpec("edit.select_all", "Select all", _TEXT, "selection-all", ("Ctrl+A",), fixed=True),
    ActionSpec("window.palette", "Find an action…", _WINDOW, "command", ("Ctrl+K",), "command palette"),
    ActionSpec("window.shortcuts", "Keyboard shortcuts", _WINDOW, "keyboard", ("F1", "?"), "keys help change"),
    ActionSpec("window.settings", "Settings…", _WINDOW, "gear", ("Ctrl+,",), "preferences options key"),
    ActionSpec("window.theme", "Theme", _WINDOW, "circle-half", (), "dark light high contrast colors"),
    ActionSpec("window.dismiss_notice", "Dismiss notice", _WINDOW, "bell-slash", (), "message warning close"),
    ActionSpec("window.full_screen", "Full screen", _WINDOW, "monitor", ("F11",)),
    ActionSpec("window.about", "About Sora Desktop", _WINDOW, "info", (), "version help"),
    ActionSpec("window.quit", "Quit", _WINDOW, "sign-out", ("Ctrl+Q",), "exit close"),
)
#: Keys that widgets handle themselves, with what they do: they cannot be changed.
FIXED_KEYS = (
    (ActionGroup.COMPARE, "Make a clip the current one; where one is shown alone, show it", ("1", "2", "3", "4")),
    (ActionGroup.COMPARE, "Flip to the next clip, where one is shown alone", ("Tab",)),
    (ActionGroup.SELECTION, "Menu of the selected videos", ("Shift+F10",)),
    (ActionGroup.LIBRARY, "First or last video of the list", ("Ctrl+Home", "Ctrl+End")),
)
SPECS = {spec.id: spec for spec in ACTION_TABLE}
