"""The forms of a small program with planted faults.

`probe` is an expression over more inputs than the tests have; a repair is correct when it gives what the right program
gives. Each fault is a text of the program and what stands in its place.
"""

from __future__ import annotations

import copy
import json
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Style = Literal["rows", "loop", "plain", "unittest"]


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


def drill(
    name: str,
    style: Style,
    code: str,
    call: str,
    given: list[Any],
    probed: list[Any],
    *faults: tuple[str, str],
) -> Program:
    """A program whose tests are rows of arguments and results: `call` is an expression of `a`, the list of arguments,
    and the results are those of the right program. `style` says how the rows are asked."""
    code = textwrap.dedent(code).lstrip("\n")
    faults = tuple(pair if code.count(pair[0]) == 1 else _outdented(*pair) for pair in faults)
    for old, new in faults:
        assert code.count(old) == 1, (name, old, code.count(old))
        compile(code.replace(old, new), name, "exec")
    names: dict[str, Any] = {}
    exec(code, names)  # the benchmark's own program, without a fault
    rows = [(a, eval(call, {**names, "a": copy.deepcopy(a)})) for a in given]
    probe = f"[(lambda a: {call})(a) for a in {probed!r}]"
    return Program(name, code, _STYLES[style](name, call, rows), probe, faults)


def faulty(programs: Iterable[Program]) -> list[tuple[str, Program, str]]:
    """Every fault as a name, its program and the faulty code."""
    return [
        (f"{one.name}-{number}", one, one.code.replace(old, new))
        for one in programs
        for number, (old, new) in enumerate(one.faults, 1)
    ]


def _outdented(old: str, new: str) -> tuple[str, str]:
    """Whole lines may be written as deep as they stand in the benchmark's file."""
    shifted = [re.sub(r"(?m)^ {8}", "", text) for text in (old, new)]
    return shifted[0], shifted[1]


def _as_rows(name: str, call: str, rows: list[tuple[Any, Any]]) -> str:
    text = "\n".join(json.dumps(row) for row in rows)
    return (
        f'import json\n\nimport pytest\n\nimport {name}\nfrom {name} import *\n\nDATA = r"""\n{text}\n"""\n'
        "ROWS = [json.loads(line) for line in DATA.strip().splitlines()]\n\n\n"
        '@pytest.mark.parametrize("a,expected", ROWS)\n'
        f"def test_{name}(a, expected):\n    assert json.loads(json.dumps({call})) == expected\n"
    )


def _as_loop(name: str, call: str, rows: list[tuple[Any, Any]]) -> str:
    return (
        f"from {name} import *\n\nCASES = {rows!r}\n\n\ndef test_all_cases():\n"
        f"    for a, expected in CASES:\n        result = {call}\n        assert result == expected, a\n"
    )


def _as_plain(name: str, call: str, rows: list[tuple[Any, Any]]) -> str:
    head = f"from {name} import *\n"
    return head + "".join(
        f"\n\ndef test_{number}():\n    a = {a!r}\n    assert {call} == {expected!r}\n"
        for number, (a, expected) in enumerate(rows, 1)
    )


def _as_unittest(name: str, call: str, rows: list[tuple[Any, Any]]) -> str:
    head = f"import unittest\n\nfrom {name} import *\n\n\nclass Cases(unittest.TestCase):\n"
    return head + "\n".join(
        f"    def test_{number}(self):\n        a = {a!r}\n        self.assertEqual({call}, {expected!r})\n"
        for number, (a, expected) in enumerate(rows, 1)
    )


_STYLES = {"rows": _as_rows, "loop": _as_loop, "plain": _as_plain, "unittest": _as_unittest}
