"""Tables: rows and entries that the failing tests ask for, or that should not be there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from flashagent.repair.template import Fix, Site, template

_PLACEHOLDER = re.compile(r"\{\d?\}|%[ds]")
_PLAIN = ("str", "bytes", "int", "float", "list", "tuple", "dict", "set")
MOST_ROWS, MOST_ENTRIES, MOST_NAMES = 8, 40, 12


@template("row as wanted", 0.5, ast.Dict, kinds=("key",))
def row_as_wanted(site: Site) -> Iterator[Fix]:
    """Entries of a literal dictionary that the failing tests look up and give the value of, all of them and one by one (new
    rows of data are a tenth of small real fixes; literal donors: ssFix, Xin and Reiss 2017)."""
    node = site.node
    assert isinstance(node, ast.Dict)
    keys = [k.value for k in node.keys if isinstance(k, ast.Constant)]
    values = [v.value for v in node.values if isinstance(v, ast.Constant)]
    if not keys or len(keys) != len(node.keys) or 2 * len(values) < len(keys):
        return
    rows = _wanted_rows(site, keys, values)
    if len(rows) > 1:
        yield _added(site, node.values[-1], node, [f"{k}: {v}" for k, v in rows.items()], 1.0)
    for key, value in rows.items():
        yield _added(site, node.values[-1], node, [f"{key}: {value}"], 0.8 if len(rows) == 1 else 0.5)
        yield _changed(site, node, key, value)


def _changed(site: Site, node: ast.Dict, key: str, value: str) -> Fix:
    """The row before an entry that comes after it in the order of the keys, for tables that are kept in order."""
    later = [k for k in node.keys if isinstance(k, ast.Constant) and repr(k.value) > key]
    if not later or later[0] is None:
        return _added(site, node.values[-1], node, [f"{key}: {value}"], 0.4)
    start = site.source.span(later[0])[0]
    lead = site.source.newline + " " * later[0].col_offset if _on_lines(node.values) else " "
    return site.raw(start, start, f"{key}: {value},{lead}", 0.4)


def _wanted_rows(site: Site, keys: Sequence[object], values: Sequence[object]) -> dict[str, str]:
    """Literals of keys that are not in the table, with the value that a test wants there."""
    kinds, forms = {type(v) for v in values}, {type(k) for k in keys}
    holders = [m.group() for v in values if isinstance(v, str) for m in _PLACEHOLDER.finditer(v)]
    found: dict[str, str] = {}
    for key, value in site.donors.test_pairs:
        fresh = type(key) in forms and type(value) in kinds and key not in keys and key != value
        if not fresh or (isinstance(key, str) and not 0 < len(key) <= 40):
            continue
        if isinstance(value, str) and holders:
            value = re.sub(r"\d+", holders[0], value)
        found.setdefault(repr(key), repr(value))
    return dict(list(found.items())[:MOST_ROWS])


def _on_lines(nodes: Sequence[ast.expr]) -> bool:
    return len(nodes) > 1 and nodes[-1].lineno != nodes[-2].lineno


def _added(site: Site, last: ast.expr, node: ast.expr, rows: Sequence[str], weight: float) -> Fix:
    """Rows behind the last one, on lines of their own where the others have such."""
    parts = node.values if isinstance(node, ast.Dict) else getattr(node, "elts", [])
    end = site.source.span(last)[1]
    lead = ", "
    if _on_lines(parts):
        line = site.source.line_text(last.lineno)
        lead = f",{site.source.newline}{line[: len(line) - len(line.lstrip())]}"
    return site.raw(end, end, "".join(f"{lead}{row}" for row in rows), weight)


@template("pair as wanted", 0.3, ast.List, ast.Tuple)
def pair_as_wanted(site: Site) -> Iterator[Fix]:
    """A row of two texts in a literal table of such rows, from the failing test (new rows of data; literal donors: ssFix)."""
    node = site.node
    assert isinstance(node, ast.List | ast.Tuple)
    pairs = [_texts(row) for row in node.elts]
    if len(pairs) < 2 or not all(pairs):
        return
    first = {pair[0] for pair in pairs if pair}
    brackets = "()" if isinstance(node.elts[-1], ast.Tuple) else "[]"
    fresh = [
        (k, v)
        for k, v in site.donors.test_pairs
        if isinstance(k, str) and isinstance(v, str) and k not in first
    ]
    for key, value in fresh[:MOST_ROWS]:
        row = f"{brackets[0]}{key!r}, {value!r}{brackets[1]}"
        yield _added(site, node.elts[-1], node, [row], 0.6)
        start = site.source.span(node.elts[0])[0]
        lead = site.source.newline + " " * node.elts[0].col_offset if _on_lines(node.elts) else " "
        yield site.raw(start, start, f"{row},{lead}", 0.4)


def _texts(row: ast.expr) -> tuple[str, str] | None:
    if not isinstance(row, ast.Tuple | ast.List) or len(row.elts) != 2:
        return None
    one, other = (e.value if isinstance(e, ast.Constant) else None for e in row.elts)
    return (one, other) if isinstance(one, str) and isinstance(other, str) else None


@template("entry left out", 0.05, ast.Dict, ast.Tuple, ast.List, ast.Set)
def entry_left_out(site: Site) -> Iterator[Fix]:
    """An entry of a literal table taken away, with its line where it has one (data table fixes: Pan et al. 2009)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.Dict | ast.Tuple | ast.List | ast.Set)
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    pairs = [(k or v, v) for k, v in zip(node.keys, node.values, strict=True)] if isinstance(node, ast.Dict) else [
        (e, e) for e in node.elts
    ]  # fmt: skip
    if not 3 <= len(pairs) <= MOST_ENTRIES:
        return
    told = {*site.donors.test_strings}
    for number, (first, last) in enumerate(pairs):
        start, end = source.span(first)[0], source.span(last)[1]
        weight = 1.0 if source.text[start:end] in told or source.text_of(first) in told else 0.4
        if number + 1 < len(pairs):
            yield site.raw(start, source.span(pairs[number + 1][0])[0], "", weight, "deletion")
        else:
            yield site.raw(source.span(pairs[number - 1][1])[1], end, "", weight, "deletion")


@template("class added", 0.12, ast.Tuple, ast.List)
def class_added(site: Site) -> Iterator[Fix]:
    """One more class in a literal collection of classes, of those that the file names (type templates of PyTER, Oh and Oh 2022;
    ingredients: Martinez et al. 2014)."""
    node = site.node
    assert isinstance(node, ast.Tuple | ast.List)
    names = [e.id for e in node.elts if isinstance(e, ast.Name)]
    is_read = isinstance(node.ctx, ast.Load)
    if not names or len(names) < len(node.elts) or not is_read or not all(_is_class(n) for n in names):
        return
    told = {text[1:-1].lower() for text in site.donors.test_strings}
    others = [n for n in site.source.once(_classes, site.source.tree) if n not in names]
    for other in sorted(others, key=lambda n: n.lower() not in told)[:MOST_NAMES]:
        yield _added(site, node.elts[-1], node, [other], 0.7)


def _is_class(name: str) -> bool:
    return name in _PLAIN or (name[:1].isupper() and not name.isupper())


def _classes(tree: ast.AST) -> list[str]:
    """Names of classes that the file uses or imports."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and _is_class(node.id):
            found[node.id] = None
        elif isinstance(node, ast.ImportFrom):
            found |= dict.fromkeys(n for a in node.names if _is_class(n := a.asname or a.name))
    return [*found, *(name for name in _PLAIN if name not in found)]
