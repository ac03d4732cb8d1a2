"""A plain client of the engines in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox_in_process import InProcessSandbox, Reply, send_request
from waiting import wait_until

_BOUNDARY = "engine-client"


def form(fields: Mapping[str, object], image: bytes | None = None) -> tuple[bytes, dict[str, str]]:
    """A multipart body and its header. `image`: a file in the field input_reference."""
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if image is not None:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="input_reference"; filename="a.png"\r\n\r\n'
        parts.append(head.encode() + image + b"\r\n")
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode(), {
        "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"
    }


@dataclass(frozen=True)
class EngineClient:
    """Sends requests to one address of the engines."""

    service: InProcessSandbox
    address: int = 0
    headers: Mapping[str, str] | None = None

    def call(self, path: str, **how: Any) -> Reply:
        """A request below /v1."""
        how.setdefault("headers", self.headers)
        return send_request(f"{self.service.origins[self.address]}/v1/{path}", **how)

    def post(self, image: bytes | None = None, **fields: object) -> Reply:
        """A create as a form. It names a model if the server needs one."""
        defaults = {"prompt": "A cat", "size": "1280x720", "seconds": "4"}
        if "fps" in self.service.fleet.profile.fields:
            defaults["fps"] = "16"
        body, headers = form({**defaults, **fields}, image)
        return self.call("videos", body=body, headers={**headers, **(self.headers or {})})

    def create(self, **fields: Any) -> str:
        """The id of a new job."""
        reply = self.post(**fields)
        assert reply.status in (200, 202), reply.body
        id = reply.json_body["id"]
        assert isinstance(id, str)
        return id

    def get(self, id: str) -> Reply:
        """A poll."""
        return self.call(f"videos/{id}")

    def end(self, id: str) -> Reply:
        """Let time pass until the job has ended, and return the poll that says so."""

        def ended() -> bool:
            self.service.clock.time += 60
            return self.get(id).json_body["status"] in ("completed", "failed")

        wait_until(ended)
        return self.get(id)
