"""How often each kind of repair is the right one in real history, beside what its maker thought.

Made by `benchmarks/repair_priors.py fit --write`: change that, not this. A factor says how much likelier (above 1) or rarer
a candidate of the template is right than the prior set by hand says; a template that is not here keeps its prior. A change
of a prior by hand, and a new template, work at once: they are corrected, and counted, when the script is run again.

Fitted to the 285 of 1,520 one-hunk fixes of 71 projects that a template makes, and to 341 faults of small programs. With 46
projects to learn from, the author's edit stands at a median place of 130 instead of 293 among the candidates of its function
in the other 25, and at 31 as before in the small programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flashagent.dataclass import dataclass
from flashagent.repair.template import Template


@dataclass(frozen=True, slots=True)
class Learned:
    """`fixes` of real history and `faults` of small programs that the template repaired, of those the factor is fitted to."""

    factor: float
    fixes: int
    faults: int


LEARNED: Mapping[str, Learned] = {
    "comparison": Learned(3.21, 15, 45),
    "comparison operands": Learned(0.81, 0, 0),
    "arithmetic": Learned(2.12, 1, 14),
    "operand": Learned(2.13, 5, 9),
    "grouping": Learned(2.14, 1, 2),
    "augmented operator": Learned(2.27, 0, 6),
    "assignment to augmented": Learned(1.54, 0, 11),
    "connective": Learned(3.79, 8, 10),
    "sign": Learned(1.56, 0, 2),
    "negative": Learned(1.07, 0, 2),
    "number": Learned(1.91, 10, 34),
    "boolean": Learned(2.31, 1, 4),
    "empty value": Learned(0.74, 1, 0),
    "string": Learned(1.62, 9, 2),
    "off by one": Learned(1.43, 5, 30),
    "counting call": Learned(2.23, 0, 3),
    "variable": Learned(1.40, 14, 25),
    "assigned variable": Learned(0.61, 1, 0),
    "global name": Learned(1.14, 5, 0),
    "attribute": Learned(1.11, 5, 4),
    "receiver": Learned(1.37, 2, 1),
    "operand added": Learned(0.46, 0, 6),
    "first and the rest": Learned(1.56, 0, 1),
    "variable to constant": Learned(0.56, 0, 0),
    "constant to variable": Learned(1.45, 4, 3),
    "expression to variable": Learned(2.30, 13, 1),
    "argument swap": Learned(1.47, 2, 3),
    "argument drop": Learned(1.97, 8, 0),
    "argument add": Learned(1.26, 10, 2),
    "sibling function": Learned(1.48, 4, 12),
    "unwrap": Learned(1.12, 5, 0),
    "call result": Learned(1.41, 1, 0),
    "await": Learned(1.52, 1, 0),
    "copy": Learned(1.14, 3, 2),
    "argument unpacked": Learned(0.92, 0, 1),
    "brought into form": Learned(0.80, 3, 0),
    "default made": Learned(0.52, 0, 0),
    "method asked": Learned(0.36, 4, 1),
    "encoding named": Learned(2.52, 2, 0),
    "or to None": Learned(1.56, 1, 0),
    "only for its kind": Learned(0.31, 0, 0),
    "made of its kind": Learned(0.68, 1, 0),
    "or nothing": Learned(1.17, 1, 0),
    "negate": Learned(1.89, 1, 3),
    "truth or None": Learned(1.67, 5, 0),
    "strengthen": Learned(0.25, 4, 3),
    "replace condition": Learned(0.78, 4, 1),
    "constant condition": Learned(0.75, 0, 0),
    "kind of branch": Learned(2.08, 4, 2),
    "else that asks": Learned(0.79, 0, 0),
    "comprehension filter": Learned(0.77, 0, 0),
    "type test": Learned(1.08, 1, 0),
    "another case too": Learned(0.78, 0, 0),
    "index": Learned(0.95, 1, 1),
    "slice bounds": Learned(1.91, 0, 3),
    "slice it": Learned(1.06, 1, 10),
    "missing key": Learned(1.99, 6, 2),
    "default of get": Learned(2.12, 2, 1),
    "kind of container": Learned(0.72, 0, 0),
    "elements": Learned(1.32, 2, 2),
    "element added": Learned(1.08, 0, 1),
    "returned value": Learned(0.66, 0, 1),
    "base case value": Learned(0.77, 0, 2),
    "missing return": Learned(0.80, 0, 1),
    "yield": Learned(1.42, 0, 3),
    "missing yield": Learned(0.68, 0, 1),
    "raised type": Learned(0.88, 1, 0),
    "caught type": Learned(0.64, 0, 0),
    "conditional value": Learned(1.81, 1, 1),
    "delete statement": Learned(3.77, 23, 0),
    "break or continue": Learned(0.89, 0, 0),
    "return or continue": Learned(0.95, 0, 0),
    "insert jump": Learned(2.20, 2, 3),
    "insert sibling": Learned(1.17, 6, 1),
    "insert step": Learned(0.30, 0, 0),
    "rest after the loop": Learned(1.68, 0, 1),
    "assign result": Learned(0.79, 0, 1),
    "accumulate": Learned(0.73, 0, 2),
    "assignment turned round": Learned(1.22, 0, 1),
    "swap statements": Learned(0.47, 0, 0),
    "move out": Learned(2.39, 4, 1),
    "move in": Learned(1.12, 1, 1),
    "move up": Learned(0.74, 0, 0),
    "into the branch": Learned(0.84, 0, 0),
    "guard statement": Learned(0.41, 3, 0),
    "skip element": Learned(0.71, 0, 1),
    "base case": Learned(0.41, 2, 2),
    "leave early": Learned(0.36, 3, 0),
    "value or default": Learned(0.57, 2, 0),
    "mark as seen": Learned(0.72, 0, 2),
    "move on": Learned(0.95, 0, 3),
    "fill": Learned(0.29, 0, 2),
    "carry over": Learned(1.09, 0, 6),
    "start again": Learned(0.82, 0, 2),
    "use it": Learned(0.72, 0, 0),
    "take back": Learned(1.10, 0, 1),
    "state of the object": Learned(0.58, 0, 3),
    "larger or smaller of two": Learned(0.41, 0, 1),
    "this or that": Learned(0.64, 0, 1),
    "part of it": Learned(1.18, 2, 2),
    "computed instead of fixed": Learned(0.95, 1, 1),
    "element joined": Learned(0.59, 0, 1),
    "the other way round": Learned(1.73, 0, 2),
    "asked of a text": Learned(1.14, 0, 1),
    "both operands": Learned(1.72, 0, 1),
    "shared rows": Learned(1.84, 0, 1),
    "pattern": Learned(6.80, 10, 1),
    "each round anew": Learned(0.69, 0, 0),
    "set again": Learned(0.93, 0, 0),
    "forgotten link": Learned(0.27, 0, 0),
    "put back": Learned(0.59, 0, 0),
    "call left out": Learned(0.60, 0, 0),
    "order forgotten": Learned(0.26, 0, 0),
    "operand moved": Learned(0.83, 0, 0),
    "names exchanged": Learned(0.55, 0, 0),
    "name throughout": Learned(0.69, 0, 0),
    "exchange instead of copy": Learned(0.78, 0, 0),
    "taken out": Learned(1.48, 1, 1),
    "new or emptied": Learned(0.94, 0, 0),
    "bits turned": Learned(0.94, 0, 0),
    "at least": Learned(0.66, 1, 0),
    "between": Learned(0.83, 0, 0),
    "index within": Learned(1.18, 1, 0),
    "partner too": Learned(0.62, 0, 0),
    "first entry": Learned(0.67, 0, 0),
    "other way down": Learned(0.72, 0, 0),
    "other side too": Learned(0.80, 0, 0),
    "one of several": Learned(0.82, 0, 0),
    "member added": Learned(1.45, 1, 0),
    "keyword handed on": Learned(1.68, 2, 0),
    "type of the same family": Learned(1.79, 3, 0),
    "own class": Learned(1.62, 1, 0),
    "through an own method": Learned(0.73, 1, 0),
}


def corrected(template: Template) -> Template:
    """The template with the prior that history teaches."""
    known = LEARNED.get(template.name)
    return template if known is None else replace(template, prior=round(known.factor * template.prior, 5))
