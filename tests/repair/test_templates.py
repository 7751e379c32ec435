"""Each template on one line: what it must offer, among whatever else it offers."""

from __future__ import annotations

import ast

import pytest
from helpers.repair_idioms import IDIOMS
from helpers.repair_offers import offers
from helpers.repair_shapes import SHAPES, TOLD_ELSEWHERE

from flashagent.repair import donors, mutate
from flashagent.repair.source import Source
from flashagent.repair.templates import CATALOGUE

HEAD = "def helper(x):\n    return x\n\n\n"


def function(*lines: str, head: str = "def f(a, b, items, d):") -> str:
    return head + "\n" + "".join(f"    {line}\n" for line in lines)


CASES = [
    ("comparison", "return a < b", "return a <= b"),
    ("comparison operands", "return a < b", "return b < a"),
    ("operand moved", "return items[a] - 1", "return items[a - 1]"),
    ("operand moved", "return items[a - 1]", "return items[a] - 1"),
    ("operand moved", "return d(a, b) + 1", "return d(a + 1, b)"),
    ("operand moved", "return d(a + 1)", "return d(a) + 1"),
    ("names exchanged", "return a - b * a", "return b - a * b"),
    ("name throughout", "return a[0] + a[1]", "return b[0] + b[1]"),
    ("exchange instead of copy", "a = b", "a, b = b, a"),
    ("exchange instead of copy", "a, b = b, a", "a = b"),
    ("taken out", "return items[0]", "return items.pop(0)"),
    ("taken out", "return items.pop()", "return items[-1]"),
    ("new or emptied", "items.clear()", "items = []"),
    ("new or emptied", "items = []", "items.clear()"),
    ("another case too", "return a == 2", "return (a == 2 or a == 0)"),
    ("indices as elsewhere", "return d[a][b] + items[b][a]", "return d[b][a] + items[b][a]"),
    ("variable to constant", "a = b", "a = 0"),
    ("bits turned", "return a & b", "return a & ~b"),
    ("at least", "return a - b", "return max(1, a - b)"),
    ("between", "return a < b", "return 0 <= a < b"),
    ("first entry", "d = {}", "d = {0: 1}"),
    ("first entry", "d = set()", "d = {a}"),
    ("argument add", "return min(a, d(b), key=items)", "return min(a, d(b), d(b + 1), key=items)"),
    ("arithmetic", "return a + b", "return a - b"),
    ("operand", "return a + b", "return a"),
    ("grouping", "return a + b * d", "return (a + b) * d"),
    ("augmented operator", "a += b", "a -= b"),
    ("assignment to augmented", "a = b", "a += b"),
    ("connective", "return a and b", "return a or b"),
    ("operand dropped", "return a and b", "return a"),
    ("operand dropped", "return a or b or d", "return a or d"),
    ("connective grouping", "return a and b or d", "return a and (b or d)"),
    ("sign", "return not a", "return a"),
    ("negative", "return a", "return -a"),
    ("number", "return a[1]", "return a[2]"),
    ("number", "return a / 10", "return a / 100"),
    ("number", "return a * 7.5", "return a * 0.75"),
    ("number", "return a * 50", "return a * 5"),
    ("boolean", "return True", "return False"),
    ("empty value", "return None", "return []"),
    ("string", "return 'ab '", "return 'ab'"),
    ("off by one", "return items[a]", "return items[a + 1]"),
    ("counting call", "return range(a)", "return range(1, a)"),
    ("variable", "return a", "return b"),
    ("assigned variable", "a = d", "b = d"),
    ("attribute", "return a.left + b.right", "return a.right + b.right"),
    ("variable to constant", "return a", "return 0"),
    ("constant to variable", "return 3", "return a"),
    ("expression to variable", "return a[0]", "return b"),
    ("operand exchanged", "return d(a) + items[b]", "return items[b] + items[b]"),
    ("operand exchanged", "return a + d[1]", "return d[0] + d[1]"),
    ("operand added", "return a", "return a + b"),
    ("operand added", "return items[a]", "return items[a] + items[a + 1]"),
    ("operand added", "return items[0]", "return items[0] + items[1]"),
    ("operand added", "return b + items[a + 1]", "return b + items[a + 1] + items[a + 2]"),
    ("argument unpacked", "return zip(items)", "return zip(*items)"),
    ("assignment turned round", "a = b", "b = a"),
    ("argument swap", "return pow(a, b)", "return pow(b, a)"),
    ("argument drop", "return pow(a, b)", "return pow(a)"),
    ("argument add", "return pow(a)", "return pow(a, b)"),
    ("keyword add", "return sorted(items)", "return sorted(items, reverse=True)"),
    ("sibling function", "return min(items)", "return max(items)"),
    ("unwrap", "return list(items)", "return items"),
    ("wrap", "return items", "return len(items)"),
    ("copy", "a.append(items)", "a.append(list(items))"),
    ("negate", "while a in b: pass", None),
    ("negate", "while a: pass", "while not a: pass"),
    ("truth or None", "return 1 if a else 2", "return 1 if a is not None else 2"),
    ("strengthen", "return 1 if a > 0 else 2", "return 1 if b and a > 0 else 2"),
    ("replace condition", "return 1 if a > 0 else 2", "return 1 if a < b else 2"),
    ("constant condition", "return 1 if a else 2", "return 1 if True else 2"),
    ("comprehension filter", "return [x for x in items if x]", "return [x for x in items if not x]"),
    ("type test", "return isinstance(a, int)", "return isinstance(a, (int, str))"),
    ("index", "return items[0]", "return items[-1]"),
    ("slice bounds", "return items[1:a]", "return items[:a]"),
    ("slice it", "return len(items)", "return len(items[1:])"),
    ("whole instead of part", "return d[a][b]", "return d[b][a]"),
    ("missing key", "return d[a]", "return d.get(a, 0)"),
    ("default of get", "return d.get(a)", "return d.get(a, 0)"),
    ("default of get", "d[a] = d.get(a, 1)", "d[a] = d.get(a, 0) + 1"),
    ("kind of container", "return [x for x in a]", "return {x for x in a}"),
    ("elements", "return a, b", "return b, a"),
    ("element added", "return [a]", "return [a, b]"),
    ("dictionary entry", "return {1: a, 2: b}", "return {1: b, 2: a}"),
    ("returned value", "return a == b", "return not (a == b)"),
    ("base case value", "return []", "return [[]]"),
    ("missing return", "sorted(items)", "return sorted(items)"),
    ("yield", "yield a", "yield from a"),
    ("raised type", "raise KeyError(a)", "raise ValueError(a)"),
    ("conditional value", "return a if d else b", "return b if d else a"),
    ("assign result", "sorted(items)", "items = sorted(items)"),
    ("accumulate", "a = b", "a = max(a, b)"),
    ("value or default", "return a", "return a or []"),
    ("larger or smaller of two", "return a", "return max(a, b)"),
    ("this or that", "return a", "return a or b"),
    ("part of it", "return a + b.width", "return a.width + b.width"),
    ("computed instead of fixed", "a = [items[b], 0]", "a = [items[b], items[b]]"),
    ("element joined", "return a", "return a + [b]"),
    ("the other way round", "return 1, 2, 3", "return 3, 2, 1"),
    ("asked of a text", "return [x for x in a if x]", "return [x for x in a if x.isalnum()]"),
    ("half or twice", "return a + b", "return (a + b) / 2"),
    ("shared rows", "return [[0] * a] * b", "return [[0] * a for _ in range(b)]"),
    ("grouping", "return a + b * d", "return a * b + d"),
    ("index", "return items[a + 1]", "return items[(a + 1) % len(items)]"),
    ("operand added", "return a, d - b", "return a, d - (b - a)"),
    ("operand added", "return (a,)", "return b + (a,)"),
    ("wrap", "return a.b == 'AS'", "return a.b.upper() == 'AS'"),
    ("boolean", "a = True", "a = not a"),
    ("boolean", "a.b = True", "a.b = not a.b"),
    ("pattern", r"return re.findall(r'(\d)x', a)", r"return re.findall(r'(\d+)x', a)"),
    ("pattern", r"return re.match('ab', a)", r"return re.match('ab$', a)"),
    ("pattern", "return a.split('ab')", None),
    ("pattern", "return g('ab')", None),
]  # fmt: skip


