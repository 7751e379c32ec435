"""What the same file and the failing tests can lend to a repair: literals, exception types, attribute and function names.

Pure. Redundancy of code is what makes this work: most fixes are built from pieces that already stand in the program
(Martinez, Weimer and Monperrus 2014; Barr et al. 2014), and the failing test often names what the fix must produce.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterable

from flashagent.dataclass import dataclass
from flashagent.repair.source import Source

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


def collect(source: Source, test_trees: Iterable[ast.AST] = (), messages: Iterable[str] = ()) -> Donors:
    """The donors of one file under repair, with those of the failing tests and of what they say when they fail."""
    own = _Counts(source.tree, skip=source.docstring_nodes)
    tests = _Counts()
    for tree in test_trees:
        tests.read(tree)
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
    )


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
        if isinstance(node, ast.Name) and (
            node.id in _EXCEPTIONS or node.id.endswith(("Error", "Exception"))
        ):
            self._add("exception", node.id)

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
