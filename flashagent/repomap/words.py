"""Words of code and of prose: identifiers split at case changes, underscores and digits. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

IDENTIFIER = re.compile(r"[^\W\d]\w*")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")
MAX_IDENTIFIER = 80

# Words that carry nothing in an issue, a commit message or a body. Frequent words that code does use stay: their
# document frequency already makes them weak.
_STOPWORDS = """a about after all also an and any are as at be because been before being but by can cannot could did
do does doing done don down each even few for from get gets give go had has have having here how however i if in instead
into is it its itself just like make makes may me might more most much must my need needs no not now of off ok on
once one only or other our out over own per please same see seems should since so some still such t than that the
their them then there these they thing this those though through thus to too two up us use used uses using very
was way we well were what when where which while who why will with within without would yes yet you your
def self return"""
STOPWORDS = frozenset(_STOPWORDS.split())


@lru_cache(maxsize=200_000)
def terms_of(identifier: str) -> tuple[str, ...]:
    """The index terms of one identifier: its parts as stems and, when it has several, the whole in lower case."""
    if len(identifier) > MAX_IDENTIFIER:
        return ()
    whole = identifier.lower()
    parts = [whole] if whole == identifier and whole.isalpha() else _PARTS.findall(identifier)
    stems = [stem(part.lower()) for part in parts if len(part) > 1 and not part.isdigit()]
    if len(parts) > 1 or not stems:
        stems.append(whole)
    return tuple(dict.fromkeys([one for one in stems if len(one) > 1]))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A light English stem: plural, -ing and -ed endings go, so that 'parses', 'parsing' and 'parsed' meet 'parse'."""
    if len(word) <= 3 or not word.isascii():
        return word
    for ending, left in (
        ("ies", "y"),
        ("ings", ""),
        ("ing", ""),
        ("ied", "y"),
        ("ed", ""),
        ("es", ""),
        ("s", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + left
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def is_code_like(word: str) -> bool:
    """True for a word that is written as code: snake_case, camelCase, CapWords with two humps, or with digits."""
    return ("_" in word.strip("_") and len(word) > 3) or bool(re.search(r"[a-z]\d?[A-Z]|[A-Z]{2}[a-z]", word))
