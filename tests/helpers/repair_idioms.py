"""Idioms of algorithms written by half: the template that completes each, the code before, and a part of what it offers."""

from __future__ import annotations


def _in(*lines: str, head: str = "def f(a, b, items):") -> str:
    return head + "\n" + "".join(f"    {line}\n" for line in lines)


IDIOMS = [
    ("all but one", _in("return items[a + 1:]"), "items[:a] + items[a + 1:]"),
    ("all but one", _in("return items[a:]"), "items[a:] + items[:a]"),
    ("bit for its number", _in("return a & b"), "return a >> b & 1"),
    ("bit for its number", _in("a |= b"), "a |= 1 << b"),
    ("kind of division", _in("return a // b"), "return int(a / b)"),
    ("kind of division", _in("return int(a / b)"), "return a // b"),
    ("held within", _in("for n in range(a):", "    b = a / b"), "a / min(b, n + 1)"),
    ("rows for columns", _in("return [sum(column) for column in items]"), "for column in zip(*items)"),
    ("rows for columns", _in("for n, x in items:", "    a += n"), "in enumerate(items)"),
    (
        "loops exchanged",
        _in("for x in a:", "    for y in b:", "        items[x][y] = 0"),
        "    for y in b:\n        for x in a:\n",
    ),
    ("loops exchanged", _in("return [x for x in row for row in items]"), "[x for row in items for x in row]"),
    ("infinite start", _in("best = 0", "return best"), 'best = float("inf")'),
    ("nearly equal", _in("while a - b > 0.1:", "    a /= 2"), "while abs(a - b) > 0.1:"),
    (
        "handed to itself",
        "def turn(node, size):\n    node.next = node.last\n",
        "node.next = turn(node.last, size)",
    ),
    ("filed under its key", _in("items[a] = [b]"), "items.setdefault(a, []).append(b)"),
    ("filed under its key", _in("items[a] += b"), "items[a] = items.get(a, 0) + b"),
    (
        "element for its number",
        _in("for n in range(len(items)):", "    a = max(a, n)"),
        "a = max(a, items[n])",
    ),
    ("put in front", _in("a += b"), "a = b + a"),
    (
        "counterpart",
        "def f(left, right):\n    i = j = 0\n    while left[i] < right[j]:\n        i += 1\n    yield from left[i:]\n",
        "    yield from left[i:]\n    yield from right[j:]\n",
    ),
    (
        "counterpart",
        _in("for one, other in items:", "    a[one].add(other)"),
        "        a[one].add(other)\n        a[other].add(one)\n",
    ),
    (
        "counterpart",
        _in("high, low = a, b", "for x in items:", "    ends = high * x, low * x", "    high = max(ends)"),
        "        high = max(ends)\n        low = min(ends)\n",
    ),
    ("at the same time", _in("a = b", "b = a + b"), "    a, b = b, a + b\n"),
    ("at the same time", _in("a, b = b, a"), "    a = b\n    b = a\n"),
    ("filter left out", _in("return sum(a - n for n in items)"), "for n in items if n <= a)"),
    ("filter left out", _in("return [n for n in items if n > 1]"), "for n in items if n > 1 and n in a]"),
    ("no neighbour there", _in("return items[a - 1]"), "return (items[a - 1] if a - 1 >= 0 else 0)"),
    ("only when complete", _in("return b"), "return b if len(b) == len(a) else None"),
    ("turned for the heap", _in("heappush(items, a)"), "heappush(items, -a)"),
    (
        "turned for the heap",
        _in("return sorted(items, key=lambda x: (x[1], x[0]))"),
        "key=lambda x: (-x[1], x[0])",
    ),
    ("round and round", _in("return a[(b + 1)]"), "(b + 1) % len(a)"),
    ("from where it stood", _in("for n in range(b):", "    items.append(n)"), "for n in range(a, b):"),
    ("other end", _in("return items[0] < a < items[1] or b < items[1]"), "or items[0] <= b < items[1]"),
    ("what the number counts", _in("return a.pop()", head="def f(items, a):"), "return items[a.pop()]"),
    ("piece left out", _in("return b + items[a + 1:]"), "return items[:a] + b + items[a + 1:]"),
    ("taken along", _in("return f(a, b, items[a]) or f(b, b, a)"), "f(a, 1 - b, items[a])"),
    ("begins with the first", _in("best = 0", "return best", head="def f(items):"), "best = items[0]"),
    ("never nothing", _in("return a / (b - a)"), "return a / ((b - a) or 1)"),
    ("base of the table", _in("best = [b] * (a + 1)", "return best"), "    best[0] = 0\n"),
    ("base of the table", _in("best = [[0] * a for _ in range(b)]", "return best"), "    best[0][0] = 1\n"),
    (
        "guard turned round",
        _in("if items and items.pop() != a:", "    return False"),
        "if not items or items.pop() != a:",
    ),
    ("guard turned round", _in("return a and b"), "return a and not b"),
    ("variable to constant", _in("return [b] + [b] * a"), "return [0] + [b] * a"),
    ("another step", _in("while a:", "    a -= 1"), "    a >>= 1"),
    ("another step", _in("return f(a - 1, b, items)"), "f(a // 2, b, items)"),
    ("one place further", _in("for x in items:", "    a = int(x)"), "    a = a * 10 + int(x)"),
]
