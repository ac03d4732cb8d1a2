"""The engines of the sandbox: replicas of one kind of server, behind several addresses or one."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate

from sora_desktop.sandbox.create_body import refused_word
from sora_desktop.sandbox.openai.engine_job import EngineJob, JobError
from sora_desktop.sandbox.openai.fault_calls import ENGINE_CALLS
from sora_desktop.sandbox.openai.profiles import SandboxProfile
from sora_desktop.sandbox.openai.video_body import VideoBody
from sora_desktop.sandbox.openai.video_engine import VideoEngine


@dataclass(frozen=True)
class FleetOptions:
    """How many engines there are, and how they are reached. `is_flipping`: one address sends each request to any.

    `key`: what they accept; empty: they need none.
    """

    replicas: int = 1
    is_flipping: bool = False
    warm_up: float = 0.0
    key: str = "sk_sandbox"
    speed: float = 1.0
    seed: int = 0


class EngineFleet:
    """Everything that the engines know, and what was seen of them since the start."""

    def __init__(self, profile: SandboxProfile, options: FleetOptions, now: Callable[[], float]) -> None:
        self.profile, self.options, self.now = profile, options, now
        self.engines = [VideoEngine(number, now) for number in range(options.replicas)]
        for engine in self.engines:
            engine.warm_at += options.warm_up
        self._random = random.Random(options.seed)
        self.clock_offset = 0.0
        self.call_counts = dict.fromkeys(ENGINE_CALLS, 0)
        self.accepted: list[EngineJob] = []
        #: Every job that a gateway has taken, whatever its engine still knows.
        self._catalog: list[EngineJob] = []
        self._deletes: list[dict[str, object]] = []
        self._restarts = 0
        #: The replica of each port; empty: one address for all.
        self.replica_of_port: Mapping[int, int] = {}

    @property
    def has_work(self) -> bool:
        """Whether any engine has a job that has not ended."""
        return any(engine.active for engine in self.engines)

    @property
    def server_time(self) -> float:
        """The time of day as the servers tell it."""
        return self.now() + self.clock_offset

    @property
    def addresses(self) -> int:
        """How many ports the engines need."""
        return 1 if self.options.is_flipping or self.profile.pins_jobs else len(self.engines)

    def headers(self) -> dict[str, str]:
        """What every answer carries."""
        return {"Date": formatdate(self.server_time, usegmt=True)}

    def engine_for(self, port: int, id: str = "") -> VideoEngine:
        """The engine that answers a request at that port, for the job with that id if there is one."""
        if self.profile.pins_jobs:
            owner = next((one for one in self.engines if one.job(id)), None) if id else None
            return owner or min(self.engines, key=lambda engine: engine.active)
        if self.options.is_flipping:
            return self._random.choice(self.engines)
        return self.engines[self.replica_of_port.get(port, 0)]

    def create(self, engine: VideoEngine, body: VideoBody, user: str = "") -> EngineJob:
        """Accept a job on that engine."""
        seconds = (6 + 1.2 * body.duration) / self.options.speed
        job = EngineJob(self.new_id(), body, self.now(), self.server_time, seconds, user=user)
        if word := refused_word(body.prompt):
            job.fails_with = JobError(400, f"The prompt was refused by the content policy: {word!r}")
        self.accepted.append(job)
        self._catalog.append(job)
        engine.add(job)
        return job

    def new_id(self) -> str:
        """An id that no job has."""
        return self.profile.id_form.format(hex=secrets.token_hex(16), uuid=uuid.uuid4())

    def hold_back(self, job: EngineJob, seconds: float) -> None:
        """Keep a job that was just accepted in the queue for that long."""
        self.engines[job.replica].hold_back(job, seconds)

    def warm_up(self, seconds: float) -> None:
        """Let every engine be cold for that long, without forgetting anything."""
        for engine in self.engines:
            engine.warm_at = self.now() + seconds

    def add_others(self, count: int, prompt: str = "A video of another user") -> None:
        """Let other users have `count` finished jobs, spread over the engines, created one second apart until now."""
        name, model = self.profile.model_named("")
        body = VideoBody(prompt, "", name, name, "4", "", model.size, model.frames, model.fps, None, None, None, False)
        for number in range(count):
            age = float(count - number)
            job = EngineJob(self.new_id(), body, self.now() - age, self.server_time - age, 0.001, status="completed")
            job.started_at = job.rendered_at = job.ended_at = job.accepted_at
            job.loses_content = True
            self._catalog.append(job)
            self.engines[number % len(self.engines)].add(job)

    def delete(self, engine: VideoEngine, job: EngineJob, *, stops: bool) -> None:
        """Remove a job."""
        self._deletes.append({"id": job.id, "replica": job.replica, "status": job.status})
        engine.remove(job, stops=stops)

    def restart(self, replica: int | None = None, warm_up: float = 0.0) -> None:
        """Restart one engine, or all."""
        self._restarts += 1
        for engine in self._chosen(replica):
            engine.restart(warm_up)

    def die(self, replica: int | None = None) -> None:
        """Let one engine die, or all."""
        for engine in self._chosen(replica):
            engine.die()

    def _chosen(self, replica: int | None) -> Sequence[VideoEngine]:
        return self.engines if replica is None else [self.engines[replica]]

    def listed(self, engine: VideoEngine, user: str) -> Sequence[EngineJob]:
        """The records that a list shows, oldest first."""
        if not self.profile.pins_jobs:
            return engine.jobs()
        own = [job for job in self._catalog if job.user == user and not job.is_deleted]
        return sorted(own, key=lambda job: job.accepted_at)

    def seen(self) -> dict[str, object]:
        """What `/sandbox/seen` reports of this dialect."""
        for engine in self.engines:
            engine.advance()
        return {
            "like": self.profile.name,
            "counts": self.call_counts,
            "creates": [_as_seen(job) for job in self.accepted],
            "deletes": self._deletes,
            "restarts": self._restarts,
            "engines": [{"running": engine.running_id, "waiting": engine.waiting_ids} for engine in self.engines],
        }


def _as_seen(job: EngineJob) -> dict[str, object]:
    body = job.body
    return {
        "id": job.id,
        "prompt": body.prompt,
        "model": body.model,
        "size": "{}x{}".format(*body.size),
        "frames": body.frames,
        "fps": body.fps,
        "seed": body.seed,
        "steps": body.steps,
        "guidance": body.guidance,
        "negative_prompt": body.negative_prompt,
        "has_image": body.image is not None,
        "user": job.user,
        "replica": job.replica,
        "status": job.status,
        "deleted": job.is_deleted,
        "forgotten": job.is_forgotten,
        "rendering": job.rendering,
        "frames_rendered": job.frames_rendered,
        "accepted_at": job.accepted_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
    }
