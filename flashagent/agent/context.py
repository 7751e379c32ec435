"""Choose what the model is shown: the full text of what matters most, signatures of what stands around it. Pure.

The token budget is shared among levels: symbols in rank order are shown in full while they fit, the rest by signature,
so that nothing that was ranked vanishes without a word. Nothing is shown twice: neighbours are one block, and what the
failure quotes already is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from flashagent.models.tokens import estimate
from flashagent.values import RankedSymbol, Symbol

FULL_SHARE = 0.8  # of the budget; the rest is for signatures
LONGEST_SYMBOL_LINES = 120  # a longer one is shown by signature: `read` gives its parts
BLOCK_TOKENS = 12  # what the place and the fences of a block cost
NO_LINES: Collection[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class Focus:
    """`shown` are the symbols in full view, `files` the whole texts they come from (for telling stale edits)."""

    text: str
    shown: tuple[RankedSymbol, ...]
    tokens: int
    files: tuple[tuple[str, str], ...] = ()


def choose_focus(
    ranked: Sequence[RankedSymbol],
    read: Callable[[str], str | None],
    budget_tokens: int,
    quoted: Collection[tuple[str, int]] = NO_LINES,
) -> Focus:
    """The focus for `ranked` (best first). `read` gives the current text of a file, None when it cannot be read; `quoted`
    are lines, as path and number, that the model is shown anyway and need not copy."""
    texts = _texts(ranked, read)
    full: list[RankedSymbol] = []
    outline: list[Symbol] = []
    spent = 0
    for candidate in ranked:
        symbol = candidate.symbol
        body = _body(symbol, texts)
        if body is None or any(_inside(symbol, other.symbol) for other in full):
            continue
        if _is_quoted(symbol, body, quoted):
            continue
        cost = estimate(body) + BLOCK_TOKENS
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


def _is_quoted(symbol: Symbol, body: str, quoted: Collection[tuple[str, int]]) -> bool:
    """Whether the model has seen every line of a function but its head, as with a test of one statement."""
    inner = [n for n, line in enumerate(body.split("\n")[1:], symbol.start_line + 1) if line.strip()]
    return bool(inner) and all((symbol.path, number) in quoted for number in inner)


def _full_text(full: Sequence[RankedSymbol], texts: dict[str, str]) -> list[str]:
    parts = []
    for path in dict.fromkeys(candidate.symbol.path for candidate in full):
        lines = texts[path].split("\n")
        spans = sorted((c.symbol.start_line, c.symbol.end_line) for c in full if c.symbol.path == path)
        for start, end in _joined(spans, lines):
            body = "\n".join(lines[start - 1 : end])
            parts.append(f"{path}:{start}-{end}\n```\n{body}\n```")
    return parts


def _joined(spans: Sequence[tuple[int, int]], lines: Sequence[str]) -> list[tuple[int, int]]:
    """Spans in order, with those that only blank lines part made one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and not any(line.strip() for line in lines[joined[-1][1] : start - 1]):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


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
