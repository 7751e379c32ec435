"""What makes a patch look like a repair, on small files."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from flashagent.repair.likeness import Likeness, likeness
from flashagent.repair.mutate import Mutation, patched
from flashagent.repair.natural import Language, surprise, tokens
from flashagent.repair.source import Edit, Source
from flashagent.repair.template import Shape

CACHE = """class Cache:
    def set(self, key, value):
        if self.cache.get(key):
            self.cache.touch(key)
        else:
            self.cache[key] = value

    def get(self, key):
        return self.cache.get(key)

    def has(self, key):
        if self.cache.get(key) is None:
            return False
        return self.cache.get(key) is not None
"""


def looks(
    code: str, old: str, new: str, *, template: str = "any", shape: Shape = "", passing: int = 1,
    words: Mapping[str, float] | None = None, raised: Collection[str] = (),
) -> Likeness:  # fmt: skip
    """`old` occurs once in the code; it becomes `new`."""
    assert code.count(old) == 1
    start = code.index(old)
    edit = Edit(start, start + len(old), new)
    mutation = Mutation("m.py", (edit,), template, 1, 0.5, shape, False)
    return likeness(mutation, Source("m.py", code), words or {}, Language(code), passing, 1, raised)


def test_tokens_leave_out_comments_spaces_and_long_texts() -> None:
    assert tokens('a += "b c"  # d\n\n"""e"""\nx') == ["a", "+=", '"b c"', "\n", "\n", "x"]


def test_what_stands_together_elsewhere_surprises_less() -> None:
    source = Source("m.py", CACHE)
    start = CACHE.index("key):\n            self.cache.touch")

    def felt(new: str) -> float:
        edit = Edit(start, start + 3, new)
        after = patched(source, Mutation("m.py", (edit,), "any", 1, 0.5, "", False))
        return surprise(Language(CACHE), CACHE, after, edit.start, edit.end, new)

    assert felt("key + 1") > felt("value") > 0.0


def test_a_language_is_as_before_after_a_line_was_left_out() -> None:
    language = Language("a = b\nc = d\n")
    before = language.bits([], ["a", "=", "b"])
    with language.without("a = b\n"):
        assert language.bits([], ["a", "=", "b"]) > before
    assert language.bits([], ["a", "=", "b"]) == before


def test_a_name_of_the_failing_test_speaks_for_a_patch() -> None:
    code = "def f(a, size, text):\n    return g(a)\n"
    told = looks(code, "g(a)", "g(a, size)", words={"size": 2.0})
    plain = looks(code, "g(a)", "g(a, text)", words={"size": 2.0})
    assert told.speaks == ("it brings in `size`, and the failing test speaks of that",)
    assert plain.speaks == () and told.factor > plain.factor


@pytest.mark.parametrize(
    ("code", "old", "new", "passing", "why"),
    [
        ("def f(a):\n    if a is b:\n        c()\n", "is", "is not", 8,
         "it turns round what 8 passing tests run, and none of them notices"),
        (CACHE, "self.cache[key] = value", "self.cache[key] = value + 1", 1,
         "nothing else in the file says that `value` is a number"),
        ("def f(a):\n    if type(a.parts[0]) is B:\n        c()\n", "a.parts[0]", "a.parts", 1,
         "`a.parts` has parts, so its type is always another"),
        ("def f(a):\n    return a or float('nan')\n", "float('nan')", "(float('nan') is None)", 1,
         "it asks something to which there is one answer only"),
    ],
)  # fmt: skip
def test_what_speaks_against_a_patch(code: str, old: str, new: str, passing: int, why: str) -> None:
    found = looks(code, old, new, passing=passing)
    assert found.against == (why,) and found.factor < 1.0


def test_an_elif_must_not_lose_what_the_branch_before_sets() -> None:
    code = "h = lambda: 1\n\ndef f(a):\n    if not a:\n        a = g()\n    if a > 3:\n        c()\n"
    start = code.index("if a > 3")
    mutation = Mutation("m.py", (Edit(start, start + 2, "elif"),), "kind of branch", 4, 0.5, "", False)
    found = likeness(mutation, Source("m.py", code), {}, Language(code), 1, 1)
    assert found.against == ("what the branch before sets (`a`) is no longer asked about",)


def test_one_more_of_a_number_is_no_doubt() -> None:
    code = "def f(a, n):\n    for i in range(n):\n        a(n)\n"
    assert looks(code, "a(n)", "a(n + 1)").against == ()


def test_what_the_other_branch_does_too_speaks_for_it() -> None:
    code = CACHE.replace("            self.cache.touch(key)\n", "            self.cache.touch(key)\n# here\n")
    found = looks(code, "# here\n", "            self.cache[key] = value\n", shape="insertion")
    assert found.speaks == ("the other branch has the same statement",)


@pytest.mark.parametrize(
    ("change", "speaks"),
    [("path += ['a']", True), ("path.append('a')", True), ("path[0] = 'a'", True), ("path = path + ['a']", False)],
)  # fmt: skip
def test_a_copy_of_what_is_changed_in_place(change: str, speaks: bool) -> None:
    code = f"class A:\n    def f(self):\n        path = self._path\n        {change}\n        return path\n"
    found = looks(code, "self._path", "self._path[:]", template="copy")
    said = ("`path` is changed in place below, and `self._path` with it",)
    assert found.speaks == (said if speaks else ())


def test_what_is_asked_for_before_it_is_used_fits_what_was_raised() -> None:
    code = "def f(a):\n    if sorted(a)[-1] > 3:\n        g()\n"
    old, new = "sorted(a)[-1] > 3", "a and sorted(a)[-1] > 3"
    said = ("it asks for `a` before using what raised IndexError",)
    assert looks(code, old, new, raised={"IndexError"}).speaks == said
    assert looks(code, old, new, raised={"AssertionError"}).speaks == ()
