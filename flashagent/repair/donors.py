"""What the same file and the failing tests can lend to a repair: literals, exception types, attribute and function names.

Pure. Redundancy of code is what makes this work: most fixes are built from pieces that already stand in the program
(Martinez, Weimer and Monperrus 2014; Barr et al. 2014), and the failing test often names what the fix must produce.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from flashagent.dataclass import dataclass
from flashagent.repair.source import Source
from flashagent.values import Failure

_TOLD = re.compile(r"'[^'\\\n]{0,30}'|\"[^\"\\\n]{0,30}\"|(?<![\w.])-?\d{1,6}(?:\.\d{1,6})?(?![\w.])")
_EXCEPTIONS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


@dataclass(frozen=True, slots=True)
class Donors:
    """Pieces in order of how often they occur. `test_*` come from the failing tests only."""

    strings: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    test_strings: tuple[str, ...] = ()
    test_numbers: tuple[str, ...] = ()
    test_exceptions: tuple[str, ...] = ()
    test_messages: tuple[str, ...] = ()
    differences: tuple[tuple[str, str], ...] = ()
    failing_exceptions: tuple[str, ...] = ()
    test_pairs: tuple[tuple[object, object], ...] = ()
    said: str = ""


def collect(
    source: Source,
    test_trees: Iterable[ast.AST] = (),
    messages: Iterable[str] = (),
    failures: Sequence[Failure] = (),
) -> Donors:
    """The donors of one file under repair, with those of the failing tests and of what they say when they fail.

    `test_messages` are the texts that tests expect of an exception, `differences` pairs of texts of which a test got one and
    wanted the other, `failing_exceptions` what ended the tests, `said` their messages, `test_pairs` plain values of the tests that
    belong together: what goes into a call and what comes out, the first two of a row.
    """
    own = _Counts(source.tree, skip=source.docstring_nodes)
    tests = _Counts()
    expected: list[str] = []
    paired: dict[tuple[object, object], None] = {}
    for tree in test_trees:
        tests.read(tree)
        paired |= dict.fromkeys(_pairs(tree))
        expected += _messages_expected(tree)
    for message in messages:
        for value in values_told(message):
            tests.value(value)
    return Donors(
        strings=own.top("string", 40),
        numbers=own.top("number", 12),
        exceptions=own.top("exception", 10),
        functions=tuple(dict.fromkeys([*own.top("function", 30), *_defined(source)])),
        methods=own.top("method", 40),
        attributes=own.top("attribute", 40),
        keywords=own.top("keyword", 20),
        conditions=_conditions(source),
        test_strings=tests.top("string", 30),
        test_numbers=tests.top("number", 10),
        test_exceptions=tests.top("exception", 6),
        test_messages=tuple(dict.fromkeys(expected))[:4],
        differences=tuple(dict.fromkeys(pair for f in failures for pair in differing(f)))[:12],
        failing_exceptions=tuple(dict.fromkeys(f.exception for f in failures if f.exception in _EXCEPTIONS))[
            :3
        ],
        said="\n".join(f.message for f in failures),
        test_pairs=tuple(paired)[:60],
    )


def _messages_expected(tree: ast.AST) -> Iterator[str]:
    """The texts that a test wants to see in an exception, as literals: of `match=`, and of `assertRaisesRegex`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        given = [k.value for k in node.keywords if k.arg == "match"]
        if name.startswith("assertRaisesReg"):
            given += node.args[1:2]
        for value in given:
            text = _plain_text(value)
            if text:
                yield repr(text)


def _pairs(tree: ast.AST) -> Iterator[tuple[object, object]]:
    """Plain values that belong together in a test."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
            yield from _asked_and_told(node.left, node.comparators[0])
        elif isinstance(node, ast.Call) and len(node.args) >= 2:
            if getattr(node.func, "attr", "").startswith("assertEqual"):
                yield from _asked_and_told(node.args[0], node.args[1])
        elif isinstance(node, ast.Tuple | ast.List) and 2 <= len(node.elts) <= 4:
            values = [_plain(e) for e in node.elts]
            if values[0] is not None and values[1] is not None:
                yield values[0], values[1]
        elif isinstance(node, ast.Dict):
            both = ((_plain(k), _plain(v)) for k, v in zip(node.keys, node.values, strict=True))
            yield from ((k, v) for k, v in both if k is not None and v is not None)


def _asked_and_told(one: ast.expr, other: ast.expr) -> Iterator[tuple[object, object]]:
    """The plain arguments of the calls on one side, each with the plain value on the other."""
    for side, value in ((one, _plain(other)), (other, _plain(one))):
        for call in ast.walk(side) if value is not None else ():
            if isinstance(call, ast.Call):
                yield from ((key, value) for a in call.args if (key := _plain(a)) is not None)


def _plain(node: ast.expr | None) -> object:
    """The text or number that stands there; None for anything else."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _plain_text(value: ast.expr) -> str:
    """The plain text that a pattern stands for; '' when it stands for many."""
    if isinstance(value, ast.Call) and value.args:
        value = value.args[0]  # re.escape(...)
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return ""
    text = value.value.removeprefix("^").removesuffix("$")
    plain = re.sub(r"\\(\W)", r"\1", text)
    return "" if re.search(r"(?<!\\)[*+?|\[({]|\\[A-Za-z]|\.[*+]", text) else plain


