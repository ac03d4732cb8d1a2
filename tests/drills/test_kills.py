"""Killed at random instants, and between any two steps: nothing is bought twice, nothing that was paid for is lost."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from drills.lives import Books, Life, Nursery, ask_for
from drills.service import Service, prompts, service

from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import StoreError

QUEUE = 20
#: Kills in all over queues of 20, hurried ones and ones of the program as a person starts it, and of the window.
HURRIED, PLAIN, WINDOWS = 200, 60, 20


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as born:
        yield born


def _slow_creates() -> list[dict[str, object]]:
    """The answer to a create takes its time, on the way there or on the way back, so that kills meet it."""
    return [{"call": "create", "fault": "delay", "value": 0.15, "after": bool(n % 2)} for n in range(10 * QUEUE)]


def _carried_to_the_end(nursery: Nursery, data: Path, environ: dict[str, str]) -> Life:
    life = nursery.live("resume", "--json", "--data", data, environ=environ)
    assert not life.killed
    life.check()
    return life


def _sent_again(nursery: Nursery, data: Path, environ: dict[str, str]) -> list[str]:
    """What a person decided to send once more."""
    with nursery.living("person", "send-again", data, environ=environ) as person:
        life = person.end()
        assert life.status == 0, life.complaints
        return [str(id) for id in json.loads(person.said.splitlines()[-1])]


def _ends_well(nursery: Nursery, there: Service, data: Path, asked: int) -> str:
    """The queue is carried to its end, a person sends again what is safe, and the books agree; a line about it."""
    _carried_to_the_end(nursery, data, there.environ)
    before = Books.of(data)
    before.agree_with(there.creates)
    assert set(before.phases) <= {"ready", "unconfirmed"} and len(before.jobs) == asked, before.phases
    resent = _sent_again(nursery, data, there.environ) if before.unconfirmed else []
    books = Books.of(data)
    books.agree_with(there.creates, resent=resent)
    lost = len(books.unconfirmed)
    assert books.phases["ready"] == asked - lost
    assert not any(each.safe_to_send for each in books.unconfirmed)
    billed = len(there.creates) - books.phases["ready"]
    assert 0 <= billed <= lost
    return (
        f"{asked} asked for, {len(there.creates)} creates, {books.phases['ready']} ready, {lost} outcome unknown "
        f"({billed} of them billed), {len(resent)} sent again by a person"
    )


def test_at_random_instants(nursery: Nursery, tmp_path: Path, long: bool) -> None:
    chance = random.Random(2026)
    kills, queues, wanted = 0, 0, HURRIED if long else 20
    began = time.monotonic()
    while kills < wanted:
        queues += 1
        data = tmp_path / f"data {queues}"
        with service(tmp_path / f"service {queues}", *_slow_creates()) as there:
            ask_for(data, there.base_url, prompts(QUEUE))
            while kills < wanted:
                with nursery.living("resume", "--json", "--data", data, environ=there.environ) as living:
                    time.sleep(chance.uniform(0.02, 0.75))
                    if living.has_ended() or not living.end(signal.SIGKILL).killed:  # it may end in between
                        break
                    kills += 1
            print(f"\n  queue {queues}, {kills} kills so far:", _ends_well(nursery, there, data, QUEUE))
    print(f"  {kills} kills in {time.monotonic() - began:.0f} s")
    assert kills >= wanted


def test_the_program_as_a_person_starts_it(nursery: Nursery, tmp_path: Path, long: bool) -> None:
    _kill_plain(nursery, tmp_path, ["resume", "--json"], kills=PLAIN if long else 4, longest=2.5)


def test_the_window(nursery: Nursery, tmp_path: Path, long: bool) -> None:
    if not long:
        pytest.skip("only in the long form")
    _kill_plain(nursery, tmp_path, [], kills=WINDOWS, longest=5.0)


def _kill_plain(nursery: Nursery, tmp_path: Path, arguments: list[str], *, kills: int, longest: float) -> None:
    chance = random.Random(7)
    asked = QUEUE if kills > 10 else 6
    queues = done = 0
    while done < kills:
        queues += 1
        data = tmp_path / f"data {queues}"
        with service(tmp_path / f"service {queues}") as there:
            ask_for(data, there.base_url, prompts(asked))
            environ = {**there.environ, "QT_QPA_PLATFORM": "offscreen"}
            command = [sys.executable, "-m", "sora_desktop", "--data", str(data), *arguments]
            while done < kills and _unfinished(data, asked):
                process = subprocess.Popen(
                    command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
                )
                try:
                    process.wait(chance.uniform(0.5, longest))
                except subprocess.TimeoutExpired:
                    done += 1
                process.kill()
                process.wait()
            print(f"\n  queue {queues}, {done} kills so far:", _ends_well(nursery, there, data, asked))


def _unfinished(data: Path, asked: int) -> bool:
    """True while there is something to be killed at. Before the first life, and after a short one, are no books."""
    if not DataFolder.at(data).database.exists():
        return True
    try:
        return Books.of(data).phases["ready"] < asked
    except StoreError:
        return True


def test_between_any_two_steps(nursery: Nursery, tmp_path: Path, long: bool) -> None:
    steps, unknown = 0, 0
    while True:
        steps += 1 if long or steps < 1 else 8
        data = tmp_path / f"data {steps}"
        with service(tmp_path / f"service {steps}") as there:
            ask_for(data, there.base_url, prompts(2))
            life = nursery.live("resume", "--json", "--data", data, environ=there.environ, step=steps, act="kill")
            if not life.killed:
                break
            if steps % 5 == 0:  # and the next life is killed, too
                nursery.live("resume", "--json", "--data", data, environ=there.environ, step=steps // 2, act="kill")
            _carried_to_the_end(nursery, data, there.environ)
            books = Books.of(data)
            books.agree_with(there.creates)
            assert len(books.jobs) == 2 and set(books.phases) <= {"ready", "unconfirmed"}, (steps, books.phases)
            unknown += len(books.unconfirmed)
            if books.unconfirmed and (long or steps % 4 == 0):
                _ends_well(nursery, there, data, 2)
    print(f"\n  killed at {steps - 1} steps; {unknown} outcomes unknown")
    assert steps > 50, "the steps were not met"


def test_killed_while_it_takes_the_request(nursery: Nursery, tmp_path: Path, long: bool) -> None:
    """`generate` itself: what a person was told of is kept, and nothing is sent that is not."""
    with service(tmp_path / "service") as there:
        for step in range(1, 30, 1 if long else 7):
            data = tmp_path / f"data {step}"
            sent = len(there.creates)
            life = nursery.live(
                "generate", f"kite {step}", "--json", "--data", data, environ=there.environ, step=step, act="kill"
            )
            assert life.killed
            if not (data / "library.db").exists():
                assert not life.events and len(there.creates) == sent
                continue
            _carried_to_the_end(nursery, data, there.environ)
            books = Books.of(data)
            books.agree_with(there.creates, unasked=sent)
            assert len(books.jobs) >= len(life.last)
