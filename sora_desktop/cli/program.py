"""Command line arguments: what each command and option is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from sora_desktop.api.dialects import first_capabilities
from sora_desktop.api.errors import ServiceError
from sora_desktop.cli import commands, queue_command
from sora_desktop.cli.errors import BadRequest
from sora_desktop.cli.interruption import INTERRUPTED_EARLY
from sora_desktop.cli.progress import BAD_REQUEST, SOME_UNFINISHED, print_error
from sora_desktop.cli.queue_command import QueueCommand
from sora_desktop.cli.request_options import RequestOptions
from sora_desktop.cli.service_program import service_group
from sora_desktop.cli.shared_options import (
    NamedPath,
    data_folder_of,
    data_option,
    interruptible,
    json_option,
    sandbox_option,
)
from sora_desktop.domain.capabilities import Choice
from sora_desktop.engine.sandbox_process import SandboxStartError
from sora_desktop.store.errors import StoreError

#: What the help of the options names.
_CAPABILITIES = first_capabilities()

#: Opens the window for a data folder and, if True, with the sandbox; returns the exit status.
WindowOpener = Callable[[Path | None, bool], int]


def run(arguments: list[str], open_window: WindowOpener) -> int:
    """Run a command line and return its exit status. Without a command, call `open_window`."""
    try:
        status = program.main(arguments, prog_name="sora-desktop", standalone_mode=False, obj=open_window)
        return int(status or 0)
    except click.Abort:  # Ctrl-C before the command ran
        print_error(INTERRUPTED_EARLY)
        return SOME_UNFINISHED
    except click.ClickException as error:
        print_error(_with_help(error))
        return BAD_REQUEST
    except (BadRequest, StoreError, ServiceError, SandboxStartError) as error:
        print_error(str(error))
        return BAD_REQUEST
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print_error(
            f"The command stopped: {place}{error.strerror or error}. Queued videos are kept; "
            "run `sora-desktop resume` to continue."
        )
        return SOME_UNFINISHED


def _with_help(error: click.ClickException) -> str:
    message = error.format_message()
    if not message.endswith((".", "?", "?)")):
        message += "."
    context = error.ctx if isinstance(error, click.UsageError) else None
    return message if context is None else f"{message} See `{context.command_path} --help`."


def serve_sandbox(arguments: list[str]) -> int:
    """Run the sandbox in this process. Returns the exit status."""
    from sora_desktop.sandbox.command import main as serve

    return serve(arguments)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@data_option
@sandbox_option
@click.version_option(package_name="sora-desktop", message="%(version)s")
@click.pass_context
def program(context: click.Context, data: Path | None, sandbox: bool) -> int:
    """Generate AI videos. Without a command, the window opens."""
    open_window: WindowOpener = context.obj
    context.obj = (data, sandbox)
    if context.invoked_subcommand is not None:
        return 0
    return open_window(data, sandbox)


def _values(choices: Iterable[Choice[str]] | Iterable[Choice[int]]) -> str:
    return ", ".join(str(choice.value) for choice in choices)


@program.command("generate")
@click.argument("prompt", nargs=-1, required=True, metavar="PROMPT")
@click.option("--service", metavar="NAME", help="Service that renders; see `service list`. Else the default one.")
@click.option("--negative-prompt", default="", help="What the video should not show.")
@click.option(
    "--model", help=f"Model that renders the video: {', '.join(model.name for model in _CAPABILITIES.models)}."
)
@click.option("--aspect-ratio", help=f"Width to height: {_values(_CAPABILITIES.aspect_ratios)}.")
@click.option("--duration", "--seconds", type=int, help=f"Length in seconds: {_values(_CAPABILITIES.durations)}.")
@click.option("--quality", help=f"Rendering quality: {_values(_CAPABILITIES.qualities)}.")
@click.option("--size", metavar="WxH", help="Pixels, such as 1280x720, instead of an aspect ratio.")
@click.option("--fps", type=int, help="Frames per second.")
@click.option("--frames", type=int, help="Length in frames, instead of seconds.")
@click.option("--steps", type=int, help="Steps of the inference.")
@click.option("--guidance", type=float, help="How closely the video follows the prompt.")
@click.option(
    "--seed", type=int, help="The same request with the same seed gives the same pictures, if the service takes one."
)
@click.option("--image", type=NamedPath(path_type=Path), help="Reference image that the video starts from.")
@click.option(
    "--takes",
    type=click.IntRange(1, _CAPABILITIES.takes_limit),
    default=1,
    show_default=True,
    help="Number of videos from this request; a service that charges does so for each.",
)
@click.option("--out", type=NamedPath(file_okay=False, path_type=Path), help="Copy finished clips to this folder.")
@sandbox_option
@json_option
@data_option
@click.pass_context
def _generate(
    context: click.Context,
    /,
    prompt: tuple[str, ...],
    service: str | None,
    image: Path | None,
    takes: int,
    out: Path | None,
    sandbox: bool,
    as_json: bool,
    data: Path | None,
    **options: Any,
) -> int:
    """Generate videos from PROMPT and wait until they are saved.

    The values named below are those of the live service. Other services have models and options of their own; a value
    that the service does not take is refused with the values that it takes, and nothing is sent.
    """
    data_folder, sandbox = data_folder_of(context, data), sandbox or context.obj[1]
    if len(prompt) > 1:
        raise click.UsageError("The prompt is more than one argument. Put the prompt between quotation marks.", context)
    return interruptible(
        commands.generate(
            data_folder,
            RequestOptions(prompt[0], **options),
            service=service,
            image=image,
            takes=takes,
            out=out,
            sandbox=sandbox,
            as_json=as_json,
        )
    )


@program.command("resume")
@sandbox_option
@json_option
@data_option
@click.pass_context
def _resume(context: click.Context, sandbox: bool, as_json: bool, data: Path | None) -> int:
    """Continue unfinished jobs. A request whose outcome is unknown is never sent again.

    The command ends when no job goes on soon, with status 3 if one is unfinished: the API key was rejected twice in a
    row, the service has given no usable answer for an hour, today's requests are used up, the queue is paused, or the
    disk fails again and again. What a service has accepted is kept; run the command again when the cause has passed.
    An id that cannot be written to a full disk is waited for without a limit. `generate` ends in the same way.
    """
    data_folder, sandbox = data_folder_of(context, data), sandbox or context.obj[1]
    return interruptible(commands.resume(data_folder, sandbox=sandbox, as_json=as_json))


@program.command("queue")
@click.argument(
    "command",
    required=False,
    metavar="[pause|resume|hold|release]",
    type=click.Choice([str(each) for each in QueueCommand]),
)
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the jobs held or released, then the queue.")
@data_option
@click.pass_context
def _queue(context: click.Context, command: str | None, jobs: tuple[str, ...], as_json: bool, data: Path | None) -> int:
    """Show the queue. Pause or resume it; hold or release jobs.

    JOB is the beginning of a job id, as `list` shows it. `release` without JOB releases all jobs on hold. This command
    sends nothing itself: an open window sends waiting jobs, otherwise run `sora-desktop resume`.
    """
    chosen = None if command is None else QueueCommand(command)
    return interruptible(queue_command.queue(data_folder_of(context, data), chosen, jobs, as_json=as_json))


@program.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per line for each job.")
@click.option("--trash", is_flag=True, help="List the jobs in the Trash instead.")
@data_option
@click.pass_context
def _list(context: click.Context, as_json: bool, trash: bool, data: Path | None) -> int:
    """List all jobs that are not in the Trash, newest first.

    With --json, here and in `generate` and `resume`, an object has `job`, `phase`, `service` and, where they are known,
    `remote_id`, `percent`, `file`, `flag` ("none", "picked", "rejected") and `reason`. The phases:

    \b
    "waiting"      in the queue, not sent
    "unconfirmed"  sent, answer awaited; with a reason: outcome unknown
    "rendering"    accepted by the service
    "saving"       being downloaded
    "unsaved"      rendered, not downloaded yet
    "ready"        the clip is in `file`
    "failed"       there will be no clip
    "unwatched"    abandoned in the window; still rendered, and charged where the service charges
    "cancelled"    the service has stopped it
    "trashed"      in the Trash; `before` is the phase before
    """
    return interruptible(commands.list_jobs(data_folder_of(context, data), as_json=as_json, trash=trash))


program.add_command(service_group)


@program.command(
    "sandbox", add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True}
)
@click.pass_context
def _sandbox(context: click.Context) -> int:
    """Run a local service for tests, offline (see `sandbox --help`)."""
    return serve_sandbox(context.args)
