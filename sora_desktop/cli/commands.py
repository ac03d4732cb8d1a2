"""What the commands do: the same engine without a window, alone or beside the program that owns the data folder."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sora_desktop.api.errors import BadUrl, ServiceError
from sora_desktop.cli.console import as_line, as_object
from sora_desktop.cli.progress import ALL_READY, UNFINISHED, JobProgress, complain, standard_output
from sora_desktop.domain.job import Job, JobId, Rendering, Waiting, is_settled, new_job
from sora_desktop.domain.request import ReferenceImage, VideoRequest, problems_in
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.engine.sandbox_process import SANDBOX, SandboxStartError
from sora_desktop.jobs.clips import reference_images
from sora_desktop.media.errors import MediaError
from sora_desktop.media.pool import MediaPool
from sora_desktop.store import codec, disk
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.jobs import JobStore
from sora_desktop.store.errors import StoreError
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.keys import KEY_VARIABLE
from sora_desktop.store.lock import DataLock, OwnerFile, OwnerNote, lock_for
from sora_desktop.store.settings import SettingsFile
from sora_desktop.system.logs import log_to

#: Seconds between two looks at jobs that another process carries.
FOLLOW_EVERY = 0.25
#: Seconds that a program just started may take until it is connected.
OWNER_PATIENCE = 30.0


class BadRequest(Exception):
    """What was asked cannot be done; said on standard error, nothing sent."""


async def generate(
    data_folder: DataFolder,
    request: VideoRequest,
    *,
    image: Path | None,
    takes: int,
    out: Path | None,
    sandbox: bool,
    as_json: bool,
) -> int:
    """Queue the takes and wait until they can go no further; the exit status.

    Raises BadRequest, StoreProblem, BadUrl or SandboxWouldNotStart as long as nothing is queued.
    """
    _refuse_problems(request, with_image=image is not None)
    data_folder.make()
    if out is not None:
        _check_out(out)
    if image is not None:
        request = replace(request, image=await _checked_image(data_folder, image))
    progress = JobProgress(as_json, out)
    lock = lock_for(data_folder)
    owner = await owner_of(data_folder, lock)
    if owner is not None:
        return await _generate_beside(data_folder, owner, request, takes, sandbox, progress, lock)
    async with owned(data_folder, lock, progress) as engine:
        disk.check_library(engine.clips_folder)
        disk.need_room(engine.clips_folder)
        await _connect(engine, sandbox)
        jobs = [engine.runner.new_job(request) for _ in range(takes)]
        progress.follow(job.id for job in jobs)
        await engine.runner.accept(jobs)
        return await _to_the_end(engine, progress)


async def resume(data_folder: DataFolder, *, sandbox: bool, as_json: bool) -> int:
    """Carry on what is unfinished until it can go no further; the exit status.

    Raises BadRequest, StoreProblem, BadUrl or SandboxWouldNotStart.
    """
    data_folder.make()
    progress = JobProgress(as_json)
    lock = lock_for(data_folder)
    if await owner_of(data_folder, lock) is not None:
        ids = await _unfinished_ids(data_folder)
        post(data_folder, {"follow": ids})
        progress.follow(ids)
        return await _follow(data_folder, ids, progress, lock)
    async with owned(data_folder, lock, progress) as engine:
        return await _carry_on(engine, engine.store.unfinished(), progress, sandbox)


async def list_jobs(data_folder: DataFolder, *, as_json: bool) -> int:
    """Print every job, newest first. Raises StoreProblem."""
    if not data_folder.database.exists():
        return ALL_READY
    output = standard_output(as_json)
    database = Database(data_folder.database)
    try:
        await bring_up_to_date(data_folder, database)
        for job in JobStore(database).everything():
            if as_json:
                output.write(json.dumps(as_object(job), ensure_ascii=False) + "\n")
            else:
                prompt = " ".join(job.request.prompt.split())
                output.write(f"{as_line(job).rstrip()}  {prompt[:60]}\n")
    finally:
        await database.aclose()
    return ALL_READY


def _refuse_problems(request: VideoRequest, *, with_image: bool) -> None:
    for text in (request.prompt, request.negative_prompt):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadRequest("The prompt holds bytes that are no text; write it in UTF-8.") from None
    problems = problems_in(request)
    if problems and not (with_image and not request.prompt.strip() and len(problems) == 1):
        raise BadRequest(problems[0])


def _check_out(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as trouble:
        raise BadRequest(
            f"Clips cannot be copied to {out} ({trouble.strerror or trouble}). Choose another folder with --out."
        ) from trouble


async def _checked_image(data_folder: DataFolder, image: Path) -> ReferenceImage:
    pool = MediaPool()
    try:
        return await reference_images.keep(image, data_folder.images, pool)
    except (MediaError, ServiceError) as trouble:
        raise BadRequest(str(trouble)) from trouble
    except OSError as trouble:
        why = trouble.strerror or trouble
        raise BadRequest(f"The image {image} could not be copied to {data_folder.images} ({why}).") from trouble
    finally:
        await pool.aclose()


# -- alone -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def owned(data_folder: DataFolder, lock: DataLock, progress: JobProgress) -> AsyncIterator[Engine]:
    """The engine on a data folder that is ours; the lock is given back at the end."""
    try:
        with log_to(data_folder.logs):
            engine = Engine.at(data_folder, Listeners(job=progress.hear))
            settings_lost = bool(engine.records.settings_file.warning)
            try:
                if settings_lost:  # it may have been paused, or a cap have held: a person decides anew
                    with suppress(OSError):
                        engine.pause(True)
                await engine.open()
                for warning in engine.records.warnings:
                    complain(warning)
                if settings_lost and engine.settings.paused:
                    complain("The queue is paused: look through the settings, then `sora-desktop queue resume`.")
                yield engine
            finally:
                await engine.aclose()
    finally:
        lock.release()


async def _connect(engine: Engine, sandbox: bool) -> None:
    if not sandbox and not await engine.load_key():
        raise BadRequest("There is no API key: set SORA_API_KEY, enter it in the window's Settings, or use --sandbox.")
    await engine.connect(sandbox=sandbox)


async def _carry_on(engine: Engine, jobs: Sequence[Job], progress: JobProgress, sandbox: bool) -> int:
    if not jobs:
        return ALL_READY
    progress.follow(job.id for job in jobs)
    await _connect(engine, sandbox or all(job.service == SANDBOX for job in jobs))
    elsewhere = [job for job in jobs if job.service not in ("", engine.service_name)]
    for job in elsewhere:
        progress.hear(job)
        how = "--sandbox" if job.service == SANDBOX else f"SORA_BASE_URL={job.service}"
        complain(f"Job {job.id[:8]} belongs to {job.service}; resume it with {how}.")
    return await _to_the_end(engine, progress)


async def _to_the_end(engine: Engine, progress: JobProgress) -> int:
    await engine.runner.settled()
    return _closed(progress, paused=engine.runner.queue_state.paused)


def _closed(progress: JobProgress, *, paused: bool) -> int:
    """The exit status, after all is said: a queue that a person paused looks like one that has forgotten its jobs."""
    status = progress.close()
    waits = any(isinstance(job.phase, Waiting) and not job.phase.reason for job in progress.latest.values())
    if paused and waits and status == UNFINISHED:
        complain("The queue is paused, so nothing is sent. `sora-desktop queue resume` opens it again.")
    return status


# -- beside the owner --------------------------------------------------------------------------------------------


async def owner_of(data_folder: DataFolder, lock: DataLock) -> OwnerNote | None:
    """What the owner of the data folder says; None when the folder is ours. Raises BadRequest."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + OWNER_PATIENCE
    file = OwnerFile(data_folder.owner_file)
    while not lock.acquire():
        note = file.read()
        if note is not None and note.service:
            return note
        if loop.time() > limit:
            raise BadRequest(
                f"Another program has {data_folder.root} open and is not connected to a service. "
                "Connect it in its Settings, or close it."
            )
        await asyncio.sleep(FOLLOW_EVERY)
    return None


