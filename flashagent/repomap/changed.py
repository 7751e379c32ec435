"""Which definitions a change of a file adds, removes and alters. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.syntax.parse import definitions
from flashagent.values import FileChange, Symbol

Kind = Literal["added", "removed", "changed", "signature"]


@dataclass(frozen=True, slots=True)
class SymbolChange:
    """`signature` is a change of what callers see, `changed` one inside. `before` or `after` is None where there is none."""

    kind: Kind
    before: Symbol | None
    after: Symbol | None

    @property
    def symbol(self) -> Symbol:
        found = self.after or self.before
        assert found is not None
        return found


def symbol_changes(change: FileChange) -> tuple[SymbolChange, ...]:
    """In the order of the new text, removed ones last. A definition that only holds changed ones has not changed itself."""
    old, new = _own_texts(change.path, change.before), _own_texts(change.path, change.after)
    found: list[SymbolChange] = []
    for key, (symbol, text) in new.items():
        if key not in old:
            found.append(SymbolChange("added", None, symbol))
            continue
        before, text_before = old[key]
        if before.signature != symbol.signature:
            found.append(SymbolChange("signature", before, symbol))
        elif text_before != text:
            found.append(SymbolChange("changed", before, symbol))
    gone = [SymbolChange("removed", symbol, None) for key, (symbol, _) in old.items() if key not in new]
    return (*found, *gone)


def _own_texts(path: str, text: str | None) -> dict[tuple[str, int], tuple[Symbol, tuple[str, ...]]]:
    """Each definition with its own lines, without those of definitions inside; the number tells namesakes apart."""
    if text is None:
        return {}
    symbols, lines = definitions(text, path), text.split("\n")
    counts: dict[str, int] = {}
    found = {}
    for symbol in symbols:
        number = counts[symbol.qualified] = counts.get(symbol.qualified, -1) + 1
        found[symbol.qualified, number] = symbol, _own_lines(symbol, symbols, lines)
    return found


def _own_lines(symbol: Symbol, symbols: Sequence[Symbol], lines: Sequence[str]) -> tuple[str, ...]:
    inner = {
        line
        for other in symbols
        if other is not symbol
        and symbol.start_line <= other.start_line
        and other.end_line <= symbol.end_line
        and (other.start_line, other.end_line) != (symbol.start_line, symbol.end_line)
        for line in range(other.start_line, other.end_line + 1)
    }
    numbers = range(symbol.start_line, symbol.end_line + 1)
    own = (lines[n - 1].strip() for n in numbers if n not in inner and n <= len(lines))
    return tuple(line for line in own if line)
