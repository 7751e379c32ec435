"""Small programs with tests, each with one-place faults of kinds that people make. Written for this benchmark."""

from __future__ import annotations

from repair_exercises import EXERCISES
from repair_forms import Program, faulty, program

PROGRAMS: tuple[Program, ...] = (
    program("runlength", """
        def encode(text):
            runs = []
            for letter in text:
                if runs and runs[-1][0] == letter:
                    runs[-1][1] += 1
                else:
                    runs.append([letter, 1])
            return "".join(letter + str(count) for letter, count in runs)
        """, """
        def test_empty(): assert encode("") == ""
        def test_one(): assert encode("a") == "a1"
        def test_runs(): assert encode("aaabb") == "a3b2"
        def test_back(): assert encode("aba") == "a1b1a1"
        """, "[encode(t) for t in ('xxyxx', 'z' * 12, 'abcabc', 'aabbccdd')]",
        ("runs[-1][0] == letter", "runs[0][0] == letter"), ("+= 1", "= 1"), ("[letter, 1]", "[letter, 0]")),
    program("roman", """
        VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


        def to_number(text):
            total = 0
            for place, letter in enumerate(text):
                value = VALUES[letter]
                if place + 1 < len(text) and value < VALUES[text[place + 1]]:
                    total -= value
                else:
                    total += value
            return total
        """, """
        def test_plain(): assert to_number("VIII") == 8
        def test_four(): assert to_number("IV") == 4
        def test_year(): assert to_number("MCMXCIV") == 1994
        def test_forty(): assert to_number("XL") == 40
        def test_same(): assert to_number("III") == 3
        def test_dcc(): assert to_number("DCC") == 700
        """, "[to_number(t) for t in ('IX', 'XC', 'CD', 'MMXXVI', 'LXXVII', 'XIX')]",
        ("total -= value", "total += value"), ("value < VALUES", "value <= VALUES"), ("place + 1 < len", "place < len"),
        ('"D": 500', '"D": 50')),
    program("caesar", """
        def shift(text, by):
            result = []
            for letter in text:
                if letter.islower():
                    result.append(chr((ord(letter) - ord("a") + by) % 26 + ord("a")))
                elif letter.isupper():
                    result.append(chr((ord(letter) - ord("A") + by) % 26 + ord("A")))
                else:
                    result.append(letter)
            return "".join(result)
        """, """
        def test_small(): assert shift("abc", 1) == "bcd"
        def test_wrap(): assert shift("xyz", 3) == "abc"
        def test_upper(): assert shift("Hello, World", 5) == "Mjqqt, Btwqi"
        def test_back(): assert shift("bcd", -1) == "abc"
        """, "[shift('The Quick Brown Fox', n) for n in range(-30, 31, 7)]",
        ('ord("a") + by', 'ord("a") - by'), ('ord("A") + by) % 26', 'ord("A") + by) % 25'), ("letter.isupper", "letter.isalnum")),
    program("intervals", """
        def merge(intervals):
            merged = []
            for start, end in sorted(intervals):
                if merged and start <= merged[-1][1]:
                    merged[-1] = (merged[-1][0], max(merged[-1][1], end))
                else:
                    merged.append((start, end))
            return merged
        """, """
        def test_none(): assert merge([]) == []
        def test_apart(): assert merge([(1, 2), (4, 5)]) == [(1, 2), (4, 5)]
        def test_overlap(): assert merge([(1, 3), (2, 6)]) == [(1, 6)]
        def test_inside(): assert merge([(1, 9), (2, 3)]) == [(1, 9)]
        def test_touch(): assert merge([(1, 2), (2, 3)]) == [(1, 3)]
        def test_order(): assert merge([(5, 6), (1, 2)]) == [(1, 2), (5, 6)]
        """, "[merge(x) for x in ([(3, 4), (1, 10), (12, 13), (10, 11)], [(0, 0), (0, 1)], [(8, 9), (1, 2), (2, 8)])]",
        ("start <= merged", "start < merged"), ("max(merged[-1][1], end)", "end"), ("sorted(intervals)", "intervals"),
        ("(merged[-1][0], max", "(start, max")),
    program("luhn", """
        def valid(number):
            total = 0
            for place, digit in enumerate(reversed(number)):
                value = int(digit)
                if place % 2 == 1:
                    value *= 2
                    if value > 9:
                        value -= 9
                total += value
            return total % 10 == 0
        """, """
        def test_good(): assert valid("79927398713")
        def test_bad(): assert not valid("79927398710")
        def test_card(): assert valid("4539578763621486")
        def test_zero(): assert valid("0")
        def test_eighteen(): assert valid("18")
        def test_nine(): assert not valid("92")
        """, "[n for n in range(10, 400) if valid(str(n))]",
        ("place % 2 == 1", "place % 2 == 0"), ("value > 9", "value > 10"), ("value -= 9", "value -= 10"), ("reversed(number)", "number")),
    program("calendar_days", """
        def is_leap(year):
            return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


        def days_in_month(year, month):
            if month == 2:
                return 29 if is_leap(year) else 28
            if month in (4, 6, 9, 11):
                return 30
            return 31


        def day_of_year(year, month, day):
            return sum(days_in_month(year, m) for m in range(1, month)) + day
        """, """
        def test_first(): assert day_of_year(2023, 1, 1) == 1
        def test_march(): assert day_of_year(2023, 3, 1) == 60
        def test_leap(): assert day_of_year(2024, 3, 1) == 61
        def test_last(): assert day_of_year(2023, 12, 31) == 365
        def test_century(): assert not is_leap(1900)
        def test_four(): assert is_leap(2000)
        def test_common(): assert not is_leap(2023)
        """, "[day_of_year(y, m, 5) for y in (1900, 1999, 2000, 2024) for m in range(1, 13)]",
        ("!= 0 or year", "!= 0 and year"), ("range(1, month)", "range(month)"), ("29 if is_leap(year) else 28", "28 if is_leap(year) else 29"),
        ("(4, 6, 9, 11)", "(4, 6, 9, 10)")),
    program("matrix", """
        def transpose(rows):
            return [[row[column] for row in rows] for column in range(len(rows[0]))]


        def multiply(left, right):
            result = []
            for row in left:
                line = []
                for column in transpose(right):
                    line.append(sum(a * b for a, b in zip(row, column)))
                result.append(line)
            return result


        def identity(size):
            return [[1 if i == j else 0 for j in range(size)] for i in range(size)]
        """, """
        def test_transpose(): assert transpose([[1, 2, 3], [4, 5, 6]]) == [[1, 4], [2, 5], [3, 6]]
        def test_multiply(): assert multiply([[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[19, 22], [43, 50]]
        def test_identity(): assert identity(2) == [[1, 0], [0, 1]]
        def test_neutral(): assert multiply([[2, 3], [4, 5]], identity(2)) == [[2, 3], [4, 5]]
        def test_tall(): assert multiply([[1, 2]], [[3], [4]]) == [[11]]
        """, "[multiply([[1, 2, 3], [0, 1, 4]], [[5, 1], [6, 2], [7, 9]]), identity(4), transpose([[1], [2]])]",
        ("range(len(rows[0]))", "range(len(rows))"), ("a * b for", "a + b for"), ("transpose(right)", "right"), ("1 if i == j", "1 if i != j")),
    program("bank", """
        class Account:
            def __init__(self, balance=0, overdraft=0):
                self.balance = balance
                self.overdraft = overdraft
                self.history = []

            def deposit(self, amount):
                if amount <= 0:
                    raise ValueError("amount must be positive")
                self.balance += amount
                self.history.append(("deposit", amount))

            def withdraw(self, amount):
                if amount > self.balance + self.overdraft:
                    return False
                self.balance -= amount
                self.history.append(("withdraw", amount))
                return True

            def transfer(self, other, amount):
                if not self.withdraw(amount):
                    return False
                other.deposit(amount)
                return True
        """, """
        import pytest
        def test_deposit():
            a = Account(); a.deposit(5); assert a.balance == 5
        def test_zero():
            with pytest.raises(ValueError): Account().deposit(0)
        def test_withdraw():
            a = Account(10); assert a.withdraw(10) and a.balance == 0
        def test_too_much():
            a = Account(10); assert not a.withdraw(11) and a.balance == 10
        def test_overdraft():
            a = Account(10, 5); assert a.withdraw(15) and a.balance == -5
        def test_transfer():
            a, b = Account(10), Account(1); assert a.transfer(b, 4); assert (a.balance, b.balance) == (6, 5)
        def test_transfer_too_much():
            a, b = Account(1), Account(1); assert not a.transfer(b, 4); assert (a.balance, b.balance) == (1, 1)
        def test_history():
            a = Account(); a.deposit(3); a.withdraw(1); assert a.history == [("deposit", 3), ("withdraw", 1)]
        """, "(lambda a, b: (a.transfer(b, 7), a.transfer(b, 9), a.balance, b.balance, a.history, b.history))(Account(8, 2), Account(3))",
        ("amount <= 0", "amount < 0"), ("amount > self.balance + self.overdraft", "amount >= self.balance + self.overdraft"),
        ("self.balance + self.overdraft", "self.balance - self.overdraft"), ("other.deposit(amount)", "self.deposit(amount)"),
        ("if not self.withdraw", "if self.withdraw")),
    program("life", """
        def neighbours(cells, row, column):
            count = 0
            for r in (row - 1, row, row + 1):
                for c in (column - 1, column, column + 1):
                    if (r, c) != (row, column) and (r, c) in cells:
                        count += 1
            return count


        def step(cells):
            candidates = {(r + dr, c + dc) for r, c in cells for dr in (-1, 0, 1) for dc in (-1, 0, 1)}
            alive = set()
            for r, c in candidates:
                around = neighbours(cells, r, c)
                if around == 3 or (around == 2 and (r, c) in cells):
                    alive.add((r, c))
            return alive
        """, """
        def test_lonely(): assert step({(0, 0)}) == set()
        def test_block(): assert step({(0, 0), (0, 1), (1, 0), (1, 1)}) == {(0, 0), (0, 1), (1, 0), (1, 1)}
        def test_blinker(): assert step({(0, -1), (0, 0), (0, 1)}) == {(-1, 0), (0, 0), (1, 0)}
        def test_count(): assert neighbours({(0, 0), (0, 1), (1, 1)}, 0, 0) == 2
        def test_crowd(): assert (1, 1) not in step({(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)})
        """, "sorted(step(step({(0, 1), (1, 2), (2, 0), (2, 1), (2, 2)})))",
        ("!= (row, column) and", "!= (row, column) or"), ("around == 3 or", "around == 3 and"), ("around == 2 and", "around == 2 or"),
        ("(row - 1, row, row + 1)", "(row - 1, row, row)")),
    program("anagrams", """
        def signature(word):
            return "".join(sorted(word.lower()))


        def groups(words):
            found = {}
            for word in words:
                found.setdefault(signature(word), []).append(word)
            return [sorted(group) for group in found.values() if len(group) > 1]
        """, """
        def test_pair(): assert groups(["tea", "eat", "dog"]) == [["eat", "tea"]]
        def test_case(): assert groups(["Tea", "eat"]) == [["Tea", "eat"]]
        def test_none(): assert groups(["one", "two"]) == []
        def test_two(): assert groups(["ab", "cd", "ba", "dc"]) == [["ab", "ba"], ["cd", "dc"]]
        """, "groups(['Listen', 'silent', 'x', 'enlist', 'inlets', 'google', 'elgoog', 'X'])",
        ("word.lower()", "word"), ("len(group) > 1", "len(group) > 2"), ("if len(group) > 1", "if len(group) >= 1"), ("found.values()", "found.keys()")),
    program("ringbuffer", """
        class RingBuffer:
            def __init__(self, size):
                self.items = [None] * size
                self.start = 0
                self.count = 0

            def push(self, item):
                end = (self.start + self.count) % len(self.items)
                self.items[end] = item
                if self.count == len(self.items):
                    self.start = (self.start + 1) % len(self.items)
                else:
                    self.count += 1

            def pop(self):
                if self.count == 0:
                    raise IndexError("empty")
                item = self.items[self.start]
                self.start = (self.start + 1) % len(self.items)
                self.count -= 1
                return item
        """, """
        import pytest
        def filled(*items):
            ring = RingBuffer(3)
            for item in items: ring.push(item)
            return ring
        def drain(ring): return [ring.pop() for _ in range(ring.count)]
        def test_order(): assert drain(filled(1, 2, 3)) == [1, 2, 3]
        def test_overwrite(): assert drain(filled(1, 2, 3, 4)) == [2, 3, 4]
        def test_more(): assert drain(filled(*range(8))) == [5, 6, 7]
        def test_empty():
            with pytest.raises(IndexError): RingBuffer(2).pop()
        def test_mixed():
            ring = filled(1, 2); assert ring.pop() == 1; ring.push(3); ring.push(4); assert drain(ring) == [2, 3, 4]
        """, "(lambda r: ([r.push(i) for i in range(9)], r.pop(), r.push(99), [r.pop() for _ in range(r.count)])[1:])(RingBuffer(4))",
        ("self.start + self.count)", "self.start - self.count)"), ("self.count -= 1", "self.count -= 2"), ("self.count == len(self.items)", "self.count > len(self.items)"),
        ("if self.count == 0", "if self.start == 0")),
    program("justify", """
        def justify(words, width):
            gaps = len(words) - 1
            if gaps == 0:
                return words[0].ljust(width)
            spaces = width - sum(len(word) for word in words)
            each, extra = divmod(spaces, gaps)
            line = ""
            for place, word in enumerate(words[:-1]):
                line += word + " " * (each + (1 if place < extra else 0))
            return line + words[-1]
        """, """
        def test_even(): assert justify(["a", "b", "c"], 7) == "a  b  c"
        def test_left_more(): assert justify(["a", "b", "c"], 6) == "a  b c"
        def test_single(): assert justify(["word"], 6) == "word  "
        def test_two(): assert justify(["ab", "cd"], 7) == "ab   cd"
        """, "[justify(['one', 'two', 'three', 'go'], n) for n in range(16, 24)]",
        ("place < extra", "place <= extra"), ("words[:-1]", "words"), ("ljust", "rjust"), ("len(words) - 1", "len(words)")),
    program("moving", """
        def averages(values, width):
            if width <= 0:
                raise ValueError("width must be positive")
            result = []
            for start in range(len(values) - width + 1):
                window = values[start : start + width]
                result.append(sum(window) / width)
            return result


        def biggest_jump(values):
            best = 0
            for before, after in zip(values, values[1:]):
                best = max(best, abs(after - before))
            return best
        """, """
        import pytest
        def test_two(): assert averages([1, 3, 5], 2) == [2, 4]
        def test_all(): assert averages([1, 2, 3], 3) == [2]
        def test_long(): assert averages([1], 2) == []
        def test_bad():
            with pytest.raises(ValueError): averages([1], 0)
        def test_jump(): assert biggest_jump([1, 5, 2]) == 4
        def test_down(): assert biggest_jump([9, 1, 2]) == 8
        def test_none(): assert biggest_jump([4]) == 0
        """, "[averages([4, 8, 15, 16, 23, 42], n) for n in range(1, 7)] + [biggest_jump([3, 3]), biggest_jump([0, -9, 4])]",
        ("- width + 1)", "- width)"), ("sum(window) / width", "sum(window) // len(values)"), ("abs(after - before)", "after - before"),
        ("values[1:]", "values[:1]"), ("width <= 0", "width < 0")),
    program("majority", """
        def majority(votes):
            leader, lead = None, 0
            for vote in votes:
                if lead == 0:
                    leader = vote
                lead += 1 if vote == leader else -1
            if votes.count(leader) * 2 > len(votes):
                return leader
            return None
        """, """
        def test_all(): assert majority(["a", "a"]) == "a"
        def test_most(): assert majority(["a", "b", "a"]) == "a"
        def test_late(): assert majority(["b", "a", "a", "b", "a"]) == "a"
        def test_half(): assert majority(["a", "b"]) is None
        def test_empty(): assert majority([]) is None
        def test_none(): assert majority(["a", "b", "c"]) is None
        """, "[majority(v) for v in map(list, __import__('itertools').product('abc', repeat=5))] + [majority(list('aabb')), majority(list('bab'))]",
        ("lead == 0", "lead == 1"), ("else -1", "else 0"), ("* 2 > len", "* 2 >= len"), ("leader = vote", "vote = leader")),
    program("score", """
        def frame_scores(rolls):
            scores = []
            place = 0
            for _ in range(10):
                if rolls[place] == 10:
                    scores.append(10 + rolls[place + 1] + rolls[place + 2])
                    place += 1
                elif rolls[place] + rolls[place + 1] == 10:
                    scores.append(10 + rolls[place + 2])
                    place += 2
                else:
                    scores.append(rolls[place] + rolls[place + 1])
                    place += 2
            return scores


        def total(rolls):
            return sum(frame_scores(rolls))
        """, """
        def test_gutter(): assert total([0] * 20) == 0
        def test_ones(): assert total([1] * 20) == 20
        def test_spare(): assert total([5, 5, 3] + [0] * 17) == 16
        def test_strike(): assert total([10, 3, 4] + [0] * 16) == 24
        def test_perfect(): assert total([10] * 12) == 300
        def test_spares(): assert total([5] * 21) == 150
        """, "[total([9, 1] * 10 + [9]), total([10, 5, 5] * 5 + [10, 2, 3]), total([1, 9, 10] * 6 + [4, 2])]",
        ("+ rolls[place + 1] + rolls[place + 2])", "+ rolls[place + 1])"), ("+ rolls[place + 1] == 10", "+ rolls[place + 1] > 10"),
        ("range(10)", "range(9)")),
    program("inventory", """
        def restock(stock, deliveries):
            result = dict(stock)
            for name, count in deliveries:
                result[name] = result.get(name, 0) + count
            return result


        def missing(stock, wanted):
            lacking = {}
            for name, count in wanted.items():
                have = stock.get(name, 0)
                if have < count:
                    lacking[name] = count - have
            return lacking


        def cheapest(prices, names):
            known = [name for name in names if name in prices]
            if not known:
                return None
            return min(known, key=lambda name: prices[name])
        """, """
        def test_new(): assert restock({}, [("a", 2)]) == {"a": 2}
        def test_more(): assert restock({"a": 1}, [("a", 2), ("a", 3)]) == {"a": 6}
        def test_same():
            stock = {"a": 1}; restock(stock, [("a", 1)]); assert stock == {"a": 1}
        def test_missing(): assert missing({"a": 1}, {"a": 3, "b": 1}) == {"a": 2, "b": 1}
        def test_enough(): assert missing({"a": 3}, {"a": 3}) == {}
        def test_cheapest(): assert cheapest({"a": 3, "b": 2}, ["a", "b", "c"]) == "b"
        def test_unknown(): assert cheapest({}, ["a"]) is None
        """, "[restock({'x': 4}, [('y', 1), ('x', 2), ('y', 5)]), missing({'x': 2, 'y': 9}, {'x': 5, 'y': 9, 'z': 4}), cheapest({'q': 1, 'r': 0, 's': 7}, 'sqr')]",
        ("result = dict(stock)", "result = stock"), ("result.get(name, 0) + count", "result[name] + count"), ("have < count", "have > count"),
        ("count - have", "have - count"), ("if name in prices", "if name not in prices"), ("return min(known", "return max(known")),
    program("tictactoe", """
        LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


        def winner(board):
            for a, b, c in LINES:
                if board[a] != " " and board[a] == board[b] == board[c]:
                    return board[a]
            return None


        def turn(board):
            return "X" if board.count("X") == board.count("O") else "O"


        def full(board):
            return " " not in board
        """, """
        def test_row(): assert winner("XXX O O  ") == "X"
        def test_column(): assert winner("OX OX O  ") == "O"
        def test_diagonal(): assert winner("X O X O X") == "X"
        def test_other(): assert winner("X O O OXX") == "O"
        def test_nobody(): assert winner(" " * 9) is None
        def test_turn(): assert turn(" " * 9) == "X"
        def test_second(): assert turn("X        ") == "O"
        def test_full(): assert full("XOXOXOOXO") and not full("XOXOXOOX ")
        """, "[winner(b) for b in ('OOOXX X  ', ' X  X  X ', '  O  O  O', 'XOXXOOOXX')] + [turn('XO       '), full('XXX      ')]",
        ('!= " " and', '!= " " or'), ("(2, 4, 6)]", "(2, 4, 5)]"), ('" " not in board', '" " in board'), ('board.count("O") else', 'board.count("X") else')),
    program("pagination", """
        def pages(total, size):
            return (total + size - 1) // size


        def page(items, number, size):
            start = (number - 1) * size
            return items[start : start + size]


        def window(current, last, around=2):
            first = max(1, current - around)
            final = min(last, current + around)
            return list(range(first, final + 1))
        """, """
        def test_exact(): assert pages(20, 10) == 2
        def test_rest(): assert pages(21, 10) == 3
        def test_none(): assert pages(0, 10) == 0
        def test_first(): assert page(list(range(5)), 1, 2) == [0, 1]
        def test_last(): assert page(list(range(5)), 3, 2) == [4]
        def test_window(): assert window(5, 10) == [3, 4, 5, 6, 7]
        def test_begin(): assert window(1, 10) == [1, 2, 3]
        def test_end(): assert window(10, 10) == [8, 9, 10]
        """, "[pages(n, 7) for n in range(30)] + [page(list(range(11)), n, 4) for n in (1, 2, 3, 4)] + [window(n, 6, 1) for n in range(1, 7)]",
        ("+ size - 1)", "+ size)"), ("(number - 1) * size", "number * size"), ("start + size]", "size]"), ("max(1, current", "min(1, current"),
        ("final + 1))", "final))"), ("around=2", "around=1")),
)  # fmt: skip


def bugs() -> list[tuple[str, Program, str]]:
    """Every fault as a name, its program and the faulty code."""
    return faulty((*PROGRAMS, *EXERCISES))
