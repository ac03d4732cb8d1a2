"""Jobs as JSON and back."""

from __future__ import annotations

from hypothesis import given
from store.job_strategies import jobs

from sora_desktop.domain.job import Job
from sora_desktop.store import codec


@given(jobs)
def test_a_job_survives_the_conversion_to_text_and_back(job: Job) -> None:
    assert codec.job_from_text(codec.job_to_text(job)) == job
