"""The text parsers, in the order in which they are asked. A new runner is one file and one line here."""

from __future__ import annotations

import re
from collections.abc import Callable

from flashagent.values import Failure
from flashagent.verify.frameworks import cargo, compilers, gotest, node, python_text, scripts
from flashagent.verify.places import Places

Parser = Callable[[str, Places], tuple[Failure, ...]]
PARSERS: tuple[Parser, ...] = (
    cargo.parse,
    gotest.parse,
    python_text.parse,
    compilers.parse,
    scripts.parse,
    node.parse,
)
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
MAX_FAILURES = 200


def parse(output: str, places: Places) -> tuple[Failure, ...]:
    """What the first parser that recognises anything found; empty when none does."""
    text = _ESCAPES.sub("", output)
    for parser in PARSERS:
        if found := parser(text, places):
            return tuple(dict.fromkeys(found))[:MAX_FAILURES]
    return ()
