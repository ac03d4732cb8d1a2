"""The key: after a run in which everything goes wrong, nothing on disk and nobody but the API's own host has it."""

from __future__ import annotations

import asyncio
import base64
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from drills.lives import Nursery, ask_for
from drills.service import Service, prompts, service

from sora_desktop.engine.engine import Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.store.data_folder import DataFolder

KEY = "sk_drill_7Zq9-vWx3/Yk+secret=="
WRONG = "sk_drill_wrong_5Tg8"


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as born:
        yield born


def _troubles() -> list[dict[str, object]]:
    """Whatever may lead the key astray, or bring it back in an answer."""
    port = {"value": "localhost"}  # the same port by another name is another host
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
    """The files below in which it can be read, packed or not."""
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


def _live_through_all(nursery: Nursery, there: Service, data: Path) -> str:
    """All that was said in many lives, one of them with a wrong key, some of them cut off."""
    said = []
    wrong = {**there.environ, "SORA_API_KEY": WRONG}
    ask_for(data, there.base_url, prompts(9))
    said.append(nursery.live("resume", "--json", "--data", data, environ=wrong))
    said.append(nursery.live("generate", "one more", "--json", "--data", data, environ=wrong))
    there.plan(*_troubles())
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM):
        with nursery.living("resume", "--json", "--data", data, environ=there.environ) as living:
            living.until("rendering")
            said.append(living.end(number))
    said.append(nursery.live("resume", "--data", data, environ=there.environ))
    said.append(nursery.live("resume", "--json", "--data", data, environ=there.environ))
    said.append(nursery.live("list", "--json", "--data", data, environ=there.environ))
    return "\n".join(f"{life.events} {life.complaints}" for life in said)


def test_nobody_finds_the_key(nursery: Nursery, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with service(tmp_path / "service", key=KEY) as there:
        said = _live_through_all(nursery, there, data)
        came_to = there.there.state.hosts_with_key
        ready = len(list((data / "clips").glob("*.mp4")))
        reports = asyncio.run(_write_reports(data, tmp_path / "reports", there.environ))
    assert came_to == [there.there.origin.removeprefix("http://")], "the key went to another host"
    assert ready >= 4 and reports >= 10, "too little came about to prove anything"
    for key in (KEY, WRONG):
        assert not any(spelled.decode("utf-8", "replace") in said for spelled in _spellings(key))
        assert not _with_key(data, key)
        assert not _with_key(tmp_path / "reports", key)
    (tmp_path / "bait").mkdir()
    with zipfile.ZipFile(tmp_path / "bait" / "bait.zip", "w", zipfile.ZIP_DEFLATED) as bait:
        bait.writestr("report.txt", f"by {KEY}")
    assert _with_key(tmp_path / "bait", KEY), "the search finds nothing at all"
