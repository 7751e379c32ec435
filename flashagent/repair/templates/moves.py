"""Moves: a statement before its neighbour, into the block above it or out of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flashagent.repair.source import Edit, FunctionNode
from flashagent.repair.template import Fix, Site, template

_MOVABLE = (
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Expr,
    ast.Return,
    ast.Raise,
    ast.If,
    ast.For,
    ast.While,
)


@template("swap statements", 0.18, *_MOVABLE)
def swap_statements(site: Site) -> Iterator[Fix]:
    """A statement and the next one exchanged (GenProg's swap, Le Goues et al. 2012; move statement of TBar)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.stmt)
    block = source.block_of(node)
    place = block.index(node)
    if place + 1 >= len(block) or node in source.docstring_nodes or isinstance(node, ast.Return | ast.Raise):
        return
    mine, other = source.whole_lines(node), source.whole_lines(block[place + 1])
    if mine is None or other is None or mine[1] > other[0]:
        return
    text = source.text
    if text[other[1] - 1 : other[1]] not in ("\n", "\r"):
        return
    swapped = text[other[0] : other[1]] + text[mine[1] : other[0]] + text[mine[0] : mine[1]]
    yield site.raw(mine[0], other[1], swapped)
    third = source.whole_lines(block[place + 2]) if place + 2 < len(block) else None
    if third is None or other[1] > third[0] or text[third[1] - 1 : third[1]] not in ("\n", "\r"):
        return
    first, rest = text[mine[0] : mine[1]], text[mine[1] : third[1]]
    yield site.raw(mine[0], third[1], rest + first, 0.5)  # two places down
    if not isinstance(block[place + 2], ast.Return | ast.Raise):
        last, before = text[third[0] : third[1]], text[mine[0] : third[0]]
        yield site.raw(mine[0], third[1], last + before, 0.5)  # the third comes first


@template("move out", 0.4, *_MOVABLE, kinds=("none", "loop"))
def move_out(site: Site) -> Iterator[Fix]:
    """The last statement of a block goes behind the block (indentation slips; move statement of TBar)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.stmt)
    parent = source.parents[node]
    block = source.block_of(node)
    if (
        not isinstance(parent, ast.For | ast.While | ast.If | ast.With | ast.Try)
        or node is not block[-1]
        or len(block) < 2
    ):
        return
    if parent.end_lineno != node.end_lineno:
        return
    whole, old, new = source.whole_lines(node), source.indent_of(node), source.indent_of(parent)
    if whole is not None and old is not None and new is not None:
        yield site.raw(
            *whole,
            source.reindented(whole, old, new),
            1.2 if isinstance(node, ast.Return) else 1.0,
        )


@template("move in", 0.23, *_MOVABLE, kinds=("loop",))
def move_in(site: Site) -> Iterator[Fix]:
    """A statement joins the end of the block above it (indentation slips; move statement of TBar)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.stmt)
    block = source.block_of(node)
    place = block.index(node)
    if place == 0:
        return
    above = block[place - 1]
    whole, old = source.whole_lines(node), source.indent_of(node)
    yield from _into_first_branch(site, above, whole)
    while (
        isinstance(above, ast.For | ast.While | ast.If | ast.With) and whole is not None and old is not None
    ):
        inner = (
            above.orelse if isinstance(above, ast.If | ast.For | ast.While) and above.orelse else above.body
        )[-1]
        indent = source.indent_of(inner)
        if indent is None or inner.end_lineno != above.end_lineno:
            return
        moved = source.reindented(whole, old, indent)
        if isinstance(inner, ast.Break | ast.Continue | ast.Return):
            before = source.whole_lines(inner)
            if before is not None and len(block) > place:
                yield Fix((Edit(before[0], before[0], moved), Edit(*whole, "")), 0.8)
        elif len(block) > 1:
            yield site.raw(*whole, moved, 1.0)
        above = inner


@template("move up", 0.12, *_MOVABLE)
def move_up(site: Site) -> Iterator[Fix]:
    """A statement moved before the block that stands above it, or to the top of the function (move statement of TBar)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.stmt)
    function = source.function_of(node)
    whole, old = source.whole_lines(node), source.indent_of(node)
    if function is None or whole is None or old is None or len(source.block_of(node)) < 2:
        return
    for ancestor in source.ancestors(node):
        if isinstance(ancestor, FunctionNode):
            break
        if isinstance(ancestor, ast.stmt) and source.is_elif(ancestor):
            continue
        if isinstance(ancestor, ast.For | ast.While | ast.If) and isinstance(
            node, ast.Assign | ast.AugAssign | ast.Expr
        ):
            target, indent = source.whole_lines(ancestor), source.indent_of(ancestor)
            if target is not None and indent is not None:
                moved = source.reindented(whole, old, indent)
                yield Fix((Edit(target[0], target[0], moved), Edit(*whole, "")), 1.0)


@template("into the branch", 0.2, ast.Assign, ast.AugAssign, ast.Expr, ast.Return)
def else_branch(site: Site) -> Iterator[Fix]:
    """A statement behind an `if` becomes its `else` branch (missing else; control flow fixes: Pan et al. 2009)."""
    node, source = site.node, site.source
    assert isinstance(node, ast.stmt)
    block = source.block_of(node)
    place = block.index(node)
    above = block[place - 1] if place else None
    whole, old = source.whole_lines(node), source.indent_of(node)
    if not isinstance(above, ast.If) or above.orelse or whole is None or old is None:
        return
    inner = source.indent_of(above.body[-1])
    if inner is not None and len(inner) > len(old):
        moved = f"{old}else:{source.newline}" + source.reindented(whole, old, inner)
        yield site.raw(*whole, moved)


def _into_first_branch(site: Site, above: ast.stmt, whole: tuple[int, int] | None) -> Iterator[Fix]:
    """The statement at the end of the first branch of an `if` that has another one."""
    node, source = site.node, site.source
    if not isinstance(above, ast.If) or not above.orelse or whole is None or not isinstance(node, ast.stmt):
        return
    last, text = above.body[-1], source.text_of(node)
    if not isinstance(last, ast.Return | ast.Raise | ast.Break | ast.Continue) and "\n" not in text:
        edit = source.insert_after(last, [text])
        if edit is not None and len(source.block_of(node)) > 1:
            yield Fix((edit, Edit(*whole, "")), 0.8)
