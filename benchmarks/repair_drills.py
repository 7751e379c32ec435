"""Programs whose tests are rows of data, each with one-place faults: graphs, dynamic programming, recursion, linked
structures, heaps and intervals. The form is `drill` of `repair_forms.py`.
"""

from __future__ import annotations

from repair_drills_more import MORE_DRILLS
from repair_forms import Program, drill, faulty

DRILLS: tuple[Program, ...] = (
    drill("components", "rows", """
        def components(count, edges):
            parent = list(range(count))

            def find(node):
                while parent[node] != node:
                    parent[node] = parent[parent[node]]
                    node = parent[node]
                return node

            total = count
            for left, right in edges:
                a, b = find(left), find(right)
                if a != b:
                    parent[a] = b
                    total -= 1
            return total
        """, "components(*a)",
        [[0, []], [3, []], [3, [[0, 1]]], [4, [[0, 1], [1, 2], [2, 0]]], [5, [[0, 1], [2, 3], [1, 3], [0, 2]]], [2, [[0, 0]]]],
        [[6, [[0, 1], [2, 3], [4, 5], [5, 0]]], [7, [[6, 5], [5, 4], [4, 3], [3, 6]]], [3, [[1, 1], [2, 2]]]],
        ("                    node = parent[node]\n", ""), ("parent[a] = b", "parent[left] = b"), ("a != b", "left != right"),
        ("total = count", "total = count - 1")),
    drill("bipartite", "loop", """
        from collections import deque


        def two_colours(graph):
            colour = {}
            for start in graph:
                if start in colour:
                    continue
                colour[start] = 0
                queue = deque([start])
                while queue:
                    node = queue.popleft()
                    for other in graph[node]:
                        if other not in colour:
                            colour[other] = 1 - colour[node]
                            queue.append(other)
                        elif colour[other] == colour[node]:
                            return None
            return colour
        """, "two_colours(*a)",
        [[{}], [{"a": ["b"], "b": ["a"]}], [{"a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"]}],
         [{"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]}], [{"x": [], "y": []}]],
        [[{"a": ["b", "d"], "b": ["a", "c"], "c": ["b", "d"], "d": ["a", "c"]}], [{"p": ["q"], "q": ["p"], "r": ["s"], "s": ["r"]}]],
        ("1 - colour[node]", "colour[node] - 1"), ("queue.append(other)", "queue.append(node)"), ("colour[other] == colour[node]", "colour[other] != colour[node]"),
        ("if start in colour", "if start not in colour")),
    drill("cheapest_way", "rows", """
        import heapq


        def cheapest(roads, start, goal):
            best = {start: 0}
            heap = [(0, start)]
            while heap:
                cost, place = heapq.heappop(heap)
                if place == goal:
                    return cost
                if cost > best[place]:
                    continue
                for other, price in roads.get(place, {}).items():
                    total = cost + price
                    if other not in best or total < best[other]:
                        best[other] = total
                        heapq.heappush(heap, (total, other))
            return -1
        """, "cheapest(*a)",
        [[{"a": {"b": 4, "c": 1}, "c": {"b": 2}}, "a", "b"], [{}, "a", "a"], [{"a": {"b": 1}}, "b", "a"],
         [{"a": {"b": 7, "c": 3}, "c": {"d": 3}, "d": {"b": 0, "e": 9}, "b": {"e": 1}}, "a", "e"]],
        [[{"s": {"x": 10, "y": 1}, "y": {"z": 1}, "z": {"x": 1}, "x": {"t": 5}}, "s", "t"], [{"q": {"r": 2}}, "q", "r"]],
        ("total = cost + price", "total = price"), ("(total, other)", "(price, other)"), ("return cost", "return best"),
        ("other not in best or total", "other in best and total"), ("return -1", "return cost")),
    drill("task_order", "unittest", """
        def order(needs):
            done, result, open_ = set(), [], set()

            def visit(task):
                if task in done:
                    return
                if task in open_:
                    raise ValueError(task)
                open_.add(task)
                for other in sorted(needs.get(task, [])):
                    visit(other)
                open_.discard(task)
                done.add(task)
                result.append(task)

            for task in sorted(needs):
                visit(task)
            return result


        def safe_order(needs):
            try:
                return order(needs)
            except ValueError as error:
                return "cycle at " + str(error)
        """, "safe_order(*a)",
        [[{}], [{"b": ["a"], "a": []}], [{"a": ["b", "c"], "b": ["c"]}], [{"a": ["b"], "b": ["a"]}], [{"x": ["y"], "z": ["y", "x"]}]],
        [[{"d": ["b", "c"], "b": ["a"], "c": ["a"]}], [{"k": ["k"]}]],
        ("                done.add(task)\n", ""), ("                open_.add(task)\n", ""), ("visit(other)", "visit(task)"),
        ("                open_.discard(task)\n", ""), ("needs.get(task, [])", "needs[task]")),
    drill("islands", "plain", """
        def islands(rows):
            seen = set()

            def sink(r, c):
                if not (0 <= r < len(rows) and 0 <= c < len(rows[0])):
                    return
                if rows[r][c] != "#" or (r, c) in seen:
                    return
                seen.add((r, c))
                sink(r + 1, c)
                sink(r - 1, c)
                sink(r, c + 1)
                sink(r, c - 1)

            count = 0
            for r in range(len(rows)):
                for c in range(len(rows[r])):
                    if rows[r][c] == "#" and (r, c) not in seen:
                        count += 1
                        sink(r, c)
            return count
        """, "islands(*a)",
        [[[]], [["#"]], [["..", ".."]], [["##.", "..#", "###"]], [["#.#", ".#.", "#.#"]], [["###", "#.#", "###"]]],
        [[["##..#", "#..##", "..#..", "##.##"]], [["#....", "#.###", "###.#"]], [[".#", "#."]], [["#.", "##", ".#"]]],
        ("                seen.add((r, c))\n", ""), ("sink(r, c - 1)", "sink(r, c + 1)  # left"), ("0 <= c < len(rows[0])", "0 <= c < len(rows)"),
        ("                        count += 1\n", ""), ("0 <= r < len", "0 <= r <= len")),
    drill("coin_count", "rows", """
        def fewest(coins, amount):
            best = [0] + [None] * amount
            for value in range(1, amount + 1):
                for coin in coins:
                    if coin <= value and best[value - coin] is not None:
                        found = best[value - coin] + 1
                        if best[value] is None or found < best[value]:
                            best[value] = found
            return best[amount]
        """, "fewest(*a)",
        [[[1], 0], [[1, 2, 5], 11], [[2], 3], [[5, 2], 6], [[1, 3, 4], 6], [[7], 7]],
        [[[9, 6, 5, 1], 11], [[4, 5], 23], [[3, 6], 8], [[2, 3, 7], 12], [[25, 10, 1], 30]],
        ("range(1, amount + 1)", "range(1, amount)"), ("coin <= value", "coin < value"), ("best[value - coin] + 1", "best[value - coin]"),
        ("found < best[value]", "found > best[value]"), ("[0] + [None]", "[1] + [None]")),
    drill("stairs", "unittest", """
        def ways(steps, longest=2, known=None):
            known = {} if known is None else known
            if steps < 0:
                return 0
            if steps == 0:
                return 1
            if steps not in known:
                known[steps] = sum(ways(steps - jump, longest, known) for jump in range(1, longest + 1))
            return known[steps]
        """, "ways(*a)", [[0], [1], [2], [5], [4, 3], [-1], [3, 1]], [[7], [8, 3], [10, 4], [-3, 2]],
        ("            if steps < 0:\n                return 0\n", ""),
        ("steps - jump", "steps - longest"), ("longest + 1", "longest"), ("                return 1\n", "                return 0\n")),
    drill("robber", "rows", """
        def best_loot(houses):
            taken, skipped = 0, 0
            for value in houses:
                taken, skipped = skipped + value, max(skipped, taken)
            return max(taken, skipped)


        def best_loot_round(houses):
            if len(houses) == 1:
                return houses[0]
            return max(best_loot(houses[1:]), best_loot(houses[:-1]))
        """, "[best_loot(a), best_loot_round(a)]",
        [[], [5], [2, 3, 2], [1, 2, 3, 1], [5, 1, 1, 5], [2, 7, 9, 3, 1]],
        [[4, 1, 2, 7, 5, 3, 1], [9, 8], [1, 1, 1, 1, 1], [6, 2, 2, 9]],
        ("skipped + value", "taken + value"), ("max(skipped, taken)", "taken"), ("best_loot(houses[:-1])", "best_loot(houses[:1])"),
        ("return max(taken, skipped)", "return taken")),
    drill("word_break", "loop", """
        def split_words(text, words):
            ways = [[] for _ in range(len(text) + 1)]
            ways[0] = [[]]
            for end in range(1, len(text) + 1):
                for start in range(end):
                    piece = text[start:end]
                    if piece in words:
                        for front in ways[start]:
                            ways[end].append(front + [piece])
            return ways[-1]
        """, "split_words(*a)",
        [["", []], ["catsdog", ["cat", "cats", "sdog", "dog"]], ["aaa", ["a", "aa"]], ["abc", ["ab"]], ["go", ["go"]]],
        [["aaaa", ["a", "aa", "aaa"]], ["pineapple", ["pine", "apple", "pineapple"]], ["xy", ["x"]]],
        ("range(1, len(text) + 1)", "range(1, len(text))"), ("front + [piece]", "front"), ("text[start:end]", "text[start:]"), ("ways[start]:", "ways[end]:")),
    drill("grid_paths", "plain", """
        def paths(grid):
            rows, columns = len(grid), len(grid[0])
            counts = [[0] * columns for _ in range(rows)]
            for r in range(rows):
                for c in range(columns):
                    if grid[r][c] == 1:
                        continue
                    if r == 0 and c == 0:
                        counts[r][c] = 1
                        continue
                    if r > 0:
                        counts[r][c] += counts[r - 1][c]
                    if c > 0:
                        counts[r][c] += counts[r][c - 1]
            return counts[-1][-1]
        """, "paths(*a)", [[[[0]]], [[[0, 0], [0, 0]]], [[[0, 1], [1, 0]]], [[[0, 0, 0], [0, 1, 0], [0, 0, 0]]], [[[0, 0, 0, 0]]]],
        [[[[0, 0, 0], [0, 0, 0], [0, 0, 0]]], [[[0, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]]], [[[1]]], [[[0], [0], [0]]]],
        ("counts[r][c] += counts[r - 1][c]", "counts[r][c] = counts[r][c - 1]"), ("[[0] * columns for _ in range(rows)]", "[[0] * columns] * rows"), ("counts[r][c] += counts[r][c - 1]", "counts[r][c] = counts[r][c - 1]"), ("if r > 0", "if r > 1"),
        ("if r == 0 and c == 0", "if r == 0 or c == 0")),
    drill("queens", "rows", """
        def queens(size):
            found = []

            def place(row, chosen):
                if row == size:
                    found.append(list(chosen))
                    return
                for column in range(size):
                    if all(column != c and abs(column - c) != row - r for r, c in enumerate(chosen)):
                        chosen.append(column)
                        place(row + 1, chosen)
                        chosen.pop()

            place(0, [])
            return found
        """, "queens(*a)", [[1], [2], [3], [4], [5]], [[6]],
        ("found.append(list(chosen))", "found.append(chosen)"), ("                chosen.pop()\n", ""), ("place(row + 1", "place(row"),
        ("abs(column - c)", "column - c"), ("column != c and", "column != c or")),
    drill("combine", "unittest", """
        def choose(items, count):
            if count == 0:
                return [[]]
            if len(items) < count:
                return []
            first, rest = items[0], items[1:]
            return [[first] + tail for tail in choose(rest, count - 1)] + choose(rest, count)


        def partitions(total, largest=None):
            largest = total if largest is None else largest
            if total == 0:
                return [[]]
            result = []
            for part in range(min(total, largest), 0, -1):
                for tail in partitions(total - part, part):
                    result.append([part] + tail)
            return result
        """, "[choose(a[0], a[1]), partitions(a[2])]",
        [[[1, 2, 3], 2, 4], [[1], 0, 0], [[], 1, 1], [["a", "b"], 2, 3], [[5, 6, 7, 8], 3, 5]],
        [[[1, 2, 3, 4, 5], 3, 6], [["x"], 1, 2]],
        ("    if len(items) < count:\n        return []\n", ""), ("choose(rest, count - 1)", "choose(rest, count)"), ("partitions(total - part, part)", "partitions(total - part, largest)"),
        ("[part] + tail", "tail + [part]"), ("total if largest is None", "0 if largest is None")),
    drill("linked", "plain", """
        class Node:
            def __init__(self, value, next=None):
                self.value = value
                self.next = next


        def build(values):
            head = None
            for value in reversed(values):
                head = Node(value, head)
            return head


        def values(node):
            found = []
            while node is not None:
                found.append(node.value)
                node = node.next
            return found


        def merge(left, right):
            anchor = tail = Node(None)
            while left and right:
                if left.value <= right.value:
                    tail.next, left = left, left.next
                else:
                    tail.next, right = right, right.next
                tail = tail.next
            tail.next = left or right
            return anchor.next


        def without(node, unwanted):
            anchor = Node(None, node)
            before = anchor
            while before.next is not None:
                if before.next.value == unwanted:
                    before.next = before.next.next
                else:
                    before = before.next
            return anchor.next


        def middle(node):
            slow = fast = node
            while fast is not None and fast.next is not None:
                slow, fast = slow.next, fast.next.next
            return slow.value if slow else None
        """, "[values(merge(build(a[0]), build(a[1]))), values(without(build(a[0]), a[2])), middle(build(a[1]))]",
        [[[1, 3, 5], [2, 4], 3], [[], [], 1], [[1, 1, 2], [1], 1], [[7], [3, 8, 9], 0], [[2, 2], [1, 2, 3, 4], 2]],
        [[[1, 4, 4, 9], [0, 4, 5, 10, 11], 4], [[], [6], 6]],
        ("        tail = tail.next\n", ""), ("tail.next = left or right", "tail.next = left"), ("                else:\n                    before = ", "                if True:\n                    before = "),
        ("fast.next.next", "fast.next"), ("fast is not None and fast.next", "fast.next"), ("anchor.next\n\n\ndef without", "anchor\n\n\ndef without"), ("reversed(values)", "values")),
    drill("search_tree", "rows", """
        def insert(tree, key):
            if tree is None:
                return [key, None, None]
            if key < tree[0]:
                tree[1] = insert(tree[1], key)
            elif key > tree[0]:
                tree[2] = insert(tree[2], key)
            return tree


        def walk(tree):
            if tree is not None:
                yield from walk(tree[1])
                yield tree[0]
                yield from walk(tree[2])


        def height(tree):
            if tree is None:
                return 0
            return 1 + max(height(tree[1]), height(tree[2]))


        def smallest_above(tree, key):
            best = None
            while tree is not None:
                if tree[0] > key:
                    best = tree[0]
                    tree = tree[1]
                else:
                    tree = tree[2]
            return best


        def build(keys):
            tree = None
            for key in keys:
                tree = insert(tree, key)
            return tree
        """, "[list(walk(build(a[0]))), height(build(a[0])), smallest_above(build(a[0]), a[1])]",
        [[[], 1], [[5], 4], [[2, 1, 3], 1], [[1, 2, 3, 4], 2], [[5, 5, 2, 9, 7], 5], [[8, 4, 6], 8]],
        [[[10, 5, 15, 3, 7, 12, 18, 6], 7], [[3, 2, 1], 0], [[4, 4, 4], 4]],
        ("        yield from walk(tree[1])\n", "        walk(tree[1])\n"), ("tree[1] = insert(tree[1], key)", "insert(tree[1], key)"), ("1 + max(height(tree[1])", "max(height(tree[1])"),
        ("            tree = tree[1]\n        else", "            tree = tree[2]\n        else"), ("tree[0] > key", "tree[0] >= key"), ("    elif key > tree[0]:\n        tree[2]", "    else:\n        tree[2]"),
        ("        yield tree[0]\n", "")),
    drill("heap", "unittest", """
        def push(heap, item):
            heap.append(item)
            place = len(heap) - 1
            while place > 0:
                parent = (place - 1) // 2
                if heap[parent] <= heap[place]:
                    break
                heap[parent], heap[place] = heap[place], heap[parent]
                place = parent


        def pop(heap):
            last = heap.pop()
            if not heap:
                return last
            top, heap[0] = heap[0], last
            place = 0
            while True:
                child = 2 * place + 1
                if child >= len(heap):
                    return top
                if child + 1 < len(heap) and heap[child + 1] < heap[child]:
                    child += 1
                if heap[place] <= heap[child]:
                    return top
                heap[place], heap[child] = heap[child], heap[place]
                place = child


        def in_order(items):
            heap = []
            for item in items:
                push(heap, item)
            return [pop(heap) for _ in items]
        """, "in_order(a)", [[], [1], [3, 1, 2], [5, 4, 3, 2, 1], [2, 2, 1, 1], [9, 1, 8, 2, 7, 3, 6, 4, 5]],
        [[10, 3, 5, 8, 1, 9, 2, 7, 4, 6], [1, 1, 0, 0, 5], [4, 3, 2, 1, 0, -1, -2]],
        ("        place = parent\n", ""), ("(place - 1) // 2", "place // 2"), ("heap[parent] <= heap[place]", "heap[parent] >= heap[place]"),
        ("child >= len(heap)", "child > len(heap)"), ("        place = child\n", ""), ("2 * place + 1", "2 * place"), ("child += 1", "child = 1"), ("heap[child + 1] < heap[child]", "heap[child + 1] > heap[child]")),
    drill("bookings", "rows", """
        def rooms_needed(meetings):
            events = []
            for start, end in meetings:
                events.append((start, 1))
                events.append((end, -1))
            most = now = 0
            for _, change in sorted(events):
                now += change
                most = max(most, now)
            return most


        def gaps(meetings, day_start, day_end):
            free, position = [], day_start
            for start, end in sorted(meetings):
                if start > position:
                    free.append([position, start])
                position = max(position, end)
            if position < day_end:
                free.append([position, day_end])
            return free


        def most_meetings(meetings):
            count, last = 0, None
            for start, end in sorted(meetings, key=lambda m: m[1]):
                if last is None or start >= last:
                    count += 1
                    last = end
            return count
        """, "[rooms_needed(a), gaps(a, 8, 18), most_meetings(a)]",
        [[], [[9, 10]], [[8, 12], [9, 10], [11, 18]], [[9, 10], [10, 11]], [[13, 15], [9, 16], [9, 11], [14, 17]], [[8, 18]]],
        [[[8, 9], [10, 12], [9, 10], [15, 18], [11, 13]], [[10, 17], [11, 12], [12, 13], [13, 14]], [[16, 17], [9, 12], [10, 11]]],
        ("(end, -1)", "(end, 1)"), ("max(most, now)", "now"), ("position = max(position, end)", "position = end"), ("key=lambda m: m[1]", "key=lambda m: m[0]"),
        ("            last = end\n", ""), ("start >= last", "start > last"), ("[position, day_end]", "[day_end, position]"), ("sorted(events)", "events")),
    drill("ranges", "plain", """
        def overlap(one, other):
            start, end = max(one[0], other[0]), min(one[1], other[1])
            return [start, end] if start < end else None


        def covered(ranges):
            total, reach = 0, None
            for start, end in sorted(ranges):
                if reach is None or start > reach:
                    total += end - start
                    reach = end
                elif end > reach:
                    total += end - reach
                    reach = end
            return total


        def summary(numbers):
            parts = []
            start = previous = None
            for number in sorted(set(numbers)):
                if previous is None:
                    start = number
                elif number != previous + 1:
                    parts.append(f"{start}-{previous}" if start != previous else str(start))
                    start = number
                previous = number
            if previous is not None:
                parts.append(f"{start}-{previous}" if start != previous else str(start))
            return ",".join(parts)
        """, "[overlap(a[0], a[1]), covered(a[2]), summary(a[3])]",
        [[[1, 5], [3, 8], [[1, 3], [2, 6]], [1, 2, 3, 7]], [[1, 2], [2, 3], [], []], [[4, 9], [1, 5], [[5, 9], [1, 10]], [4, 9, 5, 4]], [[0, 9], [2, 3], [[1, 2], [4, 6]], [3]]],
        [[[2, 7], [0, 4], [[3, 8], [1, 4], [10, 12], [11, 15]], [9, 1, 2, 8, 5, 10]], [[1, 3], [5, 6], [[0, 5], [0, 5]], [2, 1]]],
        ("max(one[0], other[0])", "min(one[0], other[0])"), ("total += end - reach", "total += end - start"), ("previous + 1:", "previous:"), ("sorted(set(numbers))", "sorted(numbers)"),
        ("        previous = number\n", ""), ("start < end else", "start <= end else"), ("            start = number\n        previous", "            pass\n        previous")),
)  # fmt: skip


def bugs() -> list[tuple[str, Program, str]]:
    """Every fault as a name, its program and the faulty code."""
    return faulty((*DRILLS, *MORE_DRILLS))
