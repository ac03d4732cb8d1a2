"""The sandbox of one drill, inside the test's process, fast and on the real clock."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from program import environment
from sandbox_in_process import InProcessSandbox, in_process_sandbox, wait_until
from sandbox_server import Create

from sora_desktop.sandbox.service_state import SandboxOptions

#: A clip of 5 s takes a quarter of a second.
SPEED = 40.0


@dataclass(frozen=True, slots=True)
class Service:
    """What a drill asks of it."""

    there: InProcessSandbox

    @property
    def base_url(self) -> str:
        """Where the program finds it."""
        return f"{self.there.origin}/api/v1"

    @property
    def environ(self) -> dict[str, str]:
        """A program's environment with its address and key."""
        return environment(SORA_BASE_URL=self.base_url, SORA_API_KEY=self.there.state.options.key)

    def plan(self, *faults: dict[str, object]) -> None:
        """Harm what comes."""
        self.there.faults.plan(list(faults))

    @property
    def calls(self) -> dict[str, int]:
        """Requests that came, by call."""
        return dict(self.there.state.call_counts)

    @property
    def creates(self) -> list[Create]:
        """What was accepted, as it stands now."""
        self.there.state.advance()
        return [
            Create(
                prompt=task.body.prompt,
                task_id=task.id,
                model=task.body.model,
                status=task.status,
                charged=task.price,
                refunded=task.price if task.status == "failed" else 0,
            )
            for task in list(self.there.state.tasks.values())
        ]

    def finish(self) -> None:
        """Return when every task has ended."""
        wait_until(lambda: all(create["status"] in ("completed", "failed") for create in self.creates))


@contextmanager
def service(
    folder: Path, *faults: dict[str, object], speed: float = SPEED, key: str = "sk_sandbox", credits: int = 100_000
) -> Iterator[Service]:
    """Serve for as long as the block lasts."""
    with in_process_sandbox(folder, SandboxOptions(key=key, tiny=True, speed=speed), credits) as there:
        there.state.now = time.time
        there.faults.plan(list(faults))
        yield Service(there)


def prompts(number: int, word: str = "kite") -> Sequence[str]:
    """So many different ones."""
    return [f"{word} {index}" for index in range(number)]
