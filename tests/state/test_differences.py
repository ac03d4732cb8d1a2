"""The table of what differs among compared clips."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from builders import a_clip, a_job

from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.clip import VideoFacts
from sora_desktop.domain.job import Ready
from sora_desktop.domain.request import VideoRequest
from sora_desktop.state.differences import ComparedJob, are_takes, differences_between, seconds_text
from sora_desktop.state.job_services import JobService

SERVICE = JobService("Sora 2 Video API", CAPABILITIES)


def compared(
    number: int = 1, *, rendered_in: float | None = 72.0, cost: int = 100, take: int = 1, **request: object
) -> ComparedJob:
    asked = VideoRequest("a bay at golden hour", seed=481207316, duration=10)
    job = replace(a_job(Ready(a_clip()), number), request=replace(asked, **request))  # type: ignore[arg-type]
    return ComparedJob(job, SERVICE, Decimal(cost), rendered_in, take)


def with_facts(one: ComparedJob, **facts: object) -> ComparedJob:
    assert isinstance(one.job.phase, Ready)
    clip = one.job.phase.clip
    changed: VideoFacts = replace(clip.facts, **facts)  # type: ignore[arg-type]
    return replace(one, job=replace(one.job, phase=Ready(replace(clip, facts=changed))))


def test_only_rows_that_differ_and_a_line_of_what_is_the_same() -> None:
    first = compared(1, take=2)
    second = compared(2, seed=90552771, rendered_in=68, take=4)
    third = compared(
        3, prompt="a bay at blue hour, moonrise", model="sora2-pro", quality="high", cost=200, rendered_in=221
    )
    table = differences_between([first, second, third])
    rows = {row.name: row.texts for row in table.differing}
    assert list(rows) == ["Prompt", "Model", "Seed", "Quality", "Cost", "Rendered in"]
    assert rows["Model"] == ("Sora 2", "Sora 2", "Sora 2 Pro")
    assert rows["Cost"] == ("100 credits", "100 credits", "200 credits")
    assert rows["Rendered in"] == ("1 min 12 s", "1 min 08 s", "3 min 41 s")
    assert [row.like(1) for row in table.differing] == [0, 0, None, 0, 0, None]
    prompt = table.differing[0]
    assert [[span.text for span in cell if span.is_changed] for cell in prompt.cells] == [
        ["golden hour"],
        [],
        ["blue hour, moonrise"],
    ]
    assert table.headlines == ("Take 2", "Take 4", "Changed prompt, model and quality")
    assert table.same[:3] == ("no negative prompt", "Sora 2 Video API", "16:9")
    assert table.between(0, 2)[:2] == (("golden hour", "blue hour, moonrise"), ("Sora 2", "Sora 2 Pro"))
    assert table.between(0, 1)[-1] == ("rendered in 1 min 12 s", "1 min 08 s"), "a name stands once"
    assert ("100", "200 credits") in table.between(0, 2), "a unit stands once"


def test_what_a_clip_does_not_have_is_no_row_unless_another_has_it() -> None:
    table = differences_between([compared(1, seed=None), compared(2, seed=None, negative_prompt="blur", steps=30)])
    rows = {row.name: row.texts for row in table.rows}
    assert "Seed" not in rows and rows["Steps"] == ("", "30") and rows["Negative prompt"] == ("", "blur")
    assert table.headlines == ("Take 1", "Changed negative prompt and steps")
    assert table.short_headlines == ("Take 1", "2 changes")
    assert ("–", "30 steps") in table.between(0, 1) and ("–", "blur") in table.between(0, 1)


def test_lengths_and_rates_are_those_of_the_files() -> None:
    table = differences_between(
        [with_facts(compared(1), fps=24.0, seconds=10.0), with_facts(compared(2), fps=30.0, seconds=9.96)]
    )
    rows = {row.name: row.texts for row in table.differing}
    assert rows == {"Length": ("10 s", "9.96 s"), "Frame rate": ("24 fps", "30 fps")}


GPU = JobService("GPU", replace(CAPABILITIES, unit=None))
FIRST = with_facts(compared(1), width=1920, height=1080)


@pytest.mark.parametrize(
    ("second", "rows"),
    [
        (replace(FIRST, service=GPU), {"Service": ("Sora 2 Video API", "GPU"), "Cost": ("100 credits", "")}),
        (replace(FIRST, cost=None), {"Cost": ("100 credits", "")}),
        (with_facts(FIRST, size=2_000_000), {"File": ("0.0 MB", "2.0 MB")}),
        (with_facts(FIRST, width=1280, height=720), {"Picture": ("1920×1080", "1280×720")}),
        (replace(FIRST, rendered_in=86_401), {"Rendered in": ("1 min 12 s", "")}),
    ],
    ids=["service", "cost", "file", "picture", "render time"],
)
def test_facts_that_are_not_in_the_request_have_rows(second: ComparedJob, rows: dict[str, tuple[str, ...]]) -> None:
    assert {row.name: row.texts for row in differences_between([FIRST, second]).differing} == rows


def test_a_picture_of_the_size_that_was_asked_for_has_no_row_of_its_own() -> None:
    asked = with_facts(compared(1, size="1920x1080"), width=1920, height=1080)
    table = differences_between([asked, with_facts(asked, width=960, height=540)])
    assert {row.name: row.texts for row in table.differing} == {"Picture": ("", "960×540")}
    assert "1920×1080" in table.same


def test_takes_differ_in_the_seed_alone() -> None:
    first = compared(1).job
    assert are_takes(first, compared(2, seed=5).job)
    assert are_takes(first, replace(first, request=replace(first.request, prompt=first.request.prompt + " ")))
    assert not are_takes(first, replace(first, service="gpu"))
    frames = differences_between([compared(1), compared(2, frames=81)])
    assert not are_takes(first, compared(2, frames=81).job) and frames.headlines[1] == "Changed length"


def test_a_headline_names_two_changes_and_counts_more() -> None:
    other = compared(2, prompt="x", model="sora2-pro", quality="high", duration=5, aspect_ratio="9:16")
    assert differences_between([compared(1), other]).headlines[1] == "Changed prompt, model and 3 more"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (68, "1 min 08 s"), (3599.9, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
