"""The sound of a clip: soft noise of sea, wind, rain or city, voices of animals, and a quiet chord."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import av
import av.filter
from av.audio.frame import AudioFrame

SOUND_RATE = 48_000
#: Samples of a frame.
FRAME_SIZE = 1024
#: Samples a second of voices that are computed, whose tones stay below 5 kHz.
_VOICE_RATE = 12_000
_FADE_IN, _FADE_OUT = 0.5, 0.9

#: A voice is a chain of FFmpeg's filters, the source first. {seed} is a number, {a} and {b} phases, {d} the length.
_VOICES: Mapping[str, str] = {
    "waves": "anoisesrc=c=brown:a=0.5:s={seed}|lowpass=f=1100|volume='0.2+0.8*pow(sin(0.44*t+{a}),2)':eval=frame",
    "spray": "anoisesrc=c=pink:a=0.3:s={seed}|highpass=f=1600|volume='0.04+0.5*pow(sin(0.44*t+{a}-0.5),6)':eval=frame",
    "wind": "anoisesrc=c=pink:a=0.5:s={seed}|bandpass=f=420:width_type=o:w=1.6|"
    "volume='0.55+0.45*sin(0.6*t+{a})*sin(0.23*t+{b})':eval=frame",
    "leaves": "anoisesrc=c=pink:a=0.18:s={seed}|highpass=f=2200|volume='0.4+0.35*sin(0.8*t+{b})':eval=frame",
    "hum": "anoisesrc=c=brown:a=0.6:s={seed}|lowpass=f=240|volume='0.8+0.2*sin(0.5*t+{a})':eval=frame",
    "traffic": "anoisesrc=c=pink:a=0.3:s={seed}|bandpass=f=700:width_type=o:w=1.5|"
    "volume='0.1+0.5*pow(sin(0.31*t+{b}),8)':eval=frame",
    "rain": "anoisesrc=c=white:a=0.14:s={seed}|highpass=f=900|lowpass=f=7500",
    "deep": "anoisesrc=c=brown:a=0.7:s={seed}|lowpass=f=180|volume='0.7+0.3*sin(0.9*t+{a})':eval=frame",
    "crickets": "aevalsrc='0.035*sin(2*PI*4300*t)*pow(max(0,sin(2*PI*17*t)),3)*pow(max(0,sin(2*PI*0.7*t+{a})),0.4)"
    "+0.02*sin(2*PI*3900*t)*pow(max(0,sin(2*PI*13*t)),3)*pow(max(0,sin(2*PI*0.43*t+{b})),0.4)'",
    "birds": "aevalsrc='0.05*sin(2*PI*3100*t+30*sin(2*PI*9*t))*pow(max(0,sin(1.3*t+{a})),24)"
    "+0.04*sin(2*PI*2500*t+40*sin(2*PI*5.5*t))*pow(max(0,sin(0.9*t+{b})),30)'",
    "chord": "aevalsrc='{chord}'",
}

#: The voices of each ambience, with their loudness.
AMBIENCES: Mapping[str, Sequence[tuple[str, float]]] = {
    "sea": (("waves", 0.9), ("spray", 0.7), ("chord", 0.5)),
    "wind": (("wind", 0.8), ("chord", 0.6)),
    "meadow": (("leaves", 0.7), ("wind", 0.3), ("birds", 0.8), ("chord", 0.5)),
    "forest": (("leaves", 0.8), ("birds", 0.5), ("crickets", 0.6), ("chord", 0.5)),
    "night": (("crickets", 1.0), ("wind", 0.3), ("chord", 0.7)),
    "city": (("hum", 0.7), ("traffic", 0.8), ("chord", 0.5)),
    "rain": (("rain", 0.9), ("hum", 0.4), ("chord", 0.6)),
    "water": (("deep", 0.9), ("chord", 0.9)),
    "quiet": (("chord", 1.0),),
}
_CHORDS = ((0, 7, 12, 16, 23), (0, 7, 12, 15, 22), (0, 5, 12, 16, 19), (0, 7, 14, 16, 21))


def ambience_frames(name: str, rng: random.Random, duration: float) -> Iterator[AudioFrame]:
    """The frames of an ambience, `duration` seconds in all, faded in and out. Mono, 48 kHz, floating point, planar."""
    graph = av.filter.Graph()
    voices = AMBIENCES[name]
    values = {"a": f"{rng.uniform(0, 6):.2f}", "b": f"{rng.uniform(0, 6):.2f}", "chord": _chord(rng)}
    ends = []
    for voice, loudness in voices:
        chain = _VOICES[voice].format(seed=rng.randrange(1 << 30), **values).split("|")
        source, *filters = chain[0].split("=", 1)
        rate = f"r={SOUND_RATE}" if source == "anoisesrc" else f"s={_VOICE_RATE}"
        last = graph.add(source, f"{filters[0]}:{rate}:d={duration}")
        for one in [*chain[1:], f"volume={loudness}", f"aresample={SOUND_RATE}"]:
            following = graph.add(*one.split("=", 1))
            last.link_to(following)
            last = following
        ends.append(last)
    mixed = graph.add("amix", f"inputs={len(ends)}:normalize=0")
    for index, end in enumerate(ends):
        end.link_to(mixed, 0, index)
    last = mixed
    for filter_name, options in (
        ("afade", f"t=in:d={_FADE_IN}"),
        ("afade", f"t=out:st={max(0.0, duration - _FADE_OUT)}:d={_FADE_OUT}"),
        ("asetnsamples", f"n={FRAME_SIZE}:p=0"),
        ("aformat", "sample_fmts=fltp:channel_layouts=mono"),
        ("abuffersink", None),
    ):
        following = graph.add(filter_name, options)
        last.link_to(following)
        last = following
    graph.configure()
    while True:
        try:
            yield cast(AudioFrame, graph.pull())
        except (av.EOFError, av.BlockingIOError):
            return


def _chord(rng: random.Random) -> str:
    """A chord whose notes swell one after another, as an expression of FFmpeg."""
    base = 110 * 2 ** (rng.randrange(-2, 6) / 12)
    notes = []
    for index, step in enumerate(rng.choice(_CHORDS)):
        pitch, pace = base * 2 ** (step / 12), rng.uniform(0.25, 0.7)
        swell = f"(0.55+0.45*sin({pace:.2f}*t+{rng.uniform(0, 6):.2f}))"
        notes.append(f"{0.075 / (1 + 0.25 * index):.3f}*{swell}*sin(2*PI*{pitch:.2f}*t)")
    return "+".join(notes)
