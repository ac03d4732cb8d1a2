"""The QActions for the selected rows, for keys and the palette."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence

from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.actions import PAID, Action, JobAction, OfferedAction, RetryOn
from sora_desktop.state.job_list import JobList
from sora_desktop.state.marks import Mark, mark_action
from sora_desktop.state.retry_on import RetryTarget, retry_targets
from sora_desktop.ui.actions.action_list import ActionList, action_for, id_of, new_action
from sora_desktop.ui.actions.action_table import RETRY_ON, SPECS, row_id
from sora_desktop.ui.widgets.tool_tip import key_of

#: What each action does to rows: the first of these that they offer.
_ROW_ACTIONS = {
    **{
        row_id(action): (action,)
        for action in (
            Action.RESUME,
            Action.FETCH,
            Action.RECONCILE,
            Action.SEND_AGAIN,
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
#: Actions of the open clip whose keys are for the selected rows while the list has the focus.
_OF_CLIP = {
    "clip.star": Mark.STAR,
    "clip.pick": Mark.PICK,
    "clip.reject": Mark.REJECT,
    "clip.clear_marks": Mark.CLEAR,
}
_COMPARE = "clip.compare"
#: What each key does to rows.
_BY_KEY = {
    **_ROW_ACTIONS,
    _COMPARE: (Action.COMPARE,),
    "clip.star": (Action.STAR, Action.UNSTAR),
    "clip.pick": (Action.PICK, Action.UNPICK),
    "clip.reject": (Action.REJECT, Action.UNREJECT),
    "clip.clear_marks": (Action.CLEAR_MARKS,),
}

_CHANGED = "Nothing was sent: the video or its price has changed meanwhile."


class RowActions(QObject):
    """One action for each thing that can be done to the selected rows. Their texts name prices, as the menu does."""

    message_requested = Signal(str)  # why nothing happened, for the user
    keys_changed = Signal()
    services_requested = Signal()  # the options of `retry_on`

    def __init__(
        self,
        parent: QObject,
        jobs: JobList,
        selection: Callable[[], Sequence[Job]],
        request_first: Callable[[Sequence[Job], Sequence[Action]], object],
        request: Callable[[JobAction, tuple[JobId, ...]], object],
    ) -> None:
        """`request_first` requests the first of some actions that all of some jobs offer, `request` one for all."""
        super().__init__(parent)
        self._jobs = jobs
        self._selection = selection
        self._request_first = request_first
        self._request = request
        self._shown: dict[Action, OfferedAction] = {}
        self._actions = {id: self._action(id) for id in _ROW_ACTIONS}
        self._of_clip = {id: new_action(id, self) for id in (*_OF_CLIP, _COMPARE)}
        #: Offers the services to which the request of the selected video can be sent.
        self.retry_on = new_action(RETRY_ON, self)
        self.retry_on.triggered.connect(lambda _: self.services_requested.emit())
        self._services: list[QAction] = []

    @property
    def all(self) -> list[QAction]:
        return [*self._actions.values(), self.retry_on]

    def join(self, actions: ActionList) -> None:
        """Add the actions to the list of all, and follow the keys that the user gives to those of the open clip."""
        actions.add(*self.all)
        actions.about_to_show.connect(self.update)
        actions.keys_changed.connect(lambda: self._follow(actions))

    def update(self) -> None:
        """Name the actions for what is selected now."""
        self._shown = {offered.action: offered for offered in self._jobs.actions_for(self._selection())}
        for id, action in self._actions.items():
            offered = next((self._shown[each] for each in _ROW_ACTIONS[id] if each in self._shown), None)
            action.setText(SPECS[id].text if offered is None else offered.label)

    @property
    def services_to_retry_on(self) -> list[QAction]:
        """An action for each service to which the request of the one selected video can be sent, with its cost."""
        for action in self._services:
            action.deleteLater()
        jobs = self._selection()
        targets = retry_targets(jobs[0], self._jobs.services) if len(jobs) == 1 else ()
        self._services = [self._retry_action(jobs[0], target) for target in targets]
        return self._services

    def are_offered(self, id: str) -> bool:
        """True if an action could be done to what was selected at the last update."""
        return any(action in self._shown for action in _ROW_ACTIONS[id])

    def handle_key(self, event: QKeyEvent) -> bool:
        """Do what a key means for the selected rows. False if it means nothing for rows."""
        action = action_for((*self._actions.values(), self.retry_on, *self._of_clip.values()), event, arrows=False)
        if action is None:
            return False
        if event.isAutoRepeat():
            return True
        if action is self.retry_on:
            action.trigger()
            return True
        mark = _OF_CLIP.get(id_of(action))
        if id_of(action) == _COMPARE:
            self._request(Action.COMPARE, tuple(job.id for job in self._selection()))  # which says why, if it cannot
        elif mark is None:
            self._request_first(self._selection(), _ROW_ACTIONS[id_of(action)])
        elif (found := mark_action(mark, self._selection())) is not None:
            self._request(*found)
        return True

    def key_of(self, mark: Mark) -> str:
        """The key that turns a mark on or off; empty if there is none."""
        return next(key_of(self._of_clip[id]) for id, each in _OF_CLIP.items() if each is mark)

    def key_for(self, action: Action) -> QKeySequence:
        """The key that does this to the selected rows while the list has the focus; empty if there is none."""
        if action is Action.PLAY:
            return QKeySequence(Qt.Key.Key_Return)
        id = next((id for id, actions in _BY_KEY.items() if action in actions), "")
        found = self._actions.get(id) or self._of_clip.get(id)
        return QKeySequence() if found is None else found.shortcut()

    def _action(self, id: str) -> QAction:
        action = new_action(id, self)
        action.setAutoRepeat(False)
        action.triggered.connect(lambda _: self._run(_ROW_ACTIONS[id]))
        return action

    def _retry_action(self, job: Job, target: RetryTarget) -> QAction:
        action = QAction(target.label, self)
        action.setStatusTip(", ".join(filter(None, (target.cost, " ".join(target.tip)))))
        action.setEnabled(not target.problem)
        action.triggered.connect(lambda _: self._retry(job, target))
        return action

    def _retry(self, job: Job, target: RetryTarget) -> None:
        """Request what a row of the palette has named, unless it has changed since."""
        current = self._jobs.find(job.id) or job
        if target in retry_targets(current, self._jobs.services):
            self._request(RetryOn(target.service), (job.id,))
        else:
            self.message_requested.emit(_CHANGED)

    def _run(self, actions: Sequence[Action]) -> None:
        """Request an action, unless it spends, and something else is offered now than was shown."""
        jobs = self._selection()
        if any(action in PAID for action in actions):
            offered = {each.action: each for each in self._jobs.actions_for(jobs)}
            if any(offered.get(action) != self._shown.get(action) for action in actions):
                self.message_requested.emit(_CHANGED)
                return
        self._request_first(jobs, actions)

    def _follow(self, actions: ActionList) -> None:
        for id, action in self._of_clip.items():
            action.setShortcuts(actions[id].shortcuts())
        self.keys_changed.emit()
