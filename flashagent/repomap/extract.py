"""What the index keeps of one file's bytes: its symbols, imports, the words of each definition. Pure but for reading.

A file becomes documents: number 0 is what stands outside every definition, number n is definition n without those
nested in it. `build_segment` is what a worker process runs: it reads files and gives back rows ready to be stored.
"""

from __future__ import annotations

import gc
import hashlib
import json
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.repomap.sources import Reading, judge_content
from flashagent.repomap.words import IDENTIFIER, terms_of
from flashagent.syntax.nesting import Definition
from flashagent.syntax.parse import Scan, language_for, scan

NAME_MARK = "="
MAX_TF = 15
_NAME_WEIGHT = 3
_OUTER_WEIGHT = 1
_MAX_USES = 150
_MAX_DEFINITIONS = 4000
_MAX_WORDS = 100_000
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# Every ASCII byte that no word has becomes a space.
_SPACED = bytes(byte if chr(byte).isalnum() or byte == ord("_") else 32 for byte in range(128)) + bytes(
    range(128, 256)
)


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file as stored: `record` is packed JSON, `lengths` an array('H') of words per document, 0 first."""

    path: str
    digest: bytes
    kind: str
    reading: Reading
    symbols: int
    first_document: int
    lengths: bytes
    record: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of a batch of files. `postings` maps a term to an array('I') of (document number << 4 | count)."""

    rows: tuple[FileRow, ...]
    postings: dict[str, bytes]
    documents: int


def blob_digest(source: bytes) -> bytes:
    """The digest that git gives a blob of these bytes (SHA-1, as the repository format does)."""
    return hashlib.sha1(b"blob %d\0" % len(source) + source, usedforsecurity=False).digest()


def content_kind(path: str) -> str:
    """The half of a cache key that the bytes do not tell: the language, or 'text'."""
    return language_for(path) or "text"


def build_segment(root: str, paths: Sequence[str]) -> Segment:
    """Read and take apart the files, documents numbered through in order. A file that vanished gives no row."""
    collecting = gc.isenabled()
    # Nothing here is part of a cycle, and looking for some among so many small objects is a tenth of the work.
    gc.disable()
    try:
        return _segment(root, paths)
    finally:
        if collecting:
            gc.enable()


def _segment(root: str, paths: Sequence[str]) -> Segment:
    postings: defaultdict[str, list[int]] = defaultdict(list)
    rows: list[FileRow] = []
    terms = _terms()
    if len(terms) > _MAX_WORDS:
        terms.clear()
    documents = 0
    for path in paths:
        try:
            source = Path(root, path).read_bytes()
        except OSError:
            continue
        row = _take_apart(path, source, documents, terms, postings)
        rows.append(row)
        documents += len(row.lengths) // 2
    packed = {term: array("I", numbers).tobytes() for term, numbers in postings.items()}
    return Segment(tuple(rows), packed, documents)


class Terms(dict[str, tuple[str, ...]]):
    """The index terms of each word of a text, worked out when it is first asked for. A plain look-up from then on."""

    def __missing__(self, word: str) -> tuple[str, ...]:
        # In "0x1f" the identifier is what follows the digits.
        found = self[word] = terms_of(word.lstrip("0123456789"))
        return found


@cache
def _terms() -> Terms:
    """Those of this process: most words of one piece stand in the next one as well."""
    return Terms()


def _take_apart(
    path: str, source: bytes, first: int, terms: Terms, postings: defaultdict[str, list[int]]
) -> FileRow:
    reading = judge_content(source)
    language = language_for(path)
    if reading != "ok":
        return FileRow(path, blob_digest(source), content_kind(path), reading, 0, first, b"", b"")
    found = scan(source, path, language) if language else Scan((), (), False)
    definitions = found.definitions[:_MAX_DEFINITIONS]
    lengths: array[int] = array("H")
    uses: list[str] = []
    for number, names in enumerate(_own_words(source, definitions)):
        # Counted by C code from end to end: these lines are most of a cold build beside the parser.
        counts = Counter(chain.from_iterable(map(terms.__getitem__, names)))
        length = counts.total()
        if number:
            _add_names(counts, definitions[number - 1])
            counts[NAME_MARK + definitions[number - 1].symbol.name] = 1
        marked = (first + number) << 4
        for term, times in counts.items():
            postings[term].append(marked | (times if times < MAX_TF else MAX_TF))
        lengths.append(min(length, 65535))
        uses.append(
            " ".join([one for one in dict.fromkeys(names) if len(one) > 2 and one[0] > "9"][:_MAX_USES])
        )
    return FileRow(
        path, blob_digest(source), content_kind(path), reading, len(definitions), first, lengths.tobytes(),
        pack(found, definitions, uses),
    )  # fmt: skip


def _add_names(counts: Counter[str], definition: Definition) -> None:
    """A definition's own name counts more than a word of its body; the names around it count a little."""
    symbol = definition.symbol
    for term in terms_of(symbol.name):
        counts[term] = counts.get(term, 0) + _NAME_WEIGHT
    if "." in symbol.qualified:
        for outer in symbol.qualified.split(".")[:-1]:
            for term in terms_of(outer):
                counts[term] = counts.get(term, 0) + _OUTER_WEIGHT


def _own_words(source: bytes, definitions: Sequence[Definition]) -> Iterator[list[str]]:
    """The words of each document. Plain ASCII is cut at C speed, numbers left in; the rest by what Unicode calls a letter."""
    plain = source.isascii()
    for text in _own_texts(source.translate(_SPACED) if plain else source, definitions):
        if plain:
            yield text.decode("ascii").split()
        else:
            yield IDENTIFIER.findall(text.decode("utf-8", "replace"))


def _own_texts(source: bytes, definitions: Sequence[Definition]) -> list[bytes]:
    """The text of each document: definitions come in source order, so one pass hands every stretch to its innermost."""
    pieces: list[list[bytes]] = [[] for _ in range(len(definitions) + 1)]
    opened = [(len(source), 0)]
    at = 0
    for number, definition in enumerate(definitions, 1):
        while opened[-1][0] <= definition.start:
            end, owner = opened.pop()
            pieces[owner].append(source[at:end])
            at = max(at, end)
        pieces[opened[-1][1]].append(source[at : definition.start])
        at = max(at, definition.start)
        opened.append((min(definition.end, opened[-1][0]), number))
    for end, owner in reversed(opened):
        pieces[owner].append(source[at:end])
        at = max(at, end)
    return [b"\n".join(parts) for parts in pieces]


def pack(found: Scan, definitions: Sequence[Definition], uses: list[str]) -> bytes:
    """Symbols, imports and the names each document uses (with spaces between), as packed JSON."""
    record = {
        "symbols": [
            [s.name, s.qualified, s.kind, s.start_line, s.end_line, s.signature, s.doc]
            for s in (one.symbol for one in definitions)
        ],
        "imports": [[one.module, one.line, one.names] for one in found.imports],
        "uses": uses,
    }
    return zlib.compress(_JSON.encode(record).encode(), 1)
