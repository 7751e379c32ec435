"""Classic exercises of dynamic programming, memo tables and backtracking, each with one fault. The form is `drill` of
`repair_forms.py`.
"""

from __future__ import annotations

from repair_forms import Program, drill

TABLES: tuple[Program, ...] = (
    drill("toll", "rows", """
        def toll(grid):
            height, width = len(grid), len(grid[0])
            cost = [[0] * width for _ in range(height)]
            for r in range(height):
                for c in range(width):
                    if r == 0 and c == 0:
                        before = 0
                    elif r == 0:
                        before = cost[r][c - 1]
                    elif c == 0:
                        before = cost[r - 1][c]
                    else:
                        before = min(cost[r - 1][c], cost[r][c - 1])
                    cost[r][c] = before + grid[r][c]
            return cost[-1][-1]
        """, "toll(*a)",
        [[[[5]]], [[[1, 2], [3, 4]]], [[[1, 3, 1], [1, 5, 1], [4, 2, 1]]], [[[1, 2, 3]]], [[[1], [2], [3]]], [[[1, 9, 1], [1, 9, 1], [1, 1, 1]]]],
        [[[[2, 1], [7, 1], [1, 1]]], [[[1, 1, 9], [9, 1, 9], [9, 1, 1]]]],
        ("elif c == 0:\n                        before = cost[r - 1][c]", "elif c == 0:\n                        before = cost[r - 1][c - 1]")),
    drill("egg_drop", "rows", """
        from functools import lru_cache


        @lru_cache(maxsize=None)
        def egg_drop(eggs, floors):
            if floors <= 1 or eggs == 1:
                return floors
            best = floors
            for floor in range(1, floors + 1):
                breaks = egg_drop(eggs - 1, floor - 1)
                survives = egg_drop(eggs, floors - floor)
                best = min(best, 1 + max(breaks, survives))
            return best
        """, "egg_drop(*a)",
        [[1, 5], [2, 1], [2, 0], [2, 6], [2, 10], [3, 14], [3, 15], [4, 20]],
        [[2, 21], [3, 7], [5, 31], [2, 3]],
        ("1 + max(breaks, survives)", "1 + min(breaks, survives)")),
    drill("splits", "rows", """
        def splits(total, largest, known=None):
            if known is None:
                known = {}
            if total == 0:
                return 1
            if total < 0 or largest == 0:
                return 0
            if (total, largest) not in known:
                with_largest = splits(total - largest, largest, known)
                without = splits(total, largest - 1, known)
                known[total, largest] = with_largest + without
            return known[total, largest]
        """, "splits(*a)",
        [[0, 0], [1, 1], [4, 4], [5, 2], [6, 6], [7, 3], [10, 10]],
        [[12, 5], [9, 1], [3, 8], [15, 15]],
        ("splits(total - largest, largest, known)", "splits(total - largest, largest - 1, known)")),
    drill("longest_mirror", "rows", """
        def longest_mirror(text):
            size = len(text)
            best = [[0] * size for _ in range(size)]
            for first in range(size - 1, -1, -1):
                best[first][first] = 1
                for last in range(first + 1, size):
                    if text[first] == text[last]:
                        best[first][last] = best[first + 1][last - 1] + 2
                    else:
                        best[first][last] = max(best[first + 1][last], best[first][last - 1])
            return best[0][size - 1] if text else 0
        """, "longest_mirror(*a)",
        [[""], ["a"], ["ab"], ["aa"], ["bbbab"], ["cbbd"], ["character"], ["agbdba"]],
        [["abcda"], ["racecar"], ["underqualified"], ["xyzzy"]],
        ("range(size - 1, -1, -1)", "range(size - 1, 0, -1)")),
    drill("decodings", "rows", """
        def decodings(digits):
            if not digits:
                return 0
            before, now = 1, 1 if digits[0] != "0" else 0
            for place in range(1, len(digits)):
                total = 0
                if digits[place] != "0":
                    total += now
                if 10 <= int(digits[place - 1:place + 1]) <= 26:
                    total += before
                before, now = now, total
            return now
        """, "decodings(*a)",
        [["12"], ["226"], ["06"], ["10"], ["2101"], ["27"], ["11106"], [""], ["111111"]],
        [["100"], ["1201234"], ["262626"], ["9"]],
        ("if 10 <= int(digits[place - 1:place + 1]) <= 26:", "if int(digits[place - 1:place + 1]) <= 26:")),
    drill("chain_cost", "rows", """
        def chain_cost(sizes):
            count = len(sizes) - 1
            cost = [[0] * count for _ in range(count)]
            for length in range(2, count + 1):
                for first in range(count - length + 1):
                    last = first + length - 1
                    cost[first][last] = min(
                        cost[first][cut] + cost[cut + 1][last] + sizes[first] * sizes[cut + 1] * sizes[last + 1]
                        for cut in range(first, last)
                    )
            return cost[0][count - 1]
        """, "chain_cost(*a)",
        [[[10, 20]], [[10, 20, 30]], [[10, 20, 30, 40]], [[40, 20, 30, 10, 30]], [[1, 2, 3, 4, 3]], [[5, 4, 6, 2, 7]]],
        [[[30, 35, 15, 5, 10, 20, 25]], [[2, 9, 2, 9, 2]]],
        ("* sizes[cut + 1] *", "* sizes[cut] *")),
    drill("weighings", "rows", """
        def weighings(weights, target):
            ways = [0] * (target + 1)
            ways[0] = 1
            for weight in weights:
                for total in range(target, weight - 1, -1):
                    ways[total] += ways[total - weight]
            return ways[target]
        """, "weighings(*a)",
        [[[], 0], [[], 3], [[1, 2, 3], 3], [[2, 2, 2], 4], [[1, 1, 1, 1], 2], [[5, 3, 8, 2], 10], [[1], 1]],
        [[[1, 2, 3, 4, 5], 8], [[7], 14], [[1, 5, 5], 6]],
        ("range(target, weight - 1, -1)", "range(weight, target + 1)")),
    drill("trader", "rows", """
        def trader(prices):
            hold, sold, rest = float("-inf"), 0, 0
            for price in prices:
                before = sold
                sold = hold + price
                hold = max(hold, rest - price)
                rest = max(rest, before)
            return int(max(sold, rest, 0))
        """, "trader(*a)",
        [[[]], [[1]], [[1, 2, 3, 0, 2]], [[5, 4, 3]], [[1, 2, 4]], [[2, 1, 4, 5, 2, 9, 7]], [[6, 1, 3, 2, 4, 7]]],
        [[[1, 4, 2, 8, 1, 9]], [[3, 3, 5, 0, 0, 3, 1, 4]]],
        ("                hold = max(hold, rest - price)\n                rest = max(rest, before)\n", "                rest = max(rest, before)\n                hold = max(hold, rest - price)\n")),
    drill("sums_to", "rows", """
        def sums_to(total, largest):
            if total == 0:
                yield []
                return
            for part in range(min(total, largest), 0, -1):
                for rest in sums_to(total - part, part):
                    yield [part] + rest
        """, "list(sums_to(*a))",
        [[0, 1], [1, 1], [2, 2], [3, 3], [4, 2], [5, 5]],
        [[6, 3], [7, 1], [4, 9]],
        ("for part in range(min(total, largest), 0, -1):", "for part in range(largest, 0, -1):")),
    drill("wildcard", "rows", """
        def wildcard(pattern, text):
            if not pattern:
                return not text
            if pattern[0] == "*":
                return wildcard(pattern[1:], text) or bool(text) and wildcard(pattern, text[1:])
            return bool(text) and pattern[0] in ("?", text[0]) and wildcard(pattern[1:], text[1:])
        """, "wildcard(*a)",
        [["", ""], ["*", ""], ["a", "b"], ["a*", "abc"], ["*c", "abc"], ["a?c", "abc"], ["a?c", "ac"], ["*b*", "abc"], ["", "x"]],
        [["a*b*c", "axxbxxc"], ["?", ""], ["**", "q"], ["a*d", "abc"]],
        ("return wildcard(pattern[1:], text) or bool(text) and", "return bool(text) and")),
    drill("woven", "rows", """
        from functools import lru_cache


        def woven(first, second, mixed):
            if len(first) + len(second) != len(mixed):
                return False

            @lru_cache(None)
            def from_here(i, j):
                if i + j == len(mixed):
                    return True
                if i < len(first) and first[i] == mixed[i + j] and from_here(i + 1, j):
                    return True
                return j < len(second) and second[j] == mixed[i + j] and from_here(i, j + 1)

            return from_here(0, 0)
        """, "woven(*a)",
        [["", "", ""], ["a", "b", "ab"], ["a", "b", "ba"], ["aabcc", "dbbca", "aadbbcbcac"], ["aabcc", "dbbca", "aadbbbaccc"], ["ab", "c", "abcd"], ["xy", "xz", "xzxy"]],
        [["ab", "ac", "aacb"], ["ab", "ac", "abca"], ["", "q", "q"]],
        ("second[j] == mixed[i + j]", "second[j] == mixed[j]")),
    drill("arrangements", "rows", """
        def arrangements(items):
            found, used, path = [], set(), []

            def extend():
                if len(path) == len(items):
                    found.append(path[:])
                    return
                for item in items:
                    if item not in used:
                        used.add(item)
                        path.append(item)
                        extend()
                        path.pop()
                        used.remove(item)

            extend()
            return found
        """, "arrangements(*a)",
        [[[]], [[1]], [[1, 2]], [[3, 1, 2]], [["x", "y"]]],
        [[[1, 2, 3, 4]], [["b", "a", "c"]]],
        ("                used.remove(item)\n", "")),
    drill("pick_sums", "rows", """
        def pick_sums(numbers, target):
            numbers = sorted(numbers)
            found = []

            def pick(start, path, left):
                if left == 0:
                    found.append(list(path))
                    return
                for place in range(start, len(numbers)):
                    if numbers[place] > left:
                        break
                    path.append(numbers[place])
                    pick(place, path, left - numbers[place])
                    path.pop()

            pick(0, [], target)
            return found
        """, "pick_sums(*a)",
        [[[2, 3, 6, 7], 7], [[2, 3, 5], 8], [[2], 1], [[1], 2], [[8, 4, 5], 13], [[3, 2], 6]],
        [[[5, 3, 4], 12], [[1, 2], 4], [[9], 9]],
        ("found.append(list(path))", "found.append(path)")),
    drill("bracketings", "rows", """
        def bracketings(count):
            def build(text, opened, closed):
                if closed == count:
                    yield text
                    return
                if opened < count:
                    yield from build(text + "(", opened + 1, closed)
                if closed < opened:
                    yield from build(text + ")", opened, closed + 1)

            return list(build("", 0, 0))
        """, "bracketings(*a)",
        [[0], [1], [2], [3], [4]], [[5], [6]],
        ('yield from build(text + ")", opened, closed + 1)', 'build(text + ")", opened, closed + 1)')),
    drill("dial_words", "rows", """
        KEYS = {"2": "abc", "3": "def", "4": "ghi", "5": "jkl", "6": "mno", "7": "pqrs", "8": "tuv", "9": "wxyz"}


        def dial_words(digits):
            if not digits:
                return []
            words = [""]
            for digit in digits:
                words = [word + letter for word in words for letter in KEYS[digit]]
            return words
        """, "dial_words(*a)",
        [[""], ["2"], ["23"], ["79"], ["999"], ["45"]],
        [["234"], ["58"], ["6"]],
        ("            if not digits:\n                return []\n", "")),
    drill("small_sudoku", "loop", """
        def small_sudoku(board):
            def allowed(row, column, value):
                if value in board[row]:
                    return False
                if any(board[other][column] == value for other in range(4)):
                    return False
                top, left = row // 2 * 2, column // 2 * 2
                return all(board[r][c] != value for r in (top, top + 1) for c in (left, left + 1))

            for row in range(4):
                for column in range(4):
                    if board[row][column] == 0:
                        for value in range(1, 5):
                            if allowed(row, column, value):
                                board[row][column] = value
                                if small_sudoku(board):
                                    return board
                                board[row][column] = 0
                        return None
            return board
        """, "small_sudoku(*a)",
        [[[[1, 0, 0, 4], [0, 4, 1, 0], [2, 0, 4, 0], [0, 3, 0, 1]]], [[[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]], [[[0, 2, 0, 0], [3, 0, 0, 2], [0, 0, 3, 0], [0, 3, 0, 1]]], [[[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]]], [[[3, 0, 0, 0], [0, 1, 0, 0], [0, 3, 0, 2], [0, 0, 4, 3]]]],
        [[[[0, 0, 0, 1], [0, 3, 0, 0], [0, 0, 2, 0], [4, 0, 0, 0]]], [[[2, 0, 0, 0], [0, 0, 0, 3], [0, 1, 0, 0], [0, 0, 4, 0]]]],
        ("                                board[row][column] = 0\n", "")),
    drill("letter_hunt", "rows", """
        def letter_hunt(grid, word):
            height, width = len(grid), len(grid[0])

            def trace(r, c, place):
                if place == len(word):
                    return True
                if not (0 <= r < height and 0 <= c < width) or grid[r][c] != word[place]:
                    return False
                kept, grid[r][c] = grid[r][c], "."
                around = ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1))
                found = any(trace(y, x, place + 1) for y, x in around)
                grid[r][c] = kept
                return found

            return any(trace(r, c, 0) for r in range(height) for c in range(width))
        """, "letter_hunt([list(line) for line in a[0]], a[1])",
        [[["abce", "sfcs", "adee"], "abcced"], [["abce", "sfcs", "adee"], "see"], [["abce", "sfcs", "adee"], "abcb"], [["a"], "a"], [["ab", "cd"], "acdb"], [["aab", "aac"], "abaca"], [["ab", "ba"], "abc"]],
        [[["xyz", "xyx"], "zxyxxy"], [["oo"], "ooo"], [["cab", "bac"], "bacba"]],
        ("any(trace(y, x, place + 1) for y, x in around)", "any(trace(y, x, place) for y, x in around)")),
    drill("stack_boxes", "rows", """
        def stack_boxes(boxes):
            boxes = sorted(boxes)
            tall = [height for _, height in boxes]
            for upper in range(len(boxes)):
                for lower in range(upper):
                    if boxes[lower][0] < boxes[upper][0] and boxes[lower][1] < boxes[upper][1]:
                        tall[upper] = max(tall[upper], tall[lower] + boxes[upper][1])
            return max(tall, default=0)
        """, "stack_boxes(*a)",
        [[[]], [[[1, 2]]], [[[1, 1], [2, 2], [3, 3]]], [[[3, 3], [1, 1], [2, 2]]], [[[1, 5], [2, 4], [3, 6]]], [[[2, 3], [2, 4], [1, 1]]]],
        [[[[4, 4], [4, 5], [5, 6], [1, 2]]], [[[1, 9], [2, 1], [3, 2]]]],
        ("max(tall[upper], tall[lower] + boxes[upper][1])", "tall[lower] + boxes[upper][1]")),
    drill("rod", "rows", """
        def rod(prices, length):
            best = [0] * (length + 1)
            for size in range(1, length + 1):
                for cut in range(1, size + 1):
                    if cut <= len(prices):
                        best[size] = max(best[size], prices[cut - 1] + best[size - cut])
            return best[length]
        """, "rod(*a)",
        [[[1, 5, 8, 9], 4], [[1, 5, 8, 9], 0], [[2], 3], [[1, 5, 8, 9, 10, 17, 17, 20], 8], [[3, 1], 5], [[1, 5], 1]],
        [[[1, 5, 8, 9, 10], 7], [[0, 0, 7], 9]],
        ("prices[cut - 1] + best", "prices[cut - 2] + best")),
)  # fmt: skip
