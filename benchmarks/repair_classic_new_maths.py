"""Classic exercises on numbers, tables and recursion, each with one fault. The form is `drill`."""

from __future__ import annotations

from repair_forms import Program, drill

MATHS: tuple[Program, ...] = (
    drill(
        "backpack",
        "rows",
        """
        def backpack(goods, capacity):
            best = [0] * (capacity + 1)
            for weight, worth in goods:
                for room in range(capacity, weight - 1, -1):
                    best[room] = max(best[room], best[room - weight] + worth)
            return best[capacity]
        """,
        "backpack(*a)",
        [
            [[], 5],
            [[[5, 10]], 4],
            [[[5, 10]], 5],
            [[[1, 1], [3, 4], [4, 5], [5, 7]], 7],
            [[[2, 3]], 8],
            [[[10, 60], [20, 100], [30, 120]], 50],
        ],
        [[[[1, 5], [2, 1]], 9], [[[4, 4], [4, 5]], 8], [[[6, 30], [3, 14], [4, 16], [2, 9]], 10]],
        ("for room in range(capacity, weight - 1, -1):", "for room in range(weight, capacity + 1):"),
    ),
    drill(
        "fewest_coins",
        "rows",
        """
        def fewest_coins(coins, amount):
            never = amount + 1
            fewest = [0] + [never] * amount
            for part in range(1, amount + 1):
                for coin in coins:
                    if coin <= part:
                        fewest[part] = min(fewest[part], fewest[part - coin] + 1)
            return fewest[amount] if fewest[amount] < never else -1
        """,
        "fewest_coins(*a)",
        [[[1], 0], [[1], 3], [[2], 3], [[1, 5, 10], 18], [[1, 3, 4], 6], [[5, 7], 12]],
        [[[2, 5], 11], [[9, 6, 1], 12], [[4], 2]],
        ("fewest = [0] + [never] * amount", "fewest = [never] + [never] * amount"),
    ),
    drill(
        "whole_root",
        "rows",
        """
        def whole_root(number):
            if number < 2:
                return number
            guess = number
            while guess * guess > number:
                guess = (guess + number // guess) // 2
            return guess
        """,
        "whole_root(*a)",
        [[0], [1], [2], [4], [15], [16], [1000000]],
        [[99], [100], [123456789], [3]],
        ("guess = (guess + number // guess) // 2", "guess = guess + number // guess // 2"),
    ),
    drill(
        "primes_below",
        "loop",
        """
        def primes_below(limit):
            crossed = bytearray(limit)
            found = []
            for number in range(2, limit):
                if crossed[number]:
                    continue
                found.append(number)
                for multiple in range(number * number, limit, number):
                    crossed[multiple] = 1
            return found
        """,
        "primes_below(*a)",
        [[0], [2], [3], [10], [30], [50]],
        [[100], [4], [26]],
        ("range(number * number, limit, number)", "range(number * number, limit)"),
    ),
    drill(
        "bezout",
        "rows",
        """
        def bezout(a, b):
            if b == 0:
                return [a, 1, 0]
            common, x, y = bezout(b, a % b)
            return [common, y, x - a // b * y]
        """,
        "bezout(*a)",
        [[5, 0], [6, 4], [240, 46], [17, 5], [1, 1], [99, 78]],
        [[12, 18], [1000, 7], [3, 300]],
        ("return [common, y, x - a // b * y]", "return [common, x, y - a // b * x]"),
    ),
    drill(
        "in_base",
        "rows",
        """
        def in_base(number, base):
            digits = "0123456789abcdefghijklmnopqrstuvwxyz"
            if number == 0:
                return "0"
            sign = "-" if number < 0 else ""
            number, text = abs(number), ""
            while number:
                number, rest = divmod(number, base)
                text = digits[rest] + text
            return sign + text
        """,
        "in_base(*a)",
        [[0, 2], [5, 2], [-5, 2], [255, 16], [35, 36], [100, 10]],
        [[-255, 16], [1, 7], [1000, 3], [0, 9]],
        ('            if number == 0:\n                return "0"\n', ""),
    ),
    drill(
        "towers",
        "rows",
        """
        def towers(disks, source="A", target="C", spare="B"):
            if disks == 0:
                return []
            moves = towers(disks - 1, source, spare, target)
            moves.append(source + target)
            return moves + towers(disks - 1, spare, target, source)
        """,
        "towers(*a)",
        [[0], [1], [2], [3], [2, "X", "Y", "Z"]],
        [[4], [1, "l", "r", "m"], [3, "C", "A", "B"]],
        ("towers(disks - 1, spare, target, source)", "towers(disks - 1, spare, target)"),
    ),
    drill(
        "mod_power",
        "rows",
        """
        def mod_power(base, exponent, modulus):
            result = 1 % modulus
            base %= modulus
            while exponent:
                if exponent & 1:
                    result = result * base % modulus
                base = base * base % modulus
                exponent >>= 1
            return result
        """,
        "mod_power(*a)",
        [[2, 0, 7], [2, 10, 1000], [3, 5, 13], [7, 3, 5], [5, 1, 1], [10, 9, 6]],
        [[2, 64, 97], [123, 45, 67], [4, 13, 497]],
        ("exponent >>= 1", "exponent -= 1"),
    ),
    drill(
        "is_happy",
        "plain",
        """
        def is_happy(number):
            met = set()
            while number != 1:
                if number in met:
                    return False
                met.add(number)
                number = sum(int(digit) ** 2 for digit in str(number))
            return True
        """,
        "is_happy(*a)",
        [[1], [2], [7], [19], [4], [100]],
        [[23], [20], [89], [44]],
        ("                met.add(number)\n                number = sum", "                number = sum"),
    ),
    drill(
        "masks",
        "rows",
        """
        def masks(items):
            return [[item for bit, item in enumerate(items) if mask >> bit & 1] for mask in range(1 << len(items))]
        """,
        "masks(*a)",
        [[[]], [["a"]], [["a", "b"]], [[1, 2, 3]], [[0, 0]]],
        [[[1, 2, 3, 4]], [["x", "y", "z"]]],
        ("mask >> bit & 1", "mask & bit"),
    ),
    drill(
        "sums_to",
        "rows",
        """
        def sums_to(numbers, goal):
            found = []

            def choose(start, picked, left):
                if left == 0:
                    found.append(picked)
                for place in range(start, len(numbers)):
                    if numbers[place] <= left:
                        choose(place, picked + [numbers[place]], left - numbers[place])

            choose(0, [], goal)
            return found
        """,
        "sums_to(*a)",
        [[[], 0], [[2], 4], [[2, 3, 6, 7], 7], [[2, 3, 5], 8], [[4], 3], [[1, 2], 3]],
        [[[3, 4, 5], 12], [[8, 2], 10], [[5, 1], 6]],
        ("choose(place, picked", "choose(start, picked"),
    ),
    drill(
        "following",
        "rows",
        """
        def following(digits):
            digits = list(digits)
            drop = len(digits) - 2
            while drop >= 0 and digits[drop] >= digits[drop + 1]:
                drop -= 1
            if drop >= 0:
                rise = len(digits) - 1
                while digits[rise] <= digits[drop]:
                    rise -= 1
                digits[drop], digits[rise] = digits[rise], digits[drop]
            digits[drop + 1:] = reversed(digits[drop + 1:])
            return digits
        """,
        "following(*a)",
        [[[1]], [[1, 2]], [[2, 1]], [[1, 3, 2]], [[1, 1, 5]], [[2, 3, 1, 3, 3]], [[3, 2, 1]]],
        [[[1, 2, 3, 4]], [[5, 5, 4]], [[1, 5, 1, 4, 3]], [[2, 2, 2]]],
        ("digits[drop] >= digits[drop + 1]:", "digits[drop] > digits[drop + 1]:"),
    ),
    drill(
        "best_product",
        "rows",
        """
        def best_product(factors):
            best = high = low = factors[0]
            for factor in factors[1:]:
                ends = factor, high * factor, low * factor
                high, low = max(ends), min(ends)
                best = max(best, high)
            return best
        """,
        "best_product(*a)",
        [[[3]], [[-2, 0, -1]], [[2, 3, -2, 4]], [[-2, 3, -4]], [[-1, -2, -3]], [[0, 2]]],
        [[[-4, -3, -2]], [[2, -5, -2, -4, 3]], [[-1]], [[1, 0, 5, -1, -5]]],
        ("                high, low = max(ends), min(ends)\n", "                high = max(ends)\n"),
    ),
    drill(
        "smooth",
        "rows",
        """
        def smooth(values, size):
            averages, total = [], 0.0
            for place, value in enumerate(values):
                total += value
                if place >= size:
                    total -= values[place - size]
                averages.append(round(total / min(place + 1, size), 3))
            return averages
        """,
        "smooth(*a)",
        [[[], 2], [[4], 3], [[1, 2, 3, 4], 2], [[10, 20, 30, 40, 50], 3], [[1.5, 2.5, -4], 1]],
        [[[5, 5, 5, 8], 4], [[0, 3, 6, 9, 12, 15], 2], [[1, 0], 5]],
        ("min(place + 1, size)", "size"),
    ),
    drill(
        "bisection",
        "plain",
        """
        def bisection(f, low, high, close=1e-9):
            if f(low) > 0:
                low, high = high, low
            while abs(high - low) > close:
                middle = (low + high) / 2
                if f(middle) > 0:
                    high = middle
                else:
                    low = middle
            return round((low + high) / 2, 6)


        def cubic(a, b, c):
            return lambda x: a * x ** 3 + b * x + c
        """,
        "bisection(cubic(*a[:3]), a[3], a[4])",
        [[1, 0, -8, 0, 5], [0, 1, -3, 0, 10], [0, -2, 3, -4, 4], [1, 1, -10, 0, 4], [-1, 0, 27, 0, 9]],
        [[0, 4, 1, -3, 3], [2, 1, 0.5, -5, 5], [0, -1, 0.25, 0, 1]],
        ("while abs(high - low) > close:", "while high - low > close:"),
    ),
    drill(
        "check_digit",
        "rows",
        """
        def check_digit(card):
            digits = [int(ch) for ch in card if ch.isdigit()]
            total = 0
            for place, digit in enumerate(reversed(digits)):
                if place % 2 == 1:
                    digit *= 2
                    if digit > 9:
                        digit -= 9
                total += digit
            return total % 10 == 0
        """,
        "check_digit(*a)",
        [["0"], ["18"], ["59"], ["4539 1488 0343 6467"], ["8273 1232 7352 0569"], ["055 444 285"], ["091"]],
        [["234567891234"], ["7992-7398-713"], ["95"], ["055 444 286"]],
        ("enumerate(reversed(digits))", "enumerate(digits)"),
    ),
    drill(
        "tree_shapes",
        "rows",
        """
        def tree_shapes(nodes, known=None):
            known = {0: 1} if known is None else known
            if nodes not in known:
                known[nodes] = sum(
                    tree_shapes(left, known) * tree_shapes(nodes - 1 - left, known) for left in range(nodes)
                )
            return known[nodes]
        """,
        "tree_shapes(*a)",
        [[0], [1], [2], [3], [4], [6]],
        [[5], [7], [8]],
        ("tree_shapes(nodes - 1 - left, known)", "tree_shapes(nodes - left, known)"),
    ),
    drill(
        "mat_times",
        "rows",
        """
        def mat_times(a, b):
            return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


        def mat_power(matrix, n):
            size = len(matrix)
            result = [[int(r == c) for c in range(size)] for r in range(size)]
            while n:
                if n % 2:
                    result = mat_times(result, matrix)
                matrix = mat_times(matrix, matrix)
                n //= 2
            return result
        """,
        "mat_power(*a)",
        [
            [[[2]], 3],
            [[[1, 1], [1, 0]], 0],
            [[[1, 1], [1, 0]], 1],
            [[[1, 1], [1, 0]], 7],
            [[[1, 2], [3, 4]], 3],
        ],
        [[[[1, 1], [1, 0]], 10], [[[0, 1], [2, 3]], 4], [[[1, 2, 0], [0, 1, 1], [1, 0, 1]], 3]],
        ("for column in zip(*b)]", "for column in b]"),
    ),
    drill(
        "heap_of",
        "plain",
        """
        class Heap:
            def __init__(self):
                self.items = []

            def push(self, item):
                self.items.append(item)
                child = len(self.items) - 1
                while child and self.items[child] < self.items[(child - 1) // 2]:
                    parent = (child - 1) // 2
                    self.items[child], self.items[parent] = self.items[parent], self.items[child]
                    child = parent

            def pop(self):
                top, last = self.items[0], self.items.pop()
                if self.items:
                    self.items[0] = last
                    spot = 0
                    while 2 * spot + 1 < len(self.items):
                        child = 2 * spot + 1
                        if child + 1 < len(self.items) and self.items[child + 1] < self.items[child]:
                            child += 1
                        if self.items[spot] <= self.items[child]:
                            break
                        self.items[spot], self.items[child] = self.items[child], self.items[spot]
                        spot = child
                return top


        def drained(items):
            heap = Heap()
            for item in items:
                heap.push(item)
            return [heap.pop() for _ in items]
        """,
        "drained(*a)",
        [[[]], [[1]], [[2, 1]], [[3, 1, 2]], [[5, 4, 3, 2, 1]], [[7, 2, 9, 4, 4, 1, 8]]],
        [[[10, 9, 8, 7, 6, 5, 4, 3]], [[1, 2, 3, 4, 5, 6]], [[0, -1, 0, -1]]],
        ("and self.items[child + 1] < self.items[child]:", "and self.items[child + 1] < self.items[spot]:"),
    ),
    drill(
        "dice_ways",
        "rows",
        """
        from functools import lru_cache


        def dice_ways(dice, sides, total):
            @lru_cache(maxsize=None)
            def ways(left, rest):
                if left == 0:
                    return 1 if rest == 0 else 0
                return sum(ways(left - 1, rest - face) for face in range(1, sides + 1) if face <= rest)

            return ways(dice, total)
        """,
        "dice_ways(*a)",
        [[1, 6, 3], [2, 6, 7], [2, 6, 12], [0, 6, 0], [3, 2, 6], [1, 4, 5]],
        [[2, 6, 1], [3, 6, 10], [4, 4, 9]],
        ("return 1 if rest == 0 else 0", "return 1"),
    ),
)
