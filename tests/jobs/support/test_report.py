"""A report contains everything about a job except the key."""

from __future__ import annotations

import asyncio
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeService, rendering_report
from waiting import until
from workbench import REQUEST, Bench, ChargingService

from sora_desktop.api.service import Created, TaskReport
from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.job import Ready, RemoteId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.support.report import ReportContent, redacted, write_report

KEY = 'sk_secret"0123'
UNIT = Unit("lamp", "lamps")


async def test_a_report_contains_everything_but_the_key(tmp_path: Path) -> None:
    world = ChargingService()
    async with asyncio.timeout(15), Bench(world, tmp_path) as bench:
        create, poll = world.create, world.poll

        async def create_with_key(request: VideoRequest, image_url: str | None) -> Created:
            created = await create(request, image_url)
            answer = json.dumps({"code": 200, "data": {"task_id": created.remote_id}, "echo": KEY})
            return replace(
                created, exchange=Exchange(5.0, "POST", "/sora2/text-to-video", 200, answer, 0.0, "x-request-id: r1")
            )

        async def poll_with_key(remote_id: RemoteId) -> TaskReport:
            exchange = Exchange(6.0, "GET", f"/tasks/{remote_id}", 200, f'{{"raw": "look {KEY}"}}')
            return replace(await poll(remote_id), exchange=exchange)

        world.create = create_with_key  # type: ignore[method-assign]
        world.poll = poll_with_key  # type: ignore[method-assign]
        (job,) = await bench.runner.commands.submit(REQUEST)
        await bench.runner.commands.submit(replace(REQUEST, prompt="another"))
        await bench.runner.until_idle()
        await until(lambda: len(bench.store.exchanges(job.id)) >= 3)
        job = bench.saved(job)
        assert isinstance(job.phase, Ready)
        attempts, exchanges = bench.store.attempts(job.id), bench.store.exchanges(job.id)
        assert attempts[0].status == 200 and "task_1" in attempts[0].answer
        content = ReportContent(job, attempts, exchanges, RemoteId("task_1"), bench.runner.balance, UNIT, "0.1.0", KEY)
        to = await write_report(content, tmp_path / "out" / "report.zip")
        with zipfile.ZipFile(to) as file:
            texts = {name: file.read(name).decode() for name in file.namelist()}
        assert set(texts) == {"report.json", "report.txt"}
        for text in texts.values():
            assert "secret" not in text
        report = json.loads(texts["report.json"])
        assert report["job"]["request"]["prompt"] == REQUEST.prompt
        assert report["job"]["remote_id"] == "task_1"
        assert report["attempts"][0]["status"] == report["answers"][0]["status"] == 200
        assert report["attempts"][0]["headers"] == report["answers"][0]["headers"] == ["x-request-id: r1"]
        assert report["unit"] == "lamps" and "prices and balances in lamps" in texts["report.txt"]
        assert report["attempts"][0]["balance_before"]["amount"] == "1000"
        assert report["attempts"][0]["balance_after"]["amount"] == "900"
        assert [answer["call"] for answer in report["answers"]] == [
            "POST /sora2/text-to-video",
            "GET /balance",  # read for its price
            "GET /tasks/task_1",
            "GET /tasks/task_1",
        ]
        assert report["file"]["verdict"] == "unchanged since it was downloaded"
        assert report["file"]["sha256"] == job.phase.clip.facts.sha256
        assert "task_1" in texts["report.txt"] and "1000 before, 900 after" in texts["report.txt"]
        job.phase.clip.file.write_bytes(b"something else")
        await write_report(content, to)
        with zipfile.ZipFile(to) as file:
            assert "changed since" in file.read("report.txt").decode()
        job.phase.clip.file.unlink()
        await write_report(replace(content, key=""), to)
        with zipfile.ZipFile(to) as file:
            assert "no longer there" in file.read("report.txt").decode()


async def test_a_job_that_was_never_sent_has_a_report(tmp_path: Path) -> None:
    async with asyncio.timeout(15), Bench(FakeService(on_poll=[rendering_report(1)]), tmp_path, paused=True) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        to = await write_report(ReportContent(job, [], [], None, None, None, "0.1.0", KEY), tmp_path / "r.zip")
        with zipfile.ZipFile(to) as file:
            assert "Remote id: not known" in file.read("report.txt").decode()


async def test_a_report_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    async with asyncio.timeout(15), Bench(FakeService(), tmp_path, paused=True) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        folder = tmp_path / "taken.zip"
        folder.mkdir()
        with pytest.raises(OSError):
            await write_report(ReportContent(job, [], [], None, None, None, "0.1.0", KEY), folder)
        assert not list(tmp_path.glob(".*part"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            '{"video_url": "https://cdn.example/v.mp4?sig=abc&exp=5"}',
            '{"video_url": "https://cdn.example/v.mp4?[removed]"}',
        ),
        (
            r'{"video_url": "https:\/\/cdn.example\/v.mp4?sig=a\/bc\u0026exp=5"}',
            r'{"video_url": "https:\/\/cdn.example\/v.mp4?[removed]"}',
        ),
        ("<a href='http://h/x?sig=abc'>", "<a href='http://h/x?[removed]'>"),
        ("What happened? Nothing.", "What happened? Nothing."),
    ],
)
def test_a_report_contains_no_signed_link(answer: str, expected: str) -> None:
    """Such a link gives access to the video without the key."""
    assert redacted({"a": [answer]}, "") == {"a": [expected]}


def test_a_report_does_not_contain_the_users_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/a.user"))
    assert redacted("/home/a.user/clips/x.mp4", "") == "~/clips/x.mp4"
    monkeypatch.setattr(Path, "home", lambda: Path("/"))
    assert redacted("/home/a.user/clips/x.mp4", "") == "/home/a.user/clips/x.mp4"
