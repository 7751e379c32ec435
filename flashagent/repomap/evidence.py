"""What a query says: weighted words, names written as code, paths, stack frames. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter

from flashagent.dataclass import dataclass
from flashagent.repomap.prose import WEAK_TERMS
from flashagent.repomap.sources import is_test
from flashagent.repomap.words import IDENTIFIER, STOPWORDS, is_code_like, terms_of
from flashagent.values import Failure, FocusQuery, Frame

MAX_TEXT = 60_000
_TITLE_WEIGHT = 1.5
# A request says first what it is about; what comes up only later is detail.
_OPENING = 1000
_LATER_WEIGHT = 0.6
_WEAK_WEIGHT = 0.4
_REPEATED = 0.5
_TEST_ID_WEIGHT = 0.5
# Every pattern starts at a word's or line's start and is bounded, so that no text takes more than linear time.
_PATH_TOKEN = re.compile(r"[\w.@+/\\-]{3,250}")
_SUFFIX = re.compile(r"[A-Za-z]\w{0,5}")
_DOTTED = re.compile(r"(?<!\w)[^\W\d]\w{0,80}(?:(?:\.|::|#|->)[^\W\d]\w{0,80}){1,12}")
_QUOTED = re.compile(r"(?<!`)`{1,3}([^`\n]{1,120})`|(?<!\w)'([^'\n\s]{1,80})'(?!\w)|\"([^\"\n\s]{1,80})\"")
_CALL = re.compile(r"(?<!\w)([^\W\d]\w{0,80})\s?\(")
_FRAMES = (
    re.compile(
        r'File "(?P<path>[^"\n]{1,300})", line (?P<line>\d{1,9})(?:, in (?P<function>[\w.<>]{1,120}))?'
    ),
    re.compile(
        r"^[ \t]{1,40}at (?:async )?(?:(?P<function>[^\s(]{1,200}) ?\()?(?P<path>[^\s():]{1,300})"
        r":(?P<line>\d{1,9})(?::\d{1,9})?\)?[ \t]*$",
        re.M,
    ),
    re.compile(
        r"^(?:[ \t]{0,40}-->[ \t]{0,4})?(?P<path>[\w./@+-]{1,300}\.\w{1,5}):(?P<line>\d{1,9})(?::\d+)?(?::? in (?P<function>\w{1,120}))?",
        re.M,
    ),
)
# What runners and interpreters print around the facts.
_RUNNER_WORDS = re.compile(
    r"^[ \t]{0,20}(?:E[ \t]{1,9})?Traceback \(most recent call last\):?|^E?[ \t]{0,20}(?:AssertionError\b:?|assert(?=[ (]))"
    r"|^[ \t]{0,20}File (?=\"[^\"\n]{1,300}\", line \d)|(?<=\"), line (?=\d{1,9}\b)|^E[ \t]{2,9}",
    re.M,
)
_ASSERT = re.compile(r"^\s{0,20}(?:AssertionError\b:?\s{0,9})?(?:assert\b)?")
_MARKED = 0.7
_QUOTED_ALONE = 1.0
_MAX_NAMES = 400
_MAX_PATHS = 300


@dataclass(frozen=True, slots=True)
class Evidence:
    """A query taken apart. `words`: term -> weight; `code`: the terms of what is marked as code. `names`: identifier as written -> weight. `paths`: texts that look
    like a path or a dotted module. `frames`: (frame, weight), the innermost project frame of a failure weighing 1. `spelled`: how
    the text writes a term."""

    words: dict[str, float]
    code: dict[str, float]
    names: dict[str, float]
    paths: tuple[str, ...]
    frames: tuple[tuple[Frame, float], ...]
    tests: tuple[str, ...]
    spelled: dict[str, str]


def read_query(query: FocusQuery) -> Evidence:
    """The evidence in the goal's text and in the failures' messages, frames and test ids."""
    text = query.text[:MAX_TEXT]
    messages = [_message(one) for one in query.failures[:20]]
    whole = "\n".join([text, *messages])
    spoken = _RUNNER_WORDS.sub(" ", whole)
    tested = "\n".join(one.test_id for one in query.failures[:20])
    title = _words(text.lstrip().partition("\n")[0])
    opening = _words(spoken[:_OPENING])
    words = {
        term: weight if term in opening else _LATER_WEIGHT * weight for term, weight in _words(spoken).items()
    }
    # A failing test's id names where the failure shows, not where it comes from.
    for term, weight in _words(tested).items():
        words[term] = max(words.get(term, 0.0), _TEST_ID_WEIGHT * weight)
    for term, weight in title.items():
        words[term] = words.get(term, 0.0) + _TITLE_WEIGHT * weight
    frames = tuple(_failure_frames(query.failures)) + tuple(_text_frames(whole))
    tests = dict.fromkeys(path for one in query.failures for path in _test_files(one))
    names = _names(spoken)
    code = _code(names)
    return Evidence(words, code, names, _paths(whole), frames, tuple(tests), _spelled(spoken))


def _message(failure: Failure) -> str:
    """What a failure says; that an assertion failed is no word of the program."""
    exception = "" if failure.exception.rpartition(".")[2] == "AssertionError" else failure.exception
    message = _ASSERT.sub("", failure.message)
    return f"{exception} {message} {failure.expected} {failure.actual}"[:4000]


def _code(names: dict[str, float]) -> dict[str, float]:
    """Term -> the weight of the surest name that has it, of the names that the writer marks as code."""
    terms: dict[str, float] = {}
    for name, weight in names.items():
        if weight >= _MARKED:
            for term in terms_of(name):
                terms[term] = max(terms.get(term, 0.0), weight)
    return terms


def _words(text: str) -> dict[str, float]:
    """Term -> its weight: a word said ten times weighs about twice as much as one said once."""
    counts: Counter[str] = Counter()
    for identifier, times in Counter(IDENTIFIER.findall(text)).items():
        if identifier.lower() not in STOPWORDS:
            for term in terms_of(identifier):
                counts[term] += times
    return {
        term: (1.0 + _REPEATED * math.log(times)) * (_WEAK_WEIGHT if term in WEAK_TERMS else 1.0)
        for term, times in counts.items()
    }


def _spelled(text: str) -> dict[str, str]:
    """Term -> the shortest word that it stands for here."""
    found: dict[str, str] = {}
    for word in sorted(set(IDENTIFIER.findall(text)), key=lambda word: (len(word), word)):
        for term in terms_of(word):
            found.setdefault(term, word)
    return found


def _names(text: str) -> dict[str, float]:
    """Identifiers that the writer marks as code: by quotes 1.0, by a dotted path 0.9, a call 0.8, their shape 0.7."""
    names: dict[str, float] = {}

    def note(name: str, weight: float) -> None:
        # One or two letters are a name only where they are marked as one.
        if (len(name) > 2 or weight >= _MARKED) and (
            name.lower() not in STOPWORDS or weight >= _QUOTED_ALONE
        ):
            names[name] = max(names.get(name, 0.0), weight)

    for found in _QUOTED.finditer(text):
        quoted = next(group for group in found.groups() if group)
        inside = IDENTIFIER.findall(quoted)
        for name in inside:
            note(name, 1.0 if len(inside) <= 3 else 0.6)
    for found in _DOTTED.finditer(text):
        for name in IDENTIFIER.findall(found.group()):
            note(name, 0.9)
    for found in _CALL.finditer(text):
        note(found.group(1), 0.8)
    for name in IDENTIFIER.findall(text):
        if is_code_like(name):
            note(name, 0.7)
        elif name[:1].isupper() and len(name) > 3:
            note(name, 0.3)
        elif len(name) > 3:
            note(name, 0.15)
    return dict(sorted(names.items(), key=lambda item: -item[1])[:_MAX_NAMES])


def _paths(text: str) -> tuple[str, ...]:
    """The texts with a slash or a suffix, then the dotted names."""
    found: dict[str, None] = {}
    for token in _PATH_TOKEN.findall(text):
        clean = token.strip(".-+")
        if len(clean) > 2 and _looks_like_a_path(clean):
            found[clean] = None
    found.update(dict.fromkeys(match.group() for match in _DOTTED.finditer(text)))
    return tuple(found)[:_MAX_PATHS]


def _looks_like_a_path(token: str) -> bool:
    stem, dot, suffix = token.rpartition(".")
    return "/" in token or "\\" in token or bool(dot and stem and _SUFFIX.fullmatch(suffix))


def _failure_frames(failures: tuple[Failure, ...]) -> list[tuple[Frame, float]]:
    """Project frames, the innermost first and strongest; those of tests weigh little, for they only show the way in."""
    weighed: list[tuple[Frame, float]] = []
    for failure in failures[:20]:
        weight = 1.0
        for frame in reversed([one for one in failure.frames if one.in_project]):
            test = is_test(frame.path)
            weighed.append((frame, 0.2 if test else weight))
            weight *= 1.0 if test else 0.7
    return weighed


def _text_frames(text: str) -> list[tuple[Frame, float]]:
    """Frames that are printed in a text: Python and C style name the innermost last, V8 and the JVM first."""
    weighed: list[tuple[Frame, float]] = []
    for number, pattern in enumerate(_FRAMES):
        found = list(pattern.finditer(text))[:200]
        ordered = found[::-1] if number == 0 else found
        for place, match in enumerate(ordered):
            frame = Frame(match["path"], int(match["line"]), match["function"] or "", in_project=False)
            weighed.append((frame, 0.7**place))
    return weighed


def _test_files(failure: Failure) -> list[str]:
    files = [failure.test_id.partition("::")[0]] if "::" in failure.test_id else []
    return files + [frame.path for frame in failure.frames if frame.in_project and is_test(frame.path)]
