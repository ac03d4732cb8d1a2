"""The same engine without a window."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from pathlib import Path

import click

from sora_desktop.api.errors import BadUrl, ServiceError
from sora_desktop.child import SandboxWouldNotStart
from sora_desktop.console import Bars, Console, JsonLines, PlainLines, as_line, as_object
from sora_desktop.domain.job import Failed, Job, JobId, Ready, Unconfirmed, Waiting, is_settled
from sora_desktop.domain.library import LibraryView
from sora_desktop.domain.request import (
    TAKES_LIMIT,
    AspectRatio,
    Duration,
    Model,
    Quality,
    ReferenceImage,
    VideoRequest,
    problems_in,
)
from sora_desktop.engine import SANDBOX, Engine, Listeners, lock_for, owner_service
from sora_desktop.jobs import exports, references
from sora_desktop.jobs.terms import new_job
from sora_desktop.media.pool import MediaPool
from sora_desktop.media.trouble import MediaTrouble
from sora_desktop.store import codec
from sora_desktop.store.database import Database
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.job_store import JobStore
from sora_desktop.store.places import Places
from sora_desktop.store.problems import StoreProblem

ALL_READY, SOME_FAILED, BAD_REQUEST, UNFINISHED = 0, 1, 2, 3
#: Seconds between two looks at jobs that another process carries.
FOLLOW_EVERY = 0.25


class BadRequest(Exception):
    """What was asked cannot be done; said on standard error, nothing sent."""


def run(arguments: list[str]) -> int:
    """Run one command line; the exit status."""
    try:
        status = program.main(arguments, prog_name="sora-desktop", standalone_mode=False)
        return int(status or 0)
    except click.Abort:
        return UNFINISHED
    except click.ClickException as error:
        error.show()
        return BAD_REQUEST
    except (BadRequest, StoreProblem, BadUrl, SandboxWouldNotStart) as error:
        click.echo(f"sora-desktop: {error}", err=True)
        return BAD_REQUEST


def serve_sandbox(arguments: list[str]) -> int:
    """The service itself, offline, in this process."""
    from sora_desktop.sandbox.commands import main as serve

    return serve(arguments)


data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything below this folder (also: SORA_DESKTOP_DATA).",
)
sandbox_option = click.option("--sandbox", is_flag=True, help="Use the offline sandbox, which costs nothing.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each change.")


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@data_option
@sandbox_option
@click.version_option(package_name="sora-desktop", message="%(version)s")
@click.pass_context
def program(context: click.Context, data: Path | None, sandbox: bool) -> int:
    """Make AI videos. Without a command, the window opens."""
    context.obj = (data, sandbox)
    if context.invoked_subcommand is not None:
        return 0
    if not has_screen():
        raise BadRequest(
            "There is no screen to open a window on. Use `sora-desktop generate PROMPT`, or set DISPLAY; "
            "`sora-desktop --help` lists the commands."
        )
    from sora_desktop.app import open_window

    return open_window(Places.at(data), sandbox=sandbox)


def has_screen(platform: str = sys.platform, environ: dict[str, str] | None = None) -> bool:
    """True where a window can be opened. Elsewhere than on Linux and its kin there always is a screen."""
    known = dict(os.environ) if environ is None else environ
    if platform in ("win32", "darwin", "cygwin"):
        return True
    if known.get("QT_QPA_PLATFORM", "") not in ("", "xcb", "wayland"):
        return True
    return bool(known.get("DISPLAY") or known.get("WAYLAND_DISPLAY"))


@program.command()
@click.argument("prompt")
@click.option("--negative-prompt", default="", help="What to avoid.")
@click.option("--model", type=click.Choice([str(m) for m in Model]), default=str(Model.SORA2), show_default=True)
@click.option("--aspect-ratio", type=click.Choice([str(r) for r in AspectRatio]), default="16:9", show_default=True)
@click.option("--duration", type=click.Choice([str(int(d)) for d in Duration]), default="5", show_default=True)
@click.option("--quality", type=click.Choice([str(q) for q in Quality]), default="standard", show_default=True)
@click.option("--image", type=click.Path(path_type=Path), help="Reference image the video starts from.")
@click.option("--takes", type=click.IntRange(1, TAKES_LIMIT), default=1, show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Copy finished clips into this folder.")
@sandbox_option
@json_option
@data_option
@click.pass_context
def generate(
    context: click.Context,
    prompt: str,
    negative_prompt: str,
    model: str,
    aspect_ratio: str,
    duration: str,
    quality: str,
    image: Path | None,
    takes: int,
    out: Path | None,
    sandbox: bool,
    as_json: bool,
    data: Path | None,
) -> int:
    """Make TAKES videos from PROMPT and wait for them."""
    places, sandbox = _places(context, data), sandbox or context.obj[1]
    request = VideoRequest(
        prompt, negative_prompt, Model(model), AspectRatio(aspect_ratio), Duration(int(duration)), Quality(quality)
    )
    return _interruptible(_generate(places, request, image, takes, out, sandbox, as_json))


@program.command()
@sandbox_option
@json_option
@data_option
@click.pass_context
def resume(context: click.Context, sandbox: bool, as_json: bool, data: Path | None) -> int:
    """Carry on what is unfinished. A create whose outcome is unknown is never sent again."""
    return _interruptible(_resume(_places(context, data), sandbox or context.obj[1], as_json))


@program.command("list")
@json_option
@data_option
@click.pass_context
def list_jobs(context: click.Context, as_json: bool, data: Path | None) -> int:
    """List all jobs, newest first."""
    places = _places(context, data)
    return asyncio.run(_list(places, as_json))


def _places(context: click.Context, data: Path | None) -> Places:
    return Places.at(data or context.obj[0])


def _interruptible(work: Coroutine[object, object, int]) -> int:
    """Run it; Ctrl-C and SIGTERM end it in order, with what is paid for on disk."""

    async def supervised() -> int:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            click.echo("Interrupted. `sora-desktop resume` carries on.", err=True)
            return UNFINISHED

    try:
        return asyncio.run(supervised())
    except KeyboardInterrupt:
        click.echo("Interrupted. `sora-desktop resume` carries on.", err=True)
        return UNFINISHED


def status_of(jobs: Iterable[Job]) -> int:
    """What is unfinished weighs most: something may still be done about it."""
    phases = [job.phase for job in jobs]
    if all(isinstance(phase, Ready) for phase in phases):
        return ALL_READY
    if any(not isinstance(phase, Ready | Failed) for phase in phases):
        return UNFINISHED
    return SOME_FAILED


class Report:
    """Follows the jobs of one command and copies finished clips out."""

    def __init__(self, as_json: bool, out: Path | None = None) -> None:
        self._out = out
        self._copied: dict[JobId, str] = {}
        self._wanted: set[JobId] | None = None
        self._early: list[Job] = []
        self.latest: dict[JobId, Job] = {}
        self._console = self._chosen(as_json)

    def _chosen(self, as_json: bool) -> Console:
        if as_json:
            return JsonLines(sys.stdout, self._file_of)
        if sys.stdout.isatty():
            return Bars(sys.stdout, self._file_of, lambda: shutil.get_terminal_size().columns)
        return PlainLines(sys.stdout, self._file_of)

    def follow(self, ids: Iterable[JobId]) -> None:
        """Only these jobs are this command's."""
        self._wanted = set(ids)
        early, self._early = self._early, []
        for job in early:
            self.hear(job)

    def hear(self, job: Job) -> None:
        """A job took a step."""
        if self._wanted is None:
            self._early.append(job)
            return
        if job.id not in self._wanted:
            return
        self.latest[job.id] = job
        if isinstance(job.phase, Ready) and self._out is not None and job.id not in self._copied:
            try:
                self._copied[job.id] = str(exports.copy_into(job.phase.clip.file, self._out))
            except OSError as trouble:
                self._copied[job.id] = str(job.phase.clip.file)
                message = f"{job.phase.clip.file.name} could not be copied to {self._out}: {trouble.strerror}"
                click.echo(f"sora-desktop: {message}. It stays in the library.", err=True)
        self._console.show(job)

    def _file_of(self, job: Job) -> str | None:
        return self._copied.get(job.id)


