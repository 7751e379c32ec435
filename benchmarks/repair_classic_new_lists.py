"""Classic exercises on sorting, searching and linked structures, each with one fault. The form is `drill`."""

from __future__ import annotations

from repair_forms import Program, drill

LISTS: tuple[Program, ...] = (
    drill(
        "gapsort",
        "rows",
        """
        def gapsort(items):
            items = list(items)
            gap = len(items) // 2
            while gap:
                for start in range(gap, len(items)):
                    held, spot = items[start], start
                    while spot >= gap and items[spot - gap] > held:
                        items[spot] = items[spot - gap]
                        spot -= gap
                    items[spot] = held
                gap //= 2
            return items
        """,
        "gapsort(*a)",
        [[[]], [[3]], [[2, 1]], [[5, 2, 9, 1]], [[4, 4, 1, 0, -3, 8]], [[9, 8, 7, 6, 5, 4, 3]]],
        [[[1, 2, 3]], [[10, -1, 7, 7, 2, 0, 5, 5]], [[3, 1, 2]]],
        ("while spot >= gap and", "while spot > gap and"),
    ),
    drill(
        "order_statistic",
        "rows",
        """
        def order_statistic(values, k):
            pivot = values[len(values) // 2]
            lower = [v for v in values if v < pivot]
            equal = [v for v in values if v == pivot]
            upper = [v for v in values if v > pivot]
            if k < len(lower):
                return order_statistic(lower, k)
            if k < len(lower) + len(equal):
                return pivot
            return order_statistic(upper, k - len(lower) - len(equal))
        """,
        "order_statistic(*a)",
        [
            [[4], 0],
            [[3, 1, 2], 0],
            [[3, 1, 2], 2],
            [[7, 7, 7, 1], 2],
            [[9, 2, 5, 4, 8, 1], 3],
            [[5, 3, 8, 8, 1, 0, 2], 6],
        ],
        [[[6, 5, 4, 3, 2, 1], 5], [[1, 1, 2, 2, 3, 3], 4], [[10, 20, 15, 12], 2]],
        ("k - len(lower) - len(equal)", "k - len(lower)"),
    ),
    drill(
        "zipper",
        "plain",
        """
        def zipper(left, right):
            i = j = 0
            while i < len(left) and j < len(right):
                if left[i] <= right[j]:
                    yield left[i]
                    i += 1
                else:
                    yield right[j]
                    j += 1
            yield from left[i:]
            yield from right[j:]
        """,
        "list(zipper(*a))",
        [[[], []], [[1], []], [[], [2]], [[1, 4], [2, 3]], [[5, 6], [1, 2]], [[1, 2], [5, 6, 7]]],
        [[[1, 1], [1, 1, 3]], [[0], [9, 10]], [[9], [0, 1]]],
        (
            "            yield from left[i:]\n            yield from right[j:]\n",
            "            yield from left[i:]\n",
        ),
    ),
    drill(
        "bin_sort",
        "loop",
        """
        def bin_sort(values, count=5):
            if not values:
                return []
            low, high = min(values), max(values)
            width = (high - low) / count or 1
            bins = [[] for _ in range(count)]
            for value in values:
                place = min(int((value - low) / width), count - 1)
                bins[place].append(value)
            result = []
            for one in bins:
                result.extend(sorted(one))
            return result
        """,
        "bin_sort(*a)",
        [[[]], [[2.5]], [[0.3, 0.1, 0.9]], [[5, -5, 0, 2.5, 2.4]], [[1, 1, 1]], [[9.0, 8.5, 8.75, 1.0], 2]],
        [[[3, 2, 1, 0], 3], [[0.5, 0.5, 10]], [[-1, -2, -3, -4]]],
        ("min(int((value - low) / width), count - 1)", "int((value - low) / width)"),
    ),
    drill(
        "tally_sort",
        "rows",
        """
        def tally_sort(pairs, top):
            counts = [0] * (top + 1)
            for key, _ in pairs:
                counts[key] += 1
            begin, total = [0] * (top + 1), 0
            for key in range(top + 1):
                begin[key] = total
                total += counts[key]
            placed = [None] * len(pairs)
            for key, name in pairs:
                placed[begin[key]] = name
                begin[key] += 1
            return placed
        """,
        "tally_sort(*a)",
        [
            [[], 2],
            [[[0, "x"]], 0],
            [[[2, "a"], [1, "b"]], 2],
            [[[1, "a"], [0, "b"], [1, "c"], [0, "d"]], 1],
            [[[3, "q"], [3, "r"], [2, "s"]], 4],
        ],
        [[[[5, "m"], [4, "n"], [0, "o"], [5, "p"]], 5], [[[1, "a"], [1, "b"]], 1]],
        (
            "                begin[key] = total\n                total += counts[key]\n",
            "                total += counts[key]\n                begin[key] = total\n",
        ),
    ),
    drill(
        "three_way",
        "rows",
        """
        def three_way(items, middle):
            low, spot, high = 0, 0, len(items) - 1
            while spot <= high:
                if items[spot] < middle:
                    items[low], items[spot] = items[spot], items[low]
                    low += 1
                    spot += 1
                elif items[spot] > middle:
                    items[high], items[spot] = items[spot], items[high]
                    high -= 1
                else:
                    spot += 1
            return items
        """,
        "three_way(*a)",
        [
            [[], 1],
            [[2, 1, 0], 1],
            [[1, 1, 1], 1],
            [[2, 2, 0, 0, 1, 1], 1],
            [[0, 2, 1, 2, 0], 1],
            [[2, 0, 2, 0, 2], 1],
        ],
        [[[9, 5, 1, 5, 9, 1], 5], [[2, 2, 2, 0], 1], [[1, 0], 1]],
        ("                    high -= 1\n", "                    high -= 1\n                    spot += 1\n"),
    ),
    drill(
        "turned_search",
        "rows",
        """
        def turned_search(ring, wanted):
            lo, hi = 0, len(ring) - 1
            while lo <= hi:
                mid = (lo + hi) // 2
                if ring[mid] == wanted:
                    return mid
                if ring[lo] <= ring[mid]:
                    if ring[lo] <= wanted < ring[mid]:
                        hi = mid - 1
                    else:
                        lo = mid + 1
                elif ring[mid] < wanted <= ring[hi]:
                    lo = mid + 1
                else:
                    hi = mid - 1
            return -1
        """,
        "turned_search(*a)",
        [
            [[], 3],
            [[5], 5],
            [[3, 1], 1],
            [[4, 5, 6, 0, 1, 2], 0],
            [[4, 5, 6, 0, 1, 2], 4],
            [[6, 7, 1, 2, 3, 4, 5], 5],
            [[6, 7, 1, 2, 3, 4, 5], 9],
        ],
        [
            [[2, 3, 4, 5, 1], 1],
            [[5, 1, 2, 3, 4], 5],
            [[1, 2, 3, 4], 4],
            [[3, 4, 5, 6, 1, 2], 2],
            [[7, 8, 1, 2, 3], 3],
        ],
        ("elif ring[mid] < wanted <= ring[hi]:", "elif ring[mid] < wanted < ring[hi]:"),
    ),
    drill(
        "reverse_in_groups",
        "plain",
        """
        class Cell:
            def __init__(self, value, after=None):
                self.value, self.after = value, after


        def chain(values):
            head = None
            for value in reversed(values):
                head = Cell(value, head)
            return head


        def flat(head):
            values = []
            while head:
                values.append(head.value)
                head = head.after
            return values


        def turn(head, size):
            behind, here, count = None, head, 0
            while here and count < size:
                here.after, behind, here = behind, here, here.after
                count += 1
            if here:
                head.after = turn(here, size)
            return behind
        """,
        "flat(turn(chain(a[0]), a[1]))",
        [[[1], 1], [[1, 2, 3], 3], [[1, 2, 3, 4], 2], [[1, 2, 3, 4, 5], 3], [[7, 8, 9], 2]],
        [[[1, 2, 3, 4, 5, 6, 7], 2], [[4, 3, 2, 1], 5], [[1, 2, 3, 4, 5, 6], 3]],
        ("head.after = turn(here, size)", "head.after = here"),
    ),
    drill(
        "loop_start",
        "plain",
        """
        class Stop:
            def __init__(self, name):
                self.name = name
                self.next = None


        def ring(names, back):
            stops = [Stop(name) for name in names]
            for one, other in zip(stops, stops[1:]):
                one.next = other
            if back is not None:
                stops[-1].next = stops[back]
            return stops[0]


        def loop_start(first):
            slow = fast = first
            while fast and fast.next:
                slow, fast = slow.next, fast.next.next
                if slow is fast:
                    break
            else:
                return None
            slow = first
            while slow is not fast:
                slow, fast = slow.next, fast.next
            return slow.name
        """,
        "loop_start(ring(*a))",
        [["a", None], ["ab", None], ["abcd", 1], ["abcde", 2], ["abc", 0], ["abcdefg", 6]],
        [["abcdef", 3], ["ab", 1], ["abcdefgh", 2]],
        ("            slow = first\n            while", "            while"),
    ),
    drill(
        "running_median",
        "rows",
        """
        import heapq


        def running_median(stream):
            small, large, medians = [], [], []
            for number in stream:
                heapq.heappush(small, -number)
                heapq.heappush(large, -heapq.heappop(small))
                if len(large) > len(small):
                    heapq.heappush(small, -heapq.heappop(large))
                if len(small) > len(large):
                    medians.append(-small[0])
                else:
                    medians.append((large[0] - small[0]) / 2)
            return medians
        """,
        "running_median(*a)",
        [[[]], [[5]], [[1, 2]], [[5, 1, 3]], [[2, 4, 6, 8]], [[10, -10, 0, 7, 7]]],
        [[[9, 8, 7, 6, 5]], [[1, 1, 2, 2]], [[0, 100, 50, 25, 75]]],
        ("heapq.heappush(large, -heapq.heappop(small))", "heapq.heappush(large, heapq.heappop(small))"),
    ),
    drill(
        "recent_store",
        "rows",
        """
        from collections import OrderedDict


        class RecentStore:
            def __init__(self, room):
                self.room = room
                self.kept = OrderedDict()

            def get(self, key):
                if key not in self.kept:
                    return -1
                self.kept.move_to_end(key)
                return self.kept[key]

            def put(self, key, value):
                if key in self.kept:
                    self.kept.move_to_end(key)
                self.kept[key] = value
                if len(self.kept) > self.room:
                    self.kept.popitem(last=False)


        def play(room, moves):
            store = RecentStore(room)
            return [store.put(*move) if len(move) == 2 else store.get(*move) for move in moves]
        """,
        "play(*a)",
        [
            [1, [["a", 1], ["a"]]],
            [1, [["a", 1], ["b", 2], ["a"], ["b"]]],
            [2, [["a", 1], ["b", 2], ["a"], ["c", 3], ["a"], ["b"]]],
            [2, [["a", 1], ["b", 2], ["a", 5], ["c", 3], ["a"], ["b"]]],
            [3, [["x"], ["x", 1], ["y", 2], ["x"], ["y"]]],
        ],
        [
            [2, [["p", 1], ["q", 2], ["q"], ["p"], ["r", 3], ["q"], ["p"]]],
            [3, [["a", 1], ["b", 2], ["c", 3], ["a"], ["d", 4], ["b"], ["a"]]],
        ],
        ("popitem(last=False)", "popitem()"),
    ),
    drill(
        "window_peaks",
        "rows",
        """
        from collections import deque


        def window_peaks(values, size):
            queue, peaks = deque(), []
            for place, value in enumerate(values):
                while queue and values[queue[-1]] <= value:
                    queue.pop()
                queue.append(place)
                if queue[0] <= place - size:
                    queue.popleft()
                if place >= size - 1:
                    peaks.append(values[queue[0]])
            return peaks
        """,
        "window_peaks(*a)",
        [
            [[], 1],
            [[4, 2], 1],
            [[3, 2, 1], 2],
            [[1, 3, -1, -3, 5, 3], 3],
            [[9, 8, 7, 6, 5], 3],
            [[1, 2, 3, 4], 2],
            [[7, 1], 3],
        ],
        [[[5, 4, 4, 3, 9, 1, 0], 2], [[2, 2, 2], 2], [[8, 1, 1, 1, 7], 4]],
        ("if queue[0] <= place - size:", "if queue[0] < place - size:"),
    ),
    drill(
        "patience",
        "rows",
        """
        from bisect import bisect_left


        def patience(cards):
            tops, trace, before = [], [], []
            for number, card in enumerate(cards):
                pile = bisect_left(tops, card)
                if pile == len(tops):
                    tops.append(card)
                    trace.append(number)
                else:
                    tops[pile] = card
                    trace[pile] = number
                before.append(trace[pile - 1] if pile > 0 else None)
            picked, spot = [], trace[-1] if trace else None
            while spot is not None:
                picked.append(cards[spot])
                spot = before[spot]
            return picked[::-1]
        """,
        "patience(*a)",
        [[[]], [[3]], [[3, 1, 2]], [[5, 6, 1, 2, 3]], [[2, 2, 2]], [[1, 9, 2, 8, 3, 7]]],
        [[[4, 10, 4, 3, 8, 9]], [[9, 8, 7]], [[0, 8, 4, 12, 2, 10, 6, 14, 1, 9]]],
        ("                    trace[pile] = number\n", "                    trace[pile] = card\n"),
    ),
)
