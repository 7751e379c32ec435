"""The words for a change, as rules tell them."""

from __future__ import annotations

import pytest

from flashagent.jobs.describing import Change, by_rules, tidied
from flashagent.values import FileChange

CART = "def total(prices):\n    return sum(prices)\n\n\nclass Cart:\n    def add(self, one):\n        self.items.append(one)\n"
CONVENTIONAL = ("fix: a", "feat(map): b", "docs: c")


def told(
    *files: FileChange, recent: tuple[str, ...] = (), unread: tuple[str, ...] = (), pr: bool = False
) -> str:
    return by_rules(Change(files, unread, recent, lambda path: path.startswith(".env")), pull_request=pr)


def cart(old: str, new: str, path: str = "shop/cart.py") -> FileChange:
    assert old in CART
    return FileChange(path, CART, CART.replace(old, new))


BODY = cart("sum(prices)", "sum(prices) + 1")
SIGNATURE = cart("total(prices)", "total(prices, tax)")
ADDED = cart("class Cart", "def count(prices):\n    return 1\n\n\nclass Cart")
TESTS = FileChange(
    "tests/test_cart.py",
    "def test_a():\n    pass\n",
    "def test_a():\n    pass\n\n\ndef test_b():\n    pass\n",
)
NOTES = FileChange("README.md", "a\n", "b\n")


@pytest.mark.parametrize(
    ("files", "subject", "conventional"),
    [
        ((BODY,), "Change total in cart.py", "refactor: change total in cart.py"),
        ((BODY, TESTS), "Change total in cart.py", "fix: change total in cart.py"),
        ((SIGNATURE,), "Change the signature of total in cart.py", "refactor: change the signature of total in cart.py"),
        ((ADDED,), "Add count in cart.py", "feat: add count in cart.py"),
        ((cart("def total(prices):\n    return sum(prices)", ""),), "Remove total in cart.py", "refactor: remove total in cart.py"),
        ((cart("append(one)", "append(1)"),), "Change Cart.add in cart.py", "refactor: change Cart.add in cart.py"),
        ((TESTS,), "Test test_b", "test: test test_b"),
        ((NOTES,), "Change README.md", "docs: change README.md"),
        ((FileChange("a.py", None, "x = 1\n"),), "Add a.py", "feat: add a.py"),
        ((FileChange("pyproject.toml", "a = 1\n", None),), "Remove pyproject.toml", "build: remove pyproject.toml"),
        ((FileChange("a.py", CART, None), FileChange("b.py", None, CART)), "Rename a.py to b.py", "refactor: rename a.py to b.py"),
    ],
)  # fmt: skip
def test_the_subject_says_what_the_change_shows(
    files: tuple[FileChange, ...], subject: str, conventional: str
) -> None:
    assert told(*files).partition("\n")[0] == subject
    assert told(*files, recent=CONVENTIONAL).partition("\n")[0] == conventional


def test_several_files_get_a_line_each() -> None:
    assert told(SIGNATURE, TESTS, NOTES, unread=("logo.png",)) == (
        "Change the signature of total in 2 files\n\n"
        "- shop/cart.py: change the signature of total (+1 -1)\n"
        "- tests/test_cart.py: add test_b (+4 -0)\n"
        "- README.md: changed (+1 -1)\n"
        "- logo.png: changed, no text\n"
    )


def test_a_pull_request_says_what_callers_see_and_which_tests() -> None:
    assert told(SIGNATURE, TESTS, pr=True) == (
        "Change the signature of total in cart.py\n\n"
        "## Changes\n\n- shop/cart.py: change the signature of total (+1 -1)\n\n"
        "## What callers see\n\n- `shop/cart.py`: `def total(prices)` is now `def total(prices, tax)`\n\n"
        "## Tests\n\n- tests/test_cart.py: add test_b (+4 -0)\n"
    )


def test_the_content_of_files_with_secrets_is_not_told() -> None:
    said = told(FileChange(".env.py", None, "def token_abc(): pass\n"))
    assert said == "Add .env.py\n"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("```\nfix: a\n\nb\n```", "fix: a\n\nb\n"),
        ("# Title\nbody  \nSigned-off-by: a <a@b>\n", "Title\n\nbody\n"),
        ("x" * 100, "x" * 71 + "…\n"),
        ("a\x1b[2Jb\u202e", "ab\\u202e\n"),
        ("  \n", ""),
    ],
)
def test_a_models_words_are_tidied(said: str, kept: str) -> None:
    assert tidied(said) == kept
