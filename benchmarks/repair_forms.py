"""The form of a small program with planted faults.

`probe` is an expression over more inputs than the tests have; a repair is correct when it gives what the right program
gives. Each fault is a text of the program and what stands in its place.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    code: str
    tests: str
    probe: str
    faults: tuple[tuple[str, str], ...]


def program(name: str, code: str, tests: str, probe: str, *faults: tuple[str, str]) -> Program:
    code = textwrap.dedent(code).lstrip("\n")
    head = f"from {name} import *\n\n\n"
    for old, _ in faults:
        assert code.count(old) == 1, (name, old)
    return Program(name, code, head + textwrap.dedent(tests).lstrip("\n"), probe, faults)
