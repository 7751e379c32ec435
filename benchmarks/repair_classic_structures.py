"""Classic exercises on linked lists, heaps, tries, trees, iterators and small classes, each with one fault. The form is
`drill` of `repair_forms.py`.
"""

from __future__ import annotations

from repair_forms import Program, drill

LINKS = """
        class Node:
            def __init__(self, value, next=None):
                self.value = value
                self.next = next


        def chain(values):
            head = None
            for value in reversed(values):
                head = Node(value, head)
            return head


        def values(node):
            found = []
            while node is not None and len(found) < 99:
                found.append(node.value)
                node = node.next
            return found

"""

STRUCTURES: tuple[Program, ...] = (
    drill("drop_from_end", "rows", LINKS + """
        def drop_from_end(head, count):
            before = Node(None, head)
            fast = slow = before
            for _ in range(count):
                fast = fast.next
            while fast.next:
                fast = fast.next
                slow = slow.next
            slow.next = slow.next.next
            return before.next
        """, "values(drop_from_end(chain(a[0]), a[1]))",
        [[[1], 1], [[1, 2], 1], [[1, 2], 2], [[1, 2, 3, 4, 5], 2], [[1, 2, 3], 3]],
        [[[7, 8, 9, 10], 1], [[7, 8, 9, 10], 3]],
        ("            while fast.next:\n", "            while fast:\n")),
    drill("zip_sorted", "rows", LINKS + """
        def zip_sorted(one, other):
            head = tail = Node(None)
            while one and other:
                if other.value < one.value:
                    one, other = other, one
                tail.next = one
                tail = tail.next
                one = one.next
            tail.next = one or other
            return head.next
        """, "values(zip_sorted(chain(a[0]), chain(a[1])))",
        [[[], []], [[1], []], [[], [2]], [[1, 3], [2, 4]], [[1, 2, 3], [1]], [[5, 6], [1, 2]]],
        [[[1, 1], [1, 1]], [[0, 9], [3, 4, 5, 10]]],
        ("            tail.next = one or other\n", "            tail.next = one\n")),
    drill("swap_pairs", "rows", LINKS + """
        def swap_pairs(head):
            before = first = Node(None, head)
            while before.next and before.next.next:
                one = before.next
                other = one.next
                one.next = other.next
                other.next = one
                before.next = other
                before = one
            return first.next
        """, "values(swap_pairs(chain(a[0])))",
        [[[]], [[1]], [[1, 2]], [[1, 2, 3]], [[1, 2, 3, 4]], [[5, 4, 3, 2, 1]]],
        [[[1, 2, 3, 4, 5, 6]], [[0, 0, 1]]],
        ("                before = one\n", "                before = other\n")),
    drill("add_lists", "rows", LINKS + """
        def add_lists(one, other):
            head = tail = Node(None)
            carry = 0
            while one or other or carry:
                if one:
                    carry += one.value
                    one = one.next
                if other:
                    carry += other.value
                    other = other.next
                tail.next = Node(carry % 10)
                tail = tail.next
                carry //= 10
            return head.next
        """, "values(add_lists(chain(a[0]), chain(a[1])))",
        [[[], []], [[0], [0]], [[2, 4, 3], [5, 6, 4]], [[9], [1]], [[9, 9], [1]], [[1], [9, 9, 9]]],
        [[[5], [5, 4]], [[8, 8, 8], [8, 8, 8]]],
        ("while one or other or carry:", "while one or other:")),
    drill("without_repeats", "rows", LINKS + """
        def without_repeats(head):
            node = head
            while node and node.next:
                if node.value == node.next.value:
                    node.next = node.next.next
                else:
                    node = node.next
            return head
        """, "values(without_repeats(chain(a[0])))",
        [[[]], [[1]], [[1, 1]], [[1, 1, 2]], [[1, 1, 1, 2, 3, 3]], [[4, 4, 4, 4]]],
        [[[1, 2, 2, 2, 3]], [[0, 0, 1, 1, 1]]],
        ("                else:\n                    node = node.next\n", "                node = node.next\n")),
    drill("low_first", "rows", LINKS + """
        def low_first(head, pivot):
            low = low_end = Node(None)
            high = high_end = Node(None)
            while head:
                if head.value < pivot:
                    low_end.next = head
                    low_end = head
                else:
                    high_end.next = head
                    high_end = head
                head = head.next
            high_end.next = None
            low_end.next = high.next
            return low.next
        """, "values(low_first(chain(a[0]), a[1]))",
        [[[], 1], [[1], 1], [[2, 1], 2], [[1, 4, 3, 2, 5, 2], 3], [[5, 1, 6, 2], 4], [[1, 2], 9]],
        [[[9, 8, 1, 7, 2], 5], [[3, 3, 1], 3]],
        ("            high_end.next = None\n", "")),
    drill("is_mirror_list", "rows", LINKS + """
        def is_mirror_list(head):
            slow = fast = head
            back = None
            while fast and fast.next:
                fast = fast.next.next
                slow.next, slow, back = back, slow.next, slow
            if fast:
                slow = slow.next
            while slow and slow.value == back.value:
                slow, back = slow.next, back.next
            return slow is None
        """, "is_mirror_list(chain(a[0]))",
        [[[]], [[1]], [[1, 1]], [[1, 2]], [[1, 2, 1]], [[1, 2, 2, 1]], [[1, 2, 3, 1]], [[3, 1, 2, 1, 3]]],
        [[[1, 1, 2, 1]], [[4, 5, 4, 5]], [[7, 8, 9, 8, 7]]],
        ("            if fast:\n                slow = slow.next\n", "")),
    drill("deck", "plain", """
        class Deck:
            def __init__(self, size):
                self.size = size
                self.items = [None] * size
                self.start = 0
                self.count = 0

            def push(self, item):
                if self.count == self.size:
                    return False
                self.items[(self.start + self.count) % self.size] = item
                self.count += 1
                return True

            def pull(self):
                if not self.count:
                    return None
                item = self.items[self.start]
                self.start = (self.start + 1) % self.size
                self.count -= 1
                return item


        def played(size, moves):
            deck = Deck(size)
            return [deck.pull() if move is None else deck.push(move) for move in moves]
        """, "played(*a)",
        [[1, [None]], [1, [5, None, None]], [2, [1, 2, 3, None, None, None]], [2, [1, None, 2, 3, None, None]], [3, [1, 2, 3, None, 4, None, None, 5, None, None]]],
        [[2, [1, 2, None, 3, None, 4, None, None]], [1, [1, 2, None, 3, None]]],
        ("self.start = (self.start + 1) % self.size", "self.start = (self.start + 1) % self.count")),
    drill("trie", "loop", """
        class Trie:
            def __init__(self, words=()):
                self.root = {}
                for word in words:
                    self.insert(word)

            def insert(self, word):
                node = self.root
                for letter in word:
                    node = node.setdefault(letter, {})
                node["."] = True

            def starting(self, prefix):
                node = self.root
                for letter in prefix:
                    if letter not in node:
                        return []
                    node = node[letter]
                found = []

                def collect(node, word):
                    if "." in node:
                        found.append(word)
                    for letter in sorted(node):
                        if letter != ".":
                            collect(node[letter], word + letter)

                collect(node, prefix)
                return found
        """, "Trie(a[0]).starting(a[1])",
        [[[], "a"], [["a"], "a"], [["tea", "ten", "to"], "te"], [["in", "inn", "int"], "in"], [["b", "a"], ""], [["car", "cat"], "dog"], [["team", "tea"], "t"], [["abc"], "abcd"]],
        [[["one", "only", "on", "two"], "on"], [["x", "xy", "xyz"], "xy"]],
        ("collect(node[letter], word + letter)", "collect(node[letter], prefix + letter)")),
    drill("running_median", "rows", """
        import heapq


        def running_median(numbers):
            low, high, medians = [], [], []
            for number in numbers:
                heapq.heappush(high, -heapq.heappushpop(low, -number))
                if len(high) > len(low):
                    heapq.heappush(low, -heapq.heappop(high))
                if len(low) > len(high):
                    medians.append(-low[0])
                else:
                    medians.append((high[0] - low[0]) / 2)
            return medians
        """, "running_median(*a)",
        [[[]], [[3]], [[3, 1]], [[5, 15, 1, 3]], [[1, 2, 3, 4, 5]], [[2, 2, 2]], [[9, 4, -1, 0]]],
        [[[6, 10, 2, 6, 5, 0]], [[-5, 5]]],
        ("medians.append((high[0] - low[0]) / 2)", "medians.append((high[0] + low[0]) / 2)")),
    drill("most_common", "rows", """
        import heapq


        def most_common(words, count):
            tally = {}
            for word in words:
                tally[word] = tally.get(word, 0) + 1
            heap = [(-number, word) for word, number in tally.items()]
            heapq.heapify(heap)
            return [heapq.heappop(heap)[1] for _ in range(min(count, len(heap)))]
        """, "most_common(*a)",
        [[[], 2], [["a"], 1], [["a", "b", "a"], 1], [["i", "love", "leetcode", "i", "love", "coding"], 2], [["b", "a"], 2], [["x", "y", "y", "z", "z", "z"], 5]],
        [[["d", "d", "c", "c", "e"], 3], [["q"], 0]],
        ("(-number, word)", "(number, word)")),
    drill("prefix_codes", "rows", """
        import heapq


        def prefix_codes(weights):
            heap = [(weight, [letter]) for letter, weight in sorted(weights.items())]
            heapq.heapify(heap)
            sizes = dict.fromkeys(weights, 0)
            while len(heap) > 1:
                first, some = heapq.heappop(heap)
                second, others = heapq.heappop(heap)
                for letter in some + others:
                    sizes[letter] += 1
                heapq.heappush(heap, (first + second, some + others))
            return sizes
        """, "prefix_codes(*a)",
        [[{}], [{"a": 1}], [{"a": 1, "b": 2}], [{"a": 5, "b": 2, "c": 1}], [{"a": 45, "b": 13, "c": 12, "d": 16, "e": 9, "f": 5}], [{"p": 1, "q": 1, "r": 1, "s": 1}]],
        [[{"x": 8, "y": 4, "z": 2, "w": 1}], [{"m": 3, "n": 3, "o": 4}]],
        ("for letter in some + others:", "for letter in others:")),
    drill("windows_max", "rows", """
        from collections import deque


        def windows_max(numbers, size):
            best, waiting = [], deque()
            for place, number in enumerate(numbers):
                while waiting and numbers[waiting[-1]] <= number:
                    waiting.pop()
                waiting.append(place)
                if waiting[0] <= place - size:
                    waiting.popleft()
                if place >= size - 1:
                    best.append(numbers[waiting[0]])
            return best
        """, "windows_max(*a)",
        [[[], 1], [[1], 1], [[1, 3, -1, -3, 5, 3, 6, 7], 3], [[9, 8, 7, 6], 2], [[1, 2, 3], 3], [[4, 4, 1, 4], 2], [[7, 2, 4], 1]],
        [[[5, 4, 3, 9, 1], 2], [[1, 2], 3], [[10, 1, 1, 1, 1], 3]],
        ("waiting[0] <= place - size", "waiting[0] < place - size")),
    drill("in_order", "rows", """
        def build(items):
            tree = None

            def put(node, item):
                if node is None:
                    return [item, None, None]
                side = 1 if item < node[0] else 2
                node[side] = put(node[side], item)
                return node

            for item in items:
                tree = put(tree, item)
            return tree


        def in_order(tree):
            if tree is not None:
                item, left, right = tree
                yield from in_order(left)
                yield item
                yield from in_order(right)


        def between(tree, low, high):
            return [item for item in in_order(tree) if low <= item <= high]
        """, "between(build(a[0]), a[1], a[2])",
        [[[], 0, 9], [[5], 0, 9], [[5, 3, 8], 0, 9], [[5, 3, 8, 1, 4, 9], 3, 8], [[2, 1, 3], 4, 5], [[1, 2, 3, 4], 2, 4], [[4, 4, 2], 2, 4]],
        [[[9, 1, 8, 2, 7, 3], 1, 9], [[3, 2, 1], 1, 1]],
        ("                node[side] = put(node[side], item)\n", "                put(node[side], item)\n")),
    drill("level_order", "rows", """
        def level_order(tree):
            levels, row = [], [tree]
            while any(row):
                levels.append([node[0] for node in row if node])
                row = [child for node in row if node for child in node[1:]]
            return levels
        """, "level_order(*a)",
        [[None], [[1, None, None]], [[1, [2, None, None], [3, None, None]]], [[1, None, [3, [4, None, None], None]]], [[3, [9, None, None], [20, [15, None, None], [7, None, None]]]]],
        [[[1, [2, [3, [4, None, None], None], None], None]], [[5, [4, None, [2, None, None]], [6, None, None]]]],
        ("for child in node[1:]]", "for child in node[1:2]]")),
    drill("balanced", "rows", """
        def balanced(tree):
            def height(node):
                if node is None:
                    return 0
                left, right = height(node[1]), height(node[2])
                if left < 0 or right < 0 or abs(left - right) > 1:
                    return -1
                return 1 + max(left, right)

            return height(tree) >= 0
        """, "balanced(*a)",
        [[None], [[1, None, None]], [[1, [2, None, None], None]], [[1, [2, [3, None, None], None], None]], [[1, None, [2, None, [3, None, None]]]], [[1, [2, [3, None, None], None], [4, None, None]]], [[1, [2, [3, [4, None, None], None], None], [5, [6, None, None], None]]]],
        [[[1, [2, [3, [9, None, None], None], [4, None, None]], [5, None, None]]], [[1, [2, None, [7, None, None]], [3, [8, None, None], None]]]],
        ("abs(left - right) > 1", "left - right > 1")),
    drill("ordered_tree", "rows", """
        def ordered_tree(tree, low=None, high=None):
            if tree is None:
                return True
            value, left, right = tree
            if low is not None and value <= low:
                return False
            if high is not None and value >= high:
                return False
            return ordered_tree(left, low, value) and ordered_tree(right, value, high)
        """, "ordered_tree(*a)",
        [[None], [[2, [1, None, None], [3, None, None]]], [[1, [2, None, None], None]], [[5, [1, None, None], [4, [3, None, None], [6, None, None]]]], [[5, [3, None, [6, None, None]], [8, None, None]]], [[5, [3, None, None], [8, [4, None, None], None]]], [[2, [2, None, None], None]]],
        [[[10, [5, [2, None, None], [7, None, None]], [15, None, None]]], [[10, [5, None, [12, None, None]], None]], [[10, None, [15, [11, None, None], [9, None, None]]]]],
        ("ordered_tree(right, value, high)", "ordered_tree(right, value)")),
    drill("peeking", "rows", """
        class Peeking:
            def __init__(self, items):
                self.items = iter(items)
                self.ahead = []

            def __iter__(self):
                return self

            def __next__(self):
                if self.ahead:
                    return self.ahead.pop()
                return next(self.items)

            def peek(self):
                if not self.ahead:
                    self.ahead.append(next(self.items))
                return self.ahead[0]


        def pairs_up(items):
            stream = Peeking(items)
            groups = []
            for item in stream:
                group = [item]
                try:
                    while stream.peek() == item:
                        group.append(next(stream))
                except StopIteration:
                    pass
                groups.append(group)
            return groups
        """, "pairs_up(*a)",
        [[[]], [[1]], [[1, 1]], [[1, 2]], [[1, 1, 2, 3, 3, 3]], [[4, 4, 1, 4]]],
        [[[0, 0, 0]], [[5, 6, 6, 5]]],
        ("return self.ahead.pop()", "return self.ahead[0]")),
    drill("in_turn", "rows", """
        from collections import deque


        def in_turn(*streams):
            waiting = deque(iter(stream) for stream in streams)
            while waiting:
                stream = waiting.popleft()
                try:
                    yield next(stream)
                except StopIteration:
                    continue
                waiting.append(stream)
        """, "list(in_turn(*a))",
        [[], [[1, 2]], [[1, 2], [3, 4]], [[], [5]], [[1], [2, 3, 4], [5, 6]], ["ab", "c"]],
        [[[1, 2, 3], [], [4]], ["xyz", "pq", "m"]],
        ("                    continue\n", "                    return\n")),
    drill("pieces", "rows", """
        def pieces(items, size):
            piece = []
            for item in items:
                piece.append(item)
                if len(piece) == size:
                    yield piece
                    piece = []
            if piece:
                yield piece
        """, "list(pieces(*a))",
        [[[], 2], [[1], 2], [[1, 2], 2], [[1, 2, 3], 2], [[1, 2, 3, 4, 5, 6], 3], ["abcd", 1]],
        [[[1, 2, 3, 4], 3], [[9, 9], 5]],
        ("                    piece = []\n            if piece", "                    piece.clear()\n            if piece")),
    drill("linked_deque", "loop", """
        class Link:
            def __init__(self, value):
                self.value = value
                self.left = self.right = None


        class LinkedDeque:
            def __init__(self):
                self.head = self.tail = None

            def append(self, value):
                link = Link(value)
                if self.tail is None:
                    self.head = self.tail = link
                else:
                    link.left = self.tail
                    self.tail.right = link
                    self.tail = link

            def pop(self):
                link = self.tail
                self.tail = link.left
                if self.tail is None:
                    self.head = None
                else:
                    self.tail.right = None
                return link.value

            def popleft(self):
                link = self.head
                self.head = link.right
                if self.head is None:
                    self.tail = None
                else:
                    self.head.left = None
                return link.value


        def moved(moves):
            items, seen = LinkedDeque(), []
            for move in moves:
                if isinstance(move, int):
                    items.append(move)
                else:
                    seen.append(getattr(items, move)())
            return seen
        """, "moved(*a)",
        [[[]], [[1, "pop"]], [[1, "popleft"]], [[1, 2, 3, "pop", "popleft", "pop"]], [[1, "pop", 2, "popleft"]], [[1, 2, "popleft", "pop", 3, 4, "popleft", "popleft"]], [[1, 2, 3, "pop", "pop", 4, "popleft", "pop"]]],
        [[[5, 6, 7, "popleft", "popleft", "popleft", 8, "pop"]], [[1, 2, "pop", 3, "popleft", "popleft"]]],
        ("                    link.left = self.tail\n", "")),
)  # fmt: skip