async def _generate(
    places: Places, request: VideoRequest, image: Path | None, takes: int, out: Path | None, sandbox: bool, json: bool
) -> int:
    places.make()
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as trouble:
            raise BadRequest(f"{out} cannot be made: {trouble.strerror}. Choose another folder.") from trouble
    if image is not None:
        request = replace(request, image=await _checked_image(places, image))
    problems = problems_in(request)
    if problems:
        raise BadRequest(problems[0])
    report = Report(json, out)
    lock = lock_for(places)
    if not lock.acquire():
        return await _generate_beside(places, request, takes, sandbox, report, lock.acquire, lock.release)
    try:
        engine = Engine(places, Listeners(job=report.hear))
        try:
            await engine.open()
            await _connect(engine, sandbox)
            jobs = [engine.runner.new_job(request) for _ in range(takes)]
            report.follow(job.id for job in jobs)
            await engine.runner.accept(jobs)
            return await _until_settled(engine, report)
        finally:
            await engine.aclose()
    finally:
        lock.release()


async def _generate_beside(
    places: Places,
    request: VideoRequest,
    takes: int,
    sandbox: bool,
    report: Report,
    acquire: Callable[[], bool],
    release: Callable[[], None],
) -> int:
    """Another process owns the data folder: hand the jobs to it and follow them there."""
    service = owner_service(places)
    if sandbox and service != SANDBOX:
        raise BadRequest(f"A window is open on {service}; close it, or leave out --sandbox, or use another --data.")
    jobs = [new_job(request, service) for _ in range(takes)]
    report.follow(job.id for job in jobs)
    await asyncio.to_thread(Inbox(places.inbox).post, {"jobs": [codec.job_to_text(job) for job in jobs]})
    for job in jobs:
        report.hear(job)
    return await _follow(places, [job.id for job in jobs], report, acquire, release)


