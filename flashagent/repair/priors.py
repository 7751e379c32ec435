"""How often each kind of repair is the right one in real history, beside what its maker thought.

Made by `benchmarks/repair_priors.py fit --write`: change that, not this. A factor says how much likelier (above 1) or rarer
a candidate of the template is right than the prior set by hand says; a template that is not here keeps its prior. A change
of a prior by hand, and a new template, work at once: they are corrected, and counted, when the script is run again.
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


LEARNED: Mapping[str, Learned] = {}


def corrected(template: Template) -> Template:
    """The template with the prior that history teaches."""
    known = LEARNED.get(template.name)
    return template if known is None else replace(template, prior=round(known.factor * template.prior, 5))
