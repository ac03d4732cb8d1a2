"""A data folder that an older version has written is read in full, whatever its classes are called today."""

from __future__ import annotations

import json
import shutil
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from sora_desktop.cli.console import as_object
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobId,
    Phase,
    Ready,
    RemoteId,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
    phase_name,
)
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.money import Balance, Price, PriceTable
from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.render_times import RenderTimeTable
from sora_desktop.store.database.usage import DayUsage, UsageTable
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.records import Records
from sora_desktop.store.settings import Settings

#: Written by version 0.1.0 at its commit 8518dd4: a job in each phase, with all records about jobs.
OLDER = Path(__file__).parent / "older" / "0.1.0"
SERVICE = "https://soravideo.art/api/v1"
START = 1_790_000_000.0

IMAGE = ReferenceImage(
    Path("/home/ada/.local/share/sora-desktop/images/abc.png"), "harbor.png", 1536, 1024, 2_100_000, "ab" * 32
)
FACTS = VideoFacts(10.041667, 1280, 720, 24.0, 241, True, "h264", "mov,mp4,m4a,3gp,3g2,mj2", "cd" * 32, 6_400_000)
CLIP = Clip(
    Path("/home/ada/Videos/2026-11-20 120000 A lone sailboat 00000008.mp4"), FACTS, "9.0 s long; 10 s were asked for."
)
PHASES: dict[str, Phase] = {
    "waiting": Waiting("Not enough credits: this needs 100, 40 are left."),
    "unconfirmed": Unconfirmed(
        "Outcome unknown: it may have been charged, and the balance before it could not be read."
    ),
    "charged": Unconfirmed("Charged 100 credits, but its id was lost.", billed=True),
    "uncharged": Unconfirmed(  # the only one that is changed: what was looked at did not show it
        "Outcome unknown: an earlier version called it not charged, but what that version looked at could not show it "
        "for certain. Look for the video at the service before you send it again."
    ),
    "rendering": Rendering(RemoteId("task_r"), 62, "The service cannot be reached."),
    "saving": Saving(RemoteId("task_s"), 14_100_000, 16_000_000),
    "unsaved": Unsaved(RemoteId("task_u"), "The connection broke while the video came; it goes on from there."),
    "ready": Ready(CLIP),
    "failed": Failed("Rejected by content policy.", "content_policy_violation", True, RemoteId("task_f")),
    "refused": Failed("The service refused the request (HTTP 400)."),
    "unwatched": Abandoned(RemoteId("task_w")),
}
#: The words in the database's column and in `--json`.
NAMES = ("waiting", *["unconfirmed"] * 3, "rendering", "saving", "unsaved", "ready", "failed", "failed", "unwatched")
OUTCOMES = {
    "unconfirmed": Outcome.UNKNOWN,
    "charged": Outcome.BILLED,
    "uncharged": Outcome.UNKNOWN,
    "refused": Outcome.REFUSED,
    "failed": Outcome.REFUNDED,
}


def expected(number: int, name: str, phase: Phase) -> Job:
    request = VideoRequest(
        f"A lone sailboat, {name}",
        "blur",
        "sora2-pro" if number % 2 else "sora2",
        "9:16" if number % 3 else "1:1",
        10,
        "high" if number % 2 else "standard",
        IMAGE if name == "ready" else None,
    )
    moment = START + number
    service = "sandbox" if name == "refused" else SERVICE
    return Job(
        JobId(f"{number:08x}" + "0" * 24),
        request,
        phase,
        moment,
        moment,
        moment,
        starred=name == "ready",
        on_hold=name == "waiting",
        service=service,
    )


JOBS = {name: expected(number, name, phase) for number, (name, phase) in enumerate(PHASES.items(), 1)}


@pytest.fixture
def data_folder(tmp_path: Path) -> DataFolder:
    shutil.copytree(OLDER, tmp_path / "data")
    return DataFolder.at(tmp_path / "data")


def records_at(data_folder: DataFolder) -> Records:
    return Records(data_folder, OLDER / "prices.json")


async def test_every_job_is_read_unchanged(data_folder: DataFolder) -> None:
    records = records_at(data_folder)
    await records.database.open()
    try:
        assert list(records.jobs.everything()) == list(reversed(JOBS.values()))
        assert [phase_name(job.phase) for job in JOBS.values()] == list(NAMES)
        assert records.warnings == []
    finally:
        await records.database.aclose()


