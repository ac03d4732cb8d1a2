"""The commands `generate`, `resume` and `list`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from sora_desktop.api.errors import ServiceError
from sora_desktop.cli.console import as_line, as_object
from sora_desktop.cli.errors import BadRequest
from sora_desktop.cli.own_engine import connect, continue_jobs, cost_of, open_engine, run_until_idle, to_send
from sora_desktop.cli.owner import follow, owner_of, post, print_warning_about, update_database
from sora_desktop.cli.progress import ALL_READY, SOME_UNFINISHED, JobProgress, print_error, standard_output
from sora_desktop.cli.request_options import RequestOptions, request_for
from sora_desktop.cli.target import Target, free_services, services_in
from sora_desktop.domain.job import Job, new_job
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.request import ReferenceImage, image_notice
from sora_desktop.domain.takes import takes_of
from sora_desktop.engine.inbox_reader import OPEN_SERVICE
from sora_desktop.jobs.clips.reference_images import ReferenceImages
from sora_desktop.media.errors import MediaError
from sora_desktop.media.pool import MediaPool
from sora_desktop.store import codec, disk
from sora_desktop.store.data_folder import DataFolder, with_home
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.lock import lock_for
from sora_desktop.store.prices import PriceFile
from sora_desktop.system.path_names import shown
from sora_desktop.system.resources import resources
from sora_desktop.system.writable_folder import folder_problem


async def generate(
    data_folder: DataFolder,
    options: RequestOptions,
    *,
    service: str | None,
    image: Path | None,
    takes: int,
    out: Path | None,
    sandbox: bool,
    as_json: bool,
) -> int:
    """Queue the takes and wait until none can go on by itself. Returns the exit status.

    `service`: the name of one; None for the default. Raises BadRequest, StoreError, ServiceError or SandboxStartError,
    only before anything is queued.
    """
    target = Target.of(data_folder, service, sandbox=sandbox)
    request = await target.request_for(options, with_image=image is not None)
    data_folder.make()
    if out is not None:
        out = with_home(out)
        _check_out(out)
    if image is not None:
        request = replace(request, image=await _checked_image(data_folder, image))
        if notice := image_notice(request):
            print_error(notice)
    progress = JobProgress(as_json, out, free=free_services(data_folder))
    lock = lock_for(data_folder)
    owner = await owner_of(data_folder, lock, to_open=target.to_open)
    if owner is not None:
        target = Target.of(data_folder, service, sandbox=sandbox)  # it may have other models since the owner uses it
        again = await target.request_for(options, with_image=image is not None)
        request = replace(again, image=request.image)
        name = await target.name_beside(owner)
        jobs = [new_job(each, name) for each in takes_of(request, takes, target.capabilities)]
        unit = target.capabilities.unit
        progress.show_cost(cost_of(jobs, await _prices_of(name, data_folder, target), unit))
        message = post(data_folder, {"jobs": [codec.job_to_text(job) for job in jobs]})
        progress.follow(job.id for job in jobs)
        for job in jobs:
            progress.update(job)
        return await follow(data_folder, [job.id for job in jobs], progress, lock, message)
    async with open_engine(data_folder, lock, progress) as engine:
        disk.check_writable(engine.clips_folder)
        disk.require_space(engine.clips_folder)
        unfinished = engine.store.unfinished()
        runner = await connect(engine, target.config)
        # it may have other models than it had before
        again = request_for(options, engine.capabilities, with_image=image is not None)
        request = replace(again, image=request.image)
        earlier = to_send(engine, unfinished, engine.service_name)
        jobs = [runner.commands.new_job(each) for each in takes_of(request, takes, engine.capabilities)]
        progress.follow(job.id for job in jobs)
        unit = engine.capabilities.unit
        progress.show_cost(cost_of([*earlier, *jobs], runner.prices, unit, earlier=len(earlier)))
        await runner.commands.accept(jobs)
        return await run_until_idle({engine.service_name: runner}, progress)


async def resume(data_folder: DataFolder, *, sandbox: bool, as_json: bool) -> int:
    """Run unfinished jobs until none can go on by itself. Returns the exit status.

    Raises BadRequest, StoreError, BadUrl or SandboxStartError.
    """
    data_folder.make()
    progress = JobProgress(as_json, free=free_services(data_folder))
    lock = lock_for(data_folder)
    owner = await owner_of(data_folder, lock)
    if owner is not None:
        jobs, all_readable = await _unfinished_jobs(data_folder)
        if not jobs and all_readable:
            progress.show_nothing_to_resume()
        services, ids = services_in(data_folder), [job.id for job in jobs]
        for name in sorted({job.service for job in jobs} - set(owner.connected)):
            if services.is_further(name):
                post(data_folder, {OPEN_SERVICE: name})
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
        services, free = services_in(data_folder), free_services(data_folder)
        if not jobs and not as_json:
            print_error("The Trash is empty." if trash else "No videos yet.")
        for job in jobs:
            if as_json:
                output.write(json.dumps(as_object(job), ensure_ascii=False) + "\n")
            else:
                prompt = " ".join(job.request.prompt.split())
                where = f"  at {job.service}" if services.is_further(job.service) else ""
                output.write(f"{as_line(job, free=free).rstrip()}{where}  {prompt[:60]}\n")
        print_warning_about(database)
    finally:
        await database.aclose()
    return ALL_READY


def _check_out(out: Path) -> None:
    if problem := folder_problem(out):
        raise BadRequest(f"Clips cannot be copied to {shown(out)} ({problem}). Choose another folder with --out.")


async def _prices_of(service: str, data_folder: DataFolder, target: Target) -> PriceTable:
    """The prices that the owner has in force, those that it has learned included."""
    file = PriceFile(data_folder.prices_file(service if target.is_further else ""), resources() / "prices.json")
    database = Database(data_folder.database)
    try:
        learned = JobStore(database).learned_prices(service, file.edited_at)
        return replace(file.load(), learned=tuple(learned))
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


async def _unfinished_jobs(data_folder: DataFolder) -> tuple[list[Job], bool]:
    """The jobs, and False if others cannot be read, which the user is told."""
    database = Database(data_folder.database)
    try:
        jobs = JobStore(database).unfinished()
        print_warning_about(database)
        return jobs, not database.set_aside.is_unfinished
    finally:
        await database.aclose()
