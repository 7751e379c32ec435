"""More programs whose tests are rows of data, each with one-place faults: text, parsing, generators, geometry, bits,
numbers and small state machines. The form is `drill` of `repair_forms.py`.
"""

from __future__ import annotations

from repair_forms import Program, drill

MORE_DRILLS: tuple[Program, ...] = (
    drill("find_all", "rows", """
        def failure_table(pattern):
            table = [0] * len(pattern)
            length = 0
            for place in range(1, len(pattern)):
                while length and pattern[place] != pattern[length]:
                    length = table[length - 1]
                if pattern[place] == pattern[length]:
                    length += 1
                table[place] = length
            return table


        def find_all(text, pattern):
            found, matched = [], 0
            table = failure_table(pattern)
            for place, letter in enumerate(text):
                while matched and letter != pattern[matched]:
                    matched = table[matched - 1]
                if letter == pattern[matched]:
                    matched += 1
                if matched == len(pattern):
                    found.append(place - matched + 1)
                    matched = table[matched - 1]
            return found
        """, "find_all(*a)", [["", "a"], ["abcabc", "abc"], ["aaaa", "aa"], ["ababcababab", "abab"], ["xyz", "q"], ["aabaabaaab", "aabaaa"]],
        [["mississippi", "issi"], ["aabaacaadaabaaba", "aaba"], ["aaaaab", "aaab"]],
        ("place - matched + 1", "place - matched"), ("length = table[length - 1]", "length = table[length]"), ("            matched = table[matched - 1]\n    return", "            matched = 0\n    return"),
        ("                        table[place] = length\n".replace("        table", "table"), ""), ("while matched and letter", "if matched and letter")),
    drill("palindromes", "unittest", """
        def is_palindrome(text):
            letters = [letter.lower() for letter in text if letter.isalnum()]
            left, right = 0, len(letters) - 1
            while left < right:
                if letters[left] != letters[right]:
                    return False
                left += 1
                right -= 1
            return True


        def longest(text):
            best = ""
            for centre in range(len(text)):
                for width in (0, 1):
                    left, right = centre, centre + width
                    while left >= 0 and right < len(text) and text[left] == text[right]:
                        left -= 1
                        right += 1
                    if right - left - 1 > len(best):
                        best = text[left + 1 : right]
            return best
        """, "[is_palindrome(a), longest(a)]", ["", "a", "No lemon, no melon", "abccbx", "babad", "ab"],
        ["racecar!", "forgeeksskeegfor", "A man, a plan", "aaaa", "xabay"],
        ("if letter.isalnum()", "if letter"), ("left >= 0 and", "left > 0 and"), ("text[left + 1 : right]", "text[left:right]"), ("        right -= 1\n    return", "        right += 1\n    return"),
        ("in (0, 1)", "in (0, 2)"), ("letter.lower() for", "letter for")),
    drill("anagrams", "plain", """
        def groups(words):
            found = {}
            for word in words:
                key = "".join(sorted(word.lower()))
                found.setdefault(key, []).append(word)
            return [sorted(group) for group in found.values() if len(group) > 1]


        def shared_prefix(words):
            if not words:
                return ""
            first, last = min(words), max(words)
            for place, letter in enumerate(first):
                if letter != last[place]:
                    return first[:place]
            return first


        def first_unique(text):
            for letter in text:
                if text.count(letter) == 1:
                    return letter
            return ""
        """, "[groups(a), shared_prefix(a), first_unique(''.join(a))]",
        [[], ["tea", "eat", "tan", "Ate"], ["flow", "flower", "flight"], ["aab", "aba"], ["no", "on", "x"], ["go"]],
        [["listen", "Silent", "enlist", "google", "elgoog"], ["inter", "internal", "internet"], ["aa", "aa"]],
        ("sorted(word.lower())", "sorted(word)"), ("len(group) > 1", "len(group) >= 1"), ("return first[:place]", "return first[place:]"), ("    return first\n", "    return last\n"),
        ("min(words), max(words)", "words[0], words[-1]"), ('            if not words:\n                return ""\n', ""), ("text.count(letter) == 1", "text.count(letter) >= 1")),
    drill("durations", "rows", """
        import re

        UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


        def seconds(text):
            total = 0
            for number, unit in re.findall(r"(\\d+)\\s*([a-z])", text.lower()):
                if unit not in UNITS:
                    raise ValueError("unknown unit " + unit)
                total += int(number) * UNITS[unit]
            return total


        def shown(count):
            parts = []
            for unit in ("d", "h", "m", "s"):
                number, count = divmod(count, UNITS[unit])
                if number:
                    parts.append(f"{number}{unit}")
            return " ".join(parts) or "0s"


        def both(text):
            try:
                return [seconds(text), shown(seconds(text))]
            except ValueError as error:
                return str(error)
        """, "both(a)", ["", "90s", "1h 30m", "2d4h", "5x", "61 M", "25h"], ["3D 2h 1m 9s", "100m", "7y", "1s 1s"],
        ('"h": 3600', '"h": 360'), ("total += int", "total = int"), ("text.lower()", "text"), ("    if number:", "    if count:"), ('("d", "h", "m", "s")', '("s", "m", "h", "d")'),
        ("* UNITS[unit]", "+ UNITS[unit]"), (r"(\d+)", r"(\d)"), ('" ".join(parts) or "0s"', '" ".join(parts)')),
    drill("query_string", "loop", """
        def parse(text):
            result = {}
            for pair in text.lstrip("?").split("&"):
                if not pair:
                    continue
                name, _, value = pair.partition("=")
                result.setdefault(name, []).append(value)
            return result


        def build(values):
            pairs = []
            for name in sorted(values):
                for value in values[name]:
                    pairs.append(f"{name}={value}" if value else name)
            return "&".join(pairs)
        """, "[parse(a), build(parse(a))]", ["", "?a=1&b=2", "a=1&a=2", "flag&x=", "k=v=w&&z=1"], ["?z=9&y&x=1&y=3", "=5", "a&a=2&"],
        ("                if not pair:\n                    continue\n".replace("                if", "                if"), ""), ('pair.partition("=")', 'pair.rpartition("=")'), (".append(value)\n    return", ".append(name)\n    return"),
        ('lstrip("?")', 'strip("?")[1:]'), ("result.setdefault(name, [])", "result.setdefault(value, [])"), ("if value else name", "if name else value")),
    drill("formula", "rows", """
        def tokens(text):
            place = 0
            while place < len(text):
                letter = text[place]
                if letter.isdigit():
                    start = place
                    while place < len(text) and text[place].isdigit():
                        place += 1
                    yield int(text[start:place])
                    continue
                if not letter.isspace():
                    yield letter
                place += 1


        class Reader:
            def __init__(self, text):
                self.tokens = list(tokens(text))
                self.place = 0

            def peek(self):
                return self.tokens[self.place] if self.place < len(self.tokens) else None

            def take(self):
                token = self.peek()
                self.place += 1
                return token

            def total(self):
                value = self.product()
                while self.peek() in ("+", "-"):
                    if self.take() == "+":
                        value += self.product()
                    else:
                        value -= self.product()
                return value

            def product(self):
                value = self.atom()
                while self.peek() in ("*", "/"):
                    if self.take() == "*":
                        value *= self.atom()
                    else:
                        value //= self.atom()
                return value

            def atom(self):
                token = self.take()
                if token == "(":
                    value = self.total()
                    if self.take() != ")":
                        raise ValueError("missing )")
                    return value
                if token == "-":
                    return -self.atom()
                if not isinstance(token, int):
                    raise ValueError(f"unexpected {token}")
                return token


        def calculate(text):
            reader = Reader(text)
            value = reader.total()
            if reader.peek() is not None:
                raise ValueError("text left over")
            return value


        def safely(text):
            try:
                return calculate(text)
            except ValueError as error:
                return str(error)
        """, "safely(a)", ["12", "1 + 2 * 3", "(1 + 2) * 3", "8 / 2 - 7", "-(4 - 6)", "2 * (3 + 4", "1 2", "+", "10 - 2 - 3", "2*(3)*4"],
        ["((7)) - 5 * (2 - 9) / 5", "-3 + -4", "100 / 5 / 2", "3 * )", "(1)(2)"],
        ("                self.place += 1\n", ""), ("value //= self.atom()", "value //= self.product()"), ("return -self.atom()", "return self.atom()"), ("                    return value\n                if token", "                    return token\n                if token"),
        ("value = self.total()\n            if self", "value = self.product()\n            if self"), ("            continue\n        if not letter", "        if not letter"), ("text[start:place]", "text[start]"), ('while self.peek() in ("*", "/")', 'if self.peek() in ("*", "/")'),
        ("self.place < len(self.tokens)", "self.place <= len(self.tokens)"), ("        place += 1\n\n\nclass", "            place += 1\n\n\nclass")),
    drill("csv_line", "unittest", """
        def fields(line, separator=","):
            result, field, quoted = [], "", False
            place = 0
            while place < len(line):
                letter = line[place]
                if quoted:
                    if letter == '"' and line[place + 1 : place + 2] == '"':
                        field += '"'
                        place += 1
                    elif letter == '"':
                        quoted = False
                    else:
                        field += letter
                elif letter == '"':
                    quoted = True
                elif letter == separator:
                    result.append(field)
                    field = ""
                else:
                    field += letter
                place += 1
            result.append(field)
            return result
        """, "fields(*a)", [[""], ["a,b"], ['"a,b",c'], ['"he said ""hi"""', ","], ["1;2;", ";"], ["x"]], [['a,"b""c",,d'], ["|p||", "|"], ['""']],
        ('            field = ""\n', ""), ("    result.append(field)\n    return", "    return"), ("                        quoted = False\n", "                        quoted = True\n"), ("== separator", '== ","'),
        ("                        field += '\"'\n                        place += 1\n", "                        field += '\"'\n"), ('== \'"\':\n            quoted = True', "== '\"':\n            quoted = False")),
    drill("streams", "rows", """
        def interleave(*parts):
            waiting = [iter(part) for part in parts]
            while waiting:
                for source in list(waiting):
                    try:
                        yield next(source)
                    except StopIteration:
                        waiting.remove(source)


        def pairs(items):
            items = iter(items)
            for left in items:
                yield left, next(items, None)


        def running(values):
            total = 0
            for value in values:
                total += value
                yield total


        def distinct(items):
            seen = set()
            for item in items:
                if item not in seen:
                    seen.add(item)
                    yield item


        def walk(tree, path=()):
            for name, inner in tree.items():
                if isinstance(inner, dict):
                    yield from walk(inner, path + (name,))
                else:
                    yield "/".join(path + (name,)), inner
        """, "[list(interleave(*a[0])), list(pairs(a[1])), list(running(a[1])), list(distinct(a[1])), list(walk(a[2]))]",
        [[[[1, 2], [3]], [1, 2, 2], {}], [[], [], {"a": 1}], [[[1], [], [2, 3, 4]], [5, 5, 1, 7], {"a": {"b": 1, "c": {"d": 2}}, "e": 3}], [[[9]], [3], {"z": {}}]],
        [[[[1, 2, 3], [4, 5], [6]], [2, -2, 2, 9], {"p": {"q": {"r": 0}}, "s": 4}]],
        ("for source in list(waiting)", "for source in waiting"), ("yield left, next(items, None)", "yield left, next(items)"), ("        yield total\n", "    yield total\n"), ("            seen.add(item)\n", ""),
        ("yield from walk(inner, path + (name,))", "yield from walk(inner, (name,))"), ("yield from walk(inner", "walk(inner"), ("total += value", "total = value")),
    drill("primes", "loop", """
        def factors(number):
            found, divisor = [], 2
            while divisor * divisor <= number:
                while number % divisor == 0:
                    found.append(divisor)
                    number //= divisor
                divisor += 1
            if number > 1:
                found.append(number)
            return found


        def divisors(number):
            small = [d for d in range(1, int(number**0.5) + 1) if number % d == 0]
            large = [number // d for d in reversed(small) if d * d != number]
            return small + large


        def totient(number):
            result = number
            for prime in set(factors(number)):
                result -= result // prime
            return result
        """, "[factors(a), divisors(a), totient(a)]", [1, 2, 12, 13, 49, 60, 97], [36, 64, 210, 121, 9973, 8],
        ("divisor * divisor <= number", "divisor * divisor < number"), ("number //= divisor", "number -= divisor"), ("            if number > 1:\n                found.append(number)\n", ""), ("if d * d != number", "if d != number"), ("set(factors(number))", "factors(number)"),
        ("                divisor += 1\n", ""), ("int(number**0.5) + 1", "int(number**0.5)"), ("result // prime", "number // prime")),
    drill("numeric", "rows", """
        def root(function, low, high, tolerance=1e-9):
            if function(low) * function(high) > 0:
                return None
            while high - low > tolerance:
                middle = (low + high) / 2
                if function(low) * function(middle) <= 0:
                    high = middle
                else:
                    low = middle
            return round((low + high) / 2, 6)


        def polynomial(coefficients, x):
            value = 0
            for coefficient in coefficients:
                value = value * x + coefficient
            return value


        def derivative(coefficients):
            degree = len(coefficients) - 1
            return [c * (degree - place) for place, c in enumerate(coefficients[:-1])]


        def area(coefficients, start, end, steps=100):
            width = (end - start) / steps
            total = 0.0
            for step in range(steps):
                left = start + step * width
                total += (polynomial(coefficients, left) + polynomial(coefficients, left + width)) / 2 * width
            return round(total, 4)
        """, "[root(lambda x: polynomial(a[0], x), a[1], a[2]), polynomial(a[0], a[2]), derivative(a[0]), area(a[0], a[1], a[2])]",
        [[[1, 0, -2], 0, 2], [[1, 0], -1, 1], [[2, -3, 1, 5], 0, 1], [[3], 0, 4], [[1, 0, 0, -8], 0, 5]], [[[1, -6, 8], 1, 3], [[4, 0, -1], 0, 1], [[1, 1, 1], -2, 2]],
        ("value * x + coefficient", "value + x * coefficient"), ("(degree - place)", "place"), ("coefficients[:-1]", "coefficients"), ("> 0:\n        return None", "< 0:\n        return None"), ("/ 2 * width", "* width"),
        ("            high = middle\n        else:\n            low", "            low = middle\n        else:\n            high"), ("start + step * width", "step * width"), ("(low + high) / 2\n", "(low + high) // 2\n")),
    drill("fast_power", "unittest", """
        def power(base, exponent, modulus):
            result = 1
            base %= modulus
            while exponent > 0:
                if exponent & 1:
                    result = result * base % modulus
                base = base * base % modulus
                exponent >>= 1
            return result


        def inverse(number, modulus):
            old, new = (modulus, 0), (number % modulus, 1)
            while new[0]:
                quotient = old[0] // new[0]
                old, new = new, (old[0] - quotient * new[0], old[1] - quotient * new[1])
            return old[1] % modulus if old[0] == 1 else None
        """, "[power(*a), inverse(a[0], a[2])]", [[2, 10, 1000], [3, 0, 7], [7, 5, 13], [10, 3, 6], [5, 117, 19]], [[9, 31, 101], [6, 4, 9], [123, 456, 789], [11, 2, 12]],
        ("exponent & 1", "exponent & 2"), ("base * base % modulus", "base * result % modulus"), ("        exponent >>= 1\n", ""), ("old[1] - quotient * new[1]", "old[1] - new[1]"), ("old[0] == 1", "old[1] == 1"),
        ("result = 1\n", "result = 0\n"), ("            base %= modulus\n", "            base = modulus\n")),
    drill("bits", "plain", """
        def parity(number):
            odd = 0
            while number:
                odd ^= 1
                number &= number - 1
            return odd


        def reverse_bits(number, width):
            result = 0
            for _ in range(width):
                result = (result << 1) | (number & 1)
                number >>= 1
            return result


        def gray(width):
            if width == 0:
                return [0]
            lower = gray(width - 1)
            return lower + [code | (1 << (width - 1)) for code in reversed(lower)]


        def lonely(numbers):
            result = 0
            for number in numbers:
                result ^= number
            return result


        def subset_sums(numbers):
            sums = []
            for mask in range(1 << len(numbers)):
                sums.append(sum(n for place, n in enumerate(numbers) if mask >> place & 1))
            return sums
        """, "[parity(a[0]), reverse_bits(a[0], a[1]), gray(a[2]), lonely(a[3]), subset_sums(a[3])]",
        [[0, 4, 0, []], [1, 4, 1, [5]], [6, 3, 2, [1, 2, 1]], [11, 5, 3, [4, 7, 4]], [7, 8, 1, [9, 1, 9]]], [[29, 6, 4, [3, 8, 3, 1, 1]], [255, 8, 2, [6, 6, 2]]],
        ("number &= number - 1", "number &= number + 1"), ("(result << 1)", "(result << 2)"), ("in reversed(lower)", "in lower"), ("1 << (width - 1)", "1 << width"), ("result ^= number", "result |= number"),
        ("mask >> place & 1", "mask >> 1 & place"), ("        number >>= 1\n", ""), ("            if width == 0:\n                return [0]\n", "            if width == 1:\n                return [0]\n"), ("1 << len(numbers)", "len(numbers)")),
    drill("polygons", "rows", """
        def area(points):
            total = 0
            for place, (x, y) in enumerate(points):
                nx, ny = points[(place + 1) % len(points)]
                total += x * ny - nx * y
            return abs(total) / 2


        def inside(points, x, y):
            result = False
            previous = points[-1]
            for current in points:
                if (current[1] > y) != (previous[1] > y):
                    share = (y - current[1]) / (previous[1] - current[1])
                    if x < current[0] + share * (previous[0] - current[0]):
                        result = not result
                previous = current
            return result


        def turn(a, b, c):
            return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


        def hull(points):
            points = sorted(map(tuple, points))

            def half(some):
                chain = []
                for point in some:
                    while len(chain) >= 2 and turn(chain[-2], chain[-1], point) <= 0:
                        chain.pop()
                    chain.append(point)
                return chain[:-1]

            return half(points) + half(points[::-1])
        """, "[area(a[0]), inside(a[0], *a[1]), hull(a[0] + [a[1]])]",
        [[[[0, 0], [4, 0], [4, 3]], [3, 1]], [[[0, 0], [2, 0], [2, 2], [0, 2]], [1, 1]], [[[0, 0], [0, 3], [3, 3], [3, 0]], [5, 1]], [[[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]], [2, 3]]],
        [[[[1, 1], [6, 2], [5, 6], [3, 3], [2, 7]], [4, 3]], [[[0, 0], [5, 5], [0, 10], [-5, 5]], [-1, 6]]],
        ("(place + 1) % len(points)", "place + 1"), ("abs(total) / 2", "abs(total)"), ("x * ny - nx * y", "x * ny + nx * y"), ("                previous = current\n".replace("                prev", "                prev"), ""), ("result = not result", "result = True"), ("turn(chain[-2], chain[-1], point)", "turn(chain[-1], chain[-2], point)"),
        ("return chain[:-1]", "return chain"), ("            - (b[1]".strip(), "+ (b[1]"), ("points[::-1]", "points")),
    drill("screens", "loop", """
        def overlap_area(one, other):
            width = min(one[2], other[2]) - max(one[0], other[0])
            height = min(one[3], other[3]) - max(one[1], other[1])
            if width <= 0 or height <= 0:
                return 0
            return width * height


        def rotate(rows):
            return [list(row) for row in zip(*rows[::-1])]


        def fit(width, height, limit):
            if max(width, height) <= limit:
                return [width, height]
            scale = limit / max(width, height)
            return [round(width * scale), round(height * scale)]
        """, "[overlap_area(a[0], a[1]), rotate(a[2]), fit(*a[3])]",
        [[[0, 0, 4, 4], [2, 1, 6, 3], [[1, 2], [3, 4]], [100, 50, 80]], [[0, 0, 1, 1], [1, 0, 2, 1], [[1, 2, 3]], [10, 20, 30]], [[0, 0, 2, 2], [3, 3, 5, 5], [], [640, 480, 64]]],
        [[[1, 1, 9, 9], [2, 3, 4, 12], [[1, 2], [3, 4], [5, 6]], [30, 90, 45]], [[0, 0, 2, 2], [1, -1, 3, 0], [[7]], [64, 64, 64]]],
        ("width <= 0 or", "width <= 0 and"), ("rows[::-1]", "rows"), ("limit / max(width, height)", "limit / min(width, height)"), ("max(one[1], other[1])", "max(one[1], other[0])"), ("return width * height", "return width + height"), ("<= limit", ">= limit")),
    drill("turnstile", "unittest", """
        class Turnstile:
            def __init__(self):
                self.locked = True
                self.coins = 0
                self.visitors = 0
                self.alarms = []

            def coin(self):
                self.coins += 1
                if not self.locked:
                    return "refunded"
                self.locked = False
                return "open"

            def push(self):
                if self.locked:
                    self.alarms.append(self.visitors)
                    return "blocked"
                self.visitors += 1
                self.locked = True
                return "passed"

            def run(self, letters):
                actions = {"c": self.coin, "p": self.push}
                return [actions[letter]() for letter in letters if letter in actions]


        def story(letters):
            machine = Turnstile()
            answers = machine.run(letters)
            return [answers, machine.coins, machine.visitors, machine.alarms]
        """, "story(a)", ["", "cp", "p", "ccp", "cppcp", "c-p"], ["ccppcpp", "pppc", "cpcpcpp"],
        ("                self.locked = False\n", ""), ("                self.visitors += 1\n", ""), ("            self.visitors += 1\n                self.locked = True".replace("            self.v", "        self.v").replace("                self.l", "        self.l"), "        self.visitors += 1\n        self.locked = False"), ("if not self.locked", "if self.locked"),
        ("append(self.visitors)", "append(self.coins)"), (" if letter in actions", "")),
    drill("cache", "plain", """
        class Cache:
            def __init__(self, size):
                self.size = size
                self.items = {}
                self.hits = 0

            def get(self, key, default=None):
                if key not in self.items:
                    return default
                self.hits += 1
                value = self.items.pop(key)
                self.items[key] = value
                return value

            def put(self, key, value):
                self.items.pop(key, None)
                if len(self.items) >= self.size:
                    oldest = next(iter(self.items))
                    del self.items[oldest]
                self.items[key] = value


        def replay(size, steps):
            cache, answers = Cache(size), []
            for step in steps:
                if len(step) == 1:
                    answers.append(cache.get(step[0], -1))
                else:
                    cache.put(*step)
            return [answers, list(cache.items.items()), cache.hits]
        """, "replay(*a)", [[2, []], [2, [["a", 1], ["a"], ["b"]]], [2, [["a", 1], ["b", 2], ["a"], ["c", 3], ["b"], ["a"]]], [1, [["a", 1], ["a", 5], ["a"]]], [3, [["x", 1], ["y", 2], ["x", 3]]]],
        [[2, [["a", 1], ["b", 2], ["b"], ["a", 9], ["c", 3], ["a"], ["b"], ["c"]]], [3, [["p", 1], ["q", 2], ["r", 3], ["p"], ["s", 4], ["q"]]]],
        ("                self.items[key] = value\n                return", "                return"), ("len(self.items) >= self.size", "len(self.items) > self.size"), ("                self.hits += 1\n", ""), ("        self.items.pop(key, None)\n", ""), ("self.items.pop(key)\n", "self.items[key]\n"),
        ("return default", "return None"), ("del self.items[oldest]", "del self.items[key]")),
    drill("bank", "rows", """
        def settle(balances, transfers):
            balances = dict(balances)
            refused = []
            for number, (source, target, amount) in enumerate(transfers, 1):
                if amount <= 0 or balances.get(source, 0) < amount:
                    refused.append(number)
                    continue
                balances[source] -= amount
                balances[target] = balances.get(target, 0) + amount
            return [balances, refused]


        def interest(balance, rate, years):
            history = []
            for _ in range(years):
                balance += balance * rate / 100
                history.append(round(balance, 2))
            return history


        def split_bill(total, people):
            share, rest = divmod(total, people)
            return [share + 1 if n < rest else share for n in range(people)]
        """, "[settle(a[0], a[1]), interest(*a[2]), split_bill(*a[3])]",
        [[{}, [], [100, 5, 2], [10, 3]], [{"a": 5}, [["a", "b", 3], ["b", "c", 4]], [50, 10, 1], [9, 3]], [{"a": 5, "b": 1}, [["a", "b", 5], ["b", "a", 0], ["b", "c", 6]], [200, 0, 3], [11, 4]], [{"z": 2}, [["z", "z", 1]], [10, 100, 3], [1, 2]]],
        [[{"m": 10, "n": 4}, [["m", "n", 10], ["n", "m", 20], ["n", "o", 7]], [80, 2.5, 4], [17, 5]]],
        ("amount <= 0 or", "amount < 0 or"), ("balances.get(target, 0) + amount", "amount"), ("balance += balance * rate / 100", "balance = balance * rate / 100"), ("n < rest", "n <= rest"), ("                    refused.append(number)\n                    continue\n", "                    refused.append(number)\n"),
        ("enumerate(transfers, 1)", "enumerate(transfers)"), ("divmod(total, people)", "divmod(people, total)"), ("< amount:", "<= amount:"), ("balances[source] -= amount", "balances[target] -= amount")),
    drill("sorting", "loop", """
        def insertion(values):
            values = list(values)
            for place in range(1, len(values)):
                value, hole = values[place], place
                while hole > 0 and values[hole - 1] > value:
                    values[hole] = values[hole - 1]
                    hole -= 1
                values[hole] = value
            return values


        def gnome(values):
            values, place = list(values), 0
            while place < len(values):
                if place == 0 or values[place - 1] <= values[place]:
                    place += 1
                else:
                    values[place - 1], values[place] = values[place], values[place - 1]
                    place -= 1
            return values


        def inversions(values):
            count = 0
            for right in range(len(values)):
                for left in range(right):
                    if values[left] > values[right]:
                        count += 1
            return count


        def rotated_minimum(values):
            low, high = 0, len(values) - 1
            while low < high:
                middle = (low + high) // 2
                if values[middle] > values[high]:
                    low = middle + 1
                else:
                    high = middle
            return values[low]
        """, "[insertion(a), gnome(a), inversions(a), rotated_minimum(sorted(a)[2:] + sorted(a)[:2])]",
        [[1], [2, 1], [3, 1, 2], [5, 4, 3, 2, 1], [7, 1, 9, 1]], [[8, 3, 5, 4, 7, 6, 1, 2], [4, 4, 3], [10, 0, 9, 1, 8, 2]],
        ("                        hole -= 1\n".replace("                        hole", "                    hole"), ""), ("hole > 0 and", "hole >= 0 and"), ("values[hole] = value\n", "values[place] = value\n"), ("place == 0 or", "place == 0 and"), ("            place -= 1\n    return", "            place += 1\n    return"), ("range(right)", "range(len(values))"),
        ("low = middle + 1", "low = middle"), ("values[middle] > values[high]", "values[middle] > values[low]")),
    drill("statistics_kit", "unittest", """
        def median(values):
            ordered = sorted(values)
            half, odd = divmod(len(ordered), 2)
            if odd:
                return ordered[half]
            return (ordered[half - 1] + ordered[half]) / 2


        def mode(values):
            counts = {}
            for value in values:
                counts[value] = counts.get(value, 0) + 1
            most = max(counts.values())
            return sorted(value for value, count in counts.items() if count == most)


        def histogram(values, width):
            bins = {}
            for value in values:
                start = value // width * width
                bins[start] = bins.get(start, 0) + 1
            return sorted(bins.items())


        def smooth(values, factor):
            result = []
            last = values[0]
            for value in values:
                last = factor * value + (1 - factor) * last
                result.append(round(last, 4))
            return result


        def all_of_it(values):
            return [median(values), mode(values), [list(pair) for pair in histogram(values, 5)], smooth(values, 0.5)]
        """, "all_of_it(a)", [[1], [4, 2], [3, 9, 3], [7, 5, 12, 14], [1, 2, 2, 1, 20]], [[10, 0, 4, 4, 8, 16], [6, 6, 1, 11, 11], [3, 1]],
        ("ordered[half - 1] + ordered[half]", "ordered[half] + ordered[half + 1]"), ("sorted(values)\n", "values\n"), ("count == most", "count >= 1"), ("value // width * width", "value // width"), ("(1 - factor) * last", "factor * last"), ("counts.get(value, 0) + 1", "counts.get(value, 0)"),
        ("divmod(len(ordered), 2)", "divmod(len(ordered) + 1, 2)"), ("last = values[0]", "last = 0")),
    drill("life_lists", "rows", """
        def chunk(items, size):
            return [items[start : start + size] for start in range(0, len(items), size)]


        def rotate(items, steps):
            if not items:
                return []
            steps %= len(items)
            return items[-steps:] + items[:-steps] if steps else list(items)


        def dedupe(items):
            seen, result = set(), []
            for item in items:
                if item in seen:
                    continue
                seen.add(item)
                result.append(item)
            return result


        def group_runs(items):
            runs = []
            for item in items:
                if runs and runs[-1][-1] == item:
                    runs[-1].append(item)
                else:
                    runs.append([item])
            return runs


        def longest_rise(items):
            best = length = 0
            previous = None
            for item in items:
                length = length + 1 if previous is not None and item > previous else 1
                best = max(best, length)
                previous = item
            return best


        def pair_sum(items, target):
            places = {}
            for place, item in enumerate(items):
                if target - item in places:
                    return [places[target - item], place]
                places[item] = place
            return None
        """, "[chunk(*a), rotate(*a), dedupe(a[0]), group_runs(a[0]), longest_rise(a[0]), pair_sum(*a)]",
        [[[], 2], [[1, 2, 3], 2], [[1, 1, 2, 3, 1], 4], [[5, 4, 4], 8], [[3, 5, 9, 2], 1], [[0, 0, 7, 8], 6]], [[[2, 4, 6, 1, 1, 1, 9], 3], [[8, 8], 16], [[1, 2, 3, 4], 7]],
        ("range(0, len(items), size)", "range(0, len(items))"), ("            if not items:\n                return []\n", ""), ("                seen.add(item)\n                result", "                result"), ("runs[-1].append(item)", "runs.append(item)"), ("                previous = item\n            return best", "            return best"), ("else 1\n", "else 0\n"),
        ("                places[item] = place\n", ""), ("if target - item in places", "if item in places"), ("            steps %= len(items)\n", ""), ("[places[target - item], place]", "[place, places[target - item]]"), ("runs[-1][-1] == item", "runs[-1] == item")),
    drill("recursion_kit", "plain", """
        def digits_sum(number):
            if number < 10:
                return number
            return number % 10 + digits_sum(number // 10)


        def root_of_digits(number):
            while number >= 10:
                number = digits_sum(number)
            return number


        def binary(number):
            if number < 2:
                return str(number)
            return binary(number // 2) + str(number % 2)


        def ackermann(m, n):
            if m == 0:
                return n + 1
            if n == 0:
                return ackermann(m - 1, 1)
            return ackermann(m - 1, ackermann(m, n - 1))


        def spread(value, path=""):
            if isinstance(value, dict):
                found = {}
                for key, inner in value.items():
                    found.update(spread(inner, f"{path}.{key}" if path else key))
                return found
            return {path: value}


        def deep_sum(values):
            total = 0
            for value in values:
                total += deep_sum(value) if isinstance(value, list) else value
            return total
        """, "[digits_sum(a[0]), root_of_digits(a[0]), binary(a[0]), ackermann(*a[1]), spread(a[2]), deep_sum(a[3])]",
        [[0, [0, 1], {}, []], [7, [1, 1], {"a": 1}, [1, [2]]], [98, [2, 1], {"a": {"b": 2, "c": {"d": 3}}}, [[1, [2, [3]]], 4]], [12345, [2, 3], {"x": {}, "y": 1}, [[], [5]]]],
        [[999, [2, 2], {"p": {"q": 1}, "r": 2}, [1, [1, [1, [1]]]]], [10, [1, 5], {"k": {"l": {"m": 0}}}, [[[]]]]],
        ("digits_sum(number // 10)", "digits_sum(number // 10 + 1)"), ("            if number < 10:\n                return number\n", ""), ("binary(number // 2) + str(number % 2)", "str(number % 2) + binary(number // 2)"), ("ackermann(m - 1, 1)", "ackermann(m - 1, 0)"), ("ackermann(m, n - 1)", "ackermann(m, n)"),
        ("found.update(spread", "found = dict(spread"), ("if path else key", "if key else path"), ("total += deep_sum", "total = deep_sum"), ("number >= 10:", "number > 10:"), ("if number < 2:", "if number <= 2:")),
    drill("templates", "rows", """
        def fill(text, values):
            result, place = "", 0
            while place < len(text):
                if text.startswith("{{", place):
                    result += "{"
                    place += 2
                elif text[place] == "{":
                    end = text.index("}", place)
                    name = text[place + 1 : end]
                    result += str(values.get(name, "?"))
                    place = end + 1
                else:
                    result += text[place]
                    place += 1
            return result


        def indent(text, prefix, first=True):
            lines = text.split("\\n")
            return "\\n".join(prefix + line if line and (number or first) else line for number, line in enumerate(lines))


        def title(text):
            small = {"of", "and", "the"}
            words = text.lower().split()
            return " ".join(word if number and word in small else word.capitalize() for number, word in enumerate(words))


        def squeeze(text):
            result = ""
            for letter in text:
                if not result.endswith(letter):
                    result += letter
            return result
        """, "[fill(a[0], a[1]), indent(a[2], '> '), indent(a[2], '  ', False), title(a[2]), squeeze(a[2])]",
        [["", {}, ""], ["hi {name}!", {"name": "Bo"}, "the lord of the rings"], ["{{x} {y}", {"y": 3}, "a\n\nbb"], ["{a}{b}", {"a": 1}, "one\ntwo and THREE"], ["{a} {{", {"a": ""}, "aab"]],
        [["{p}-{{q}-{p}", {"p": 7}, "of mice and men\n\nThe end"], ["no", {}, "bookkeeper"]],
        ("place = end + 1", "place = end"), ("text[place + 1 : end]", "text[place:end]"), ("place += 2", "place += 1"), ("line and (number or first)", "line and (number and first)"), ("if number and word in small", "if word in small"), ("not result.endswith(letter)", "not result.startswith(letter)"), ("text.lower().split()", "text.split()"),
        ('values.get(name, "?")', 'values.get(name)'), ("enumerate(lines))", "enumerate(lines, 1))")),
    drill("versions", "loop", """
        def parts(version):
            numbers = []
            for piece in version.strip().lstrip("v").split("."):
                numbers.append(int(piece) if piece.isdigit() else 0)
            while numbers and numbers[-1] == 0:
                numbers.pop()
            return numbers


        def newer(one, other):
            return parts(one) > parts(other)


        def bump(version, level):
            numbers = (parts(version) + [0, 0, 0])[:3]
            numbers[level] += 1
            for place in range(level + 1, 3):
                numbers[place] = 0
            return ".".join(str(number) for number in numbers)


        def newest(versions):
            best = None
            for version in versions:
                if best is None or newer(version, best):
                    best = version
            return best
        """, "[bump(a[0], a[1]), newest(a[2])]",
        [["1.2.3", 1, ["1.0", "1.10", "1.9"]], ["2", 0, []], ["v0.9", 2, ["v1.0", "1"]], ["1.x.4", 2, ["0.1", "0.0.9"]], ["3.4.5", 0, ["2.0.0", "2.0.1", "2"]]],
        [["10.0.1", 1, ["1.2.3", "1.2.10", "1.2"]], ["v7.8.9", 2, ["0", "0.0.0.1"]]],
        ("range(level + 1, 3)", "range(level, 3)"), ('lstrip("v")', 'rstrip("v")'), ("best is None or newer(version, best)", "best is None or newer(best, version)"), ("int(piece) if", "piece if"), ("+ [0, 0, 0])[:3]", "+ [0, 0])[:3]"), ("numbers[level] += 1", "numbers[level] = 1"),
        ("            while numbers and numbers[-1] == 0:\n                numbers.pop()\n", ""), ("numbers and numbers[-1]", "numbers[-1]")),
    drill("elections", "unittest", """
        def runoff(ballots):
            standing = sorted({name for ballot in ballots for name in ballot})
            while standing:
                votes = {name: 0 for name in standing}
                for ballot in ballots:
                    for name in ballot:
                        if name in votes:
                            votes[name] += 1
                            break
                leader = max(standing, key=lambda name: votes[name])
                if votes[leader] * 2 > sum(votes.values()):
                    return leader
                if len(standing) == 1:
                    return None
                loser = min(standing, key=lambda name: (votes[name], name))
                standing.remove(loser)
            return None


        def seats(votes, count):
            won = {party: 0 for party in votes}
            for _ in range(count):
                best = max(votes, key=lambda party: votes[party] / (won[party] + 1))
                won[best] += 1
            return won
        """, "[runoff(a[0]), seats(*a[1])]",
        [[[], [{"a": 1}, 2]], [[["a"], ["b"], ["a"]], [{"a": 60, "b": 40}, 5]], [[["a", "c"], ["b", "c"], ["c", "b"], ["b", "a"], ["a"]], [{"x": 100, "y": 80, "z": 30}, 8]], [[["a"], ["b"]], [{"p": 5, "q": 5}, 3]]],
        [[[["x", "y"], ["y", "z"], ["z", "y"], ["x"], ["z", "x"], ["y"]], [{"m": 53, "n": 24, "o": 23}, 7]]],
        ("                    break\n", ""), ("* 2 > sum", "> sum"), ("(won[party] + 1)", "won[party] + 1"), ("                standing.remove(loser)\n", ""), ("loser = min(standing", "loser = max(standing"), ("votes[name] += 1", "votes[name] = 1"), ("won[best] += 1", "won[best] = 1")),
)  # fmt: skip
