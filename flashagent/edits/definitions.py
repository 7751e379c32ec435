"""Replace one definition, or the lines between two anchors: from one edit to the spans it changes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flashagent.edits.diffing import diff_ops
from flashagent.edits.indent import find_map, least, map_lines
from flashagent.edits.lines import FileLines, indent_of, plain, split_lines
from flashagent.edits.nearest import nearest_region
from flashagent.edits.pattern import Hit
from flashagent.edits.splice import Splice, splices_of
from flashagent.edits.values import EditProblem, ReplaceRange, ReplaceSymbol
from flashagent.values import Symbol

FindSymbols = Callable[[str, str], Sequence[Symbol]]
"""Definitions of (text, path), as `flashagent.syntax.parse.definitions` gives them."""

_MOST_ANCHORS = 200
_DECORATION = ("@", "#[", "///", "//", "/**", "/*", " *", "*", "#", "template")


def default_symbols(text: str, path: str) -> Sequence[Symbol]:
    from flashagent.syntax.parse import definitions

    return definitions(text, path)


def symbol_splices(
    view: FileLines, path: str, edit: ReplaceSymbol, number: int, shown: str | None, find: FindSymbols
) -> list[Splice]:
    """The spans of a ReplaceSymbol. Raises EditProblem: unknown_symbol, ambiguous, stale, guard or indentation."""
    symbol = _one_symbol(view, path, edit, find)
    start, end = _extent(view, symbol, split_lines(edit.body))
    body = _trimmed(split_lines(edit.body))
    if not body:
        raise EditProblem("malformed", f"The body for {edit.symbol} is empty.", view.region(start, end))
    _check_shown(view, path, symbol, shown, find)
    old = view.lines[start:end]
    new = _at_depth(view, old, body, start, end)
    if new == old:
        raise EditProblem(
            "already_applied", f"{edit.symbol} reads like that already.", view.region(start, end)
        )
    splices = splices_of(view, Hit(tuple(range(start, end)), diff_ops(old, new)), number)
    after = view.rebuild([(s.start, s.end, s.text) for s in splices])
    count = sum(1 for found in find(after, path) if found.qualified == symbol.qualified)
    if count != 1:
        raise EditProblem(
            "guard",
            f"The body does not define {symbol.qualified} {'alone' if count else 'at all'}. Send the whole definition, "
            "from its first line to its last, with no other text.",
            view.region(start, end),
        )
    return splices


def _one_symbol(view: FileLines, path: str, edit: ReplaceSymbol, find: FindSymbols) -> Symbol:
    symbols = find(view.text, path)
    wanted = edit.symbol.strip().replace("::", ".").replace("#", ".").strip("`.").removesuffix("()")
    hits = [symbol for symbol in symbols if symbol.qualified.replace("::", ".") == wanted]
    if not hits:
        hits = [symbol for symbol in symbols if symbol.qualified.replace("::", ".").endswith("." + wanted)]
    if len(hits) == 1:
        return hits[0]
    if hits:
        names = ", ".join(f"{symbol.qualified} (line {symbol.start_line})" for symbol in hits[:8])
        raise EditProblem(
            "ambiguous", f"{wanted} is defined in several places: {names}. Use another kind of edit or the full name.",
            view.region(hits[0].start_line - 1, hits[0].end_line),
        )  # fmt: skip
    known = ", ".join(symbol.qualified for symbol in symbols[:12])
    raise EditProblem(
        "unknown_symbol",
        f"{path} defines no {wanted}." + (f" It defines {known}." if known else ""),
        nearest_region(view, [wanted.rsplit(".", 1)[-1], *split_lines(edit.body)[:1]]),
    )


def _trimmed(lines: Sequence[str]) -> list[str]:
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return list(lines[filled[0] : filled[-1] + 1]) if filled else []


def _extent(view: FileLines, symbol: Symbol, body: Sequence[str]) -> tuple[int, int]:
    """The definition's lines [start, end): its decorators and comments are part of it only where the body has some."""
    start, end = symbol.start_line - 1, symbol.end_line
    decorated = next((line.strip() for line in body if line.strip()), "").startswith(_DECORATION)
    if decorated:
        depth = indent_of(view.lines[start])
        while (
            start > 0
            and view.stripped_lines[start - 1].startswith(_DECORATION)
            and indent_of(view.lines[start - 1]).startswith(depth)
        ):
            start -= 1
        return start, end
    while start < end - 1 and view.stripped_lines[start].startswith(("@", "#[")):
        start += 1
    return start, end


def _at_depth(view: FileLines, old: Sequence[str], body: list[str], start: int, end: int) -> list[str]:
    reply, file = indent_of(body[0]), indent_of(old[0])
    if reply == file:
        return body
    if not reply and least(body[1:]) is not None and _rest_at_depth(old, body):
        return [file + body[0], *body[1:]]
    indent_map = find_map([(reply, file)], view.indent_unit)
    mapped = map_lines(body, indent_map) if indent_map else None
    if mapped is None:
        raise EditProblem(
            "indentation",
            "The body's indentation fits no single shift to the file's.",
            view.region(start, end),
        )
    return mapped


