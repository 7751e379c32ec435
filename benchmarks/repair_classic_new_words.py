"""Classic exercises on texts, tokens and parsers, each with one fault. The form is `drill`."""

from __future__ import annotations

from repair_forms import Program, drill

WORDS: tuple[Program, ...] = (
    drill(
        "lexer",
        "rows",
        """
        def lexer(source):
            tokens, i = [], 0
            while i < len(source):
                ch = source[i]
                if ch.isspace():
                    i += 1
                elif ch.isdigit():
                    j = i
                    while j < len(source) and source[j].isdigit():
                        j += 1
                    tokens.append(["num", int(source[i:j])])
                    i = j
                elif ch.isalpha():
                    j = i
                    while j < len(source) and source[j].isalnum():
                        j += 1
                    tokens.append(["name", source[i:j]])
                    i = j
                else:
                    tokens.append(["op", ch])
                    i += 1
            return tokens
        """,
        "lexer(*a)",
        [[""], ["7"], ["12+3"], ["a1 = 40"], ["x*(y - 10)"], ["  "]],
        [["ab 12c"], ["3.14"], ["f(x1,y2)"]],
        (
            "                    j = i\n                    while j < len(source) and source[j].isdigit():\n",
            "                    j = i\n                    while source[j].isdigit():\n",
        ),
    ),
    drill(
        "postfix",
        "rows",
        """
        def postfix(expression):
            rank = {"+": 1, "-": 1, "*": 2, "/": 2}
            out, ops = [], []
            for token in expression.split():
                if token in rank:
                    while ops and ops[-1] != "(" and rank[ops[-1]] >= rank[token]:
                        out.append(ops.pop())
                    ops.append(token)
                elif token == "(":
                    ops.append(token)
                elif token == ")":
                    while ops[-1] != "(":
                        out.append(ops.pop())
                    ops.pop()
                else:
                    out.append(token)
            return " ".join(out + ops[::-1])
        """,
        "postfix(*a)",
        [["1"], ["1 + 2"], ["1 - 2 - 3"], ["1 + 2 * 3"], ["( 1 + 2 ) * 3"], ["8 / ( 4 / 2 ) - 1"]],
        [["a * b + c * d"], ["( a - ( b - c ) ) * 2"], ["1 * 2 / 3"]],
        (
            "                        out.append(ops.pop())\n                    ops.pop()\n",
            "                        out.append(ops.pop())\n",
        ),
    ),
    drill(
        "stack_machine",
        "rows",
        """
        def stack_machine(line):
            stack = []
            for word in line.split():
                if word.lstrip("-").isdigit():
                    stack.append(int(word))
                    continue
                right = stack.pop()
                left = stack.pop()
                if word == "+":
                    stack.append(left + right)
                elif word == "-":
                    stack.append(left - right)
                elif word == "*":
                    stack.append(left * right)
                else:
                    stack.append(int(left / right))
            return stack[0]
        """,
        "stack_machine(*a)",
        [["4"], ["2 3 +"], ["9 4 -"], ["7 2 /"], ["-7 2 /"], ["2 3 4 * +"], ["5 1 2 + 4 * + 3 -"]],
        [["-9 -4 /"], ["1 2 3 - -"], ["6 -4 /"]],
        ("int(left / right)", "left // right"),
    ),
    drill(
        "squeeze",
        "rows",
        """
        def squeeze(text):
            if not text:
                return ""
            packed, run = "", 1
            for before, here in zip(text, text[1:]):
                if here == before:
                    run += 1
                else:
                    packed += before + (str(run) if run > 1 else "")
                    run = 1
            packed += text[-1] + (str(run) if run > 1 else "")
            return packed
        """,
        "squeeze(*a)",
        [[""], ["a"], ["aab"], ["abc"], ["aaabbbc"], ["xxyxx"]],
        [["zzzzzzzzzzzz"], ["abba"], ["aabbccd"]],
        ("                    run = 1\n", "                    run = 0\n"),
    ),
    drill(
        "unsqueeze",
        "rows",
        """
        def unsqueeze(packed):
            text, count = [], 0
            for ch in packed:
                if ch.isdigit():
                    count = count * 10 + int(ch)
                else:
                    text.append(ch * (count or 1))
                    count = 0
            return "".join(text)
        """,
        "unsqueeze(*a)",
        [[""], ["a"], ["3a"], ["2ab"], ["12x"], ["a10b2c"]],
        [["100q"], ["abc"], ["1a2b"]],
        ("count = count * 10 + int(ch)", "count = int(ch)"),
    ),
    drill(
        "from_roman",
        "rows",
        """
        def from_roman(numeral):
            worth = dict(I=1, V=5, X=10, L=50, C=100, D=500, M=1000)
            total = 0
            for place, letter in enumerate(numeral):
                value = worth[letter]
                if place + 1 < len(numeral) and value < worth[numeral[place + 1]]:
                    total -= value
                else:
                    total += value
            return total
        """,
        "from_roman(*a)",
        [["I"], ["III"], ["IV"], ["IX"], ["LVIII"], ["MCMXCIV"]],
        [["XL"], ["CDXLIV"], ["MMXXIV"]],
        ("value < worth[numeral[place + 1]]:", "value < worth[numeral[place]]:"),
    ),
    drill(
        "fill_lines",
        "rows",
        """
        def fill_lines(text, width):
            lines, line = [], ""
            for word in text.split():
                if line and len(line) + 1 + len(word) > width:
                    lines.append(line)
                    line = word
                else:
                    line = line + " " + word if line else word
            if line:
                lines.append(line)
            return lines
        """,
        "fill_lines(*a)",
        [
            ["", 5],
            ["one", 5],
            ["one two", 5],
            ["one two", 7],
            ["a b c d e", 3],
            ["the quick brown fox jumps", 10],
            ["two by two", 5],
            ["ab cde f", 5],
        ],
        [["aa bb cc", 5], ["longword x", 4], ["a bb ccc dddd", 6]],
        ("len(line) + 1 + len(word) > width", "len(line) + len(word) > width"),
    ),
    drill(
        "well_closed",
        "loop",
        """
        def well_closed(text):
            partner = {")": "(", "]": "[", "}": "{"}
            opened = []
            for ch in text:
                if ch in partner.values():
                    opened.append(ch)
                elif ch in partner:
                    if not opened or opened.pop() != partner[ch]:
                        return False
            return not opened
        """,
        "well_closed(*a)",
        [[""], ["()"], ["(]"], ["(["], ["]"], ["{[()]}"], ["f(a[0]) }"]],
        [["(()"], ["())"], ["([)]"], ["a+b"]],
        ("if not opened or opened.pop() != partner[ch]:", "if opened and opened.pop() != partner[ch]:"),
    ),
    drill(
        "same_letters",
        "rows",
        """
        from collections import defaultdict


        def same_letters(words):
            groups = defaultdict(list)
            for word in words:
                groups["".join(sorted(word.lower()))].append(word)
            return sorted((sorted(group) for group in groups.values() if len(group) > 1), key=lambda g: (-len(g), g))
        """,
        "same_letters(*a)",
        [
            [[]],
            [["a"]],
            [["tea", "eat", "tan"]],
            [["Tea", "eat", "ate", "nat", "tan"]],
            [["aab", "ab"]],
            [["no", "on", "is", "si", "sis"]],
        ],
        [[["stop", "pots", "tops", "a", "A"]], [["aa", "a"]]],
        ("sorted(word.lower())", "set(word.lower())"),
    ),
    drill(
        "shifted",
        "rows",
        """
        def shifted(text, by):
            result = ""
            for ch in text:
                if ch.isalpha():
                    first = ord("a") if ch.islower() else ord("A")
                    result += chr((ord(ch) - first + by) % 26 + first)
                else:
                    result += ch
            return result
        """,
        "shifted(*a)",
        [["", 3], ["abc", 1], ["xyz", 3], ["Hello, World!", 5], ["abc", -1], ["ZzTop", 26]],
        [["Mnop", 13], ["a", 100], ["b-C", -30]],
        ("chr((ord(ch) - first + by) % 26 + first)", "chr((ord(ch) + by) % 26 + first)"),
    ),
    drill(
        "mirror_part",
        "rows",
        """
        def mirror_part(text):
            def grow(left, right):
                while left >= 0 and right < len(text) and text[left] == text[right]:
                    left -= 1
                    right += 1
                return text[left + 1:right]

            best = ""
            for middle in range(len(text)):
                best = max(best, grow(middle, middle), grow(middle, middle + 1), key=len)
            return best
        """,
        "mirror_part(*a)",
        [[""], ["a"], ["ab"], ["aba"], ["cbbd"], ["babad"], ["forgeeksskeegfor"]],
        [["abacdfgdcaba"], ["aaaa"], ["xabay"]],
        ("grow(middle, middle + 1)", "grow(middle + 1, middle + 1)"),
    ),
    drill(
        "typos",
        "rows",
        """
        def typos(one, other):
            table = [[i + j for j in range(len(other) + 1)] for i in range(len(one) + 1)]
            for i in range(1, len(one) + 1):
                for j in range(1, len(other) + 1):
                    cost = 0 if one[i - 1] == other[j - 1] else 1
                    table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost)
                    if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                        table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
            return table[-1][-1]
        """,
        "typos(*a)",
        [
            ["", ""],
            ["abc", ""],
            ["ab", "ba"],
            ["kitten", "sitting"],
            ["form", "from"],
            ["abcd", "badc"],
            ["ca", "abc"],
        ],
        [["martha", "marhta"], ["xy", "xyz"], ["book", "back"], ["aabb", "bbaa"]],
        ("table[i - 2][j - 2] + 1", "table[i - 1][j - 1] + 1"),
    ),
    drill(
        "shared_letters",
        "rows",
        """
        def shared_letters(a, b):
            best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
            for i, x in enumerate(a):
                for j, y in enumerate(b):
                    best[i + 1][j + 1] = best[i][j] + 1 if x == y else max(best[i][j + 1], best[i + 1][j])
            i, j, found = len(a), len(b), []
            while i and j:
                if a[i - 1] == b[j - 1]:
                    found.append(a[i - 1])
                    i, j = i - 1, j - 1
                elif best[i - 1][j] >= best[i][j - 1]:
                    i -= 1
                else:
                    j -= 1
            return "".join(reversed(found))
        """,
        "shared_letters(*a)",
        [["", ""], ["abc", ""], ["abc", "abc"], ["abcde", "ace"], ["xmjyauz", "mzjawxu"], ["ab", "ba"]],
        [["human", "chimpanzee"], ["aggtab", "gxtxayb"], ["zzz", "z"]],
        (
            "best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]",
            "best = [[0] * (len(b) + 1)] * (len(a) + 1)",
        ),
    ),
    drill(
        "arrangements",
        "rows",
        """
        def arrangements(letters):
            if len(letters) <= 1:
                yield letters
                return
            used = set()
            for spot, letter in enumerate(letters):
                if letter in used:
                    continue
                used.add(letter)
                for rest in arrangements(letters[:spot] + letters[spot + 1:]):
                    yield letter + rest
        """,
        "list(arrangements(*a))",
        [[""], ["a"], ["ab"], ["aa"], ["abc"], ["aab"]],
        [["abcd"], ["aabb"]],
        ("letters[:spot] + letters[spot + 1:]", "letters[spot + 1:]"),
    ),
    drill(
        "nested_numbers",
        "rows",
        """
        def nested_numbers(text):
            def parse(at):
                items = []
                while text[at] != "]":
                    if text[at] == "[":
                        inner, at = parse(at + 1)
                        items.append(inner)
                    elif text[at] in ", ":
                        at += 1
                    else:
                        end = at
                        while text[end] in "-0123456789":
                            end += 1
                        items.append(int(text[at:end]))
                        at = end
                return items, at + 1

            return parse(1)[0]
        """,
        "nested_numbers(*a)",
        [["[]"], ["[1]"], ["[1, 2]"], ["[[3], -4]"], ["[10, [2, [30]], 4]"], ["[[], []]"]],
        [["[[[[5]]]]"], ["[1,[2,3],[4,[5,6]],7]"]],
        ("return items, at + 1", "return items, at"),
    ),
    drill(
        "glob_match",
        "plain",
        """
        def glob_match(pattern, name):
            if not pattern:
                return not name
            if pattern[0] == "*":
                return glob_match(pattern[1:], name) or bool(name) and glob_match(pattern, name[1:])
            if name and pattern[0] in ("?", name[0]):
                return glob_match(pattern[1:], name[1:])
            return False
        """,
        "glob_match(*a)",
        [
            ["", ""],
            ["a", ""],
            ["", "a"],
            ["*", "abc"],
            ["a?c", "abc"],
            ["*.py", "test.py"],
            ["a*c", "abcb"],
            ["a*b*c", "aXbYYc"],
        ],
        [["??", "a"], ["*a*", "bca"], ["***", ""], ["a*", "ba"]],
        ("glob_match(pattern, name[1:])", "glob_match(pattern[1:], name[1:])"),
    ),
)
