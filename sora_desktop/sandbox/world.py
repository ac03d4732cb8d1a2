"""The service's world without HTTP: accounts, tasks, credits and limits, on a clock that tests may set."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from sora_desktop.sandbox.memory import Memory, Record
from sora_desktop.sandbox.orders import Order, refused_word
from sora_desktop.sandbox.refusal import Refusal

PRICES = {"sora2": 100, "sora2-pro": 200}
CALLS = ("create", "look", "upload", "credits", "file", "thumbnail")
UNFINISHED = ("pending", "processing")
_MINUTE_LIMIT, _DAY_LIMIT, _TASK_LIMIT = 20, 500, 3
_NO_LIMIT = 100_000


@dataclass(frozen=True)
class Rules:
    """How this sandbox behaves; fixed for its life."""

    key: str = "sk_sandbox"
    speed: float = 1.0
    documented_limits: bool = False
    free_polls: bool = False
    url_lifetime: float = 3600.0
    seed: int = 0
    tiny: bool = False


@dataclass
class Task:
    """One create that was accepted. `reason` is what a failed one tells, field by field."""

    id: str
    number: int
    order: Order
    price: int
    created_at: float
    status: str = "pending"
    completed_at: float | None = None
    rendered_at: float | None = None
    reason: dict[str, object] = field(default_factory=dict)


class World:
    """Everything the service remembers. Each change is in `memory`, where there is one, before it is told."""

    def __init__(
        self, rules: Rules, now: Callable[[], float], credits: int = 2000, memory: Memory | None = None
    ) -> None:
        self.rules, self.now, self.credits = rules, now, credits
        self._memory = memory
        self.tasks: dict[str, Task] = {}
        self._unfinished: dict[str, Task] = {}
        self.seen = dict.fromkeys(CALLS, 0)
        self.key_came_to: list[str] = []
        self._requests: list[float] = []
        self._today = ""
        self._requests_today = 0
        self._secret = secrets.token_hex(16)

    def note_seen(self, call: str, host_with_key: str = "") -> None:
        """Count a request of a known call, whatever becomes of it, and keep the host under which a key came with it."""
        if call:
            self.seen[call] += 1
        if host_with_key and host_with_key not in self.key_came_to:
            self.key_came_to.append(host_with_key)
        self._keep()

    def admit(self, authorization: str | None) -> None:
        """Refuse whoever does not bring the key."""
        if not authorization:
            raise Refusal(1003, "API key is missing")
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.startswith("sk_"):
            raise Refusal(1004, "API key is malformed")
        if key == "sk_revoked":
            raise Refusal(1002, "API key has been revoked")
        if not hmac.compare_digest(key.encode(), self.rules.key.encode()):
            raise Refusal(1001, "API key is invalid")

    def count_request(self, *, look: bool = False) -> None:
        """Count one call against the limits, or refuse it."""
        if look and self.rules.free_polls:
            return
        now = self.now()
        day = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
        if day != self._today:
            self._today, self._requests_today = day, 0
        self._requests = [at for at in self._requests if at > now - 60]
        if self.rules.documented_limits:
            if self._requests_today >= _DAY_LIMIT:
                wait = math.ceil((now // 86400 + 1) * 86400 - now)
                raise Refusal(2003, "Daily limit exceeded, resets at midnight UTC", retryAfter=wait)
            if len(self._requests) >= _MINUTE_LIMIT:
                raise Refusal(2001, "Rate limit exceeded", retryAfter=math.ceil(self._requests[0] + 60 - now))
            self._requests.append(now)
        self._requests_today += 1
        self._keep()

    def limit_headers(self) -> dict[str, str]:
        """What every answer says of the limits."""
        limited = self.rules.documented_limits
        limit = _MINUTE_LIMIT if limited else _NO_LIMIT
        recent = [at for at in self._requests if at > self.now() - 60]
        reset = (recent[0] if recent else self.now()) + 60
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - len(recent))),
            "X-RateLimit-Reset": str(math.ceil(reset)),
            "X-Concurrent-Limit": str(_TASK_LIMIT if limited else _NO_LIMIT),
            "X-Concurrent-Active": str(self.active()),
        }

    def active(self) -> int:
        """How many tasks have not ended."""
        self.advance()
        return len(self._unfinished)

    def create(self, order: Order) -> Task:
        """Take the credits and begin a task, or refuse."""
        if self.rules.documented_limits and self.active() >= _TASK_LIMIT:
            raise Refusal(2002, "Concurrent task limit exceeded")
        price = PRICES[order.model]
        self.advance()
        if self.credits < price:
            raise Refusal(3001, "Insufficient credits")
        self.credits -= price
        number = len(self.tasks) + 1
        digest = hashlib.sha256(f"{self._secret}{number}".encode()).hexdigest()
        task = Task(f"task_{digest[:16]}", number, order, price, self.now())
        self.tasks[task.id] = self._unfinished[task.id] = task
        self._keep(task)
        return task

    def find(self, task_id: str) -> Task:
        """The task as it stands now."""
        self.advance()
        if task_id not in self.tasks:
            raise Refusal(404, "Task not found")
        return self.tasks[task_id]

    def needs_rendering(self) -> list[Task]:
        """Unfinished tasks that want a file, oldest first."""
        waiting = [task for task in self._unfinished.values() if task.rendered_at is None]
        return [task for task in waiting if not refused_word(task.order.prompt)]

    def note_rendered(self, task_id: str, trouble: str = "") -> None:
        """The file is there, or never will be."""
        task = self.tasks[task_id]
        if trouble:
            self.fail(task, {"error": {"code": "render_failed", "message": trouble}})
            return
        task.rendered_at = self.now()
        self._keep(task)
        self.advance()

    def fail(self, task: Task, reason: dict[str, object], at: float | None = None) -> None:
        """End a task that has not ended, now or at an earlier time, and give the credits back."""
        if task.id in self._unfinished:
            task.reason = reason
            self.credits += task.price
            self._end(task, "failed", self.now() if at is None else at)

    def progress(self, task: Task) -> int:
        """0 to 99 while it is made, 100 when it is there."""
        if task.status == "completed":
            return 100
        until = self.now() if task.completed_at is None else task.completed_at
        return max(0, min(99, int((until - task.created_at) / self._length(task) * 100)))

    def advance(self) -> None:
        """Bring every unfinished task to where the clock says it is."""
        for task in list(self._unfinished.values()):
            length = self._length(task)
            passed = (self.now() - task.created_at) / length
            if passed >= 0.4 and (word := refused_word(task.order.prompt)):
                message = f"The prompt was refused by the content policy: {word!r}"
                reason: dict[str, object] = {"error": {"code": "content_policy_violation", "message": message}}
                self.fail(task, reason, task.created_at + 0.4 * length)
            elif passed >= 1 and task.rendered_at is not None:
                self._end(task, "completed", max(task.created_at + length, task.rendered_at))
            elif passed >= 0.12:
                task.status = "processing"

    def story(self) -> list[dict[str, object]]:
        """Each accepted create and what it has cost so far."""
        self.advance()
        return [
            {
                "prompt": task.order.prompt,
                "task_id": task.id,
                "model": task.order.model,
                "status": task.status,
                "charged": task.price,
                "refunded": task.price if task.status == "failed" else 0,
            }
            for task in self.tasks.values()
        ]

    def sign(self, name: str, *, lifetime: float | None = None) -> str:
        """An address of this file, below the origin, that dies after its lifetime in seconds."""
        expires = f"{self.now() + (self.rules.url_lifetime if lifetime is None else lifetime):.3f}"
        return f"/files/{name}?expires={expires}&signature={self._signature(name, expires)}"

    def check_signature(self, name: str, expires: str, signature: str) -> None:
        """Refuse an address that this sandbox did not make, or that has died."""
        if not hmac.compare_digest(signature.encode(), self._signature(name, expires).encode()):
            raise Refusal(403, "The address is not signed")
        if float(expires) <= self.now():
            raise Refusal(403, "The address has expired")

    def recall(self) -> None:
        """Take up what an earlier run remembered. Raises OSError, ValueError, KeyError or TypeError if it is bad."""
        if self._memory is None:
            return
        for record in self._memory.records():
            self._take_up(record)
        self._unfinished = {task.id: task for task in self.tasks.values() if task.status in UNFINISHED}
        tasks: list[Record] = [{"task": dataclasses.asdict(task)} for task in self.tasks.values()]
        self._memory.replace([self._account(), *tasks])

    def top_up(self, credits: int) -> None:
        """Give whoever cannot pay for one more video a new start; nobody else's balance moves by itself."""
        if self.credits < max(PRICES.values()):
            self.credits = max(self.credits, credits)
            self._keep()

    def close(self) -> None:
        """Let go of the memory."""
        if self._memory is not None:
            self._memory.close()

    def _end(self, task: Task, status: str, at: float) -> None:
        task.status, task.completed_at = status, at
        del self._unfinished[task.id]
        self._keep(task)

    def _length(self, task: Task) -> float:
        return (6 + 1.2 * task.order.duration) / self.rules.speed

    def _signature(self, name: str, expires: str) -> str:
        return hmac.new(self._secret.encode(), f"{name} {expires}".encode(), hashlib.sha256).hexdigest()[:32]

    def _keep(self, task: Task | None = None) -> None:
        """Remember the account, and the task in the same line: a kill leaves both or neither."""
        if self._memory is None:
            return
        record = self._account()
        if task is not None:
            record["task"] = dataclasses.asdict(task)
        self._memory.note(record)

    def _account(self) -> Record:
        return {
            "credits": self.credits,
            "seen": self.seen,
            "key_came_to": self.key_came_to,
            "requests": self._requests,
            "today": self._today,
            "requests_today": self._requests_today,
            "secret": self._secret,
        }

    def _take_up(self, record: Record) -> None:
        kept = cast(dict[str, Any], record)
        if "task" in kept:
            task = Task(**{**kept["task"], "order": Order(**kept["task"]["order"])})
            self.tasks[task.id] = task
        if "credits" in kept:
            self.credits, self.seen, self.key_came_to = kept["credits"], kept["seen"], kept["key_came_to"]
            self._requests, self._today = kept["requests"], kept["today"]
            self._requests_today, self._secret = kept["requests_today"], kept["secret"]
