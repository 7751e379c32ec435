"""Texts with their trees: where functions lie, and where a statement may be put."""

from __future__ import annotations

import ast
import textwrap

from flashagent.repair.donors import Donors
from flashagent.repair.mutate import mutations, patched
from flashagent.repair.source import Edit, Source, apply_edits

TWO = """\
LIMIT = 1


class C:
    @property
    def first(self):
        def inner():
            return 1

        return inner()


def second(): return 2
"""


def test_each_line_knows_its_outermost_function() -> None:
    source = Source("m.py", TWO)
    names = [unit.name if (unit := source.unit_of_line(n)) else "" for n in range(15)]
    assert names == [*[""] * 5, *["first"] * 6, "", "", "second", ""]


BRANCHES = textwrap.dedent("""\
    def f(kind, found):
        if kind == 1:
            found.append(1)
        elif kind == 2:
            found.append(2)
            found.append(3)
        return found
    """)


def test_nothing_is_put_before_an_elif() -> None:
    source = Source("m.py", BRANCHES)
    head, branch = (n for n in ast.walk(source.tree) if isinstance(n, ast.If))
    before = source.insert_before(head, ["found.clear()"])
    assert before is not None
    assert apply_edits(BRANCHES, [before]).splitlines()[1] == "    found.clear()"
    assert source.insert_before(branch, ["found.clear()"]) is None
    assert source.insert_after(branch, ["found.clear()"]) == Edit(
        BRANCHES.index("    return"), BRANCHES.index("    return"), "    found.clear()\n"
    )


def test_what_is_moved_up_out_of_an_elif_goes_before_the_first_branch() -> None:
    source = Source("m.py", BRANCHES)
    made = [patched(source, m) for m in mutations(source, {6: 1.0}, Donors()) if m.template == "move up"]
    wanted = BRANCHES.splitlines()
    wanted.insert(1, "    found.append(3)")
    del wanted[6]
    assert [text.splitlines() for text in made] == [wanted]
