"""What is said about changed files, each finding by a change that brings it and one that does not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from flashagent.jobs.watching import Finding, counts, findings
from flashagent.repomap.branches import ways_through
from flashagent.repomap.relations import Use
from flashagent.repomap.signatures import breaks_callers
from flashagent.values import FileChange, Symbol

CART = "def total(prices):\n    return sum(prices)\n"
USER = "from shop.cart import total\n\nprint(total([1]))\n"


@dataclass
class Map:
    """A map that knows what the test tells it."""

    uses: dict[str, list[Use]] = field(default_factory=dict)
    lines: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def callers(self, name: str) -> list[Use]:
        return self.uses.get(name, [])

    def definitions(self, name: str) -> list[Symbol]:
        return []

    def references(self, name: str) -> list[tuple[str, int]]:
        return self.lines.get(name, [])


MAP = Map(
    {
        "shop/cart.py:total": [
            Use("shop/user.py", 1, None, "call"), Use("shop/user.py", 3, None, "call"), Use("shop/new.py", 1, None, "call"), Use("a.md", 1, None, "name"),
        ]
    },
    {"total": [("shop/user.py", 1)]},
)  # fmt: skip


async def found(
    before: str | None, after: str | None, path: str = "shop/cart.py", **how: bool
) -> list[Finding]:
    other = FileChange("shop/new.py", None, "total([2], 3)\n")
    kept = await findings(
        [FileChange(path, before, after), other],
        MAP,
        {"shop/user.py": USER, "shop/new.py": "total([2], 3)\n"}.get,
        **how,
    )
    return [one for one in kept if one.path != "shop/new.py"]


async def test_only_what_the_change_brought_is_told() -> None:
    old = "import os\n\n\ndef a():\n    return eval(os.name)\n"
    assert await found(old, old + "\n\nx = 1\n") == []
    assert await found(old, old + "\n\ny = eval(os.name)\n") == [
        Finding("shop/cart.py", 8, "security", "Use of possibly insecure function; consider using `ast.literal_eval`", "S307")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("added", "kind", "code"),
    [
        ("import subprocess\nsubprocess.run('ls ' + name, shell=True)", "security", "S602"),
        ("import pickle\nx = pickle.loads(b'')", "security", "S301"),
        ("import yaml\nx = yaml.load('')", "security", "S506"),
        ("x = open('a').read()", "leak", "SIM115"),
        ("def f(x=[]):\n    return x", "leak", "B006"),
        ("print(nothing)", "error", "F821"),
    ],
)
async def test_patterns_of_the_linter(added: str, kind: str, code: str) -> None:
    told = await found("name = 'a'\n", f"name = 'a'\n{added}\n")
    assert (kind, code) in [(one.kind, one.code) for one in told]


async def test_a_test_may_hold_a_password() -> None:
    assert await found("", "password = 'hunter2'\n", "tests/test_a.py") == []
    assert [one.code for one in await found("", "password = 'hunter2'\n")] == ["S105"]


async def test_callers_that_were_not_written_just_now_are_told_of_a_changed_signature() -> None:
    assert await found(CART, CART.replace("prices):", "prices, tax):")) == [
        Finding(
            "shop/user.py", 3, "caller",
            "this calls total, whose signature is now `def total(prices, tax)` (it was `def total(prices)`)",
        )
    ]  # fmt: skip
    assert await found(CART, CART.replace("prices):", "prices, tax=0):")) == []


async def test_users_of_what_is_gone_are_told() -> None:
    assert await found(CART, "x = 1\n") == [
        Finding("shop/user.py", 1, "caller", "this names total, which shop/cart.py no longer defines")
    ]


async def test_a_function_that_grew_too_complex_is_told() -> None:
    def choices(count: int) -> str:
        return "def pick(n):\n" + "".join(f"    if n == {i}:\n        return {i}\n" for i in range(count))

    assert [one.message for one in await found(choices(12), choices(14))] == [
        "15 ways lead through pick (13 before)"
    ]
    assert await found(choices(14), choices(14) + "    return 0\n") == []
    assert await found(choices(2), choices(5)) == []


async def test_wishes_in_comments_are_listed_only_when_asked_for() -> None:
    text = "# flashagent: name this better\nx = 1  # flashagent: not at the end of a line\n"
    assert await found("", text) == []
    (wish,) = await found("", text, wishes=True)
    assert wish == Finding("shop/cart.py", 1, "wish", "name this better")
    assert wish.request.startswith("A comment in shop/cart.py, line 1, asks for this: name this better.")
    (wish,) = await found("", "/* flashagent: free it */\nint x;\n", "a.c", wishes=True)
    assert wish.message == "free it"


async def test_syntax_of_other_languages() -> None:
    assert [one.kind for one in await found("let x = 1;\n", "let x = (1;\n", "a.js")] == ["error"]


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        ("def f(a)", "def f(a, b)", True),
        ("def f(a)", "def f(a, b=1)", False),
        ("def f(a)", "def f(a, *, b)", True),
        ("def f(a)", "def f(a, *, b=1)", False),
        ("def f(a, b)", "def f(b, a)", True),
        ("def f(a, b)", "def f(a)", True),
        ("def f(a, b)", "def f(a, *rest)", True),
        ("def f(a, b=1)", "def f(a, b)", True),
        ("def f(*a)", "def f(a)", True),
        ("def f(a) -> int:", "async def f(a) -> int:", False),
        ("func f(a int)", "func f(b int)", True),
        ("def f(" + "(" * 5_000, "def f()", True),
    ],
)
def test_which_changes_of_a_signature_break_callers(before: str, after: str, breaks: bool) -> None:
    assert breaks_callers(before, after) is breaks


def test_strings_and_comments_are_no_forks() -> None:
    assert ways_through("if a and b:  # or if\n    x = 'if or while'\n") == 3
    assert ways_through("for (;;) { if (a && b || c) x = a ? 1 : 2; }") == 6


def test_counts() -> None:
    assert counts([]) == "no findings"
    assert counts([Finding("a", 1, "error", "x"), Finding("a", 2, "error", "y"), Finding("a", 3, "caller", "z")]) == "2 errors, 1 caller"  # fmt: skip
