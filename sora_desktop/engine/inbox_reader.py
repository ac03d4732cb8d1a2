"""Other processes on the same data folder: their messages are carried out here, and progress is published for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.domain.job import Job, JobChange, JobId, Rendering, Waiting, is_settled
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.database.set_aside import count_of_jobs
from sora_desktop.store.errors import StoreError, UnreadableJob
from sora_desktop.store.inbox import Inbox, Message
from sora_desktop.store.lock import DataLock, OwnerFile, OwnerNote

if TYPE_CHECKING:
    from sora_desktop.jobs.runner import JobRunner

log = logging.getLogger(__name__)

#: Seconds between two reads of the inbox.
INBOX_INTERVAL = 0.25
#: Unexpected errors after which a message is set aside.
MAX_MESSAGE_FAILURES = 3
#: Seconds without a runner after which a followed job counts as resting. Until then a service may be connected again.
RECONNECT_GRACE = 30.0
#: Instructions about services: the parts of a message that `Instructions.change_services` carries out, in this order.
READ_KEY, ADD_SERVICE, CHANGE_SERVICE = "read_key", "add_service", "change_service"
REMOVE_SERVICE, DEFAULT_SERVICE, OPEN_SERVICE = "remove_service", "default_service", "open_service"
_ABOUT_SERVICES = (READ_KEY, ADD_SERVICE, CHANGE_SERVICE, REMOVE_SERVICE, DEFAULT_SERVICE, OPEN_SERVICE)
#: The parts of a message, apart from `do`.
_KINDS = {
    "jobs": list,
    "follow": list,
    "paused": bool,
    "hold": list,
    "release": list,
    **dict.fromkeys(_ABOUT_SERVICES, str),
}


async def _change_nothing(*_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Instructions:
    """What the owner of the data folder does when another process says so, besides running jobs."""

    #: A second window was started. None: the owner has no window.
    raise_window: Callable[[], None] | None = None
    pause: Callable[[bool], None] = lambda _: None
    #: Called with ADD_SERVICE or CHANGE_SERVICE and a ServiceConfig as text, or with another instruction and the name
    #: of a service. Returns why that was refused, else an empty string.
    change_services: Callable[[str, str], Awaitable[str]] = _change_nothing


class InboxReader:
    """Reads the inbox and writes the owner's note. For the process that owns the data folder."""

    def __init__(
        self,
        data_folder: DataFolder,
        store: JobStore,
        *,
        publish: Callable[[Job], None],
        instructions: Instructions,
        warn: Callable[[str], None] = lambda _: None,
        lock: DataLock | None = None,
    ) -> None:
        """`warn` is called with a sentence for the user about a message that could not be carried out.

        `lock`: that of the data folder; once it is lost, inbox and note are another process's.
        """
        self._inbox = Inbox(data_folder.inbox)
        self._owner = OwnerFile(data_folder.owner_file)
        self._store = store
        self._publish = publish
        self._instructions = instructions
        self._warn = warn
        self._lock = lock
        self._runners: dict[str, JobRunner] = {}  # by service name
        self._key_fingerprints: dict[str, str] = {}
        self._current = ""  # the service that the note names first
        self._takes_unassigned = ""  # the service whose runner gets jobs without a service
        self._followed: set[JobId] = set()
        self._removed: list[JobRunner] = []  # those that may still wait for an answer
        #: Followed jobs that no runner has: since when (the loop's time), and whether they are unfinished, once known.
        self._unserved_since: dict[JobId, float] = {}
        self._unserved: dict[JobId, bool] = {}
        self._written: OwnerNote | None = None
        self._task: asyncio.Task[None] | None = None
        self._progress: dict[str, _Progress] = {}  # of messages that were begun, by file name
        self._restored: set[Path] = set()  # messages that may have come with a backup

    async def open(self, *, is_restored: bool = False) -> None:
        """Carry out the messages that are in the inbox, and read it regularly from now on.

        `is_restored`: the messages may have come with a backup. Their jobs are put on hold, since they may have been
        sent after it was made, and nothing is released or resumed.
        """
        if is_restored:
            self._restored = {message.file for message in await asyncio.to_thread(self._inbox.read)}
        await self.read_inbox()
        await self._write_note()
        self._task = asyncio.create_task(self._run(), name="inbox")

    async def add_runner(
        self, service_name: str, runner: JobRunner, key_fingerprint: str = "", *, takes_unassigned: bool
    ) -> None:
        """Give jobs of this service to `runner`. `takes_unassigned`: those without a service too."""
        self._runners[service_name] = runner
        self._key_fingerprints[service_name] = key_fingerprint
        if takes_unassigned:
            self._takes_unassigned = service_name
        await self._write_note()

    def set_current(self, service_name: str) -> None:
        """Tell other processes soon that this service is the current one."""
        self._current = service_name

    async def remove_runner(self, service_name: str) -> None:
        """Keep jobs of this service on disk until a runner is added again."""
        runner = self._runners.pop(service_name, None)
        if runner is not None:
            self._removed.append(runner)
        await self._write_note()

    async def read_inbox(self) -> None:
        """Carry out all messages, each once. After a failure of the store the rest stays in the inbox."""
        for message in await asyncio.to_thread(self._inbox.read):
            name = message.file.name
            progress = self._progress.setdefault(name, _Progress())
            reason = ""
            try:
                reason = await self._carry_out(message, progress)
            except StoreError as error:
                log.warning("a message of another process has to wait: %s", error)
                return
            except Exception:
                log.exception("the message %s could not be carried out", name)
                progress.failures += 1
                if progress.may_repeat and progress.failures < MAX_MESSAGE_FAILURES:
                    continue
                reason = "the log has the details"
            del self._progress[name]
            await asyncio.to_thread(self._end, message, reason)
            if reason:
                self._warn(
                    f"A message of another program could not be carried out ({reason}). It was kept as {message.file}"
                    f"{'.failed' if not message.file.exists() else ''}. If it asked for videos, look for them in the "
                    "library before you request them again."
                )

    def _end(self, message: Message, reason: str) -> None:
        self._inbox.set_aside(message) if reason else self._inbox.done(message)

    async def aclose(self) -> None:
        """Stop reading the inbox."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(INBOX_INTERVAL)
            if self._lock is not None and not self._lock.is_intact:
                continue
            try:
                await self.read_inbox()
                await self._write_note()
            except Exception:
                log.exception("the inbox could not be read; the next attempt follows")

    async def _carry_out(self, message: Message, progress: _Progress) -> str:
        """Carry out the parts of the message that were not yet. Return what is wrong with it, else an empty string.

        Jobs are accepted once, however often this is repeated. The other parts are not repeated: the user may have
        decided otherwise in the meantime.
        """
        content = message.content or {}
        jobs, unreadable = _readable(_list(content, "jobs"))
        is_from_this_run = self._task is not None
        may_be_old = message.file in self._restored
        if (
            content.get("do") == "raise"
            and is_from_this_run
            and self._instructions.raise_window is not None
            and progress.begin("do")
        ):
            self._instructions.raise_window()
        self._followed.update(JobId(str(id)) for id in _list(content, "follow"))
        await self._accept([replace(job, on_hold=job.on_hold or may_be_old) for job in jobs])
        paused = content.get("paused")
        if isinstance(paused, bool) and (paused or not may_be_old) and progress.begin("paused"):
            self._instructions.pause(paused)
            if not paused:
                for runner in self._runners.values():
                    runner.commands.go_on()
        for key, on_hold in (("hold", True), ("release", False)):
            if on_hold or not may_be_old:
                await self._set_on_hold([JobId(str(id)) for id in _list(content, key)], on_hold, progress)
        for instruction in _ABOUT_SERVICES:
            value = content.get(instruction)
            is_late = may_be_old or (instruction == OPEN_SERVICE and not is_from_this_run)
            if not isinstance(value, str) or is_late or not progress.begin(instruction):
                continue
            if refusal := await self._instructions.change_services(instruction, value):
                return refusal.rstrip(".")
        if unreadable:
            return f"{count_of_jobs(unreadable)} in it cannot be read"
        return "" if _is_understood(content) else "this version does not understand all of it"

    async def _set_on_hold(self, ids: list[JobId], on_hold: bool, progress: _Progress) -> None:
        for service_name in dict.fromkeys(job.service for job in self._waiting(ids)):
            # read again: an earlier service's jobs may have taken long to save
            jobs = [job for job in self._waiting(ids) if job.service == service_name]
            part = f"{'hold' if on_hold else 'release'} {service_name}"
            if jobs and part not in progress.done:
                progress.may_repeat = False
                await self._set_on_hold_of_one_service(jobs, on_hold)
                progress.done.add(part)

    async def _set_on_hold_of_one_service(self, jobs: list[Job], on_hold: bool) -> None:
        if self._runner_of(jobs[0]) is None:
            changes = [JobChange(job, replace(job, on_hold=on_hold)) for job in jobs]
            await self._store.change(changes)
            if self._task is not None:
                for change in changes:
                    self._publish(change.changed)
        runner = self._runner_of(jobs[0])  # may have been added during the save, and have read the jobs before it
        if runner is not None:
            ids = [job.id for job in jobs]
            try:
                await (runner.commands.hold(ids) if on_hold else runner.commands.release(ids))
            except CommandRejected as error:
                log.warning("a job could not be held or released: %s", error)

    def _waiting(self, ids: list[JobId]) -> list[Job]:
        found = map(self._saved, ids)
        return [job for job in found if isinstance(job, Job) and isinstance(job.phase, Waiting)]

    def _saved(self, id: JobId) -> Job | UnreadableJob | None:
        try:
            return self._store.read(id)
        except UnreadableJob as error:
            log.warning("%s", error)
            return error

    async def _accept(self, jobs: list[Job]) -> None:
        jobs = [job for job in jobs if not isinstance(self._saved(job.id), UnreadableJob)]  # those stay as they are
        self._followed.update(job.id for job in jobs)
        for service_name in dict.fromkeys(job.service for job in jobs):
            await self._accept_of_one_service([job for job in jobs if job.service == service_name])

    async def _accept_of_one_service(self, jobs: list[Job]) -> None:
        if self._runner_of(jobs[0]) is None:
            new = [job for job in jobs if self._store.read(job.id) is None]
            await self._store.add(new)
            if self._task is not None:
                for job in new:
                    self._publish(job)
        runner = self._runner_of(jobs[0])  # may have been added during the save, and have missed these jobs
        if runner is not None:
            await runner.commands.accept(jobs)

    def _runner_of(self, job: Job) -> JobRunner | None:
        return self._runners.get(job.service or self._takes_unassigned)

    async def _write_note(self) -> None:
        note = self._note()
        if note == self._written or (self._lock is not None and not self._lock.is_intact):
            return
        try:
            await asyncio.to_thread(self._owner.write, note)
            self._written = note
        except OSError as error:
            log.warning("the note for other processes could not be written: %s", error)

    def _note(self) -> OwnerNote:
        service = self._current if self._current in self._runners else ""
        window = self._instructions.raise_window is not None
        served: set[JobId] = set()
        resting: list[str] = []
        percents: list[tuple[str, int]] = []
        for runner in self._runners.values() if self._followed else ():
            for job in (job for job in runner.jobs() if job.id in self._followed):
                served.add(job.id)
                if not runner.can_go_on(job):
                    resting.append(job.id)
                if isinstance(job.phase, Rendering) and job.phase.percent is not None:
                    percents.append((job.id, job.phase.percent))
        key_fingerprint = self._key_fingerprints[service] if service else ""
        without_service = self._without_service(served)
        resting += without_service
        return OwnerNote(
            service,
            window,
            tuple(resting),
            tuple(percents),
            key_fingerprint,
            tuple(without_service),
            tuple((name, self._key_fingerprints[name]) for name in self._runners),
        )

    def _without_service(self, served: set[JobId]) -> list[JobId]:
        """The unfinished followed jobs that no runner has had for some time. `served`: those that one has."""
        self._removed = [runner for runner in self._removed if runner.seconds_to_answer is not None]
        waits_for_answer = {job.id for runner in self._removed for job in runner.jobs()}
        missing = self._followed - served - waits_for_answer
        now = asyncio.get_running_loop().time()
        self._unserved_since = {id: self._unserved_since.get(id, now) for id in missing}
        self._unserved = {id: unfinished for id, unfinished in self._unserved.items() if id in missing}
        for id, since in self._unserved_since.items():
            if id not in self._unserved and now - since >= RECONNECT_GRACE:  # read once: this runs four times a second
                with suppress(StoreError):
                    job = self._saved(id)
                    self._unserved[id] = isinstance(job, Job) and not is_settled(job.phase)
        return sorted(id for id, unfinished in self._unserved.items() if unfinished)


@dataclass
class _Progress:
    """What was done of one message."""

    done: set[str] = field(default_factory=set)
    failures: int = 0
    #: Nothing was begun that must not be repeated.
    may_repeat: bool = True

    def begin(self, part: str) -> bool:
        """True the first time, for a part that must not be repeated."""
        if part in self.done:
            return False
        self.done.add(part)
        self.may_repeat = False
        return True


def _is_understood(content: Mapping[str, object]) -> bool:
    """True if every part of the message is one that this version knows."""
    return bool(content) and all(
        value == "raise" if name == "do" else name in _KINDS and isinstance(value, _KINDS[name])
        for name, value in content.items()
    )


def _list(content: Mapping[str, object], name: str) -> list[object]:
    value = content.get(name)
    return value if isinstance(value, list) else []


def _readable(texts: Sequence[object]) -> tuple[list[Job], int]:
    """The waiting jobs in `texts`, and how many texts are none."""
    found = []
    for text in texts:
        try:
            job = codec.job_from_text(str(text))
        except StoreError as error:
            log.warning("a job of another process cannot be read: %s", error)
            continue
        if isinstance(job.phase, Waiting):
            found.append(job)
    return found, len(texts) - len(found)
