"""The command `queue`: shows, pauses and resumes the queue, and holds and releases waiting jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import assert_never

from sora_desktop.cli.console import as_line, as_object
from sora_desktop.cli.errors import BadRequest
from sora_desktop.cli.owner import carry_out, print_warning_about, update_database
from sora_desktop.cli.progress import ALL_READY, SOME_UNFINISHED, standard_output
from sora_desktop.cli.target import free_services
from sora_desktop.domain.job import Job, JobId, Waiting
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.settings import SettingsFile


class QueueCommand(StrEnum):
    """What `queue` can do besides showing the queue."""

    PAUSE = "pause"
    RESUME = "resume"
    HOLD = "hold"
    RELEASE = "release"


async def queue(
    data_folder: DataFolder, command: QueueCommand | None, prefixes: Sequence[str], *, as_json: bool
) -> int:
    """Carry out `command`, here or in the process that owns the data folder, then print the queue.

    `prefixes`: the first digits of job ids. Returns the exit status. Raises BadRequest, StoreError.
    """
    if prefixes and command not in (QueueCommand.HOLD, QueueCommand.RELEASE):
        raise BadRequest("Only `queue hold` and `queue release` take jobs.")
    data_folder.make()
    ids: list[JobId] = []
    done = True
    match command:
        case None:
            pass
        case QueueCommand.PAUSE | QueueCommand.RESUME:
            paused = command is QueueCommand.PAUSE

            async def is_done() -> bool:
                return await _is_paused(data_folder) is paused

            done = await carry_out(data_folder, {"paused": paused}, is_done)
        case QueueCommand.HOLD | QueueCommand.RELEASE:
            on_hold = command is QueueCommand.HOLD
            ids = _find_jobs(await _unfinished_jobs(data_folder), prefixes, on_hold)

            async def all_done() -> bool:  # a job that has been sent in the meantime is printed as it is
                jobs = await _read_jobs(data_folder, ids)
                return all(job.on_hold is on_hold for job in jobs if isinstance(job.phase, Waiting))

            done = not ids or await carry_out(data_folder, {str(command): ids}, all_done)
        case _:
            assert_never(command)
    if done:
        await _print_queue(data_folder, ids, as_json)
    return ALL_READY if done else SOME_UNFINISHED


def _find_jobs(unfinished: Sequence[Job], prefixes: Sequence[str], on_hold: bool) -> list[JobId]:
    """The jobs whose ids begin with `prefixes`; to release, without prefixes, all on hold. Raises BadRequest."""
    if not prefixes:
        if on_hold:
            raise BadRequest("Specify which jobs to hold. `sora-desktop list` shows their ids.")
        return [job.id for job in unfinished if isinstance(job.phase, Waiting) and job.on_hold]
    ids = []
    for prefix in prefixes:
        found = [job for job in unfinished if job.id.startswith(prefix.lower())] if prefix else []
        if len(found) > 1:
            raise BadRequest(f"More than one job id begins with {prefix}. Type more of the id.")
        if not found:
            shown = prefix or "an empty string"
            raise BadRequest(f"No unfinished job id begins with {shown}. `sora-desktop list` shows all jobs.")
        if not isinstance(found[0].phase, Waiting):
            raise BadRequest(f"Job {found[0].id[:8]} has already been sent. Only waiting jobs can be held or released.")
        ids.append(found[0].id)
    return ids


async def _is_paused(data_folder: DataFolder) -> bool:
    return SettingsFile(data_folder.settings_file).is_paused()


async def _unfinished_jobs(data_folder: DataFolder, *, warn: bool = False) -> list[Job]:
    return await _read(data_folder, lambda store: store.unfinished(), warn=warn)


async def _read_jobs(data_folder: DataFolder, ids: Sequence[JobId]) -> list[Job]:
    return await _read(data_folder, lambda store: [job for job in map(store.read, ids) if job is not None])


async def _read(data_folder: DataFolder, query: Callable[[JobStore], list[Job]], *, warn: bool = False) -> list[Job]:
    if not data_folder.has_library:
        return []
    database = Database(data_folder.database)
    try:
        await update_database(data_folder, database)
        jobs = query(JobStore(database))
        if warn:
            print_warning_about(database)
        return jobs
    finally:
        await database.aclose()


async def _print_queue(data_folder: DataFolder, ids: Sequence[JobId], as_json: bool) -> None:
    output, free = standard_output(as_json, may_be_cut=True), free_services(data_folder)
    for job in await _read_jobs(data_folder, ids):
        line = json.dumps(as_object(job), ensure_ascii=False) if as_json else as_line(job, free=free).rstrip()
        output.write(f"{line}\n")
    paused = await _is_paused(data_folder)
    waiting = [job for job in await _unfinished_jobs(data_folder, warn=True) if isinstance(job.phase, Waiting)]
    on_hold = sum(job.on_hold for job in waiting)
    if as_json:
        summary = {"queue": "paused" if paused else "open", "waiting": len(waiting) - on_hold, "on_hold": on_hold}
        output.write(json.dumps(summary) + "\n")
        return
    state = "paused" if paused else "open"
    output.write(f"The queue is {state}: {len(waiting) - on_hold} waiting, {on_hold} on hold.\n")