def differing(failure: Failure) -> list[tuple[str, str]]:
    """Pairs of texts that a failed comparison puts beside each other, both ways round: which side is the wanted one, only the
    writer of a test knows."""
    told = _mismatch(failure.message)
    if told is not None:
        return [told]
    try:
        one, other = ast.literal_eval(failure.actual), ast.literal_eval(failure.expected)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []
    pairs = [(a, b) for a, b in _beside(one, other) if a != b]
    return [*pairs, *((b, a) for a, b in pairs)][:12]


_MISMATCHES = (
    r"(?:Regex|Expected regex): (?P<wanted>'.*'|\".*\")\s+(?:Input|Actual message): (?P<got>'.*'|\".*\")",
    r"[Pp]attern (?P<wanted>'.*'|\".*\") does not match (?P<got>'.*'|\".*\")",
    r"(?P<wanted>'.*'|\".*\") does not match (?P<got>'.*'|\".*\")",
)


def _mismatch(message: str) -> tuple[str, str] | None:
    """What an exception said and what the test wants it to say, where the pattern stands for one text."""
    for pattern in _MISMATCHES:
        match = re.search(pattern, message)
        if match is not None:
            try:
                wanted = _plain_text(ast.parse(match["wanted"], mode="eval").body)
                got = ast.literal_eval(match["got"])
            except (SyntaxError, ValueError):
                return None
            return (got, wanted) if wanted and got != wanted else None
    return None


def _beside(one: object, other: object) -> Iterator[tuple[str, str]]:
    """Texts at the same place of two values."""
    if isinstance(one, str) and isinstance(other, str):
        yield one, other
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if one and other and all(isinstance(x, str) for x in (*one, *other)):
            yield from ((sign.join(one), sign.join(other)) for sign in (",", " ", ", "))
        for a, b in zip(one, other, strict=False):
            yield from _beside(a, b)
    elif isinstance(one, dict) and isinstance(other, dict):
        for key in one:  # in its own order: that of a set of texts differs from run to run
            if key in other:
                yield from _beside(one[key], other[key])


def values_told(message: str) -> list[object]:
    """Short texts and numbers that stand in a failure's message as Python writes them."""
    found: list[object] = []
    for match in _TOLD.finditer(message[:2000]):
        try:
            found.append(ast.literal_eval(match.group()))
        except (SyntaxError, ValueError):
            continue
    return found[:20]


def literals(text: str) -> list[str]:
    """The literals of a piece of Python text, as `repr` shows them; of what does not parse alone, none."""
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError):
        return []
    return [repr(n.value) for n in ast.walk(tree) if isinstance(n, ast.Constant)]


class _Counts:
    def __init__(self, tree: ast.AST | None = None, skip: Iterable[ast.AST] = ()) -> None:
        self._skip = {id(child) for node in skip for child in ast.walk(node)}
        self._seen: dict[str, Counter[str]] = {}
        if tree is not None:
            self.read(tree)

    def read(self, tree: ast.AST) -> None:
        for node in ast.walk(tree):
            if id(node) not in self._skip:
                self._node(node)

    def _node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Constant):
            self.value(node.value)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                self._add("function", node.func.id)
            elif isinstance(node.func, ast.Attribute):
                self._add("method", node.func.attr)
        elif isinstance(node, ast.Attribute):
            self._add("attribute", node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            self._add("keyword", node.arg)
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if name in _EXCEPTIONS or name.endswith(("Error", "Exception")):
            self._add("exception", name)

    def value(self, value: object) -> None:
        if isinstance(value, str) and len(value) <= 60:
            self._add("string", repr(value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._add("number", repr(value))

    def _add(self, kind: str, text: str) -> None:
        self._seen.setdefault(kind, Counter())[text] += 1

    def top(self, kind: str, number: int) -> tuple[str, ...]:
        counted = self._seen.get(kind, Counter())
        return tuple(sorted(counted, key=lambda text: (-counted[text], text))[:number])


def _defined(source: Source) -> list[str]:
    """Functions of the module, called anywhere or not."""
    return [n.name for n in source.tree.body if isinstance(n, ast.FunctionDef)][:30]


def _conditions(source: Source) -> tuple[str, ...]:
    found = [n.test for n in ast.walk(source.tree) if isinstance(n, ast.If | ast.While | ast.IfExp)]
    return tuple(dict.fromkeys(text for n in found if len(text := source.text_of(n)) <= 60))[:40]
