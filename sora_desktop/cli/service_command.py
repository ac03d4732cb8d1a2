"""The command `service`: adds, changes, lists, tests and removes services, and chooses the default one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import click

from sora_desktop.api.errors import NotEncrypted
from sora_desktop.cli.checks import CheckLines, examination_object
from sora_desktop.cli.errors import BadRequest, Interrupted
from sora_desktop.cli.interruption import INTERRUPTED_EARLY
from sora_desktop.cli.owner import carry_out, update_database
from sora_desktop.cli.progress import ALL_READY, SOME_FAILED, SOME_UNFINISHED, print_error, standard_output
from sora_desktop.cli.target import examine_from, no_such_service, services_in
from sora_desktop.domain.examination import Check, Checked, CheckResult, Examination
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig, mixed_notice, name_problem
from sora_desktop.engine.configured_services import BadService, checked_service, require_no_unfinished_jobs
from sora_desktop.engine.inbox_reader import ADD_SERVICE, CHANGE_SERVICE, DEFAULT_SERVICE, READ_KEY, REMOVE_SERVICE
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.lock import OwnerFile, OwnerNote, lock_for
from sora_desktop.system.end_signals import interrupted_by_end_signals

#: Seconds that one call of a test may take.
TEST_CALL = 10.0


@dataclass(frozen=True, slots=True)
class KeyOptions:
    """What the user says about the API key of a service, besides the name of a variable."""

    stdin: bool = False  # it is the first line of standard input
    in_file: bool = False  # without a system keyring, keep it in a file
    none: bool = False  # delete the stored one


@dataclass(frozen=True, slots=True)
class _Key:
    """The key of a service that is added or changed."""

    value: str = ""
    is_typed: bool = False  # the user has entered it, so that it must be stored


async def add_service(
    data_folder: DataFolder, config: ServiceConfig, key_options: KeyOptions, *, as_json: bool = False
) -> int:
    """Test a service, tell the user what was found, and add it, whatever that was. Returns the exit status.

    The key comes from the variable that `config` names, or from standard input; else the user is asked if the service
    wants one. Raises BadRequest, BadUrl, UnknownDialect, StoreError, OSError.
    """
    services = services_in(data_folder)
    if problem := name_problem(config.name, [other.name for other in services.all]):
        raise BadRequest(problem)
    data_folder.make()
    lines = CheckLines(as_json)
    key = _given_key(config, key_options)
    if key is None:
        examination = await _test(data_folder, _checked(config, ""), "", lines, without_key=True)
        key = _asked_key(config, examination)
    else:
        examination = None
    config = _checked(config, key.value)
    if examination is None or key.value:
        examination = await _test(data_folder, config, key.value, lines)
    if key.is_typed:
        await _store_key(data_folder, config.name, key.value, in_file=key_options.in_file)

    async def is_added() -> bool:
        return services_in(data_folder).is_further(config.name)

    message = {ADD_SERVICE: codec.to_text(_with_found(config, examination))}
    is_saved = await carry_out(data_folder, message, is_added)
    return _end(config, examination, lines, "added", is_saved=is_saved)


async def change_service(
    data_folder: DataFolder, name: str, changes: Mapping[str, object], key_options: KeyOptions, *, as_json: bool = False
) -> int:
    """Test a service with other settings, tell the user what was found, and save them. Returns the exit status.

    `changes`: fields of ServiceConfig. Raises the same as `add_service`.
    """
    before = _named(data_folder, name)
    if not services_in(data_folder).is_further(before.name):
        raise BadRequest(f"“{before.name}” cannot be changed here. Only services that were added can be.")
    if before.dialect != "openai" and (changes.get("profile") or changes.get("plain_http_host")):
        raise BadRequest("--like and --allow-plain-http are for services of the dialect openai.")
    if not changes and key_options == KeyOptions():
        raise BadRequest("Nothing to change. Name what to change with an option, such as --url.")
    config: ServiceConfig = replace(before, **changes)  # type: ignore[arg-type]  # of the options
    ring = KeyRing(data_folder, os.environ, config.name, variable=config.key_variable)
    key = _given_key(config, key_options) or _Key()
    if not key.value and not key_options.none:
        key = _Key(await ring.load())
    config = _checked(config, key.value)
    lines = CheckLines(as_json)
    examination = await _test(data_folder, config, key.value, lines)
    if key.is_typed:
        await _store_key(data_folder, config.name, key.value, in_file=key_options.in_file)
    elif key_options.none:
        await ring.forget()
    config = _with_found(config, examination)

    async def is_changed() -> bool:
        now = services_in(data_folder).config(config.name)
        return now is not None and replace(now, found_profile=config.found_profile, models=config.models) == config

    message = {CHANGE_SERVICE: codec.to_text(config)}
    if key.is_typed or key_options.none:
        message[READ_KEY] = config.name
    is_saved = await carry_out(data_folder, message, is_changed)
    return _end(config, examination, lines, "changed", is_saved=is_saved)


async def list_services(data_folder: DataFolder, *, as_json: bool) -> int:
    """Print every service. Returns the exit status."""
    services = services_in(data_folder)
    for warning in services.warnings:
        print_error(warning)
    connected = _owner_note(data_folder).connected
    output = standard_output(as_json, may_be_cut=True)
    for config in services.all:
        profile, is_default = config.profile or config.found_profile, services.is_default(config.name)
        is_connected = config.name in connected  # by the program that has the data folder open
        if as_json:
            fields = {
                "service": config.name,
                "dialect": config.dialect,
                "urls": list(config.urls),
                "profile": profile,
                "models": list(config.models),
                "jobs_at_once": config.jobs_at_once,
                "default": is_default,
                "connected": is_connected,
                "notice": mixed_notice(config),
            }
            output.write(f"{json.dumps(fields, ensure_ascii=False)}\n")
        else:
            facts = (config.dialect, profile, "default" if is_default else "", "connected" if is_connected else "")
            urls = config.urls if config.urls != (config.name,) else ()
            columns = (f"{config.name:<24}", ", ".join(filter(None, facts)), *urls)
            output.write(f"{'  '.join(columns).rstrip()}\n")
            if notice := mixed_notice(config):
                output.write(f"  {notice}\n")
    return ALL_READY


async def test_service(data_folder: DataFolder, name: str, *, as_json: bool) -> int:
    """Ask a service what it is and what it can do, and print that. Returns the exit status. Raises BadRequest."""
    services = services_in(data_folder)
    config = _named(data_folder, name)
    if config.base_url is None:
        raise BadRequest("The sandbox is started when it is used. There is nothing to test.")
    is_further = services.is_further(config.name)
    ring = KeyRing(data_folder, os.environ, config.name if is_further else "", variable=config.key_variable)
    lines = CheckLines(as_json)
    examination = await _test(data_folder, config, await ring.load(), lines)
    if as_json:
        lines.write_object(examination_object(config, examination))
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
    print_error(
        f"“{config.name}” was removed, and its stored key with it if it had one. Its clips stay in the library."
    )
    return ALL_READY


async def set_default_service(data_folder: DataFolder, name: str) -> int:
    """Use a service unless another is named. Returns the exit status. Raises BadRequest, StoreError."""
    config = _named(data_folder, name)
    if config.name == SANDBOX:
        raise BadRequest("The sandbox cannot be the default service. Use it with --sandbox.")

    async def is_default() -> bool:
        return services_in(data_folder).is_default(config.name)

    data_folder.make()
    if not await carry_out(data_folder, {DEFAULT_SERVICE: config.name}, is_default):
        return SOME_UNFINISHED
    print_error(f"“{config.name}” is used from now on unless you name another service.")
    return ALL_READY


def _named(data_folder: DataFolder, name: str) -> ServiceConfig:
    services = services_in(data_folder)
    config = services.config(name)
    if config is None:
        raise no_such_service(name, services)
    return config


def _given_key(config: ServiceConfig, options: KeyOptions) -> _Key | None:
    """The key that the user names; None if the options say nothing of one. Raises BadRequest, Interrupted."""
    if options.stdin:
        key = _entered(sys.stdin.readline)
        if not key:
            raise BadRequest("There is no API key on standard input.")
        return _Key(key, is_typed=True)
    if config.key_variable:
        key = os.environ.get(config.key_variable, "").strip()
        if not key:
            print_error(f"{config.key_variable} is not set. Set it whenever you use this service.")
        return _Key(key)
    return None


def _asked_key(config: ServiceConfig, examination: Examination) -> _Key:
    """The key that the user is asked for if a service wants one, as its examination shows.

    Raises BadRequest, Interrupted.
    """
    if not any(map(_wants_key, examination.checks)):
        return _Key()
    if sys.stdin is None or not sys.stdin.isatty():
        raise BadRequest(
            "The service wants an API key. Name a variable that has it with --key-env, or use --key-stdin."
        )
    key = _entered(lambda: str(click.prompt(f"API key of {config.name}", hide_input=True, err=True)))
    return _Key(key, is_typed=True)


def _entered(read: Callable[[], str]) -> str:
    """What the user enters. Nothing else runs meanwhile: a thread could not be ended. Raises Interrupted."""
    try:
        with interrupted_by_end_signals():
            return read().strip()
    except (KeyboardInterrupt, click.Abort):
        raise Interrupted(INTERRUPTED_EARLY) from None


def _wants_key(found: Checked) -> bool:
    return found.check is Check.KEY and found.result is CheckResult.FAILED


async def _test(
    data_folder: DataFolder, config: ServiceConfig, key: str, lines: CheckLines, *, without_key: bool = False
) -> Examination:
    """Examine a service and print each check. `without_key`: that a key is wanted is not printed: it is asked for."""

    def report(found: Checked) -> None:
        if not (without_key and _wants_key(found)):
            lines.show(found)

    lines.begin(config.urls)
    examination = await examine_from(data_folder, config, key, seconds=TEST_CALL, report=report)
    for warning in (*examination.warnings, mixed_notice(config)):
        if warning:
            print_error(warning)
    return examination


def _with_found(config: ServiceConfig, examination: Examination) -> ServiceConfig:
    if not examination.is_reachable:
        return config
    return replace(config, found_profile=examination.profile, models=examination.models)


def _end(config: ServiceConfig, examination: Examination, lines: CheckLines, done: str, *, is_saved: bool) -> int:
    """Tell the user what became of a service that was added or changed. Returns the exit status."""
    lines.write_object({**examination_object(config, examination), "saved": is_saved})
    if not is_saved:
        return SOME_UNFINISHED
    if examination.is_ok:
        print_error(f'“{config.name}” was {done}. Use it with `sora-desktop generate … --service "{config.name}"`.')
        return ALL_READY
    print_error(
        f"“{config.name}” was {done}, but its test failed: see above. Correct the cause, or the service with "
        f'`sora-desktop service change "{config.name}" …`, then run `sora-desktop service test "{config.name}"`.'
    )
    return SOME_FAILED


def _checked(config: ServiceConfig, key: str) -> ServiceConfig:
    """The service as it is stored. `key`: what would be sent there. Raises BadRequest, BadUrl, UnknownDialect."""
    try:
        return checked_service(config, key)
    except BadService as error:
        raise BadRequest(str(error)) from error
    except NotEncrypted as error:
        raise BadRequest(f"{error} That option is --allow-plain-http {error.host}.") from error


async def _store_key(data_folder: DataFolder, name: str, key: str, *, in_file: bool) -> None:
    place = await KeyRing(data_folder, os.environ, name).save(key, or_file=in_file)
    if await KeyRing(data_folder, os.environ, name).load() != key:
        raise BadRequest(
            "There is no system keyring that keeps the API key. Name a variable that has it with --key-env, or add "
            "--key-in-file to keep it in a file that only you can read."
        )
    print_error(f"The API key is stored {place.text}.")


def _owner_note(data_folder: DataFolder) -> OwnerNote:
    """What the program says that has the data folder open; an empty note if there is none."""
    if not data_folder.lock_file.exists():
        return OwnerNote()
    lock = lock_for(data_folder)
    if lock.acquire():
        lock.release()
        return OwnerNote()
    return OwnerFile(data_folder.owner_file).read() or OwnerNote()
