"""From evidence to a ranking: weigh features, add them up, say why. Pure: values in, values out."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from flashagent.dataclass import dataclass

Features = Mapping[str, Mapping[str, float]]

# What a feature means in words; `{}` takes the detail that was noted for it.
REASONS: Mapping[str, str] = {
    "functions": "its functions use the words of the query{}",
    "function": "one of its functions uses the words of the query{}",
    "text": "its text uses the words of the query{}",
    "code": "it uses what the query writes as code{}",
    "again": "it shares names with functions that fit{}",
    "names": "it uses names from the query{}",
    "defines": "it defines names from the query{}",
    "mention": "the query names it{}",
    "path": "its path has words of the query{}",
    "frame": "it is in the stack trace{}",
    "covered": "the failing test runs it{}",
    "tests": "tests that fit the query are about it{}",
    "failing_test": "the failing test is about it{}",
    "imported": "files that fit import it{}",
    "folder": "it stands beside files that fit{}",
    "size": "it is long enough to hold much{}",
    "recent": "it changed lately{}",
    "together": "it changes together with files that fit{}",
    "similar": "commits with similar messages changed it{}",
    "given": "it was named or changed by the user{}",
    "words": "its body uses the words of the query{}",
    "file": "its file ranks high{}",
    "place": "its file is among the first{}",
    "using": "it uses what fits the query{}",
    "name": "its name has words of the query{}",
    "called": "the failing test calls it{}",
    "told": "commits with similar messages changed it{}",
    "late": "it changed in the last few commits{}",
    "cover": "it has many of the words of the query{}",
    "span": "it is long enough to hold much{}",
    "order": "it fits better than the rest of its file{}",
    "test": "it is a test{}",
}
_MAX_REASONS = 5
_LEXICAL = frozenset({"functions", "function", "text", "words", "code", "cover"})
# What moves many places a little says nothing about this one.
_UNTOLD = frozenset({"size", "place", "span", "order"})
_MIN_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score and the parts (feature, value) that add up to it, in the order of the features."""

    key: str
    score: float
    parts: tuple[tuple[str, float], ...]


def scaled(scores: Mapping[str, float]) -> dict[str, float]:
    """The scores divided by the largest, so that they lie between 0 and 1."""
    top = max(scores.values(), default=0.0)
    return {key: value / top for key, value in scores.items()} if top > 0 else {}


def totals(features: Features, weights: Mapping[str, float]) -> dict[str, float]:
    """The score of every candidate that any feature knows."""
    found: dict[str, float] = {}
    for feature, values in features.items():
        weight = weights.get(feature, 0.0)
        if weight:
            for key, value in values.items():
                found[key] = found.get(key, 0.0) + weight * value
    return found


def combine(features: Features, weights: Mapping[str, float], *, limit: int = 1000) -> list[Ranked]:
    """The best candidates that any feature knows, at most `limit`; equal scores in the order of their keys."""
    scores = totals(features, weights)
    parts: dict[str, list[tuple[str, float]]] = {
        key: [] for key in heapq.nsmallest(limit, scores, key=lambda key: (-scores[key], key))
    }
    for feature, values in features.items():
        if weight := weights.get(feature, 0.0):
            for key in parts.keys() & values.keys():
                if value := values[key]:
                    parts[key].append((feature, weight * value))
    return [Ranked(key, scores[key], tuple(found)) for key, found in parts.items() if found]


def reasons(ranked: Ranked, details: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    """The strongest parts in words; `details` maps (feature, key) to what exactly was found."""
    parts = sorted(ranked.parts, key=lambda part: (-part[1], part[0]))
    total = sum(value for _, value in parts if value > 0) or 1.0
    told = [one for one in parts if one[1] > _MIN_SHARE * total and one[0] not in _UNTOLD]
    # Four ways of counting the same words are one reason; what is particular to this place comes first.
    particular = [part for part in told if part[0] not in _LEXICAL]
    counted = [part for part in told if part[0] in _LEXICAL][:1]
    told = particular[:_MAX_REASONS] + counted + [part for part in parts if part[1] < 0]
    words = []
    for feature, _ in told:
        detail = details.get((feature, ranked.key), "")
        words.append(REASONS.get(feature, feature + "{}").format(f": {detail}" if detail else ""))
    return tuple(words)
