"""A row that cannot be read is set aside and reported; the other rows are read, and the row is never changed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import pytest
from builders import NOW, a_clip, a_job
from store.opened_store import opened_database, opened_store, store_in

from sora_desktop.domain.job import JobId, Phase, Ready, RemoteId, Rendering, Trashed, Unconfirmed, Waiting
from sora_desktop.domain.ledger import Exchange, KnownBalance, Outcome
from sora_desktop.domain.library import LibraryView
from sora_desktop.domain.money import Balance, Price
from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.database.render_times import RenderTimeTable
from sora_desktop.store.database.salvage import salvage
from sora_desktop.store.database.schema import STEPS
from sora_desktop.store.database.usage import DayUsage, UsageTable
from sora_desktop.store.errors import UnreadableJob
from sora_desktop.store.sent_marks import SentMarks

#: SQL that makes the row of one job unreadable, by what is wrong then.
UNREADABLE = {
    "an unknown phase": "phase = 'paused'",
    "no phase": "phase = ''",
    "a phase of bytes": "phase = x'00ff'",
    "a length that is text": "request = json_set(request, '$.duration', 'long')",
    "a length that is a fraction": "request = json_set(request, '$.duration', 20.5)",
    "an endless length": f"request = json_set(request, '$.duration', json('{'9' * 400}'))",
    "no prompt": "request = json_set(request, '$.prompt', NULL)",
    "a request that is no object": "request = '[]'",
    "a request that is not JSON": "request = '{half'",
    "a request nested too deep": f"request = '{'[' * 900}{']' * 900}'",
    "a request that is not UTF-8": "request = CAST(x'7b22ff' AS TEXT)",
    "details that are null": "details = 'null'",
    "details of another phase": "details = '{}'",
    "details that are bytes": "details = x'ff00'",
    "a service that is not UTF-8": "service = CAST(x'61ff' AS TEXT)",
    "a service of bytes": "service = x'6162'",
    "a time that is text": "created_at = 'yesterday'",
    "a time beyond every calendar": "created_at = 1e300",
    "an endless time": "changed_at = 9e999",
    "an endless position": "position = 9e999",
    "a star that is text": "starred = 'yes'",
    "a hold that is bytes": "on_hold = x'00'",
    "an endless star": "starred = 9e999",
    "an unknown flag": "flag = 'perhaps'",
    "an endless hold": "on_hold = '1e999'",
}
#: The same for a job in the Trash.
UNREADABLE_IN_TRASH = {
    "no phase before": "details = json_remove(details, '$.phase')",
    "an unknown phase before": "details = json_set(details, '$.phase', 'paused')",
    "a phase before that cannot be": "details = json_set(details, '$.phase', 'rendering')",
    "no time before": "details = json_remove(details, '$.changed_at')",
    "a time before that is text": "details = json_set(details, '$.changed_at', 'yesterday')",
    "an endless time before": "details = json_set(details, '$.changed_at', 1e300)",
    "no details before": "details = json_remove(details, '$.details')",
    "details before that are text": "details = json_set(details, '$.details', 'half')",
    "no clip": "details = json_remove(details, '$.details.clip')",
    "a clip without a file": "details = json_remove(details, '$.details.clip.file')",
    "a size that is text": "details = json_set(details, '$.details.clip.facts.size', 'big')",
}
IN_TRASH = Trashed(Ready(a_clip()), 1.0)
RENDERING = Rendering(RemoteId("task_1"))


def change(file: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(sql, values)
        connection.commit()


def raw_row(file: Path, id: str) -> tuple[object, ...]:
    with closing(sqlite3.connect(file)) as connection:
        connection.text_factory = bytes
        (row,) = connection.execute("SELECT * FROM job WHERE id = ?", (id,)).fetchall()
    return tuple(row)


@contextmanager
def read_only(file: Path) -> Iterator[JobStore]:
    """A store as a command line opens it beside the owner."""
    database = Database(file)
    yield JobStore(database)
    database.reader().close()


@pytest.mark.parametrize(
    ("wrong", "phase"),
    [
        *((wrong, phase) for wrong in UNREADABLE for phase in (RENDERING, Waiting(), Ready(a_clip()), IN_TRASH)),
        *((wrong, IN_TRASH) for wrong in UNREADABLE_IN_TRASH),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_one_unreadable_job_is_set_aside(tmp_path: Path, wrong: str, phase: Phase) -> None:
    if wrong == "details of another phase" and phase == Waiting():
        pytest.skip("without details a job waits for no reason")
    file = tmp_path / "library.db"
    bad, others = a_job(phase, 2, id="bad"), [a_job(Waiting(), 1), a_job(RENDERING, 3)]
    async with opened_store(file) as store:
        await store.add([bad, *others])
    sql = (UNREADABLE | UNREADABLE_IN_TRASH)[wrong]
    change(file, f"UPDATE job SET {sql} WHERE id = 'bad'")
    before = raw_row(file, "bad")
    async with opened_database(file) as database:
        assert not database.was_damaged and not database.warning
        assert database.set_aside.ids == ["bad"] and ": bad." in database.set_aside.warning
        assert "1 job cannot be read" in database.set_aside.warning
        store = store_in(database)
        assert store.unfinished() == others
        assert store.page(LibraryView(), 10) == list(store.everything()) == others[::-1]
        assert store.abandoned_since(0.0) == []
        assert (store.counts().all, store.counts().active, store.counts().trashed) == (2, 2, 0)
        assert list(store.in_trash()) == []
        assert store.read(others[0].id) == others[0]
        with pytest.raises(UnreadableJob, match="bad"):
            store.read(JobId("bad"))
        await store.add(others)
    with read_only(file) as store:
        assert store.unfinished() == others and list(store.everything()) == others[::-1]
    assert raw_row(file, "bad") == before, "the row was changed"
    assert not list(tmp_path.glob("*damaged*"))


async def test_a_length_that_is_no_longer_offered_is_read(tmp_path: Path) -> None:
    async with opened_store(tmp_path / "library.db") as store:
        job = a_job(Waiting(), duration=20)
        await store.add([job])
        assert store.unfinished() == [job]


async def test_a_job_without_an_id_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        await store.add([a_job(Waiting(), n) for n in (1, 2)])
    change(file, "UPDATE job SET id = NULL WHERE id = 'job1'")
    async with opened_database(file) as database:
        assert list(store_in(database).everything()) == store_in(database).unfinished() == [a_job(Waiting(), 2)]
        assert "1 job cannot be read" in database.set_aside.warning


async def test_pages_are_full_although_jobs_are_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        await store.add([a_job(Waiting(), n) for n in range(40)])
    change(file, "UPDATE job SET phase = 'paused' WHERE CAST(substr(id, 4) AS INTEGER) % 4 <> 0")
    async with opened_store(file) as store:
        first = store.page(LibraryView(), 4)
        second = store.page(LibraryView(), 4, first[-1])
        third = store.page(LibraryView(), 4, second[-1])
        assert [len(page) for page in (first, second, third)] == [4, 4, 2]
        assert [job.id for job in (*first, *second, *third)] == [f"job{n}" for n in range(0, 40, 4)]


async def test_many_jobs_set_aside_are_counted_and_some_named(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        await store.add([a_job(Waiting(), n) for n in range(9)])
    change(file, "UPDATE job SET phase = 'paused' WHERE id <> 'job3'")
    async with opened_database(file) as database:
        assert (
            database.set_aside.warning.startswith("8 jobs cannot be read")
            and "and others" in database.set_aside.warning
        )
        assert database.set_aside.is_unfinished
        assert store_in(database).counts().all == 1


async def test_an_unreadable_attempt_is_in_doubt(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        for n, outcome in enumerate((Outcome.REFUSED, Outcome.REFUSED, Outcome.ACCEPTED), 1):
            job = a_job(Unconfirmed(), n, service="s")
            attempt = await store.begin_attempt(job, Balance(Decimal(500), 1.0), Decimal(100))
            await store.end_attempt(attempt, job, "refused", outcome)
    change(file, "UPDATE attempt SET outcome = 'cashback', request = '{half' WHERE id = 1")
    change(file, "UPDATE attempt SET sent_at = 'noon', answer = CAST(x'ff' AS TEXT), status = 'ok' WHERE id = 2")
    change(file, "UPDATE attempt SET price = 'one', balance_before = 'NaN', balance_after = 'inf' WHERE id = 3")
    async with opened_database(file) as database:
        assert database.set_aside.attempts == 3 and "3 entries in the ledger" in database.set_aside.warning
        store = store_in(database)
        first, second, third = store.attempts_between(0.0, 100.0, "s")
        assert first.outcome is Outcome.UNKNOWN and store.request_of(first) is None
        assert second.sent_at == 7.0, "a time that cannot be read counts as now"
        assert second.status is None and second.answer == "?"
        assert third.price is None and third.before is None and third.after is None
        assert not store.charges_late("s")


async def test_a_job_of_a_newer_version_may_be_rendered_and_refunded(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        number = await store.begin_attempt(a_job(Unconfirmed(), service="s", id="bad"), None, Decimal(100))
        await store.end_attempt(number, a_job(RENDERING, service="s", id="bad"), "", Outcome.ACCEPTED)
    change(file, "UPDATE job SET phase = 'polishing' WHERE id = 'bad'")
    async with opened_store(file) as store:
        long_ago = NOW + 10**6
        assert [attempt.id for attempt in store.possible_refunds("s", long_ago, 1000)] == [number]
        assert store.possible_refunds("other", long_ago, 1000) == []
    change(file, "UPDATE attempt SET outcome = 'haunted'")
    async with opened_store(file) as store:
        assert [attempt.id for attempt in store.possible_refunds("s", 0.0, 1000)] == [number]


async def test_an_unreadable_balance_is_not_known(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        known = KnownBalance(Balance(Decimal(500), 1.0), 3)
        await store.save_known_balance("s", "key", known)
        assert store.known_balance("s", "key") == known
    change(file, "UPDATE known_balance SET amount = 'much'")
    async with opened_store(file) as store:
        assert store.known_balance("s", "key") is None
    change(file, "UPDATE data_folder SET key_salt = CAST(zeroblob(99) AS TEXT)")
    async with opened_store(file) as store:
        assert len(store.key_fingerprint("sk_a")) == 16
    change(file, "DELETE FROM data_folder")
    async with opened_store(file) as store:
        assert store.key_fingerprint("sk_a") != store.key_fingerprint("sk_b")


#: Text that is no amount of money, or none that can be computed with.
NO_AMOUNTS = ("many", "NaN", "", "Infinity", "1e999", "4611686018427387904", "1e-999", "0e-999999", "1" * 99, "\x00")


@pytest.mark.parametrize("credits", [*NO_AMOUNTS, "-5"])
async def test_one_unreadable_price_does_not_hide_the_others(tmp_path: Path, credits: str) -> None:
    file = tmp_path / "library.db"
    price = Price(Decimal(150), "sora2", False, 5, "standard")
    async with opened_store(file) as store:
        await store.save_learned_price("test", price)
    change(file, "INSERT INTO learned_price VALUES ('test', 'sora2-pro', 0, 5, 'standard', ?, 7.0)", credits)
    async with opened_store(file) as store:
        assert store.learned_prices("test", 0.0) == [price]


@pytest.mark.parametrize("price", [*NO_AMOUNTS, "-100", 9e999, b"\xff"])
async def test_a_price_that_cannot_be_read_is_reported_and_not_known(tmp_path: Path, price: object) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        await store.begin_attempt(a_job(Unconfirmed(), 1, service="s"), Balance(Decimal("-0.5"), 1.0), Decimal("1E+3"))
    async with opened_database(file) as database:
        assert not database.set_aside.attempts
        assert store_in(database).attempts_after(0, "s")[0].price == 1000
    change(file, "UPDATE attempt SET price = ?", price)
    async with opened_database(file) as database:
        assert database.set_aside.attempts == 1
        assert store_in(database).attempts_after(0, "s")[0].price is None


#: Damage, or a hand that edits. The first is an endless number in a column of numbers.
ODD = ("1e999", b"\xff\xfe", "\x00")


@pytest.mark.parametrize("value", ODD)
async def test_no_value_in_any_column_keeps_the_library_closed(tmp_path: Path, value: object) -> None:
    file, marks = tmp_path / "library.db", SentMarks(tmp_path / "marks")
    kind = RenderKind("s", "sora2", 5, "standard")
    async with opened_store(file) as store:
        await store.add([a_job(Ready(a_clip()), 1, service="s"), a_job(Waiting(), 2, service="s")])
        await store.begin_attempt(a_job(Unconfirmed(), 3, service="s"), Balance(Decimal(5), 1.0), Decimal(1))
        await store.save_known_balance("s", "k", KnownBalance(Balance(Decimal(5), 1.0), 1))
        await store.save_learned_price("s", Price(Decimal(150), "sora2", False, 5, "standard"))
        await store.save_exchanges(JobId("job1"), [Exchange(5.0, "GET", "/t", 200, "one")])
    async with opened_database(file) as database:
        await RenderTimeTable(database).add(RenderTime(kind, 1.0, 2.0, ()), 1.0)
        await UsageTable(database, "s").write(DayUsage("2026-11-24", 1))
    change(file, "INSERT INTO restored VALUES (1, 1.0)")
    with closing(sqlite3.connect(file)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        columns = {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in tables}
    for number in range(max(map(len, columns.values()))):  # one column of each table at a time
        odd = tmp_path / str(number) / "library.db"
        odd.parent.mkdir()
        shutil.copy(file, odd)
        for table, names in columns.items():
            with suppress(sqlite3.IntegrityError):
                change(odd, f"UPDATE {table} SET {names[number % len(names)]} = ? WHERE rowid = 1", value)
        database = Database(odd, sent_marks=marks, now=lambda: NOW)
        await database.open()
        try:
            store = store_in(database)
            store.unfinished(), list(store.everything()), store.counts(), store.clip_folders(), store.last_restore()
            store.attempts_after(0, "s"), store.possible_refunds("s", 0.0, 0), store.charges_late("s")
            store.known_balance("s", "k"), store.learned_prices("s", 0.0), store.exchanges(JobId("job1"))
            store.key_fingerprint("sk"), RenderTimeTable(database).latest("s"), UsageTable(database, "s").read("d")
            attempt = await store.begin_attempt(a_job(Unconfirmed(), 9, service="s"), None, Decimal(1))
            assert attempt > 0 and len(store.attempts(a_job(Waiting(), 9).id)) == 1, number
        finally:
            await database.aclose()


@pytest.mark.parametrize("value", ["x", b"\xff", 9e999, -1, 2**62])
async def test_a_restore_that_cannot_be_read_counts_as_the_latest_attempt_and_as_now(
    tmp_path: Path, value: object
) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        await store.begin_attempt(a_job(Unconfirmed(), 1), None, None)
    change(file, "INSERT INTO restored VALUES (?, ?)", value, value)
    async with opened_store(file) as store:
        assert store.last_restore() == (1, 7.0)
        assert await store.begin_attempt(a_job(Unconfirmed(), 2), None, None) == 2


async def test_one_unreadable_render_time_does_not_hide_the_others(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_database(file) as database:
        table = RenderTimeTable(database)
        times = [RenderTime(RenderKind("s", "sora2", 5, "standard"), float(n), n + 1.0, ()) for n in range(5)]
        for time in times:
            await table.add(time, 1.0)
    change(file, "UPDATE render_time SET marks = '{half' WHERE id = 2")
    change(file, "UPDATE render_time SET low = 'short' WHERE id = 3")
    async with opened_database(file) as database:
        assert RenderTimeTable(database).latest("s") == [times[0], *times[3:]]


async def test_the_rest_of_an_unreadable_usage_counts(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_database(file) as database:
        await UsageTable(database, "s").write(DayUsage("2026-11-24", 40, (1.0, 2.0), 20, 500))
    change(file, "UPDATE usage SET per_day = 'all', recent = '[1.0, null]'")
    async with opened_database(file) as database:
        assert UsageTable(database, "s").read("2026-11-24") == DayUsage("2026-11-24", 40, (), 20, None)
    change(file, "UPDATE usage SET count = 'few', recent = '[1.0, 2.0]'")
    async with opened_database(file) as database:
        table = UsageTable(database, "s")
        assert table.read("2026-11-24").count == 2
        await table.write(DayUsage("2026-11-24", 3))
        assert table.read("2026-11-24").count == 3


async def test_an_unreadable_exchange_is_kept_in_reports(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        await store.save_exchanges(
            JobId("a"), [Exchange(5.0, "GET", "/tasks/t", 200, "one"), Exchange(6.0, "GET", "/t", 200, "")]
        )
    change(file, "UPDATE exchange SET at = 'noon', status = x'00', answer = CAST(x'61ff' AS TEXT) WHERE at = 5.0")
    async with opened_store(file) as store:
        first, second = store.exchanges(JobId("a"))
        assert first == Exchange(0.0, "GET", "/tasks/t", None, "a?") and second.at == 6.0


async def test_a_row_that_cannot_be_read_survives_the_recovery_of_a_damaged_database(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    async with opened_store(file) as store:
        await store.add([a_job(Waiting(), 1), a_job(RENDERING, 2, id="bad")])
    change(file, "UPDATE job SET phase = 'polishing' WHERE id = 'bad'")
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as connection:
        for step in STEPS:
            connection.executescript(step)
        assert salvage(file, connection).jobs == 1
    assert raw_row(tmp_path / "new.db", "bad") == raw_row(file, "bad")
