"""LiteLLM's real proxy, between this program and a sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from peers.processes import free_port, installed, served

#: The newest release that could be installed with its extra `proxy` in November 2026.
RELEASE = "1.105.0"

#: The key that the proxy demands of its clients, and the one that it sends to the engine.
MASTER_KEY, ENGINE_KEY = "sk-master", "sk_sandbox"


def installed_litellm() -> Path:
    """The program `litellm`: 740 MB, about two minutes at the first call. Raises what `installed` raises."""
    return installed(f"litellm-{RELEASE}", [f"litellm[proxy]=={RELEASE}"]) / "bin" / "litellm"


@contextmanager
def litellm_proxy(program: Path, folder: Path, models: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Run the proxy. Yields its base URL, such as `http://127.0.0.1:4711/v1`.

    `models`: the parameters of each model by its alias, as LiteLLM calls them. Its files are written to `folder`.
    """
    port = free_port()
    config = folder / "litellm.yaml"
    content = {
        "model_list": [{"model_name": alias, "litellm_params": dict(given)} for alias, given in models.items()],
        "general_settings": {"master_key": MASTER_KEY},
        "litellm_settings": {"telemetry": False},
    }
    config.write_text(json.dumps(content), "utf-8")  # JSON is YAML
    command = [str(program), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    # the model prices would be fetched from GitHub
    with served(command, folder, port, "/health/liveliness", {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}):
        yield f"http://127.0.0.1:{port}/v1"
