"""A request is never bought at another service, or with another key, than it is meant for."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal
from pathlib import Path

import pytest
from builders import a_clip, a_job
from command_line import run
from store.opened_store import opened_database

from sora_desktop.cli import commands
from sora_desktop.cli.owner import follow
from sora_desktop.cli.progress import SOME_UNFINISHED, JobProgress
from sora_desktop.domain.job import JobId, Ready, Waiting
from sora_desktop.domain.money import kind_price
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import canonical_name
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.lock import OwnerFile, OwnerNote, lock_for
from sora_desktop.store.settings import BASE_URL, Settings, SettingsFile

OTHER = "https://other.example/api/v1"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SORA_") and name != "SORA_DESKTOP_STATE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def data_folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder.at(tmp_path / "data")
    folder.make()
    database = Database(folder.database)
    database.wait_until_open()
    asyncio.run(database.aclose())
    return folder


def fingerprint(data_folder: DataFolder, key: str) -> str:
    database = Database(data_folder.database)
    try:
        return JobStore(database).key_fingerprint(key)
    finally:
        database.reader().close()


def generate_beside(data_folder: DataFolder, note: OwnerNote, *options: str) -> int:
    """Run `generate` while another process holds the lock and has written that note."""
    lock = lock_for(data_folder)
    assert lock.acquire()
    try:
        OwnerFile(data_folder.owner_file).write(note)
        return run(["generate", "kite", "--data", str(data_folder.root), *options])
    finally:
        lock.release()


@pytest.mark.parametrize(
    ("service", "owner_key", "environ", "options", "message"),
    [
        (OTHER, "sk_a", {"SORA_API_KEY": "sk_a"}, (), f"this request is for {BASE_URL}"),
        (BASE_URL, "sk_a", {"SORA_BASE_URL": OTHER, "SORA_API_KEY": "sk_a"}, (), f"this request is for {OTHER}"),
        (BASE_URL, "sk_a", {"SORA_API_KEY": "sk_b"}, (), "another API key"),
        (BASE_URL, "", {"SORA_API_KEY": "sk_b"}, (), "another API key"),
        (BASE_URL, "sk_a", {}, ("--sandbox",), f"uses {BASE_URL}"),
        ("sandbox", "sk_sandbox", {"SORA_API_KEY": "sk_a"}, (), "uses the sandbox. Add --sandbox"),
        ("sandbox", "sk_sandbox", {"SORA_BASE_URL": OTHER}, (), "uses the sandbox. Add --sandbox"),
    ],
)
def test_a_request_for_another_service_or_key_is_refused(
    data_folder: DataFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    service: str,
    owner_key: str,
    environ: dict[str, str],
    options: tuple[str, ...],
    message: str,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    note = OwnerNote(service, True, key_fingerprint=fingerprint(data_folder, owner_key))
    assert generate_beside(data_folder, note, *options) == 2
    assert message in capsys.readouterr().err
    assert not Inbox(data_folder.inbox).read()


@pytest.mark.parametrize(
    ("service", "settings_url", "environ"),
    [
        (BASE_URL, BASE_URL, {"SORA_API_KEY": "sk_a"}),
        (BASE_URL, BASE_URL, {}),  # without a key of its own, it means that of the owner
        (OTHER, "HTTPS://Other.Example:443/api/v1/", {"SORA_API_KEY": "sk_a"}),
        (OTHER, BASE_URL, {"SORA_API_KEY": "sk_a", "SORA_BASE_URL": "https://OTHER.example/api/v1"}),
    ],
)
def test_a_request_for_the_same_service_and_key_is_handed_over(
    data_folder: DataFolder,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    settings_url: str,
    environ: dict[str, str],
) -> None:
    async def handed_over(data_folder: DataFolder, ids: list[JobId], *_: object) -> int:
        return 0

    monkeypatch.setattr(commands, "follow", handed_over)
    SettingsFile(data_folder.settings_file).save(Settings(base_url=settings_url))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    note = OwnerNote(service, True, key_fingerprint=fingerprint(data_folder, "sk_a"))
    assert generate_beside(data_folder, note) == 0
    (message,) = Inbox(data_folder.inbox).read()
    assert message.content is not None and service in str(message.content["jobs"])


@pytest.mark.parametrize(
    ("service", "options", "message"),
    [
        (BASE_URL, (), "3 videos to send: 300 credits.\n"),
        ("sandbox", ("--sandbox",), "3 videos to send: 300 credits, in the sandbox at no cost.\n"),
        (BASE_URL, ("--json",), ""),  # the caller knows its request
        (BASE_URL, ("--duration", "10"), "3 videos to send: 21 credits.\n"),
    ],
)
def test_the_price_is_printed_before_a_request_is_handed_over(
    data_folder: DataFolder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    service: str,
    options: tuple[str, ...],
    message: str,
) -> None:
    printed: list[str] = []

    async def handed_over(*_: object) -> int:
        printed.append(capsys.readouterr().err.removeprefix("sora-desktop: "))
        return 0

    async def learn_a_price() -> None:
        async with opened_database(data_folder.database) as database:
            request = VideoRequest("kite", duration=10)
            await JobStore(database).save_learned_price(BASE_URL, kind_price(request, Decimal(7)))

    asyncio.run(learn_a_price())
    monkeypatch.setattr(commands, "follow", handed_over)
    assert generate_beside(data_folder, OwnerNote(service, True), "--takes", "3", *options) == 0
    assert printed == [message]


async def test_following_ends_with_a_reason_when_the_owner_is_not_connected(
    data_folder: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [a_job(Waiting(), 1, service=OTHER), a_job(Waiting(), 2, service=BASE_URL), a_job(Ready(a_clip()), 3)]
    async with opened_database(data_folder.database) as database:
        await JobStore(database).add(jobs)
    owner, own = lock_for(data_folder), lock_for(data_folder)
    assert owner.acquire()
    try:
        ids = [job.id for job in jobs]
        resting = tuple(ids[:2])
        OwnerFile(data_folder.owner_file).write(OwnerNote(BASE_URL, True, resting, without_service=resting[:1]))
        message = data_folder.inbox / "read.json"
        progress = JobProgress(as_json=True)
        progress.follow(ids)
        assert await follow(data_folder, ids, progress, own, message) == SOME_UNFINISHED
        error = capsys.readouterr().err
        assert f"not connected to {OTHER}, so 1 video waits" in error and "resume" in error, error
    finally:
        owner.release()


def test_a_note_of_an_older_version_can_be_read(data_folder: DataFolder) -> None:
    file = data_folder.owner_file
    file.write_text('{"service": "sandbox", "window": true, "resting": ["a"], "percents": []}')
    assert OwnerFile(file).read() == OwnerNote("sandbox", True, ("a",))


def test_names_that_differ_only_in_case_or_the_default_port_are_one_service() -> None:
    assert canonical_name("HTTPS://Api.Example:443/V1/") == canonical_name("https://api.example/V1")
    assert canonical_name("https://api.example/V1") != canonical_name("https://api.example/v1"), "paths have case"
    assert canonical_name("https://api.example:444") != canonical_name("https://api.example")
    assert canonical_name("Sandbox 2") == "Sandbox 2"
