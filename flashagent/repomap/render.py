"""Show a part of the map as text for a model: an outline of ranked definitions, the skeleton of one file. Pure.

Tokens are counted as characters / 4, rounded up. Lines are never cut in two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flashagent.syntax.parse import definitions
from flashagent.values import RankedSymbol, Symbol

_INDENT = "    "


def token_count(text: str) -> int:
    """The house's estimate: a token is four characters."""
    return -(-len(text) // 4)


def outline(symbols: Iterable[RankedSymbol | Symbol], *, tokens: int = 1000, lines: bool = True) -> str:
    """The definitions within the budget: each path once, in the order of its best definition, under it the signatures
    in rank order, with their line numbers when `lines`. Better ranked definitions are never given up for worse ones that
    happen to be shorter; a larger budget shows all that a smaller one does. Ends with a newline unless empty."""
    groups: dict[str, list[str]] = {}
    seen: set[tuple[str, str, int]] = set()
    left = tokens * 4
    for item in symbols:
        symbol = item.symbol if isinstance(item, RankedSymbol) else item
        key = (symbol.path, symbol.qualified, symbol.start_line)
        if key in seen:
            continue
        line = _outline_line(symbol, lines)
        cost = len(line) + 1 + (len(symbol.path) + 2 if symbol.path not in groups else 0)
        if cost > left:
            break
        left -= cost
        seen.add(key)
        groups.setdefault(symbol.path, []).append(line)
    return "".join(f"{path}:\n" + "".join(f"{line}\n" for line in found) for path, found in groups.items())


def _outline_line(symbol: Symbol, lines: bool) -> str:
    signature = symbol.signature or symbol.name
    outer = symbol.qualified.rpartition(".")[0]
    shown = f"{outer}: {signature}" if outer else signature
    return f"  {symbol.start_line}: {shown}" if lines else f"  {shown}"


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
