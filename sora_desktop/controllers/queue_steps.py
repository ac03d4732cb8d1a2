"""Changes waiting jobs in a way that can be undone: their order, their requests, and whether they are on hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, assert_never

from sora_desktop.controllers.command_runner import CommandRunner
from sora_desktop.controllers.found_jobs import found_jobs
from sora_desktop.controllers.panels import Panels
from sora_desktop.domain.job import Job, JobId, Waiting
from sora_desktop.domain.queue import Before, Place
from sora_desktop.domain.request import VideoRequest
from sora_desktop.engine.engine import Engine
from sora_desktop.state.actions import Action
from sora_desktop.state.queue_steps import EditStep, HoldStep, OrderStep, order_step
from sora_desktop.state.toasts import Toast

if TYPE_CHECKING:  # loads the runner, which the first paint does not need
    from sora_desktop.jobs.commands import Commands

#: Where each action moves a job.
MOVES = {
    Action.MOVE_TO_FRONT: Place.FRONT,
    Action.MOVE_UP: Place.UP,
    Action.MOVE_DOWN: Place.DOWN,
    Action.MOVE_TO_END: Place.END,
}

QueueStep: TypeAlias = OrderStep | EditStep | HoldStep


class QueueSteps:
    """Carries out such changes, and returns the steps that they are; None where nothing can be undone.

    Raises CommandRejected where a job does not wait any more, and StoreError.
    """

    def __init__(self, engine: Engine, panels: Panels, commands: CommandRunner) -> None:
        self._engine = engine
        self._panels = panels
        self._commands = commands

    async def move(self, place: Place | Before, ids: Sequence[JobId]) -> OrderStep | None:
        """Move jobs, which are in the order of the queue, to a place in it."""

        async def move(commands: Commands, ids: Sequence[JobId]) -> tuple[list[JobId], list[JobId]]:
            before = commands.queue_order()
            moving = set(ids)
            others = [id for id in before if id not in moving]
            match place:
                case Place.FRONT:
                    await commands.arrange([*ids, *others])
                case Place.END:
                    await commands.arrange([*others, *ids])
                case _:
                    for id in reversed(ids) if place is Place.DOWN else ids:  # one that moves must not pass the next
                        await commands.reorder(id, place)
            return before, commands.queue_order()

        orders = await self._commands.run(move, ids)
        before, after = ([id for order in orders for id in order[part]] for part in (0, 1))
        return order_step(ids, before, after)

    async def edit(self, id: JobId, request: VideoRequest) -> EditStep | None:
        """Replace the request of a job."""
        job = self._find(id)
        await self._commands.run(lambda commands, _: commands.edit(id, request), (id,))
        return None if job is None or job.request == request else EditStep(id, job.request, request)

    async def set_on_hold(self, action: Action, ids: Sequence[JobId]) -> HoldStep | None:
        """Hold or release jobs. Holding them at a service that charges is no step: undoing it would spend."""
        jobs = found_jobs(self._panels.job_list, self._engine, ids)
        on_hold = action is Action.HOLD
        changes = tuple(job.id for job in jobs if isinstance(job.phase, Waiting) and job.on_hold is not on_hold)
        await self._set_on_hold(action, ids)
        can_be_undone = not on_hold or self._panels.job_list.services.unit_of(jobs) is None
        return HoldStep(action, changes) if changes and can_be_undone else None

    def may_be_repeated(self, step: QueueStep) -> bool:
        """True if the step may be done again after it was undone. Releasing at a service that charges may not."""
        if not isinstance(step, HoldStep) or step.action is Action.HOLD:
            return True
        jobs = found_jobs(self._panels.job_list, self._engine, step.ids)
        return self._panels.job_list.services.unit_of(jobs) is None

    async def carry_out(self, step: QueueStep) -> list[Job]:
        """Do or undo a step; the jobs that it is about. None of them is sent that would not have been sent anyway."""
        match step:
            case OrderStep():
                await self._commands.run(lambda commands, ids: commands.arrange(ids), step.after)
            case EditStep():
                await self._edit_again(step)
            case HoldStep():
                await self._set_on_hold(step.action, step.ids)
            case _:
                assert_never(step)
        return found_jobs(self._panels.job_list, self._engine, step.ids)

    async def _edit_again(self, step: EditStep) -> None:
        """A request that costs more than the present one, or nobody knows what, is on hold from then on."""
        job, services = self._find(step.id), self._panels.job_list.services
        dearer = False
        if job is not None and services.of(job).unit is not None:
            now, then = services.price_of(job), services.price_of(replace(job, request=step.after))
            dearer = now is None or then is None or then > now
        await self._commands.run(
            lambda commands, _: commands.edit(step.id, step.after, on_hold=dearer or None), (step.id,)
        )
        if dearer:
            self._panels.toasts.show(Toast("The request is on hold", "It costs more than before.", key="edit"))

    async def _set_on_hold(self, action: Action, ids: Sequence[JobId]) -> None:
        async def change(commands: Commands, ids: Sequence[JobId]) -> None:
            await (commands.hold(ids) if action is Action.HOLD else commands.release(ids))

        await self._commands.run(change, ids, waits=action is not Action.RELEASE)

    def _find(self, id: JobId) -> Job | None:
        return self._panels.job_list.find(id) or self._engine.store.read(id)
