"""A Python file as text with its syntax tree: where each node lies, what names are in scope, and small edits of it.

Pure. Edits are spans of characters of the original text, so that formatting and comments stay as they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TypeVar, cast

from flashagent.dataclass import dataclass
from flashagent.repair.scopes import FunctionNode as FunctionNode
from flashagent.repair.scopes import Scope as Scope
from flashagent.repair.scopes import bound_names, class_attributes
from flashagent.repair.scopes import parameter_names as parameter_names

Fact = TypeVar("Fact")
_LINE_END = re.compile(r"\r\n|\n|\r")
# Places where an expression of any precedence may stand without parentheses.
_ROOMY = (
    ast.Call, ast.Return, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.If, ast.While, ast.For, ast.keyword,
    ast.Subscript, ast.Slice, ast.List, ast.Set, ast.Dict, ast.Assert, ast.Raise, ast.comprehension, ast.arguments,
)  # fmt: skip
_TIGHT = (ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict, ast.Set, ast.ListComp,
          ast.DictComp, ast.SetComp, ast.JoinedStr)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters start to end of the original text become `text`."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made. They must not overlap."""
    parts, position = [], 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < position:
            raise ValueError("edits overlap")
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*parts, text[position:]])


@dataclass(frozen=True, slots=True)
class Unit:
    """The outermost function around a place: what is compiled and swapped as one. `first_line` counts decorators."""

    node: FunctionNode
    name: str
    first_line: int
    depth: int


