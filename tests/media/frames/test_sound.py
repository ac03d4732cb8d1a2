"""Sound of clips: at any speed, from any moment on, repeated without a gap."""

from __future__ import annotations

import math
import queue
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest
from frame_reading import frame_reader
from sound_clips import LOUDEST, TONE, tone_clip
from waiting import PATIENCE

from sora_desktop.domain.frames import SoundRead
from sora_desktop.media.frame_table import FrameTable
from sora_desktop.media.frames.messages import ReadSound, Sound, StartSound
from sora_desktop.media.frames.sound_reader import SoundReader
from sora_desktop.media.frames.sound_source import SAMPLE_RATE, SoundSource
from sora_desktop.media.frames.sound_stream import SoundStream, tempo_factors
from sora_desktop.media.frames.work_marks import MARKS_SIZE, Part, WorkMark

SECOND = 1_000_000


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tone_clip(tmp_path_factory.mktemp("sound") / "tone.mp4")


@contextmanager
def source_of(file: Path) -> Iterator[SoundSource]:
    source = SoundSource(file, Fraction(0))
    try:
        yield source
    finally:
        source.close()


def left_of(samples: bytes) -> array[int]:
    """The samples of one channel."""
    return array("h", samples)[::2]


def hertz_of(samples: bytes) -> float:
    left = left_of(samples)
    rises = [at for at in range(1, len(left)) if left[at - 1] < 0 <= left[at]]
    return (len(rises) - 1) * SAMPLE_RATE / (rises[-1] - rises[0])


@pytest.mark.parametrize("speed", [0.1, 0.5, 1.0, 1.7, 4.0])
def test_the_pitch_is_kept_at_any_speed_and_the_end_is_that_of_the_clip(clip: Path, speed: float) -> None:
    with source_of(clip) as source:
        stream = SoundStream(source, SECOND, speed, 0, None, 2 * SECOND)
        blocks = list(iter(lambda: stream.read(4800), b""))
    samples = b"".join(blocks)
    assert len(left_of(samples)) == pytest.approx(SAMPLE_RATE / speed, rel=0.06)
    assert hertz_of(samples[4 * 4800 : -4 * 4800]) == pytest.approx(TONE, rel=0.02)


def test_a_moment_has_the_samples_that_the_file_has_there(clip: Path) -> None:
    with source_of(clip) as source:
        samples = left_of(b"".join(source.samples(30_000, 40_000)))
    assert len(samples) == 10_000
    wave = [LOUDEST * math.sin(2 * math.pi * TONE * at / SAMPLE_RATE) for at in range(30_000, 40_000)]
    assert max(abs(sample - right) for sample, right in zip(samples, wave, strict=True)) < LOUDEST / 20


def test_a_part_repeats_without_a_gap_or_a_click(clip: Path) -> None:
    period = SAMPLE_RATE // 2
    with source_of(clip) as source:
        stream = SoundStream(source, SECOND, 1.0, SECOND // 2, SECOND, 2 * SECOND)
        samples = left_of(stream.read(4 * period))
    assert len(samples) == 4 * period
    assert max(abs(samples[at] - samples[at + period]) for at in range(3 * period)) <= 2  # a decoder rounds
    steepest = 2 * math.pi * TONE / SAMPLE_RATE * LOUDEST
    assert max(abs(samples[at] - samples[at - 1]) for at in range(1, len(samples))) < 1.1 * steepest
    quiet = [at for at in range(0, len(samples), 48) if max(map(abs, samples[at : at + 218])) < LOUDEST / 20]
    assert quiet == []


def test_where_there_is_no_sound_there_is_silence(tmp_path: Path) -> None:
    file = tone_clip(tmp_path / "late.mkv", codec="pcm_s16le", rate=48000, start=1)
    with source_of(file) as source:
        samples = left_of(b"".join(source.samples(0, 3 * SAMPLE_RATE)))
    assert len(samples) == 3 * SAMPLE_RATE
    assert not any(samples[: SAMPLE_RATE - 10]) and not any(samples[2 * SAMPLE_RATE + 10 :])
    assert max(samples[SAMPLE_RATE + 1000 : 2 * SAMPLE_RATE]) > 0.9 * LOUDEST


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [("a.mkv", "libopus", 48000, "mono"), ("a.mkv", "flac", 22050, "5.1"), ("a.mp4", "ac3", 32000, "stereo")],
)
def test_other_codecs_rates_and_layouts_are_heard(
    tmp_path: Path, name: str, codec: str, rate: int, layout: str
) -> None:
    with source_of(tone_clip(tmp_path / name, codec=codec, rate=rate, layout=layout)) as source:
        assert hertz_of(b"".join(source.samples(SAMPLE_RATE // 2, SAMPLE_RATE))) == pytest.approx(TONE, rel=0.02)


@pytest.mark.parametrize("speed", [0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 8.0])
def test_a_speed_is_a_product_of_factors_that_the_filter_has(speed: float) -> None:
    assert math.prod(tempo_factors(speed)) == pytest.approx(speed)
    assert all(0.5 <= factor <= 2.0 for factor in tempo_factors(speed))


def test_sound_that_fails_in_the_decoder_is_silent_and_later_sound_is_heard(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: queue.SimpleQueue[Sound] = queue.SimpleQueue()
    mark = WorkMark(memoryview(bytearray(MARKS_SIZE)), 0, part=Part.SOUND)
    table = FrameTable(Fraction(1, 1000), (0,), 2000, (0,), False)
    reader = SoundReader(heard.put)
    with monkeypatch.context() as faulty:
        faulty.setattr(SoundStream, "read", lambda *_: [].pop())
        reader.start(StartSound(1, 0, 1, 0, 1.0, 0, None), clip, table, mark)
        reader.read(ReadSound(1, 1, 480))
        assert heard.get(timeout=PATIENCE).samples == b""
    reader.start(StartSound(1, 0, 2, 0, 1.0, 0, None), clip, table, mark)
    reader.read(ReadSound(1, 2, 480))
    assert len(heard.get(timeout=PATIENCE).samples) == 4 * 480
    reader.close()


def test_the_process_reads_a_stream_until_another_one_begins(clip: Path) -> None:
    with frame_reader() as reader:
        clips = reader.open(clip)
        assert clips.opened[0].has_sound

        def sounds() -> list[SoundRead]:
            return [event for event in clips.events if isinstance(event, SoundRead)]

        clips.set.start_sound(0, 1, start=0, speed=1.0, first=0, last=None)
        clips.set.read_sound(1, 4800)
        clips.wait(sounds)
        clips.set.start_sound(0, 2, start=2 * SECOND - 1000, speed=1.0, first=0, last=None)
        clips.set.read_sound(1, 4800)  # too late
        clips.set.read_sound(2, 4800)
        clips.set.read_sound(2, 4800)
        clips.wait(lambda: len(sounds()) == 3)
    assert [(sound.stream, len(sound.samples)) for sound in sounds()] == [(1, 4 * 4800), (2, 4 * 48), (2, 0)]
