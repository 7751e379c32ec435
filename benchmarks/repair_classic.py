"""A second set of classic exercises, each with one fault, written after the templates and without a look at them.

A quarter of it, chosen by a drawn order of the names, was kept apart as `kept` while the templates were tuned on the rest.
"""

from __future__ import annotations

import random

from repair_classic_graphs import GRAPHS
from repair_classic_numbers import NUMBERS
from repair_classic_shapes import SHAPES
from repair_classic_structures import STRUCTURES
from repair_classic_tables import TABLES
from repair_classic_texts import TEXTS
from repair_forms import Program, faulty

KEPT = 30


def bugs(kept: bool) -> list[tuple[str, Program, str]]:
    """Every fault of one part as a name, its program and the faulty code."""
    programs = sorted((*GRAPHS, *NUMBERS, *SHAPES, *STRUCTURES, *TABLES, *TEXTS), key=lambda one: one.name)
    random.Random(7).shuffle(programs)
    return faulty(programs[:KEPT] if kept else programs[KEPT:])
