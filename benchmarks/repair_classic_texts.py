"""Classic exercises on strings, tokens and expressions, each with one fault. The form is `drill` of `repair_forms.py`."""

from __future__ import annotations

from repair_forms import Program, drill

TEXTS: tuple[Program, ...] = (
    drill("run_lengths", "rows", """
        def run_lengths(text):
            if not text:
                return ""
            result, last, count = [], text[0], 0
            for character in text:
                if character == last:
                    count += 1
                else:
                    result.append(last if count == 1 else f"{count}{last}")
                    last, count = character, 1
            result.append(last if count == 1 else f"{count}{last}")
            return "".join(result)
        """, "run_lengths(*a)",
        [[""], ["a"], ["aa"], ["abc"], ["aabbb"], ["wwwwb"], ["aabaa"]],
        [["zzzyyx"], ["xyz"], ["qqqqqqqqqqqq"]],
        ("last, count = character, 1", "last, count = character, 0")),
    drill("borders", "rows", """
        def borders(text):
            table, size = [0] * len(text), 0
            for place in range(1, len(text)):
                while size and text[place] != text[size]:
                    size = table[size - 1]
                if text[place] == text[size]:
                    size += 1
                table[place] = size
            return table
        """, "borders(*a)",
        [[""], ["a"], ["aa"], ["abab"], ["aabaaab"], ["abcabcd"], ["aaab"], ["abacabab"]],
        [["ababaca"], ["aabaabaaa"], ["xyxyxz"]],
        ("size = table[size - 1]", "size = table[size] - 1")),
    drill("fresh_run", "rows", """
        def fresh_run(text):
            start, best, last = 0, "", {}
            for place, letter in enumerate(text):
                if letter in last:
                    start = max(start, last[letter] + 1)
                last[letter] = place
                if place - start + 1 > len(best):
                    best = text[start:place + 1]
            return best
        """, "fresh_run(*a)",
        [[""], ["a"], ["abcabcbb"], ["bbbbb"], ["pwwkew"], ["abba"], ["dvdf"], ["tmmzuxt"]],
        [["abcdba"], ["anviaj"], ["aab"]],
        ("start = max(start, last[letter] + 1)", "start = last[letter] + 1")),
    drill("vigenere", "rows", """
        def vigenere(text, key):
            result, turn = [], 0
            for character in text:
                if character.isalpha():
                    base = ord("A") if character.isupper() else ord("a")
                    shift = ord(key[turn % len(key)].lower()) - ord("a")
                    result.append(chr((ord(character) - base + shift) % 26 + base))
                    turn += 1
                else:
                    result.append(character)
            return "".join(result)
        """, "vigenere(*a)",
        [["", "k"], ["abc", "b"], ["attack at dawn", "lemon"], ["Hello, World!", "abc"], ["xyz", "z"], ["A b C", "cd"]],
        [["one two, three", "key"], ["ZEBRA", "qr"]],
        ("                    turn += 1\n                else:\n                    result.append(character)\n", "                else:\n                    result.append(character)\n                turn += 1\n")),
    drill("unfold", "rows", """
        def unfold(text):
            waiting, now, times = [], "", 0
            for character in text:
                if character.isdigit():
                    times = times * 10 + int(character)
                elif character == "[":
                    waiting.append((now, times))
                    now, times = "", 0
                elif character == "]":
                    before, count = waiting.pop()
                    now = before + now * count
                else:
                    now += character
            return now
        """, "unfold(*a)",
        [[""], ["abc"], ["3[a]"], ["3[a2[c]]"], ["2[abc]3[cd]ef"], ["12[x]"], ["a2[b]c"]],
        [["2[a3[b]c]d"], ["1[q]"], ["10[ab]z"]],
        ("                    now, times = \"\", 0\n                elif", "                    now = \"\"\n                elif")),
    drill("zigzag", "rows", """
        def zigzag(text, rows):
            if rows == 1:
                return text
            lines = [""] * rows
            row, step = 0, 1
            for character in text:
                lines[row] += character
                if row == 0:
                    step = 1
                elif row == rows - 1:
                    step = -1
                row += step
            return "".join(lines)
        """, "zigzag(*a)",
        [["", 2], ["A", 1], ["AB", 1], ["ABCD", 2], ["PAYPALISHIRING", 3], ["PAYPALISHIRING", 4], ["ABC", 5]],
        [["ABCDEFG", 3], ["HELLOWORLD", 2], ["XY", 1]],
        ("elif row == rows - 1:", "elif row == rows:")),
    drill("spread_words", "rows", """
        def spread_words(words, width):
            lines, line, letters = [], [], 0
            for word in words:
                if letters + len(line) + len(word) > width:
                    gaps = max(1, len(line) - 1)
                    for extra in range(width - letters):
                        line[extra % gaps] += " "
                    lines.append("".join(line))
                    line, letters = [], 0
                line.append(word)
                letters += len(word)
            return lines + [" ".join(line).ljust(width)]
        """, "spread_words(*a)",
        [[["a"], 3], [["a", "b", "c"], 3], [["what", "must", "be", "shall", "be"], 12], [["this", "is", "an", "example", "of", "text"], 16], [["long", "x"], 4], [["abc", "long"], 4]],
        [[["one", "two", "three", "four", "five"], 9], [["aa", "b", "cc", "d"], 5]],
        ("gaps = max(1, len(line) - 1)", "gaps = len(line) - 1")),
    drill("column_name", "rows", """
        def column_name(number):
            name = ""
            while number > 0:
                number, rest = divmod(number - 1, 26)
                name = chr(ord("A") + rest) + name
            return name
        """, "column_name(*a)",
        [[1], [2], [26], [27], [28], [52], [701], [702], [703]],
        [[53], [18278], [100], [676]],
        ("divmod(number - 1, 26)", "divmod(number, 26)")),
    drill("inner_mirror", "rows", """
        def inner_mirror(text):
            def grow(left, right):
                while left >= 0 and right < len(text) and text[left] == text[right]:
                    left -= 1
                    right += 1
                return text[left + 1:right]

            best = ""
            for centre in range(len(text)):
                best = max(best, grow(centre, centre), grow(centre, centre + 1), key=len)
            return best
        """, "inner_mirror(*a)",
        [[""], ["a"], ["ab"], ["babad"], ["cbbd"], ["forgeeksskeegfor"], ["aaaa"], ["abacdfgdcaba"]],
        [["xabbay"], ["noon"], ["abcda"]],
        ("grow(centre, centre), grow(centre, centre + 1), key=len)", "grow(centre, centre), key=len)")),
    drill("snake", "rows", """
        def snake(name):
            result = ""
            for place, letter in enumerate(name):
                if letter.isupper() and place > 0 and not name[place - 1].isupper():
                    result += "_"
                result += letter.lower()
            return result
        """, "snake(*a)",
        [[""], ["camel"], ["camelCase"], ["CamelCase"], ["HTTPServer"], ["aBC"], ["getURL"], ["X"]],
        [["userID"], ["OneTwoThree"], ["ABC"]],
        ("letter.isupper() and place > 0 and not", "letter.isupper() and not")),
    drill("shared_start", "rows", """
        def shared_start(words):
            result = ""
            for letters in zip(*words):
                if len(set(letters)) > 1:
                    break
                result += letters[0]
            return result
        """, "shared_start(*a)",
        [[[]], [["one"]], [["flower", "flow", "flight"]], [["dog", "car"]], [["ab", "abc"]], [["xay", "xby"]]],
        [[["same", "same"]], [["", "q"]], [["aaxa", "aaya", "aaza"]]],
        ("                    break\n", "                    continue\n")),
    drill("calculator", "rows", """
        def calculator(text):
            tokens = text.replace("(", " ( ").replace(")", " ) ").split()
            place = 0

            def atom():
                nonlocal place
                token = tokens[place]
                place += 1
                if token == "(":
                    value = total()
                    place += 1
                    return value
                return int(token)

            def product():
                nonlocal place
                value = atom()
                while place < len(tokens) and tokens[place] in "*/":
                    operator = tokens[place]
                    place += 1
                    value = value * atom() if operator == "*" else value // atom()
                return value

            def total():
                nonlocal place
                value = product()
                while place < len(tokens) and tokens[place] in "+-":
                    operator = tokens[place]
                    place += 1
                    value = value + product() if operator == "+" else value - product()
                return value

            return total()
        """, "calculator(*a)",
        [["1"], ["1 + 2"], ["2 * 3 + 4"], ["2 + 3 * 4"], ["(1 + 2) * 3"], ["8 / 2 / 2"], ["10 - 4 - 3"], ["2 * (3 + (4 - 1)) - 5"]],
        [["1 + 2 + 3 + 4"], ["100 / (2 + 3) * 2"], ["7 - (2 - (3 - 1))"]],
        ("                    value = total()\n                    place += 1\n", "                    value = total()\n")),
    drill("tokens", "rows", """
        def tokens(text):
            found, place = [], 0
            while place < len(text):
                character = text[place]
                if character.isspace():
                    place += 1
                elif character.isdigit():
                    start = place
                    while place < len(text) and text[place].isdigit():
                        place += 1
                    found.append(int(text[start:place]))
                elif text[place:place + 2] in ("==", "<=", ">=", "!="):
                    found.append(text[place:place + 2])
                    place += 2
                else:
                    found.append(character)
                    place += 1
            return found
        """, "tokens(*a)",
        [[""], ["12"], ["1+2"], ["a <= 10"], ["  7 "], ["x==42"], ["3 != 4 > 5"]],
        [["10>=9"], ["(1 = 22)"], ["1 2 33"]],
        ("                    while place < len(text) and text[place].isdigit():\n                        place += 1\n", "                    if place < len(text) and text[place].isdigit():\n                        place += 1\n")),
    drill("lists_of", "rows", """
        def lists_of(text):
            words = text.replace("(", " ( ").replace(")", " ) ").split()

            def read(place):
                items = []
                while place < len(words) and words[place] != ")":
                    if words[place] == "(":
                        inner, place = read(place + 1)
                        items.append(inner)
                    else:
                        items.append(words[place])
                    place += 1
                return items, place

            return read(0)[0]
        """, "lists_of(*a)",
        [[""], ["a b"], ["(a)"], ["(a (b c) d)"], ["x (y) z"], ["(() (()))"], ["(a) (b (c)) d"]],
        [["((((q))))"], ["1 (2 3) (4) 5"]],
        ("items.append(inner)", "items.extend(inner)")),
    drill("logic", "rows", """
        def logic(text):
            values, operators = [], []
            level = {"or": 1, "and": 2, "not": 3}

            def apply():
                operator = operators.pop()
                if operator == "not":
                    values.append(not values.pop())
                    return
                right, left = values.pop(), values.pop()
                values.append(left and right if operator == "and" else left or right)

            for word in text.split():
                if word in ("T", "F"):
                    values.append(word == "T")
                elif word == "(":
                    operators.append(word)
                elif word == ")":
                    while operators[-1] != "(":
                        apply()
                    operators.pop()
                else:
                    while word != "not" and operators and operators[-1] != "(" and level[operators[-1]] >= level[word]:
                        apply()
                    operators.append(word)
            while operators:
                apply()
            return values[0]
        """, "logic(*a)",
        [["T"], ["not T"], ["T and F"], ["F or T"], ["T or F and F"], ["( T or F ) and F"], ["not ( T and F )"], ["not F and not F"], ["not not T"]],
        [["F and F or T"], ["T or T and F or F"], ["not ( F or not T ) and T"]],
        ('                        apply()\n                    operators.pop()\n', '                        apply()\n')),
    drill("missing_brackets", "rows", """
        def missing_brackets(text):
            opened = missing = 0
            for character in text:
                if character == "(":
                    opened += 1
                elif opened:
                    opened -= 1
                else:
                    missing += 1
            return missing + opened
        """, "missing_brackets(*a)",
        [[""], ["()"], ["())"], ["((("], ["()))(("], [")("], ["(())"]],
        [["))"], ["(()"], ["())(()"]],
        ("return missing + opened", "return missing - opened")),
    drill("clean_path", "rows", """
        def clean_path(path):
            parts = []
            for part in path.split("/"):
                if part == "..":
                    if parts:
                        parts.pop()
                elif part and part != ".":
                    parts.append(part)
            return "/" + "/".join(parts)
        """, "clean_path(*a)",
        [["/"], ["/home/"], ["/../"], ["/home//foo/"], ["/a/./b/../../c/"], ["/a/../../b"], ["/..."]],
        [["/x/y/z/../../w"], ["/./."], ["//a//.."]],
        ("elif part and part != \".\":", "elif part != \".\":")),
    drill("fill_in", "rows", """
        def fill_in(template, values):
            result, place = "", 0
            while True:
                start = template.find("{", place)
                if start < 0:
                    return result + template[place:]
                end = template.index("}", start)
                name = template[start + 1:end]
                result += template[place:start] + str(values.get(name, "?"))
                place = end + 1
        """, "fill_in(*a)",
        [["", {}], ["plain", {}], ["hi {you}", {"you": "Bo"}], ["{a}{b}", {"a": 1, "b": 2}], ["x {y} z", {}], ["{a}-{a}!", {"a": "q"}]],
        [["{one} and {two}.", {"one": 1, "two": 2}], ["end {z}", {"z": 0}]],
        ("place = end + 1", "place = end")),
    drill("same_shape", "rows", """
        def same_shape(first, second):
            if len(first) != len(second):
                return False
            there, back = {}, {}
            for one, other in zip(first, second):
                if there.setdefault(one, other) != other or back.setdefault(other, one) != one:
                    return False
            return True
        """, "same_shape(*a)",
        [["", ""], ["egg", "add"], ["foo", "bar"], ["paper", "title"], ["badc", "baba"], ["a", "ab"], ["ab", "aa"]],
        [["abab", "cdcd"], ["abcd", "abca"], ["xx", "y"]],
        (" or back.setdefault(other, one) != one:", ":")),
    drill("smallest_window", "rows", """
        def smallest_window(text, letters):
            need = {}
            for letter in letters:
                need[letter] = need.get(letter, 0) + 1
            missing, start, best = len(letters), 0, ""
            for end, letter in enumerate(text, 1):
                if need.get(letter, 0) > 0:
                    missing -= 1
                need[letter] = need.get(letter, 0) - 1
                while missing == 0:
                    if not best or end - start < len(best):
                        best = text[start:end]
                    need[text[start]] += 1
                    if need[text[start]] > 0:
                        missing += 1
                    start += 1
            return best
        """, "smallest_window(*a)",
        [["ADOBECODEBANC", "ABC"], ["a", "a"], ["a", "aa"], ["ab", "b"], ["bba", "ab"], ["aaflslflsldkalskaaa", "aaa"], ["xyz", "q"]],
        [["cabwefgewcwaefgcf", "cae"], ["abcabc", "bca"], ["aab", "aab"]],
        ("                    if need[text[start]] > 0:\n                        missing += 1\n", "                    if need[text[start]] >= 0:\n                        missing += 1\n")),
)  # fmt: skip
