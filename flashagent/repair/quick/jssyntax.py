"""JavaScript and TypeScript files that do not parse, one character or word away from one that does."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from itertools import islice

from flashagent.repair.quick import slips
from flashagent.repair.quick.foreign import Finding, Seen
from flashagent.repair.quick.proposal import near
from flashagent.repair.source import Edit
from flashagent.syntax.languages import Language, language_for
from flashagent.syntax.trees import Piece, parses, tree

_FILE = re.compile(r"(?:file://)?(?P<path>/?[\w@.+~-][\w@.+~/-]*\.[cm]?[jt]sx?)(?:[:(](?P<line>\d+))?")
_WORDS = re.compile(
    r"SyntaxError|Unexpected|Expected|Unterminated|[Ee]rror TS1\d\d\d\b|Parse failure|Transform failed"
)
_KEYWORDS = (
    "async", "await", "break", "case", "catch", "class", "const", "continue", "default", "delete", "else", "export", "extends",
    "finally", "for", "function", "import", "instanceof", "return", "static", "super", "switch", "this", "throw", "typeof",
    "while", "yield",
)  # fmt: skip
_DROPPED = frozenset({"identifier", "number", "binary_expression", "member_expression", "array", "object", "sequence_expression", "subscript_expression", "arrow_function", "regex"})  # fmt: skip
_NEVER_CALLED = frozenset(
    {"number", "string", "array", "object", "binary_expression", "call_expression", "template_string"}
)
_GROUP = "parenthesized_expression"  # brackets that change nothing but the tree
_STATEMENT = re.compile(r"^[^\s)\]}/*]", re.MULTILINE)
MAX_CHARACTERS, MAX_MEANINGS, AROUND = 60_000, 8, 8
MAX_PARSED = 24_000_000  # characters, some seconds; a candidate costs those of the statements around it


def unparsed(seen: Seen, output: str) -> Iterator[list[Finding]]:
    """For each file that the output complains of and that does not parse: every repair with a meaning of its own."""
    if not _WORDS.search(output):
        return
    lines: dict[str, int] = {}
    for match in _FILE.finditer(output):
        path = seen.place(match["path"])
        if path is not None and (match["line"] or path not in lines):
            lines.setdefault(path, int(match["line"] or 0))
            lines[path] = lines[path] or int(match["line"] or 0)
    for path, line in list(lines.items())[:20]:
        text, language = seen.text(path), language_for(path)
        if text is None or language not in ("javascript", "typescript", "tsx") or len(text) > MAX_CHARACTERS:
            continue
        if found := [
            Finding(path, (_edit(text, other),), how, f"{path} does not parse")
            for other, how in repairs(text, language, line)
        ]:
            yield found


def repairs(text: str, language: Language, line: int = 0, most: int = MAX_PARSED) -> list[tuple[str, str]]:
    """Texts that parse with one thing changed near where the parser stumbles (or near a line that is named), and what was
    changed; nothing for a text that parses, and where more than `most` characters would have to be parsed to know."""
    broken = [piece.start for piece in tree(text, language).walk() if piece.broken]
    if not broken:
        return []
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    named = starts[min(line, len(starts)) - 1] if line else broken[0]
    first, last = sorted((text.count("\n", 0, broken[0]), text.count("\n", 0, named)))
    for reach in (2, AROUND):
        # An open bracket may end anywhere; a parser that gives up early names its statement's start.
        begin = starts[max(0, first - reach)]
        end = starts[last + reach + 1] if last + reach + 1 < len(starts) else len(text)
        window = slips.Window(text, begin, end, min(max(named, begin), end))
        rows = range(max(1, first - reach + 1), last + reach + 2)
        head, tail = _others(text, begin, end)
        above = text.count("\n", 0, head)

        def meaning(candidate: str, head: int = head, tail: int = tail, above: int = above, rows: range = rows) -> Hashable | None:  # fmt: skip
            part = candidate[head : len(candidate) - tail]
            return _meaning(part, language, range(rows.start - above, rows.stop - above))

        candidates = _candidates(window)
        tries = most // (len(text) - head - tail + 1)
        found = slips.distinct(islice(candidates, tries), meaning, MAX_MEANINGS)
        if len(found) <= MAX_MEANINGS and next(candidates, None) is not None:
            return []  # what was not tried might have another meaning
        if whole := [one for one in found if parses(one[0], language)]:
            return whole
    return []


def _others(text: str, begin: int, end: int) -> tuple[int, int]:
    """How many characters at the start and at the end of a text belong to other statements of its outermost level than those
    that reach into `begin` to `end`, as the layout tells them."""
    starts = [match.start() for match in _STATEMENT.finditer(text)]
    before = [at for at in starts if at <= begin]
    behind = [at for at in starts if at >= end]
    return before[-1] if before else 0, len(text) - behind[0] if behind else 0


def _candidates(window: slips.Window) -> Iterator[tuple[str, str]]:
    yield from slips.words(window, lambda word: near(word, _KEYWORDS) if word not in _KEYWORDS else None)
    yield from slips.added(window, [*")]}"])
    yield from slips.taken(window, "()[]{},;:'\"`")
    yield from slips.added(window, [*"([{", ",", ":", "'", '"', "`"])
    yield from slips.exchanged(window, "()[]{}")
    yield from slips.exchanged(window, ",;:.")
    yield from slips.exchanged(window, "'\"`")


def _meaning(text: str, language: Language, rows: range) -> Hashable | None:
    """The tree in words, without layout; None for a text that does not parse or does what is hardly ever meant."""
    if not parses(text, language):
        return None
    pieces = tree(text, language).walk()
    if any(_odd(piece) for piece in pieces if piece.line in rows):
        return None
    return tuple(
        (p.kind, len(p.parts), "" if p.parts else text[p.start : p.end]) for p in pieces
        if p.kind != _GROUP and (p.parent is None or p.parent.kind != _GROUP or p.named)
    )  # fmt: skip


def _odd(piece: Piece) -> bool:
    """Something computed and dropped, a label, a number or the result of a call that is called."""
    if piece.kind == "expression_statement":
        return any(part.kind in _DROPPED for part in piece.parts[:1])
    if piece.kind in ("labeled_statement", "sequence_expression"):
        return True
    function = piece.part("function") if piece.kind == "call_expression" else None
    return function is not None and function.kind in _NEVER_CALLED


def _edit(before: str, after: str) -> Edit:
    """The one place in which two texts differ."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while (
        end < min(len(before), len(after)) - start
        and before[len(before) - 1 - end] == after[len(after) - 1 - end]
    ):
        end += 1
    return Edit(start, len(before) - end, after[start : len(after) - end])
