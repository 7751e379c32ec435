"""Classic exercises on graphs, grids and sets, each with one fault. The form is `drill` of `repair_forms.py`."""

from __future__ import annotations

from repair_forms import Program, drill

GRAPHS: tuple[Program, ...] = (
    drill("bridges", "rows", """
        def bridges(count, edges):
            near = [[] for _ in range(count)]
            for one, other in edges:
                near[one].append(other)
                near[other].append(one)
            depth, low, found = {}, {}, []

            def visit(node, parent):
                depth[node] = low[node] = len(depth)
                for other in near[node]:
                    if other == parent:
                        continue
                    if other in depth:
                        low[node] = min(low[node], depth[other])
                    else:
                        visit(other, node)
                        low[node] = min(low[node], low[other])
                        if low[other] > depth[node]:
                            found.append(sorted([node, other]))

            for node in range(count):
                if node not in depth:
                    visit(node, -1)
            return sorted(found)
        """, "bridges(*a)",
        [[2, [[0, 1]]], [3, [[0, 1], [1, 2], [2, 0]]], [4, [[0, 1], [1, 2], [2, 0], [2, 3]]], [5, [[0, 1], [1, 2], [2, 3], [3, 4], [4, 1]]], [1, []], [6, [[0, 1], [1, 2], [2, 0], [2, 3], [3, 4], [4, 5], [5, 3]]]],
        [[7, [[0, 1], [1, 2], [2, 3], [3, 0], [3, 4], [4, 5], [5, 6], [6, 4]]], [4, [[0, 1], [2, 3]]], [5, [[0, 1], [0, 2], [0, 3], [3, 4]]]],
        ("low[node] = min(low[node], low[other])", "low[node] = min(low[node], depth[other])")),
    drill("longest_route", "rows", """
        def longest_route(roads, start):
            best = 0
            for target, length in roads.get(start, []):
                best = max(best, length + longest_route(roads, target))
            return best
        """, "longest_route(*a)",
        [[{}, "a"], [{"a": [["b", 3]]}, "a"], [{"a": [["b", 3], ["c", 1]], "c": [["d", 7]]}, "a"], [{"a": [["b", 2]], "b": [["c", 2]], "c": [["d", 2]]}, "b"], [{"a": [["b", 5], ["c", 1]], "b": [["d", 1]], "c": [["d", 9]], "d": [["e", 1]]}, "a"]],
        [[{"x": [["y", 4], ["z", 2]], "y": [["z", 3]]}, "x"], [{"x": [["y", 1]]}, "y"]],
        ("max(best, length + longest_route(roads, target))", "max(best, longest_route(roads, target))")),
    drill("paint", "rows", """
        def paint(picture, row, column, colour):
            height, width = len(picture), len(picture[0])
            old = picture[row][column]
            if old == colour:
                return picture
            waiting = [(row, column)]
            while waiting:
                r, c = waiting.pop()
                if 0 <= r < height and 0 <= c < width and picture[r][c] == old:
                    picture[r][c] = colour
                    waiting += [(r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)]
            return picture
        """, "paint(*a)",
        [[[[1, 1, 1], [1, 1, 0], [1, 0, 1]], 1, 1, 2], [[[0]], 0, 0, 0], [[[0, 1], [1, 0]], 0, 0, 5], [[[3, 1, 1], [1, 1, 1], [3, 1, 3]], 0, 0, 4], [[[7, 7], [7, 8]], 0, 1, 9]],
        [[[[1, 2, 1], [1, 2, 1], [1, 2, 1]], 2, 0, 3], [[[1, 2, 1]], 0, 2, 7], [[[5], [6], [5]], 0, 0, 1]],
        ("if 0 <= r < height and", "if r < height and")),
    drill("cheapest", "rows", """
        def cheapest(count, roads, source):
            cost = [None] * count
            cost[source] = 0
            for _ in range(count - 1):
                for start, end, price in roads:
                    if cost[start] is None:
                        continue
                    if cost[end] is None or cost[start] + price < cost[end]:
                        cost[end] = cost[start] + price
            return cost
        """, "cheapest(*a)",
        [[1, [], 0], [3, [[0, 1, 4], [1, 2, 3], [0, 2, 9]], 0], [3, [[0, 1, 4], [0, 2, 5], [2, 1, -3]], 0], [4, [[0, 1, 1], [1, 2, 1], [2, 3, 1]], 1], [4, [[2, 3, 1], [1, 2, 1], [0, 1, 1]], 0], [2, [[1, 0, 7]], 0]],
        [[5, [[0, 1, 6], [0, 2, 7], [1, 3, 5], [2, 3, -3], [3, 4, 2], [4, 1, -2]], 0], [3, [[1, 2, 2], [0, 1, 2]], 0]],
        ("range(count - 1)", "range(1, count - 1)")),
    drill("knots", "rows", """
        def knots(graph):
            seen, order = set(), []

            def finish(node):
                seen.add(node)
                for other in graph[node]:
                    if other not in seen:
                        finish(other)
                order.append(node)

            for node in graph:
                if node not in seen:
                    finish(node)
            back = {node: [] for node in graph}
            for node, others in graph.items():
                for other in others:
                    back[other].append(node)
            groups, done = [], set()
            for node in reversed(order):
                if node in done:
                    continue
                group, waiting = [], [node]
                done.add(node)
                while waiting:
                    at = waiting.pop()
                    group.append(at)
                    for other in back[at]:
                        if other not in done:
                            done.add(other)
                            waiting.append(other)
                groups.append(sorted(group))
            return sorted(groups)
        """, "knots(*a)",
        [[{"a": []}], [{"a": ["b"], "b": ["a"]}], [{"a": ["b"], "b": ["c"], "c": []}], [{"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": ["e"], "e": ["d"]}], [{"a": ["b"], "b": ["a", "c"], "c": ["d"], "d": ["c"]}]],
        [[{"a": ["b", "e"], "b": ["f"], "c": ["b", "g"], "d": ["c"], "e": ["a"], "f": ["c"], "g": ["h"], "h": ["g"]}], [{"x": ["x"], "y": ["x"]}]],
        ("for node in reversed(order):", "for node in order:")),
    drill("word_chain", "rows", """
        from collections import deque
        from string import ascii_lowercase


        def word_chain(first, last, words):
            words = set(words)
            queue = deque([(first, 1)])
            seen = {first}
            while queue:
                word, steps = queue.popleft()
                if word == last:
                    return steps
                for place in range(len(word)):
                    for letter in ascii_lowercase:
                        other = word[:place] + letter + word[place + 1:]
                        if other in words and other not in seen:
                            seen.add(other)
                            queue.append((other, steps + 1))
            return 0
        """, "word_chain(*a)",
        [["hit", "cog", ["hot", "dot", "dog", "lot", "log", "cog"]], ["hit", "cog", ["hot", "dot", "dog", "lot", "log"]], ["a", "c", ["a", "b", "c"]], ["aa", "dd", ["ba", "bd", "ab", "cb", "cd", "dd"]], ["cat", "cat", ["cat"]], ["cold", "warm", ["cord", "card", "ward", "warm", "corm", "worm", "word"]]],
        [["lead", "gold", ["load", "goad", "gold", "lend"]], ["ab", "cd", ["ad", "cd", "cb"]], ["aa", "zz", ["az", "zz"]]],
        ("queue.popleft()", "queue.pop()")),
    drill("one_stroke", "rows", """
        def one_stroke(lines):
            degree = {}
            for one, other in lines:
                degree[one] = degree.get(one, 0) + 1
                degree[other] = degree.get(other, 0) + 1
            odd = sum(1 for value in degree.values() if value % 2)
            return odd == 0 or odd == 2
        """, "one_stroke(*a)",
        [[[]], [[[1, 2]]], [[[1, 2], [2, 3], [3, 1]]], [[[1, 2], [1, 3], [1, 4]]], [[[1, 2], [2, 3], [3, 4], [4, 1], [1, 3]]], [[[1, 2], [2, 3], [3, 4], [4, 1], [1, 3], [2, 4]]]],
        [[[[1, 2], [2, 3], [3, 4]]], [[[0, 1], [0, 2], [0, 3], [1, 2]]], [[[1, 2], [2, 1]]]],
        ("return odd == 0 or odd == 2", "return odd == 2")),
    drill("diameter", "plain", """
        def diameter(tree, root):
            best = 0

            def reach(node):
                nonlocal best
                first = second = 0
                for child in tree.get(node, ()):
                    length = reach(child) + 1
                    if length > first:
                        first, second = length, first
                    elif length > second:
                        second = length
                best = max(best, first + second)
                return first

            reach(root)
            return best
        """, "diameter(*a)",
        [[{}, "r"], [{"r": ["a", "b"]}, "r"], [{"r": ["a"], "a": ["b", "c"], "b": ["d"]}, "r"], [{"r": ["a", "b", "c"], "c": ["d"], "d": ["e"]}, "r"], [{"r": ["x"], "x": ["a", "b"], "a": ["c"], "b": ["d"], "c": ["e"]}, "r"]],
        [[{"r": ["a"], "a": ["b"], "b": ["c"]}, "r"], [{"r": ["a", "b"], "a": ["c", "d"], "d": ["f"]}, "r"]],
        ("                nonlocal best\n", "")),
    drill("cable", "rows", """
        import heapq


        def cable(near):
            done, total = set(), 0
            heap = [(0, min(near))]
            while heap:
                price, node = heapq.heappop(heap)
                if node in done:
                    continue
                done.add(node)
                total += price
                for other, cost in near[node].items():
                    if other not in done:
                        heapq.heappush(heap, (cost, other))
            return total
        """, "cable(*a)",
        [[{"a": {}}], [{"a": {"b": 2}, "b": {"a": 2}}], [{"a": {"b": 2, "c": 9}, "b": {"a": 2, "c": 1}, "c": {"a": 9, "b": 1}}], [{"a": {"b": 7, "c": 5}, "b": {"a": 7, "d": 3}, "c": {"a": 5, "d": 4}, "d": {"b": 3, "c": 4}}], [{"a": {"b": 1, "c": 1, "d": 1}, "b": {"a": 1, "c": 8}, "c": {"a": 1, "b": 8}, "d": {"a": 1}}]],
        [[{"p": {"q": 3, "r": 2}, "q": {"p": 3, "r": 4}, "r": {"p": 2, "q": 4}}], [{"p": {"q": 6}, "q": {"p": 6, "r": 1}, "r": {"q": 1}}]],
        ("total += price", "total += cost")),
    drill("rounds", "rows", """
        def rounds(needs):
            waiting = {task: set(before) for task, before in needs.items()}
            plan = []
            while waiting:
                ready = sorted(task for task, before in waiting.items() if not before)
                if not ready:
                    return None
                plan.append(ready)
                for task in ready:
                    del waiting[task]
                for before in waiting.values():
                    before.difference_update(ready)
            return plan
        """, "rounds(*a)",
        [[{}], [{"a": []}], [{"a": [], "b": ["a"]}], [{"a": ["b"], "b": ["a"]}], [{"a": [], "b": [], "c": ["a", "b"], "d": ["c"]}], [{"a": ["c"], "b": ["a"], "c": [], "d": ["c"]}]],
        [[{"x": [], "y": ["x"], "z": ["x"], "w": ["y", "z"]}], [{"x": ["y"], "y": ["z"], "z": ["y"]}]],
        ("before.difference_update(ready)", "before.difference(ready)")),
    drill("letter_order", "rows", """
        def letter_order(words):
            after = {letter: set() for word in words for letter in word}
            for first, second in zip(words, words[1:]):
                for one, other in zip(first, second):
                    if one != other:
                        after[one].add(other)
                        break
            order = []
            while after:
                blocked = set().union(*after.values())
                free = sorted(set(after) - blocked)
                if not free:
                    return ""
                order.append(free[0])
                del after[free[0]]
            return "".join(order)
        """, "letter_order(*a)",
        [[["wrt", "wrf", "er", "ett", "rftt"]], [["z", "x"]], [["z", "x", "z"]], [["ba", "ab", "aa"]], [["abc"]], [["cab", "cba", "bac"]]],
        [[["xy", "xz", "yx", "zx"]], [["baa", "abcd", "abca", "cab", "cad"]], [["pq", "qp", "qq"]]],
        ("                after[one].add(other)\n                        break\n", "                after[one].add(other)\n")),
    drill("routes", "rows", """
        def routes(count, roads):
            far = 10 ** 9
            length = [[0 if i == j else far for j in range(count)] for i in range(count)]
            step = [[j for j in range(count)] for _ in range(count)]
            for start, end, size in roads:
                length[start][end] = size
            for middle in range(count):
                for start in range(count):
                    for end in range(count):
                        through = length[start][middle] + length[middle][end]
                        if through < length[start][end]:
                            length[start][end] = through
                            step[start][end] = step[start][middle]

            def path(start, end):
                if length[start][end] >= far:
                    return []
                found = [start]
                while start != end:
                    start = step[start][end]
                    found.append(start)
                return found

            return [path(0, end) for end in range(count)]
        """, "routes(*a)",
        [[1, []], [2, []], [3, [[0, 1, 1], [1, 2, 1]]], [3, [[0, 1, 5], [0, 2, 1], [2, 1, 1]]], [5, [[0, 1, 1], [1, 2, 1], [2, 3, 1], [3, 4, 1], [0, 4, 9]]], [4, [[0, 3, 1], [3, 2, 1], [2, 1, 1], [0, 1, 9]]]],
        [[4, [[0, 2, 3], [2, 3, 1], [0, 3, 7], [3, 1, 1]]], [5, [[0, 4, 2], [4, 3, 2], [3, 1, 2], [0, 1, 9], [1, 2, 1]]]],
        ("step[start][end] = step[start][middle]", "step[start][end] = step[middle][end]")),
    drill("friends", "rows", """
        def friends(pairs):
            leader, size = {}, {}

            def find(person):
                leader.setdefault(person, person)
                size.setdefault(person, 1)
                while leader[person] != person:
                    person = leader[person]
                return person

            sizes = []
            for one, other in pairs:
                a, b = find(one), find(other)
                if a != b:
                    if size[a] < size[b]:
                        a, b = b, a
                    leader[b] = a
                    size[a] += size[b]
                sizes.append(size[a])
            return sizes
        """, "friends(*a)",
        [[[]], [[["al", "bo"]]], [[["al", "bo"], ["bo", "cy"]]], [[["al", "bo"], ["cy", "di"], ["al", "di"]]], [[["al", "bo"], ["bo", "al"], ["cy", "al"]]], [[["a", "b"], ["c", "d"], ["e", "c"], ["a", "e"], ["b", "d"]]]],
        [[[["p", "q"], ["r", "s"], ["q", "s"], ["t", "u"], ["u", "p"]]], [[["p", "p"], ["p", "q"]]]],
        ("size[a] += size[b]", "size[a] += 1")),
    drill("shared_boss", "rows", """
        def shared_boss(boss, one, other):
            above = set()
            while one is not None:
                above.add(one)
                one = boss.get(one)
            while other not in above:
                other = boss[other]
            return other
        """, "shared_boss(*a)",
        [[{"b": "a", "c": "a"}, "b", "c"], [{"b": "a", "c": "b"}, "c", "b"], [{"b": "a", "c": "b", "d": "b"}, "c", "d"], [{"b": "a"}, "b", "b"], [{"b": "a", "c": "b", "d": "a", "e": "d"}, "c", "e"], [{"b": "a", "c": "b"}, "b", "c"]],
        [[{"b": "a", "c": "a", "d": "c", "e": "d"}, "e", "c"], [{"b": "a", "c": "b", "d": "c"}, "b", "d"]],
        ("                above.add(one)\n                one = boss.get(one)\n", "                one = boss.get(one)\n                above.add(one)\n")),
    drill("dungeon", "rows", """
        from collections import deque


        def dungeon(grid):
            height, width = len(grid), len(grid[0])
            queue = deque([(0, 0, 0)])
            seen = {(0, 0)}
            while queue:
                row, column, steps = queue.popleft()
                if (row, column) == (height - 1, width - 1):
                    return steps
                for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                    r, c = row + down, column + right
                    if not (0 <= r < height and 0 <= c < width):
                        continue
                    if grid[r][c] == "#" or (r, c) in seen:
                        continue
                    seen.add((r, c))
                    queue.append((r, c, steps + 1))
            return -1
        """, "dungeon(*a)",
        [[["."]], [["..", ".."]], [[".#", "#."]], [["...", "##.", "..."]], [["....", ".##.", ".#..", ".#.."]], [[".#...", ".#.#.", "...#."]]],
        [[["..#", "#..", "##."]], [[".....", "####.", ".....", ".####", "....."]], [["..", "#."]]],
        ("return steps\n", "return len(seen)\n")),
    drill("rotten", "rows", """
        def rotten(box):
            rows, columns = len(box), len(box[0])
            bad = [(r, c) for r in range(rows) for c in range(columns) if box[r][c] == 2]
            fresh = sum(line.count(1) for line in box)
            days = 0
            while bad and fresh:
                following = []
                for r, c in bad:
                    for y, x in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                        if 0 <= y < rows and 0 <= x < columns and box[y][x] == 1:
                            box[y][x] = 2
                            fresh -= 1
                            following.append((y, x))
                bad = following
                days += 1
            return days if fresh == 0 else -1
        """, "rotten(*a)",
        [[[[2, 1, 1], [1, 1, 0], [0, 1, 1]]], [[[2, 1, 1], [0, 1, 1], [1, 0, 1]]], [[[0, 2]]], [[[1]]], [[[2, 2], [2, 1]]], [[[2, 1, 1, 1, 2]]]],
        [[[[2, 1, 0, 1, 2], [1, 1, 1, 1, 1]]], [[[0]]], [[[1, 2, 1, 1]]]],
        ("while bad and fresh:", "while bad:")),
)  # fmt: skip
