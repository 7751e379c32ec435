"""Does an edit read like the rest of its file? Code repeats itself, and right code repeats itself more than wrong code.

Pure. A cache model of neighbouring tokens over one file (Hindle et al. 2012; that faults are less natural than their
fixes: Ray et al. 2016). Cheap enough for every candidate: only the tokens around an edit are looked at.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable

from flashagent.dataclass import dataclass
from flashagent.repair.source import Edit

_TOKEN = re.compile(
    r"#[^\n]*|[A-Za-z_]\w*|\d[\w.]*|(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|\*\*=?|//=?|<<=?|>>=?|[-+*/%&|^=!<>:]=|->|\S",
    re.DOTALL,
)
CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """What an edit changes for a reader: `strange` of its new neighbouring pairs of tokens stand nowhere else in the file
    (`was_strange` of the old ones occur only here), `fresh` of its names the function does not have, `grown` tokens more."""

    strange: int
    was_strange: int
    pairs: int
    fresh: int
    told: int
    grown: int


class Fluency:
    """The tokens of one file, and how often each stands beside each."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        for match in _TOKEN.finditer(text):
            if match.group()[0] != "#":
                self._tokens.append(match.group())
                self._starts.append(match.start())
                self._ends.append(match.end())
        self._pairs: dict[tuple[str, str], int] = {}
        for pair in zip(self._tokens, self._tokens[1:], strict=False):
            self._pairs[pair] = self._pairs.get(pair, 0) + 1

    def read(self, edits: Iterable[Edit], names: frozenset[str], told: frozenset[str]) -> Reading:
        """An edit beside the file as it is. `names` are those of the function, `told` the words of the failing tests."""
        strange = was = pairs = fresh = hinted = grown = 0
        for edit in edits:
            # Tokens that the edit touches, and those around them.
            first = bisect.bisect_right(self._ends, edit.start - 1)
            while first and self._ends[first - 1] > edit.start:
                first -= 1
            last = bisect.bisect_left(self._starts, edit.end)
            last = max(first, last)
            low = self._starts[first] if first < last else edit.start
            high = self._ends[last - 1] if first < last else edit.end
            low, high = min(low, edit.start), max(high, edit.end)
            text = self._text[low : edit.start] + edit.text + self._text[edit.end : high]
            new = [t for t in _TOKEN.findall(text) if t[0] != "#"]
            old = self._tokens[first:last]
            before, after = self._tokens[max(0, first - 1) : first], self._tokens[last : last + 1]
            fresh_pairs = [*before, *new, *after]
            old_pairs = [*before, *old, *after]
            gone: dict[tuple[str, str], int] = {}
            for pair in zip(old_pairs, old_pairs[1:], strict=False):
                gone[pair] = gone.get(pair, 0) + 1
            for pair in zip(fresh_pairs, fresh_pairs[1:], strict=False):
                if pair in gone:
                    continue
                pairs += 1
                strange += pair not in self._pairs
            added = zip(fresh_pairs, fresh_pairs[1:], strict=False)
            kept = set(added)
            was += sum(self._pairs.get(p, 0) <= n for p, n in gone.items() if p not in kept)
            there = set(old)
            words = [t for t in new if t not in there and (t[0].isalpha() or t[0] in "_'\"0123456789")]
            fresh += sum(t not in names for t in words)
            hinted += sum(t in told for t in words)
            grown += len(new) - len(old)
        return Reading(strange, was, pairs, fresh, hinted, grown)
