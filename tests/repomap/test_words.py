"""Identifiers and words become terms."""

from __future__ import annotations

import pytest

from flashagent.repomap.words import is_code_like, stem, terms_of


@pytest.mark.parametrize(
    ("identifier", "terms"),
    [
        ("getUserID", ("get", "user", "id", "getuserid")),
        ("HTTPServer2", ("http", "server", "httpserver2")),
        ("parse_args", ("pars", "arg", "parse_args")),
        ("__init__", ("init",)),
        ("x", ()),
        ("price", ("pric",)),
        ("Größe", ("größe",)),
        ("a" * 100, ()),
    ],
)
def test_terms(identifier: str, terms: tuple[str, ...]) -> None:
    assert terms_of(identifier) == terms


@pytest.mark.parametrize(
    "words", [("parse", "parses", "parsed", "parsing"), ("entry", "entries"), ("stop", "stopped", "stopping")]
)
def test_forms_of_a_word_meet(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


def test_what_looks_like_code() -> None:
    assert [w for w in ("user_id", "UserId", "userId", "HTTPError", "User", "plain", "_x", "API") if is_code_like(w)] == [
        "user_id", "UserId", "userId", "HTTPError",
    ]  # fmt: skip
