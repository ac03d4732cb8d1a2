"""Creates without an answer at a service that lists its tasks and charges nothing: their outcome is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import ENGINE, FakeEngine, FakeReplicas, engine_request
from waiting import until
from workbench import Bench, LoopClock, unconfirmed

from sora_desktop.api.errors import BadAnswer, KeyRejected, Refused, Unreachable
from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.job import Job, JobChange, Ready, RemoteId, Rendering, Trashed, Unconfirmed, Waiting
from sora_desktop.domain.ledger import ListMark, Outcome
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.money.list_reader import MARKED
from sora_desktop.jobs.money.reconcile import LOST_IN_A_ROW, TRIES

pytestmark = pytest.mark.virtual_time

REQUEST = engine_request()
OTHER = engine_request("another prompt")
#: Words that no text of a service without a unit may have.
MONEY = ("charge", "paid", "bill", "credit", "balance", "cost")


def an_engine(**how: Any) -> FakeEngine:
    return FakeEngine(LoopClock().now, **how)


def a_bench(engine: FakeEngine, folder: Path, **settings: Any) -> Bench:
    settings = {"capabilities": ENGINE, "prices": PriceTable(()), **settings}
    return Bench(engine, folder, **settings)


def outcomes(bench: Bench, job: Job) -> list[Outcome]:
    return [attempt.outcome for attempt in bench.store.attempts(job.id)]


def assert_no_money(bench: Bench) -> None:
    for shown in bench.shown:
        reason = shown.phase.reason if isinstance(shown.phase, Unconfirmed | Waiting) else ""
        assert not any(word in reason.lower() for word in MONEY), reason


def doubt_about(bench: Bench, job: Job) -> str:
    """Why the outcome is not known. It is never called safe."""
    phase = unconfirmed(bench.saved(job))
    assert not phase.safe_to_send and not phase.billed
    assert phase.reason.startswith("No clear answer came, and the engine cannot show whether it took the request: ")
    assert_no_money(bench)
    return phase.reason.partition(": ")[2]


async def run(bench: Bench, request: VideoRequest = REQUEST) -> Job:
    return await bench.finished(request)


async def test_a_create_whose_answer_is_lost_is_found_in_the_list_and_watched(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        before = bench.clock.now()
        job = await run(bench)
        assert isinstance(job.phase, Ready) and engine.creates_of(REQUEST.prompt) == 1
        assert bench.phases(job) == ["waiting", "unconfirmed", "rendering", "saving", "ready"]
        assert bench.clock.now() - before < 20, "a match on an engine of our own needs no waiting"
        assert outcomes(bench, job) == [Outcome.ACCEPTED]
        assert_no_money(bench)


async def test_a_create_that_never_arrived_is_sent_again_by_itself(tmp_path: Path) -> None:
    engine = an_engine()
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.drops.add(REQUEST.prompt)
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: outcomes(bench, job) == [Outcome.REFUSED])
        engine.drops.clear()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and engine.creates_of(REQUEST.prompt) == 1
        first, second = bench.store.attempts(job.id)
        assert (first.outcome, second.outcome) == (Outcome.REFUSED, Outcome.ACCEPTED)
        assert second.sent_at - first.sent_at > engine.create_timeout, "the engine has had the whole time"
        assert_no_money(bench)


async def test_a_request_that_is_lost_again_and_again_waits_for_the_user(tmp_path: Path) -> None:
    engine = an_engine()
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.drops.add(REQUEST.prompt)
        job = await run(bench)
        assert outcomes(bench, job) == [Outcome.REFUSED] * LOST_IN_A_ROW
        phase = unconfirmed(bench.saved(job))
        assert phase.safe_to_send and f"{LOST_IN_A_ROW} times in a row" in phase.reason
        await bench.runner.commands.reconcile(job.id)
        assert unconfirmed(bench.saved(job)) == phase, "nothing more can be found out"
        engine.drops.clear()
        await bench.runner.commands.send_again(job.id)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and engine.creates_of(REQUEST.prompt) == 1
        assert_no_money(bench)


async def test_a_create_that_arrives_late_is_not_sent_again(tmp_path: Path) -> None:
    """The connection broke while the upload was being read: the engine stores the task a minute later."""
    engine = an_engine()
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.drops.add(REQUEST.prompt)
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: isinstance(bench.saved(job).phase, Unconfirmed))
        sent_at = bench.clock.now()

        def arrive() -> None:
            if bench.clock.now() - sent_at > 60 and not engine.creates_of(REQUEST.prompt):
                engine.add(REQUEST)

        engine.before_list = arrive
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and engine.creates_of(REQUEST.prompt) == 1
        assert outcomes(bench, job) == [Outcome.ACCEPTED]


async def test_a_restart_is_noticed_and_nothing_is_sent_by_itself(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.before_list = lambda: engine.restart() if engine.creates_of(REQUEST.prompt) else None
        job = await run(bench)
        assert "as after a restart" in doubt_about(bench, job)
        assert outcomes(bench, job) == [Outcome.UNKNOWN] and engine.creates_of(REQUEST.prompt) == 1
        engine.swallows.clear()
        engine.before_list = lambda: None
        await bench.runner.commands.send_again(job.id)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


@pytest.mark.parametrize("tells", [True, False])
async def test_the_first_create_at_an_engine_is_decided_only_if_it_says_since_when_it_runs(
    tmp_path: Path, tells: bool
) -> None:
    engine = an_engine()
    engine.up_since = engine.now() - 60 if tells else None
    engine.drops.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: outcomes(bench, job) in ([Outcome.REFUSED], [Outcome.UNKNOWN]))
        assert (outcomes(bench, job) == [Outcome.REFUSED]) is tells
        if not tells:
            assert "nothing shows that its list is whole" in doubt_about(bench, job)


async def test_an_engine_that_says_it_was_started_since_is_believed(tmp_path: Path) -> None:
    engine = an_engine()
    engine.drops.add(REQUEST.prompt)

    async def restart(request: VideoRequest) -> None:
        engine.up_since = engine.now() + 30

    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.before_create = restart
        job = await run(bench)
        assert "as after a restart" in doubt_about(bench, job)


async def test_our_own_earlier_videos_show_that_the_engine_has_kept_its_tasks(tmp_path: Path) -> None:
    """Those of others that were in the mark have been deleted since, and the list shows no older ones."""
    engine = an_engine()
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        for n in range(MARKED):
            engine.add(engine_request(f"of another user {n}"), created_at=engine.now() + 60)
        engine.drops.add(REQUEST.prompt)

        async def delete(request: VideoRequest) -> None:
            engine.tasks_ = engine.tasks_[-1:]

        engine.before_create = delete
        job = await run(bench)
        assert outcomes(bench, job) == [Outcome.REFUSED] * LOST_IN_A_ROW
        assert RemoteId("video_1") in engine.polled


@pytest.mark.parametrize("skew", [86400.0, -86400.0, 3.5])
async def test_the_clock_of_the_engine_may_be_a_day_off(tmp_path: Path, skew: float) -> None:
    engine = an_engine(skew=skew)
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.swallows.add(REQUEST.prompt)
        found = await run(bench)
        assert isinstance(found.phase, Ready) and outcomes(bench, found) == [Outcome.ACCEPTED]
        engine.drops.add("lost")
        lost = await run(bench, engine_request("lost"))
        assert outcomes(bench, lost) == [Outcome.REFUSED] * LOST_IN_A_ROW
        assert engine.creates_of(REQUEST.prompt) == 1


async def test_another_program_with_the_same_prompt_makes_the_outcome_unknown(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)

    async def send_elsewhere(request: VideoRequest) -> None:
        engine.add(REQUEST)

    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.before_create = send_elsewhere
        job = await run(bench)
        assert "2 videos that may be this one" in doubt_about(bench, job)


async def test_two_takes_that_are_lost_in_a_row_each_get_their_own_video(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        jobs = await bench.runner.commands.submit(REQUEST, 2)
        await bench.runner.until_idle()
        assert [type(bench.saved(job).phase) for job in jobs] == [Ready, Ready]
        assert engine.creates_of(REQUEST.prompt) == 2 and len(set(engine.fetched)) == 2


async def test_two_equal_takes_that_an_unreadable_list_left_open_share_out_their_videos(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        engine.only_newest = True
        jobs = await bench.runner.commands.submit(REQUEST, 2)
        await until(lambda: len(engine.accepted) == 2)
        await bench.clock.sleep(3600)
        assert [outcomes(bench, job) for job in jobs] == [[Outcome.OPEN], [Outcome.OPEN]]
        engine.only_newest = False
        for job in reversed(jobs):
            await bench.runner.commands.reconcile(job.id)
        await bench.runner.until_idle()
        assert [type(bench.saved(job).phase) for job in jobs] == [Ready, Ready]
        last = bench.store.attempts(jobs[1].id)[0]._replace(id=99)
        assert bench.store.accepted_before(last, 2) == ["video_2", "video_1"]


@pytest.mark.parametrize("shared", [False, True])
async def test_a_list_without_prompts_decides_only_on_an_engine_of_our_own(tmp_path: Path, shared: bool) -> None:
    engine = an_engine(shows_prompts=False)
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        if shared:
            engine.add(engine_request("of another user"))
        engine.swallows.add(REQUEST.prompt)
        job = await run(bench)
        if shared:
            assert "no prompts" in doubt_about(bench, job)
        else:
            assert isinstance(job.phase, Ready) and outcomes(bench, job) == [Outcome.ACCEPTED]
        engine.drops.add("lost")
        lost = await run(bench, engine_request("lost"))
        assert outcomes(bench, lost)[0] is Outcome.REFUSED, "no new task at all is plain, shared or not"


async def test_a_list_that_may_lack_videos_proves_no_absence_and_still_shows_a_match(tmp_path: Path) -> None:
    engine = an_engine()
    engine.is_complete = False
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.swallows.add(REQUEST.prompt)
        assert isinstance((await run(bench)).phase, Ready)
        engine.drops.add("lost")
        assert "may lack some videos" in doubt_about(bench, await run(bench, engine_request("lost")))


async def test_an_unreadable_list_is_tried_again_and_then_left_to_the_user(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.before_list = lambda: setattr(
            engine, "list_error", Unreachable("Gone away.") if engine.creates_of(REQUEST.prompt) else None
        )
        (job,) = await bench.runner.commands.submit(REQUEST)
        await bench.runner.until_idle()
        await bench.clock.sleep(3600)
        assert unconfirmed(bench.saved(job)).reason == (
            "No clear answer came, and the list of videos could not be read. Gone away. Check again later."
        )
        assert outcomes(bench, job) == [Outcome.OPEN]
        assert engine.lists == 2 + TRIES
        engine.before_list, engine.list_error = (lambda: None), None
        await bench.runner.commands.reconcile(job.id)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and engine.creates_of(REQUEST.prompt) == 1


async def test_a_list_that_works_again_decides_before_the_next_create(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        failures = iter([True, True])

        def fail() -> None:
            is_broken = bool(engine.accepted) and next(failures, False)
            engine.list_error = Unreachable("Gone away.") if is_broken else None

        engine.before_list = fail
        first, second = await bench.runner.commands.submit(REQUEST, 2)
        await bench.runner.until_idle()
        assert [type(bench.saved(job).phase) for job in (first, second)] == [Ready, Ready]
        assert engine.creates_of(REQUEST.prompt) == 2


@pytest.mark.parametrize("error", [BadAnswer("Not a list."), Refused("Name a provider.")])
async def test_an_engine_without_a_readable_list_is_sent_requests_all_the_same(
    tmp_path: Path, error: Exception
) -> None:
    engine = an_engine()
    engine.list_error = error
    async with a_bench(engine, tmp_path) as bench:
        assert isinstance((await run(bench, OTHER)).phase, Ready)
        engine.swallows.add(REQUEST.prompt)
        job = await run(bench)
        assert "could not be read" in unconfirmed(job).reason
        engine.list_error = None
        await bench.runner.commands.reconcile(job.id)
        assert "need not be this one" in doubt_about(bench, job)


@pytest.mark.parametrize("error", [Unreachable("Gone away."), KeyRejected("Wrong key.")])
async def test_nothing_is_sent_to_an_engine_that_cannot_be_reached(tmp_path: Path, error: Exception) -> None:
    engine = an_engine()
    engine.list_error = error
    async with a_bench(engine, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: bench.states[-1].reason)
        assert isinstance(bench.saved(job).phase, Waiting) and engine.accepted == []
        assert bench.store.attempts(job.id) == []
        engine.list_error = None
        bench.runner.commands.go_on()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_the_mark_says_where_it_was_sent_and_what_was_listed_there(tmp_path: Path) -> None:
    engine = FakeReplicas(LoopClock().now, ("http://a/v1", "http://b/v1"))
    engine.polls_to_end = 10**6
    async with a_bench(engine, tmp_path) as bench:
        engine.add(OTHER, "http://a/v1")
        jobs = await bench.runner.commands.submit(REQUEST, 3)
        await until(lambda: len(engine.accepted) == 4)
        marks = [bench.store.attempts(job.id)[0].mark for job in jobs]
        assert all(marks)
        assert [mark and mark.place for mark in marks] == ["http://a/v1", "http://b/v1", "http://a/v1"]
        assert [mark and mark.ids for mark in marks] == [
            ("video_1@http://a/v1",),
            (),
            ("video_2@http://a/v1", "video_1@http://a/v1"),
        ]
        assert isinstance(marks[0], ListMark) and marks[0].newest_at is not None and marks[0].read_at is not None


async def test_a_lost_create_is_looked_for_where_it_was_sent(tmp_path: Path) -> None:
    engine = FakeReplicas(LoopClock().now, ("http://a/v1", "http://b/v1"))
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        engine.add(REQUEST, "http://b/v1")
        job = await run(bench)
        assert isinstance(job.phase, Ready)
        last = bench.store.attempts(job.id)[0]._replace(id=99)
        assert bench.store.accepted_before(last, 1) == ["video_2@http://a/v1"]


async def test_a_request_that_was_sent_before_an_address_was_added_is_not_guessed(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        engine.before_list = lambda: setattr(
            engine, "list_error", Unreachable("Gone away.") if engine.accepted else None
        )
        job = await run(bench)
    replicas = FakeReplicas(LoopClock().now, ("http://a/v1", "http://b/v1"))
    async with a_bench(replicas, tmp_path) as bench:
        await until(lambda: outcomes(bench, job) == [Outcome.UNKNOWN])
        assert "addresses of the service were changed" in doubt_about(bench, job)


async def test_an_address_in_front_of_several_engines_is_noticed(tmp_path: Path) -> None:
    engine = an_engine()
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.drops.add(REQUEST.prompt)
        other_engine = list(engine.tasks_)[:0]

        def flip() -> None:
            nonlocal other_engine
            if engine.lists > 2:
                engine.tasks_, other_engine = other_engine, engine.tasks_

        engine.before_list = flip
        assert "several engines" in doubt_about(bench, await run(bench))


async def test_absence_proves_nothing_with_another_key(tmp_path: Path) -> None:
    engine = an_engine()
    engine.drops.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path, key_fingerprint="first") as bench:
        await run(bench, OTHER)
        engine.before_list = lambda: setattr(
            engine, "list_error", Unreachable("Gone away.") if engine.lists > 2 else None
        )
        job = await run(bench)
    engine.before_list, engine.list_error = (lambda: None), None
    async with a_bench(engine, tmp_path, key_fingerprint="second") as bench:
        await until(lambda: outcomes(bench, job) == [Outcome.UNKNOWN])
        assert "another API key" in doubt_about(bench, job)


async def test_absence_proves_nothing_in_a_restored_library(tmp_path: Path) -> None:
    engine = an_engine()
    engine.drops.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)

        async def restore(request: VideoRequest) -> None:
            await bench.database.write(lambda c: c.execute("INSERT INTO restored VALUES (2, 5.0)"))

        engine.before_create = restore
        assert "restored from a copy" in doubt_about(bench, await run(bench))


async def test_a_task_that_another_job_has_is_never_adopted(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        other = replace(bench.runner.commands.new_job(REQUEST), phase=Rendering(RemoteId("video_2")))

        async def take(request: VideoRequest) -> None:
            await bench.store.add([other])

        engine.before_create = take
        job = await run(bench)
        assert isinstance(job.phase, Ready) and outcomes(bench, job) == [Outcome.REFUSED, Outcome.ACCEPTED]
        assert engine.polled == ["video_1", "video_3"]


async def test_a_job_that_the_user_has_moved_to_the_trash_is_not_sent_again(tmp_path: Path) -> None:
    engine = an_engine()
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        engine.drops.add(REQUEST.prompt)
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: isinstance(bench.saved(job).phase, Unconfirmed))
        saved = bench.saved(job)
        trashed = Trashed(Unconfirmed(), saved.changed_at)
        await bench.store.change([JobChange(saved, replace(saved, phase=trashed))])
        await bench.runner.until_idle()
        assert bench.saved(job).phase == trashed and engine.creates_of(REQUEST.prompt) == 0


async def test_a_kill_between_the_mark_and_the_create_sends_it_once(tmp_path: Path) -> None:
    engine = an_engine()
    async with a_bench(engine, tmp_path) as bench:
        await run(bench, OTHER)
        job = bench.runner.commands.new_job(REQUEST)
        await bench.store.add([job])
        listed = engine.tasks_[0].listed
        mark = ListMark("", (listed.remote_id,), listed.created_at, engine.now())
        await bench.store.begin_attempt(
            replace(job, phase=Unconfirmed()), None, None, sent_at=bench.clock.now(), mark=mark
        )
    async with a_bench(engine, tmp_path) as bench:
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and engine.creates_of(REQUEST.prompt) == 1
        assert outcomes(bench, job) == [Outcome.REFUSED, Outcome.ACCEPTED]


async def test_an_older_attempt_without_a_mark_is_unknown(tmp_path: Path) -> None:
    engine = an_engine()
    async with a_bench(engine, tmp_path, paused=True) as bench:
        job = bench.runner.commands.new_job(REQUEST)
        await bench.store.add([job])
        await bench.store.begin_attempt(replace(job, phase=Unconfirmed()), None, None)
    async with a_bench(engine, tmp_path) as bench:
        await bench.runner.until_idle()
        assert "not read before the request was sent" in doubt_about(bench, job)
        assert engine.lists == 0


async def test_a_service_without_a_list_or_a_unit_speaks_of_no_money(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)

    class WithoutList:
        """The calls of the engine that every service has."""

        create, poll, download, aclose = engine.create, engine.poll, engine.download, engine.aclose
        create_timeout = engine.create_timeout

    async with Bench(WithoutList(), tmp_path, capabilities=ENGINE, prices=PriceTable(())) as bench:
        job = await run(bench)
        assert "no list of its videos" in doubt_about(bench, job)


async def test_a_service_that_charges_and_lists_adopts_and_warns_of_charges(tmp_path: Path) -> None:
    engine = an_engine()
    engine.swallows.add(REQUEST.prompt)
    async with a_bench(engine, tmp_path, capabilities=replace(ENGINE, unit=Unit("coin", "coins"))) as bench:
        assert isinstance((await run(bench)).phase, Ready)
        engine.is_complete = False
        engine.drops.add(OTHER.prompt)
        assert unconfirmed(await run(bench, OTHER)).reason.startswith("Outcome unknown: it may have been charged")


async def test_a_list_that_lacks_our_last_video_proves_nothing(tmp_path: Path) -> None:
    """Such a server may hide the new one as well."""
    engine = an_engine()
    async with a_bench(engine, tmp_path) as bench:
        engine.add(engine_request("of another user"))
        await run(bench, OTHER)
        engine.tasks_ = engine.tasks_[1:]
        engine.drops.add(REQUEST.prompt)
        assert "nothing shows that its list is whole" in doubt_about(bench, await run(bench))
