"""The API key reaches only the API's own host, and no file, log or report, whatever goes wrong."""

from __future__ import annotations

import asyncio
import base64
import signal
import zipfile
from pathlib import Path

from drills.program_runs import ProgramRunner, post_requests
from drills.service import Service, prompts, running_service

from sora_desktop.engine.engine import Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.store.data_folder import DataFolder

KEY = "sk_drill_7Zq9-vWx3/Yk+secret=="
WRONG = "sk_drill_wrong_5Tg8"


def _faults() -> list[dict[str, object]]:
    """Faults that could send the key to another host, or that return it in an answer."""
    port = {"value": "localhost"}  # the same port under another host name
    return [
        {"call": "look", "fault": "redirect", **port},
        {"call": "create", "fault": "redirect", **port},
        {"call": "file", "fault": "redirect", "count": 4, **port},
        {"call": "credits", "fault": "redirect", **port},
        {"call": "look", "fault": "failed", "value": {"error": f"Bad request by Bearer {KEY}"}},
        {"call": "look", "fault": "unknown_status", "value": KEY},
        {"call": "create", "fault": "failed", "value": {"error": {"code": KEY, "message": f"{KEY} was refused"}}},
        {"call": "create", "fault": "502_html", "after": True},
        {"call": "file", "fault": "cut_short"},
        {"call": "file", "fault": "html"},
        {"call": "look", "fault": "truncated"},
        {"call": "look", "fault": "1001"},
    ]


async def _write_reports(data: Path, to: Path, environ: dict[str, str]) -> int:
    engine = Engine.at(DataFolder.at(data), Listeners(), environ)
    await engine.open()
    try:
        await engine.load_key()
        jobs = list(engine.store.everything())
        for job in jobs:
            await engine.write_report(job, to / f"{job.id}.zip")
        return len(jobs)
    finally:
        await engine.aclose()


def _spellings(key: str) -> list[bytes]:
    plain = key.encode()
    return [plain, base64.b64encode(plain)[:-4], key.encode("utf-16-le"), plain.removeprefix(b"sk_drill_")]


def _with_key(folder: Path, key: str) -> list[str]:
    """The files below the folder that contain the key, compressed or not."""
    found = []
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        contents = [file.read_bytes()]
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as packed:
                contents += [packed.read(name) for name in packed.namelist()]
        if any(spelled in content for content in contents for spelled in _spellings(key)):
            found.append(str(file.relative_to(folder)))
    return found


def _run_with_faults(runner: ProgramRunner, service: Service, data: Path) -> str:
    """Everything that several runs print: two with a wrong key, some that are killed."""
    results = []
    wrong_key = {**service.environ, "SORA_API_KEY": WRONG}
    post_requests(data, service.base_url, prompts(9))
    results.append(runner.run("resume", "--json", "--data", data, environ=wrong_key))
    results.append(runner.run("generate", "one more", "--json", "--data", data, environ=wrong_key))
    service.plan(*_faults())
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM):
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            run.until("rendering")
            results.append(run.end(number))
    results.append(runner.run("resume", "--data", data, environ=service.environ))
    results.append(runner.run("resume", "--json", "--data", data, environ=service.environ))
    results.append(runner.run("list", "--json", "--data", data, environ=service.environ))
    return "\n".join(f"{result.events} {result.errors}" for result in results)


def test_the_key_is_nowhere(runner: ProgramRunner, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service", key=KEY) as service:
        output = _run_with_faults(runner, service, data)
        came_to = service.inner.state.hosts_with_key
        ready = len(list((data / "clips").glob("*.mp4")))
        reports = asyncio.run(_write_reports(data, tmp_path / "reports", service.environ))
    assert came_to == [service.inner.origin.removeprefix("http://")], "the key went to another host"
    assert ready >= 4 and reports >= 10, "too few clips to prove anything"
    for key in (KEY, WRONG):
        assert not any(spelled.decode("utf-8", "replace") in output for spelled in _spellings(key))
        assert not _with_key(data, key)
        assert not _with_key(tmp_path / "reports", key)
    (tmp_path / "bait").mkdir()
    with zipfile.ZipFile(tmp_path / "bait" / "bait.zip", "w", zipfile.ZIP_DEFLATED) as bait:
        bait.writestr("report.txt", f"by {KEY}")
    assert _with_key(tmp_path / "bait", KEY), "the search cannot find a key that is there"
