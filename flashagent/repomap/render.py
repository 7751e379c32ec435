"""Show a part of the map as text for a model: an outline of ranked definitions, the skeleton of one file. Pure.

Tokens are counted as characters / 4, rounded up. Lines are never cut in two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, get_args

from flashagent.syntax.parse import definitions
from flashagent.values import RankedSymbol, Symbol

_INDENT = "    "
_Detail = Literal["name", "signature", "body"]
_DETAILS: tuple[_Detail, ...] = get_args(_Detail)
# How many more names come before each further signature; when the first whole definition comes, and each further one.
_PER_SIGNATURE = 3.0
_TOLD_FIRST = 150
_TOLD_WHOLE = frozenset({"function", "method", "macro"})
_LONGEST_BODY = 3000
_PER_BODY = 60.0


def token_count(text: str) -> int:
    """The house's estimate: a token is four characters."""
    return -(-len(text) // 4)


def outline(
    symbols: Iterable[RankedSymbol | Symbol],
    *,
    tokens: int = 1000,
    lines: bool = True,
    body: Callable[[Symbol], str] | None = None,
) -> str:
    """The most useful mix of names, signatures and (where `body` gives the text) whole definitions that fits the budget.

    `symbols` come best first. Each path stands once; files are in the order of their paths and definitions in the order
    of their lines, so that the same choice is always the same text. A larger budget shows every definition that a smaller
    one does, in no less detail. Lines are never cut. Ends with a newline unless empty.
    """
    chosen = _unique(symbols)
    left = tokens * 4
    shown: dict[int, str] = {}
    for place, detail in _steps(len(chosen), body is not None):
        symbol = chosen[place]
        text = _shown(symbol, detail, lines, body)
        opened = any(chosen[other].path == symbol.path for other in shown)
        cost = len(text) - len(shown.get(place, "")) + (0 if opened else len(symbol.path) + 2)
        if cost > left:
            break
        left -= cost
        shown[place] = text
    groups: dict[str, list[tuple[int, str]]] = {}
    for place, text in shown.items():
        groups.setdefault(chosen[place].path, []).append((chosen[place].start_line, text))
    return "".join(
        f"{path}:\n" + "".join(text for _, text in sorted(found)) for path, found in sorted(groups.items())
    )


def _unique(symbols: Iterable[RankedSymbol | Symbol]) -> list[Symbol]:
    found: dict[tuple[str, str, int], Symbol] = {}
    for item in symbols:
        symbol = item.symbol if isinstance(item, RankedSymbol) else item
        found.setdefault((symbol.path, symbol.qualified, symbol.start_line), symbol)
    return list(found.values())


def _steps(count: int, bodies: bool) -> Iterable[tuple[int, _Detail]]:
    """(place in the ranking, detail) in the order in which room is spent, whatever the budget: a definition is told in
    more detail only after several more have been named."""
    when: list[tuple[float, int, int]] = [(place, 0, place) for place in range(count)]
    when += [(_PER_SIGNATURE * place, 1, place) for place in range(count)]
    if bodies:
        when += [(_TOLD_FIRST + _PER_BODY * place, 2, place) for place in range(count)]
    return ((place, _DETAILS[detail]) for _, detail, place in sorted(when))


def _shown(symbol: Symbol, detail: _Detail, lines: bool, body: Callable[[Symbol], str] | None) -> str:
    number = f"{symbol.start_line}: " if lines else ""
    if detail == "name":
        return f"  {number}{symbol.qualified}\n"
    if detail == "body" and body is not None and symbol.kind in _TOLD_WHOLE:
        text = body(symbol).strip("\n")
        if 0 < len(text) <= _LONGEST_BODY:
            return "".join(_numbered(text.split("\n"), symbol.start_line if lines else None))
    signature = symbol.signature or symbol.name
    outer = symbol.qualified.rpartition(".")[0]
    return f"  {number}{outer}: {signature}\n" if outer else f"  {number}{signature}\n"


def _numbered(text: Sequence[str], first: int | None) -> Iterable[str]:
    for place, line in enumerate(text):
        yield f"  {line}\n" if first is None else f"  {first + place}: {line}\n"


def skeleton(text: str, path: str, *, tokens: int | None = None) -> str:
    """The signatures of a file with line numbers, nested by indentation, and the first line of each docstring; bodies are
    left out. Definitions inside functions are left out too. Over `tokens`, docstrings go first, then the deepest
    definitions, then the last ones, with a line that says how many. Empty when the file's language is not known."""
    symbols = [one for one, inside in _with_depth(definitions(text, path)) if not inside]
    depths = _depths(symbols)
    for with_docs, deepest in ((True, None), (False, None), (False, 0)):
        shown = [
            (one, depth)
            for one, depth in zip(symbols, depths, strict=True)
            if deepest is None or depth <= deepest
        ]
        rendered = "".join(_skeleton_lines(one, depth, with_docs) for one, depth in shown)
        if tokens is None or token_count(rendered) <= tokens:
            return rendered
    return _cut([_skeleton_lines(one, depth, False) for one, depth in shown], tokens)


def _with_depth(symbols: Sequence[Symbol]) -> Iterable[tuple[Symbol, bool]]:
    """Each definition, and whether it stands inside a function."""
    functions: list[Symbol] = []
    for symbol in symbols:
        while functions and symbol.start_line > functions[-1].end_line:
            functions.pop()
        inside = bool(functions) and symbol.qualified.startswith(functions[-1].qualified + ".")
        yield symbol, inside
        if symbol.kind in ("function", "method") and not inside:
            functions.append(symbol)


def _depths(symbols: Sequence[Symbol]) -> list[int]:
    opened: list[Symbol] = []
    depths: list[int] = []
    for symbol in symbols:
        while opened and not symbol.qualified.startswith(opened[-1].qualified + "."):
            opened.pop()
        depths.append(len(opened))
        opened.append(symbol)
    return depths


def _skeleton_lines(symbol: Symbol, depth: int, with_doc: bool) -> str:
    number = f"{symbol.start_line:>5}  "
    line = f"{number}{_INDENT * depth}{symbol.signature or symbol.name}\n"
    if with_doc and symbol.doc:
        line += f"{' ' * len(number)}{_INDENT * (depth + 1)}# {symbol.doc}\n"
    return line


def _cut(lines: Sequence[str], tokens: int | None) -> str:
    kept: list[str] = []
    room = (tokens or 0) * 4 - 40
    for line in lines:
        if room < len(line):
            break
        room -= len(line)
        kept.append(line)
    return "".join(kept) + f"       ... {len(lines) - len(kept)} more\n"
