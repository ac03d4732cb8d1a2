"""Jobs as JSON and back."""

from __future__ import annotations

from builders import a_clip
from hypothesis import given
from store.job_strategies import jobs

from sora_desktop.domain.job import Job, Ready, Trashed, Waiting
from sora_desktop.store import codec


@given(jobs)
def test_a_job_survives_the_conversion_to_text_and_back(job: Job) -> None:
    assert codec.job_from_text(codec.job_to_text(job)) == job


def test_a_job_in_the_trash_keeps_the_names_on_disk_of_its_phase_before() -> None:
    assert codec.to_text(Trashed(Waiting("No credits."), 7.5)) == (
        '{"phase":"waiting","details":{"held":"No credits."},"changed_at":7.5}'
    )
    in_trash = Trashed(Ready(a_clip(warning="Short.")), 7.5)
    text = codec.to_text(in_trash)
    assert '"remark":"Short."' in text
    assert codec.phase_from_text("trashed", text) == in_trash
