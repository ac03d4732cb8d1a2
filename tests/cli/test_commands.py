"""Bad input ends with one clear message and status 2, before anything is created, stored or sent."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from builders import a_clip, a_job
from command_line import run
from store.opened_store import opened_store

from sora_desktop.cli import commands, program
from sora_desktop.cli.own_engine import run_until_idle
from sora_desktop.cli.progress import OPEN, JobProgress
from sora_desktop.domain.job import Abandoned, Failed, Phase, Ready, RemoteId, Removed, Trashed
from sora_desktop.domain.marks import Flag
from sora_desktop.store import disk
from sora_desktop.store.database.schema import STEPS

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SORA_") and name != "SORA_DESKTOP_STATE"]:
        monkeypatch.delenv(name)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The message with which the command is refused; nothing else may be printed."""
    assert run([str(each) for each in arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("sora-desktop: ") and printed.err.count("\n") == 1, printed.err
    return printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", ""], "Describe the video first"),
        (["generate", " \n"], "Describe the video first"),
        (["generate", "\u200b\u2800\u3164\ufeff"], "Describe the video first"),
        (["generate", "x" * 2001], "1 character too long"),
        (["generate", "ok", "--negative-prompt", "x" * 2100], "100 characters too long"),
        (["generate", "\udcff"], "not valid UTF-8"),
        (["generate"], "Missing argument 'PROMPT'"),
        (["generate", "a", "paper", "boat"], "Put the prompt between quotation marks. See `"),
        (["generate", "ok", "--takes", "0"], "--takes"),
        (["generate", "ok", "--duration", "7"], "'5', '10', '15'"),
        (["generate", "ok", "--image", ""], "the path is empty"),
        (["generate", "ok", "--data", ""], "the path is empty"),
        (["generate", "ok", "--model", "sora3"], "sora2-pro"),
        (["generate", "ok", "--seed", "7"], "Sora 2 takes no seed"),
        (["generate", "ok", "--seed", "-1", "--sandbox"], "between 0 and 2147483647"),
        (["generate", "ok", "--image", "/none/boat.png"], "“boat.png” cannot be found"),
        (["nonsense"], "No such command"),
        (["qeueu"], "No such command 'qeueu'. Did you mean 'queue'? See `"),
        (["generate", "ok", "--aspct-ratio", "1:1"], "'--duration'?) See `"),
        (["--nonsense"], "No such option"),
    ],
)
def test_invalid_arguments(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in refused(capsys, *arguments)


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\0" * ((width + 7) // 8)) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello, world", "holds text, not an image"),
        (b"", "is empty"),
        (png(20_000, 20), "20,000 × 20 pixels"),
        (png(300, 300)[:60], "image.png"),
        (None, "is a folder"),
    ],
    ids=["text", "nothing", "too wide", "cut", "folder"],
)
def test_invalid_images(
    content: bytes | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, data = tmp_path / "image.png", tmp_path / "data"
    image.mkdir() if content is None else image.write_bytes(content)
    assert message in refused(capsys, "generate", "ok", "--image", image, "--sandbox", "--json", "--data", data)
    assert list((data / "images").iterdir()) == []
    assert not (data / "library.db").exists()


def test_without_a_key_nothing_is_queued(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "SORA_API_KEY" in refused(capsys, "generate", "ok", "--data", tmp_path)
    assert run(["list", "--json", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("url", ["http://example.com/api", "ftp://example.com", "nonsense", "https://"])
def test_a_base_url_that_must_not_receive_the_key(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORA_BASE_URL", url)
    monkeypatch.setenv("SORA_API_KEY", "sk_secret")
    assert "https://" in refused(capsys, "generate", "ok", "--data", tmp_path)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "nonsense://x"])
def test_a_proxy_that_can_never_be_used_is_refused_before_anything_is_queued(
    proxy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORA_BASE_URL", "https://api.example.com/v1")
    monkeypatch.setenv("SORA_API_KEY", "sk_secret")
    monkeypatch.setenv("https_proxy", proxy)
    assert f"The proxy in https_proxy ({proxy}) cannot be used" in refused(capsys, "generate", "ok", "--data", tmp_path)
    assert run(["list", "--json", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


def test_folders_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "--data" in refused(capsys, "generate", "ok", "--sandbox", "--data", file)
    (tmp_path / "loop").symlink_to("loop")
    for name, reason in (("file", "it is not a folder"), ("loop", f"{tmp_path / 'loop'} is a link that leads nowhere")):
        monkeypatch.setenv("SORA_DESKTOP_DATA", str(tmp_path / name))
        assert f"cannot be used ({reason})" in refused(capsys, "generate", "ok", "--sandbox")
        assert f"cannot be read ({reason})" in refused(capsys, "list")
    assert "--out" in refused(capsys, "generate", "ok", "--sandbox", "--data", tmp_path / "d", "--out", file / "out")
    monkeypatch.setenv("SORA_DESKTOP_DATA", str(file / "data"))
    assert f"cannot be used ({file} is not a folder)" in refused(capsys, "generate", "ok", "--sandbox")
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "clips").touch()
    assert "library folder" in refused(capsys, "generate", "ok", "--sandbox", "--data", tmp_path / "e")
    assert "File name too long" in refused(capsys, "list", "--data", tmp_path / ("a" * 300))


@pytest.mark.skipif(sys.platform == "win32", reason="no folder in use can be removed there")
def test_a_copy_is_refused_where_its_folder_cannot_be_found_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ("--sandbox", "--data", tmp_path / "data")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert "there is no user ~nobody-x" in refused(capsys, "generate", "ok", *data, "--out", "~nobody-x/clips")
    (tmp_path / "home").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert f"copied to {tmp_path}/home/clips (" in refused(capsys, "generate", "ok", *data, "--out=~/clips")
    assert list((tmp_path / "here").iterdir()) == []
    (tmp_path / "here").rmdir()
    assert "copied to clips (No such file" in refused(capsys, "generate", "ok", *data, "--out", "clips")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are Unicode there")
def test_names_that_are_not_unicode_are_refused_before_anything_is_bought(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "Videos \udcff"
    bad.mkdir()
    (bad / "i.png").write_bytes(png(300, 300))
    (tmp_path / "\udcff.png").write_bytes(png(300, 300))
    data = ("--sandbox", "--data", tmp_path / "data")
    assert "The data folder" in refused(capsys, "generate", "ok", "--sandbox", "--data", bad)
    assert r"Videos \xff/data cannot be used" in refused(capsys, "resume", "--data", bad / "data")
    assert r"“Videos \xff” is not valid" in refused(capsys, "generate", "ok", *data, "--out", bad)
    assert r"folder “Videos \xff” is not" in refused(capsys, "generate", "ok", *data, "--image", bad / "i.png")
    assert r"file “\xff.png” is not" in refused(capsys, "generate", "ok", *data, "--image", tmp_path / "\udcff.png")
    monkeypatch.chdir(bad)
    assert "cannot be used" in refused(capsys, "generate", "ok", "--sandbox", "--data", "data")
    assert not (tmp_path / "data" / "library.db").exists() and len(list(bad.iterdir())) == 1


def test_a_full_disk_is_reported_before_anything_is_bought(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 3 << 20)
    assert "Only 3 MB" in refused(capsys, "generate", "ok", "--sandbox", "--data", tmp_path)


@pytest.mark.parametrize("command", [["generate", "ok", "--sandbox"], ["list", "--json"], ["resume"]])
def test_a_database_of_a_newer_version_is_not_changed(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "library.db"
    connection = sqlite3.connect(database)
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()
    before = database.read_bytes()
    assert "newer version" in refused(capsys, *command, "--data", tmp_path)
    assert database.read_bytes() == before


def test_a_data_folder_of_an_older_version_is_migrated_and_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = sqlite3.connect(tmp_path / "library.db")
    connection.executescript(f"{STEPS[0]}; PRAGMA user_version = 1")
    connection.close()
    assert run(["list", "--json", "--data", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert run(["list", "--data", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "sora-desktop: No videos yet.\n")
    assert run(["list", "--trash", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "sora-desktop: The Trash is empty.\n"


def test_a_missing_data_folder_lists_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--data", str(tmp_path / "none")]) == 0
    printed = capsys.readouterr()
    assert printed.out == "" and f"There is no library in {tmp_path / 'none'} yet." in printed.err
    for command in ("list", "resume"):
        assert run([command, "--json", "--data", str(tmp_path / "new")]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert run(["resume", "--data", str(tmp_path / "new")]) == 0
    assert "Nothing to resume" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "generate", "resume", "list", "queue"])
def test_every_command_has_a_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert "Usage: sora-desktop" in text and "--data" in text
    if not command:
        assert all(name in text for name in ("generate", "list", "resume", "queue", "sandbox", "--sandbox"))


def test_the_help_names_each_phase_that_json_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--help"]) == 0
    first_words = {line.split()[0].strip('"') for line in capsys.readouterr().out.splitlines() if line.strip()}
    shown = {each for each in get_args(Phase) if each is not Removed}
    assert first_words >= {"unwatched" if each is Abandoned else each.__name__.lower() for each in shown}


@pytest.mark.parametrize("start", [["main.py"], ["-m", "sora_desktop"]])
def test_both_ways_to_start_run_the_same_program(start: list[str]) -> None:
    done = subprocess.run([sys.executable, *start, "--version"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()[0].isdigit()


def test_missing_packages_are_reported_with_the_setup_command() -> None:
    done = subprocess.run([sys.executable, "-S", "main.py"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "packaging/bootstrap.py run" in done.stderr and "Traceback" not in done.stderr


def test_a_disk_error_ends_as_unfinished_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(program, "interruptible", fails)
    monkeypatch.setattr(commands, "resume", lambda *_, **__: None)
    assert run(["resume", "--data", str(tmp_path)]) == 3
    assert "No space left" in capsys.readouterr().err


def test_jobs_in_the_trash_are_listed_only_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = Path("/clips/kite.mp4")
    jobs = [
        a_job(Failed("No."), 1),
        a_job(Trashed(Ready(a_clip(file)), 1.0), 2, flag=Flag.PICKED),
        a_job(Trashed(Failed("Refused.", remote_id=RemoteId("task_1")), 1.0), 3),
        a_job(Removed(), 4),
    ]

    async def save() -> None:
        async with opened_store(tmp_path / "library.db") as store:
            await store.add(jobs)

    asyncio.run(save())
    assert run(["list", "--json", "--data", str(tmp_path)]) == 0
    assert [json.loads(line)["job"] for line in capsys.readouterr().out.splitlines()] == ["job1"]
    assert run(["list", "--trash", "--json", "--data", str(tmp_path)]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {
            "job": "job3",
            "phase": "trashed",
            "service": "",
            "remote_id": "task_1",
            "before": "failed",
            "reason": "Refused.",
        },
        {"job": "job2", "phase": "trashed", "service": "", "before": "ready", "file": str(file), "flag": "picked"},
    ]
    assert run(["list", "--trash", "--data", str(tmp_path)]) == 0
    failed, ready = capsys.readouterr().out.splitlines()
    assert "in the Trash, failed" in failed and "in the Trash, ready" in ready and str(file) in ready


def test_a_refund_that_could_not_be_looked_for_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    async def until_idle() -> None:
        return None

    def runner(doubt: str) -> Any:
        return SimpleNamespace(until_idle=until_idle, refund_doubt=doubt, queue_state=OPEN)

    progress = JobProgress(as_json=True)
    asyncio.run(run_until_idle({"Sora": runner("")}, progress))
    assert not capsys.readouterr().err
    asyncio.run(run_until_idle({"Sora": runner("Not read."), "Studio": runner("")}, progress))
    assert capsys.readouterr().err == "sora-desktop: Sora: Not read.\n"
