"""Which words of several texts differ."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

#: Common words between two changes that are marked with them: "golden hour" and "blue hour, moonrise" are one change.
_BRIDGED = 1
#: Share of common words below which two texts have little to do with each other: marks would be noise.
_LEAST_IN_COMMON = 0.2
#: Pairs of words that are compared at most. Two texts that need more differ from their first to their last change.
_MOST_PAIRS = 400_000
#: Letters of scripts that are written without spaces: each stands for itself.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x9FFF),  # Chinese, Japanese
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_JOINER = "\u200d"  # joins the characters beside it to one, as in emoji of families


class Span(NamedTuple):
    """A part of a text. An empty one marks where another text has more."""

    text: str
    is_changed: bool = False


Spans = tuple[Span, ...]


def words_of(text: str) -> list[str]:
    """The text in pieces: words, spaces, and single characters of other kinds. Together they are the text.

    Accents, vowel signs and parts of an emoji stay with the character that they belong to.
    """
    words: list[str] = []
    kind_before = ""
    for character in text:
        kind = _kind_of(character)
        joins = kind == "mark" or (words and words[-1].endswith(_JOINER))
        if words and (joins or (kind == kind_before and kind in ("word", "space"))):
            words[-1] += character
        else:
            words.append(character)
        kind_before = kind_before if joins and words else kind
    return words


def marked_against_first(texts: Sequence[str]) -> tuple[Spans, ...]:
    """Each text with the words marked that differ from the first one; the first, from any of the others.

    Nothing is marked in texts that have little in common, and nothing in the first if that is so of all the others.
    """
    words = [words_of(text) for text in texts]
    of_first: set[int] = set()
    spans: list[Spans] = []
    for other in words[1:]:
        mine, theirs = _changes(words[0], other)
        of_first |= mine
        spans.append(_spans(other, theirs))
    return (_spans(words[0], of_first), *spans)


def excerpt(spans: Spans, room: int) -> Spans:
    """The changed parts with as much around them as makes about `room` characters; an ellipsis where text is left out.

    Without changes, or if they alone need more, the beginning.
    """
    text = "".join(span.text for span in spans)
    if len(text) <= room:
        return spans
    first = next((number for number, span in enumerate(spans) if span.is_changed), None)
    if first is None:
        return (Span(_begin(text, room)),)
    begin = sum(len(span.text) for span in spans[:first])
    last = max(number for number, span in enumerate(spans) if span.is_changed)
    end = sum(len(span.text) for span in spans[: last + 1])
    around = room - (end - begin)
    if around < 0:  # the first change, and what follows it
        end = begin + room
        around = 0
    before = min(begin, around // 2)
    start = _word_border(text, begin - before, forward=True)
    stop = _word_border(text, min(len(text), end + around - before), forward=False)
    return _cut(spans, min(start, begin), max(stop, min(end, begin + room)))


def _cut(spans: Spans, start: int, stop: int) -> Spans:
    place, kept = 0, []
    for span in spans:
        part = span.text[max(start - place, 0) : max(stop - place, 0)]
        at = place
        place += len(span.text)
        if part or (not span.text and start <= at <= stop):
            kept.append(Span(part, span.is_changed))
    if start > 0:
        kept.insert(0, Span("… "))
    if stop < place:
        kept[-1] = kept[-1]._replace(text=kept[-1].text.rstrip())
        kept.append(Span(" …"))
    return tuple(kept)


def _begin(text: str, room: int) -> str:
    return text[: _word_border(text, room, forward=False) or room].rstrip() + " …"


def _word_border(text: str, place: int, *, forward: bool) -> int:
    """The nearest place within a word's length at which no word is cut; `place` if there is none."""
    if not 0 < place < len(text):
        return place
    steps = range(24)
    for step in steps:
        near = place + step if forward else place - step
        if 0 < near < len(text) and (text[near - 1].isspace() or text[near].isspace()):
            return near + 1 if forward and text[near].isspace() else near
    return place


def _changes(first: list[str], other: list[str]) -> tuple[set[int], set[int]]:
    """The numbers of the words of each that the other does not have at that place. Spaces do not count."""
    at_first, at_other = _places_without_spaces(first), _places_without_spaces(other)
    mine, theirs = [first[place] for place in at_first], [other[place] for place in at_other]
    begin = 0
    while begin < min(len(mine), len(theirs)) and mine[begin] == theirs[begin]:
        begin += 1
    end = 0
    while end < min(len(mine), len(theirs)) - begin and mine[-1 - end] == theirs[-1 - end]:
        end += 1
    changes = _joined(_opcodes(mine[begin : len(mine) - end], theirs[begin : len(theirs) - end]))
    lost = sum(high - low for low, high, _, _ in changes)
    if mine and (len(mine) - lost) / len(mine) < _LEAST_IN_COMMON:
        return set(), set()
    return (
        _numbers(first, at_first, [(begin + low, begin + high) for low, high, _, _ in changes]),
        _numbers(other, at_other, [(begin + low, begin + high) for _, _, low, high in changes]),
    )


def _places_without_spaces(words: list[str]) -> list[int]:
    return [place for place, word in enumerate(words) if not word.isspace()]


def _opcodes(mine: list[str], theirs: list[str]) -> list[tuple[int, int, int, int]]:
    """What is not common: where it begins and ends in each."""
    if len(mine) * len(theirs) > _MOST_PAIRS:
        return [(0, len(mine), 0, len(theirs))]
    codes = SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes()
    return [(low, high, low2, high2) for tag, low, high, low2, high2 in codes if tag != "equal"]


def _joined(changes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The changes, those with hardly a word between them as one."""
    joined: list[tuple[int, int, int, int]] = []
    for change in changes:
        if joined and change[0] - joined[-1][1] <= _BRIDGED:
            low, _, low2, _ = joined.pop()
            change = (low, change[1], low2, change[3])
        joined.append(change)
    return joined


def _numbers(words: list[str], places: list[int], ranges: Sequence[tuple[int, int]]) -> set[int]:
    """The numbers of the words in these ranges of `places`. An empty range is -1 - the number of the word after it."""
    numbers: set[int] = set()
    for low, high in ranges:
        if low < high:
            numbers |= set(range(places[low], places[high - 1] + 1))
        else:
            numbers.add(-1 - (places[low] if low < len(places) else len(words)))
    return numbers


def _spans(words: list[str], changed: set[int]) -> Spans:
    spans: list[Span] = []
    for number, word in enumerate(words):
        if -1 - number in changed and number not in changed:
            spans.append(Span("", True))
        is_changed = number in changed
        if spans and spans[-1].is_changed == is_changed and spans[-1].text:
            spans[-1] = Span(spans[-1].text + word, is_changed)
        else:
            spans.append(Span(word, is_changed))
    if -1 - len(words) in changed:
        spans.append(Span("", True))
    return tuple(spans)


def _kind_of(character: str) -> str:
    code = ord(character)
    if character.isspace():
        return "space"
    if "0" <= character <= "z":  # the usual case first
        return "word" if character.isalnum() else "sign"
    if any(low <= code <= high for low, high in _UNSPACED):
        return "mark" if unicodedata.category(character).startswith("M") else "letter"
    if character == _JOINER or 0x1F3FB <= code <= 0x1F3FF or unicodedata.category(character).startswith("M"):
        return "mark"
    if character in "'’_":
        return "word"
    return "word" if character.isalnum() else "sign"