async def test_the_ledger_is_read_unchanged(data_folder: DataFolder) -> None:
    records = records_at(data_folder)
    await records.database.open()
    try:
        for name, job in JOBS.items():
            attempts, exchanges = records.jobs.attempts(job.id), records.jobs.exchanges(job.id)
            if name == "waiting":
                assert not attempts and not exchanges
                continue
            (attempt,) = attempts
            assert attempt.outcome is OUTCOMES.get(name, Outcome.ACCEPTED)
            assert attempt.before == Balance(Decimal(1000), job.created_at)
            assert attempt.after == Balance(Decimal(900), job.created_at + 1)
            assert (attempt.price, attempt.status, attempt.service) == (Decimal(100), 200, job.service)
            assert json.loads(attempt.answer)["data"]["task_id"] == f"task_{name}"
            assert records.jobs.request_of(attempt) == job.request
            assert [(each.method, each.status) for each in exchanges] == [("POST", 200), ("GET", None)]
        learned = records.jobs.learned_prices(SERVICE, START)
        assert learned == [Price(Decimal(120), "sora2", False, 10, "standard")]
    finally:
        await records.database.aclose()


async def test_render_times_and_the_usage_of_a_day_are_read(data_folder: DataFolder) -> None:
    records = records_at(data_folder)
    await records.database.open()
    try:
        kind = RenderKind(SERVICE, "sora2", 10, "standard")
        assert RenderTimeTable(records.database).latest(SERVICE) == [
            RenderTime(kind, 80.0, 95.5, ((20.0, 25), (60.0, 70)))
        ]
        usage = UsageTable(records.database, SERVICE).read("2026-09-21")
        assert usage == DayUsage("2026-09-21", 123, (START, START + 5), 20, 500)
    finally:
        await records.database.aclose()


def test_the_small_files_are_read(data_folder: DataFolder) -> None:
    records = records_at(data_folder)
    assert records.settings == Settings(
        "https://example.org/v1",
        Path("/home/ada/Videos"),
        5,
        "light",
        0.5,
        False,
        "AAAA",
        Decimal(400),
        True,
        False,
    )
    assert records.draft_file.load() == (
        VideoRequest("A paper boat", "noise", "sora2-pro", "1:1", 15, "high"),
        3,
        "",
    )
    assert records.prices == PriceTable((Price(Decimal(150), "sora2-pro", True, 10, "high"), Price(Decimal(100))))
    (message,) = Inbox(data_folder.inbox).read()
    assert message.content is not None
    texts = message.content["jobs"]
    assert isinstance(texts, list)
    (text,) = texts
    job = codec.job_from_text(text)
    assert (job.request.prompt, job.request.model, job.phase) == ("From the command line", "sora2-pro", Waiting())


async def test_jobs_are_written_with_the_same_words(data_folder: DataFolder) -> None:
    """An older version may open the folder again, and scripts read the database."""
    before = _texts(data_folder)
    records = records_at(data_folder)
    await records.database.open()
    try:
        await records.jobs.add(list(JOBS.values()))
    finally:
        await records.database.aclose()
    after = [tuple(_without_new_fields(text) for text in row) for row in _texts(data_folder)]
    changed = [number for number, (row, old) in enumerate(zip(after, before, strict=True)) if row != old]
    assert [before[number][2] for number in changed] == [
        '{"finding":"Not charged. It is safe to send again.","safe_to_send":true,"billed":false}'
    ], "what was looked at did not show it"


def _without_new_fields(text: str | None) -> str | None:
    """The text without the fields that version 0.1.0 ignores."""
    return text if text is None else text.replace(',"seed":null', "")


def test_output_for_scripts_has_the_same_words() -> None:
    objects = [as_object(job) for job in JOBS.values()]
    assert [each["phase"] for each in objects] == list(NAMES)
    assert {each.pop("service") for each in objects} <= {"", *(job.service for job in JOBS.values())}
    assert [sorted(each) for each in objects] == [
        ["job", "phase", "reason"],
        ["job", "phase", "reason"],
        ["job", "phase", "reason"],
        ["job", "phase", "reason"],
        ["job", "percent", "phase", "reason", "remote_id"],
        ["job", "percent", "phase", "remote_id"],
        ["job", "phase", "reason", "remote_id"],
        ["file", "flag", "job", "phase", "reason"],
        ["job", "phase", "reason", "remote_id"],
        ["job", "phase", "reason"],
        ["job", "phase", "remote_id"],
    ]


def _texts(data_folder: DataFolder) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(data_folder.database)
    try:
        rows = connection.execute("SELECT id, phase, details, request, words, remote_id FROM job ORDER BY id")
        return [tuple(row) for row in rows]
    finally:
        connection.close()
