"""Services are added, listed, tested, removed and used by name on the command line."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import a_job
from command_line import run
from sandbox_server import SandboxServer, sandbox
from store.opened_store import opened_store

from sora_desktop.cli.service_command import KeyOptions, change_service
from sora_desktop.domain.job import Waiting
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.lock import OwnerFile, OwnerNote, lock_for
from sora_desktop.store.settings import Settings, SettingsFile

#: An address at which nothing listens.
NOWHERE = "http://127.0.0.1:9/v1"
WAN = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SORA_") and name != "SORA_DESKTOP_STATE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("STUDIO_KEY", "sk_sandbox")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox("--tiny", "--speed", "40") as started:
        yield started


class CommandLine:
    """Runs commands on one data folder."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data_folder = DataFolder.at(data)
        self._capsys = capsys
        self.stderr = ""

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit status and what was printed to standard output."""
        status = run([*arguments, "--data", str(self.data_folder.root)])
        printed = self._capsys.readouterr()
        self.stderr = printed.err
        return status, printed.out

    def refused(self, *arguments: str) -> str:
        """The message with which the command is refused."""
        assert self.run(*arguments) == (2, "")
        return self.stderr

    def objects(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON that a command prints which does what it should."""
        status, output = self.run(*arguments, "--json")
        assert status == 0, self.stderr
        return [json.loads(line) for line in output.splitlines()]

    def add(self, name: str, url: str, *options: str) -> None:
        status, _ = self.run("service", "add", name, "--dialect", "openai", "--url", url, *options)
        assert status == (1 if url == NOWHERE else 0), self.stderr

    @property
    def services(self) -> tuple[ServiceConfig, ...]:
        """The services that were added."""
        return SettingsFile(self.data_folder.settings_file).peek().more_services


@pytest.fixture
def command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path / "data", capsys)


def engine_url(server: SandboxServer) -> str:
    return f"{server.origin}/v1"


def test_a_service_is_added_with_what_it_shows_itself_to_be(command_line: CommandLine, server: SandboxServer) -> None:
    command_line.add("Studio", f"{engine_url(server)}/", "--key-env", "STUDIO_KEY")
    (config,) = command_line.services
    assert (config.base_url, config.jobs_at_once, config.key_variable) == (engine_url(server), 2, "STUDIO_KEY")
    assert config.found_profile == "omni" and WAN in config.models
    command_line.add("Two GPUs", engine_url(server), "--key-env", "STUDIO_KEY", "--jobs", "5")
    assert command_line.services[1].jobs_at_once == 5
    assert command_line.run("service", "remove", "Two GPUs")[0] == 0
    first, studio, in_sandbox = command_line.objects("service", "list")
    assert (first["default"], studio["default"], in_sandbox["service"]) == (True, False, "sandbox")
    assert studio["service"] == "Studio" and studio["urls"] == [engine_url(server)] and WAN in studio["models"]
    assert "sk_sandbox" not in command_line.data_folder.settings_file.read_text()
    for name in ("studio", "SANDBOX"):
        refused = command_line.refused("service", "add", name, "--dialect", "openai", "--url", NOWHERE)
        assert "Choose another name" in refused


