"""FastVideo's real HTTP server, around a stand-in for the model: it delivers the same clip for every job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers.processes import free_port, installed, served

RELEASE = "0.2.1"
MODEL = "FastVideo/FastWan2.1-T2V-1.3B-Diffusers"
#: What its server needs; FastVideo itself wants torch and a GPU.
_NEEDS = ("fastapi==0.165.0", "uvicorn==0.54.0", "python-multipart", "orjson", "aiofiles", "httpx", "pyyaml")
#: Its modules that need torch are replaced, and its packages imported without what their `__init__` imports.
_SCRIPT = """
import json, pathlib, shutil, sys, time, types, unittest.mock
port, clip, root = int(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
for name in ("fastvideo", "fastvideo.entrypoints", "fastvideo.api"):
    package = sys.modules[name] = types.ModuleType(name)
    package.__path__ = [str(root / name.replace(".", "/"))]
for name in ("entrypoints.video_generator", "registry", "pipelines", "pipelines.basic", "pipelines.basic.ltx2",
             "pipelines.basic.ltx2.stage_overrides", "fastvideo_args", "utils", "logger", "api.sampling_param"):
    sys.modules["fastvideo." + name] = unittest.mock.MagicMock()
sys.modules["imageio"] = sys.modules["torch"] = unittest.mock.MagicMock()
import uvicorn
from fastvideo.entrypoints.openai import api_server

class Generator:
    @classmethod
    def from_fastvideo_args(cls, args): return cls()
    def shutdown(self): pass
    def generate_video(self, **wanted):
        print("RENDER", json.dumps(wanted), flush=True)
        time.sleep(0.3)
        if "fail" in wanted["prompt"]: raise RuntimeError("CUDA out of memory")
        shutil.copy(clip, wanted["output_path"])
        return {"generation_time": 0.3, "peak_memory_mb": 41234.5}

api_server.VideoGenerator = Generator
app = api_server.create_app(types.SimpleNamespace(model_path=sys.argv[4]), output_dir="outputs")
uvicorn.run(app, host="127.0.0.1", port=port)
"""


@dataclass(frozen=True, slots=True)
class FastVideoServer:
    """A server that runs."""

    url: str
    _log: Path

    @property
    def renders(self) -> list[dict[str, object]]:
        """What the model was asked for so far."""
        lines = self._log.read_text("utf-8", "replace").splitlines()
        return [json.loads(line.removeprefix("RENDER ")) for line in lines if line.startswith("RENDER ")]


def installed_fastvideo() -> Path:
    """The folder of an environment with its code and what its server needs. Raises what `installed` raises."""
    return installed(f"fastvideo-{RELEASE}", _NEEDS, [f"fastvideo=={RELEASE}"])


@contextmanager
def fastvideo_server(environment: Path, folder: Path, clip: Path) -> Iterator[FastVideoServer]:
    """Run the server, whose files are written to `folder`."""
    port, (code,) = free_port(), environment.glob("lib/python*/site-packages")
    python = str(environment / "bin" / "python")
    command = [python, "-c", _SCRIPT, str(port), str(clip), str(code), MODEL]
    with served(command, folder, port, "/health", {}) as log:
        yield FastVideoServer(f"http://127.0.0.1:{port}/v1", log)
