"""Classic exercises on matrices, geometry, intervals, schedules and arrays, each with one fault. The form is `drill` of
`repair_forms.py`.
"""

from __future__ import annotations

from repair_forms import Program, drill

SHAPES: tuple[Program, ...] = (
    drill("spiral", "rows", """
        def spiral(grid):
            found = []
            top, bottom, left, right = 0, len(grid) - 1, 0, len(grid[0]) - 1
            while top <= bottom and left <= right:
                found += grid[top][left:right + 1]
                found += [grid[r][right] for r in range(top + 1, bottom + 1)]
                if top < bottom and left < right:
                    found += [grid[bottom][c] for c in range(right - 1, left - 1, -1)]
                    found += [grid[r][left] for r in range(bottom - 1, top, -1)]
                top, bottom, left, right = top + 1, bottom - 1, left + 1, right - 1
            return found
        """, "spiral(*a)",
        [[[[1]]], [[[1, 2], [3, 4]]], [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[1, 2, 3]]], [[[1], [2], [3]]], [[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]]],
        [[[[1, 2], [3, 4], [5, 6], [7, 8]]], [[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]]],
        ("if top < bottom and left < right:", "if left < right:")),
    drill("quarter_turn", "rows", """
        def quarter_turn(grid):
            size = len(grid)
            for ring in range(size // 2):
                for step in range(ring, size - 1 - ring):
                    kept = grid[ring][step]
                    grid[ring][step] = grid[size - 1 - step][ring]
                    grid[size - 1 - step][ring] = grid[size - 1 - ring][size - 1 - step]
                    grid[size - 1 - ring][size - 1 - step] = grid[step][size - 1 - ring]
                    grid[step][size - 1 - ring] = kept
            return grid
        """, "quarter_turn(*a)",
        [[[[1]]], [[[1, 2], [3, 4]]], [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]]],
        [[[[c + 5 * r for c in range(5)] for r in range(5)]], [[[0, 1], [0, 0]]]],
        ("range(ring, size - 1 - ring)", "range(ring, size - ring)")),
    drill("blank_lines", "rows", """
        def blank_lines(grid):
            rows = {r for r, row in enumerate(grid) if 0 in row}
            columns = {c for row in grid for c, value in enumerate(row) if value == 0}
            return [[0 if r in rows or c in columns else value for c, value in enumerate(row)] for r, row in enumerate(grid)]
        """, "blank_lines(*a)",
        [[[[1]]], [[[0]]], [[[1, 0], [1, 1]]], [[[1, 1, 1], [1, 0, 1], [1, 1, 1]]], [[[0, 1, 2, 0], [3, 4, 5, 2], [1, 3, 1, 5]]]],
        [[[[1, 2], [3, 4], [0, 6]]], [[[5, 5, 5]]]],
        ("if r in rows or c in columns else", "if r in rows and c in columns else")),
    drill("determinant", "rows", """
        def determinant(grid):
            if len(grid) == 1:
                return grid[0][0]
            total = 0
            for column, value in enumerate(grid[0]):
                minor = [row[:column] + row[column + 1:] for row in grid[1:]]
                total += (-1) ** column * value * determinant(minor)
            return total
        """, "determinant(*a)",
        [[[[7]]], [[[1, 2], [3, 4]]], [[[2, 0], [0, 3]]], [[[1, 2, 3], [4, 5, 6], [7, 8, 10]]], [[[6, 1, 1], [4, -2, 5], [2, 8, 7]]]],
        [[[[0, 1], [1, 0]]], [[[1, 0, 2, -1], [3, 0, 0, 5], [2, 1, 4, -3], [1, 0, 5, 0]]]],
        ("row[:column] + row[column + 1:] for row", "row[:column] + row[column:] for row")),
    drill("slants", "rows", """
        def slants(grid):
            lines = {}
            for r, row in enumerate(grid):
                for c, value in enumerate(row):
                    lines.setdefault(r + c, []).append(value)
            return [line[::-1] if number % 2 == 0 else line for number, line in sorted(lines.items())]
        """, "slants(*a)",
        [[[[1]]], [[[1, 2], [3, 4]]], [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], [[[1, 2, 3]]], [[[1, 2], [3, 4], [5, 6], [7, 8]]]],
        [[[[1, 2, 3, 4], [5, 6, 7, 8]]], [[[1], [2]]]],
        ("lines.setdefault(r + c, [])", "lines.setdefault(r - c, [])")),
    drill("saddle", "rows", """
        def saddle(grid):
            found = []
            for r, row in enumerate(grid):
                for c, value in enumerate(row):
                    column = [other[c] for other in grid]
                    if value == max(row) and value == min(column):
                        found.append([r, c])
            return found
        """, "saddle(*a)",
        [[[]], [[[9, 8, 7], [5, 3, 2], [6, 6, 7]]], [[[1, 2], [3, 4]]], [[[4, 5, 4], [3, 5, 5], [1, 5, 4]]], [[[8, 7, 9], [6, 7, 6], [3, 2, 5]]], [[[3, 1, 3], [3, 2, 4]]]],
        [[[[2, 5, 3, 5]]], [[[2], [1], [4], [1]]], [[[1, 1], [1, 1]]]],
        ("column = [other[c] for other in grid]", "column = [other[r] for other in grid]")),
    drill("fence", "rows", """
        def fence(points):
            points = sorted(set(map(tuple, points)))
            if len(points) < 3:
                return points

            def cross(o, a, b):
                return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])

            def half(points):
                line = []
                for point in points:
                    while len(line) >= 2 and cross(line[-2], line[-1], point) <= 0:
                        line.pop()
                    line.append(point)
                return line[:-1]

            return half(points) + half(points[::-1])
        """, "fence(*a)",
        [[[]], [[[1, 1]]], [[[0, 0], [1, 1]]], [[[0, 0], [2, 0], [1, 1]]], [[[0, 0], [2, 0], [2, 2], [0, 2], [1, 1]]], [[[0, 0], [1, 0], [2, 0], [2, 2], [0, 2]]]],
        [[[[0, 3], [1, 1], [2, 2], [4, 4], [0, 0], [1, 2], [3, 1], [3, 3]]], [[[0, 0], [4, 0], [4, 4], [2, 5], [0, 4], [2, 2]]]],
        ("half(points) + half(points[::-1])", "half(points) + half(points)")),
    drill("inside", "rows", """
        def inside(polygon, x, y):
            result = False
            x1, y1 = polygon[-1]
            for x2, y2 in polygon:
                if (y1 > y) != (y2 > y):
                    if x < x1 + (x2 - x1) * (y - y1) / (y2 - y1):
                        result = not result
                x1, y1 = x2, y2
            return result
        """, "inside(*a)",
        [[[[0, 0], [4, 0], [4, 4], [0, 4]], 2, 2], [[[0, 0], [4, 0], [4, 4], [0, 4]], 5, 2], [[[0, 0], [4, 0], [4, 4], [0, 4]], -1, 2], [[[0, 0], [6, 0], [3, 6]], 3, 3], [[[0, 0], [6, 0], [3, 6]], 1, 5], [[[0, 0], [6, 0], [6, 6], [3, 3], [0, 6]], 3, 4], [[[0, 0], [6, 0], [6, 6], [3, 3], [0, 6]], 1, 4]],
        [[[[0, 0], [2, 4], [4, 0], [4, 6], [0, 6]], 2, 5], [[[0, 0], [2, 4], [4, 0], [4, 6], [0, 6]], 2, 1], [[[1, 1], [5, 1], [5, 2], [1, 2]], 3, 3]],
        ("result = not result", "result = True")),
    drill("field", "rows", """
        def field(corners):
            total = 0
            for place, (x, y) in enumerate(corners):
                next_x, next_y = corners[(place + 1) % len(corners)]
                total += x * next_y - next_x * y
            return abs(total) / 2
        """, "field(*a)",
        [[[]], [[[0, 0], [1, 0], [1, 1], [0, 1]]], [[[0, 0], [4, 0], [0, 3]]], [[[0, 3], [4, 0], [0, 0]]], [[[1, 1], [5, 1], [5, 4], [3, 6], [1, 4]]]],
        [[[[2, 2], [6, 2], [4, 8]]], [[[-1, -1], [1, -1], [1, 1], [-1, 1]]]],
        ("return abs(total) / 2", "return total / 2")),
    drill("insert_span", "rows", """
        def insert_span(spans, new):
            start, end = new
            before, after = [], []
            for low, high in spans:
                if high < start:
                    before.append([low, high])
                elif low > end:
                    after.append([low, high])
                else:
                    start = min(start, low)
                    end = max(end, high)
            return before + [[start, end]] + after
        """, "insert_span(*a)",
        [[[], [1, 2]], [[[1, 3], [6, 9]], [2, 5]], [[[1, 2], [3, 5], [6, 7], [8, 10], [12, 16]], [4, 8]], [[[1, 5]], [2, 3]], [[[1, 5]], [6, 8]], [[[3, 4]], [1, 2]], [[[1, 2], [5, 6]], [2, 5]]],
        [[[[0, 1], [4, 9]], [2, 3]], [[[2, 3], [4, 8]], [1, 10]]],
        ("end = max(end, high)", "end = high")),
    drill("rooms", "rows", """
        import heapq


        def rooms(meetings):
            busy, most = [], 0
            for start, end in sorted(meetings):
                while busy and busy[0] <= start:
                    heapq.heappop(busy)
                heapq.heappush(busy, end)
                most = max(most, len(busy))
            return most
        """, "rooms(*a)",
        [[[]], [[[1, 2]]], [[[0, 30], [5, 10], [15, 20]]], [[[7, 10], [2, 4]]], [[[1, 5], [5, 6]]], [[[1, 9], [2, 3], [3, 4], [2, 4]]]],
        [[[[1, 4], [2, 5], [4, 6], [5, 7], [3, 9]]], [[[9, 10], [4, 9], [4, 17]]]],
        ("heapq.heappush(busy, end)", "heapq.heappush(busy, start)")),
    drill("paid_jobs", "rows", """
        from bisect import bisect_right


        def paid_jobs(jobs):
            jobs = sorted(jobs, key=lambda job: job[1])
            ends, best = [0], [0]
            for start, end, pay in jobs:
                place = bisect_right(ends, start) - 1
                if best[place] + pay > best[-1]:
                    ends.append(end)
                    best.append(best[place] + pay)
            return best[-1]
        """, "paid_jobs(*a)",
        [[[]], [[[1, 2, 5]]], [[[1, 3, 5], [3, 4, 6]]], [[[1, 2, 50], [3, 5, 20], [6, 19, 100], [2, 100, 200]]], [[[1, 3, 20], [2, 5, 20], [3, 10, 100], [4, 6, 70], [6, 9, 60]]], [[[1, 9, 4], [2, 3, 3], [4, 5, 3]]]],
        [[[[1, 4, 3], [2, 6, 5], [4, 7, 2], [6, 9, 4]]], [[[1, 1, 1], [1, 2, 2]]]],
        ("key=lambda job: job[1])", "key=lambda job: job[0])")),
    drill("pauses", "rows", """
        from collections import Counter


        def pauses(tasks, gap):
            if not tasks:
                return 0
            counts = Counter(tasks)
            most = max(counts.values())
            ties = sum(1 for count in counts.values() if count == most)
            return max(len(tasks), (most - 1) * (gap + 1) + ties)
        """, "pauses(*a)",
        [["", 2], ["A", 3], ["AAABBB", 2], ["AAABBB", 0], ["AAAAAABCDEFG", 2], ["AB", 5], ["AAABBBCCCD", 1]],
        [["AABB", 3], ["XYZ", 1], ["AAAABC", 1]],
        ("(most - 1) * (gap + 1) + ties", "most * (gap + 1) + ties")),
    drill("round_trip", "rows", """
        def round_trip(fuel, cost):
            if sum(fuel) < sum(cost):
                return -1
            start = tank = 0
            for place in range(len(fuel)):
                tank += fuel[place] - cost[place]
                if tank < 0:
                    start = place + 1
                    tank = 0
            return start
        """, "round_trip(*a)",
        [[[1, 2, 3, 4, 5], [3, 4, 5, 1, 2]], [[2, 3, 4], [3, 4, 3]], [[5], [5]], [[1, 4], [3, 2]], [[3, 1, 1], [1, 2, 2]], [[2, 0, 4, 1], [3, 1, 1, 2]]],
        [[[5, 8, 2, 8], [6, 5, 6, 6]], [[1, 1, 9], [4, 4, 1]], [[0, 7, 0], [2, 3, 1]]],
        ("                    start = place + 1\n                    tank = 0\n", "                    start = place + 1\n")),
    drill("rain", "rows", """
        def rain(heights):
            left, right = 0, len(heights) - 1
            left_best = right_best = total = 0
            while left < right:
                if heights[left] < heights[right]:
                    left_best = max(left_best, heights[left])
                    total += left_best - heights[left]
                    left += 1
                else:
                    right_best = max(right_best, heights[right])
                    total += right_best - heights[right]
                    right -= 1
            return total
        """, "rain(*a)",
        [[[]], [[3]], [[2, 0, 2]], [[0, 1, 0, 2, 1, 0, 1, 3, 2, 1, 2, 1]], [[4, 2, 0, 3, 2, 5]], [[5, 4, 3]], [[3, 0, 1, 0, 2]]],
        [[[4, 2, 3]], [[1, 0, 5, 0, 1]], [[6, 1, 4, 1, 5]]],
        ("total += right_best - heights[right]", "total += right_best - heights[left]")),
    drill("three_sums", "rows", """
        def three_sums(numbers):
            numbers = sorted(numbers)
            found = []
            for first in range(len(numbers) - 2):
                if first > 0 and numbers[first] == numbers[first - 1]:
                    continue
                low, high = first + 1, len(numbers) - 1
                while low < high:
                    total = numbers[first] + numbers[low] + numbers[high]
                    if total < 0:
                        low += 1
                    elif total > 0:
                        high -= 1
                    else:
                        found.append([numbers[first], numbers[low], numbers[high]])
                        low += 1
                        high -= 1
                        while low < high and numbers[low] == numbers[low - 1]:
                            low += 1
            return found
        """, "three_sums(*a)",
        [[[]], [[0, 0, 0]], [[1, 2, -3]], [[-1, 0, 1, 2, -1, -4]], [[0, 0, 0, 0]], [[-2, 0, 0, 2, 2]], [[1, 2, 3]]],
        [[[-4, -2, -2, 0, 2, 2, 4, 6]], [[-1, -1, 2, 2]], [[3, -3, 0, 1, -1]]],
        ("range(len(numbers) - 2)", "range(len(numbers) - 3)")),
    drill("best_product", "rows", """
        def best_product(numbers):
            best = high = low = numbers[0]
            for number in numbers[1:]:
                if number < 0:
                    high, low = low, high
                high = max(number, high * number)
                low = min(number, low * number)
                best = max(best, high)
            return best
        """, "best_product(*a)",
        [[[2]], [[2, 3, -2, 4]], [[-2, 0, -1]], [[-2, 3, -4]], [[0, 2]], [[-1, -2, -3, 0]], [[2, -5, -2, -4, 3]]],
        [[[-3]], [[3, -1, 4]], [[-2, -3, 7, 0, 5, 5]]],
        ("                if number < 0:\n                    high, low = low, high\n", "                if number < 0:\n                    low = high\n")),
    drill("ballot", "rows", """
        def ballot(votes):
            leader, lead = None, 0
            for vote in votes:
                if lead == 0:
                    leader, lead = vote, 1
                elif vote == leader:
                    lead += 1
                else:
                    lead -= 1
            return leader if votes.count(leader) * 2 > len(votes) else None
        """, "ballot(*a)",
        [[[]], [["a"]], [["a", "b", "a"]], [["a", "b"]], [["b", "b", "a", "a", "a"]], [["c", "a", "c", "b", "c"]], [["x", "y", "z"]], [["a", "a", "a", "b", "c"]]],
        [[[1, 1, 2, 2, 2, 2]], [[3, 3, 4]], [[7, 8, 7, 8]]],
        ("                else:\n                    lead -= 1\n", "                else:\n                    lead = 0\n")),
    drill("span_sums", "rows", """
        def span_sums(numbers, target):
            seen, total, count = {0: 1}, 0, 0
            for number in numbers:
                total += number
                count += seen.get(total - target, 0)
                seen[total] = seen.get(total, 0) + 1
            return count
        """, "span_sums(*a)",
        [[[], 0], [[1], 1], [[1, 1, 1], 2], [[1, 2, 3], 3], [[1, -1, 0], 0], [[3, 4, 7, 2, -3, 1, 4, 2], 7], [[0, 0], 0]],
        [[[5, -5, 5], 5], [[2, 2, 2, 2], 4], [[-1, -1, 1], 0]],
        ("{0: 1}, 0, 0", "{}, 0, 0")),
    drill("wider", "rows", """
        def wider(heights):
            stack, best = [], 0
            for place, height in enumerate(heights + [0]):
                while stack and heights[stack[-1]] >= height:
                    tall = heights[stack.pop()]
                    width = place - stack[-1] - 1 if stack else place
                    best = max(best, tall * width)
                stack.append(place)
            return best
        """, "wider(*a)",
        [[[]], [[4]], [[2, 1, 5, 6, 2, 3]], [[2, 4]], [[1, 1, 1]], [[6, 2, 5, 4, 5, 1, 6]], [[3, 2, 1]]],
        [[[1, 2, 3, 4, 5]], [[5, 4, 5]], [[0, 9, 0]]],
        ("width = place - stack[-1] - 1 if stack else place", "width = place - stack[-1] if stack else place")),
)  # fmt: skip
