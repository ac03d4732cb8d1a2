"""The QActions for what can be done to jobs: to the selected rows, those of a menu, or the clip that is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QMenu

from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.actions import PAID, Action, JobAction, OfferedAction, RetryOn
from sora_desktop.state.job_list import JobList
from sora_desktop.state.marks import Mark, mark_action
from sora_desktop.state.plain_text import plain_tip
from sora_desktop.state.retry_on import RetryTarget, retry_targets
from sora_desktop.ui.actions.action_list import ActionList, new_action
from sora_desktop.ui.actions.action_table import RETRY_ON, SPECS, row_id
from sora_desktop.ui.actions.keys import is_plain_arrow, is_pressed
from sora_desktop.ui.widgets.tool_tip import key_of

#: What is done to the selected rows: the first of these that they offer.
_OF_ROWS = {
    **{
        row_id(action): (action,)
        for action in (
            Action.RESUME,
            Action.FETCH,
            Action.RECONCILE,
            Action.SEND_AGAIN,
            Action.PLAY,
            Action.EDIT_QUEUED,
            Action.EDIT_AS_NEW,
            Action.MOVE_TO_FRONT,
            Action.MOVE_UP,
            Action.MOVE_DOWN,
            Action.HOLD,
            Action.RELEASE,
            Action.RETRY,
            Action.REPORT,
            Action.ABANDON,
            Action.CANCEL,
            Action.RESTORE,
            Action.KEEP_THIS,
            Action.REVIEW,
        )
    },
    row_id(Action.TRASH): (Action.TRASH, Action.DELETE_PERMANENTLY),
}
#: What is done to the selected rows while the list has the focus, else to the clip that is shown.
_BY_FOCUS = {
    "clip.star": (Action.STAR, Action.UNSTAR),
    "clip.pick": (Action.PICK, Action.UNPICK),
    "clip.reject": (Action.REJECT, Action.UNREJECT),
    "clip.clear_marks": (Action.CLEAR_MARKS,),
    "clip.compare": (Action.COMPARE,),
}
#: What is done to the clip that is shown. A row that is selected alone is shown.
_OF_CLIP = {
    "clip.reuse": (Action.REUSE,),
    "clip.show_in_folder": (Action.SHOW_IN_FOLDER,),
    "clip.export": (Action.EXPORT,),
}
_REQUESTS = _OF_ROWS | _BY_FOCUS | _OF_CLIP
_ID_OF = {action: id for id, actions in _REQUESTS.items() for action in actions}
#: The marks that actions change, by the ids of the actions.
MARK_IDS = {
    "clip.star": Mark.STAR,
    "clip.pick": Mark.PICK,
    "clip.reject": Mark.REJECT,
    "clip.clear_marks": Mark.CLEAR,
}
#: They are requested whatever is selected: what cannot be compared or reviewed is said.
_SAYS_WHY = frozenset({Action.COMPARE, Action.REVIEW})

#: What is said when a press does nothing, since something else is offered by now than was shown.
CHANGED = "Nothing was sent: the video or its price has changed meanwhile."


class _Target(NamedTuple):
    """The jobs that the actions are for."""

    rows: tuple[Job, ...]
    by_focus: tuple[Job, ...]
    clip: tuple[Job, ...]

    def place_of(self, id: str) -> int:
        """Place of the jobs for one action. Several selected rows are compared wherever the focus is."""
        if id in _OF_CLIP:
            return 2
        return 1 if id in _BY_FOCUS and not (id == _ID_OF[Action.COMPARE] and len(self.rows) > 1) else 0

    def of(self, id: str) -> tuple[Job, ...]:
        """The jobs for one action."""
        return (self.rows, self.by_focus, self.clip)[self.place_of(id)]


class JobActions(QObject):
    """One QAction for each thing that can be done to jobs. Menus, palette, buttons and keys share it.

    While a menu or the palette shows the actions, they are named for certain jobs, with prices, and are for those jobs.
    Else they are for what is selected or shown at the moment.
    """

    requested = Signal(object, object)  # JobAction, tuple[JobId, ...]
    about_to_leave = Signal()  # what is requested next is not about the picture: no full screen may cover it
    services_requested = Signal()  # those to which the selected request can be sent
    message_requested = Signal(str)  # why nothing happened, for the user
    keys_changed = Signal()

    def __init__(
        self,
        parent: QObject,
        jobs: JobList,
        rows: Callable[[], Sequence[Job]] = tuple,
        rows_have_focus: Callable[[], bool] = bool,
    ) -> None:
        """`rows` returns the jobs of the selected rows, from the top."""
        super().__init__(parent)
        self._jobs = jobs
        self._rows = rows
        self._rows_have_focus = rows_have_focus
        self._clip: Job | None = None
        self._is_open = False
        self._named_for: _Target | None = None
        self._offered: dict[str, OfferedAction] = {}  # by id, what the texts say
        self._actions = {id: self._action(id) for id in _REQUESTS}
        #: Offers the services to which the request of the selected video can be sent.
        self.retry_on = new_action(RETRY_ON, self)
        self.retry_on.setAutoRepeat(False)
        self.retry_on.triggered.connect(lambda _: self.services_requested.emit())
        self._services: list[QAction] = []
        self._enable()

    def __getitem__(self, action: Action) -> QAction:
        """The QAction that requests an action. A mark and its removal have the same one."""
        return self._actions[_ID_OF[action]]

    @property
    def of_marks(self) -> dict[Mark, QAction]:
        """The actions that change marks."""
        return {mark: self._actions[id] for id, mark in MARK_IDS.items()}

    def join(self, actions: ActionList) -> None:
        """Add the actions to the list of all."""
        actions.add(*self._actions.values(), self.retry_on)
        actions.about_to_show.connect(lambda: self._name(self._target()))
        actions.hidden.connect(self._forget_later)
        actions.keys_changed.connect(self.keys_changed)

    def show_clip(self, job: Job | None, *, is_open: bool) -> None:
        """Tell which job is shown: in the player, or as the current one of compared clips. `is_open`: its clip is."""
        self._clip, self._is_open = job, is_open
        self._enable()

    def name_in(self, menu: QMenu, jobs: Sequence[Job]) -> Sequence[OfferedAction]:
        """Name the actions for these jobs, for which they are while the menu is open. Returns what the jobs offer."""
        target = tuple(jobs)
        menu.aboutToHide.connect(self._forget_later)
        return self._name(_Target(target, target, target))

    def is_offered(self, id: str) -> bool:
        """True if an action could be done to the jobs for which it was named last."""
        return id in self._offered

    def is_for_others(self, id: str) -> bool:
        """True if the jobs for which an action was named last are not the clip that is shown."""
        target = self._named_for or self._target()
        return target.of(id) != target.clip

    @property
    def services_to_retry_on(self) -> list[QAction]:
        """An action for each service to which the request of the one selected video can be sent, with its cost."""
        for action in self._services:
            action.deleteLater()
        jobs = (self._named_for or self._target()).rows
        targets = retry_targets(jobs[0], self._jobs.services) if len(jobs) == 1 else ()
        self._services = [self._retry_action(jobs[0], target) for target in targets]
        return self._services

    def mark(self, mark: Mark, job: Job | None) -> None:
        """Trigger the action of a mark for this job, whose button was pressed; None: there is no job."""
        if job is not None:
            self._trigger(self.of_marks[mark], (job,))

    def handle_key(self, event: QKeyEvent) -> bool:
        """Do what a key means for the selected rows. False if it means nothing for rows, or the list handles it."""
        if is_plain_arrow(event):
            return False
        listed = {id: action for id, action in self._actions.items() if id not in _OF_CLIP}
        del listed[_ID_OF[Action.PLAY]]
        for action in (*listed.values(), self.retry_on):
            if any(is_pressed(key, event) for key in action.shortcuts()):
                if not event.isAutoRepeat():
                    self._trigger(action, tuple(self._rows()))
                return True
        return False

    def key_of(self, mark: Mark) -> str:
        """The key that turns a mark on or off; empty if there is none."""
        return key_of(self.of_marks[mark])

    def _target(self) -> _Target:
        rows, clip = tuple(self._rows()), () if self._clip is None else (self._clip,)
        return _Target(rows, rows if self._rows_have_focus() and rows else clip, clip)

    def _name(self, target: _Target) -> Sequence[OfferedAction]:
        """Name the actions for these jobs, and enable those of the menus for them. Returns what the rows offer."""
        self._named_for, self._offered = target, {}
        offers = [self._jobs.actions_for(target.rows)]
        for before, jobs in pairwise(target):
            offers.append(offers[-1] if jobs is before else self._jobs.actions_for(jobs))
        is_of_menu = target.clip is target.rows
        for id, action in self._actions.items():
            jobs = target.of(id)
            offered = _first(id, offers[target.place_of(id)])
            if offered is not None:
                self._offered[id] = offered
            if id not in _OF_CLIP:
                action.setText(SPECS[id].text if offered is None else offered.label)
            if id in MARK_IDS:
                action.setEnabled(mark_action(MARK_IDS[id], jobs) is not None)
            elif id in _BY_FOCUS:
                action.setEnabled(offered is not None)
            elif is_of_menu and offered is not None:
                action.setEnabled(True)
        return offers[0]

    def _forget_later(self) -> None:
        """A menu is hidden before what was chosen in it is triggered."""
        named_for = self._named_for
        QTimer.singleShot(0, self, lambda: self._forget() if self._named_for is named_for else None)

    def _forget(self) -> None:
        self._named_for = None
        self._enable()

    def _enable(self) -> None:
        """As no menu shows them: keys act on what is selected, whatever that is; buttons on what is shown."""
        for id in _BY_FOCUS:
            self._actions[id].setEnabled(True)
        self[Action.REUSE].setEnabled(self._clip is not None)
        for action in (Action.SHOW_IN_FOLDER, Action.EXPORT):
            self[action].setEnabled(self._is_open)

    def _trigger(self, action: QAction, jobs: tuple[Job, ...]) -> None:
        """Trigger an action for these jobs."""
        before, self._named_for = self._named_for, _Target(jobs, jobs, jobs)
        action.setEnabled(True)
        action.trigger()
        self._named_for = before

    def _run(self, id: str) -> None:
        """Request an action, unless it spends, and something else is offered now than was shown."""
        jobs = (self._named_for or self._target()).of(id)
        if not jobs:
            return
        if id in MARK_IDS:
            found = mark_action(MARK_IDS[id], jobs)
            if found is not None:
                self.requested.emit(*found)
            return
        action, *_ = _REQUESTS[id]
        if action not in _SAYS_WHY and id not in _OF_CLIP:
            now = self._jobs.find_all([job.id for job in jobs])
            offered = _first(id, self._jobs.actions_for([now.get(job.id, job) for job in jobs]))
            if offered is None:
                return
            action = offered.action
            if action in PAID and (self._named_for is None or offered != self._offered.get(id)):
                self.message_requested.emit(CHANGED)
                return
        self.about_to_leave.emit()
        self._request(action, tuple(job.id for job in jobs))

    def _request(self, action: JobAction, ids: tuple[JobId, ...]) -> None:
        self.requested.emit(action, ids)

    def _action(self, id: str) -> QAction:
        action = new_action(id, self)
        action.setObjectName(f"verb:{_REQUESTS[id][0].value}")
        action.setAutoRepeat(False)
        action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(lambda _: self._run(id))
        return action

    def _retry_action(self, job: Job, target: RetryTarget) -> QAction:
        action = QAction(target.text.replace("&", "&&"), self)
        action.setObjectName(f"retryOn:{target.service}")
        action.setStatusTip(", ".join(filter(None, (target.cost, " ".join(target.tip)))))
        action.setToolTip(plain_tip(*target.tip))
        action.setEnabled(not target.problem)
        action.triggered.connect(lambda _: self._retry(job, target))
        return action

    def _retry(self, job: Job, target: RetryTarget) -> None:
        """Request what was named, unless it has changed since."""
        current = self._jobs.find(job.id) or job
        if target in retry_targets(current, self._jobs.services):
            self._request(RetryOn(target.service), (job.id,))
        else:
            self.message_requested.emit(CHANGED)


def _first(id: str, offers: Iterable[OfferedAction]) -> OfferedAction | None:
    """The first action of an id that is offered."""
    by_action = {offered.action: offered for offered in offers}
    return next((by_action[action] for action in _REQUESTS[id] if action in by_action), None)
