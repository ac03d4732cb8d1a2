"""The names of clips are readable in every script, and every file system takes them."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from builders import a_job
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.domain.job import Job, Waiting
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clips.clip_files import clip_name, name_of_length, read_clip_name

HINDI, THAI, BENGALI, TAMIL = "हिन्दी में पतंग", "ว่าวบนท้องฟ้า", "বাংলাদেশের নদী", "தமிழ்நாடு கடற்கரை"
PERSIAN, SINHALA = "می\u200cخواهم", "ශ්\u200dරී ලංකා"


def job_about(prompt: str) -> Job:
    return replace(a_job(Waiting()), request=VideoRequest(prompt))


def title_of(prompt: str) -> str:
    """The part of the clip's name that comes from the prompt."""
    job = job_about(prompt)
    return clip_name(job)[18 : -len(job.id[:8]) - 1]


@pytest.mark.parametrize(
    "prompt", [HINDI, THAI, BENGALI, TAMIL, PERSIAN, SINHALA, "שָׁלוֹם", "tiếng Việt", "e\u0323\u0302"]
)
def test_marks_and_joiners_stay_with_their_letters(prompt: str) -> None:
    assert title_of(prompt) == unicodedata.normalize("NFC", prompt)


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("a 👩‍👩‍👧 family", "a family"),
        ("sun ☀️ and ❤️‍🔥", "sun and"),
        ("\u200fעִבְרִית\u200e", "עִבְרִית"),
        ("un\u00adbreak\u200bable\ufeff", "unbreakable"),
        ("join\u200ded", "joined"),
        ("\u0301 a mark alone", "a mark alone"),
        ("a kite. . .", "a kite"),
        ('a/b\\c:d*e?f"g<h>i|j\0k\nl\tm', "a b c d e f g h i j k l m"),
        ("🪁🪁🪁", "clip"),
        ("\ud800 half a character", "half a character"),
    ],
)
def test_what_is_no_letter_leaves_no_rest(prompt: str, title: str) -> None:
    assert title_of(prompt) == title


@pytest.mark.parametrize("prompt", ["CON", "nul.", "LPT1", "aux.mp4", ".", "..", " ", "x."])
def test_names_that_windows_reserves_do_not_occur(prompt: str) -> None:
    name = clip_name(job_about(prompt))
    assert name[:4].isdigit() and not name.endswith((".", " "))


@pytest.mark.parametrize("letter", ["नि", "பொ", "ก้ำ", "e\u0323\u0302\u0301", "ක්\u200dෂ"])
@pytest.mark.parametrize("before", range(8))
def test_a_long_title_ends_between_two_characters(letter: str, before: int) -> None:
    letter = unicodedata.normalize("NFC", letter)
    title = title_of("a" * before + letter * 60)
    rest = title[before:]
    assert title.startswith("a" * before)
    assert rest == letter * (len(rest) // len(letter)) and len(rest) > 20
    assert len(title) <= 60 and len(title.encode()) <= 120


def test_a_conjunct_is_not_cut() -> None:
    assert name_of_length("कक्ष", bytes_=9) == name_of_length("कक्ष", bytes_=6) == "क"


@given(st.text(max_size=300))
def test_every_name_is_one_that_is_found_again(prompt: str) -> None:
    job = job_about(prompt)
    file = Path(f"{clip_name(job)}.mp4")
    for spelling in (file.name, unicodedata.normalize("NFD", file.name)):
        found = read_clip_name(Path(spelling))
        assert found is not None and found.fits(job)
    assert len(file.name.encode()) <= 200


@pytest.mark.parametrize(
    ("prompt", "earlier"),
    [(HINDI, "ह न द म पत ग"), (PERSIAN, "می خواهم"), ("a kite", "a kite"), ("ก้" * 80, "ก " * 29 + "ก")],
)
def test_a_clip_that_an_earlier_version_named_is_found(prompt: str, earlier: str) -> None:
    job = job_about(prompt)
    name = clip_name(job).replace(title_of(prompt), earlier)
    found = read_clip_name(Path(f"{name}.mp4"))
    assert found is not None and found.fits(job)
