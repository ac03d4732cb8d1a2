"""How well an action fits what the user types into the palette."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

_START, _WORD_START, _INSIDE, _LETTERS, _OTHER_WORDS = 500, 400, 200, 100, 50
#: Letters that have to be typed before words count that are not shown.
_LEAST_OF_OTHER = 3


class Fit(NamedTuple):
    """A text that fits. A higher score is a better fit."""

    score: int
    letters: frozenset[int] = frozenset()  # places in the text that were typed


def fit_of(typed: str, text: str, also: str = "") -> Fit | None:
    """How well `text` fits what was typed; None if it does not. `also` are words that fit, too, but are not shown.

    Each word that was typed has to fit: as the start of the text, of one of its words, somewhere inside, or as letters
    of it in this order, of which the first begins a word. Case and accents do not count. Nothing typed fits everything.
    """
    plain, other = _folded(text), _folded(also)
    score, letters = 0, frozenset[int]()
    for word in _folded(typed).split():
        fit = _fit_of_word(word, plain)
        if fit is None:
            if len(word) < _LEAST_OF_OTHER or not any(each.startswith(word) for each in other.split()):
                return None
            fit = Fit(_OTHER_WORDS)
        score += fit.score
        letters |= fit.letters
    return Fit(score, letters)


def _fit_of_word(word: str, text: str) -> Fit | None:
    starts = [place for place in range(len(text)) if _begins_word(text, place)]
    if text.startswith(word):
        return Fit(_START, _run(0, word))
    for place in starts:
        if text.startswith(word, place):
            return Fit(_WORD_START, _run(place, word))
    if len(word) > 2 and (place := text.find(word)) >= 0:
        return Fit(_INSIDE, _run(place, word))
    for place in starts:
        if (letters := _spread_letters(word, text, place)) is not None:
            return Fit(_LETTERS, letters)
    return None


def _spread_letters(word: str, text: str, start: int) -> frozenset[int] | None:
    """The places of the letters, of which the first is at `start` and the others begin words or follow each other."""
    if text[start] != word[0]:
        return None
    places = [start]
    for letter in word[1:]:
        following = places[-1] + 1
        if following < len(text) and text[following] == letter:
            places.append(following)
            continue
        found = (at for at in range(following, len(text)) if text[at] == letter and _begins_word(text, at))
        place = next(found, -1)
        if place < 0:
            return None
        places.append(place)
    return frozenset(places)


def _begins_word(text: str, place: int) -> bool:
    return text[place].isalnum() and (place == 0 or not text[place - 1].isalnum())


def _run(start: int, word: str) -> frozenset[int]:
    return frozenset(range(start, start + len(word)))


def _folded(text: str) -> str:
    """The text in lower case without accents, with as many characters as before."""
    return "".join((unicodedata.normalize("NFD", letter)[0].lower() or letter)[0] for letter in text)
