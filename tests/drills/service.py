"""The sandbox of one drill, inside the test's process, fast and on the real clock."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from program import environment
from sandbox_in_process import InProcessSandbox, in_process_sandbox
from sandbox_server import Create
from waiting import wait_until

from sora_desktop.sandbox.service_state import SandboxOptions

#: A clip of 5 s takes a quarter of a second to render.
SPEED = 40.0


@dataclass(frozen=True, slots=True)
class Service:
    """The running sandbox, as a drill uses it."""

    inner: InProcessSandbox
    state_folder: Path  # of the programs that use it: other libraries there may have the same account

    @property
    def base_url(self) -> str:
        """The base URL that a program is given."""
        return f"{self.inner.origin}/api/v1"

    @property
    def environ(self) -> dict[str, str]:
        """A program's environment with the service's address and key."""
        return environment(
            SORA_BASE_URL=self.base_url,
            SORA_API_KEY=self.inner.state.options.key,
            SORA_DESKTOP_STATE=str(self.state_folder),
        )

    def plan(self, *faults: dict[str, object]) -> None:
        """Plays these faults on the next matching calls."""
        self.inner.faults.plan(list(faults))

    def held_answers_to(self, call: str) -> AbstractContextManager[None]:
        """Within the block, the service handles requests of this call, and charges for them, but answers none."""
        return self.inner.held_answers.to(call)

    @property
    def calls(self) -> dict[str, int]:
        """The number of requests received, by call."""
        return dict(self.inner.state.call_counts)

    @property
    def creates(self) -> list[Create]:
        """The accepted creates, in their present state."""
        self.inner.state.advance()
        return [
            Create(
                prompt=task.body.prompt,
                task_id=task.id,
                model=task.body.model,
                status=task.status,
                charged=task.price,
                refunded=task.price if task.refunded else 0,
            )
            for task in list(self.inner.state.tasks.values())
        ]

    def use_account(self, key: str, credits: int) -> None:
        """From now on accepts that key alone, of an account with these credits and without tasks.

        No task may be rendered at that moment.
        """
        state = self.inner.state
        state.options = replace(state.options, key=key)
        state.credits, state.tasks = credits, {}

    def finish(self) -> None:
        """Returns when every task has ended."""
        wait_until(lambda: all(create["status"] in ("completed", "failed") for create in self.creates))


@contextmanager
def running_service(
    folder: Path, *faults: dict[str, object], speed: float = SPEED, key: str = "sk_sandbox", credits: int = 100_000
) -> Iterator[Service]:
    """Serves while the block runs."""
    with in_process_sandbox(folder, SandboxOptions(key=key, tiny=True, speed=speed), credits) as inner:
        inner.state.now = time.time
        inner.faults.plan(list(faults))
        yield Service(inner, folder / "program state")


def prompts(number: int, word: str = "kite") -> Sequence[str]:
    """That many different prompts."""
    return [f"{word} {index}" for index in range(number)]
