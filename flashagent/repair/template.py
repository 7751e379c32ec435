"""What a repair template is: a kind of small edit with a prior, tried at each node of the kinds it names.

Pure. Priors are relative: how often such an edit is the repair, in the experience of the published work that each template
names and of this project's own benchmark programs; `priors.py` corrects them by what real histories show.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.repair.donors import Donors
from flashagent.repair.source import Edit, Scope, Source

# Shapes that tests accept too easily; they are ranked down and called weak.
Shape = Literal[
    "",
    "deletion",
    "constant-condition",
    "early-return",
    "guard",
    "literal",
    "swallow",
    "insertion",
    "refusal",
    "two-places",
    "enumerated",
]


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to edit a place. `weight` is its share of the template's prior."""

    edits: tuple[Edit, ...]
    weight: float = 1.0
    shape: Shape = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A node that a template looks at, with what is known around it."""

    source: Source
    node: ast.AST
    donors: Donors
    scope: Scope

    def swap(self, node: ast.AST, text: str, weight: float = 1.0, shape: Shape = "") -> Fix:
        """The node replaced by an expression."""
        return Fix((self.source.replace(node, text),), weight, shape)

    def raw(self, start: int, end: int, text: str, weight: float = 1.0, shape: Shape = "") -> Fix:
        return Fix((Edit(start, end, text),), weight, shape)

    def text(self, node: ast.AST) -> str:
        return self.source.text_of(node)

    def operand(self, node: ast.expr) -> str:
        """The node's text so that it may stand beside an operator."""
        text = self.text(node)
        return (
            text
            if isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Subscript | ast.Constant)
            else f"({text})"
        )

    @property
    def parent(self) -> ast.AST | None:
        return self.source.parents.get(self.node)

    @property
    def place(self) -> str:
        """The field of the parent in which the node stands."""
        return self.source.fields.get(self.node, "")

    @property
    def statement(self) -> ast.stmt | None:
        here = [self.node, *self.source.ancestors(self.node)]
        return next((n for n in here if isinstance(n, ast.stmt)), None)


@dataclass(frozen=True, slots=True)
class Template:
    """`kinds` are the failure kinds (see `localize.failure_hints`) that make this template more likely."""

    name: str
    prior: float
    nodes: tuple[type[ast.AST], ...]
    run: Callable[[Site], Iterator[Fix]]
    kinds: frozenset[str] = field(default_factory=frozenset)

    @property
    def source_of_idea(self) -> str:
        return self.run.__doc__ or ""


def template(
    name: str, prior: float, *nodes: type[ast.AST], kinds: tuple[str, ...] = ()
) -> Callable[[Callable[[Site], Iterator[Fix]]], Template]:
    """Makes a template of a generator function whose docstring names the published source."""

    def make(run: Callable[[Site], Iterator[Fix]]) -> Template:
        return Template(name, prior, nodes, run, frozenset(kinds))

    return make