async def _generate_beside(
    data_folder: DataFolder,
    owner: OwnerNote,
    request: VideoRequest,
    takes: int,
    sandbox: bool,
    progress: JobProgress,
    lock: DataLock,
) -> int:
    program = "The window" if owner.window else "Another command line"
    if sandbox and owner.service != SANDBOX:
        raise BadRequest(
            f"{program} that is open here works with {owner.service}; close it, leave out --sandbox, or use another "
            "--data."
        )
    meant_live = bool(os.environ.get(KEY_VARIABLE) or os.environ.get("SORA_BASE_URL"))
    if not sandbox and owner.service == SANDBOX:
        if meant_live:
            raise BadRequest(
                f"{program} that is open here works with the sandbox; close it, add --sandbox, or use another --data."
            )
        complain(f"{program} that is open here works with the sandbox, and so does this request.")
    jobs = [new_job(request, owner.service) for _ in range(takes)]
    post(data_folder, {"jobs": [codec.job_to_text(job) for job in jobs]})
    progress.follow(job.id for job in jobs)
    for job in jobs:
        progress.hear(job)
    return await _follow(data_folder, [job.id for job in jobs], progress, lock)


def post(data_folder: DataFolder, message: dict[str, object]) -> None:
    try:
        Inbox(data_folder.inbox).post(message)
    except OSError as trouble:
        why = trouble.strerror or trouble
        raise BadRequest(
            f"The program that is open here cannot be reached through {data_folder.inbox} ({why})."
        ) from None


