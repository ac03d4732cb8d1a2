"""The state of the service without HTTP: tasks, credits and limits, on a clock that tests can set."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any, cast

from sora_desktop.sandbox.api_error import ApiError
from sora_desktop.sandbox.create_body import CreateBody, refused_word
from sora_desktop.sandbox.event_log import EventLog, Record

PRICES = {"sora2": 100, "sora2-pro": 200}
CALLS = ("create", "look", "upload", "credits", "file", "thumbnail")
UNFINISHED = ("pending", "processing")
_MINUTE_LIMIT, _DAY_LIMIT, _TASK_LIMIT = 20, 500, 3
_NO_LIMIT = 100_000
#: When a task changes its status, as fractions of its duration.
_PENDING_UNTIL, _POLICY_CHECK_AT = 0.12, 0.4


@dataclass(frozen=True)
class SandboxOptions:
    """How this sandbox behaves."""

    key: str = "sk_sandbox"
    speed: float = 1.0
    documented_limits: bool = False
    free_polls: bool = False
    url_lifetime: float = 3600.0
    seed: int = 0
    tiny: bool = False
    frame_strip: bool = False


@dataclass
class Task:
    """One accepted create. `reason` holds the fields with which a failed task explains itself. Times: unix seconds."""

    id: str
    body: CreateBody
    price: int
    created_at: float
    status: str = "pending"
    completed_at: float | None = None
    rendered_at: float | None = None
    refunded: bool = False
    reason: dict[str, object] = field(default_factory=dict)


class ServiceState:
    """Everything that the service knows. Each change is in the event log, if there is one, before it is answered."""

    def __init__(
        self, options: SandboxOptions, now: Callable[[], float], credits: int = 2000, event_log: EventLog | None = None
    ) -> None:
        self.options, self.now = options, now
        self.credits = self._initial_credits = credits
        self._event_log = event_log
        self.tasks: dict[str, Task] = {}
        self._unfinished: dict[str, Task] = {}
        self.call_counts = dict.fromkeys(CALLS, 0)
        self.hosts_with_key: list[str] = []
        self._request_times: list[float] = []
        self._today = ""
        self._requests_today = 0
        self._secret = secrets.token_hex(16)
        #: The faults of the service's clock, and whether failed tasks keep what they have cost.
        self.clock_offset, self.reset_in_ms, self.holds_refunds = 0.0, False, False

    def record_call(self, call: str, host_with_key: str = "") -> None:
        """Count a request, whatever its outcome, and remember the host to which a key was sent with it."""
        if call:
            self.call_counts[call] += 1
        if host_with_key and host_with_key not in self.hosts_with_key:
            self.hosts_with_key.append(host_with_key)
        self._save()

    def check_key(self, authorization: str | None) -> None:
        """Raises ApiError unless the header carries the key."""
        if not authorization:
            raise ApiError(1003, "API key is missing")
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.startswith("sk_"):
            raise ApiError(1004, "API key is malformed")
        if key == "sk_revoked":
            raise ApiError(1002, "API key has been revoked")
        if not hmac.compare_digest(key.encode(), self.options.key.encode()):
            raise ApiError(1001, "API key is invalid")

    def count_request(self, *, poll: bool = False) -> None:
        """Count one request against the limits. Raises ApiError if one is exceeded."""
        if poll and self.options.free_polls:
            return
        now = self.now()
        day = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
        if day != self._today:
            self._today, self._requests_today = day, 0
        self._request_times = [at for at in self._request_times if at > now - 60]
        if self.options.documented_limits:
            if self._requests_today >= _DAY_LIMIT:
                wait = math.ceil((now // 86400 + 1) * 86400 - now)
                raise ApiError(2003, "Daily limit exceeded, resets at midnight UTC", retryAfter=wait)
            if len(self._request_times) >= _MINUTE_LIMIT:
                raise ApiError(2001, "Rate limit exceeded", retryAfter=math.ceil(self._request_times[0] + 60 - now))
            self._request_times.append(now)
        self._requests_today += 1
        self._save()

    def limit_headers(self) -> dict[str, str]:
        """The headers that every answer carries: its date, and the rate limit."""
        limited = self.options.documented_limits
        limit = _MINUTE_LIMIT if limited else _NO_LIMIT
        recent = [at for at in self._request_times if at > self.now() - 60]
        reset = math.ceil((recent[0] if recent else self.now()) + 60 + self.clock_offset)
        return {
            "Date": formatdate(self.now() + self.clock_offset, usegmt=True),
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - len(recent))),
            "X-RateLimit-Reset": str(reset * 1000 if self.reset_in_ms else reset),
            "X-Concurrent-Limit": str(_TASK_LIMIT if limited else _NO_LIMIT),
            "X-Concurrent-Active": str(self.active()),
        }

    def active(self) -> int:
        """Number of tasks that have not ended."""
        self.advance()
        return len(self._unfinished)

    def create(self, body: CreateBody) -> Task:
        """Charge the credits and start a task. Raises ApiError."""
        if self.options.documented_limits and self.active() >= _TASK_LIMIT:
            raise ApiError(2002, "Concurrent task limit exceeded")
        price = PRICES[body.model]
        self.advance()
        if self.credits < price:
            raise ApiError(3001, "Insufficient credits")
        self.credits -= price
        number = len(self.tasks) + 1
        digest = hashlib.sha256(f"{self._secret}{number}".encode()).hexdigest()
        task = Task(f"task_{digest[:16]}", body, price, self.now())
        self.tasks[task.id] = self._unfinished[task.id] = task
        self._save(task)
        return task

    def get_task(self, task_id: str) -> Task:
        """The task, up to date. Raises ApiError for an unknown id."""
        self.advance()
        if task_id not in self.tasks:
            raise ApiError(404, "Task not found")
        return self.tasks[task_id]

    def tasks_to_render(self) -> list[Task]:
        """Unfinished tasks without a file, oldest first."""
        waiting = [task for task in self._unfinished.values() if task.rendered_at is None]
        return [task for task in waiting if not refused_word(task.body.prompt)]

    def finish_rendering(self, task_id: str, error: str = "") -> None:
        """The file exists, or rendering failed with `error`."""
        task = self.tasks[task_id]
        if error:
            self.fail(task, {"error": {"code": "render_failed", "message": error}})
            return
        task.rendered_at = self.now()
        self._save(task)
        self.advance()

    def fail(self, task: Task, reason: dict[str, object], at: float | None = None) -> None:
        """Fail a task that has not ended, and refund it unless refunds are held. `at`: when it failed, if not now."""
        if task.id in self._unfinished:
            task.reason = reason
            if not self.holds_refunds:
                self._give_back(task)
            self._end(task, "failed", self.now() if at is None else at)

    def refund(self, number: int | None = None) -> None:
        """Refund the oldest `number` tasks, or all, that failed without a refund."""
        held = [task for task in self.tasks.values() if task.status == "failed" and not task.refunded]
        for task in held[:number]:
            self._give_back(task)
            self._save(task)

    def change_balance(self, credits: int) -> None:
        """Raise the balance by that much, or lower it if below 0."""
        self.credits += credits
        self._save()

    def newest_other(self, task: Task, status: str = "") -> Task | None:
        """The newest task besides this one, of those with that status if one is given."""
        self.advance()
        found = [one for one in self.tasks.values() if one is not task and status in ("", one.status)]
        return found[-1] if found else None

    def progress(self, task: Task) -> int:
        """Percent: 0 to 99 while the task is in progress, 100 when it is completed."""
        if task.status == "completed":
            return 100
        until = self.now() if task.completed_at is None else task.completed_at
        return max(0, min(99, int((until - task.created_at) / self._render_seconds(task) * 100)))

    def advance(self) -> None:
        """Move every unfinished task to the status that it has by now."""
        for task in list(self._unfinished.values()):
            seconds = self._render_seconds(task)
            done = (self.now() - task.created_at) / seconds
            if done >= _POLICY_CHECK_AT and (word := refused_word(task.body.prompt)):
                message = f"The prompt was refused by the content policy: {word!r}"
                reason: dict[str, object] = {"error": {"code": "content_policy_violation", "message": message}}
                self.fail(task, reason, task.created_at + _POLICY_CHECK_AT * seconds)
            elif done >= 1 and task.rendered_at is not None:
                self._end(task, "completed", max(task.created_at + seconds, task.rendered_at))
            elif done >= _PENDING_UNTIL:
                task.status = "processing"

    def accepted_creates(self) -> list[dict[str, object]]:
        """Each accepted create and what it has cost so far, as `/sandbox/seen` reports them."""
        self.advance()
        return [
            {
                "prompt": task.body.prompt,
                "task_id": task.id,
                "model": task.body.model,
                "status": task.status,
                "charged": task.price,
                "refunded": task.price if task.refunded else 0,
            }
            for task in self.tasks.values()
        ]

    def signed_path(self, name: str, *, lifetime: float | None = None) -> str:
        """A signed path of the file, below the origin, that expires after `lifetime` seconds."""
        expires = f"{self.now() + (self.options.url_lifetime if lifetime is None else lifetime):.3f}"
        return f"/files/{name}?expires={expires}&signature={self._signature(name, expires)}"

    def check_signature(self, name: str, expires: str, signature: str) -> None:
        """Raises ApiError for a path that this sandbox did not sign, or that has expired."""
        if not hmac.compare_digest(signature.encode(), self._signature(name, expires).encode()):
            raise ApiError(403, "The URL is not signed")
        if float(expires) <= self.now():
            raise ApiError(403, "The URL has expired")

    def restore(self) -> None:
        """Load the state of an earlier run. Raises OSError, ValueError, KeyError or TypeError for a damaged log."""
        if self._event_log is None:
            return
        for record in self._event_log.records():
            self._apply_record(record)
        self._unfinished = {task.id: task for task in self.tasks.values() if task.status in UNFINISHED}
        tasks: list[Record] = [{"task": _task_record(task)} for task in self.tasks.values()]
        self._event_log.rewrite([self._account_record(), *tasks])

    def pays_for_one_more(self) -> bool:
        """True if the balance pays for a video of any kind."""
        return self.credits >= max(PRICES.values())

    def top_up(self) -> None:
        """Raise the balance to what it was at first; a higher one stays."""
        self.credits = max(self.credits, self._initial_credits)
        self._save()

    def close(self) -> None:
        """Close the event log."""
        if self._event_log is not None:
            self._event_log.close()

    def _give_back(self, task: Task) -> None:
        task.refunded = True
        self.credits += task.price

    def _end(self, task: Task, status: str, at: float) -> None:
        task.status, task.completed_at = status, at
        del self._unfinished[task.id]
        self._save(task)

    def _render_seconds(self, task: Task) -> float:
        """From the create to the end of the task."""
        return (6 + 1.2 * task.body.duration) / self.options.speed

    def _signature(self, name: str, expires: str) -> str:
        return hmac.new(self._secret.encode(), f"{name} {expires}".encode(), hashlib.sha256).hexdigest()[:32]

    def _save(self, task: Task | None = None) -> None:
        """Log the account and the task in one record, so that a kill leaves both or neither."""
        if self._event_log is None:
            return
        record = self._account_record()
        if task is not None:
            record["task"] = _task_record(task)
        self._event_log.append(record)

    def _account_record(self) -> Record:
        return {
            "credits": self.credits,
            "seen": self.call_counts,
            "key_came_to": self.hosts_with_key,
            "requests": self._request_times,
            "today": self._today,
            "requests_today": self._requests_today,
            "secret": self._secret,
        }

    def _apply_record(self, record: Record) -> None:
        fields = cast(dict[str, Any], record)
        if "task" in fields:
            task = _task_from_record(fields["task"])
            self.tasks[task.id] = task
        if "credits" in fields:
            self.credits = fields["credits"]
            self.call_counts, self.hosts_with_key = fields["seen"], fields["key_came_to"]
            self._request_times, self._today = fields["requests"], fields["today"]
            self._requests_today, self._secret = fields["requests_today"], fields["secret"]


def _task_record(task: Task) -> Record:
    """The task as the event log keeps it, where the body is called "order"."""
    fields = dataclasses.asdict(task)
    return {"order" if name == "body" else name: value for name, value in fields.items()}


def _task_from_record(record: dict[str, Any]) -> Task:
    fields = {name: value for name, value in record.items() if name not in ("order", "number")}
    # a log of an earlier version has a number, and does not say whether the price was refunded
    fields.setdefault("refunded", fields.get("status") == "failed")
    return Task(body=CreateBody(**record["order"]), **fields)