def _rest_at_depth(old: Sequence[str], body: Sequence[str]) -> bool:
    """True where only the body's first line lost its indentation: the last line stands where the old one does."""
    file = indent_of(old[0])
    rest = [line for line in body[1:] if line.strip()]
    if not file or not rest or not all(indent_of(line).startswith(file) for line in rest):
        return False
    old_rest = least(old[1:])
    return old_rest is not None and least(rest) == old_rest


def _check_shown(view: FileLines, path: str, symbol: Symbol, shown: str | None, find: FindSymbols) -> None:
    """Refuse to replace a definition that has changed since the model saw it."""
    if shown is None or shown == view.text:
        return
    before = [found for found in find(shown, path) if found.qualified == symbol.qualified]
    now = view.lines[symbol.start_line - 1 : symbol.end_line]
    seen = split_lines(shown)
    if len(before) == 1 and seen[before[0].start_line - 1 : before[0].end_line] == now:
        return
    raise EditProblem(
        "stale",
        f"You saw an older version of this file: {symbol.qualified} has changed since. Edit the current text.",
        view.region(symbol.start_line - 1, symbol.end_line),
    )


def range_splices(view: FileLines, edit: ReplaceRange, number: int, shown: str | None) -> list[Splice]:
    """The spans of a ReplaceRange. Raises EditProblem: not_found, ambiguous, guard, stale or indentation."""
    start, end = _range(view, edit)
    _check_range(view, (start, end), shown)
    old = view.lines[start:end]
    pairs = [(indent_of(edit.first), indent_of(old[0])), (indent_of(edit.last), indent_of(old[-1]))]
    new = split_lines(edit.new)
    if any(reply != file for reply, file in pairs):
        indent_map = find_map(list(dict.fromkeys(pairs)), view.indent_unit)
        mapped = map_lines(new, indent_map) if indent_map else None
        if mapped is None:
            raise EditProblem(
                "indentation", "The two lines stand at other indentation.", view.region(start, end)
            )
        new = mapped
    if new == old:
        raise EditProblem(
            "already_applied", f"Lines {start + 1} to {end} read like that already.", view.region(start, end)
        )
    return splices_of(view, Hit(tuple(range(start, end)), diff_ops(old, new)), number)


def _range(view: FileLines, edit: ReplaceRange) -> tuple[int, int]:
    """The one range of lines between the anchors: as they stand, else but for indentation."""
    first, last = plain(edit.first), plain(edit.last)
    for lines, head, tail in (
        (view.plain_lines, first, last),
        (view.stripped_lines, first.lstrip(" \t"), last.lstrip(" \t")),
    ):
        spans = [(a, b + 1) for a, b in _pairs(lines, head, tail, edit.lines) if _one_depth(view, edit, a, b)]
        if len(spans) == 1:
            return spans[0]
        if spans:
            raise EditProblem(
                "ambiguous",
                f"The two lines bound {len(spans)} different ranges. Give the number of lines, or lines that occur "
                "once.",
                view.region(*spans[0]),
            )
    for line, text in ((edit.first, first.strip()), (edit.last, last.strip())):
        if text not in view.stripped_lines:
            raise EditProblem(
                "not_found", f"No line of the file is {line.strip()!r}.", nearest_region(view, [line])
            )
    at, stop = view.stripped_lines.index(first.strip()), view.stripped_lines.index(last.strip())
    raise EditProblem(
        "guard",
        f"No range from the first line (line {at + 1}) to the last (line {stop + 1}) has the given number of lines "
        f"({edit.lines}).",
        view.region(at, max(at, stop) + 1),
    )


def _pairs(lines: Sequence[str], head: str, tail: str, count: int | None) -> list[tuple[int, int]]:
    """The line indices of both anchors, in order and as far apart as the guard says. Without one, many heads and tails
    make more pairs than need be looked at: two are ambiguous already."""
    heads = [index for index, text in enumerate(lines) if text == head]
    if count is not None:
        return [(a, b) for a in heads if (b := a + count - 1) >= a and b < len(lines) and lines[b] == tail]
    tails = [index for index, text in enumerate(lines) if text == tail]
    return [(a, b) for a in heads[:_MOST_ANCHORS] for b in tails[:_MOST_ANCHORS] if b >= a]


def _one_depth(view: FileLines, edit: ReplaceRange, start: int, last: int) -> bool:
    """True where one indentation map takes both anchors to their lines."""
    pairs = [
        (indent_of(edit.first), indent_of(view.lines[start])),
        (indent_of(edit.last), indent_of(view.lines[last])),
    ]
    return find_map(pairs, view.indent_unit) is not None


def _check_range(view: FileLines, span: tuple[int, int], shown: str | None) -> None:
    if shown is None or shown == view.text:
        return
    if "\n".join(view.lines[span[0] : span[1]]) + "\n" in FileLines(shown).joined:
        return
    raise EditProblem(
        "stale", "You saw an older version of this file: these lines have changed since.", view.region(*span)
    )
