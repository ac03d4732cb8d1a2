"""Works through the process that owns the data folder: leaves messages for it and follows its jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from sora_desktop.api.errors import ServiceError
from sora_desktop.cli.errors import BadRequest, Interrupted
from sora_desktop.cli.own_engine import connect_all_of, open_engine, run_until_idle
from sora_desktop.cli.progress import SOME_UNFINISHED, JobProgress, print_error
from sora_desktop.domain.job import Job, JobId, Rendering, is_settled
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.engine.inbox_reader import OPEN_SERVICE
from sora_desktop.engine.sandbox_process import SandboxStartError
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError
from sora_desktop.store.inbox import Inbox, failed_file
from sora_desktop.store.lock import DataLock, OwnerFile, OwnerNote, lock_for
from sora_desktop.store.settings import SettingsFile

#: Seconds between two reads of jobs that another process runs.
FOLLOW_INTERVAL = 0.25
#: Seconds between two checks whether the owner has carried out a message.
CHECK_INTERVAL = 0.1
#: Seconds that a process which has just started may take to connect.
OWNER_TIMEOUT = 30.0


async def _nothing_to_open(_: OwnerNote) -> str:
    return ""


async def owner_of(
    data_folder: DataFolder,
    lock: DataLock,
    *,
    to_open: Callable[[OwnerNote], Awaitable[str]] = _nothing_to_open,
    must_be_connected: bool = True,
) -> OwnerNote | None:
    """The owner's note; None if this process now holds the lock.

    `to_open`: the name of a service that the owner is told to connect, and given the time for; empty for none. Raises
    BadRequest if the owner is not connected to any service in time, unless `must_be_connected` is False.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + OWNER_TIMEOUT
    file = OwnerFile(data_folder.owner_file)
    message: Path | None = None
    service = ""
    while not lock.acquire():
        note = file.read()
        is_late = loop.time() > deadline
        if note is not None and not service and (service := await to_open(note)):
            message = post(data_folder, {OPEN_SERVICE: service})
        is_refused = message is not None and failed_file(message).exists()
        if note is not None and (note.connected or not must_be_connected):
            if not service or service in note.connected or is_late or is_refused:
                return note
        elif is_late:
            raise BadRequest(
                f"{data_folder.root} is in use by another program that is not connected to a service. "
                "Connect it in its settings, or close it."
            )
        await asyncio.sleep(FOLLOW_INTERVAL)
    return None


def post(data_folder: DataFolder, message: Mapping[str, object]) -> Path:
    """Leave a message for the owner, and return its file. Raises BadRequest."""
    try:
        return Inbox(data_folder.inbox).post(dict(message))
    except OSError as error:
        reason = error.strerror or error
        raise BadRequest(f"The running program cannot be reached through {data_folder.inbox} ({reason}).") from None


async def carry_out(
    data_folder: DataFolder, message: Mapping[str, object], is_done: Callable[[], Awaitable[bool]]
) -> bool:
    """Post the message to the owner of the data folder and wait until it is done; without an owner, do it here.

    Returns False, after telling the user why, if it was not done.
    """
    lock = lock_for(data_folder)
    owner = await owner_of(data_folder, lock, must_be_connected=False)
    deadline = asyncio.get_running_loop().time() + OWNER_TIMEOUT
    try:
        file = post(data_folder, message)
    except BadRequest:
        if owner is None:  # otherwise the lock is not held
            lock.release()
        raise
    while owner is not None and (file.exists() or not await is_done()):
        if lock.acquire():  # the owner has ended
            owner = None
        elif failed_file(file).exists():
            print_error("The running program could not do that. Its window or its log has the details.")
            return False
        elif asyncio.get_running_loop().time() > deadline:
            print_error("The running program has not responded yet. Check its window, or try again.")
            return False
        else:
            await asyncio.sleep(CHECK_INTERVAL)
    if owner is None:
        async with open_engine(data_folder, lock, JobProgress(as_json=False)):
            pass  # the engine carries out the message when it opens
        if not await is_done():
            print_error("The command failed. The log in the data folder has the details.")
            return False
    return True