async def _unfinished_ids(data_folder: DataFolder) -> list[JobId]:
    database = Database(data_folder.database)
    try:
        return [job.id for job in JobStore(database).unfinished()]
    finally:
        await database.aclose()


async def _follow(data_folder: DataFolder, ids: list[JobId], progress: JobProgress, lock: DataLock) -> int:
    database = Database(data_folder.database)
    store, file = JobStore(database), OwnerFile(data_folder.owner_file)
    try:
        while True:
            note = file.read() or OwnerNote()
            known = [_as_told(job, note) for job in map(store.read, ids) if job is not None]
            for job in known:
                if job != progress.latest.get(job.id):
                    progress.hear(job)
            if len(known) == len(ids) and all(is_settled(job.phase) or job.id in note.resting for job in known):
                return _closed(progress, paused=SettingsFile(data_folder.settings_file).is_paused())
            if lock.acquire():
                return await _take_over(data_folder, ids, progress, lock)
            await asyncio.sleep(FOLLOW_EVERY)
    except StoreError as problem:
        complain(str(problem))
        return UNFINISHED
    finally:
        await database.aclose()


def _as_told(job: Job, note: OwnerNote) -> Job:
    """With the progress that the owner shows and does not write."""
    percent = dict(note.percents).get(job.id)
    if percent is None or not isinstance(job.phase, Rendering):
        return job
    return replace(job, phase=replace(job.phase, percent=percent))


async def _take_over(data_folder: DataFolder, ids: list[JobId], progress: JobProgress, lock: DataLock) -> int:
    """Their owner has ended: carry them on here."""
    try:
        async with owned(data_folder, lock, progress) as engine:
            jobs = [job for job in map(engine.store.read, ids) if job is not None]
            for job in jobs:
                progress.hear(job)
            unsettled = [job for job in jobs if not is_settled(job.phase)]
            if not unsettled:
                return progress.close()
            progress.follow(ids)
            sandbox = all(job.service == SANDBOX for job in unsettled)
            await _connect(engine, sandbox)
            return await _to_the_end(engine, progress)
    except (BadRequest, BadUrl, SandboxStartError) as trouble:
        complain(f"The program that carried these jobs has ended. {trouble}")
        return UNFINISHED


async def bring_up_to_date(data_folder: DataFolder, database: Database) -> None:
    """The list is read beside an owner; a file of an older version is first brought up to date. Raises StoreProblem."""
    if not database.is_older():
        return
    lock = lock_for(data_folder)
    if not lock.acquire():
        raise StoreError("The library is just being brought up to date. Try again in a moment.")
    try:
        await database.open()
    finally:
        lock.release()
