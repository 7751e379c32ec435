"""A third set of classic exercises, each with one fault: no template and no earlier program was read before they were written.

A third of it, chosen by a drawn order of the names, was first run after the engine had been tuned on the rest.
"""

from __future__ import annotations

import random

from repair_classic_new_lists import LISTS
from repair_classic_new_maths import MATHS
from repair_classic_new_places import PLACES
from repair_classic_new_words import WORDS
from repair_forms import Program, faulty

KEPT = 21


def bugs(kept: bool) -> list[tuple[str, Program, str]]:
    """Every fault of one part as a name, its program and the faulty code."""
    programs = sorted((*LISTS, *MATHS, *PLACES, *WORDS), key=lambda one: one.name)
    random.Random(11).shuffle(programs)
    return faulty(programs[:KEPT] if kept else programs[KEPT:])
