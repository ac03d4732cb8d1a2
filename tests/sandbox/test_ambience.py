"""The sound of clips: soft, as long as the clip, and without a click at its ends."""

from __future__ import annotations

import random
from array import array

import pytest

from sora_desktop.sandbox.ambience import AMBIENCES, SOUND_RATE, ambience_frames


def samples(name: str, seed: int, duration: float = 3) -> array[float]:
    """All samples of an ambience."""
    heard = array("f")
    for frame in ambience_frames(name, random.Random(seed), duration):
        heard.frombytes(bytes(frame.planes[0])[: frame.samples * 4])
    return heard


@pytest.mark.parametrize("name", sorted(AMBIENCES))
def test_an_ambience_is_soft_and_fades(name: str) -> None:
    heard = samples(name, 1)
    assert len(heard) == 3 * SOUND_RATE
    assert 0.02 < max(abs(value) for value in heard) < 0.9
    assert max(abs(value) for value in [*heard[:100], *heard[-100:]]) < 0.01


def test_a_seed_gives_its_own_sound() -> None:
    assert samples("sea", 1) == samples("sea", 1)
    assert samples("sea", 1) != samples("sea", 2)
