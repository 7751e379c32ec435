"""Choose what the model is shown: the full text of what matters most, signatures of what stands around it. Pure.

The token budget is shared among levels: pinned files and then symbols in rank order are shown in full while they fit,
the next by signature and the first line of their documentation, the rest by name, so that nothing that was ranked
vanishes without a word. What is worked on comes before what is only ranked. Nothing is shown twice: neighbours are one
block, and what the failure quotes already is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from flashagent.dataclass import dataclass
from flashagent.models.tokens import estimate, estimate_within
from flashagent.values import RankedSymbol, Symbol

FULL_SHARE = 0.8  # of the budget; the rest is for signatures
# What the first symbol may take: what matters most is shown, unless it is a table of thousands of numbers.
FIRST_SHARE, FIRST_LEAST = 4.0, 2_000
PINNED_SHARE = 0.5
NAMES_SHARE = 0.05
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
    *,
    pinned: Sequence[str] = (),
    worked_on: Collection[str] = (),
) -> Focus:
    """The focus for `ranked` (best first). `read` gives the current text of a file, None when it cannot be read; `quoted`
    are lines, as path and number, that the model is shown anyway and need not copy. `pinned` are files that stay in full
    view while they fit into their share, `worked_on` files whose symbols go before all others."""
    held = _pinned(pinned, read, budget_tokens * PINNED_SHARE)
    ranked = sorted(ranked, key=lambda candidate: candidate.symbol.path not in worked_on)
    ranked = [candidate for candidate in ranked if candidate.symbol.path not in held]
    texts = _texts(ranked, read)
    full: list[RankedSymbol] = []
    outline: list[Symbol] = []
    spent = sum(estimate(text) + BLOCK_TOKENS for text in held.values())
    for candidate in ranked:
        symbol = candidate.symbol
        body = _body(symbol, texts)
        if body is None or any(_inside(symbol, other.symbol) for other in full):
            continue
        if _is_quoted(symbol, body, quoted):
            continue
        room = (budget_tokens * FULL_SHARE if full else max(budget_tokens * FIRST_SHARE, FIRST_LEAST)) - spent
        if symbol.end_line - symbol.start_line >= LONGEST_SYMBOL_LINES:
            outline.append(symbol)
        elif estimate_within(body, room - BLOCK_TOKENS) is not None:
            full = [other for other in full if not _inside(other.symbol, symbol)]
            full.append(candidate)
            spent += estimate(body) + BLOCK_TOKENS
        else:
            outline.append(symbol)
    whole = [f"{path}\n```\n{text.rstrip()}\n```" for path, text in held.items()]
    text = "\n\n".join(
        [*whole, *_full_text(full, texts), *_outline_text(outline, budget_tokens - spent, budget_tokens)]
    )
    shown = {**held, **{c.symbol.path: texts[c.symbol.path] for c in full}}
    return Focus(text, tuple(full), estimate(text), tuple(shown.items()))


def _pinned(paths: Sequence[str], read: Callable[[str], str | None], room: float) -> dict[str, str]:
    """The pinned files that fit, in their order."""
    held: dict[str, str] = {}
    for path in paths:
        text = read(path)
        if text and (cost := estimate_within(text, room - BLOCK_TOKENS)) is not None:
            held[path] = text
            room -= cost + BLOCK_TOKENS
    return held


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


def _outline_text(symbols: Sequence[Symbol], room: float, budget: float) -> list[str]:
    """Neighbours by signature and documentation while they fit, the rest by name."""
    lines: list[str] = []
    names: list[str] = []
    kept_for_names = budget * NAMES_SHARE
    for symbol in symbols:
        line = _signature_line(symbol)
        cost = estimate(line)
        if not names and cost <= room - kept_for_names:
            lines.append(line)
            room -= cost
        elif (cost := estimate(symbol.qualified) + 1) <= room:
            names.append(symbol.qualified)
            room -= cost
    parts = ["Also there:", *lines] if lines else []
    if names:
        parts.append("And: " + ", ".join(names))
    return ["\n".join(parts)] if parts else []


def _signature_line(symbol: Symbol) -> str:
    line = f"{symbol.path}:{symbol.start_line} {symbol.signature or symbol.qualified}"
    doc = symbol.doc.strip().partition("\n")[0]
    return f"{line}  # {doc}" if doc else line
