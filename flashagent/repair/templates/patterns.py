"""Patterns: small edits of regular expressions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from flashagent.repair.template import Fix, Site, template

_CALLS = frozenset({"compile", "match", "search", "fullmatch", "sub", "subn", "findall", "finditer", "split"})
_ATOM = re.compile(r"\\.|\[\^?\]?[^\]]*\]|[.)]|[A-Za-z0-9]")
_OTHER_CLASS = {
    "\\d": "\\w",
    "\\w": "\\S",
    "\\s": "\\S",
    "\\S": "\\s",
    "\\b": "\\B",
    "\\W": "\\w",
    "\\D": "\\d",
}
MAX_PATTERN, MAX_EDITS = 120, 60


def variations(pattern: str) -> Iterator[tuple[str, float]]:
    """Patterns one edit away, likelier ones first: how often a part may come, anchors, greed, the case of letters."""
    for match in _ATOM.finditer(pattern):
        end = match.end()
        follows = pattern[end : end + 1]
        if follows in ("+", "*", "?"):
            for other in "+*?":
                if other != follows:
                    yield pattern[:end] + other + pattern[end + 1 :], 0.8
            yield pattern[:end] + pattern[end + 1 :], 0.5
            yield pattern[: end + 1] + "?" + pattern[end + 1 :], 0.4  # lazy
        elif follows != "{":
            for other in "+*?":
                yield pattern[:end] + other + pattern[end:], 0.5
        if match.group() in _OTHER_CLASS:
            yield pattern[: match.start()] + _OTHER_CLASS[match.group()] + pattern[end:], 0.3
        if match.group() == ".":
            yield pattern[: match.start()] + "\\." + pattern[end:], 0.8
    if not pattern.endswith("$"):
        yield pattern + "$", 0.6
    else:
        yield pattern[:-1], 0.6
        yield pattern[:-1] + "\\Z", 0.4  # `$` takes a line end too
    if not pattern.startswith("^"):
        yield "^" + pattern, 0.6
    else:
        yield pattern[1:], 0.6
    for match in re.finditer(r"\[(\^?)", pattern):
        other = "[" if match.group(1) else "[^"
        yield pattern[: match.start()] + other + pattern[match.end() :], 0.4
    for match in re.finditer(r"\{(\d+)(,?)(\d*)\}", pattern):
        low = int(match.group(1))
        for near in (low - 1, low + 1):
            if near >= 0:
                yield f"{pattern[: match.start(1)]}{near}{pattern[match.end(1) :]}", 0.5


def widened(pattern: str, strings: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Patterns that take more: a letter or a word of the failing tests, white space where there was none."""
    words = list(dict.fromkeys(w for s in strings for w in re.findall(r"[^\W\d_]{2,}", s)))[:10]
    signs = list(dict.fromkeys(c for s in strings for c in s if not c.isalnum() and c not in " \\]^'\""))[:8]
    for match in re.finditer(r"\[\^?(?:\\.|[^\]\\])+\]", pattern):
        at = match.end() - 1
        for sign in signs:
            if sign not in match.group():
                yield pattern[:at] + (f"\\{sign}" if sign in "-[" else sign) + pattern[at:], 0.5
        if "A-Z" not in match.group() and "a-z" in match.group():
            yield pattern[:at] + "A-Z" + pattern[at:], 0.5
    for match in re.finditer(r"(?<=[|(])(\w{2,})(?=[)])", pattern):
        for word in words:
            for form in dict.fromkeys((word, word.upper())) if match.group().isupper() else (word,):
                if form not in pattern:
                    yield f"{pattern[: match.end()]}|{form}{pattern[match.end() :]}", 0.5
    if re.fullmatch(r"\w+(?:\|\w+)*", pattern):
        for word in words:
            yield f"{pattern}|{word}", 0.5
            yield f"{pattern}|{word.lower()}", 0.5
    for match in re.finditer(r"\\?[=:,]", pattern):
        yield f"{pattern[: match.start()]}\\s*{match.group()}\\s*{pattern[match.end() :]}", 0.3


@template("pattern", 0.3, ast.Constant)
def pattern(site: Site) -> Iterator[Fix]:
    """A regular expression one edit away (regular expressions are a frequent place of real fixes: Wang et al. 2020;
    mutation operators for them: Arcaini et al. 2017)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.Constant)
    if not isinstance(node.value, str) or not _is_pattern(site):
        return
    text = site.text(node)
    match = re.fullmatch(r"([rR]?)('{3}|\"{3}|'|\")(.*)\2", text, re.DOTALL)
    if match is None or len(match.group(3)) > MAX_PATTERN:
        return
    raw, quote, inner = match.groups()
    if not raw and "\\" in inner:
        return
    start = source.span(node)[0] + len(raw) + len(quote)
    made = dict.fromkeys([*widened(inner, _seen(site)), *variations(inner)])
    for other, weight in list(made)[: 2 * MAX_EDITS]:
        try:
            re.compile(other)
        except re.error:
            continue
        prefix = "r" if not raw and "\\" in other else ""
        whole = f"{raw or prefix}{quote}{other}{quote}"
        yield site.raw(
            start - len(raw) - len(quote), source.span(node)[1], whole, weight * min(1.0, 20 / len(made))
        )


def _seen(site: Site) -> list[str]:
    """Texts that the failing tests put in."""
    return [text[1:-1] for text in site.donors.test_strings]


def _is_pattern(site: Site) -> bool:
    """The first argument of a function of `re`, or a text that looks like a pattern."""
    parent = site.parent
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and site.place == "args":
        owner = parent.func.value
        if parent.args[0] is site.node and isinstance(owner, ast.Name) and owner.id in ("re", "regex"):
            return parent.func.attr in _CALLS
    value = getattr(site.node, "value", "")
    if isinstance(parent, ast.Tuple | ast.List) and _is_row_of_patterns(site, parent):
        return True
    return bool(re.search(r"\\[dwsbSDW]|\(\?|\[\^?[^\]]+\][+*]|\.\*|\.\+|[^\\]\$$|^\^", value))


def _is_row_of_patterns(site: Site, row: ast.Tuple | ast.List) -> bool:
    """Does the text stand in a table of which other rows have patterns at the same place?"""
    table = site.source.parents.get(row)
    if not isinstance(table, ast.Tuple | ast.List) or len(table.elts) < 3:
        return False
    place = row.elts.index(site.node) if isinstance(site.node, ast.expr) else 0
    others = [
        e.elts[place] for e in table.elts if isinstance(e, ast.Tuple | ast.List) and len(e.elts) > place
    ]
    texts = [o.value for o in others if isinstance(o, ast.Constant) and isinstance(o.value, str)]
    return any(re.search(r"\w\|\w|\\[sdwb]", text) for text in texts)
