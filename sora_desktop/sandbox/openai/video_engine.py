"""One engine: jobs in memory, one rendering at a time, on a clock that tests can set."""

from __future__ import annotations

from collections.abc import Callable

from sora_desktop.sandbox.openai.engine_job import EngineJob, JobError

#: The share of its time after which a job fails that is going to fail.
_FAILS_AT = 0.4


class VideoEngine:
    """One replica. It forgets everything when it restarts."""

    def __init__(self, number: int, now: Callable[[], float]) -> None:
        self.number = number
        self._now = now
        self.started_at = now()
        self.warm_at = self.started_at
        self.is_dead = False
        self._records: dict[str, EngineJob] = {}
        self._queue: list[EngineJob] = []
        self._running: EngineJob | None = None
        self._idle_since = self.started_at

    @property
    def is_warm(self) -> bool:
        """Whether it answers requests."""
        return self._now() >= self.warm_at

    @property
    def active(self) -> int:
        """The number of jobs that wait or are being rendered."""
        self.advance()
        return len(self._queue) + (self._running is not None)

    def add(self, job: EngineJob) -> None:
        """Accept a job."""
        job.replica = self.number
        self._records[job.id] = job
        if job.is_unfinished:
            self._queue.append(job)
        self.advance()

    def job(self, id: str) -> EngineJob | None:
        """The job, up to date; None if there is no record of it."""
        self.advance()
        return self._records.get(id)

    def jobs(self) -> list[EngineJob]:
        """All records, oldest first."""
        self.advance()
        return list(self._records.values())

    def running(self) -> EngineJob | None:
        """The job that is being rendered."""
        self.advance()
        return self._running

    @property
    def running_id(self) -> str | None:
        """The id of the job that is being rendered, also if its record was deleted."""
        job = self.running()
        return None if job is None else job.id

    @property
    def waiting_ids(self) -> list[str]:
        """The ids of the jobs in the queue, the next one first."""
        self.advance()
        return [job.id for job in self._queue]

    def remove(self, job: EngineJob, *, stops: bool) -> None:
        """Remove the record; with `stops`, also end the rendering."""
        self._records.pop(job.id, None)
        job.is_deleted = True
        if stops:
            self._take_off(job)

    def restart(self, warm_up: float = 0.0) -> None:
        """Forget every job, and be cold for `warm_up` seconds."""
        for job in self._records.values():
            job.is_forgotten = True
        self._records, self._queue, self._running = {}, [], None
        self.started_at = self._idle_since = self._now()
        self.warm_at = self.started_at + warm_up
        self.is_dead = False

    def die(self) -> None:
        """Fail what is being rendered, and render nothing more until the next restart."""
        if (job := self.running()) is not None:
            self.fail(job, JobError(500, "The engine died"))
        self.is_dead = True

    def rendered(self, job: EngineJob) -> None:
        """The file of the job exists."""
        job.rendered_at = self._now()
        self.advance()

    def hold_back(self, job: EngineJob, seconds: float) -> None:
        """Keep a job that was just accepted in the queue for that long; later ones pass it."""
        if job is self._running:
            self._take_off(job)
            job.status, job.started_at = "queued", None
            self._queue.insert(0, job)
        job.queued_until = self._now() + seconds
        self.advance()

    def fail(self, job: EngineJob, error: JobError) -> None:
        """Fail a job that has not ended."""
        if job.is_unfinished:
            self._end(job, "failed", self._now(), error)

    def finish_now(self, job: EngineJob) -> None:
        """Let a job need no more time than its rendering takes."""
        job.never_ends, job.queued_until, job.render_seconds = False, 0.0, 0.001
        self.advance()

    def advance(self) -> None:
        """Bring every job to the state that it has by now."""
        while self._step():
            pass

    def _step(self) -> bool:
        """One change; False if nothing changes now."""
        now = self._now()
        job = self._running
        if job is None and not self.is_dead:
            job = next((one for one in self._queue if one.queued_until <= now), None)
        if job is None:
            return False
        if self._running is None:
            self._queue.remove(job)
            self._running = job
            job.status, job.started_at = "in_progress", max(self._idle_since, job.accepted_at, job.queued_until)
            return True
        assert job.started_at is not None
        if job.fails_with and job.share_done(now) >= _FAILS_AT:
            self._end(job, "failed", job.started_at + _FAILS_AT * job.render_seconds, job.fails_with)
            return True
        if job.share_done(now) < 1 or job.rendered_at is None or job.never_ends:
            return False
        self._end(job, "completed", max(job.started_at + job.render_seconds, job.rendered_at), None)
        return True

    def _end(self, job: EngineJob, status: str, at: float, error: JobError | None) -> None:
        self._take_off(job)
        job.status, job.error, job.ended_at = status, error, at
        self._idle_since = at

    def _take_off(self, job: EngineJob) -> None:
        """Out of the queue, or off the GPU."""
        if job in self._queue:
            self._queue.remove(job)
        if job is self._running:
            self._running, self._idle_since = None, self._now()