def test_a_service_is_used_by_its_name_or_as_the_default(command_line: CommandLine, server: SandboxServer) -> None:
    command_line.add("Studio", engine_url(server), "--key-env", "STUDIO_KEY")
    request = ("--size", "832x480", "--seconds", "1", "--fps", "16", "--steps", "8", "--guidance", "4.5", "--seed", "7")
    *_, ready = command_line.objects("generate", "a red kite", "--service", "studio", *request)
    assert ready["phase"] == "ready" and ready["service"] == "Studio" and Path(ready["file"]).exists()
    assert command_line.run("service", "default", "Studio")[0] == 0
    *_, ready = command_line.objects("generate", "a blue kite", "--seconds", "1")
    assert ready["phase"] == "ready" and ready["service"] == "Studio"
    assert command_line.run("generate", "a green kite", "--seconds", "1")[0] == 0
    assert "1 video to send: free." in command_line.stderr and "credit" not in command_line.stderr
    listed = command_line.objects("list")
    assert [each["service"] for each in listed] == ["Studio"] * 3
    assert "at Studio  a green kite" in command_line.run("list")[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--aspect-ratio", "16:9"), "takes no aspect ratio. Leave out --aspect-ratio. It takes --size, "),
        (("--quality", "high"), "takes no quality"),
        (("--fps", "400"), "fps"),
        (("--seconds", "600"), "must be between"),
        (("--size", "wide"), "1280x720"),
        (("--size", "10x10"), "64 × 64"),
        (("--steps", "0"), "must be between 1 and"),
        (("--guidance", "99"), "must be between 0 and 20"),
        (("--model", "sora2"), f"'sora2' is not one of '{WAN}'"),
        (("--model", "Wan-AI/Wan2.2-I2V-A14B-Diffusers"), "starts from an image. Name one with --image."),
        (("--image", "kite.png"), "Leave out --image, or name another --model: Wan-AI/Wan2.2-I2V-A14B-Diffusers"),
        (("--service", "Studio", "--sandbox"), "either --sandbox or --service"),
        (("--service", "Garage"), "There is no service named “Garage”. There are: "),
    ],
)
def test_what_the_service_lacks_is_refused_before_anything_is_sent(
    options: tuple[str, ...], message: str, command_line: CommandLine, server: SandboxServer
) -> None:
    config = ServiceConfig(
        "Studio",
        engine_url(server),
        "openai",
        key_variable="STUDIO_KEY",
        found_profile="omni",
        models=(WAN, "Wan-AI/Wan2.2-I2V-A14B-Diffusers"),
    )
    command_line.data_folder.make()
    SettingsFile(command_line.data_folder.settings_file).save(
        Settings(more_services=(config,), default_service="Studio")
    )
    refused = command_line.refused("generate", "a red kite", *options)
    assert refused.count("\n") == 1
    assert message.lower() in refused.lower()
    assert not command_line.data_folder.database.exists()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (ServiceConfig("Studio", None, "openai"), "default service “Studio” cannot be used"),
        (ServiceConfig("Studio", "http://127.0.0.1:9/v1", "carrier pigeon"), "protocol “carrier pigeon”"),
    ],
)
def test_a_default_service_that_cannot_be_used_is_not_replaced_by_one_that_costs_money(
    entry: ServiceConfig, words: str, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORA_API_KEY", "sk_live")
    monkeypatch.setenv("SORA_BASE_URL", "http://127.0.0.1:9/api/v1")
    command_line.data_folder.make()
    file = SettingsFile(command_line.data_folder.settings_file)
    file.save(Settings(more_services=(entry,), default_service="Studio"))
    assert words in command_line.refused("generate", "a red kite")
    assert not command_line.data_folder.database.exists()
    assert command_line.run("service", "default", "http://127.0.0.1:9/api/v1")[0] == 0
    assert file.load() == Settings(more_services=(entry,))


def test_a_model_that_is_gone_is_refused_with_those_that_are_there(
    command_line: CommandLine, server: SandboxServer
) -> None:
    """It was there when the service was asked last."""
    command_line.data_folder.make()
    config = ServiceConfig(
        "Studio", engine_url(server), "openai", key_variable="STUDIO_KEY", found_profile="omni", models=("Wan-AI/Gone",)
    )
    SettingsFile(command_line.data_folder.settings_file).save(Settings(more_services=(config,)))
    before = len(server.seen().engines["creates"])
    request = ("--service", "Studio", "--model", "Wan-AI/Gone", "--size", "832x480", "--seconds", "1")
    refused = command_line.refused("generate", "a red kite", *request)
    assert "'Wan-AI/Gone' is not one of" in refused and WAN in refused
    assert len(server.seen().engines["creates"]) == before
    assert WAN in command_line.services[0].models, "they are kept"
    assert command_line.objects("list") == []


def test_a_test_says_what_failed_and_what_to_do(
    command_line: CommandLine, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    command_line.add("Studio", engine_url(server), "--key-env", "STUDIO_KEY")
    (shown,) = command_line.objects("service", "test", "Studio")
    results = {each["check"]: each["result"] for each in shown["checks"]}
    assert shown["ok"] and shown["profile"] == "omni" and WAN in shown["models"]
    assert results == dict.fromkeys(["reachable", "dialect", "key", "profile", "models", "lists", "cancels"], "passed")
    monkeypatch.setenv("STUDIO_KEY", "sk_wrong")
    status, output = command_line.run("service", "test", "Studio", "--json")
    (failed,) = [each for each in json.loads(output)["checks"] if each["result"] == "failed"]
    assert status == 1 and failed["check"] == "key" and "key" in failed["text"]
    command_line.add("Dead", NOWHERE)
    file = SettingsFile(command_line.data_folder.settings_file)
    settings = file.load()
    known = tuple(replace(config, mixed_urls=config.urls) for config in settings.more_services)
    assert "“Dead” was added, but its test failed" in command_line.stderr
    assert '`sora-desktop service test "Dead"`' in command_line.stderr
    assert "generate" not in command_line.stderr and "Settings" not in command_line.stderr
    file.save(replace(settings, more_services=known))
    status, output = command_line.run("service", "test", "Dead")
    assert status == 1 and "FAILED  reachable" in output
    assert f"{NOWHERE} is several engines without a common memory" in command_line.stderr
    assert json.loads(command_line.run("service", "test", "Dead", "--json")[1])["notice"].startswith(NOWHERE)
    assert "no service named “Garage”" in command_line.refused("service", "test", "Garage")


def test_a_key_is_asked_for_and_never_an_argument(
    command_line: CommandLine, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ("service", "add", "Studio", "--dialect", "openai", "--url", engine_url(server))
    assert command_line.run(*add)[0] == 2 and "Name a variable that has it with --key-env" in command_line.stderr
    monkeypatch.setattr("sys.stdin", io.StringIO("sk_sandbox\n"))
    status, _ = command_line.run(*add, "--key-stdin")
    assert status == 2 and "no system keyring that keeps the API key" in command_line.stderr
    assert command_line.services == ()
    monkeypatch.setattr("sys.stdin", io.StringIO("sk_sandbox\n"))
    assert command_line.run(*add, "--key-stdin", "--key-in-file")[0] == 0
    key_file = command_line.data_folder.key_file("Studio")
    assert key_file.read_text() == "sk_sandbox" and key_file.stat().st_mode & 0o077 == 0
    assert command_line.run("service", "test", "Studio")[0] == 0
    assert command_line.run("service", "remove", "Studio")[0] == 0
    assert not key_file.exists() and command_line.services == ()


def test_the_key_leaves_this_machine_unencrypted_only_to_a_host_that_is_allowed(command_line: CommandLine) -> None:
    add = ("service", "add", "Far", "--dialect", "openai", "--url", "http://192.0.2.1:9/v1", "--key-env", "STUDIO_KEY")
    assert "without encryption" in command_line.refused(*add)
    assert "without encryption" in command_line.refused(*add, "--allow-plain-http", "192.0.2.2")
    first = ("service", "add", "Far", "--dialect", "sora", "--url", "http://192.0.2.1:9/v1", "--key-env", "STUDIO_KEY")
    assert "https://" in command_line.refused(*first)


def test_a_service_with_unfinished_videos_is_not_removed(command_line: CommandLine) -> None:
    command_line.add("Dead", NOWHERE)

    async def queue_a_job() -> None:
        async with opened_store(command_line.data_folder.database) as store:
            await store.add([a_job(Waiting(), service="Dead")])

    asyncio.run(queue_a_job())
    assert "1 video is unfinished there" in command_line.refused("service", "remove", "dead")
    assert "cannot be removed" in command_line.refused("service", "remove", "sandbox")
    assert "cannot be the default" in command_line.refused("service", "default", "sandbox")
    assert [config.name for config in command_line.services] == ["Dead"]


def test_beside_an_owner_services_are_changed_by_the_owner(command_line: CommandLine) -> None:
    """It would write over settings that another process has saved."""
    folder = command_line.data_folder
    folder.make()
    lock = lock_for(folder)
    assert lock.acquire()
    try:
        OwnerFile(folder.owner_file).write(OwnerNote("sandbox", True))
        status = run_beside(command_line, "service", "add", "Dead", "--dialect", "openai", "--url", NOWHERE)
        (message,) = Inbox(folder.inbox).read()
        assert message.content is not None and "Dead" in str(message.content["add_service"])
        assert status == 3 and command_line.services == ()
    finally:
        lock.release()


def run_beside(command_line: CommandLine, *arguments: str) -> int:
    """Run a command beside an owner that does nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sora_desktop.cli.owner.OWNER_TIMEOUT", 0.0)
        return command_line.run(*arguments)[0]


def test_an_option_that_means_nothing_for_the_protocol_is_refused(command_line: CommandLine) -> None:
    add = ("service", "add", "Studio", "--dialect", "sora", "--url", "https://nowhere.invalid/api/v1")
    for option in (("--like", "omni"), ("--allow-plain-http", "gpu2")):
        assert "for services of the dialect openai" in command_line.refused(*add, *option)
    assert command_line.services == ()


def test_a_key_goes_to_another_machine_without_encryption_only_if_that_is_allowed(command_line: CommandLine) -> None:
    add = ("service", "add", "Studio", "--dialect", "openai", "--url", "http://gpu2.invalid:8091/v1", "--key-env")
    for allowed in ((), ("--allow-plain-http", "gpu3.invalid")):
        refused = command_line.refused(*add, "STUDIO_KEY", *allowed)
        assert "without encryption" in refused and "--allow-plain-http gpu2.invalid" in refused
    assert command_line.run(*add, "STUDIO_KEY", "--allow-plain-http", "gpu2.invalid")[0] == 1
    assert "The API key, prompts, images and videos travel to and from gpu2.invalid without" in command_line.stderr


def test_a_service_without_a_key_is_asked_once_when_it_is_added(command_line: CommandLine) -> None:
    with sandbox("--tiny", "--no-key") as server:
        command_line.add("Open", engine_url(server))
        assert server.seen().engines["counts"]["models"] == 1


def test_a_script_is_told_that_a_service_was_added_and_that_its_test_failed(command_line: CommandLine) -> None:
    add = ("service", "add", "Dead", "--dialect", "openai", "--url", NOWHERE, "--json")
    status, output = command_line.run(*add)
    (shown,) = [json.loads(line) for line in output.splitlines()]
    assert (status, shown["service"], shown["saved"], shown["ok"]) == (1, "Dead", True, False)
    assert [each["check"] for each in shown["checks"] if each["result"] == "failed"] == ["reachable"]
    assert command_line.run(*add) == (2, ""), "the name is taken"


def test_what_no_option_names_stays_when_a_service_is_changed(command_line: CommandLine, server: SandboxServer) -> None:
    command_line.add("Studio", engine_url(server), "--key-env", "STUDIO_KEY", "--like", "sglang", "--jobs", "5")
    (before,) = command_line.services
    assert command_line.run("service", "change", "studio", "--jobs", "4")[0] == 0
    assert command_line.services == (replace(before, jobs_at_once=4),)
    assert command_line.run("service", "change", "Studio", "--like", "auto", "--url", NOWHERE)[0] == 1
    (after,) = command_line.services
    assert (after.base_url, after.profile, after.jobs_at_once, after.models) == (NOWHERE, "", 4, before.models)
    assert "“Studio” was changed, but its test failed" in command_line.stderr
    for name, options, message in (
        ("Studio", (), "Nothing to change"),
        ("Garage", ("--jobs", "2"), "no service named “Garage”"),
        ("sandbox", ("--jobs", "2"), "cannot be changed here"),
        ("Studio", ("--no-key", "--key-stdin"), "either --no-key or"),
        ("Studio", ("--url", "nonsense"), "must be an address"),
    ):
        assert message in command_line.refused("service", "change", name, *options)
    assert command_line.services == (after,)


def test_a_stored_key_is_replaced_and_removed(
    command_line: CommandLine, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sk_wrong\nsk_sandbox\n"))
    typed = ("--key-stdin", "--key-in-file")
    status, _ = command_line.run("service", "add", "Studio", "--dialect", "openai", "--url", engine_url(server), *typed)
    key_file = command_line.data_folder.key_file("Studio")
    assert (status, key_file.read_text()) == (1, "sk_wrong")
    assert command_line.run("service", "change", "Studio", *typed)[0] == 0
    assert key_file.read_text() == "sk_sandbox" and "omni" in command_line.services[0].found_profile
    assert command_line.run("service", "change", "Studio", "--no-key")[0] == 1
    assert not key_file.exists()
    assert WAN in command_line.services[0].models, "what is known stays"
    assert command_line.run("service", "change", "Studio", "--key-env", "STUDIO_KEY")[0] == 0


def test_an_owner_reads_a_key_again_that_another_process_has_changed(command_line: CommandLine) -> None:
    """Without that it would go on with the key that it has in memory."""
    folder = command_line.data_folder
    folder.make()
    folder.key_file("Studio").write_text("sk_old")
    services = (ServiceConfig("Studio", NOWHERE, "openai"),)
    SettingsFile(folder.settings_file).save(Settings(more_services=services))

    async def change_beside_owner() -> str:
        engine = Engine.at(folder, Listeners(), {}, lock_for(folder))
        assert engine.records.lock is not None and engine.records.lock.acquire()
        try:
            await engine.open()
            (config,) = engine.services.configured.further
            assert await engine.services.configured.key_of(config) == "sk_old"
            await change_service(folder, "Studio", {}, KeyOptions(stdin=True, in_file=True))
            return await engine.services.configured.key_of(config)
        finally:
            await engine.aclose()
            engine.records.lock.release()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO("sk_new\n"))
        assert asyncio.run(change_beside_owner()) == "sk_new"


def test_a_lost_answer_at_an_engine_is_told_without_money(command_line: CommandLine) -> None:
    lost = {"call": "videos.create", "fault": "500_json", "after": True}
    with sandbox("--tiny", "--speed", "40", "--like", "litellm", script=[lost]) as server:
        command_line.add("Proxy", engine_url(server), "--key-env", "STUDIO_KEY")
        assert command_line.run("generate", "a red kite", "--service", "Proxy", "--seconds", "1")[0] == 3
        assert "1 video not sent again automatically" in command_line.stderr and "charged" not in command_line.stderr
        assert len(server.seen().engines["creates"]) == 1


def test_a_service_written_by_hand_that_cannot_be_one_is_told_and_kept(command_line: CommandLine) -> None:
    command_line.data_folder.make()
    entries = (ServiceConfig("Good", NOWHERE, "openai"), ServiceConfig("good", NOWHERE, "openai"))
    SettingsFile(command_line.data_folder.settings_file).save(Settings(more_services=entries))
    names = [each["service"] for each in command_line.objects("service", "list")]
    assert names[1:-1] == ["Good"] and "settings.json is ignored" in command_line.stderr
    command_line.add("Other", NOWHERE)
    assert "settings.json is ignored" in command_line.stderr, "the engine tells it, as it does in the window"
    assert [config.name for config in command_line.services] == ["Good", "Other", "good"]
