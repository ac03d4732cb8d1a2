"""The command line uses several services, alone and beside the program that has the data folder open."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import program
import pytest
from builders import a_job
from sandbox_server import SandboxServer, sandbox
from store.opened_store import opened_store

from sora_desktop.cli.commands import generate
from sora_desktop.cli.errors import BadRequest
from sora_desktop.cli.request_options import RequestOptions
from sora_desktop.domain.job import Job, Ready, Waiting, new_job
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig
from sora_desktop.engine.configured_services import BadService
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.lock import OwnerFile, lock_for
from sora_desktop.store.settings import Settings, SettingsFile

WAN = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
FAST = ("--tiny", "--speed", "40")


def studio(server: SandboxServer) -> ServiceConfig:
    return ServiceConfig("Studio", f"{server.origin}/v1", "openai", key_variable="STUDIO_KEY", models=(WAN,))


def at_studio(prompt: str) -> Job:
    return new_job(VideoRequest(prompt, model=WAN, aspect_ratio="", quality="", duration=1, fps=16), "Studio")


def test_resume_continues_the_jobs_of_all_services(tmp_path: Path) -> None:
    data = DataFolder.at(tmp_path / "data")
    data.make()
    with sandbox(*FAST) as server:
        SettingsFile(data.settings_file).save(Settings(more_services=(studio(server),)))

        async def queue_jobs() -> None:
            async with opened_store(data.database) as store:
                at_first = new_job(VideoRequest("a red kite"), server.base_url)
                of_removed = a_job(Waiting(), service="Garage")
                await store.add([at_first, at_studio("a blue kite"), of_removed])

        asyncio.run(queue_jobs())
        environ = program.environment(server, STUDIO_KEY=server.key)
        done = program.run("resume", "--json", "--data", data.root, environ=environ)
        ends = {event["service"]: event["phase"] for event in done.events}
        assert ends == {server.base_url: "ready", "Studio": "ready", "Garage": "waiting"}, done
        assert done.status == 3 and "belongs to Garage" in done.stderr and "service add" in done.stderr
        assert "1 video to send to Studio: free." not in done.stderr, "the caller of --json knows its request"


def test_a_gateway_knows_the_videos_of_a_data_folder_by_a_name_of_its_own(tmp_path: Path) -> None:
    with sandbox(*FAST, "--like", "gateway") as server:
        for name in ("one", "two"):
            data = DataFolder.at(tmp_path / name)
            data.make()
            config = replace(studio(server), models=())  # a gateway has names of its own
            SettingsFile(data.settings_file).save(Settings(more_services=(config,)))
            environ = program.environment(STUDIO_KEY=server.key)
            request = ("generate", name, "--service", "Studio", "--size", "832x480", "--seconds", "1")
            done = program.run(*request, "--data", data.root, environ=environ)
            assert done.status == 0, done
        users = [create["user"] for create in server.seen().engines["creates"]]
        assert len(users) == len(set(users)) == 2 and all(len(user) == 32 for user in users)


def test_an_engine_that_mixes_up_jobs_gets_one_at_a_time(tmp_path: Path) -> None:
    data = DataFolder.at(tmp_path / "data")
    data.make()
    with sandbox(*FAST, "--like", "fastvideo") as server:
        config = replace(studio(server), found_profile="fastvideo", jobs_at_once=3)
        SettingsFile(data.settings_file).save(Settings(more_services=(config,)))
        request = ("generate", "twins", "--takes", "2", "--service", "Studio", "--size", "832x480", "--seconds", "1")
        done = program.run(*request, "--data", data.root, environ=program.environment(STUDIO_KEY=server.key))
        assert done.status == 0, done
        first, second = server.seen().engines["creates"]
        assert first["ended_at"] is not None and first["ended_at"] <= second["accepted_at"]


@pytest.mark.slow
def test_an_address_that_is_several_engines_is_named_and_its_videos_are_saved(tmp_path: Path) -> None:
    data = DataFolder.at(tmp_path / "data")
    data.make()
    with sandbox("--tiny", "--speed", "0.7", "--like", "omni", "--replicas", "2", "--round-robin") as server:
        SettingsFile(data.settings_file).save(Settings(more_services=(studio(server),), default_service="Studio"))
        environ = program.environment(STUDIO_KEY=server.key)
        request = ("generate", "a red kite", "--size", "832x480", "--seconds", "5")
        done = program.run(*request, "--data", data.root, environ=environ)
        assert done.status == 0 and len(server.seen().engines["creates"]) == 1, done
        listed = program.run("service", "list", "--data", data.root, environ=environ)
        assert f"{server.origin}/v1 is several engines without a common memory" in listed.stdout


def test_without_a_key_of_the_first_service_only_the_engines_are_used(tmp_path: Path) -> None:
    data = DataFolder.at(tmp_path / "data")
    data.make()
    with sandbox(*FAST) as server:
        SettingsFile(data.settings_file).save(Settings(more_services=(studio(server),)))

        async def queue_jobs() -> None:
            async with opened_store(data.database) as store:
                await store.add([at_studio("a blue kite")])

        asyncio.run(queue_jobs())
        done = program.run("resume", "--data", data.root, environ=program.environment(STUDIO_KEY=server.key))
        assert done.status == 0, done
        assert "1 video to send: free." in done.stderr and "credit" not in done.stderr


async def test_beside_an_owner_requests_go_to_the_service_that_they_name(tmp_path: Path) -> None:
    """The owner works for the first service only, and opens the lanes of others when they are needed."""
    data = DataFolder.at(tmp_path / "data")
    data.make()
    lock = lock_for(data)
    assert lock.acquire()
    with sandbox(*FAST) as server:
        barn = replace(studio(server), name="Barn")
        changed = replace(studio(server), name="Changed", models=("Wan-AI/Gone",))
        SettingsFile(data.settings_file).save(Settings(more_services=(barn, changed)))
        environ = program.environment(server, STUDIO_KEY=server.key)
        warnings: list[str] = []
        engine = Engine.at(data, Listeners(warning=warnings.append), environ, lock=lock)

        async def command(*arguments: str) -> program.Result:
            return await asyncio.to_thread(program.run, *arguments, "--data", data.root, environ=environ)

        try:
            await engine.open()
            await engine.load_key()
            await engine.services.connect(sandbox=False)
            url = f"{server.origin}/v1"
            added = await command(
                "service", "add", "Studio", "--dialect", "openai", "--url", url, "--key-env", "STUDIO_KEY"
            )
            assert added.status == 0, added
            assert [config.name for config in engine.services.configured.further] == ["Barn", "Changed", "Studio"]
            assert set(engine.lanes) == {server.base_url}
            await engine.store.add([replace(at_studio("a green kite"), service="Barn")])
            done = await command("resume", "--json")
            assert done.status == 0 and {event["service"] for event in done.events} == {"Barn"}, done
            assert set(engine.lanes) == {server.base_url, "Barn"}
            done = await command("generate", "a red kite", "--service", "studio", "--seconds", "1", "--json")
            assert done.status == 0 and done.phases[-1] == "ready", done
            assert {event["service"] for event in done.events} == {"Studio"}
            done = await command("generate", "a blue kite", "--json")
            assert done.status == 0 and {event["service"] for event in done.events} == {server.base_url}, done
            assert [create["prompt"] for create in server.seen().creates] == ["a blue kite"]
            note = OwnerFile(data.owner_file).read()
            gone = RequestOptions("a pink kite", model="Wan-AI/Gone", duration=1)
            with pytest.raises(BadRequest, match=f"'Wan-AI/Gone' is not one of '{WAN}'"):  # as the owner has found out
                await generate(
                    data, gone, service="Changed", image=None, takes=1, out=None, sandbox=False, as_json=True
                )
            note = OwnerFile(data.owner_file).read()
            assert note is not None and set(note.connected) == {server.base_url, "Barn", "Changed", "Studio"}
            listed = await command("service", "list", "--json")
            assert [json.loads(line)["connected"] for line in listed.stdout.splitlines()] == [
                True,
                True,
                True,
                True,
                False,
            ]
            assert (await command("service", "default", "Studio")).status == 0
            assert engine.settings.default_service == "Studio"
            assert (await command("service", "remove", "Studio")).status == 0
            assert set(engine.lanes) == {server.base_url, "Barn", "Changed"} and warnings == []
            phases = Counter(type(job.phase) for job in engine.store.everything())
            assert phases == {Ready: 3}, "its clips stay"
        finally:
            await engine.aclose()
            lock.release()


async def test_an_owner_that_uses_only_an_engine_connects_the_first_service_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = DataFolder.at(tmp_path / "data")
    data.make()
    lock = lock_for(data)
    assert lock.acquire()
    with sandbox(*FAST) as server:
        SettingsFile(data.settings_file).save(Settings(more_services=(studio(server),)))
        environ = program.environment(server, STUDIO_KEY=server.key)
        engine = Engine.at(data, Listeners(), environ, lock=lock)
        try:
            await engine.open()
            await engine.services.choose("Studio")
            request = ("generate", "a blue kite", "--json", "--data", data.root)
            done = await asyncio.to_thread(program.run, *request, environ=environ)
            assert done.status == 0 and {event["service"] for event in done.events} == {server.base_url}, done
            assert set(engine.lanes) == {"Studio", server.base_url} and engine.services.current == "Studio"

            await engine.services.close_lane(server.base_url)
            without_key = Engine.at(data, Listeners(), program.environment(STUDIO_KEY=server.key), lock=lock)
            with pytest.raises(BadService, match="There is no API key of"):
                await without_key.services.start_opening(without_key.services.configured.first.name)
            await without_key.aclose()
            monkeypatch.setattr(engine.services, "lanes", {SANDBOX: engine.lanes["Studio"]})
            with pytest.raises(BadService, match="is not used now, but the sandbox"):
                await engine.services.start_opening(server.base_url)
            monkeypatch.undo()
        finally:
            await engine.aclose()
            lock.release()
