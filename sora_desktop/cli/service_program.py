"""Command line arguments of `service` and its commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from sora_desktop.api.dialects import DIALECT_NAMES, profile_labels
from sora_desktop.cli import service_command
from sora_desktop.cli.service_command import KeyOptions
from sora_desktop.cli.shared_options import data_folder_of, data_option, interruptible
from sora_desktop.domain.service_config import USUAL_JOBS_AT_ONCE, ServiceConfig
from sora_desktop.store.settings import MOST_JOBS_AT_ONCE


@click.group("service")
def service_group() -> None:
    """Add, change, list, test and remove services that render, such as your own engines."""


#: What `--like` says instead of a kind of server: find it out.
FOUND_OUT = "auto"
like_option = click.option(
    "--like",
    "profile",
    type=click.Choice([*profile_labels(), FOUND_OUT]),
    default=None,
    help="Kind of server; auto, the default: it is found out.",
)
key_env_option = click.option(
    "--key-env", metavar="VAR", default=None, help="Environment variable that has the API key."
)
key_stdin_option = click.option(
    "--key-stdin", is_flag=True, help="Read the API key from the first line of standard input."
)
key_in_file_option = click.option(
    "--key-in-file", is_flag=True, help="Without a system keyring, keep the key in a file only you can read."
)
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, MOST_JOBS_AT_ONCE),
    default=None,
    help="Jobs at once, at each URL  [default: 2; 3 with sora].",
)
plain_http_option = click.option(
    "--allow-plain-http", metavar="HOST", default=None, help="Send the API key to this host without encryption."
)
test_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every check.")


@service_group.command("add")
@click.argument("name")
@click.option("--dialect", type=click.Choice(DIALECT_NAMES), required=True, help="Protocol that the service speaks.")
@click.option("--url", "urls", multiple=True, required=True, help="Base URL. Repeat it for engines side by side.")
@like_option
@key_env_option
@key_stdin_option
@key_in_file_option
@jobs_option
@plain_http_option
@test_json_option
@data_option
@click.pass_context
def _add_service(
    context: click.Context,
    /,
    name: str,
    dialect: str,
    key_stdin: bool,
    key_in_file: bool,
    as_json: bool,
    data: Path | None,
    **options: Any,
) -> int:
    """Test the service NAME and add it, also if the test fails: an engine may be started later.

    If it wants an API key, you are asked for the key, unless --key-env or --key-stdin says where the key is. The key
    is never an argument: other users of this computer could read it.

    Exit status: 0 added, and it can be used; 1 added, but its test failed; 2 not added; 3 the program that has the data
    folder open did not add it. With --json, the object is that of `service test`, and `saved` says whether the service
    was added.
    """
    changes = _service_fields(options)
    if dialect != "openai" and (changes.get("profile") or changes.get("plain_http_host")):
        raise click.UsageError("--like and --allow-plain-http are for services of the dialect openai.", context)
    config = ServiceConfig(name, None, dialect, jobs_at_once=USUAL_JOBS_AT_ONCE[dialect])
    return interruptible(
        service_command.add_service(
            data_folder_of(context, data),
            replace(config, **changes),
            KeyOptions(stdin=key_stdin, in_file=key_in_file),
            as_json=as_json,
        )
    )


@service_group.command("change")
@click.argument("name")
@click.option("--url", "urls", multiple=True, help="Base URL, instead of all that the service has. Repeat it for more.")
@like_option
@key_env_option
@key_stdin_option
@key_in_file_option
@click.option("--no-key", is_flag=True, help="Delete the stored API key, and use none.")
@jobs_option
@plain_http_option
@test_json_option
@data_option
@click.pass_context
def _change_service(
    context: click.Context,
    /,
    name: str,
    key_stdin: bool,
    key_in_file: bool,
    no_key: bool,
    as_json: bool,
    data: Path | None,
    **options: Any,
) -> int:
    """Test the service NAME with other settings, and save them, also if the test fails.

    What no option names stays as it is. NAME and the dialect cannot be changed: they are stored with each video. The
    exit status and --json are those of `service add`.
    """
    if no_key and (key_stdin or options["key_env"]):
        raise click.UsageError("Use either --no-key or --key-env or --key-stdin.", context)
    changes = _service_fields(options)
    if no_key:
        changes["key_variable"] = ""
    return interruptible(
        service_command.change_service(
            data_folder_of(context, data),
            name,
            changes,
            KeyOptions(stdin=key_stdin, in_file=key_in_file, none=no_key),
            as_json=as_json,
        )
    )


def _service_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a ServiceConfig that the options set."""
    profile = "" if options["profile"] == FOUND_OUT else options["profile"]
    fields = {
        "profile": profile,
        "jobs_at_once": options["jobs"],
        "key_variable": options["key_env"],
        "plain_http_host": options["allow_plain_http"],
    }
    if urls := options["urls"]:
        fields.update(base_url=urls[0], more_urls=urls[1:])
    return {name: value for name, value in fields.items() if value is not None}


@service_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per line for each service.")
@data_option
@click.pass_context
def _list_services(context: click.Context, as_json: bool, data: Path | None) -> int:
    """List the services. The default one is used by `generate` without --service."""
    return interruptible(service_command.list_services(data_folder_of(context, data), as_json=as_json))


@service_group.command("test")
@click.argument("name")
@test_json_option
@data_option
@click.pass_context
def _test_service(context: click.Context, name: str, as_json: bool, data: Path | None) -> int:
    """Ask the service NAME what it is and what it can do. Nothing is created.

    Each failure says what to do. Exit status: 0 the service can be used, 1 something failed, 2 no such service.
    """
    return interruptible(service_command.test_service(data_folder_of(context, data), name, as_json=as_json))


@service_group.command("remove")
@click.argument("name")
@data_option
@click.pass_context
def _remove_service(context: click.Context, name: str, data: Path | None) -> int:
    """Remove the service NAME and its API key. Refused while it has unfinished jobs."""
    return interruptible(service_command.remove_service(data_folder_of(context, data), name))


@service_group.command("default")
@click.argument("name")
@data_option
@click.pass_context
def _set_default_service(context: click.Context, name: str, data: Path | None) -> int:
    """Use the service NAME from now on unless another is named."""
    return interruptible(service_command.set_default_service(data_folder_of(context, data), name))
