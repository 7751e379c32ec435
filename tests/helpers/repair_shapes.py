"""Shapes of small real fixes: the template that offers each, code before and after, and what the failing test says."""

from __future__ import annotations

SHAPES = [
    ("one of several", "return a == 'x'", "return a in ('x', 'y')", "use('y')"),
    ("one of several", "return a != 'x'", "return a not in ('x', 'y')", "use('y')"),
    ("member added", "return a in ['x', 'z']", "return a in ['x', 'z', 'y']", "use('y')"),
    ("letter added", "return a in 'xyz'", "return a in 'xyzU'", "use('U')"),
    ("keyword handed on", "return g(a)", "return g(a, b=b)", ""),
    ("keyword handed on", "return g(a)", "return g(a, b)", ""),
    ("brought into form", "return g(a, b)", "a = str(a)\n    return g(a, b)", ""),
    ("default made", "return g(a, b)", "if b is None:\n        b = {}\n    return g(a, b)", ""),
    ("method asked", "return a in b", "return a.lower() in b", ""),
    ("encoding named", "return open(a)", 'return open(a, encoding="utf-8")', ""),
    ("error where it shows", "c = b[1]\n    return c", "c = b[1]\n    if not c:\n        raise ValueError('no c')\n    return c",
     "with raises(ValueError, match='no c'): f(1, '')"),
    ("missing error", "return g(a, b)", "if a < 0:\n        raise ValueError('a (of f) is low')\n    return g(a, b)",
     r"with raises(ValueError, match=r'^a \(of f\) is low$'): f(-1, 2)"),
    ("or to None", "a = a or b\n    return a", "if a is None:\n        a = b\n    return a", ""),
    ("or to None", "c = g(a) or b\n    return c", "c = g(a)\n    if c is None:\n        c = b\n    return c", ""),
    ("only for its kind", "a = g(a)\n    return a", "if isinstance(a, str):\n        a = g(a)\n    return a", ""),
    ("made of its kind", "return g(a)", "if not isinstance(a, str):\n        a = str(a)\n    return g(a)", ""),
    ("or nothing", "return g(a)", "return g(a) or None", ""),
    ("type of the same family", "b(ast.Tuple)\n    return isinstance(a, ast.List)",
     "b(ast.Tuple)\n    return isinstance(a, (ast.List, ast.Tuple))", ""),
    ("moved in its list", "return [1, 2, 3, 4]", "return [4, 1, 2, 3]", ""),
]  # fmt: skip

# Shapes that need more than a line of code and a test: `test_real_fixes.py` has a test for each.
TOLD_ELSEWHERE = frozenset(
    {
        "parameter added",
        "tried",
        "text as wanted",
        "own class",
        "through an own method",
        "decorated as others",
    }
)
