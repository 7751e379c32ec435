"""The text parsers, in the order in which they are asked. A new runner is one file and one line here."""

from __future__ import annotations

import re
from collections.abc import Callable

from flashagent.values import Failure, TestResult
from flashagent.verify.frameworks import (
    cargo,
    catch2,
    compilers,
    crashes,
    ctest,
    googletest,
    gotest,
    java,
    jsonlines,
    maven,
    native,
    nextest,
    node,
    node_test,
    panics,
    phpunit,
    python_text,
    ruby,
    scripts,
    tap,
    web_text,
)
from flashagent.verify.places import Places

Parser = Callable[[str, Places], tuple[Failure, ...]]
PARSERS: tuple[Parser, ...] = (
    ctest.parse,
    nextest.parse,
    cargo.parse,
    gotest.parse,
    python_text.parse,
    googletest.parse,
    catch2.parse,
    maven.parse,
    ruby.parse,
    phpunit.parse,
    web_text.parse,
    compilers.parse,
    scripts.parse,
    node_test.parse,
    tap.parse,
    node.parse,
    java.parse,
    panics.parse,
    native.parse,
    crashes.parse,
)
# The runners that name each test in their text. What they print is the project's word, not ours: it is never counted.
RESULTS: tuple[Callable[[str], tuple[TestResult, ...]], ...] = (
    ctest.results,
    nextest.results,
    cargo.results,
    gotest.results,
    googletest.results,
    web_text.results,
    node_test.results,
    tap.results,
    maven.results,
    ruby.results,
    phpunit.results,
)
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
MAX_FAILURES = 200


def parse(output: str, places: Places) -> tuple[Failure, ...]:
    """What the first parser that recognises anything found; empty when none does."""
    text = _plain(output)
    for parser in PARSERS:
        if found := parser(text, places):
            return tuple(dict.fromkeys(found))[:MAX_FAILURES]
    return ()


def results(output: str) -> tuple[TestResult, ...]:
    """What each test did by the runner's own text; empty when no runner that names them is recognised."""
    text = _plain(output)
    return next((found for read in RESULTS if (found := read(text))), ())


def _plain(output: str) -> str:
    return jsonlines.as_text(_ESCAPES.sub("", output))
