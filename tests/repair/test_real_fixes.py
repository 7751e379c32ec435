"""What small fixes of real projects look like: each of their shapes must be offered, and the evidence must point at its line."""

from __future__ import annotations

import ast

import pytest
from helpers.repair_shapes import SHAPES

from flashagent.repair import donors, mutate
from flashagent.repair.evidence import gathered, table_lines, weighed
from flashagent.repair.localize import TestRun, reported
from flashagent.repair.source import Source
from flashagent.repair.telling import Scene, parts
from flashagent.repair.templates import CATALOGUE
from flashagent.repair.templates.patterns import widened
from flashagent.repair.templates.wording import reworded
from flashagent.values import Failure, Frame


def offers(code: str, template: str, tests: str = "", failure: Failure | None = None) -> set[str]:
    """All texts that the named template makes of the code."""
    source = Source("m.py", code)
    chosen = [t for t in CATALOGUE if t.name == template]
    assert chosen, template
    everything = dict.fromkeys(range(1, code.count("\n") + 2), 1.0)
    failures = [failure] if failure is not None else []
    given = donors.collect(
        source, [ast.parse(tests)] if tests else [], [f.message for f in failures], failures
    )
    return {mutate.patched(source, m) for m in mutate.mutations(source, everything, given, catalogue=chosen)}


@pytest.mark.parametrize(("template", "before", "after", "tests"), SHAPES)
def test_the_shape_is_offered(template: str, before: str, after: str, tests: str) -> None:
    head = "def f(a, b):\n    "
    assert f"{head}{after}\n" in offers(f"{head}{before}\n", template, tests)


def test_a_row_of_a_long_table_gets_a_line_of_its_own() -> None:
    code = "WORDS = [\n    'one',\n    'two'\n]\n"
    assert "WORDS = [\n    'one',\n    'two',\n    'three'\n]\n" in offers(
        code, "member added", "use('three')"
    )


def test_the_keyword_that_a_test_gives_becomes_a_parameter_that_is_handed_on() -> None:
    failure = Failure("t", "error", "f() got an unexpected keyword argument 'msg'", "TypeError")
    made = offers("def f(a):\n    return g(a)\n", "parameter added", failure=failure)
    assert "def f(a, msg=None):\n    return g(a, msg=msg)\n" in made


def test_shapes_inside_a_class() -> None:
    code = "class A:\n    @fast\n    def g(self, x):\n        return x\n\n    def f(self, a):\n        return A(a)\n"
    assert code.replace("return A(a)", "return type(self)(a)") in offers(code, "own class")
    assert code.replace("return A(a)", "return A(self.g(a))") in offers(code, "through an own method")
    assert code.replace("    def f", "    @fast\n    def f") in offers(code, "decorated as others")


def test_the_rows_that_the_tests_look_up_are_added_together() -> None:
    code = "WORDS = {\n    'day': '{0} dag',\n    'year': 'een jaar',\n}\n"
    tests = "assert f('week', 1) == 'een week'\nself.assertEqual('2 weke', f('weeks', 2))\nassert f('day', 1) == '1 dag'"
    more = "    'year': 'een jaar',\n    'week': 'een week',\n    'weeks': '{0} weke',\n"
    made = offers(code, "row as wanted", tests)
    assert code.replace("    'year': 'een jaar',\n", more) in made
    assert code.replace("    'year'", "    'week': 'een week',\n    'year'") in made


def test_a_word_of_the_tests_beside_others_in_a_table_of_patterns() -> None:
    code = "ROWS = [\n    ('a|b', 1),\n    ('edge', 2),\n    ('c', 3),\n]\n"
    assert code.replace("'edge'", "'edge|edg'") in offers(code, "pattern", "f('Edg/1')")


def test_the_message_that_a_test_matches_is_a_wording() -> None:
    said = "Regex pattern did not match.\n Regex: 'give x or y \\\\(now\\\\)'\n Input: 'give x (now)'"
    failure = Failure("t", "assertion", said, "AssertionError")
    code = "def f():\n    raise E('give x (now)')\n"
    assert code.replace("x (", "x or y (") in offers(code, "text as wanted", failure=failure)
    assert donors.differing(Failure("t", "assertion", "Regex: 'a.*' Input: 'b'", "AssertionError")) == []


