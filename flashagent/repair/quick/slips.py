"""One slip of the keys in a text that does not parse: a bracket, comma, colon or quote too few, too many or another. Pure, of any
language: the caller parses.

Every place near the error is tried, so that a repair which is the only one with its meaning can be told from one of several.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from flashagent.dataclass import dataclass

_TOKEN = re.compile(r"\w+|[^\S\n]+|\n|.", re.DOTALL)
CLOSING = {"(": ")", "[": "]", "{": "}"}
OPENING = {closing: opening for opening, closing in CLOSING.items()}
MAX_PLACES = 240
TWO_NAMES = 4  # letters that may be two names which lost what stood between them
# What a text means when it parses, the same for layouts of the same program; None when it does not parse.
Meaning = Callable[[str], Hashable | None]


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a text in which one character may be wrong; `error` is where the parser complained."""

    text: str
    start: int
    end: int
    error: int

    def line(self, place: int) -> int:
        return self.text.count("\n", 0, place) + 1

    def tokens(self) -> list[re.Match[str]]:
        """Words and single characters, those nearest to the complaint when there are many."""
        found = [
            match for match in _TOKEN.finditer(self.text, self.start, self.end) if not match[0].isspace()
        ]
        found.sort(key=lambda match: abs(match.end() - self.error))
        return sorted(found[:MAX_PLACES], key=lambda match: match.start())

    def ends_line(self, place: int) -> bool:
        """Is there no code behind the place in its line?"""
        end = self.text.find("\n", place)
        rest = self.text[place : len(self.text) if end < 0 else end].strip()
        return not rest or rest.startswith(("#", "//"))


def distinct(candidates: Iterable[tuple[str, str]], meaning: Meaning, most: int) -> list[tuple[str, str]]:
    """Of candidate texts (with what was done to them) one for each meaning, the first; at most `most` and one."""
    found: dict[Hashable, tuple[str, str]] = {}
    tried: set[str] = set()
    for text, how in candidates:
        if text in tried:
            continue
        tried.add(text)
        meant = meaning(text)
        if meant is not None:
            found.setdefault(meant, (text, how))
            if len(found) > most:
                break
    return list(found.values())


def added(window: Window, signs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """One sign put in at the ends of tokens (opening ones and quotes also at their starts), at line ends first."""
    tokens = window.tokens()
    after = dict.fromkeys(match.end() for match in tokens)
    before = dict.fromkeys(match.start() for match in tokens)
    # A space at the end of a line may have been the end of a text.
    ends = {at: None for match in tokens if (at := _line_end(window.text, match.end())) <= window.end}
    for sign in signs:
        places = before if sign in CLOSING else {**after, **ends, **before} if sign in "\"'`" else after
        if sign == "(":
            places = {at: None for at in before if not _calls_unknown(window.text, at)}
        ordered = sorted(places, key=lambda at: (not window.ends_line(at), abs(at - window.error), at))
        for at in ordered:
            yield f"{window.text[:at]}{sign}{window.text[at:]}", f"{sign!r} added in line {window.line(at)}"


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _calls_unknown(text: str, at: int) -> bool:
    """Would a bracket here, before one that closes, call a name that stands nowhere else? Then a letter of it may belong inside."""
    return text[at : at + 1] == ")" and _unknown(text, at, 1)


def _unknown(text: str, at: int, least: int) -> bool:
    """Does a name of at least so many letters end here that the text has nowhere else?"""
    match = re.search(r"(?<!\w)([^\W\d]\w*)$", text[max(0, at - 80) : at])
    return match is not None and len(match[1]) >= least and len(re.findall(rf"\b{match[1]}\b", text)) < 2


def split(window: Window) -> Iterator[tuple[str, str]]:
    """An opening bracket put into a word, where both halves are words that the text uses elsewhere."""
    known = set(re.findall(r"[^\W\d]\w*", window.text))
    for match in window.tokens():
        for at in range(match.start() + 1, match.end()):
            left, right = window.text[match.start() : at], window.text[at : match.end()]
            if left in known and (right in known or right.isdigit()):
                for sign in CLOSING:
                    yield (
                        f"{window.text[:at]}{sign}{window.text[at:]}",
                        f"{sign!r} added in line {window.line(at)}",
                    )


def taken(window: Window, signs: str) -> Iterator[tuple[str, str]]:
    """One of the signs taken away, the nearest to the complaint first."""
    places = [match.start() for match in window.tokens() if match[0] in signs]
    for at in sorted(places, key=lambda at: (abs(at - window.error), at)):
        sign = window.text[at]
        if re.fullmatch(r"\w\w", window.text[at - 1 : at] + window.text[at + 1 : at + 2]):
            continue  # nobody writes one inside a word
        if sign in OPENING and _unknown(window.text, at, TWO_NAMES):
            continue  # the one that opens may be missing inside that word
        yield window.text[:at] + window.text[at + 1 :], f"{sign!r} taken away in line {window.line(at)}"


def exchanged(window: Window, signs: str) -> Iterator[tuple[str, str]]:
    """One of the signs made another of them, the nearest to the complaint first."""
    places = [match.start() for match in window.tokens() if match[0] in signs]
    for at in sorted(places, key=lambda at: (abs(at - window.error), at)):
        for sign in signs:
            if sign != window.text[at]:
                how = f"{window.text[at]!r} becomes {sign!r} in line {window.line(at)}"
                yield f"{window.text[:at]}{sign}{window.text[at + 1 :]}", how


def words(window: Window, replaced: Callable[[str], str | None]) -> Iterator[tuple[str, str]]:
    """One word made another, where `replaced` knows one."""
    for match in window.tokens():
        other = replaced(match[0]) if match[0].isidentifier() else None
        if other is not None:
            how = f"{match[0]} becomes {other} in line {window.line(match.start())}"
            yield f"{window.text[: match.start()]}{other}{window.text[match.end() :]}", how
