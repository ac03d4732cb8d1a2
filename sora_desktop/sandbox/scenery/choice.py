"""Which motif, hour and weather the words of a prompt ask for."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sora_desktop.sandbox.scenery.light import Hour
from sora_desktop.sandbox.scenery.motifs.balloons import balloons
from sora_desktop.sandbox.scenery.motifs.butterfly import butterfly
from sora_desktop.sandbox.scenery.motifs.cat import cat
from sora_desktop.sandbox.scenery.motifs.dunes import dunes
from sora_desktop.sandbox.scenery.motifs.fern import fern
from sora_desktop.sandbox.scenery.motifs.ink import ink
from sora_desktop.sandbox.scenery.motifs.jellyfish import jellyfish
from sora_desktop.sandbox.scenery.motifs.lanterns import lanterns
from sora_desktop.sandbox.scenery.motifs.lighthouse import lighthouse
from sora_desktop.sandbox.scenery.motifs.meadow import meadow
from sora_desktop.sandbox.scenery.motifs.mountains import mountains
from sora_desktop.sandbox.scenery.motifs.northern_lights import northern_lights
from sora_desktop.sandbox.scenery.motifs.planet import planet
from sora_desktop.sandbox.scenery.motifs.sailboat import sailboat
from sora_desktop.sandbox.scenery.motifs.silk import silk
from sora_desktop.sandbox.scenery.motifs.skyline import skyline
from sora_desktop.sandbox.scenery.motifs.wet_street import wet_street
from sora_desktop.sandbox.scenery.motifs.winter import winter
from sora_desktop.sandbox.scenery.motifs.woods import woods
from sora_desktop.sandbox.scenery.stage import Motif
from sora_desktop.sandbox.scenery.weather import Weather


@dataclass(frozen=True, slots=True)
class Subject:
    """A motif, the hours and the ambience that suit it, and the words that ask for it.

    A stem of up to three letters is a whole word, a longer one the beginning of a word; one with a space, and one in a
    script without spaces, is found anywhere.
    """

    motif: Motif
    hours: Sequence[Hour]
    ambience: str
    stems: str
    is_outdoors: bool = True


_LANDSCAPE = (Hour.DAWN, Hour.DAY, Hour.GOLDEN, Hour.DUSK)
_ALWAYS = tuple(Hour)

SUBJECTS: Mapping[str, Subject] = {
    "sailboat": Subject(
        sailboat,
        (Hour.GOLDEN, Hour.GOLDEN, Hour.DUSK, Hour.DAWN, Hour.DAY),
        "sea",
        "sea seas seaside ocean bay boat ship sail yacht beach coast surf wave harbor harbour island fish whale "
        "meer mer mar mare barco bateau schiff strand plage playa 海 船 바다 море",
    ),
    "lighthouse": Subject(
        lighthouse, (Hour.DUSK, Hour.NIGHT), "sea", "lighthouse beacon cliff leuchtturm phare faro 灯台 灯塔 등대 маяк"
    ),
    "jellyfish": Subject(
        jellyfish,
        _ALWAYS,
        "water",
        "jellyfish underwater aquarium reef coral dive diver diving qualle medusa méduse 水母 クラゲ 水中 медуз",
        is_outdoors=False,
    ),
    "lanterns": Subject(
        lanterns,
        (Hour.DUSK, Hour.NIGHT),
        "night",
        "lantern festival candle firework laterne lampion farol 提灯 灯笼 фонар",
    ),
    "mountains": Subject(
        mountains,
        _LANDSCAPE,
        "wind",
        "mountain ridge peak valley alps alpine hill canyon drone eagle bird landscape berg montagne montaña monta "
        "山 산 горы",
    ),
    "dunes": Subject(
        dunes, _LANDSCAPE, "wind", "desert dune sand camel caravan sahara wüste desierto 沙漠 砂漠 사막 пустын"
    ),
    "winter": Subject(
        winter,
        (Hour.DAWN, Hour.DAY, Hour.DUSK, Hour.NIGHT),
        "wind",
        "snow winter ice icy frost cabin ski sled christmas blizzard schnee neige 雪 冬 눈 снег зим",
    ),
    "meadow": Subject(
        meadow,
        (Hour.DAY, Hour.GOLDEN, Hour.DAWN),
        "meadow",
        "meadow field flower grass garden farm spring summer picnic horse dog puppy retriever poppy tulip wiese "
        "prairie pradera 花 草原 цвет",
    ),
    "balloons": Subject(
        balloons, (Hour.DAWN, Hour.DAY, Hour.GOLDEN), "wind", "balloon airship kite sky fly flying 気球 气球 шар"
    ),
    "woods": Subject(
        woods,
        _ALWAYS,
        "forest",
        "forest wood tree pine jungle fox deer bear owl firefl moss bamboo wald forêt bosque 森 林 숲 лес",
    ),
    "skyline": Subject(
        skyline,
        (Hour.NIGHT, Hour.NIGHT, Hour.DUSK),
        "city",
        "city cities skyline skyscraper tower bridge downtown urban building metropolis traffic tokyo york london "
        "paris stadt ville ciudad 城 街 都市 도시 город",
    ),
    "wet street": Subject(
        wet_street,
        _ALWAYS,
        "rain",
        "rain rainy neon street alley puddle gutter umbrella cyberpunk taxi car robot paper\xa0boat regen pluie lluvia "
        "雨 비 дождь",
        is_outdoors=False,
    ),
    "northern lights": Subject(
        northern_lights,
        (Hour.NIGHT,),
        "night",
        "aurora northern\xa0light polar iceland norway nordlicht オーロラ 极光 오로라 сияни",
    ),
    "planet": Subject(
        planet,
        (Hour.NIGHT,),
        "quiet",
        "space planet galaxy cosmos cosmic astronaut rocket orbit nebula universe saturn mars weltraum espacio "
        "宇宙 太空 우주 космос",
        is_outdoors=False,
    ),
    "fern": Subject(
        fern,
        _ALWAYS,
        "forest",
        "fern macro leaf leaves plant unfurl frond sprout dew farn fougère 葉 叶",
        is_outdoors=False,
    ),
    "butterfly": Subject(
        butterfly,
        _ALWAYS,
        "meadow",
        "butterfl bee insect petal blossom moth dragonfl schmetterling papillon mariposa 蝶 나비 бабоч",
        is_outdoors=False,
    ),
    "cat": Subject(
        cat,
        (Hour.DUSK, Hour.GOLDEN, Hour.NIGHT),
        "quiet",
        "cat kitten window curtain room sofa cozy katze chat gato gatto 猫 고양이 кошк кот",
        is_outdoors=False,
    ),
    "silk": Subject(
        silk,
        _ALWAYS,
        "quiet",
        "abstra silk ribbon pattern geometr gradient color flow dream music 抽象",
        is_outdoors=False,
    ),
    "ink": Subject(
        ink, _ALWAYS, "water", "ink paint watercolor smoke studio liquid tinte encre tinta 墨 чернил", is_outdoors=False
    ),
}

_HOURS: Mapping[Hour, str] = {
    Hour.DAWN: "dawn sunrise morning first\xa0light daybreak",
    Hour.GOLDEN: "sunset golden\xa0hour sundown golden",
    Hour.DUSK: "dusk twilight evening blue\xa0hour",
    Hour.NIGHT: "night midnight moon moonlight moonrise starry stars",
    Hour.DAY: "day daylight noon midday sunny",
}
_WEATHERS: Mapping[Weather, str] = {
    Weather.SNOW: "snow blizzard",
    Weather.RAIN: "rain rainy storm drizzle",
    Weather.FOG: "fog foggy mist misty haze",
}


@dataclass(frozen=True, slots=True)
class SceneChoice:
    """What is painted. `weather` is what the motif does not show by itself."""

    subject: Subject
    hour: Hour
    weather: Weather | None


def choose(prompt: str, rng: random.Random) -> SceneChoice:
    """What most words of the prompt ask for; the earliest one counts twice. The rest is left to chance."""
    by_chance = rng.choice(sorted(SUBJECTS))
    subject = SUBJECTS[_most_wanted(prompt, {name: one.stems for name, one in SUBJECTS.items()}) or by_chance]
    weather = _most_wanted(prompt, _WEATHERS) if subject.is_outdoors else None
    if weather is Weather.SNOW and subject.motif in (meadow, winter):
        subject, weather = SUBJECTS["winter"], None
    by_chance_hour = rng.choice(subject.hours)
    return SceneChoice(subject, _most_wanted(prompt, _HOURS) or by_chance_hour, weather)


T = TypeVar("T")


def _most_wanted(prompt: str, stems: Mapping[T, str]) -> T | None:
    text = _plain(prompt)
    words = [(found.start(), found.group()) for found in re.finditer(r"\w+", text)]

    def places(stem: str) -> Iterator[int]:
        if "\xa0" in stem or stem > "\u2e80":
            found = text.find(stem.replace("\xa0", " "))
            yield from [found] * (found >= 0) * 2
        for place, word in words:
            if word.startswith(stem) if len(stem) > 3 else word in (stem, f"{stem}s"):
                yield place

    ranked = []
    for key, names in stems.items():
        found = [place for stem in names.split(" ") for place in places(_plain(stem))]
        if found:
            ranked.append((len(found), min(found), key))
    earliest = min((place for _, place, _ in ranked), default=0)
    wanted = sorted(ranked, key=lambda entry: (-entry[0] - (entry[1] == earliest), entry[1]))
    return wanted[0][2] if wanted else None


def _plain(text: str) -> str:
    """Small letters without accents."""
    parts = unicodedata.normalize("NFD", text.casefold())
    return unicodedata.normalize("NFC", "".join(letter for letter in parts if not unicodedata.combining(letter)))
