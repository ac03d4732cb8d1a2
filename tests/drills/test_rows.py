"""One row of the database cannot be read: it is kept and never sent, and everything else works."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from drills.program_runs import ProgramRunner, post_requests
from drills.service import prompts, running_service

#: What is wrong with the row; each of a job that waits, or that was sent and not finished.
WRONG = (
    "phase = 'polishing'",
    "request = json_set(request, '$.duration', 20.5)",
    "details = 'null'",
    "created_at = 1e300",
    "service = CAST(x'61ff' AS TEXT)",
    "on_hold = 9e999",
)


def _execute(data: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "library.db")) as connection:
        connection.text_factory = bytes
        rows = connection.execute(sql, values).fetchall()
        connection.commit()
    return rows


@pytest.mark.parametrize("is_sent", [False, True], ids=["waiting", "sent"])
def test_a_row_that_cannot_be_read(runner: ProgramRunner, tmp_path: Path, is_sent: bool, long: bool) -> None:
    with running_service(tmp_path / "service") as service:
        for number, wrong in enumerate(WRONG if long else WRONG[: 2 + is_sent]):
            data = tmp_path / str(number)
            (bad,) = post_requests(data, service.base_url, [f"kite {is_sent} {number}"])
            if is_sent:
                with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
                    run.until("rendering")
            else:
                runner.run("queue", "pause", "--json", "--data", data, environ=service.environ)
            before = len(service.creates)
            _execute(data, f"UPDATE job SET {wrong} WHERE id = ?", bad)
            row = _execute(data, "SELECT * FROM job WHERE id = ?", bad)
            post_requests(data, service.base_url, prompts(2, f"other {is_sent} {number}"))
            runner.run("queue", "resume", "--json", "--data", data, environ=service.environ)
            for command, status in ((["resume"], 3), (["generate", "new"], 0), (["list"], 0), (["queue"], 0)):
                result = runner.run(*command, "--json", "--data", data, environ=service.environ)
                assert result.status == status, (wrong, command, result)
                assert bad in result.errors and "set aside" in result.errors, (wrong, command, result)
                assert bad not in [event.get("job") for event in result.events], (wrong, command)
            assert len(service.creates) == before + 3, wrong
            assert _execute(data, "SELECT * FROM job WHERE id = ?", bad) == row, "the row was changed"
            assert not list(data.glob("*damaged*"))


def test_values_that_cannot_be_read_in_the_other_tables(runner: ProgramRunner, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service") as service:
        environ = service.environ | {"SORA_DESKTOP_STATE": str(tmp_path / "state")}
        post_requests(data, service.base_url, ["a kite"])
        assert runner.run("resume", "--json", "--data", data, environ=environ).status == 0
        _execute(data, "INSERT INTO restored VALUES ('x', 9e999)")
        _execute(data, "UPDATE data_folder SET id = char(0)")
        _execute(data, "UPDATE attempt SET price = '1e999'")
        _execute(
            data,
            "INSERT OR REPLACE INTO learned_price SELECT service, 'sora2', 0, 5, 'standard', '1e999', 2e9 FROM job",
        )
        _execute(data, "UPDATE known_balance SET amount = '1e999', attempt = 9e999")
        for mark in (tmp_path / "state").rglob("*.json"):
            mark.write_text(f'{{"folder": "{data}", "attempt": 1e999}}')
        for number in (2, 3):
            result = runner.run("generate", f"a boat {number}", "--json", "--data", data, environ=environ)
            assert result.status == 0 and "1 entry in the ledger cannot be read" in result.errors, result
            assert len(service.creates) == number
        assert not list(data.glob("*damaged*"))
