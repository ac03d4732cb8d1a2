"""The sandbox as a process: started, killed, started again, and told nonsense."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sandbox_inside import ask, wait_until
from sandbox_server import ROOT, Address, sandbox

TINY = ("--tiny", "--speed", "100")


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sora_desktop.sandbox", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def create(there: Address, prompt: str) -> str:
    reply = ask(f"{there.base_url}/sora2/text-to-video", {"prompt": prompt}, key=there.key)
    return str(reply.data["task_id"])


def all_ended(there: Address) -> bool:
    return all(entry["status"] in ("completed", "failed") for entry in there.seen().creates)


def test_a_kill_loses_no_task_no_credit_and_no_file(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"), "--credits", "400", *TINY)
    with sandbox(*state) as there:
        first = create(there, "first")
        wait_until(lambda: all_ended(there))
        url = ask(f"{there.base_url}/tasks/{first}").data["video_url"]
        clip = ask(url, key=None).body
        second, refused = create(there, "second"), create(there, "gore")
        there.process.kill()  # while it renders
        there.process.wait()
    with sandbox(*state) as again:
        wait_until(lambda: all_ended(again))
        seen = again.seen()
        assert [(one["task_id"], one["status"]) for one in seen.creates] == [
            (first, "completed"),
            (second, "completed"),
            (refused, "failed"),
        ]
        assert seen.counts["create"] == 3 and seen.counts["file"] == 1
        assert ask(f"{again.base_url}/credits").data == {"credits": 200}
        assert ask(url.replace(there.origin, again.origin), key=None).body == clip, "old addresses stay good"
        assert ask(ask(f"{again.base_url}/tasks/{second}").data["video_url"], key=None).status == 200


def test_a_start_with_a_top_up_fills_an_empty_purse_and_takes_nothing_from_a_full_one(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path), *TINY)
    balances = []
    top_up = "--top-up"
    for options in (("--credits", "100"), (), (top_up, "--credits", "300"), (top_up, "--credits", "900")):
        with sandbox(*state, *options) as there:
            balances.append(ask(f"{there.base_url}/credits").data["credits"])
            if options == ("--credits", "100"):
                create(there, "the last one")
    assert balances == [100, 0, 300, 300]


def test_a_script_of_faults_is_followed() -> None:
    with sandbox(*TINY, script=[{"call": "credits", "fault": "503_html"}]) as there:
        assert [ask(f"{there.base_url}/credits").status for _ in range(2)] == [503, 200]


def test_options_reach_the_world() -> None:
    with sandbox("--limits", "documented", "--free-looks", "--key", "sk_mine", "--credits", "7", *TINY) as there:
        assert there.key == "sk_mine"
        reply = ask(f"{there.base_url}/credits", key="sk_mine")
        assert reply.data == {"credits": 7} and reply.headers["x-ratelimit-remaining"] == "19"
        ask(f"{there.base_url}/tasks/task_none", key="sk_mine")
        assert ask(f"{there.base_url}/credits", key="sk_mine").headers["x-ratelimit-remaining"] == "18"


def test_it_ends_with_its_parent() -> None:
    with sandbox(*TINY) as there:
        assert there.process.stdin is not None
        there.process.stdin.close()
        assert there.process.wait(20) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_an_ordinary_end_also_while_it_renders(number: signal.Signals) -> None:
    with sandbox() as there:
        create(there, "a clip that takes a while")
        there.process.send_signal(number)
        assert there.process.wait(20) == 0


def test_a_port_in_use_is_said_in_one_sentence() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run("--port", str(taken.getsockname()[1]))
    assert ended.returncode == 2 and ended.stdout == ""
    assert "cannot be used" in ended.stderr and ended.stderr.count("\n") == 1


def test_bad_options_are_said_in_one_sentence(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text(json.dumps([{"call": "look", "fault": "no_range"}]))
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "world.jsonl").write_text("garbage\n")
    for options, said in (
        (("--speed", "0"), "above 0"),
        (("--script", str(script)), "faults.json"),
        (("--script", str(tmp_path / "none.json")), "none.json"),
        (("--state", str(broken)), str(broken)),
        (("--state", str(script)), str(script)),
        (("--port", "99999"), "99999"),
    ):
        ended = run(*options)
        assert ended.returncode == 2 and ended.stdout == ""
        assert said in ended.stderr and ended.stderr.count("\n") == 1, ended.stderr


def test_help_tells_the_faults_and_the_refused_words() -> None:
    ended = run("--help")
    assert ended.returncode == 0
    for word in ("stuck_99", "429_bare", "celebrity", "--free-looks", "--tiny", "/sandbox/seen", "500 a day"):
        assert word in ended.stdout
