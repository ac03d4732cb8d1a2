"""LiteLLM's real proxy: installs it once, outside this folder, and runs it between this program and a sandbox."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import appdirs
from filelock import FileLock
from waiting import wait_until

#: The newest release that could be installed with its extra `proxy` in November 2026.
RELEASE = "1.105.0"

#: The key that the proxy demands of its clients, and the one that it sends to the engine.
MASTER_KEY, ENGINE_KEY = "sk-master", "sk_sandbox"

#: Seconds until the proxy must answer: several times what it takes on two busy cores.
START_PATIENCE = 180.0


class PeerMissing(Exception):
    """The program cannot be had here. The message says why."""


def installed_litellm() -> Path:
    """The program `litellm`. The first call downloads and installs it: 740 MB, about two minutes.

    It is kept in the user's cache, or in the folder that SORA_DESKTOP_PEERS names. Raises PeerMissing if PyPI cannot be
    reached, AssertionError if PyPI is there and the installation fails all the same.
    """
    folder = Path(os.environ.get("SORA_DESKTOP_PEERS") or Path(appdirs.user_cache_dir("sora-desktop")) / "peers")
    environment = folder / f"litellm-{RELEASE}-python{sys.version_info[0]}.{sys.version_info[1]}"
    program, complete = environment / "bin" / "litellm", environment / "complete"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{environment}.lock"):
        if not complete.exists():
            _make_environment(environment)
            complete.touch()
    return program


def _make_environment(environment: Path) -> None:
    made = _ran(sys.executable, "-m", "venv", "--clear", str(environment))
    assert made.returncode == 0, made.stderr
    pip = (str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input")
    named = _ran(*pip, "index", "versions", "litellm", "--timeout", "20", "--retries", "1")
    if named.returncode:
        raise PeerMissing(f"LiteLLM cannot be installed, since PyPI cannot be reached: {_last_line(named.stderr)}")
    installed = _ran(*pip, "install", "--quiet", "--timeout", "60", f"litellm[proxy]=={RELEASE}")
    assert installed.returncode == 0, f"litellm[proxy]=={RELEASE} could not be installed:\n{installed.stderr}"


def _ran(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["pip gave no reason"])[-1]


@contextmanager
def litellm_proxy(program: Path, folder: Path, models: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Run the proxy. Yields its base URL, such as `http://127.0.0.1:4711/v1`.

    `models`: the parameters of each model by its alias, as LiteLLM calls them. Its files are written to `folder`.
    """
    port = _free_port()
    config = folder / "litellm.yaml"
    content = {
        "model_list": [{"model_name": alias, "litellm_params": dict(given)} for alias, given in models.items()],
        "general_settings": {"master_key": MASTER_KEY},
        "litellm_settings": {"telemetry": False},
    }
    config.write_text(json.dumps(content), "utf-8")  # JSON is YAML
    # the model prices would be fetched from GitHub
    environ = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "127.0.0.1", "HOME": str(folder)}
    environ.pop("PYTHONPATH", None)  # this program's own packages
    log = folder / "litellm.log"
    command = [str(program), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_until(lambda: process.poll() is not None or _is_alive(port), START_PATIENCE)
            assert process.poll() is None, f"the proxy ended: {log.read_text('utf-8', 'replace')[-2000:]}"
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_alive(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError), opener.open(f"http://127.0.0.1:{port}/health/liveliness", timeout=5):
        return True
    return False


def _free_port() -> int:
    """A port that is free now. The proxy cannot choose one by itself and say which."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
