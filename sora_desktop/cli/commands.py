"""The commands `generate`, `resume` and `list`."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from sora_desktop.api.dialects import capabilities_of, first_capabilities
from sora_desktop.api.errors import ServiceError
from sora_desktop.cli.console import as_line, as_object
from sora_desktop.cli.errors import BadRequest
from sora_desktop.cli.own_engine import connect, continue_jobs, cost_of, open_engine, run_until_idle, to_send
from sora_desktop.cli.owner import follow, owner_of, post, print_warning_about, update_database
from sora_desktop.cli.progress import ALL_READY, SOME_UNFINISHED, JobProgress, print_error, standard_output
from sora_desktop.domain.capabilities import problems_in
from sora_desktop.domain.job import JobId, new_job
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.request import ReferenceImage, VideoRequest, is_blank
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig
from sora_desktop.jobs.clips.reference_images import ReferenceImages
from sora_desktop.media.errors import MediaError
from sora_desktop.media.pool import MediaPool
from sora_desktop.store import codec, disk
from sora_desktop.store.data_folder import DataFolder, with_home
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.lock import OwnerNote, lock_for
from sora_desktop.store.overrides import URL_OVERRIDE, value_of
from sora_desktop.store.prices import PriceFile
from sora_desktop.store.settings import SettingsFile
from sora_desktop.system.path_names import shown
from sora_desktop.system.resources import resources
from sora_desktop.system.writable_folder import folder_problem


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
    """Queue the takes and wait until none can go on by itself. Returns the exit status.

    Raises BadRequest, StoreError, BadUrl or SandboxStartError, only before anything is queued.
    """
    _check_request(request, with_image=image is not None, sandbox=sandbox)
    data_folder.make()
    if out is not None:
        out = with_home(out)
        _check_out(out)
    if image is not None:
        request = replace(request, image=await _checked_image(data_folder, image))
    progress = JobProgress(as_json, out)
    lock = lock_for(data_folder)
    owner = await owner_of(data_folder, lock)
    if owner is not None:
        await _refuse_mismatch(data_folder, owner, sandbox)
        jobs = [new_job(request, owner.service) for _ in range(takes)]
        unit = capabilities_of(ServiceConfig(owner.service, None if owner.service == SANDBOX else owner.service)).unit
        progress.show_cost(cost_of(jobs, await _prices_of(owner, data_folder), unit))
        message = post(data_folder, {"jobs": [codec.job_to_text(job) for job in jobs]})
        progress.follow(job.id for job in jobs)
        for job in jobs:
            progress.update(job)
        return await follow(data_folder, [job.id for job in jobs], progress, lock, message)
    async with open_engine(data_folder, lock, progress) as engine:
        disk.check_writable(engine.clips_folder)
        disk.require_space(engine.clips_folder)
        unfinished = engine.store.unfinished()
        runner = await connect(engine, sandbox)
        earlier = to_send(engine, unfinished)
        jobs = [runner.commands.new_job(request) for _ in range(takes)]
        progress.follow(job.id for job in jobs)
        unit = engine.capabilities.unit
        progress.show_cost(cost_of([*earlier, *jobs], runner.prices, unit, earlier=len(earlier)))
        await runner.commands.accept(jobs)
        return await run_until_idle(runner, progress)


async def resume(data_folder: DataFolder, *, sandbox: bool, as_json: bool) -> int:
    """Run unfinished jobs until none can go on by itself. Returns the exit status.

    Raises BadRequest, StoreError, BadUrl or SandboxStartError.
    """
    data_folder.make()
    progress = JobProgress(as_json)
    lock = lock_for(data_folder)
    if await owner_of(data_folder, lock) is not None:
        ids, all_readable = await _unfinished_ids(data_folder)
        if not ids and all_readable:
            progress.show_nothing_to_resume()
        message = post(data_folder, {"follow": ids})
        progress.follow(ids)
        status = await follow(data_folder, ids, progress, lock, message)
        return status if all_readable else SOME_UNFINISHED
    async with open_engine(data_folder, lock, progress) as engine:
        status = await continue_jobs(engine, engine.store.unfinished(), progress, sandbox)
        return SOME_UNFINISHED if engine.database.set_aside.is_unfinished else status


async def list_jobs(data_folder: DataFolder, *, as_json: bool, trash: bool = False) -> int:
    """Print every job, newest first; with `trash`, those in the Trash instead. Raises StoreError."""
    data_folder.require_readable()
    if not data_folder.has_library:
        if not as_json:
            print_error(f"There is no library in {shown(data_folder.root)} yet.")
        return ALL_READY
    output = standard_output(as_json, may_be_cut=True)
    database = Database(data_folder.database)
    try:
        await update_database(data_folder, database)
        store = JobStore(database)
        jobs = list(store.in_trash() if trash else store.everything())
        if not jobs and not as_json:
            print_error("The Trash is empty." if trash else "No videos yet.")
        for job in jobs:
            if as_json:
                output.write(json.dumps(as_object(job), ensure_ascii=False) + "\n")
            else:
                prompt = " ".join(job.request.prompt.split())
                output.write(f"{as_line(job).rstrip()}  {prompt[:60]}\n")
        print_warning_about(database)
    finally:
        await database.aclose()
    return ALL_READY


def _check_request(request: VideoRequest, *, with_image: bool, sandbox: bool) -> None:
    for text in (request.prompt, request.negative_prompt):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadRequest("The prompt is not valid UTF-8.") from None
    problems = problems_in(request, capabilities_of(ServiceConfig(SANDBOX, None)) if sandbox else first_capabilities())
    if problems and not (with_image and is_blank(request.prompt) and len(problems) == 1):
        raise BadRequest(problems[0])


def _check_out(out: Path) -> None:
    if problem := folder_problem(out):
        raise BadRequest(f"Clips cannot be copied to {shown(out)} ({problem}). Choose another folder with --out.")


async def _refuse_mismatch(data_folder: DataFolder, owner: OwnerNote, sandbox: bool) -> None:
    """Refuse a request that the owner would buy at another service, or with another key, than it is meant for.

    Raises BadRequest, BadUrl.
    """
    from sora_desktop.api.http.origin import checked_base_url  # late: it loads HTTP

    program = "The open window" if owner.window else "Another command line"
    advice = "Close it, or use another data folder with --data."
    if sandbox:
        if owner.service != SANDBOX:
            raise BadRequest(f"{program} uses {owner.service}. Leave out --sandbox, close it, or use --data.")
        return
    named_url, key = value_of(URL_OVERRIDE, os.environ), await KeyRing(data_folder, os.environ).load()
    if owner.service == SANDBOX:
        if named_url or key:
            raise BadRequest(f"{program} uses the sandbox. Add --sandbox to use it too. {advice}")
        print_error(f"{program} uses the sandbox, and so does this request.")
        return
    meant = checked_base_url(named_url or SettingsFile(data_folder.settings_file).base_url())
    if meant != owner.service:
        raise BadRequest(f"{program} uses {owner.service}, but this request is for {meant}. {advice}")
    if key and await _fingerprint_of(key, data_folder) != owner.key_fingerprint:
        raise BadRequest(f"{program} uses another API key than this command. {advice}")


async def _prices_of(owner: OwnerNote, data_folder: DataFolder) -> PriceTable:
    """The prices that the owner has in force, those that it has learned included."""
    file = PriceFile(data_folder.prices_file(), resources() / "prices.json")
    database = Database(data_folder.database)
    try:
        learned = JobStore(database).learned_prices(owner.service, file.edited_at)
        return replace(file.load(), learned=tuple(learned))
    finally:
        await database.aclose()


async def _fingerprint_of(key: str, data_folder: DataFolder) -> str:
    database = Database(data_folder.database)
    try:
        return JobStore(database).key_fingerprint(key)
    finally:
        await database.aclose()


async def _checked_image(data_folder: DataFolder, image: Path) -> ReferenceImage:
    pool = MediaPool()
    try:
        return await ReferenceImages(data_folder.images, pool).store(image)
    except (MediaError, ServiceError) as error:
        raise BadRequest(str(error)) from error
    except OSError as error:
        reason = error.strerror or error
        raise BadRequest(f"The image {image} could not be copied to {data_folder.images} ({reason}).") from error
    finally:
        await pool.aclose()


async def _unfinished_ids(data_folder: DataFolder) -> tuple[list[JobId], bool]:
    """The ids, and False if others cannot be read, which the user is told."""
    database = Database(data_folder.database)
    try:
        ids = [job.id for job in JobStore(database).unfinished()]
        print_warning_about(database)
        return ids, not database.set_aside.is_unfinished
    finally:
        await database.aclose()
