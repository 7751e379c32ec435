"""Parse source text: definitions, references, imports, syntax problems. The one importer of tree_sitter and the grammars.

Texts are str at the door and UTF-8 inside; every line and column handed out counts from 1, columns in characters.
Grammars and compiled queries load on first use and are kept for the life of the process. Broken files give what is
readable; nothing here recurses, so depth of nesting costs no stack.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module, resources
from typing import TYPE_CHECKING

from flashagent.dataclass import dataclass
from flashagent.errors import UsageError
from flashagent.syntax.languages import LANGUAGES, Language, language_for
from flashagent.syntax.nesting import Definition, RawDefinition, nest
from flashagent.values import Symbol

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node, Query, Tree

    Captures = dict[str, list[Node]]

__all__ = [
    "LANGUAGES", "Import", "Language", "Reference", "Scan", "SyntaxProblem",
    "definitions", "imports", "language_for", "references", "scan", "syntax_errors",
]  # fmt: skip

MAX_PROBLEMS = 20
_MAX_SNIPPET = 60
_MAX_NAME = 200

# Language -> (module of the wheel, function that gives the grammar, query file).
_GRAMMARS: dict[Language, tuple[str, str, str]] = {
    "python": ("tree_sitter_python", "language", "python.scm"),
    "javascript": ("tree_sitter_javascript", "language", "javascript.scm"),
    "typescript": ("tree_sitter_typescript", "language_typescript", "typescript.scm"),
    "tsx": ("tree_sitter_typescript", "language_tsx", "typescript.scm"),
    "go": ("tree_sitter_go", "language", "go.scm"),
    "rust": ("tree_sitter_rust", "language", "rust.scm"),
    "java": ("tree_sitter_java", "language", "java.scm"),
    "c": ("tree_sitter_c", "language", "c.scm"),
    "cpp": ("tree_sitter_cpp", "language", "cpp.scm"),
    "ruby": ("tree_sitter_ruby", "language", "ruby.scm"),
    "csharp": ("tree_sitter_c_sharp", "language", "csharp.scm"),
    "php": ("tree_sitter_php", "language_php", "php.scm"),
    "kotlin": ("tree_sitter_kotlin", "language", "kotlin.scm"),
}
# Kotlin's wants a line break before the brace that closes a body: "interface A { fun f() }" is an error to it.
_NO_JUDGES: frozenset[Language] = frozenset({"kotlin"})
_NOT_KINDS = frozenset(
    {"name", "body", "receiver", "inner", "wrapper", "import", "module", "imported", "require"}
)


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A place that the grammar could not read, or where something is missing (`text` says what, in words)."""

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One use of an identifier, definitions included."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Import:
    """One import as written: `module` without quotes ('.views', './util', '<stdio.h>'), `names` taken from it."""

    module: str
    line: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything the map wants from one file, from one parse. `broken` is true when parts could not be read."""

    definitions: tuple[Definition, ...]
    imports: tuple[Import, ...]
    broken: bool


def syntax_errors(text: str, language: Language, *, limit: int = MAX_PROBLEMS) -> tuple[SyntaxProblem, ...]:
    """The first `limit` problems in source order; empty for a text that the grammar reads whole.

    Grammars lag behind languages and do not expand macros, so compare with the text before an edit rather than
    asking for none. A grammar that refuses valid texts (`_NO_JUDGES`) is never asked.
    """
    if language in _NO_JUDGES:
        return ()
    source = _encode(text)
    root = _parse(source, language).root_node
    if not root.has_error:
        return ()
    found: list[SyntaxProblem] = []
    lines = source.split(b"\n")
    for node in sorted(
        _captured(_query(language, "problems"), root, "problem"), key=lambda one: one.start_byte
    ):
        row, offset = node.start_point
        column = len(lines[row][:offset].decode("utf-8", "replace")) + 1
        problem = SyntaxProblem(row + 1, column, _describe(node, source))
        if not found or (found[-1].line, found[-1].column) != (problem.line, problem.column):
            found.append(problem)
        if len(found) >= limit:
            break
    # An error inside a hidden node marks the tree without a node of its own.
    return tuple(found) or (SyntaxProblem(1, 1, "not readable as a whole"),)


def _describe(node: Node, source: bytes) -> str:
    if node.is_missing:
        return f"missing {node.type!r}"
    snippet = source[node.start_byte : min(node.end_byte, node.start_byte + 4 * _MAX_SNIPPET)]
    first = snippet.decode("utf-8", "replace").strip().partition("\n")[0].strip()
    return f"unexpected {first[:_MAX_SNIPPET]!r}" if first else "unexpected end"


def definitions(text: str, path: str) -> tuple[Symbol, ...]:
    """The definitions of a file in source order; empty when its language is not known."""
    language = language_for(path)
    return () if language is None else tuple(one.symbol for one in scan(text, path, language).definitions)


def references(text: str, path: str) -> tuple[Reference, ...]:
    """Every use of an identifier in source order, comments and strings left out; empty for an unknown language."""
    language = language_for(path)
    if language is None:
        return ()
    source = _encode(text)
    root = _parse(source, language).root_node
    nodes = sorted(
        _captured(_query(language, "identifiers"), root, "identifier"), key=lambda one: one.start_byte
    )
    return tuple(Reference(_slice(source, node), node.start_point[0] + 1) for node in nodes)


def imports(text: str, path: str) -> tuple[Import, ...]:
    """The imports of a file in source order, one per statement and module; empty for an unknown language."""
    language = language_for(path)
    return () if language is None else scan(text, path, language).imports


def scan(text: str | bytes, path: str, language: Language) -> Scan:
    """Definitions with their byte spans and the imports, from one parse."""
    source = text if isinstance(text, bytes) else _encode(text)
    root = _parse(source, language).root_node
    raw: dict[int, tuple[int, RawDefinition]] = {}
    wrappers: dict[tuple[int, int], Node] = {}
    imported: dict[tuple[int, str], tuple[int, list[str]]] = {}
    pending: list[tuple[int, str, Captures]] = []
    roles = _roles(language)
    for pattern, captures in _matches(_query(language, "definitions"), root):
        role = roles.get(pattern) or roles.setdefault(pattern, _role(captures))
        if role == "import":
            _note_import(source, captures, imported)
        elif role == "wrapper":
            inner = captures["inner"][0]
            wrappers[inner.start_byte, inner.end_byte] = captures["wrapper"][0]
        else:
            pending.append((pattern, role, captures))
    for pattern, kind, captures in pending:
        name = captures["name"][0]
        key = name.start_byte
        # Two patterns may name one definition; the first in the query file is the more telling one.
        if key not in raw or pattern < raw[key][0]:
            node = captures[kind][0]
            raw[key] = pattern, _raw(source, kind, node, _widest(node, wrappers), name, captures)
    known = (Import(module, line, tuple(names)) for (_, module), (line, names) in sorted(imported.items()))
    return Scan(nest(path, source, language, [one for _, one in raw.values()]), tuple(known), root.has_error)


@cache
def queried(text: str, language: Language, query: str) -> list[tuple[int, str]]:
    """Line (from 1) and text of each node that a tree-sitter query of the user's captures as `@match`, or, where it has no
    such capture, as anything. Raises UsageError for a query that the grammar does not take."""
    from tree_sitter import Query, QueryCursor, QueryError

    try:
        asked = Query(_grammar(language), query)
    except QueryError as error:
        raise UsageError(f"{query!r} is no query for {language}: {error}") from error
    source = _encode(text)
    captures = QueryCursor(asked).captures(_parse(source, language).root_node)
    nodes = captures.get("match") or [node for several in captures.values() for node in several]
    found = {(node.start_byte, node.end_byte): node for node in nodes}
    return [(node.start_point[0] + 1, _slice(source, node)) for _, node in sorted(found.items())]


def parsed(text: str, language: Language) -> tuple[bytes, Node]:
    """The text as bytes and the root of its tree, for `syntax.trees` alone."""
    source = _encode(text)
    return source, _parse(source, language).root_node


def _roles(language: Language) -> dict[int, str]:
    """By pattern of the language's query, filled as patterns are met: see `_role`."""
    return {}


