"""The command `service`: adds, lists, tests and removes services, and chooses the default one."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from typing import Any

import click

from sora_desktop.api.dialects import examine
from sora_desktop.api.errors import NotEncrypted
from sora_desktop.cli.errors import BadRequest
from sora_desktop.cli.owner import carry_out, update_database
from sora_desktop.cli.progress import ALL_READY, SOME_FAILED, SOME_UNFINISHED, print_error, standard_output
from sora_desktop.cli.target import services_in
from sora_desktop.domain.examination import Check, CheckResult, Examination
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig, name_problem
from sora_desktop.engine.configured_services import BadService, checked_service, require_no_unfinished_jobs
from sora_desktop.engine.inbox_reader import ADD_SERVICE, DEFAULT_SERVICE, REMOVE_SERVICE
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.lock import OwnerFile, OwnerNote, lock_for

#: Seconds that one call of a test may take.
TEST_CALL = 10.0


async def add_service(data_folder: DataFolder, config: ServiceConfig, *, key_stdin: bool, key_in_file: bool) -> int:
    """Test a service, tell the user what was found, and add it. Returns the exit status.

    The key comes from the variable that `config` names, or from standard input; else the user is asked if the service
    wants one. Raises BadRequest, BadUrl, UnknownDialect, StoreError, OSError.
    """
    services = services_in(data_folder)
    if problem := name_problem(config.name, [other.name for other in services.all]):
        raise BadRequest(problem)
    data_folder.make()
    key, is_typed, shown = await _key_for(config, data_folder, key_stdin=key_stdin)
    config = _checked(config, key)
    if shown is None:
        shown = await examine(config, key, data_folder.model_files, seconds=TEST_CALL)
    examination = shown
    _print_checks(examination)
    if examination.is_reachable:
        config = replace(config, found_profile=examination.profile, models=examination.models)
    if is_typed:
        await _store_key(data_folder, config.name, key, in_file=key_in_file)

    async def is_added() -> bool:
        return services_in(data_folder).is_further(config.name)

    if not await carry_out(data_folder, {ADD_SERVICE: codec.to_text(config)}, is_added):
        return SOME_UNFINISHED
    if examination.is_ok:
        print_error(f'“{config.name}” was added. Use it with `sora-desktop generate … --service "{config.name}"`.')
    else:
        print_error(
            f"“{config.name}” was added, but something failed: see above. Try again with "
            f'`sora-desktop service test "{config.name}"`.'
        )
    return ALL_READY


async def list_services(data_folder: DataFolder, *, as_json: bool) -> int:
    """Print every service. Returns the exit status."""
    services = services_in(data_folder)
    for warning in services.warnings:
        print_error(warning)
    connected = _owner_note(data_folder).connected
    output = standard_output(as_json, may_be_cut=True)
    for config in services.all:
        fields = {
            "service": config.name,
            "dialect": config.dialect,
            "urls": list(config.urls),
            "profile": config.profile or config.found_profile,
            "models": list(config.models),
            "jobs_at_once": config.jobs_at_once,
            "default": config.name == services.default,
            "connected": config.name in connected,  # by the program that has the data folder open
        }
        output.write(f"{json.dumps(fields, ensure_ascii=False) if as_json else _line_of(fields)}\n")
    return ALL_READY


async def test_service(data_folder: DataFolder, name: str, *, as_json: bool) -> int:
    """Ask a service what it is and what it can do, and print that. Returns the exit status. Raises BadRequest."""
    services = services_in(data_folder)
    config = _named(data_folder, name)
    if config.base_url is None:
        raise BadRequest("The sandbox is started when it is used. There is nothing to test.")
    is_further = services.is_further(config.name)
    ring = KeyRing(data_folder, os.environ, config.name if is_further else "", variable=config.key_variable)
    examination = await examine(config, await ring.load(), data_folder.model_files, seconds=TEST_CALL)
    if as_json:
        standard_output(as_json).write(f"{json.dumps(_as_object(config, examination), ensure_ascii=False)}\n")
    else:
        _print_checks(examination)
    return ALL_READY if examination.is_ok else SOME_FAILED


async def remove_service(data_folder: DataFolder, name: str) -> int:
    """Remove a service that the user has added, and its key. Returns the exit status. Raises BadRequest, StoreError."""
    config = _named(data_folder, name)
    if not services_in(data_folder).is_further(config.name):
        raise BadRequest(f"“{config.name}” cannot be removed. Only services that were added can be.")
    if data_folder.has_library:
        database = Database(data_folder.database)
        try:
            await update_database(data_folder, database)
            require_no_unfinished_jobs(config.name, JobStore(database).unfinished())
        except BadService as error:
            raise BadRequest(str(error)) from error
        finally:
            await database.aclose()

    async def is_removed() -> bool:
        return not services_in(data_folder).is_further(config.name)

    if not await carry_out(data_folder, {REMOVE_SERVICE: config.name}, is_removed):
        return SOME_UNFINISHED
    key = "" if config.key_variable else ", and its key with it"
    print_error(f"“{config.name}” was removed{key}. Its clips stay in the library.")
    return ALL_READY


async def set_default_service(data_folder: DataFolder, name: str) -> int:
    """Use a service unless another is named. Returns the exit status. Raises BadRequest, StoreError."""
    config = _named(data_folder, name)
    if config.name == SANDBOX:
        raise BadRequest("The sandbox cannot be the default service. Use it with --sandbox.")

    async def is_default() -> bool:
        return services_in(data_folder).default == config.name

    data_folder.make()
    if not await carry_out(data_folder, {DEFAULT_SERVICE: config.name}, is_default):
        return SOME_UNFINISHED
    print_error(f"“{config.name}” is used from now on unless you name another service.")
    return ALL_READY


def _named(data_folder: DataFolder, name: str) -> ServiceConfig:
    services = services_in(data_folder)
    config = services.config(name)
    if config is None:
        names = ", ".join(f"“{each.name}”" for each in services.all)
        raise BadRequest(f"There is no service named “{name}”. There are: {names}.")
    return config


async def _key_for(
    config: ServiceConfig, data_folder: DataFolder, *, key_stdin: bool
) -> tuple[str, bool, Examination | None]:
    """The key for a new service, and whether the user has entered it, so that it must be stored. Raises BadRequest.

    Also what the service showed, if it was asked without a key and wants none.
    """
    if config.key_variable:
        key = os.environ.get(config.key_variable, "").strip()
        if not key:
            print_error(f"{config.key_variable} is not set. Set it whenever you use this service.")
        return key, False, None
    if key_stdin:
        key = (await asyncio.to_thread(sys.stdin.readline)).strip()
        if not key:
            raise BadRequest("There is no API key on standard input.")
        return key, True, None
    shown = await examine(_checked(config, ""), "", data_folder.model_files, seconds=TEST_CALL)
    if not any(found.check is Check.KEY and found.result is CheckResult.FAILED for found in shown.checks):
        return "", False, shown
    if sys.stdin is None or not sys.stdin.isatty():
        raise BadRequest(
            "The service wants an API key. Name a variable that has it with --key-env, or use --key-stdin."
        )
    # in a thread: Ctrl-C ends the wait
    key = str(await asyncio.to_thread(click.prompt, f"API key of {config.name}", hide_input=True, err=True)).strip()
    return key, True, None


def _checked(config: ServiceConfig, key: str) -> ServiceConfig:
    """The service as it is stored. `key`: what would be sent there. Raises BadRequest, BadUrl, UnknownDialect."""
    try:
        return checked_service(config, key)
    except BadService as error:
        raise BadRequest(str(error)) from error
    except NotEncrypted as error:
        raise BadRequest(f"{error} That is --allow-plain-http {error.host}.") from error


async def _store_key(data_folder: DataFolder, name: str, key: str, *, in_file: bool) -> None:
    where = await KeyRing(data_folder, os.environ, name).save(key, or_file=in_file)
    if await KeyRing(data_folder, os.environ, name).load() != key:
        raise BadRequest(
            "There is no system keyring that keeps the API key. Name a variable that has it with --key-env, or add "
            "--key-in-file to keep it in a file that only you can read."
        )
    print_error(f"The API key is stored {where}.")


def _owner_note(data_folder: DataFolder) -> OwnerNote:
    """What the program says that has the data folder open; an empty note if there is none."""
    if not data_folder.lock_file.exists():
        return OwnerNote()
    lock = lock_for(data_folder)
    if lock.acquire():
        lock.release()
        return OwnerNote()
    return OwnerFile(data_folder.owner_file).read() or OwnerNote()


def _print_checks(examination: Examination) -> None:
    """Print what was found at each address, one line for each check."""
    output = standard_output(as_json=False)
    several = len({found.url for found in examination.checks}) > 1
    url = ""
    for found in examination.checks:
        if several and found.url != url:
            url = found.url
            output.write(f"{url}\n")
        if found.result is not CheckResult.SKIPPED:
            output.write(f"{_MARKS[found.result]} {found.check:<10} {found.text}\n".replace(" \n", "\n"))
    for warning in examination.warnings:
        print_error(warning)


_MARKS = {CheckResult.PASSED: "ok     ", CheckResult.FAILED: "FAILED ", CheckResult.ABSENT: "-      "}


def _as_object(config: ServiceConfig, examination: Examination) -> dict[str, Any]:
    return {
        "service": config.name,
        "ok": examination.is_ok,
        "profile": config.profile or examination.profile,
        "models": list(examination.models),
        "checks": [
            {"check": found.check, "result": found.result, "text": found.text, "url": found.url}
            for found in examination.checks
        ],
        "warnings": list(examination.warnings),
    }


def _line_of(fields: dict[str, Any]) -> str:
    marks = [word for word, is_true in (("default", fields["default"]), ("connected", fields["connected"])) if is_true]
    facts = [str(fields["dialect"]), str(fields["profile"]), *marks]
    urls = fields["urls"] if fields["urls"] != [fields["service"]] else []
    return "  ".join([f"{fields['service']:<24}", ", ".join(filter(None, facts)), *urls]).rstrip()
