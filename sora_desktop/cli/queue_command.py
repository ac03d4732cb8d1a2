"""What the `queue` command does: tell how the queue stands, pause and resume it, hold and release what waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import assert_never

from sora_desktop.cli.commands import OWNER_PATIENCE, BadRequest, bring_up_to_date, owned, owner_of, post
from sora_desktop.cli.console import as_line, as_object
from sora_desktop.cli.progress import ALL_READY, UNFINISHED, JobProgress, complain, standard_output
from sora_desktop.domain.job import Job, JobId, Waiting
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.jobs import JobStore
from sora_desktop.store.lock import lock_for
from sora_desktop.store.settings import SettingsFile

#: Seconds between two looks whether the program that is open has done what was asked.
LOOK_EVERY = 0.1


class QueueCommand(StrEnum):
    """What a person may want of the queue."""

    PAUSE = "pause"
    RESUME = "resume"
    HOLD = "hold"
    RELEASE = "release"


async def queue(data_folder: DataFolder, wish: QueueCommand | None, names: Sequence[str], *, as_json: bool) -> int:
    """Do what is wished, alone or through the program that owns the data folder, and tell how the queue stands.

    `names` are jobs, by the first digits of their ids. Raises BadRequest, StoreProblem.
    """
    if names and wish not in (QueueCommand.HOLD, QueueCommand.RELEASE):
        raise BadRequest("Jobs go with `queue hold` and `queue release` only.")
    data_folder.make()
    ids: list[JobId] = []
    done = True
    match wish:
        case None:
            pass
        case QueueCommand.PAUSE | QueueCommand.RESUME:
            paused = wish is QueueCommand.PAUSE

            async def stands() -> bool:
                return await _is_paused(data_folder) is paused

            done = await _carried_out(data_folder, {"paused": paused}, stands)
        case QueueCommand.HOLD | QueueCommand.RELEASE:
            held = wish is QueueCommand.HOLD
            ids = _chosen(await _unfinished(data_folder), names, held)

            async def all_stand() -> bool:  # one that has been sent meanwhile is told as it is
                return all(
                    job.on_hold is held for job in await _chosen_now(data_folder, ids) if isinstance(job.phase, Waiting)
                )

            done = not ids or await _carried_out(data_folder, {str(wish): ids}, all_stand)
        case _:
            assert_never(wish)
    if done:
        await _tell(data_folder, ids, as_json)
    return ALL_READY if done else UNFINISHED


def _chosen(unfinished: Sequence[Job], names: Sequence[str], held: bool) -> list[JobId]:
    """The jobs that are meant; without names all that are on hold. Raises BadRequest."""
    if not names:
        if held:
            raise BadRequest("Say which jobs to hold; `sora-desktop list` shows their ids.")
        return [job.id for job in unfinished if isinstance(job.phase, Waiting) and job.on_hold]
    ids = []
    for name in names:
        found = [job for job in unfinished if job.id.startswith(name.lower())] if name else []
        if len(found) > 1:
            raise BadRequest(f"Several jobs begin with {name}; write more of the id.")
        if not found:
            raise BadRequest(f"No unfinished job begins with {name or 'nothing'}; `sora-desktop list` shows them all.")
        if not isinstance(found[0].phase, Waiting):
            raise BadRequest(f"Job {found[0].id[:8]} has been sent already; only what waits can be held or released.")
        ids.append(found[0].id)
    return ids


async def _carried_out(
    data_folder: DataFolder, wish: dict[str, object], is_done: Callable[[], Awaitable[bool]]
) -> bool:
    """Leave the wish for whoever owns the data folder; where nobody does, that is this process."""
    lock = lock_for(data_folder)
    owner = await owner_of(data_folder, lock)
    limit = asyncio.get_running_loop().time() + OWNER_PATIENCE
    try:
        post(data_folder, wish)
    except BadRequest:
        if owner is None:  # else it is not ours to give back
            lock.release()
        raise
    while owner is not None and not await is_done():
        if lock.acquire():  # it has ended
            owner = None
        elif asyncio.get_running_loop().time() > limit:
            complain("The program that is open here has not done it yet. Look there, or ask again.")
            return False
        else:
            await asyncio.sleep(LOOK_EVERY)
    if owner is None:
        async with owned(data_folder, lock, JobProgress(as_json=False)):
            pass  # what is left for the owner is done when it opens
        if not await is_done():
            complain("It could not be done; the log of the data folder says why.")
            return False
    return True


async def _is_paused(data_folder: DataFolder) -> bool:
    return SettingsFile(data_folder.settings_file).is_paused()


async def _unfinished(data_folder: DataFolder) -> list[Job]:
    return await _read(data_folder, lambda store: store.unfinished())


async def _chosen_now(data_folder: DataFolder, ids: Sequence[JobId]) -> list[Job]:
    return await _read(data_folder, lambda store: [job for job in map(store.read, ids) if job is not None])


async def _read(data_folder: DataFolder, what: Callable[[JobStore], list[Job]]) -> list[Job]:
    if not data_folder.database.exists():
        return []
    database = Database(data_folder.database)
    try:
        await bring_up_to_date(data_folder, database)
        return what(JobStore(database))
    finally:
        await database.aclose()


async def _tell(data_folder: DataFolder, ids: Sequence[JobId], as_json: bool) -> None:
    output = standard_output(as_json)
    for job in await _chosen_now(data_folder, ids):
        line = json.dumps(as_object(job), ensure_ascii=False) if as_json else as_line(job).rstrip()
        output.write(f"{line}\n")
    paused = await _is_paused(data_folder)
    waiting = [job for job in await _unfinished(data_folder) if isinstance(job.phase, Waiting)]
    on_hold = sum(job.on_hold for job in waiting)
    if as_json:
        said = {"queue": "paused" if paused else "open", "waiting": len(waiting) - on_hold, "on_hold": on_hold}
        output.write(json.dumps(said) + "\n")
        return
    stands = "The queue is paused" if paused else "The queue is open"
    output.write(f"{stands}; {len(waiting) - on_hold} waiting, {on_hold} on hold.\n")