@pytest.mark.parametrize(("template", "before", "after"), CASES)
def test_template_offers(template: str, before: str, after: str | None) -> None:
    made = offers(function(before), template)
    if after is None:
        assert made == set()
    else:
        assert function(after) in made


BLOCKS = [
    (
        "receiver",
        "class A:\n    def f(self):\n        self.n = 1\n        return n\n",
        "        return self.n\n",
    ),
    ("call result", "def f(a):\n    a.copy()\n    return a.copy\n", "    return a.copy()\n"),
    ("await", "async def f(a):\n    return g(a)\n", "    return await g(a)\n"),
    ("kind of branch", "def f(a):\n    if a:\n        a -= 1\n    return a\n", "    while a:\n"),
    (
        "caught type",
        "def f(a):\n    try:\n        g()\n    except KeyError:\n        pass\n",
        "    except (KeyError, ValueError):\n",
    ),
    ("delete statement", "def f(a):\n    a += 1\n    return a\n", "def f(a):\n    return a\n"),
    ("break or continue", "def f(a):\n    for x in a:\n        break\n", "        continue\n"),
    ("return or continue", "def f(a):\n    for x in a:\n        return x\n", "        continue\n"),
    ("insert jump", "def f(a):\n    for x in a:\n        a = x\n", "        a = x\n        break\n"),
    ("insert sibling", "def f(a):\n    a = 1\n    g(a)\n", "    g(a)\n    a = 1\n"),
    ("insert step", "def f(a, b):\n    b = g(a)\n    return b\n", "    b = g(a)\n    a += 1\n"),
    (
        "rest after the loop",
        "def f(a, b, c):\n    for x in a:\n        if x:\n            b.append(c)\n    return b\n",
        "    if c:\n        b.append(c)\n    return b\n",
    ),
    (
        "first and the rest",
        "def f(a):\n    b = f(a[1:])\n    return b + [x for x in b]\n",
        "[([a[0]] + x) for x in b]",
    ),
    ("swap statements", "def f(a):\n    g(a)\n    h(a)\n", "    h(a)\n    g(a)\n"),
    (
        "move out",
        "def f(a):\n    for x in a:\n        g(x)\n        return x\n",
        "        g(x)\n    return x\n",
    ),
    ("move in", "def f(a):\n    for x in a:\n        g(x)\n    h(x)\n", "        g(x)\n        h(x)\n"),
    ("move up", "def f(a):\n    for x in a:\n        g(x)\n        h = 1\n", "    h = 1\n    for x in a:\n"),
    ("into the branch", "def f(a):\n    if a:\n        a = 1\n    a = 2\n", "    else:\n        a = 2\n"),
    (
        "guard statement",
        "def f(a, b):\n    b.x(a)\n    return b\n",
        "    if b is not None:\n        b.x(a)\n",
    ),
    (
        "skip element",
        "def f(a):\n    for x in a:\n        g(x)\n",
        "        if x is None:\n            continue\n",
    ),
    (
        "base case",
        "def f(a):\n    '''doc'''\n    return f(a)\n",
        "    '''doc'''\n    if not a:\n        return []\n",
    ),
    (
        "leave early",
        "def f(items):\n    n = len(items)\n    first = g(n)\n    yield first\n",
        "    if not n:\n        return\n    first = g(n)\n",
    ),
    (
        "leave early",
        "class A:\n    def __init__(self):\n        self.m = {}\n    def f(self, text):\n        return self.p.sub(text)\n",
        "        if not self.m:\n            return text\n        return self.p.sub(text)\n",
    ),
    ("base case", "def f(a, b):\n    return a[b]\n", "    if b >= len(a):\n        return None\n"),
    (
        "mark as seen",
        "def f(graph, start):\n    seen = set()\n    def visit(n):\n        if n in seen:\n            return\n"
        "        visit(graph[n])\n    visit(start)\n",
        "            return\n        seen.add(n)\n        visit(graph[n])\n",
    ),
    (
        "each round anew",
        "def f(items):\n    moved = True\n    while moved:\n        for x in items:\n            moved = True\n",
        "    while moved:\n        moved = False\n",
    ),
    (
        "set again",
        "def f(items):\n    n, t = 0, ''\n    for x in items:\n        if x:\n            t = ''\n        n += x\n",
        "            t = ''\n            n = 0\n",
    ),
    (
        "start value",
        "def f(items):\n    for x in items:\n        for y in x:\n            n += y\n    return n\n",
        "    for x in items:\n        n = 0\n",
    ),
    (
        "forgotten link",
        "def f(node):\n    last = node\n    while node:\n        last.next = node\n        node = node.next\n    return last\n",
        "        node = node.next\n    last.next = None\n",
    ),
    (
        "put back",
        "def f(board, n):\n    if board[n] == 0:\n        board[n] = 1\n        f(board, n + 1)\n",
        "        f(board, n + 1)\n        board[n] = 0\n",
    ),
    (
        "order forgotten",
        "import heapq\n\ndef f(text):\n    heap = []\n    for x in text:\n        heap.append(x)\n    return heapq.heappop(heap)\n",
        "        heap.append(x)\n    heapq.heapify(heap)\n",
    ),
    (
        "outer variable",
        "def f(items):\n    n = 0\n    def g(x):\n        n += x\n    for x in items:\n        g(x)\n    return n\n",
        "    def g(x):\n        nonlocal n\n        n += x\n",
    ),
    (
        "move in",
        "def f(items):\n    n = 0\n    for x in items:\n        if x:\n            a = 1\n        else:\n            a = 2\n        n += 1\n",
        "            a = 1\n            n += 1\n        else:\n            a = 2\n",
    ),
    (
        "call left out",
        "def f(text):\n    stack = []\n    for x in text:\n        while stack[-1]:\n            y = stack.pop()\n",
        "            y = stack.pop()\n        stack.pop()\n",
    ),
    (
        "other side too",
        "def f(tree):\n    if tree:\n        yield tree[0]\n        yield from f(tree[1])\n",
        "        yield from f(tree[1])\n        yield from f(tree[2])\n",
    ),
    (
        "other way down",
        "def size(n):\n    n.left = n.right = None\n    return 1 + size(n.left)\n",
        "    return (1 + size(n.left)) + size(n.right)\n",
    ),
    (
        "index within",
        "def f(items, size, i):\n    if i < size:\n        pass\n    if items[i + 1] > 0:\n        return i\n",
        "    if i + 1 < size and items[i + 1] > 0:\n",
    ),
    (
        "partner too",
        "def f(x, y):\n    there, back = {}, {}\n    if there.get(x) == y:\n        return 1\n",
        "there.get(x) == y and back.get(y) == x:\n",
    ),
    (
        "other way down",
        "def f(a, b):\n    if not a:\n        return not b\n    return f(a, b[1:])\n",
        "    return f(a[1:], b[1:]) or f(a, b[1:])\n",
    ),
    (
        "swap statements",
        "def f(a, b, c):\n    a = b\n    b = c\n    c = a\n    return c\n",
        "    b = c\n    c = a\n    a = b\n",
    ),
    (
        "move on",
        "def f(parent, node):\n    while parent[node] != node:\n        parent[node] = parent[parent[node]]\n    return node\n",
        "        parent[node] = parent[parent[node]]\n        node = parent[node]\n",
    ),
    (
        "fill",
        "def f(items):\n    found = []\n    for item in items:\n        if item:\n            pass\n    return found\n",
        "            pass\n            found.append(item)\n",
    ),
    (
        "carry over",
        "def f(items):\n    last = None\n    for item in items:\n        if item == last:\n            g(item)\n",
        "            g(item)\n        last = item\n",
    ),
    (
        "carry over",
        "def f(n):\n    r = 0\n    for _ in range(8):\n        r = r * 2 + (n & 1)\n    return r\n",
        "        r = r * 2 + (n & 1)\n        n >>= 1\n",
    ),
    (
        "start again",
        "def f(line):\n    found, part = [], ''\n    for x in line:\n        if x:\n            found.append(part)\n",
        "            found.append(part)\n            part = ''\n",
    ),
    (
        "use it",
        "def f(items):\n    best = 0\n    for x in items:\n        made = x * 2\n    return best\n",
        "        best = made\n",
    ),
    (
        "take back",
        "def f(path, n):\n    for x in n:\n        path.append(x)\n        f(path, n)\n",
        "        f(path, n)\n        path.pop()\n",
    ),
    (
        "state of the object",
        "class A:\n    def __init__(self):\n        self.open = False\n        self.count = 0\n    def f(self):\n        g()\n",
        "        g()\n        self.count += 1\n",
    ),
    (
        "missing yield",
        "def f(tree):\n    if tree:\n        yield from f(tree[1])\n        yield from f(tree[2])\n",
        "        yield from f(tree[1])\n        yield tree[0]\n",
    ),
    (
        "else that asks",
        "def f(a, b):\n    if a < b:\n        a = 1\n    else:\n        a = 2\n",
        "    elif a > b:\n        a = 2\n",
    ),
    (
        "both operands",
        "def f(x, y):\n    a, b = g(x), g(y)\n    return x != y\n",
        "    return a != b\n",
    ),
    (
        "global name",
        HEAD + "def other(x):\n    return helper(x)\n\n\nother(helper(1))\n",
        "    return other(x)\n",
    ),
]


