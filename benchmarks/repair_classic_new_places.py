"""Classic exercises on graphs, grids, trees and tries, each with one fault. The form is `drill`."""

from __future__ import annotations

from repair_forms import Program, drill

PLACES: tuple[Program, ...] = (
    drill(
        "build_order",
        "rows",
        """
        from collections import deque


        def build_order(needs):
            waiting = {task: len(set(before)) for task, before in needs.items()}
            ready = deque(sorted(task for task, count in waiting.items() if count == 0))
            order = []
            while ready:
                done = ready.popleft()
                order.append(done)
                for task in sorted(needs):
                    if done in needs[task]:
                        waiting[task] -= 1
                        if waiting[task] == 0:
                            ready.append(task)
            return order if len(order) == len(needs) else None
        """,
        "build_order(*a)",
        [
            [{}],
            [{"a": []}],
            [{"a": ["b"], "b": []}],
            [{"a": ["b"], "b": ["a"]}],
            [{"d": ["b", "c"], "c": ["a"], "b": ["a"], "a": []}],
            [{"x": [], "y": [], "z": ["x", "y"], "w": ["y"]}],
        ],
        [[{"p": ["q"], "q": ["r"], "r": []}], [{"a": ["a"]}], [{"m": ["k", "k"], "k": [], "l": ["k"]}]],
        (
            "                        if waiting[task] == 0:\n                            ready.append(task)\n",
            "                    if waiting[task] == 0:\n                        ready.append(task)\n",
        ),
    ),
    drill(
        "cheapest_way",
        "rows",
        """
        import heapq


        def cheapest_way(roads, start, goal):
            heap, cost, came = [(0, start)], {start: 0}, {}
            while heap:
                spent, here = heapq.heappop(heap)
                if here == goal:
                    way = [goal]
                    while way[-1] != start:
                        way.append(came[way[-1]])
                    return [spent, way[::-1]]
                for there, price in roads.get(here, {}).items():
                    total = spent + price
                    if there not in cost or total < cost[there]:
                        cost[there] = total
                        came[there] = here
                        heapq.heappush(heap, (total, there))
            return None
        """,
        "cheapest_way(*a)",
        [
            [{}, "a", "a"],
            [{}, "a", "b"],
            [{"a": {"b": 4}}, "a", "b"],
            [{"a": {"b": 1, "c": 9}, "b": {"c": 2}}, "a", "c"],
            [{"a": {"b": 5, "c": 1}, "c": {"b": 1}, "b": {"d": 1}}, "a", "d"],
            [{"a": {"b": 1}, "b": {"a": 1}}, "a", "z"],
        ],
        [
            [{"s": {"x": 7, "y": 2}, "y": {"x": 3, "t": 9}, "x": {"t": 1}}, "s", "t"],
            [{"a": {"b": 2, "c": 2}, "b": {"d": 2}, "c": {"d": 1}}, "a", "d"],
        ],
        ("if there not in cost or total < cost[there]:", "if there not in cost:"),
    ),
    drill(
        "cheapest_net",
        "rows",
        """
        def cheapest_net(count, cables):
            boss = list(range(count))

            def find(one):
                while boss[one] != one:
                    boss[one] = boss[boss[one]]
                    one = boss[one]
                return one

            total, used = 0, 0
            for price, one, other in sorted(cables):
                a, b = find(one), find(other)
                if a != b:
                    boss[a] = b
                    total += price
                    used += 1
            return total if used == count - 1 else -1
        """,
        "cheapest_net(*a)",
        [
            [1, []],
            [2, []],
            [2, [[5, 0, 1]]],
            [3, [[1, 0, 1], [2, 1, 2], [3, 0, 2]]],
            [4, [[1, 0, 1], [1, 2, 3], [4, 1, 2], [5, 0, 3]]],
            [5, [[2, 0, 1], [2, 1, 2], [1, 2, 0], [7, 3, 4], [9, 2, 3]]],
        ],
        [
            [4, [[3, 0, 1], [3, 0, 2], [3, 0, 3], [1, 1, 2]]],
            [3, [[4, 0, 1]]],
            [6, [[1, 0, 1], [2, 2, 3], [3, 4, 5], [4, 1, 3], [5, 3, 5], [6, 0, 5]]],
        ],
        ("boss[a] = b", "boss[one] = b"),
    ),
    drill(
        "paint_bucket",
        "rows",
        """
        def paint_bucket(picture, row, column, colour):
            old = picture[row][column]
            if old == colour:
                return picture
            stack = [(row, column)]
            while stack:
                r, c = stack.pop()
                if 0 <= r < len(picture) and 0 <= c < len(picture[0]) and picture[r][c] == old:
                    picture[r][c] = colour
                    stack += [(r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)]
            return picture
        """,
        "paint_bucket(*a)",
        [
            [[[1]], 0, 0, 2],
            [[[1, 1], [1, 0]], 0, 0, 5],
            [[[0, 1, 0], [1, 1, 1], [0, 1, 0]], 1, 1, 3],
            [[[2, 2]], 0, 1, 2],
            [[[1, 0, 1]], 0, 2, 9],
            [[[1], [1], [0], [1]], 0, 0, 4],
        ],
        [[[[0, 0, 0], [0, 1, 0], [0, 0, 0]], 0, 0, 7], [[[1, 2], [3, 4]], 1, 1, 0]],
        ("0 <= c < len(picture[0])", "0 <= c <= len(picture)"),
    ),
    drill(
        "all_distances",
        "rows",
        """
        def all_distances(size, edges):
            far = 10 ** 9
            table = [[0 if i == j else far for j in range(size)] for i in range(size)]
            for i, j, length in edges:
                table[i][j] = min(table[i][j], length)
            for via in range(size):
                for i in range(size):
                    for j in range(size):
                        table[i][j] = min(table[i][j], table[i][via] + table[via][j])
            return [[-1 if cell >= far else cell for cell in row] for row in table]
        """,
        "all_distances(*a)",
        [
            [1, []],
            [2, [[0, 1, 3]]],
            [3, [[0, 1, 1], [1, 2, 1]]],
            [4, [[3, 2, 1], [2, 1, 1], [1, 0, 1]]],
            [4, [[0, 3, 2], [3, 1, 2], [1, 2, 2], [2, 0, 9]]],
            [5, [[0, 4, 1], [4, 3, 1], [3, 2, 1], [2, 1, 1]]],
            [2, [[0, 1, 5], [0, 1, 2]]],
        ],
        [[5, [[4, 1, 2], [1, 3, 1], [3, 0, 4], [0, 2, 1], [2, 4, 1]]], [3, [[2, 0, 1], [0, 1, 1]]]],
        (
            "            for via in range(size):\n                for i in range(size):\n                    for j in range(size):\n",
            "            for i in range(size):\n                for j in range(size):\n                    for via in range(size):\n",
        ),
    ),
    drill(
        "two_teams",
        "plain",
        """
        def two_teams(people, rivals):
            side = {}

            def place(person, team):
                if person in side:
                    return side[person] == team
                side[person] = team
                return all(place(other, 1 - team) for other in rivals.get(person, ()))

            return all(place(person, 0) for person in people if person not in side)
        """,
        "two_teams(*a)",
        [
            ["", {}],
            ["ab", {"a": "b", "b": "a"}],
            ["abc", {"a": "bc", "b": "ac", "c": "ab"}],
            ["abcd", {"a": "bd", "b": "ac", "c": "bd", "d": "ac"}],
            ["abcd", {"c": "d", "d": "c"}],
            ["xyz", {"x": "y", "y": "xz", "z": "y"}],
        ],
        [["abcde", {"a": "be", "b": "ac", "c": "bd", "d": "ce", "e": "da"}], ["pq", {"p": "p"}]],
        ("for person in people if person not in side)", "for person in people)"),
    ),
    drill(
        "snail",
        "rows",
        """
        def snail(board):
            if not board:
                return []
            top, bottom, left, right = 0, len(board) - 1, 0, len(board[0]) - 1
            path = []
            while top <= bottom and left <= right:
                path += board[top][left:right + 1]
                for row in range(top + 1, bottom + 1):
                    path.append(board[row][right])
                if top < bottom and left < right:
                    for column in range(right - 1, left - 1, -1):
                        path.append(board[bottom][column])
                    for row in range(bottom - 1, top, -1):
                        path.append(board[row][left])
                top, bottom, left, right = top + 1, bottom - 1, left + 1, right - 1
            return path
        """,
        "snail(*a)",
        [
            [[]],
            [[[1]]],
            [[[1, 2], [3, 4]]],
            [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]],
            [[[1, 2, 3]]],
            [[[1], [2], [3]]],
            [[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]],
        ],
        [
            [[[1, 2], [3, 4], [5, 6]]],
            [[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20]]],
        ],
        ("if top < bottom and left < right:", "if top < bottom:"),
    ),
    drill(
        "next_generation",
        "loop",
        """
        from collections import Counter


        def next_generation(alive):
            cells = {tuple(cell) for cell in alive}
            around = Counter(
                (x + dx, y + dy) for x, y in cells for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy
            )
            return sorted(cell for cell, count in around.items() if count == 3 or count == 2 and cell in cells)
        """,
        "next_generation(*a)",
        [
            [[]],
            [[(0, 0)]],
            [[(0, 0), (0, 1), (0, 2)]],
            [[(0, 0), (0, 1), (1, 0), (1, 1)]],
            [[(0, 0), (1, 1), (2, 2)]],
            [[(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)]],
        ],
        [[[(0, 0), (5, 5)]], [[(0, 0), (0, 1), (0, 2), (1, 1)]], [[(0, 0), (0, 2), (1, 1), (2, 0), (2, 2)]]],
        ("if dx or dy", "if dx and dy"),
    ),
    drill(
        "quarter_turn",
        "rows",
        """
        def quarter_turn(square):
            size = len(square)
            for r in range(size):
                for c in range(r + 1, size):
                    square[r][c], square[c][r] = square[c][r], square[r][c]
            for row in square:
                row.reverse()
            return square
        """,
        "quarter_turn(*a)",
        [[[[1]]], [[[1, 2], [3, 4]]], [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[["a", "b"], ["c", "d"]]], [[]]],
        [[[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]], [[[0, 1], [1, 0]]]],
        ("for c in range(r + 1, size):", "for c in range(size):"),
    ),
    drill(
        "prefix_book",
        "rows",
        """
        class PrefixBook:
            def __init__(self):
                self.root = {}

            def add(self, word):
                node = self.root
                for letter in word:
                    node = node.setdefault(letter, {})
                node["$"] = word

            def starting(self, prefix):
                node = self.root
                for letter in prefix:
                    if letter not in node:
                        return []
                    node = node[letter]
                return sorted(self._below(node))

            def _below(self, node):
                for letter, child in node.items():
                    if letter == "$":
                        yield child
                    else:
                        yield from self._below(child)


        def lookup(words, prefix):
            book = PrefixBook()
            for word in words:
                book.add(word)
            return book.starting(prefix)
        """,
        "lookup(*a)",
        [
            [[], "a"],
            [["a"], "a"],
            [["car", "cat", "dog"], "ca"],
            [["car", "cart"], "car"],
            [["tea", "ten", "to"], ""],
            [["x"], "xy"],
        ],
        [[["an", "ant", "and", "bee"], "an"], [["q", "qq"], "q"]],
        (
            "                    node = node.setdefault(letter, {})\n",
            "                    node.setdefault(letter, {})\n",
        ),
    ),
    drill(
        "clusters",
        "rows",
        """
        def clusters(links):
            near = {}
            for one, other in links:
                near.setdefault(one, set()).add(other)
                near.setdefault(other, set()).add(one)
            seen, groups = set(), []
            for start in sorted(near):
                if start in seen:
                    continue
                group, todo = [], [start]
                while todo:
                    node = todo.pop()
                    if node in seen:
                        continue
                    seen.add(node)
                    group.append(node)
                    todo.extend(near[node] - seen)
                groups.append(sorted(group))
            return groups
        """,
        "clusters(*a)",
        [
            [[]],
            [[[1, 2]]],
            [[[1, 2], [3, 4]]],
            [[[1, 2], [2, 3], [3, 1]]],
            [[[5, 1], [2, 3], [3, 5], [7, 8]]],
        ],
        [[[[1, 1]]], [[[1, 4], [2, 5], [3, 6], [6, 1]]], [[[9, 8], [8, 7], [6, 5]]]],
        (
            "                    seen.add(node)\n                    group",
            "                    seen.add(start)\n                    group",
        ),
    ),
    drill(
        "word_steps",
        "rows",
        """
        from collections import deque


        def word_steps(begin, end, words):
            letters = "abcdefghijklmnopqrstuvwxyz"
            unused = set(words)
            queue = deque([(begin, 1)])
            while queue:
                word, steps = queue.popleft()
                if word == end:
                    return steps
                for i in range(len(word)):
                    for letter in letters:
                        other = word[:i] + letter + word[i + 1:]
                        if other in unused:
                            unused.remove(other)
                            queue.append((other, steps + 1))
            return 0
        """,
        "word_steps(*a)",
        [
            ["a", "b", ["b"]],
            ["a", "c", ["b"]],
            ["hit", "cog", ["hot", "dot", "dog", "lot", "log", "cog"]],
            ["cat", "dog", ["cot", "cog", "dog"]],
            ["ab", "ab", []],
            ["ab", "cd", ["ad", "cb", "cd"]],
        ],
        [["lead", "gold", ["load", "goad", "gold", "leak"]], ["aa", "bb", ["ab"]]],
        ("queue.append((other, steps + 1))", "queue.append((other, steps))"),
    ),
    drill(
        "queens",
        "rows",
        """
        def queens(size):
            columns, falling, rising = set(), set(), set()
            boards = []

            def place(row, chosen):
                if row == size:
                    boards.append(chosen[:])
                    return
                for column in range(size):
                    if column in columns or row - column in falling or row + column in rising:
                        continue
                    columns.add(column), falling.add(row - column), rising.add(row + column)
                    chosen.append(column)
                    place(row + 1, chosen)
                    chosen.pop()
                    columns.remove(column), falling.remove(row - column), rising.remove(row + column)

            place(0, [])
            return boards
        """,
        "queens(*a)",
        [[1], [2], [3], [4], [5]],
        [[6], [0]],
        ("boards.append(chosen[:])", "boards.append(chosen)"),
    ),
    drill(
        "sorted_tree",
        "plain",
        """
        class Tree:
            def __init__(self, key):
                self.key, self.left, self.right = key, None, None


        def insert(tree, key):
            if tree is None:
                return Tree(key)
            if key < tree.key:
                tree.left = insert(tree.left, key)
            elif key > tree.key:
                tree.right = insert(tree.right, key)
            return tree


        def build(keys):
            root = None
            for key in keys:
                root = insert(root, key)
            return root


        def is_sorted(tree, low=float("-inf"), high=float("inf")):
            if tree is None:
                return True
            if not low < tree.key < high:
                return False
            return is_sorted(tree.left, low, tree.key) and is_sorted(tree.right, tree.key, high)


        def ordered(tree):
            if tree:
                yield from ordered(tree.left)
                yield tree.key
                yield from ordered(tree.right)


        def describe(keys):
            tree = build(keys)
            return is_sorted(tree), list(ordered(tree))
        """,
        "describe(a)",
        [[], [1], [2, 1, 3], [5, 2, 8, 1, 9], [4, 4, 4], [1, 2, 3, 4]],
        [[9, 8, 7], [5, 1, 3, 2, 4], [0, -1]],
        ("tree.right = insert(tree.right, key)", "insert(tree.right, key)"),
    ),
)
