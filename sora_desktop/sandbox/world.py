"""The service's world without HTTP: accounts, tasks, credits and limits, on a clock that tests may set."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import math
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

REFUSED_WORDS = ("gore", "nude", "celebrity")
"""A prompt with one of these words in it (as a whole word, in any case) fails by policy and is refunded."""
PRICES = {"sora2": 100, "sora2-pro": 200}
UNFINISHED = ("pending", "processing")
_STATUS_OF_CODE = {1001: 401, 1002: 401, 1003: 401, 1004: 401, 2001: 429, 2002: 429, 2003: 429, 3001: 402}


class Refusal(Exception):
    """The service says no: a code, the HTTP status that goes with it, a sentence, and extra fields."""

    def __init__(self, code: int, message: str, **extra: object) -> None:
        super().__init__(message)
        self.code = code
        self.status = _STATUS_OF_CODE.get(code, code)
        self.extra = extra


@dataclass(frozen=True)
class Rules:
    key: str = "sk_sandbox"
    speed: float = 1.0
    documented_limits: bool = False
    url_lifetime: float = 3600.0
    seed: int = 0


@dataclass(frozen=True)
class Order:
    """What was asked for, already checked."""

    model: str
    prompt: str
    negative_prompt: str = ""
    aspect_ratio: str = "16:9"
    duration: int = 5
    quality: str = "standard"
    image_url: str = ""
    image: str = ""


@dataclass
class Task:
    id: str
    number: int
    order: Order
    price: int
    created_at: float
    status: str = "pending"
    completed_at: float | None = None
    rendered: bool = False
    trouble: str = ""
    error: dict[str, str] = field(default_factory=dict)


@dataclass
class World:
    """Everything the service remembers; `keep` is called after each change."""

    rules: Rules
    now: Callable[[], float]
    credits: int = 2000
    folder: Path | None = None
    tasks: dict[str, Task] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("create", "look", "upload", "credits", "file"), 0))
    requests: list[float] = field(default_factory=list)
    today: str = ""
    requests_today: int = 0
    secret: str = field(default_factory=lambda: secrets.token_hex(16))

    # -- accounts and limits

    def admit(self, authorization: str | None) -> None:
        if not authorization:
            raise Refusal(1003, "API key is missing")
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.startswith("sk_"):
            raise Refusal(1004, "API key is malformed")
        if key == "sk_revoked":
            raise Refusal(1002, "API key has been revoked")
        if not hmac.compare_digest(key.encode(), self.rules.key.encode()):
            raise Refusal(1001, "API key is invalid")

    def count_request(self) -> None:
        """Count one call against the limits, or refuse it."""
        now = self.now()
        day = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
        if day != self.today:
            self.today, self.requests_today = day, 0
        self.requests = [at for at in self.requests if at > now - 60]
        if self.rules.documented_limits:
            if self.requests_today >= 500:
                midnight = (now // 86400 + 1) * 86400
                raise Refusal(2003, "Daily limit exceeded, resets at midnight UTC", retryAfter=math.ceil(midnight - now))
            if len(self.requests) >= 20:
                raise Refusal(2001, "Rate limit exceeded", retryAfter=math.ceil(self.requests[0] + 60 - now))
            self.requests.append(now)
        self.requests_today += 1
        self.keep()

    def limit_headers(self) -> dict[str, str]:
        limit = 20 if self.rules.documented_limits else 100_000
        recent = [at for at in self.requests if at > self.now() - 60]
        reset = (recent[0] if recent else self.now()) + 60
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - len(recent))),
            "X-RateLimit-Reset": str(math.ceil(reset)),
            "X-Concurrent-Limit": "3" if self.rules.documented_limits else "100000",
            "X-Concurrent-Active": str(self.active()),
        }

    def active(self) -> int:
        self.settle()
        return sum(task.status in UNFINISHED for task in self.tasks.values())

    # -- tasks

    def create(self, order: Order) -> Task:
        if self.rules.documented_limits and self.active() >= 3:
            raise Refusal(2002, "Concurrent task limit exceeded")
        price = PRICES[order.model]
        self.settle()
        if self.credits < price:
            raise Refusal(3001, "Insufficient credits")
        self.credits -= price
        number = len(self.tasks) + 1
        digest = hashlib.sha256(f"{self.secret}{number}".encode()).hexdigest()
        task = Task(f"task_{digest[:16]}", number, order, price, self.now())
        self.tasks[task.id] = task
        self.keep()
        return task

    def find(self, task_id: str) -> Task:
        self.settle()
        if task_id not in self.tasks:
            raise Refusal(404, "Task not found")
        return self.tasks[task_id]

    def needs_rendering(self) -> list[Task]:
        waiting = [task for task in self.tasks.values() if task.status in UNFINISHED and not task.rendered]
        return [task for task in waiting if not refused_word(task.order.prompt)]

    def note_rendered(self, task_id: str, trouble: str = "") -> None:
        task = self.tasks[task_id]
        task.rendered, task.trouble = not trouble, trouble
        self.settle()
        self.keep()

    def fail(self, task: Task, code: str, message: str) -> None:
        """End a task that has not ended, and give the credits back."""
        if task.status in UNFINISHED:
            task.status, task.completed_at = "failed", self.now()
            task.error = {"code": code, "message": message}
            self.credits += task.price
            self.keep()

    def progress(self, task: Task) -> int:
        if task.status == "completed":
            return 100
        passed = (self.now() - task.created_at) / self._length(task)
        return max(0, min(99, int(passed * 100)))

    def settle(self) -> None:
        """Bring every unfinished task to where the clock says it is."""
        for task in self.tasks.values():
            if task.status in UNFINISHED:
                self._settle(task)

    def _settle(self, task: Task) -> None:
        passed = (self.now() - task.created_at) / self._length(task)
        word = refused_word(task.order.prompt)
        if task.trouble:
            self.fail(task, "render_failed", task.trouble)
        elif word and passed >= 0.4:
            self.fail(task, "content_policy_violation", f"The prompt was refused by the content policy: {word!r}")
        elif passed >= 1 and task.rendered:
            task.status, task.completed_at = "completed", self.now()
            self.keep()
        elif passed >= 0.12:
            task.status = "processing"

    def _length(self, task: Task) -> float:
        return (6 + 1.2 * task.order.duration) / self.rules.speed

    # -- signed addresses

    def sign(self, name: str, *, lifetime: float | None = None) -> str:
        expires = f"{self.now() + (self.rules.url_lifetime if lifetime is None else lifetime):.3f}"
        return f"/files/{name}?expires={expires}&signature={self._signature(name, expires)}"

    def check_signature(self, name: str, expires: str, signature: str) -> None:
        if not hmac.compare_digest(signature.encode(), self._signature(name, expires).encode()):
            raise Refusal(403, "The address is not signed")
        if float(expires) <= self.now():
            raise Refusal(403, "The address has expired")

    def _signature(self, name: str, expires: str) -> str:
        return hmac.new(self.secret.encode(), f"{name} {expires}".encode(), hashlib.sha256).hexdigest()[:32]

    # -- memory

    def keep(self) -> None:
        if self.folder is None:
            return
        kept = {name: getattr(self, name) for name in _KEPT}
        kept["tasks"] = [dataclasses.asdict(task) for task in self.tasks.values()]
        file = self.folder / "world.json"
        part = file.with_suffix(".json.new")
        with part.open("w", encoding="utf-8") as out:
            json.dump(kept, out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)

    def recall(self) -> None:
        """Take up what an earlier run kept; rendered files that are gone are rendered again."""
        if self.folder is None or not (self.folder / "world.json").exists():
            return
        kept = json.loads((self.folder / "world.json").read_text(encoding="utf-8"))
        for name in _KEPT:
            setattr(self, name, kept[name])
        for entry in kept["tasks"]:
            task = Task(**{**entry, "order": Order(**entry["order"])})
            self.tasks[task.id] = task


_KEPT = ("credits", "seen", "requests", "today", "requests_today", "secret")


def refused_word(prompt: str) -> str:
    """The first word of the prompt that policy refuses, or an empty text."""
    words = "".join(letter if letter.isalnum() else " " for letter in prompt.lower()).split()
    return next((word for word in words if word in REFUSED_WORDS), "")


def checked_order(
    model: str, body: object, *, from_image: bool, image: Callable[[str], str] = lambda url: ""
) -> Order:
    """Read a create's body strictly, or refuse it with a sentence; `image` names the upload behind an address."""
    if not isinstance(body, Mapping):
        raise Refusal(400, "The body must be a JSON object")

    def text(name: str) -> str:
        value = body.get(name, "")
        if not isinstance(value, str):
            raise Refusal(400, f"{name} must be text")
        return value

    prompt, image_url = text("prompt"), text("imageUrl")
    aspect_ratio, quality = text("aspectRatio") or "16:9", text("quality") or "standard"
    duration = body.get("duration", 5)
    if not from_image and not prompt.strip():
        raise Refusal(400, "prompt is required")
    if len(prompt) > 2000:
        raise Refusal(400, "prompt must be at most 2000 characters")
    if aspect_ratio not in ("16:9", "9:16", "1:1"):
        raise Refusal(400, "aspectRatio must be 16:9, 9:16 or 1:1")
    if isinstance(duration, bool) or duration not in (5, 10, 15):
        raise Refusal(400, "duration must be 5, 10 or 15")
    if quality not in ("standard", "high"):
        raise Refusal(400, "quality must be standard or high")
    if from_image and not image_url.startswith(("http://", "https://")):
        raise Refusal(400, "imageUrl is required and must be an http address")
    name = image(image_url) if from_image else ""
    return Order(model, prompt, text("negativePrompt"), aspect_ratio, int(duration), quality, image_url, name)
