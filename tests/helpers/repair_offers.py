"""What repair templates make of a piece of code."""

from __future__ import annotations

import ast

from flashagent.repair import donors, mutate
from flashagent.repair.source import Source
from flashagent.repair.templates import CATALOGUE


def offers(code: str, template: str = "", tests: str = "") -> set[str]:
    """All texts that the (named) templates make of the code, every line of it suspicious."""
    source = Source("m.py", code)
    chosen = [t for t in CATALOGUE if template in ("", t.name)]
    assert chosen, template
    everything = dict.fromkeys(range(1, code.count("\n") + 2), 1.0)
    given = donors.collect(source, [ast.parse(tests)] if tests else [])
    return {mutate.patched(source, m) for m in mutate.mutations(source, everything, given, catalogue=chosen)}
