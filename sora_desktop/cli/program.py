"""The same engine without a window."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from sora_desktop.api.errors import BadUrl
from sora_desktop.cli import commands, queue_command
from sora_desktop.cli.commands import BadRequest
from sora_desktop.cli.progress import BAD_REQUEST, UNFINISHED, complain
from sora_desktop.cli.queue_command import QueueCommand
from sora_desktop.domain.request import TAKES_LIMIT, AspectRatio, Duration, Model, Quality, VideoRequest
from sora_desktop.engine.sandbox_process import SandboxStartError
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import StoreError
from sora_desktop.system.display import has_screen

F = TypeVar("F", bound=Callable[..., Any])


#: Opens the window on a data folder, on the sandbox or not; returns the exit status.
WindowOpener = Callable[[Path | None, bool], int]


def run(arguments: list[str], open_window: WindowOpener) -> int:
    """Run one command line and return its exit status. Without a command, `open_window` is called."""
    try:
        status = program.main(arguments, prog_name="sora-desktop", standalone_mode=False, obj=open_window)
        return int(status or 0)
    except click.Abort:
        return UNFINISHED
    except click.ClickException as error:
        complain(_with_help(error))
        return BAD_REQUEST
    except (BadRequest, StoreError, BadUrl, SandboxStartError) as error:
        complain(str(error))
        return BAD_REQUEST
    except OSError as error:
        complain(f"It cannot go on: {error}. `sora-desktop resume` carries on what is queued.")
        return UNFINISHED


def _with_help(error: click.ClickException) -> str:
    sentence = error.format_message().rstrip(".") + "."
    context = error.ctx if isinstance(error, click.UsageError) else None
    return sentence if context is None else f"{sentence} `{context.command_path} --help` says more."


def serve_sandbox(arguments: list[str]) -> int:
    """The service itself, offline, in this process."""
    from sora_desktop.sandbox.command import main as serve

    return serve(arguments)


class NamedPath(click.Path):
    """A path that is not empty: an unset variable of a script must not become the folder one happens to be in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty path", param, ctx)
        return super().convert(value, param, ctx)


data_option = click.option(
    "--data",
    type=NamedPath(file_okay=False, path_type=Path),
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
    open_window: WindowOpener = context.obj
    context.obj = (data, sandbox)
    if context.invoked_subcommand is not None:
        return 0
    if not has_screen(os.environ):
        raise BadRequest(
            "There is no screen to open a window on. Use `sora-desktop generate PROMPT`, or set DISPLAY; "
            "`sora-desktop --help` lists the commands."
        )
    return open_window(data, sandbox)


def _choice(name: str, values: Iterable[object], help: str) -> Callable[[F], F]:
    """An option that takes one of the values; the first unless another is given."""
    texts = [str(value) for value in values]
    return click.option(name, type=click.Choice(texts), default=texts[0], show_default=True, help=help)


@program.command()
@click.argument("prompt")
@click.option("--negative-prompt", default="", help="What to avoid.")
@_choice("--model", Model, "Who renders it.")
@_choice("--aspect-ratio", AspectRatio, "Width to height.")
@_choice("--duration", [int(each) for each in Duration], "Seconds.")
@_choice("--quality", Quality, "How finely it is rendered.")
@click.option("--image", type=NamedPath(path_type=Path), help="Reference image the video starts from.")
@click.option(
    "--takes",
    type=click.IntRange(1, TAKES_LIMIT),
    default=1,
    show_default=True,
    help="How many videos from the same request; each costs.",
)
@click.option("--out", type=NamedPath(file_okay=False, path_type=Path), help="Copy finished clips into this folder.")
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
    data_folder, sandbox = _data_folder(context, data), sandbox or context.obj[1]
    request = VideoRequest(
        prompt, negative_prompt, Model(model), AspectRatio(aspect_ratio), Duration(int(duration)), Quality(quality)
    )
    return _interruptible(
        commands.generate(data_folder, request, image=image, takes=takes, out=out, sandbox=sandbox, as_json=as_json)
    )


@program.command()
@sandbox_option
@json_option
@data_option
@click.pass_context
def resume(context: click.Context, sandbox: bool, as_json: bool, data: Path | None) -> int:
    """Carry on what is unfinished. A create whose outcome is unknown is never sent again."""
    data_folder, sandbox = _data_folder(context, data), sandbox or context.obj[1]
    return _interruptible(commands.resume(data_folder, sandbox=sandbox, as_json=as_json))


@program.command()
@click.argument("wish", required=False, type=click.Choice([str(each) for each in QueueCommand]))
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: each job that was meant, then the queue.")
@data_option
@click.pass_context
def queue(context: click.Context, wish: str | None, jobs: tuple[str, ...], as_json: bool, data: Path | None) -> int:
    """Tell how the queue stands; pause or resume it, hold or release jobs.

    JOB is the beginning of an id, as `list` shows it. `release` without one releases all that are on hold. Nothing is
    sent by this command itself: an open program goes on, else `sora-desktop resume` carries on.
    """
    meant = None if wish is None else QueueCommand(wish)
    return _interruptible(queue_command.queue(_data_folder(context, data), meant, jobs, as_json=as_json))


@program.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each job.")
@data_option
@click.pass_context
def list_jobs(context: click.Context, as_json: bool, data: Path | None) -> int:
    """List all jobs, newest first."""
    return _interruptible(commands.list_jobs(_data_folder(context, data), as_json=as_json))


@program.command(
    "sandbox", add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True}
)
@click.pass_context
def sandbox_service(context: click.Context) -> int:
    """Serve the service itself, offline (`sandbox --help` says more)."""
    return serve_sandbox(context.args)


def _data_folder(context: click.Context, data: Path | None) -> DataFolder:
    return DataFolder.at(data or context.obj[0])


def _interruptible(work: Coroutine[object, object, int]) -> int:
    """Run it; Ctrl-C, SIGTERM and a closed terminal end it in order, with what is paid for on disk."""

    async def supervised() -> int:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, task.cancel)
        return await task

    try:
        return asyncio.run(supervised())
    except (asyncio.CancelledError, KeyboardInterrupt):
        complain("Interrupted. What is queued or paid for is kept; `sora-desktop resume` carries on.")
        return UNFINISHED