async def follow(
    data_folder: DataFolder, ids: list[JobId], progress: JobProgress, lock: DataLock, message: Path
) -> int:
    """Show the owner's progress until no job can go on by itself. If the owner ends first, run the jobs here.

    `message`: the file of the message with which the owner was given the jobs.

    Returns the exit status. Raises Interrupted instead of a cancellation: the owner goes on.
    """
    database = Database(data_folder.database)
    store, file = JobStore(database), OwnerFile(data_folder.owner_file)
    try:
        while True:
            note = file.read() or OwnerNote()
            jobs = [_with_percent(job, note) for job in map(store.read, ids) if job is not None]
            for job in jobs:
                if job != progress.latest.get(job.id):
                    progress.update(job)
            if len(jobs) == len(ids) and all(is_settled(job.phase) or job.id in note.resting for job in jobs):
                if away := [job for job in jobs if not is_settled(job.phase) and job.id in note.without_service]:
                    print_error(_not_connected(away))
                queue = QueueState(SettingsFile(data_folder.settings_file).is_paused())
                return progress.close(queue, beside_window=note.window)
            if len(jobs) < len(ids) and failed_file(message).exists():
                print_error(
                    "The running program could not carry out the request. Its window or its log has the details."
                )
                progress.close()
                return SOME_UNFINISHED
            if lock.acquire():
                return await _take_over(data_folder, ids, progress, lock)
            await asyncio.sleep(FOLLOW_INTERVAL)
    except asyncio.CancelledError:
        raise Interrupted(_after_the_end_of_this_command(lock)) from None
    except StoreError as error:
        print_error(str(error))
        return SOME_UNFINISHED
    finally:
        await database.aclose()


def _after_the_end_of_this_command(lock: DataLock) -> str:
    if lock.acquire():
        lock.release()
        return "Interrupted. The program that had these videos has ended. Run `sora-desktop resume` to continue."
    return "Interrupted. The running program goes on with these videos. `sora-desktop list` shows them."


def _not_connected(jobs: list[Job]) -> str:
    services = sorted({"the sandbox" if job.service == SANDBOX else job.service or "a service" for job in jobs})
    waiting = "1 video waits" if len(jobs) == 1 else f"{len(jobs)} videos wait"
    return (
        f"The running program is not connected to {', '.join(services)}, so {waiting}. Nothing more is sent there "
        "until then. Connect it in its settings, or close it and run `sora-desktop resume`."
    )


def _with_percent(job: Job, note: OwnerNote) -> Job:
    """The job with the progress that the owner publishes but does not save."""
    percent = dict(note.percents).get(job.id)
    if percent is None or not isinstance(job.phase, Rendering):
        return job
    return replace(job, phase=replace(job.phase, percent=percent))


async def _take_over(data_folder: DataFolder, ids: list[JobId], progress: JobProgress, lock: DataLock) -> int:
    """The owner has ended: run its jobs here."""
    try:
        async with open_engine(data_folder, lock, progress) as engine:
            jobs = [job for job in map(engine.store.read, ids) if job is not None]
            for job in jobs:
                progress.update(job)
            unsettled = [job for job in jobs if not is_settled(job.phase)]
            if not unsettled:
                return progress.close()
            progress.follow(ids)
            return await run_until_idle(await connect_all_of(engine, unsettled, sandbox=False), progress)
    except (BadRequest, ServiceError, SandboxStartError) as error:
        print_error(f"The program that was running these jobs has ended. {error}")
        return SOME_UNFINISHED


def print_warning_about(database: Database) -> None:
    """Tell the user about jobs that were read from the database and cannot be read."""
    if database.set_aside.warning:
        print_error(database.set_aside.warning)


async def update_database(data_folder: DataFolder, database: Database) -> None:
    """Migrate a database of an older version, so that it can be read beside an owner. Raises StoreError."""
    if not database.needs_migration():
        return
    lock = lock_for(data_folder)
    if not lock.acquire():
        raise StoreError("The library is being updated to this version. Try again in a moment.")
    try:
        await database.open()
    finally:
        lock.release()