def _role(captures: Captures) -> str:
    """What a match of the pattern is: 'wrapper', 'import', or the kind of the definition."""
    for role in ("wrapper", "import"):
        if role in captures:
            return role
    return next(key for key in captures if key not in _NOT_KINDS)


def _raw(source: bytes, kind: str, node: Node, outer: Node, name: Node, captures: Captures) -> RawDefinition:
    body = captures.get("body")
    receiver = captures.get("receiver")
    row = outer.start_point[0]
    return RawDefinition(
        kind,
        _slice(source, name)[:_MAX_NAME].strip("\"'`:"),
        outer.start_byte,
        outer.end_byte,
        node.start_byte,
        body[0].start_byte if body else -1,
        _slice(source, receiver[0]) if receiver else "",
        row,
        outer.end_point[0],
        row if outer is node else node.start_point[0],
    )


def _widest(node: Node, wrappers: dict[tuple[int, int], Node]) -> Node:
    while (
        wrappers and (outer := wrappers.get((node.start_byte, node.end_byte))) is not None and outer != node
    ):
        node = outer
    return node


def _note_import(
    source: bytes, captures: Captures, imported: dict[tuple[int, str], tuple[int, list[str]]]
) -> None:
    node = captures["module"][0]
    module = " ".join(_slice(source, node).strip("\"'`").split())
    key = node.start_byte, module
    if key not in imported:
        imported[key] = node.start_point[0] + 1, []
    if "imported" in captures:
        imported[key][1].extend(_slice(source, one) for one in captures["imported"])


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _slice(source: bytes, node: Node) -> str:
    return source[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _parse(source: bytes, language: Language) -> Tree:
    from tree_sitter import Parser

    return Parser(_grammar(language)).parse(source)


def _matches(query: Query, root: Node) -> list[tuple[int, Captures]]:
    from tree_sitter import QueryCursor

    return QueryCursor(query).matches(root)


def _captured(query: Query, root: Node, name: str) -> list[Node]:
    from tree_sitter import QueryCursor

    return QueryCursor(query).captures(root).get(name, [])


@cache
def _grammar(language: Language) -> Grammar:
    from tree_sitter import Language as Grammar

    module, function, _ = _GRAMMARS[language]
    return Grammar(getattr(import_module(module), function)())


@cache
def _query(language: Language, purpose: str) -> Query:
    from tree_sitter import Query

    grammar = _grammar(language)
    if purpose == "problems":
        return Query(grammar, "[(ERROR) (MISSING)] @problem")
    if purpose == "identifiers":
        return Query(grammar, f"[{' '.join(f'({kind})' for kind in _identifier_kinds(grammar))}] @identifier")
    text = resources.files("flashagent.syntax").joinpath("queries", _GRAMMARS[language][2]).read_text("utf-8")
    return Query(grammar, text)


def _identifier_kinds(grammar: Grammar) -> list[str]:
    """The node kinds of the grammar that are plain names: 'identifier', 'type_identifier', 'field_identifier', ..."""
    kinds = (
        grammar.node_kind_for_id(number)
        for number in range(grammar.node_kind_count)
        if _plain(grammar, number)
    )
    return sorted({kind for kind in kinds if kind and (kind == "identifier" or kind in _NAME_KINDS)})


_NAME_KINDS = frozenset({
    "type_identifier", "field_identifier", "property_identifier", "shorthand_property_identifier",
    "shorthand_property_identifier_pattern", "private_property_identifier", "package_identifier",
    "namespace_identifier", "statement_identifier", "shorthand_field_identifier", "constant", "name",
})  # fmt: skip


def _plain(grammar: Grammar, number: int) -> bool:
    return grammar.node_kind_is_named(number) and grammar.node_kind_is_visible(number)
