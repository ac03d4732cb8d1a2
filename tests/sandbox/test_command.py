"""The sandbox as a process: start, kill, restart, and options that cannot be used."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sandbox_in_process import send_request
from sandbox_server import ROOT, SandboxServer, sandbox
from waiting import wait_until

from sora_desktop.sandbox.command import main

TINY = ("--tiny", "--speed", "100")


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sora_desktop.sandbox", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def create(server: SandboxServer, prompt: str) -> str:
    reply = send_request(f"{server.base_url}/sora2/text-to-video", {"prompt": prompt}, key=server.key)
    return str(reply.data["task_id"])


def all_ended(server: SandboxServer) -> bool:
    return all(entry["status"] in ("completed", "failed") for entry in server.seen().creates)


def test_a_kill_loses_no_task_no_credits_and_no_file(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "state"), "--credits", "400", *TINY)
    with sandbox(*state) as server:
        first = create(server, "first")
        wait_until(lambda: all_ended(server))
        url = send_request(f"{server.base_url}/tasks/{first}").data["video_url"]
        clip = send_request(url, key=None).body
        second, error = create(server, "second"), create(server, "gore")
        server.process.kill()  # while it renders
        server.process.wait()
    with sandbox(*state) as again:
        wait_until(lambda: all_ended(again))
        seen = again.seen()
        assert [(one["task_id"], one["status"]) for one in seen.creates] == [
            (first, "completed"),
            (second, "completed"),
            (error, "failed"),
        ]
        assert seen.counts["create"] == 3 and seen.counts["file"] == 1
        assert send_request(f"{again.base_url}/credits").data == {"credits": 200}
        assert send_request(url.replace(server.origin, again.origin), key=None).body == clip, "old URLs stay valid"
        assert send_request(send_request(f"{again.base_url}/tasks/{second}").data["video_url"], key=None).status == 200


def test_top_up_raises_a_balance_that_is_too_low_and_never_lowers_one(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path), *TINY)
    balances = []
    top_up = "--top-up"
    for options in (("--credits", "100"), (), (top_up, "--credits", "300"), (top_up, "--credits", "900")):
        with sandbox(*state, *options) as server:
            balances.append(send_request(f"{server.base_url}/credits").data["credits"])
            if options == ("--credits", "100"):
                create(server, "the last one")
    assert balances == [100, 0, 300, 300]


def test_the_faults_of_a_script_are_injected() -> None:
    with sandbox(*TINY, script=[{"call": "credits", "fault": "503_html"}]) as server:
        assert [send_request(f"{server.base_url}/credits").status for _ in range(2)] == [503, 200]


def test_options_reach_the_service_state() -> None:
    with sandbox("--limits", "documented", "--free-looks", "--key", "sk_mine", "--credits", "7", *TINY) as server:
        assert server.key == "sk_mine"
        reply = send_request(f"{server.base_url}/credits", key="sk_mine")
        assert reply.data == {"credits": 7} and reply.headers["x-ratelimit-remaining"] == "19"
        send_request(f"{server.base_url}/tasks/task_none", key="sk_mine")
        assert send_request(f"{server.base_url}/credits", key="sk_mine").headers["x-ratelimit-remaining"] == "18"


def test_it_ends_when_standard_input_ends() -> None:
    with sandbox(*TINY, forked=False) as server:
        assert isinstance(server.process, subprocess.Popen) and server.process.stdin is not None
        server.process.stdin.close()
        assert server.process.wait(20) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_even_while_it_renders(number: signal.Signals) -> None:
    with sandbox(forked=False) as server:
        create(server, "a clip that takes a while")
        assert isinstance(server.process, subprocess.Popen)
        server.process.send_signal(number)
        assert server.process.wait(20) == 0


def test_a_port_in_use_is_reported_in_one_line() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run("--port", str(taken.getsockname()[1]))
    assert ended.returncode == 2 and ended.stdout == ""
    assert "cannot be used" in ended.stderr and "--port" in ended.stderr and ended.stderr.count("\n") == 1


def test_bad_options_are_reported_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "faults.json"
    script.write_text(json.dumps([{"call": "look", "fault": "no_range"}]))
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "world.jsonl").write_text("garbage\n")
    for options, message in (
        (("--speed", "nan"), "above 0"),
        (("--script", str(script)), "faults.json"),
        (("--script", str(tmp_path / "none.json")), "none.json"),
        (("--state", str(broken)), str(broken)),
        (("--state", str(script)), str(script)),
        (("--port", "99999"), "99999"),
        (("--replicas", "0"), "--replicas"),
        (("--warm-up", "-1"), "--warm-up"),
    ):
        assert main(["--with-parent", *options]) == 2, "otherwise it serves until standard input ends"
        output, errors = capfd.readouterr()
        assert output == "" and message in errors and errors.count("\n") == 1, errors
        assert "Errno" not in errors
    ended = run("--prot", "8000")
    assert ended.returncode == 2 and ended.stderr.count("\n") == 2, "the usage and the message"


def test_help_lists_faults_and_refused_words() -> None:
    ended = run("--help")
    assert ended.returncode == 0
    for word in (
        "stuck_99",
        "429_bare",
        "celebrity",
        "--free-looks",
        "--tiny",
        "/sandbox/seen",
        "500 a day",
        "frames_rendered",
        "vLLM-Omni",
    ):
        assert word in ended.stdout


def test_both_dialects_are_at_one_port_and_each_replica_at_its_own() -> None:
    with sandbox("--replicas", "3", "--like", "sglang", *TINY) as server:
        assert len(set(server.engine_urls)) == 3 and server.engine_urls[0] == f"{server.origin}/v1"
        assert send_request(f"{server.base_url}/credits").status == 200
        job = send_request(f"{server.engine_urls[1]}/videos", {"prompt": "p"}, key=None).json_body["id"]
        statuses = [send_request(f"{url}/videos/{job}", key=None).status for url in server.engine_urls]
        assert statuses == [404, 200, 404], "replicas know nothing of each other"
        wait_until(lambda: server.seen().engines["creates"][0]["status"] == "completed")
        assert server.seen().engines["creates"][0]["rendering"] == "finished"


def test_one_address_may_send_each_request_to_any_replica() -> None:
    with sandbox("--dialect", "openai", "--replicas", "2", "--round-robin", "--like", "fastvideo", *TINY) as server:
        (url,) = server.engine_urls
        assert server.base_url == url
        job = send_request(f"{url}/videos", {"prompt": "p"}, key=None).json_body["id"]
        assert {send_request(f"{url}/videos/{job}", key=None).status for _ in range(30)} == {200, 404}
        assert send_request(f"{server.origin}/api/v1/credits").status == 404


def test_the_faults_of_a_script_reach_the_engines() -> None:
    with sandbox("--dialect", "openai", *TINY, script=[{"call": "videos.list", "fault": "503_json"}]) as server:
        statuses = [send_request(f"{server.engine_urls[0]}/videos").status for _ in range(2)]
        assert statuses == [503, 200]


def test_engines_may_need_no_key_and_time_to_start() -> None:
    with sandbox("--dialect", "openai", "--no-key", "--warm-up", "600", *TINY) as server:
        health = f"{server.origin}/health"
        assert send_request(health, key=None).status == 503
        assert send_request(f"{server.origin}/sandbox/restart", {"warm_up": 0}, key=None).status == 200
        assert send_request(health, key=None).status == 200
        assert send_request(f"{server.engine_urls[0]}/models", key=None).status == 200
        assert send_request(f"{server.engine_urls[0]}/characters", key=None).json_body == {"detail": "Not Found"}


def test_engines_forget_their_jobs_and_leave_no_files_when_the_sandbox_starts_again(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path), "--like", "sglang", *TINY)
    with sandbox(*state) as server:
        send_request(f"{server.engine_urls[0]}/videos", {"prompt": "p", "num_frames": 17}, key=None)
        wait_until(lambda: server.seen().engines["creates"][0]["status"] == "completed")
        assert list((tmp_path / "engines").iterdir())
    with sandbox(*state) as again:
        assert send_request(f"{again.engine_urls[0]}/videos", key=None).json_body["data"] == []
        assert list((tmp_path / "engines").iterdir()) == []