async def _follow(
    places: Places, ids: list[JobId], report: Report, acquire: Callable[[], bool], release: Callable[[], None]
) -> int:
    database = Database(places.database)
    store = JobStore(database)
    try:
        while True:
            for id in ids:
                job = store.read(id)
                if job is not None and job != report.latest.get(id):
                    report.hear(job)
            known = [report.latest[id] for id in ids if id in report.latest]
            if len(known) == len(ids) and all(_stands(job) for job in known):
                return status_of(known)
            if acquire():  # its owner has ended: carry on here
                try:
                    return await _take_over(places, report)
                finally:
                    release()
            await asyncio.sleep(FOLLOW_EVERY)
    finally:
        await database.aclose()


async def _take_over(places: Places, report: Report) -> int:
    sandbox = owner_service(places) == SANDBOX
    engine = Engine(places, Listeners(job=report.hear))
    try:
        await engine.open()
        await _connect(engine, sandbox)
        await asyncio.sleep(2 * FOLLOW_EVERY)  # what was posted to the last owner is read first
        return await _until_settled(engine, report)
    finally:
        await engine.aclose()


def _stands(job: Job) -> bool:
    held = isinstance(job.phase, Waiting) and (job.phase.held != "" or job.on_hold)
    unknown = isinstance(job.phase, Unconfirmed) and job.phase.finding != ""
    return is_settled(job.phase) or held or unknown


async def _resume(places: Places, sandbox: bool, as_json: bool) -> int:
    places.make()
    report = Report(as_json)
    lock = lock_for(places)
    if not lock.acquire():
        database = Database(places.database)
        ids = [job.id for job in JobStore(database).unfinished()]
        await database.aclose()
        report.follow(ids)
        return await _follow(places, ids, report, lock.acquire, lock.release)
    try:
        engine = Engine(places, Listeners(job=report.hear))
        try:
            await engine.open()
            unfinished = engine.store.unfinished()
            if not unfinished:
                return ALL_READY
            report.follow(job.id for job in unfinished)
            await _connect(engine, sandbox or (not await engine.load_key() and _all_sandbox(unfinished)))
            status = await _until_settled(engine, report)
            elsewhere = [job for job in unfinished if job.service not in ("", engine.service_name)]
            for job in elsewhere:
                click.echo(f"sora-desktop: job {job.id[:8]} belongs to {job.service}; resume it there.", err=True)
            return UNFINISHED if elsewhere else status
        finally:
            await engine.aclose()
    finally:
        lock.release()


def _all_sandbox(jobs: list[Job]) -> bool:
    return all(job.service == SANDBOX for job in jobs)


async def _connect(engine: Engine, sandbox: bool) -> None:
    if not sandbox and not await engine.load_key():
        raise BadRequest("There is no API key: set SORA_API_KEY, enter it in the window's Settings, or use --sandbox.")
    await engine.connect(sandbox=sandbox)


async def _until_settled(engine: Engine, report: Report) -> int:
    await engine.runner.settled()
    return status_of(report.latest.values())


async def _checked_image(places: Places, image: Path) -> ReferenceImage:
    pool = MediaPool()
    try:
        return await references.keep(image, places.images, pool)
    except (MediaTrouble, ServiceError, OSError) as trouble:
        raise BadRequest(str(trouble)) from trouble
    finally:
        await pool.aclose()


async def _list(places: Places, as_json: bool) -> int:
    if not places.database.exists():
        return 0
    database = Database(places.database)
    store = JobStore(database)
    try:
        page = store.page(LibraryView(), 200)
        while page:
            for job in page:
                if as_json:
                    click.echo(json.dumps(as_object(job), ensure_ascii=False))
                else:
                    click.echo(f"{as_line(job).rstrip()}  {job.request.prompt[:60]}")
            page = store.page(LibraryView(), 200, page[-1])
    finally:
        await database.aclose()
    return 0