@pytest.mark.parametrize(("template", "before", "part"), [*BLOCKS, *IDIOMS])
def test_template_on_blocks(template: str, before: str, part: str) -> None:
    assert any(part in text and part not in before for text in offers(before, template))


def test_a_raising_guard_comes_from_the_failing_test() -> None:
    tests = (
        "def test_it():\n    with pytest.raises(ValueError, match='must not be negative'):\n        f(-1)\n"
    )
    made = offers("def f(n):\n    return n\n", "missing error", tests)
    assert (
        "def f(n):\n    if n < 0:\n        raise ValueError('must not be negative')\n    return n\n" in made
    )


def test_every_template_is_tested_and_names_its_source() -> None:
    tested = (
        {c[0] for c in [*CASES, *SHAPES]}
        | {b[0] for b in [*BLOCKS, *IDIOMS]}
        | {"missing error"}
        | TOLD_ELSEWHERE
    )
    assert {t.name for t in CATALOGUE} == tested
    assert len({t.name for t in CATALOGUE}) == len(CATALOGUE)
    assert [t.name for t in CATALOGUE if "(" not in t.source_of_idea] == []


def test_formatting_and_comments_stay() -> None:
    code = "def f(a,b):   # odd\r\n\treturn a  <  b   # why\r\n"
    assert "def f(a,b):   # odd\r\n\treturn a  <=  b   # why\r\n" in offers(code, "comparison")


