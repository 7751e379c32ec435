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


TABBED = 'def f(xs, sep):\n\ttext = """one\n\ttwo\n"""\n\tif sep:\n\t\txs.append(text)\n\treturn xs\n'


def offered(text: str, line: int, template: str) -> list[str]:
    source = Source("m.py", text)
    return [patched(source, m) for m in mutations(source, {line: 1.0}, Donors()) if m.template == template]


def test_new_lines_have_the_indentation_of_the_file() -> None:
    for text in (TABBED, TABBED.replace("\t", "  ")):
        step = "\t" if "\t" in text else "  "
        guarded = offered(text, 6, "guard statement")
        assert f"\n{step * 2}if xs:\n{step * 3}xs.append(text)\n" in guarded[0]
        early = offered(text, 7, "base case")
        assert f"\n{step}if not xs:\n{step * 2}return []\n" in early[0]
        for made in [*guarded, *early]:
            ast.parse(made)


def test_what_is_put_into_a_block_keeps_its_texts() -> None:
    """The beginning of a line inside a text literal is a part of its value."""
    guarded = offered(TABBED.replace("one\n", "{sep}\n").replace('"""{', 'f"""{'), 2, "guard statement")
    assert [made for made in guarded if '\t\ttext = f"""{sep}\n\ttwo\n"""\n' not in made] == []
    assert guarded


def test_branches_are_exchanged_with_the_brackets_around_their_conditions() -> None:
    text = "def f(a):\n    if a == 1:\n        return 1\n    elif (a > 1\n            and a < 9):\n        return 2\n"
    wanted = "def f(a):\n    if (a > 1\n            and a < 9):\n        return 2\n    elif a == 1:\n        return 1\n"
    assert offered(text, 2, "branches exchanged") == [wanted]


def test_what_a_match_statement_binds_is_in_scope() -> None:
    text = "def f(x):\n    match x:\n        case [first, *rest]:\n            return first\n        case {'a': 1, **others} as whole:\n            return 2\n"
    source = Source("m.py", text)
    assert source.scope(source.tree.body[0]).variables == ["x", "first", "rest", "whole", "others"]
