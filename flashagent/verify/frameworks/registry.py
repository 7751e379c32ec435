"""The text parsers, in the order in which they are asked. A new runner is one file and one line here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from flashagent.values import Failure, TestResult
from flashagent.verify.places import Places


class Parser(Protocol):
    """A module of this folder. It is imported when a text is read: most runs read none."""

    @staticmethod
    def parse(output: str, places: Places) -> tuple[Failure, ...]: ...

    @staticmethod
    def results(output: str) -> tuple[TestResult, ...]:
        """Only those that `RESULTS` names."""
        ...


PARSERS = (
    "ctest",
    "nextest",
    "cargo",
    "gotest",
    "python_text",
    "googletest",
    "catch2",
    "maven",
    "ruby",
    "phpunit",
    "web_text",
    "compilers",
    "scripts",
    "node_test",
    "tap",
    "node",
    "java",
    "panics",
    "native",
    "crashes",
)
# The runners that name each test in their text. What they print is the project's word, not ours: it is never counted.
RESULTS = (
    "ctest",
    "nextest",
    "cargo",
    "gotest",
    "googletest",
    "web_text",
    "node_test",
    "tap",
    "maven",
    "ruby",
    "phpunit",
)
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
MAX_FAILURES = 200


def parse(output: str, places: Places) -> tuple[Failure, ...]:
    """What the first parser that recognises anything found; empty when none does."""
    text = _plain(output)
    for parser in _parsers(PARSERS):
        if found := parser.parse(text, places):
            return tuple(dict.fromkeys(found))[:MAX_FAILURES]
    return ()


def results(output: str) -> tuple[TestResult, ...]:
    """What each test did by the runner's own text; empty when no runner that names them is recognised."""
    text = _plain(output)
    return next((found for one in _parsers(RESULTS) if (found := one.results(text))), ())


def _plain(output: str) -> str:
    from flashagent.verify.frameworks import jsonlines

    return jsonlines.as_text(_ESCAPES.sub("", output))


def _parsers(names: Iterable[str]) -> Iterable[Parser]:
    return map(_parser, names)


@cache
def _parser(name: str) -> Parser:
    return cast(Parser, import_module(f"flashagent.verify.frameworks.{name}"))