def test_leaving_out_what_cannot_be_among_the_best_changes_nothing() -> None:
    head = "def f(a, b):\n    "
    code = "\n\n".join(f"{head}{before}\n" for _, before, _, _ in SHAPES)
    source = Source("m.py", code)
    lines = {n: 1.0 / n for n in range(1, code.count("\n") + 2)}
    given = donors.collect(source, [ast.parse("assert f('c') == 'z'")])
    every = list(mutate.mutations(source, lines, given))
    priors = {t.name: t.prior for t in CATALOGUE}
    assert all(m.prior <= mutate.MOST_WEIGHT * priors[m.template] + 1e-9 for m in every)
    best = mutate.best_mutations(every, 200)
    assert mutate.best_mutations(mutate.mutations(source, lines, given, most=200), 200) == best
    above = list(mutate.mutations(source, lines, given, floor=best[-1].score))
    assert len(above) < len(every)
    assert mutate.best_mutations(above, 200) == best


def test_a_special_method_is_taken_away() -> None:
    code = "class A(B):\n    x = 1\n\n    def __hash__(self):\n        return 1\n\n    def size(self):\n        return 2\n"
    made = offers(code, "method left out")
    assert made == {code.replace("    def __hash__(self):\n        return 1\n", "")}


def test_a_function_gets_the_guard_of_its_neighbour() -> None:
    guard = "    if not a:\n        raise ValueError('no a')\n"
    code = f"def g(a):\n{guard}    return h(a)\n\n\ndef f(a):\n    return k(a)\n\n\ndef e(b):\n    return b\n"
    made = offers(code, "guard as beside")
    assert made == {code.replace("def f(a):\n", f"def f(a):\n{guard}")}


def test_an_operator_leaves_other_kinds_alone() -> None:
    code = "class A:\n    def __lt__(self, other):\n        return self.x < other.x\n"
    guard = "        if not isinstance(other, A):\n            return NotImplemented\n"
    assert code.replace("other):\n", f"other):\n{guard}") in offers(code, "not of its kind")


def test_a_parameter_is_begun_with_the_attribute_of_its_name() -> None:
    code = "class A:\n    def __init__(self):\n        self._fold = 1\n\n    def f(self, fold=None):\n        return g(fold)\n"
    begun = "        if fold is None:\n            fold = self._fold\n        return g"
    assert code.replace("        return g", begun) in offers(code, "default made")


def test_a_method_of_the_class_is_asked_of_the_own_class() -> None:
    code = "class A:\n    def f(self):\n        return A.today()\n"
    assert code.replace("return A", "return self.__class__") in offers(code, "own class")


def test_what_ended_the_test_is_caught() -> None:
    failure = Failure("t", "error", "no", "AttributeError")
    made = offers("def f(a):\n    return a.size\n", "tried", failure=failure)
    assert (
        "def f(a):\n    try:\n        return a.size\n    except AttributeError:\n        return None\n"
        in made
    )


def test_texts_change_as_the_failing_tests_two_texts_differ() -> None:
    assert list(reworded("a, b", "got a, b now", "got a, b, c now")) == ["a, b, c"]
    assert list(reworded("old", "old", "new thing")) == ["new thing"]
    assert list(reworded("elsewhere", "one", "two")) == []
    failure = Failure(
        "t", "assertion", "", "AssertionError", expected="['x', '1 day']", actual="['x', 'a day']"
    )
    made = offers("DAY = 'a day'\n\n\ndef f():\n    return ['x', DAY]\n", "text as wanted", failure=failure)
    assert "DAY = '1 day'\n\n\ndef f():\n    return ['x', DAY]\n" in made


