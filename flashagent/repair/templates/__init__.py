"""The catalogue of repair templates, by subject."""

from __future__ import annotations

from flashagent.repair.template import Template
from flashagent.repair.templates import (
    calls,
    coercions,
    conditions,
    constants,
    containers,
    expressions,
    forgotten,
    gaps,
    guards,
    halves,
    lost,
    members,
    moves,
    names,
    operators,
    patterns,
    results,
    rewrites,
    statements,
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
    lost,
    halves,
)
CATALOGUE: tuple[Template, ...] = tuple(
    thing for subject in _SUBJECTS for thing in vars(subject).values() if isinstance(thing, Template)
)
