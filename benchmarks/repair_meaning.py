"""Whether two texts mean the same by their trees alone, negations written in one way or another."""

from __future__ import annotations

import ast

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


class _Plain(ast.NodeTransformer):
    """`not a in b` as `a not in b`, a condition's double negation as the condition, no `pass` beside other statements: the
    language itself calls these the same. Order and equality are left alone, since a class may define them at will."""

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        inner = node.operand
        if isinstance(node.op, ast.Not) and isinstance(inner, ast.Compare) and len(inner.ops) == 1:
            opposite = _OPPOSITE.get(type(inner.ops[0]))
            if opposite is not None:
                return ast.Compare(inner.left, [opposite()], inner.comparators)
        return node

    def _condition(self, node: ast.If | ast.While | ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        test = node.test
        while (
            isinstance(test, ast.UnaryOp)
            and isinstance(test.op, ast.Not)
            and isinstance(test.operand, ast.UnaryOp)
            and isinstance(test.operand.op, ast.Not)
        ):
            test = test.operand.operand
        node.test = test
        return node

    visit_If = visit_While = visit_IfExp = _condition  # noqa: N815

    def visit(self, node: ast.AST) -> ast.AST:
        """A `pass` beside other statements does nothing."""
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                kept = [s for s in block if not isinstance(s, ast.Pass)]
                setattr(node, name, kept or block[:1])
        found: ast.AST = super().visit(node)
        return found


def same_meaning(one: str, other: str) -> bool:
    try:
        trees = [ast.dump(_Plain().visit(ast.parse(text))) for text in (one, other)]
    except SyntaxError:
        return False
    return trees[0] == trees[1]