def test_differing_texts_come_in_the_order_of_the_value() -> None:
    """Never in that of a set of texts, which differs from one run of the program to the next."""
    got = {letter: letter * 2 for letter in "hgfedcba"}
    wanted = {letter: letter * 3 for letter in "abcdefgh"}
    failure = Failure("t", "assertion", "", "AssertionError", expected=repr(wanted), actual=repr(got))
    assert donors.differing(failure)[:8] == [(letter * 2, letter * 3) for letter in "hgfedcba"]


def test_patterns_take_letters_and_words_of_the_tests() -> None:
    made = {pattern for pattern, _ in widened(r"([a-z]+)=(IN|FROM)", ["as+"])}
    assert {
        r"([a-z+]+)=(IN|FROM)",
        r"([a-zA-Z]+)=(IN|FROM)",
        r"([a-z]+)=(IN|FROM|AS)",
        r"([a-z]+)\s*=\s*(IN|FROM)",
    } <= made


def test_patterns_that_stand_for_many_texts_are_no_message() -> None:
    tests = "with raises(E, match='a.*b'): f()\nself.assertRaisesRegex(E, 'so it is', f)\n"
    found = donors.collect(Source("m.py", ""), [ast.parse(tests)])
    assert found.test_messages == ("'so it is'",)


def test_words_of_identifiers() -> None:
    assert parts("XMLParser.test_minCacheSizes2") == {"xml", "parser", "min", "cache", "size"}


CODE = """\
NAMES = {
    "week": "a week",
    "day": "a day",
}


class Shape:
    def area(self, cache_size):
        if cache_size:
            return 1
        return 2


def other(thing):
    value = NAMES[thing]
    return value
"""


def scene(test: str, lines: set[int], failure: Failure) -> Scene:
    source = Source("m.py", CODE)
    run = TestRun("test_m.py::test_it", "test_m.py", False, 0.01, {"m.py": frozenset(lines)})
    spectrum = {("m.py", line): 1.0 for line in lines}
    bare = Scene(spectrum, {}, [run], [failure], {"m.py": source}, [ast.parse(test)])
    data = table_lines(bare, {"NAMES": 1.0}, [source])
    return Scene(spectrum, data, [run], [failure], {"m.py": source}, [ast.parse(test)])


def best(one: Scene) -> tuple[str, int]:
    scores = weighed(gathered(one))
    return max(scores, key=lambda place: scores[place])


def test_words_of_the_test_point_at_a_line() -> None:
    failure = Failure("t", "assertion", "assert 1 == 2", "AssertionError", expected="2", actual="1")
    assert best(scene("def test_cache_size(): Shape().area(0)", {9, 11, 15, 16}, failure)) == ("m.py", 9)


def test_a_row_of_data_that_shows_in_the_wrong_answer_comes_first() -> None:
    failure = Failure("t", "assertion", "", "AssertionError", expected="'one week'", actual="'a week'")
    assert best(scene("def test_week(): assert f('x') == 'one week'", {15, 16}, failure)) == ("m.py", 2)


def test_the_crash_comes_before_lines_that_only_ran() -> None:
    failure = Failure("t", "error", "no", "KeyError", (Frame("test_m.py", 1), Frame("m.py", 15)))
    assert best(scene("def test_it(): pass", {9, 11, 15, 16}, failure)) == ("m.py", 15)


def test_the_head_of_a_function_is_shown_where_it_is_called_wrongly() -> None:
    failure = Failure("t", "error", "other() got an unexpected keyword argument 'x'", "TypeError")
    scores = weighed(gathered(scene("def test_it(): other(x=1)", {9}, failure)))
    lines = reported(scores, [failure], {"m.py": CODE.splitlines()}, {})
    assert ("m.py", 14) in [(line.path, line.line) for line in lines]
    assert ("m.py", 8) not in [(line.path, line.line) for line in lines]


def test_one_function_does_not_take_all_places() -> None:
    scores = {("m.py", 9): 1.0, ("m.py", 10): 0.99, ("m.py", 11): 0.98, ("m.py", 15): 0.95}
    names = {("m.py", n): "area" for n in (9, 10, 11)} | {("m.py", 15): "other"}
    shown = reported(scores, [], {"m.py": CODE.splitlines()}, names)
    assert [line.line for line in shown] == [9, 10, 15, 11]