class Source:
    """One parsed file. Raises SyntaxError (also for a null byte) when it does not parse."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        try:
            self.tree = ast.parse(text)
        except ValueError as error:
            raise SyntaxError(str(error)) from error
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self.parents: dict[ast.AST, ast.AST] = {}
        self.fields: dict[ast.AST, str] = {}
        for parent in ast.walk(self.tree):
            for name, value in ast.iter_fields(parent):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        self.parents[child] = parent
                        self.fields[child] = name
        self._scopes: dict[ast.AST, Scope] = {}
        self._facts: dict[tuple[object, ast.AST], object] = {}

    def once(self, make: Callable[[ast.AST], Fact], node: ast.AST) -> Fact:
        """What `make` says of a node of this file, worked out when it is first asked for."""
        key = (make, node)
        if key not in self._facts:
            self._facts[key] = make(node)
        return cast(Fact, self._facts[key])

    def once_of_text(self, make: Callable[[Source, ast.AST], Fact], node: ast.AST) -> Fact:
        """The same for what has to read the file's text as well."""
        key = (make, node)
        if key not in self._facts:
            self._facts[key] = make(self, node)
        return cast(Fact, self._facts[key])

    # positions

    def offset(self, line: int, column: int) -> int:
        """The character at a line and a column in UTF-8 bytes, as syntax trees count."""
        start = self._starts[line - 1]
        if self.text.isascii():
            return start + column
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return start + len(self.text[start:end].encode()[:column].decode(errors="ignore"))

    def span(self, node: ast.AST) -> tuple[int, int]:
        return (
            self.offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self.offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def text_of(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def line_text(self, line: int) -> str:
        if not 1 <= line <= len(self._starts):
            return ""
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[self._starts[line - 1] : end].rstrip("\r\n")

    def line_at(self, offset: int) -> int:
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle)
        return low + 1

    # the tree around a node

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """The innermost function whose body holds the node."""
        child = node
        for parent in self.ancestors(node):
            if isinstance(parent, FunctionNode) and self.fields[child] == "body":
                return parent
            child = parent
        return None

    def statement_line(self, node: ast.AST) -> int:
        """The first line of the statement around a node."""
        here = [node, *self.ancestors(node)]
        return next((n.lineno for n in here if isinstance(n, ast.stmt)), 1)

    def expressions(self, function: ast.AST) -> list[str]:
        """Short subscripts, attributes, calls and sums of a function, at most 24."""
        found: dict[str, None] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Subscript | ast.Attribute | ast.Call | ast.BinOp) and isinstance(
                getattr(node, "ctx", ast.Load()), ast.Load
            ):
                parent = self.parents.get(node)
                if isinstance(parent, ast.Call) and parent.func is node:
                    continue
                text = self.text_of(node)
                if len(text) <= 30 and "\n" not in text:
                    found.setdefault(text)
        return list(found)[:24]

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        return next((a for a in self.ancestors(node) if isinstance(a, ast.ClassDef)), None)

    def unit_of(self, node: ast.AST) -> Unit | None:
        """The outermost function whose *body* holds the node; None for module level, class bodies, defaults, decorators."""
        found: FunctionNode | None = None
        child = node
        for parent in self.ancestors(node):
            if isinstance(parent, FunctionNode):
                found = parent if self.fields[child] == "body" else None
            elif isinstance(parent, ast.ClassDef) and found is None and self.fields[child] != "body":
                return None
            child = parent
        if found is None:
            return None
        depth = sum(1 for _ in self.ancestors(found)) - 1
        first = min([found.lineno, *(d.lineno for d in found.decorator_list)])
        return Unit(found, found.name, first, depth)

    def unit_text(self, unit: Unit, edits: Iterable[Edit]) -> tuple[str, int]:
        """The function alone with the edits made, inside headers that give it its place, and the line offset that
        puts it back on its own line numbers. Classes around it stay classes, so that names are mangled alike."""
        start = self._starts[unit.first_line - 1]
        last: int = unit.node.end_lineno or unit.first_line
        end = (
            self._starts[last] if last < len(self._starts) else len(self.text)
        )  # insertions come after the last line
        inner = [Edit(e.start - start, e.end - start, e.text) for e in edits]
        body = apply_edits(self.text[start:end], inner)
        headers: list[str] = []
        for ancestor in reversed(list(self.ancestors(unit.node))):
            if isinstance(ancestor, ast.ClassDef):
                headers.append(" " * len(headers) + f"class {ancestor.name}:\n")
        if not headers and body[:1] in " \t":
            headers = ["if 1:\n"]
        return "".join(headers) + body + "\n", unit.first_line - 1 - len(headers)

    @cached_property
    def units(self) -> dict[int, Unit]:
        """All outermost functions by their first line."""
        nodes = [n for n in ast.walk(self.tree) if isinstance(n, FunctionNode)]
        found = [unit for n in nodes if (unit := self.unit_of(n.body[0])) is not None]
        return {unit.first_line: unit for unit in sorted(found, key=lambda u: u.first_line)}

    def unit_of_line(self, line: int) -> Unit | None:
        """The outermost function whose lines hold this one."""
        return self._unit_by_line.get(line)

    @cached_property
    def _unit_by_line(self) -> dict[int, Unit]:
        found: dict[int, Unit] = {}
        for unit in self.units.values():
            for line in range(unit.first_line, (unit.node.end_lineno or 0) + 1):
                found.setdefault(line, unit)
        return found

    # names

    @cached_property
    def module_names(self) -> list[str]:
        """Functions, classes, imports and variables of the module, in order."""
        return bound_names(self.tree.body)

    @cached_property
    def docstring_nodes(self) -> frozenset[ast.AST]:
        holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found = [n.body[0] for n in ast.walk(self.tree) if isinstance(n, holders) and n.body]
        return frozenset(
            s
            for s in found
            if isinstance(s, ast.Expr)
            and isinstance(s.value, ast.Constant)
            and isinstance(s.value.value, str)
        )

    def scope(self, node: ast.AST) -> Scope:
        """What the innermost function around the node (or the node itself) can name."""
        function = node if isinstance(node, FunctionNode) else self.function_of(node)
        key: ast.AST = function or self.tree
        if key not in self._scopes:
            self._scopes[key] = self._scope(function)
        return self._scopes[key]

    def _scope(self, function: FunctionNode | None) -> Scope:
        scope = Scope(globals=self.module_names)
        if function is None:
            return scope
        scope.parameters = parameter_names(function)
        scope.locals = [n for n in bound_names(function.body) if n not in scope.parameters]
        outer = self.function_of(function)
        if outer is not None:
            scope.locals += [
                n for n in self.scope(outer).variables if n not in scope.locals + scope.parameters
            ]
            scope.self_name = self.scope(outer).self_name
        if (
            scope.self_name == ""
            and isinstance(self.parents.get(function), ast.ClassDef)
            and scope.parameters
        ):
            decorators = {d.id for d in function.decorator_list if isinstance(d, ast.Name)}
            scope.self_name = "" if "staticmethod" in decorators else scope.parameters[0]
        owner = self.class_of(function)
        if owner is not None and scope.self_name:
            scope.attributes = class_attributes(owner)
        return scope

    # edits

    def replace(self, node: ast.AST, text: str) -> Edit:
        """The node becomes `text`, in parentheses where its place needs them."""
        start, end = self.span(node)
        return Edit(start, end, self.fitted(node, text))

    def fitted(self, node: ast.AST, text: str) -> str:
        if (
            isinstance(self.parents.get(node), ast.IfExp)
            and self.fields[node] == "test"
            and " if " not in text
        ):
            return text
        if isinstance(self.parents.get(node), _ROOMY) and self.fields[node] not in ("func",):
            parent = self.parents[node]
            if not (isinstance(parent, ast.Subscript) and self.fields[node] == "value"):
                return text
        if (
            isinstance(parent_of := self.parents.get(node), ast.Attribute)
            and parent_of.value is node
            and text[:1].isdigit()
        ):
            return f"({text})"  # `1.real` is no attribute
        if isinstance(parent_of, ast.IfExp | ast.Tuple | ast.Compare) and re.fullmatch(r"-\d+", text):
            return text
        return text if is_tight(text) or self.parenthesised(node) else f"({text})"

    def parenthesised(self, node: ast.AST) -> bool:
        """Is the node the only thing between a pair of parentheses?"""
        start, end = self.span(node)
        parent = self.parents.get(node)
        before, after = self.text[:start].rstrip(), self.text[end:].lstrip()
        return before.endswith("(") and after.startswith(")") and not isinstance(parent, ast.Call)

    def indent_of(self, statement: ast.stmt) -> str | None:
        """The white space before a statement, None when other text stands before it on its line."""
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        line_start = self._starts[first - 1]
        before = self.text[line_start : self.span(statement)[0]] if first == statement.lineno else ""
        if first != statement.lineno:
            line = self.line_text(first)
            before = line[: len(line) - len(line.lstrip())]
        return before if not before.strip() else None

    def whole_lines(self, statement: ast.stmt) -> tuple[int, int] | None:
        """The statement's lines with their ends, None when it shares a line with something else."""
        if self.indent_of(statement) is None:
            return None
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        last: int = statement.end_lineno or first
        end = self._starts[last] if last < len(self._starts) else len(self.text)
        rest = self.text[self.span(statement)[1] : end].strip()
        return (self._starts[first - 1], end) if not rest or rest.startswith("#") else None

    def is_elif(self, statement: ast.stmt) -> bool:
        """Is it an `elif`, before which no other statement can stand?"""
        return isinstance(statement, ast.If) and self.text.startswith("elif", self.span(statement)[0])

    def insert_before(self, statement: ast.stmt, lines: Iterable[str]) -> Edit | None:
        indent, whole = self.indent_of(statement), self.whole_lines(statement)
        if indent is None or whole is None or self.is_elif(statement):
            return None
        return Edit(whole[0], whole[0], self._written(indent, lines))

    def insert_after(
        self, statement: ast.stmt, lines: Iterable[str], indent: str | None = None
    ) -> Edit | None:
        own, whole = self.indent_of(statement), self.whole_lines(statement)
        if own is None or whole is None:
            return None
        text = self._written(own if indent is None else indent, lines)
        lead = "" if self.text[whole[1] - 1 : whole[1]] in ("\n", "\r") else self.newline
        return Edit(whole[1], whole[1], lead + text)

    def _written(self, indent: str, lines: Iterable[str]) -> str:
        """New lines at an indentation, each level of their own (four spaces) as wide as it is in this file."""
        parts = []
        for line in lines:
            bare = line.lstrip(" ")
            parts.append(f"{indent}{self.step * ((len(line) - len(bare)) // 4)}{bare}{self.newline}")
        return "".join(parts)

    @cached_property
    def step(self) -> str:
        """One level of indentation, as the file has it; four spaces where it has none."""
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None)
            if isinstance(node, ast.stmt) and isinstance(body, list):
                outer, inner = self.indent_of(node), self.indent_of(body[0])
                if outer is not None and inner is not None and inner.startswith(outer) and inner != outer:
                    return inner[len(outer) :]
        return "    "

    def reindented(self, lines: tuple[int, int], old: str, new: str) -> str:
        """The text of whole lines; those that begin with the indentation `old` begin with `new`, but for what lies in a text
        literal, where it has a meaning."""
        start, end = lines
        parts = []
        number = self.line_at(start)
        while start < end:
            stop = min(end, self._starts[number]) if number < len(self._starts) else end
            piece = self.text[start:stop]
            moves = piece.startswith(old) and piece.strip() and number not in self._inside_literals
            parts.append(new + piece[len(old) :] if moves else piece)
            start, number = stop, number + 1
        return "".join(parts)

    @cached_property
    def _inside_literals(self) -> frozenset[int]:
        """Lines that begin inside a text literal."""
        texts = (n for n in ast.walk(self.tree) if isinstance(n, ast.Constant | ast.JoinedStr))
        return frozenset(line for n in texts for line in range(n.lineno + 1, (n.end_lineno or n.lineno) + 1))

    def delete(self, statement: ast.stmt) -> Edit | None:
        """The statement removed; `pass` in its place when its block would be empty."""
        block = self.block_of(statement)
        if len(block) == 1:
            start, end = self.span(statement)
            return Edit(start, end, "pass")
        whole = self.whole_lines(statement)
        return None if whole is None else Edit(*whole, "")

    def block_of(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements among which this one stands."""
        parent = self.parents[statement]
        block = getattr(parent, self.fields[statement], None)
        return block if isinstance(block, list) else [statement]


def is_tight(text: str) -> bool:
    """Does the expression bind as tightly as a name?"""
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return isinstance(node, _TIGHT) or (text[:1] == "(" and isinstance(node, ast.Tuple | ast.GeneratorExp))
