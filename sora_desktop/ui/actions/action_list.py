"""All actions of a window, and the keys that the user has given them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence

from sora_desktop.ui.actions.action_table import ACTION_TABLE, SPECS
from sora_desktop.ui.actions.keys import is_plain, is_plain_arrow, is_pressed, is_usable, sequences_of


def new_action(id: str, parent: QObject) -> QAction:
    """A QAction with the text and the default keys of the table. Raises KeyError for an id that is not there."""
    spec = SPECS[id]
    action = QAction(spec.text, parent)
    action.setData(id)
    if spec.keys:
        _give_keys(action, sequences_of(spec.keys))
    return action


def id_of(action: QAction) -> str:
    """The id of an action that `new_action` has made; empty for another one."""
    id = action.data()
    return id if isinstance(id, str) and id in SPECS else ""


def lasting_name(action: QAction) -> str:
    """What the table calls an action, whatever it says at the moment: "Reject" while it says "Remove reject"."""
    return SPECS[id_of(action)].text


def action_for(actions: Iterable[QAction], event: QKeyEvent, *, arrows: bool) -> QAction | None:
    """The enabled action of a key that was pressed. `arrows`: False while arrow keys without modifiers scroll."""
    if is_plain_arrow(event) and not arrows:
        return None
    for action in actions:
        if action.isEnabled() and any(is_pressed(key, event) for key in action.shortcuts()):
            return action
    return None


def run_key(action: QAction, event: QKeyEvent) -> None:
    """Trigger an action by a key, unless the key is held down and the action is done once for each press."""
    if action.autoRepeat() or not event.isAutoRepeat():
        action.trigger()


class Extra(NamedTuple):
    """What the palette shows of an action beside its text. The functions are asked each time that it is opened."""

    detail: Callable[[], str] = str
    reason: Callable[[], str] = str  # why the action is disabled
    explains: bool = False  # the reason is a sentence that is shown when the key is pressed in vain
    applies: Callable[[], bool] = lambda: True  # False: the action is enabled, and would do nothing
    spends: Callable[[], bool] = bool  # the text or the detail then names the price
    options: Callable[[], Sequence[QAction]] = tuple  # what to choose from; the action itself then does nothing
    group: Callable[[], str] = str  # its heading, where it is not always that of the table


class ActionList(QObject):
    """Holds one QAction for each entry of the table that the window has.

    Menus, buttons, palette and the list of shortcuts share the QActions, and the keys are those of the QActions. An
    action with a plain key has the context of a widget: Qt shows the key in menus, and the window runs it if the
    focused widget ignores it.
    """

    keys_changed = Signal()
    about_to_show = Signal()  # in a menu or the palette: texts and states of the actions are about to be read
    hidden = Signal()  # what showed them was closed; an action that was chosen there is triggered next

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._actions: dict[str, QAction] = {}
        self._extras: dict[str, Extra] = {}

    def add(self, *actions: QAction) -> None:
        """Add actions that `new_action` has made. Each is added once."""
        for action in actions:
            id = id_of(action)
            assert id and id not in self._actions, f"{action.text()!r} is not in the table, or was added before"
            self._actions[id] = action

    def describe(self, id: str, extra: Extra) -> None:
        """Set what the palette shows beside the text of an action."""
        assert id in self._actions, id
        self._extras[id] = extra

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def __iter__(self) -> Iterator[QAction]:
        """The actions in the order of the table."""
        return (self._actions[spec.id] for spec in ACTION_TABLE if spec.id in self._actions)

    def extra(self, id: str) -> Extra:
        """What the palette shows beside the text of an action."""
        return self._extras.get(id, Extra())

    def action_for(self, event: QKeyEvent, *, arrows: bool) -> QAction | None:
        """The enabled action of a key that no widget has taken; actions of rows have keys in their list alone."""
        return action_for((each for each in self if not SPECS[id_of(each)].in_list), event, arrows=arrows)

    def reason_for(self, event: QKeyEvent) -> str:
        """Why a key does nothing, in a sentence; empty if no disabled action explains itself by this key."""
        for action in self:
            extra = self.extra(id_of(action))
            if extra.explains and not action.isEnabled() and any(is_pressed(key, event) for key in action.shortcuts()):
                return extra.reason()
        return ""

    def user_of(self, key: QKeySequence, besides: str) -> QAction | None:
        """The action that has this key, other than the one with the id `besides`."""
        return next((each for each in self if id_of(each) != besides and key in each.shortcuts()), None)

    def takers(self, id: str) -> list[tuple[QKeySequence, QAction]]:
        """The default keys of an action that other actions have now, with those actions."""
        pairs = [(key, self.user_of(key, id)) for key in sequences_of(SPECS[id].keys)]
        return [(key, user) for key, user in pairs if user is not None]

    @property
    def chosen_keys(self) -> dict[str, str]:
        """The keys that are not the default, by id, for the settings. Several keys are separated by "; "."""
        return {
            id_of(each): QKeySequence.listToString(each.shortcuts())
            for each in self
            if self.has_chosen_keys(id_of(each))
        }

    def has_chosen_keys(self, id: str) -> bool:
        """True if the user has given the action other keys."""
        return not SPECS[id].fixed and self._actions[id].shortcuts() != sequences_of(SPECS[id].keys)

    def choose_keys(self, id: str, keys: Sequence[QKeySequence]) -> None:
        """Give an action these keys, and take them from every other action."""
        for other in self:
            if id_of(other) != id and not SPECS[id_of(other)].fixed and any(key in keys for key in other.shortcuts()):
                _give_keys(other, [key for key in other.shortcuts() if key not in keys])
        _give_keys(self._actions[id], keys)
        self.keys_changed.emit()

    def reset_keys(self, id: str) -> None:
        """Give an action its default keys, and take them from every other action."""
        self.choose_keys(id, sequences_of(SPECS[id].keys))

    def reset_all_keys(self) -> None:
        """Give every action its default keys."""
        for action in self:
            if not (spec := SPECS[id_of(action)]).fixed:  # those of the system may be more than the table has
                _give_keys(action, sequences_of(spec.keys))
        self.keys_changed.emit()

    def load_keys(self, chosen: Mapping[str, str]) -> str:
        """Apply `chosen_keys` of an earlier run. The answer names what was ignored; empty if nothing was.

        Ignored are unknown actions, keys that cannot be used, and keys that another action has. Keys of actions whose
        keys are fixed are not the user's: an earlier version saved those that the system has for Undo.
        """
        ignored: list[str] = []
        wanted: dict[str, list[QKeySequence]] = {}
        for id, text in chosen.items():
            if id not in self._actions:
                ignored.append(id)
                continue
            if SPECS[id].fixed:
                continue
            keys = QKeySequence.listFromString(text) if text else []
            wanted[id] = [key for key in keys if is_usable(key)]
            if len(wanted[id]) < len(keys):
                ignored.append(f"{text} ({id})")
        for id in wanted:
            _give_keys(self._actions[id], [])  # first: two actions may have changed their keys with each other
        for id, keys in wanted.items():
            free = [key for key in keys if self.user_of(key, id) is None]
            if len(free) < len(keys):
                ignored.append(f"{chosen[id]} ({id}), which another action has")
            _give_keys(self._actions[id], free)
        self.keys_changed.emit()
        return ", ".join(ignored)


def _give_keys(action: QAction, keys: Sequence[QKeySequence]) -> None:
    plain = any(map(is_plain, keys))
    action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut if plain else Qt.ShortcutContext.WindowShortcut)
    action.setShortcuts(keys)