def test_positions_count_characters_not_bytes() -> None:
    code = "def f(a):\n    return 'äöü€', a + 1\n"
    assert "def f(a):\n    return 'äöü€', a - 1\n" in offers(code, "arithmetic")


def test_all_candidates_parse_and_the_order_is_fixed() -> None:
    code = function(
        "total = 0", "for x in items:", "    if x > a and not b:", "        total += x * 2", "return total"
    )
    source = Source("m.py", code)
    every = dict.fromkeys(range(1, 8), 1.0)
    found = list(mutate.mutations(source, every, donors.collect(source)))
    assert len(found) > 100
    for mutation in found:
        ast.parse(mutate.patched(source, mutation))
    best = mutate.best_mutations(found, 50)
    assert best == mutate.best_mutations(reversed(found), 50)
    assert [m.score for m in best] == sorted((m.score for m in found), reverse=True)[:50]


def test_defaults_and_module_level_are_cold_and_bodies_are_not() -> None:
    code = "LIMIT = 3\n\n\ndef f(a, n=2):\n    return a + 1\n"
    source = Source("m.py", code)
    found = mutate.mutations(source, {1: 1.0, 4: 1.0, 5: 1.0}, donors.collect(source))
    cold = {(m.line, m.cold) for m in found if m.template == "number"}
    assert cold == {(1, True), (4, True), (5, False)}


def test_a_unit_compiles_at_its_own_line_inside_its_class() -> None:
    code = "class A:\n    x = 1\n\n    def f(self):\n        return self.__y + super().z()\n"
    source = Source("m.py", code)
    text, offset = source.unit_text(source.units[4], ())
    assert text == "class A:\n    def f(self):\n        return self.__y + super().z()\n\n"
    assert offset + text[: text.index("def")].count("\n") + 1 == 4
