"""What several commands have in common: options, the data folder, and the end by a signal."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from sora_desktop.cli.errors import Interrupted
from sora_desktop.cli.interruption import INTERRUPTED_EARLY, Interruption
from sora_desktop.cli.progress import SOME_UNFINISHED, print_error
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.system.end_signals import EndSignals


class NamedPath(click.Path):
    """A path that is not empty: an unset shell variable must not mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the path is empty", param, ctx)
        return super().convert(value, param, ctx)


data_option = click.option(
    "--data",
    type=NamedPath(file_okay=False, path_type=Path),
    help="Keep all data in this folder (also: SORA_DESKTOP_DATA).",
)
sandbox_option = click.option("--sandbox", is_flag=True, help="Use the offline sandbox, at no cost.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON object per line for each change.")


def data_folder_of(context: click.Context, data: Path | None) -> DataFolder:
    """The data folder that the user means: after the command, before it, or the usual one."""
    return DataFolder.at(data or context.obj[0])


def interruptible(work: Coroutine[object, object, int]) -> int:
    """Run a command. Ctrl-C, SIGTERM and a closed terminal end it in order, with everything paid for on disk."""
    interruption = Interruption()
    try:
        with EndSignals(interruption.ask):
            return asyncio.run(interruption.supervise(work))
    except Interrupted as interrupted:
        print_error(str(interrupted))
    except asyncio.CancelledError:
        print_error(INTERRUPTED_EARLY)
    return SOME_UNFINISHED
