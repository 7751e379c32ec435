"""The catalogue of repair templates, by subject."""

from __future__ import annotations

from flashagent.repair.priors import corrected
from flashagent.repair.template import Template
from flashagent.repair.templates import (
    beginnings,
    borrowed,
    calls,
    coercions,
    conditions,
    constants,
    containers,
    counterparts,
    expressions,
    forgotten,
    gaps,
    guards,
    halves,
    handed,
    idioms,
    left_out,
    lost,
    members,
    moves,
    names,
    operators,
    patterns,
    results,
    rewrites,
    statements,
    tables,
    undone,
    wholes,
    wording,
)

_SUBJECTS = (
    operators,
    constants,
    names,
    calls,
    coercions,
    conditions,
    containers,
    results,
    statements,
    moves,
    guards,
    gaps,
    expressions,
    patterns,
    forgotten,
    rewrites,
    members,
    wording,
    handed,
    tables,
    wholes,
    lost,
    undone,
    halves,
    idioms,
    counterparts,
    left_out,
    beginnings,
    borrowed,
)
# As their makers thought of them, and as history has corrected that.
BY_HAND: tuple[Template, ...] = tuple(
    thing for subject in _SUBJECTS for thing in vars(subject).values() if isinstance(thing, Template)
)
CATALOGUE: tuple[Template, ...] = tuple(corrected(one) for one in BY_HAND)
