"""Choose what the model is shown: the full text of what matters most, signatures of what stands around it. Pure.

The token budget is shared among levels: symbols in rank order are shown in full while they fit, the rest by signature,
so that nothing that was ranked vanishes without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flashagent.models.tokens import estimate
from flashagent.values import RankedSymbol, Symbol

FULL_SHARE = 0.8  # of the budget; the rest is for signatures
LONGEST_SYMBOL_LINES = 120  # a longer one is shown by signature: `read` gives its parts


@dataclass(frozen=True, slots=True)
class Focus:
    """`shown` are the symbols in full view, `files` the whole texts they come from (for telling stale edits)."""

    text: str
    shown: tuple[RankedSymbol, ...]
    tokens: int
    files: tuple[tuple[str, str], ...] = ()


def choose_focus(
    ranked: Sequence[RankedSymbol], read: Callable[[str], str | None], budget_tokens: int
) -> Focus:
    """The focus for `ranked` (best first). `read` gives the current text of a file, None when it cannot be read."""
    texts = _texts(ranked, read)
    full: list[RankedSymbol] = []
    outline: list[Symbol] = []
    spent = 0
    for candidate in ranked:
        symbol = candidate.symbol
        body = _body(symbol, texts)
        if body is None or any(_inside(symbol, other.symbol) for other in full):
            continue
        cost = estimate(body) + 12
        room = budget_tokens * FULL_SHARE - spent
        if symbol.end_line - symbol.start_line < LONGEST_SYMBOL_LINES and (cost <= room or not full):
            full = [other for other in full if not _inside(other.symbol, symbol)]
            full.append(candidate)
            spent += cost
        else:
            outline.append(symbol)
    text = "\n\n".join([*_full_text(full, texts), *_outline_text(outline, budget_tokens - spent)])
    shown_files = tuple((path, texts[path]) for path in dict.fromkeys(c.symbol.path for c in full))
    return Focus(text, tuple(full), estimate(text), shown_files)


def _texts(ranked: Sequence[RankedSymbol], read: Callable[[str], str | None]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in dict.fromkeys(candidate.symbol.path for candidate in ranked):
        text = read(path)
        if text is not None:
            texts[path] = text
    return texts


def _body(symbol: Symbol, texts: dict[str, str]) -> str | None:
    text = texts.get(symbol.path)
    if text is None:
        return None
    lines = text.split("\n")[symbol.start_line - 1 : symbol.end_line]
    return "\n".join(lines) or None


def _inside(inner: Symbol, outer: Symbol) -> bool:
    return (
        inner.path == outer.path and outer.start_line <= inner.start_line and inner.end_line <= outer.end_line
    )


def _full_text(full: Sequence[RankedSymbol], texts: dict[str, str]) -> list[str]:
    parts = []
    for path in dict.fromkeys(candidate.symbol.path for candidate in full):
        symbols = sorted((c.symbol for c in full if c.symbol.path == path), key=lambda s: s.start_line)
        for symbol in symbols:
            parts.append(f"{path}:{symbol.start_line}-{symbol.end_line}\n```\n{_body(symbol, texts)}\n```")
    return parts


def _outline_text(symbols: Sequence[Symbol], budget_tokens: float) -> list[str]:
    lines: list[str] = []
    spent = 0
    for symbol in symbols:
        line = f"{symbol.path}:{symbol.start_line} {symbol.signature or symbol.qualified}"
        spent += estimate(line)
        if spent > budget_tokens:
            break
        lines.append(line)
    return ["Also there:\n" + "\n".join(lines)] if lines else []
