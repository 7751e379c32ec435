"""More small programs with planted faults, of the kinds that classic exercises teach: recursion, generators, searches,
containers, missing steps and tests that hang. The form is that of `repair_programs.py`.
"""

from __future__ import annotations

from repair_forms import Program, program

EXERCISES: tuple[Program, ...] = (
    program("flatten", """
        def flatten(tree):
            for branch in tree:
                if isinstance(branch, list):
                    yield from flatten(branch)
                else:
                    yield branch


        def depth(tree):
            if not isinstance(tree, list):
                return 0
            return 1 + max((depth(branch) for branch in tree), default=0)
        """, """
        def test_flat(): assert list(flatten([1, 2])) == [1, 2]
        def test_deep(): assert list(flatten([1, [2, [3]], 4])) == [1, 2, 3, 4]
        def test_empty(): assert list(flatten([])) == []
        def test_depth(): assert depth([1, [2, [3]]]) == 3
        def test_leaf(): assert depth(5) == 0
        def test_none(): assert depth([]) == 1
        """, "[list(flatten(t)) for t in ([[], [[7]]], [[1], [2, [3, [4]]]])] + [depth(t) for t in ([[[[]]]], [[1], 2])]",
        ("yield from flatten(branch)", "yield flatten(branch)"), ("1 + max(", "max("), ("return 0", "return 1")),
    program("chunks", """
        def chunks(items, size):
            chunk = []
            for item in items:
                chunk.append(item)
                if len(chunk) == size:
                    yield chunk
                    chunk = []
            if chunk:
                yield chunk


        def windows(items, size):
            for start in range(len(items) - size + 1):
                yield items[start : start + size]
        """, """
        def test_even(): assert list(chunks([1, 2, 3, 4], 2)) == [[1, 2], [3, 4]]
        def test_rest(): assert list(chunks([1, 2, 3], 2)) == [[1, 2], [3]]
        def test_none(): assert list(chunks([], 3)) == []
        def test_one(): assert list(chunks("ab", 1)) == [["a"], ["b"]]
        def test_windows(): assert list(windows([1, 2, 3], 2)) == [[1, 2], [2, 3]]
        def test_all(): assert list(windows("abc", 3)) == ["abc"]
        """, "[list(chunks(range(7), n)) for n in (1, 2, 3, 7, 9)] + [list(windows('abcdef', n)) for n in (1, 4)]",
        ("            chunk = []\n", ""), ("if chunk:", "if not chunk:"), ("size + 1)", "size)"),
        ("start : start + size", "start : size")),
    program("binary_search", """
        def find(items, wanted):
            low, high = 0, len(items) - 1
            while low <= high:
                middle = (low + high) // 2
                if items[middle] == wanted:
                    return middle
                if items[middle] < wanted:
                    low = middle + 1
                else:
                    high = middle - 1
            return -1


        def insert_place(items, wanted):
            low, high = 0, len(items)
            while low < high:
                middle = (low + high) // 2
                if items[middle] < wanted:
                    low = middle + 1
                else:
                    high = middle
            return low
        """, """
        def test_found(): assert find([1, 3, 5, 7], 5) == 2
        def test_first(): assert find([1, 3, 5], 1) == 0
        def test_last(): assert find([1, 3, 5], 5) == 2
        def test_missing(): assert find([1, 3, 5], 4) == -1
        def test_above(): assert find([1, 3], 9) == -1
        def test_empty(): assert find([], 1) == -1
        def test_place(): assert insert_place([1, 3, 5], 4) == 2
        def test_place_end(): assert insert_place([1, 3], 9) == 2
        def test_place_same(): assert insert_place([1, 3, 3], 3) == 1
        """, "[find(list(range(0, n, 2)), w) for n in range(9) for w in range(-1, 9)] + [insert_place([2, 4, 4, 8], w) for w in range(10)]",
        ("low <= high", "low < high"), ("            low = middle + 1\n        else:\n            high = middle - 1", "            low = middle\n        else:\n            high = middle - 1"),
        ("high = middle - 1", "high = middle + 1"), ("            high = middle\n    return low", "            high = middle - 1\n    return low")),
    program("permute", """
        def permutations(items):
            if not items:
                return [[]]
            result = []
            for place, first in enumerate(items):
                rest = items[:place] + items[place + 1 :]
                for tail in permutations(rest):
                    result.append([first] + tail)
            return result


        def subsets(items):
            if not items:
                return [[]]
            without = subsets(items[1:])
            return without + [[items[0]] + some for some in without]
        """, """
        def test_none(): assert permutations([]) == [[]]
        def test_two(): assert permutations([1, 2]) == [[1, 2], [2, 1]]
        def test_three(): assert len(permutations([1, 2, 3])) == 6
        def test_order(): assert permutations([1, 2, 3])[-1] == [3, 2, 1]
        def test_subsets(): assert subsets([1, 2]) == [[], [2], [1], [1, 2]]
        def test_no_subsets(): assert subsets([]) == [[]]
        """, "[permutations(list(t)) for t in ('abc', 'xyzw')] + [subsets(list('pqr'))]",
        ("    if not items:\n        return [[]]\n    result", "    if not items:\n        return []\n    result"), ("items[place + 1 :]", "items[place:]"),
        ("[first] + tail", "tail + [first]"), ("subsets(items[1:])", "subsets(items)"), ("[items[0]] + some", "some")),
    program("graph_walk", """
        def reachable(graph, start):
            seen, waiting = set(), [start]
            while waiting:
                node = waiting.pop()
                if node in seen:
                    continue
                seen.add(node)
                waiting.extend(graph.get(node, ()))
            return seen


        def distance(graph, start, goal):
            level, near, far = {start}, {start}, 0
            while level:
                if goal in level:
                    return far
                level = {n for node in level for n in graph.get(node, ())} - near
                near |= level
                far += 1
            return None
        """, """
        G = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["a"], "x": ["y"]}
        def test_all(): assert reachable(G, "a") == {"a", "b", "c", "d"}
        def test_leaf(): assert reachable(G, "y") == {"y"}
        def test_other(): assert reachable(G, "x") == {"x", "y"}
        def test_far(): assert distance(G, "a", "d") == 2
        def test_self(): assert distance(G, "a", "a") == 0
        def test_no_way(): assert distance(G, "x", "a") is None
        def test_back(): assert distance(G, "d", "c") == 2
        """, "[sorted(reachable({1: [2, 3], 2: [4], 4: [1, 5]}, n)) for n in range(1, 6)] + [distance({1: [2, 3], 2: [4], 4: [1, 5]}, 1, n) for n in range(1, 7)]",
        ("        seen.add(node)\n", ""), ("waiting.extend", "waiting.append"), ("if goal in level", "if goal in near"),
        ("        far += 1\n", ""), ("far = {start}, {start}, 0", "far = {start}, {start}, 1"), (")} - near", ")}")),
    program("accounts", """
        class Ledger:
            def __init__(self, entries=None):
                self.entries = list(entries or [])

            def add(self, name, amount):
                if amount == 0:
                    raise ValueError("nothing to book")
                self.entries.append((name, amount))
                return self

            def balance(self, name):
                return sum(amount for who, amount in self.entries if who == name)

            def names(self):
                return sorted({who for who, _ in self.entries})

            def richest(self):
                return max(self.names(), key=self.balance, default=None)
        """, """
        import pytest
        def test_add(): assert Ledger().add("a", 3).balance("a") == 3
        def test_two(): assert Ledger().add("a", 3).add("b", 4).add("a", -1).balance("a") == 2
        def test_names(): assert Ledger().add("b", 1).add("a", 1).add("b", 2).names() == ["a", "b"]
        def test_rich(): assert Ledger().add("a", 1).add("b", 5).richest() == "b"
        def test_nobody(): assert Ledger().richest() is None
        def test_zero():
            with pytest.raises(ValueError): Ledger().add("a", 0)
        def test_own():
            given = [("a", 1)]
            Ledger(given).add("a", 2)
            assert given == [("a", 1)]
        """, "[Ledger([('x', 2), ('y', -3), ('x', 4)]).balance(n) for n in 'xyz'] + [Ledger([('p', 1), ('q', 9), ('r', 4)]).richest()]",
        ("list(entries or [])", "entries or []"), ("        return self\n", ""), ("if who == name", "if who != name"),
        ("max(self.names()", "min(self.names()"), ("amount == 0", "amount < 0"), (", default=None", "")),
    program("number_words", """
        ONES = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
                "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
        TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


        def words(n):
            if n == 0:
                return "zero"
            parts = []
            if n >= 100:
                parts += [ONES[n // 100], "hundred"]
                n %= 100
            if n >= 20:
                tens = TENS[n // 10]
                parts.append(tens + "-" + ONES[n % 10] if n % 10 else tens)
            elif n:
                parts.append(ONES[n])
            return " ".join(parts)
        """, """
        def test_zero(): assert words(0) == "zero"
        def test_teen(): assert words(13) == "thirteen"
        def test_twenty(): assert words(20) == "twenty"
        def test_mixed(): assert words(42) == "forty-two"
        def test_hundred(): assert words(100) == "one hundred"
        def test_more(): assert words(317) == "three hundred seventeen"
        def test_most(): assert words(999) == "nine hundred ninety-nine"
        """, "[words(n) for n in range(0, 1000, 7)]",
        ("n >= 20", "n > 20"), ("n >= 100", "n > 100"), ("n %= 100", "n //= 100"), ("TENS[n // 10]", "TENS[n % 10]"), ("elif n:", "else:"),
        ('" ".join', '"".join')),
    program("brackets_tree", """
        def parse(text):
            root, stack = [], []
            current = root
            for letter in text:
                if letter == "(":
                    child = []
                    current.append(child)
                    stack.append(current)
                    current = child
                elif letter == ")":
                    if not stack:
                        raise ValueError("too many closing brackets")
                    current = stack.pop()
                else:
                    current.append(letter)
            if stack:
                raise ValueError("a bracket is not closed")
            return root
        """, """
        import pytest
        def test_flat(): assert parse("ab") == ["a", "b"]
        def test_one(): assert parse("a(b)c") == ["a", ["b"], "c"]
        def test_deep(): assert parse("((x))") == [[["x"]]]
        def test_side(): assert parse("()()") == [[], []]
        def test_open():
            with pytest.raises(ValueError): parse("(")
        def test_close():
            with pytest.raises(ValueError): parse(")")
        """, "[parse(t) for t in ('a(b(c)d)e', '(1)(2(3))', '')]",
        ("current = child", "current = root"), ("stack.pop()", "stack.pop(0)"), ("stack.append(current)", "stack.append(child)"),
        ("return root", "return current[0]"), ("if not stack:", "if stack:"), ("    if stack:\n", "    if not stack:\n")),
    program("matrix_work", """
        def transpose(rows):
            return [list(column) for column in zip(*rows)]


        def multiply(left, right):
            columns = transpose(right)
            return [[sum(a * b for a, b in zip(row, column)) for column in columns] for row in left]


        def diagonal(rows):
            return [rows[n][n] for n in range(len(rows))]


        def spiral(rows):
            result = []
            while rows:
                result.extend(rows[0])
                rows = transpose(rows[1:])[::-1]
            return result
        """, """
        def test_transpose(): assert transpose([[1, 2], [3, 4]]) == [[1, 3], [2, 4]]
        def test_wide(): assert transpose([[1, 2, 3]]) == [[1], [2], [3]]
        def test_multiply(): assert multiply([[1, 2]], [[3], [4]]) == [[11]]
        def test_square(): assert multiply([[1, 2], [3, 4]], [[0, 1], [1, 0]]) == [[2, 1], [4, 3]]
        def test_diagonal(): assert diagonal([[1, 2], [3, 4]]) == [1, 4]
        def test_spiral(): assert spiral([[1, 2, 3], [4, 5, 6], [7, 8, 9]]) == [1, 2, 3, 6, 9, 8, 7, 4, 5]
        def test_line(): assert spiral([[1, 2]]) == [1, 2]
        """, "[spiral([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]), multiply([[1, 2, 3]], [[4], [5], [6]]), diagonal([[1, 2, 3], [4, 5, 6], [7, 8, 9]])]",
        ("zip(*rows)", "zip(rows)"), ("a * b", "a + b"), ("rows[n][n]", "rows[n][0]"), ("rows[1:]", "rows"), ("rows[1:])[::-1]", "rows[1:])"),
        ("zip(row, column)", "zip(left, column)")),
    program("text_tools", """
        def wrap(text, width):
            lines, line = [], ""
            for word in text.split():
                if line and len(line) + 1 + len(word) > width:
                    lines.append(line)
                    line = word
                else:
                    line = f"{line} {word}".strip()
            if line:
                lines.append(line)
            return lines


        def counts(text):
            found = {}
            for word in text.lower().split():
                found[word] = found.get(word, 0) + 1
            return found


        def common(text, number):
            ordered = sorted(counts(text).items(), key=lambda pair: (-pair[1], pair[0]))
            return [word for word, _ in ordered[:number]]
        """, """
        def test_wrap(): assert wrap("aa bb cc", 5) == ["aa bb", "cc"]
        def test_narrow(): assert wrap("aa bb", 2) == ["aa", "bb"]
        def test_exact(): assert wrap("a b c", 5) == ["a b c"]
        def test_nothing(): assert wrap("", 5) == []
        def test_counts(): assert counts("a B b") == {"a": 1, "b": 2}
        def test_common(): assert common("x y y z z", 2) == ["y", "z"]
        def test_first(): assert common("b a a", 1) == ["a"]
        """, "[wrap('the quick brown fox jumps over', n) for n in range(5, 31, 4)] + [common('one two two Three three three', n) for n in range(4)]",
        ("> width", ">= width"), ("            line = word\n", '            line = ""\n'), ("text.lower().split()", "text.split()"),
        ("found.get(word, 0) + 1", "found.get(word, 1)"), ("(-pair[1], pair[0])", "(pair[1], pair[0])"), ("    if line:\n        lines.append(line)\n", "")),
)  # fmt: skip
