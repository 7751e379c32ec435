"""What a template for JavaScript is: a kind of small edit with a prior, tried at each piece of the kinds it names. Pure.

Priors are relative, on the scale of the Python templates, so that the same words of trust apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flashagent.dataclass import dataclass
from flashagent.repair.javascript.source import JsSource
from flashagent.repair.source import Edit
from flashagent.repair.template import Shape
from flashagent.syntax.trees import Piece


@dataclass(frozen=True, slots=True)
class JsFix:
    """One way to edit a place. `weight` is its share of the template's prior."""

    edits: tuple[Edit, ...]
    weight: float = 1.0
    shape: Shape = ""


@dataclass(frozen=True, slots=True)
class JsSite:
    source: JsSource
    piece: Piece
    numbers: tuple[str, ...]
    strings: tuple[str, ...]
    members: tuple[str, ...]
    conditions: tuple[str, ...]

    def text(self, piece: Piece | None = None) -> str:
        return self.source.of(piece or self.piece)

    def swap(self, piece: Piece, text: str, weight: float = 1.0, shape: Shape = "") -> JsFix:
        return JsFix((self.source.replace(piece, text),), weight, shape)

    def put(self, place: int, text: str, weight: float = 1.0, shape: Shape = "") -> JsFix:
        return JsFix((Edit(place, place, text),), weight, shape)


Run = Callable[[JsSite], Iterator[JsFix]]


@dataclass(frozen=True, slots=True)
class JsTemplate:
    name: str
    prior: float
    kinds: frozenset[str]
    run: Run


def template(name: str, prior: float, *kinds: str) -> Callable[[Run], JsTemplate]:
    """Makes a template of a generator function for pieces of these kinds."""

    def make(run: Run) -> JsTemplate:
        return JsTemplate(name, prior, frozenset(kinds), run)

    return make
